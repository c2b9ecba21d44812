/* SPDX-License-Identifier: Apache-2.0 */
#include "run_model.h"

#include <string.h>

#include "flow/execute.h"
#include "flow/model_job.h"

static enum kl_err check_inputs(const struct kl_plan *plan, const struct kl_bytes *inputs,
                                size_t runs, struct kl_diag *diag)
{
    for (int32_t i = 0; i < plan->input_count; i++) {
        size_t bytes = runs * plan->inputs[i].tensor->bytes;
        if (inputs[i].size != bytes || runs == 0) {
            return kl_fail(diag, KL_EUSAGE, "input %d has %zu bytes instead of %zu", (int)i,
                           inputs[i].size, bytes);
        }
    }
    return KL_OK;
}

static enum kl_err make_outputs(const struct kl_plan *plan, size_t runs, struct kl_arena *arena,
                                unsigned char *data[MAX_MODEL_IO], struct kl_bytes *outputs,
                                struct kl_diag *diag)
{
    for (int32_t i = 0; i < plan->output_count; i++) {
        outputs[i].size = runs * plan->outputs[i].tensor->bytes;
        outputs[i].data = data[i] = kl_arena_alloc(arena, outputs[i].size, 1);
        if (!data[i]) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    return KL_OK;
}

/* Copy the inputs in, run, copy the outputs out; as often as the first input has values. */
static enum kl_err run_plan(const struct kl_plan *plan, const struct kl_bytes *inputs,
                            struct kl_arena *arena, unsigned char *memory, struct kl_bytes *outputs,
                            struct kl_diag *diag)
{
    unsigned char *data[MAX_MODEL_IO];
    size_t runs = plan->input_count ? inputs[0].size / plan->inputs[0].tensor->bytes : 1;
    KL_TRY(check_inputs(plan, inputs, runs, diag));
    KL_TRY(make_outputs(plan, runs, arena, data, outputs, diag));
    for (size_t run = 0; run < runs; run++) {
        for (int32_t i = 0; i < plan->input_count; i++) {
            size_t bytes = plan->inputs[i].tensor->bytes;
            memcpy(kl_execute_io(plan, &plan->inputs[i], memory), inputs[i].data + run * bytes,
                   bytes);
        }
        KL_TRY(kl_execute(plan, memory, diag));
        for (int32_t i = 0; i < plan->output_count; i++) {
            size_t bytes = plan->outputs[i].tensor->bytes;
            memcpy(data[i] + run * bytes, kl_execute_io(plan, &plan->outputs[i], memory), bytes);
        }
    }
    return KL_OK;
}

enum kl_err run_job(const struct kl_model_job *job, const struct kl_bytes *inputs,
                    int32_t input_count, struct kl_arena *arena, struct kl_bytes *outputs,
                    int32_t *output_count, struct kl_diag *diag)
{
    unsigned char *memory = NULL;
    if (input_count != job->plan->input_count) {
        return kl_fail(diag, KL_EUSAGE, "%d inputs instead of %d", (int)input_count,
                       (int)job->plan->input_count);
    }
    KL_TRY(kl_execute_arena(job->plan, arena, &memory, diag));
    *output_count = job->plan->output_count;
    return run_plan(job->plan, inputs, arena, memory, outputs, diag);
}

enum kl_err run_model(struct kl_bytes model, enum kl_kernel_set kernels,
                      const struct kl_bytes *inputs, int32_t input_count, struct kl_arena *arena,
                      struct kl_bytes *outputs, int32_t *output_count, struct kl_diag *diag)
{
    struct kl_model_job job;
    enum kl_err err = kl_model_job_open_bytes(&job, "generated model", model, diag);
    if (err == KL_OK) {
        err = kl_model_job_plan(&job, kernels, NULL, diag);
    }
    if (err == KL_OK) {
        err = run_job(&job, inputs, input_count, arena, outputs, output_count, diag);
    }
    kl_model_job_free(&job);
    return err;
}
