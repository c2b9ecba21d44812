/* SPDX-License-Identifier: Apache-2.0 */
#include "features_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/execute.h"
#include "flow/model_job.h"

struct kl_bytes features_bytes(const char *text)
{
    return (struct kl_bytes){(const unsigned char *)text, strlen(text)};
}

void features_run(struct kl_bytes text, const void *input, void *out, size_t *bytes)
{
    struct kl_model_job job;
    struct kl_diag diag = {0};
    unsigned char *memory = NULL;
    if (kl_model_job_open_bytes(&job, "pipeline.yaml", text, &diag) != KL_OK ||
        kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, &diag) != KL_OK ||
        kl_execute_arena(job.plan, job.arena, &memory, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    kl_execute_load(job.plan, input, memory);
    assert_int_equal(kl_execute(job.plan, memory, &diag), KL_OK);
    *bytes = job.plan->outputs[0].tensor->bytes;
    assert_true(*bytes <= FEATURES_RUN_VALUES * sizeof(float));
    memcpy(out, kl_execute_io(job.plan, &job.plan->outputs[0], memory), *bytes);
    kl_model_job_free(&job);
}

void features_run_text(const char *text, const void *input, float *out, int32_t count)
{
    size_t bytes;
    features_run(features_bytes(text), input, out, &bytes);
    assert_int_equal(bytes, (size_t)count * sizeof *out);
}
