/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/board_job.h"

#include <stdio.h>
#include <string.h>

#include "cli/stack_report.h"
#include "flow/model_inputs.h"

/* Optimise and plan; the dump, when one is asked for, is printed or becomes part of the JSON. */
static enum kl_err plan(struct kl_board_job *job, const struct kl_board_options *options,
                        struct kl_diag *diag)
{
    struct kl_buffer text = KL_BUFFER((size_t)64 << 20);
    struct kl_pass_dump dump = {options->dump_after, &text};
    enum kl_err err = kl_model_job_plan(&job->model, job->board->core_facts->kernels, &dump, diag);
    if (text.size && options->common.json) {
        kl_result_detail(&job->result, "dump", json_string(text.data));
    } else if (text.size) {
        printf("%s", text.data);
    }
    kl_buffer_free(&text);
    return err;
}

enum kl_err kl_board_job_open(struct kl_board_job *job, const struct kl_board_options *options,
                              const char *path, const char *command, struct kl_diag *diag)
{
    int kernels;
    memset(job, 0, sizeof *job);
    kl_result_init(&job->result, command);
    if (!options->board) {
        return kl_fail(diag, KL_EUSAGE, "--board is missing; `kinglet boards` lists the boards");
    }
    KL_TRY(kl_kernels_option(options->kernels, &kernels, diag));
    KL_TRY(kl_model_open(&job->model, path, &options->model, diag));
    job->model.wide_weights = options->wide_weights;
    kl_note_model(&job->result, &job->model);
    KL_TRY(kl_board_find(options->board, job->model.arena, &job->board, diag));
    KL_TRY(kl_note_board_file(&job->result, job->model.arena, options->board, diag));
    KL_TRY(plan(job, options, diag));
    kl_emit_identifier(options->name ? options->name : path, job->name);
    if (options->name && strcmp(options->name, job->name) != 0) {
        return kl_fail(diag, KL_EUSAGE,
                       "--name '%.60s' cannot begin C symbols: use lower-case letters, digits and "
                       "'_', for example '%s'",
                       options->name, job->name);
    }
    job->export = (struct kl_export){.job = &job->model,
                                     .board = job->board,
                                     .name = job->name,
                                     .kernels = (enum kl_emit_kernels)kernels,
                                     .stack = &job->stack};
    job->pack = options->pack;
    kl_result_detail(&job->result, "board", json_string(job->board->name));
    KL_TRY(kl_work_folder_open(&job->work, options->folder, diag));
    job->export.folder = job->work.path;
    return KL_OK;
}

enum kl_err kl_board_job_pack(struct kl_board_job *job, struct kl_diag *diag)
{
    uint32_t bytes = 0, record_bytes = 0;
    KL_TRY(kl_export_pack(&job->export, job->claim, &bytes, &record_bytes, diag));
    kl_result_count(&job->result, "pack.bytes", bytes, "bytes", KL_COUNTED);
    kl_result_count(&job->result, "pack.record_bytes", record_bytes, "bytes", KL_COUNTED);
    return KL_OK;
}

enum kl_err kl_board_job_build(struct kl_board_job *job, const struct kl_common *common,
                               struct kl_diag *diag)
{
    KL_TRY(kl_export_check_board(job->board, diag));
    job->export.stack_bytes = KL_FIRMWARE_STACK_BYTES;
    kl_progress(common, job->pack ? "writing the pack ..." : "writing C ...");
    KL_TRY(job->pack ? kl_board_job_pack(job, diag) : kl_export_model(&job->export, diag));
    kl_progress(common, "building the firmware with %sgcc ...", job->board->toolchain);
    enum kl_err err = job->pack ? kl_export_own_pack_firmware(&job->export, diag)
                                : kl_export_firmware(&job->export, diag);
    kl_progress(common, "%s", "");
    if (err == KL_OK) {
        kl_report_stack(&job->stack, &job->result);
    }
    return err;
}

int kl_board_job_close(struct kl_board_job *job, const struct kl_common *common, enum kl_err err,
                       bool failed, const struct kl_diag *diag)
{
    int status = kl_finish(&job->result, common, err, failed, diag);
    kl_work_folder_close(&job->work);
    kl_model_job_free(&job->model);
    return status;
}

enum kl_err kl_board_job_inputs(struct kl_board_job *job, const struct kl_strings *files,
                                int64_t seed, int64_t runs, unsigned char **inputs,
                                struct kl_diag *diag)
{
    const struct kl_plan *plan = job->model.plan;
    if (files->count) {
        return kl_read_tensors(files, plan->inputs, plan->input_count, runs, "--input", &job->model,
                               &job->result, inputs, diag);
    }
    *inputs = kl_arena_alloc(job->model.arena, kl_plan_input_bytes(plan), (size_t)runs);
    if (!*inputs) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_random_sequence(plan, (uint64_t)seed, runs, *inputs);
    return KL_OK;
}
