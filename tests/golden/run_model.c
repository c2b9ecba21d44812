/* SPDX-License-Identifier: Apache-2.0 */
#include "run_model.h"

#include <string.h>

#include "flow/execute.h"
#include "flow/model_job.h"

/* Copy the inputs in, run, copy the outputs out. */
static enum kl_err run_plan(const struct kl_plan *plan, const struct kl_bytes *inputs,
                            struct kl_arena *arena, unsigned char *memory, struct kl_bytes *outputs,
                            struct kl_diag *diag)
{
    for (int32_t i = 0; i < plan->input_count; i++) {
        if (inputs[i].size != plan->inputs[i].tensor->bytes) {
            return kl_fail(diag, KL_EUSAGE, "input %d has %zu bytes instead of %zu", (int)i,
                           inputs[i].size, plan->inputs[i].tensor->bytes);
        }
        memcpy(kl_execute_io(plan, &plan->inputs[i], memory), inputs[i].data, inputs[i].size);
    }
    kl_execute(plan, memory);
    for (int32_t i = 0; i < plan->output_count; i++) {
        size_t bytes = plan->outputs[i].tensor->bytes;
        const void *result = kl_execute_io(plan, &plan->outputs[i], memory);
        outputs[i].data = kl_arena_copy(arena, result, bytes);
        outputs[i].size = bytes;
        if (!outputs[i].data) {
            return KL_FAIL_MEMORY(diag);
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
