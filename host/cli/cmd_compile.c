/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/board_job.h"
#include "cli/stack_report.h"
#include "emulate/elf.h"
#include "flow/events_file.h"

struct compile_options {
    struct kl_board_options board;
    bool no_build;
    bool map;
    const char *events; /* file of thresholds */
    const char *engine; /* file of the firmware that a pack is for */
};

static void print_map(const struct kl_plan *plan)
{
    struct kl_buffer text = KL_BUFFER((size_t)4 << 20);
    kl_plan_map(plan, 64, &text);
    printf("\n%s", text.data ? text.data : "");
    kl_buffer_free(&text);
}

/* A line "flash  [#####.....]  12,345 of 4,194,304 bytes". */
static void print_bar(const char *what, size_t used, size_t available)
{
    enum { COLUMNS = 30 };
    char a[KL_NUMBER_BYTES];
    char b[KL_NUMBER_BYTES];
    char bar[COLUMNS + 1];
    size_t filled = available ? (used * COLUMNS + available - 1) / available : 0;
    memset(bar, '.', COLUMNS);
    memset(bar, '#', filled < COLUMNS ? filled : COLUMNS);
    bar[COLUMNS] = '\0';
    printf("  %-6s [%s]  %10s of %s bytes (%.1f %%)\n", what, bar, kl_grouped((long long)used, a),
           kl_grouped((long long)available, b), 100.0 * (double)used / (double)available);
}

static json_t *steps_json(const struct kl_plan *plan)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < plan->step_count; i++) {
        const struct kl_plan_step *step = &plan->steps[i];
        json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:s, s:I, s:I}", "step", i, "op",
                                              kl_op_name(step->op), "kernel",
                                              kl_kernel_function(step->kernel), "output",
                                              step->written ? step->written->name : "", "macs",
                                              (json_int_t)step->macs, "scratch_bytes",
                                              (json_int_t)step->scratch_bytes));
    }
    return list;
}

static void report_plan(struct kl_board_job *job)
{
    const struct kl_plan *plan = job->model.plan;
    const struct kl_core *core = job->board->core_facts;
    kl_result_count(&job->result, "ram.arena", (long long)plan->arena_bytes, "bytes", KL_COUNTED);
    kl_result_count(&job->result, "flash.constants", (long long)plan->constant_bytes, "bytes",
                    KL_COUNTED);
    kl_result_count(&job->result, "macs", plan->macs, "1", KL_COUNTED);
    kl_result_count(&job->result, "steps", plan->step_count, "1", KL_COUNTED);
    kl_result_detail(&job->result, "folder", json_string(job->export.folder));
    kl_result_detail(&job->result, "kernels", json_string(kl_kernel_set_name(core->kernels)));
    kl_result_detail(&job->result, "layers", steps_json(plan));
}

static enum kl_err report_firmware(struct kl_board_job *job, bool json, struct kl_diag *diag)
{
    char path[4200];
    struct kl_bytes elf;
    struct kl_elf_sizes s;
    snprintf(path, sizeof path, "%.4000s/firmware/firmware.elf", job->export.folder);
    KL_TRY(kl_file_read(path, (size_t)256 << 20, job->model.arena, &elf, diag));
    KL_TRY(kl_elf_sizes(elf, &s, diag));
    size_t flash = (size_t)s.code + s.constants + s.data;
    size_t ram = (size_t)s.arena + s.data + s.bss + s.stack;
    kl_result_count(&job->result, "firmware.flash", (long long)flash, "bytes", KL_COUNTED);
    kl_result_count(&job->result, "firmware.ram", (long long)ram, "bytes", KL_COUNTED);
    if (!json) {
        printf("\n%s/firmware/firmware.elf, the test firmware on %s:\n", job->export.folder,
               job->board->name);
        print_bar("flash", flash, job->board->flash.bytes);
        print_bar("RAM", ram, job->board->ram.bytes);
        kl_print_stack(&job->stack, "  ");
    }
    return KL_OK;
}

static enum kl_err compile(const struct compile_options *o, struct kl_board_job *job,
                           struct kl_diag *diag)
{
    bool json = o->board.common.json;
    report_plan(job);
    if (!json) {
        char arena[KL_NUMBER_BYTES];
        char constants[KL_NUMBER_BYTES];
        const struct kl_plan *plan = job->model.plan;
        printf("%s%s%s: %d steps, arena %s bytes, constants %s bytes\n", kl_bold(), job->name,
               kl_plain(), plan->step_count, kl_grouped((long long)plan->arena_bytes, arena),
               kl_grouped((long long)plan->constant_bytes, constants));
    }
    kl_report_removed(job->model.graph, &o->board.common, &job->result);
    if (o->map && !json) {
        print_map(job->model.plan);
    }
    if (o->no_build) {
        KL_TRY(job->pack ? kl_board_job_pack(job, diag) : kl_export_model(&job->export, diag));
    } else {
        KL_TRY(kl_board_job_build(job, &o->board.common, diag));
        KL_TRY(report_firmware(job, json, diag));
    }
    if (!json && job->pack) {
        printf("\n%s/model.klm: `kinglet pack info` shows it\n", job->export.folder);
    } else if (!json) {
        printf("\n%s/model.c and model.h: add them and that folder's include path to a firmware\n",
               job->export.folder);
    }
    return KL_OK;
}

/* A file of thresholds, read before the model is: it may want the model's error. */
struct events {
    struct kl_arena *arena;
    struct kl_events_file file;
    struct kl_emit_events emit;
    char sha256[KL_SHA256_HEX_BYTES];
};

static enum kl_err read_events(struct compile_options *o, struct events *events,
                               struct kl_diag *diag)
{
    struct kl_bytes text;
    if (!o->events) {
        return KL_OK;
    }
    if (o->board.pack) {
        return kl_fail(diag, KL_EUSAGE,
                       "a pack holds no thresholds: compile without --pack, and give the firmware "
                       "the detector's configuration of model.c");
    }
    events->arena = kl_arena_create(4 * (size_t)KL_EVENTS_FILE_BYTES);
    if (!events->arena) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_file_read(o->events, KL_EVENTS_FILE_BYTES, events->arena, &text, diag));
    KL_TRY(kl_events_parse(text, o->events, events->arena, &events->file, diag));
    kl_sha256_hex(text.data, text.size, events->sha256);
    events->emit =
        (struct kl_emit_events){&events->file.config, events->file.names, events->file.every};
    o->board.model.score = events->file.score;
    return KL_OK;
}

/* Write them beside the model, which must be theirs. */
static enum kl_err use_events(const struct compile_options *o, struct kl_board_job *job,
                              const struct events *events, struct kl_diag *diag)
{
    if (!o->events) {
        return KL_OK;
    }
    KL_TRY(kl_events_check(&events->file, &job->model, o->events, diag));
    job->export.events = &events->emit;
    kl_result_input(&job->result, o->events, events->sha256);
    kl_result_count(&job->result, "events.bytes", kl_events_bytes(&events->file.config), "bytes",
                    KL_COUNTED);
    return KL_OK;
}

static enum kl_err read_claim(const struct compile_options *o, struct kl_board_job *job,
                              struct kl_engine_claim *claim, struct kl_diag *diag)
{
    if (!o->engine) {
        return KL_OK;
    }
    if (!o->board.pack) {
        return kl_fail(diag, KL_EUSAGE, "--engine is about packs: add --pack");
    }
    KL_TRY(kl_engine_claim_read(o->engine, job->model.arena, claim, diag));
    job->claim = claim;
    return KL_OK;
}

int kl_cmd_compile(int argc, char **argv, const struct kl_command *self)
{
    struct compile_options o = {0};
    const struct kl_option options[] = {
        KL_BOARD_OPTIONS(o.board),
        {.name = "--no-build", .help = "write the C files only", .flag = &o.no_build},
        {.name = "--events",
         .argument = "F",
         .help = "thresholds of `kinglet threshold`, written beside the model",
         .text = &o.events},
        {.name = "--engine",
         .argument = "F",
         .help = "refuse a pack that this firmware (ELF, or JSON of `pack engine`) cannot execute",
         .text = &o.engine},
        {.name = "--map", .help = "draw the arena over time", .flag = &o.map},
        {.name = NULL},
    };
    const char *path;
    struct kl_diag diag = {0};
    struct kl_board_job job;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.board.common, &path, 1, &status)) {
        return status;
    }
    if (!o.board.folder) {
        kl_fail(&diag, KL_EUSAGE, "-o DIR is missing: where to write the C files");
        return kl_report(&diag);
    }
    struct events events = {.arena = NULL};
    enum kl_err err = read_events(&o, &events, &diag);
    if (err != KL_OK) {
        kl_arena_free(events.arena);
        return kl_report(&diag);
    }
    err = kl_board_job_open(&job, &o.board, path, self->name, &diag);
    struct kl_engine_claim claim;
    if (err == KL_OK) {
        err = read_claim(&o, &job, &claim, &diag);
    }
    if (err == KL_OK) {
        err = use_events(&o, &job, &events, &diag);
    }
    if (err == KL_OK) {
        err = compile(&o, &job, &diag);
    }
    int result = kl_board_job_close(&job, &o.board.common, err, false, &diag);
    kl_arena_free(events.arena);
    return result;
}
