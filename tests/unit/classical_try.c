/* SPDX-License-Identifier: Apache-2.0 */
#include "classical_try.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "flow/execute.h"
#include "flow/model_job.h"

void classical_begin(struct kl_buffer *text, int32_t features, const char *kind)
{
    kl_buffer_printf(text, "{\"kinglet_classical\":1,\"features\":%d,\"model\":{\"kind\":\"%s\",",
                     features, kind);
}

void classical_print_ints(struct kl_buffer *text, const char *name, const int32_t *list,
                          int32_t count)
{
    kl_buffer_printf(text, "\"%s\":[", name);
    for (int32_t i = 0; i < count; i++) {
        kl_buffer_printf(text, "%s%d", i ? "," : "", list[i]);
    }
    kl_buffer_printf(text, "],");
}

void classical_print_floats(struct kl_buffer *text, const float *list, int32_t count)
{
    kl_buffer_printf(text, "[");
    for (int32_t i = 0; i < count; i++) {
        kl_buffer_printf(text, "%s%.9g", i ? "," : "", (double)list[i]);
    }
    kl_buffer_printf(text, "]");
}

void classical_compute(const char *text, const float *input, float *output)
{
    struct kl_bytes file = {(const unsigned char *)text, strlen(text)};
    struct kl_model_job job;
    struct kl_diag diag = {0};
    unsigned char *memory = NULL;
    if (kl_model_job_open_bytes(&job, "model.json", file, &diag) != KL_OK ||
        kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, &diag) != KL_OK ||
        kl_execute_arena(job.plan, job.arena, &memory, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    kl_execute_load(job.plan, (const unsigned char *)input, memory);
    assert_int_equal(kl_execute(job.plan, memory, &diag), KL_OK);
    memcpy(output, kl_execute_io(job.plan, &job.plan->outputs[0], memory),
           job.plan->outputs[0].tensor->bytes);
    kl_model_job_free(&job);
}

void classical_expect_same(const float *actual, const float *expected, int32_t count)
{
    if (memcmp(actual, expected, (size_t)count * sizeof actual[0]) != 0) {
        fail_msg("%.9g, expected %.9g", (double)actual[0], (double)expected[0]);
    }
}

void classical_refuse(const char *text, const char *words)
{
    struct kl_bytes file = {(const unsigned char *)text, strlen(text)};
    struct kl_model_job job;
    struct kl_diag diag = {0};
    enum kl_err err = kl_model_job_open_bytes(&job, "model.json", file, &diag);
    if (err == KL_OK) {
        err = kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, &diag);
    }
    if (err == KL_OK || !strstr(diag.message, words)) {
        fail_msg("%s\nexpected: %s\nmessage:  %s", text, words, diag.message);
    }
    kl_model_job_free(&job);
}
