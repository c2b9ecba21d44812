/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/board_job.h"
#include "cli/stack_report.h"
#include "flow/profile.h"

struct profile_options {
    struct kl_board_options board;
    struct kl_strings inputs;
    int64_t seed;
};

/* Cycles that no timing table gives are left out. */
static void set_cycles(json_t *layer, const char *key, uint64_t cycles)
{
    if (cycles) {
        json_object_set_new(layer, key, json_integer((json_int_t)cycles));
    }
}

static json_t *layers_json(const struct kl_plan *plan, const struct kl_profile *p)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < plan->step_count; i++) {
        const struct kl_plan_step *step = &plan->steps[i];
        const struct kl_region_count *c = &p->steps[i];
        json_t *layer = json_pack(
            "{s:i, s:s, s:s, s:s, s:I, s:I, s:I}", "step", i, "op", kl_op_name(step->op), "kernel",
            kl_kernel_function(step->kernel), "output", step->written ? step->written->name : "",
            "macs", (json_int_t)step->macs, "instructions", (json_int_t)c->instructions,
            "taken_branches", (json_int_t)c->taken_branches);
        set_cycles(layer, "cycles", c->cycles);
        set_cycles(layer, "baseline_cycles", c->baseline_cycles);
        json_array_append_new(list, layer);
    }
    return list;
}

static void fill_result(const struct kl_plan *plan, const struct kl_profile *p,
                        struct kl_result *result)
{
    struct kl_profile_memory m = kl_profile_memory(p);
    const struct {
        const char *name;
        long long value;
        const char *unit;
        enum kl_provenance provenance;
    } metrics[] = {
        {"instructions", (long long)p->total.instructions, "instructions", KL_COUNTED},
        {"taken_branches", (long long)p->total.taken_branches, "1", KL_COUNTED},
        {"macs", plan->macs, "1", KL_COUNTED},
        {"ram.arena", m.arena, "bytes", KL_COUNTED},
        {"ram.data", m.data, "bytes", KL_COUNTED},
        {"ram.bss", m.bss, "bytes", KL_COUNTED},
        {"ram.stack", m.stack, "bytes", KL_COUNTED},
        {"ram.total", m.ram_total, "bytes", KL_COUNTED},
        {"flash.code", m.code, "bytes", KL_COUNTED},
        {"flash.constants", m.constants, "bytes", KL_COUNTED},
        {"flash.total", m.flash_total, "bytes", KL_COUNTED},
    };
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        kl_result_count(result, metrics[i].name, metrics[i].value, metrics[i].unit,
                        metrics[i].provenance);
    }
    if (p->total.cycles) {
        kl_result_count(result, "cycles", (long long)p->total.cycles, "cycles", KL_MODELLED);
    }
    if (p->total.baseline_cycles) {
        kl_result_count(result, "baseline_cycles", (long long)p->total.baseline_cycles, "cycles",
                        KL_MODELLED);
    }
    if (p->steps) {
        kl_result_detail(result, "layers", layers_json(plan, p));
    }
}

/* What a layer's share and its figure per MAC are of: cycles, or instructions where no cycles are
 * known. */
static uint64_t cost(const struct kl_region_count *count)
{
    return count->cycles ? count->cycles : count->instructions;
}

static void print_layer(const char *number, const char *op, const struct kl_region_count *c,
                        int64_t macs, double share)
{
    enum { COLUMNS = 12 };
    char a[KL_NUMBER_BYTES];
    char b[KL_NUMBER_BYTES];
    char m[KL_NUMBER_BYTES];
    char per_mac[16] = "";
    char bar[COLUMNS + 1] = "";
    for (int i = 0; i < COLUMNS && share * COLUMNS > i + 0.5; i++) {
        bar[i] = '#';
        bar[i + 1] = '\0';
    }
    if (macs) {
        snprintf(per_mac, sizeof per_mac, "%.2f", (double)cost(c) / (double)macs);
    }
    printf("  %3s  %-20.20s %12s %13s %13s %9s %6.1f %%  %s\n", number, op,
           macs ? kl_grouped(macs, m) : "", kl_grouped((long long)c->instructions, a),
           c->cycles ? kl_grouped((long long)c->cycles, b) : "-", per_mac, 100 * share, bar);
}

/* Of a pack only the total is known. */
static void print_layers(const struct kl_plan *plan, const struct kl_profile *p)
{
    double total = cost(&p->total) ? (double)cost(&p->total) : 1.0;
    printf("\n%s  %3s  %-20s %12s %13s %13s %9s %8s%s\n", kl_bold(), "#", "layer", "MACs",
           "instructions", "cycles*", p->total.cycles ? "cyc/MAC" : "instr/MAC", "share",
           kl_plain());
    for (int32_t i = 0; p->steps && i < plan->step_count; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        print_layer(number, kl_op_name(plan->steps[i].op), &p->steps[i], plan->steps[i].macs,
                    (double)cost(&p->steps[i]) / total);
    }
    printf("%s", kl_bold());
    print_layer("", "total", &p->total, plan->macs, 1.0);
    printf("%s", kl_plain());
}

static void print_memory(const struct kl_profile *p, const struct kl_board *board,
                         const struct kl_firmware_stack *stack)
{
    struct kl_profile_memory m = kl_profile_memory(p);
    char t[7][KL_NUMBER_BYTES];
    printf("\n  %sRAM%s    %9s bytes = arena %s + data %s + bss %s + stack %s\n", kl_bold(),
           kl_plain(), kl_grouped(m.ram_total, t[0]), kl_grouped(m.arena, t[1]),
           kl_grouped(m.data, t[2]), kl_grouped(m.bss, t[3]), kl_grouped(m.stack, t[4]));
    printf("  %sflash%s  %9s bytes = code %s + constants %s + data %s\n", kl_bold(), kl_plain(),
           kl_grouped(m.flash_total, t[0]), kl_grouped(m.code, t[5]), kl_grouped(m.constants, t[6]),
           kl_grouped(m.data, t[2]));
    printf(
        "         (what the model adds to an empty firmware; stack: high-water mark of a run)\n");
    kl_print_stack(stack, "         ");
    if (board->clock_hz && p->total.cycles) {
        printf("  %stime%s   %9.2f ms at %.0f MHz (modelled*)\n", kl_bold(), kl_plain(),
               (double)p->total.cycles * 1e3 / (double)board->clock_hz,
               (double)board->clock_hz / 1e6);
    }
    printf("\n  * instructions are counted, exact; %s",
           p->total.cycles ? "cycles are modelled from the core's documented\n"
                             "    timings, with zero wait states\n"
                           : "cycles are not modelled, for there are no published\n"
                             "    instruction timings of this core\n");
    if (p->total.baseline_cycles) {
        printf("    (by the plain rule used for published comparisons: %s)\n",
               kl_grouped((long long)p->total.baseline_cycles, t[0]));
    }
}

static enum kl_err profile(const struct profile_options *o, struct kl_board_job *job,
                           struct kl_diag *diag)
{
    struct kl_profile p;
    unsigned char *inputs;
    KL_TRY(kl_board_job_inputs(job, &o->inputs, o->seed, 1, &inputs, diag));
    KL_TRY(kl_board_job_build(job, &o->board.common, diag));
    kl_progress(&o->board.common, "counting one inference on %s ...", job->board->name);
    KL_TRY(kl_profile_run(&job->model, job->board, job->export.folder, job->pack ? NULL : job->name,
                          inputs, &p, diag));
    kl_progress(&o->board.common, "%s", "");
    fill_result(job->model.plan, &p, &job->result);
    if (!o->board.common.json) {
        printf("%s%s%s on %s\n", kl_bold(), job->name, kl_plain(), job->board->title);
        print_layers(job->model.plan, &p);
        print_memory(&p, job->board, &job->stack);
    }
    return KL_OK;
}

int kl_cmd_profile(int argc, char **argv, const struct kl_command *self)
{
    struct profile_options o = {.seed = 1};
    const struct kl_option options[] = {
        KL_BOARD_OPTIONS(o.board),
        {.name = "--input",
         .argument = "F",
         .help = "a model input, in order (default: random)",
         .list = &o.inputs},
        {.name = "--seed",
         .argument = "N",
         .help = "of random inputs (default 1)",
         .number = &o.seed},
        {.name = NULL},
    };
    const char *path;
    struct kl_diag diag = {0};
    struct kl_board_job job;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.board.common, &path, 1, &status)) {
        return status;
    }
    enum kl_err err = kl_board_job_open(&job, &o.board, path, self->name, &diag);
    if (err == KL_OK) {
        err = profile(&o, &job, &diag);
    }
    return kl_board_job_close(&job, &o.board.common, err, false, &diag);
}
