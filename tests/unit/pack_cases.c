/* SPDX-License-Identifier: Apache-2.0 */
#include "pack_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit/pack.h"
#include "tflite_writer.h"

unsigned char *exact_copy(const void *data, size_t bytes)
{
    void *copy = NULL;
    if (posix_memalign(&copy, KL_PACK_ALIGN, bytes ? bytes : 1) != 0) {
        abort();
    }
    if (data) {
        memcpy(copy, data, bytes);
    } else {
        memset(copy, 0, bytes);
    }
    return copy;
}

static void need(enum kl_err err, const char *label, const struct kl_diag *diag)
{
    if (err != KL_OK) {
        fprintf(stderr, "%s: %s\n", label, diag->message);
        abort();
    }
}

/* Plan and pack the case's graph. */
static void finish(struct pack_case *made, const char *label, enum kl_kernel_set kernels)
{
    struct kl_diag diag = {0};
    struct kl_buffer pack = KL_BUFFER(1 << 26);
    need(kl_model_job_plan(&made->job, kernels, NULL, &diag), label, &diag);
    const struct kl_pack_options options = {.name = "case", .sha256 = made->job.sha256};
    need(kl_emit_pack(made->job.plan, &options, &pack, &diag), label, &diag);
    made->pack = exact_copy(pack.data, pack.size);
    made->bytes = (uint32_t)pack.size;
    kl_buffer_free(&pack);
}

void pack_case_make(struct pack_case *made, const struct kt_case *c, enum kl_kernel_set kernels)
{
    struct kl_diag diag = {0};
    struct kl_bytes file = kt_write(c->model);
    need(kl_model_job_open_bytes(&made->job, "case.tflite", file, &diag), c->label, &diag);
    finish(made, c->label, kernels);
}

void pack_case_make_graph(struct pack_case *made, struct kl_graph *graph, const char *label,
                          enum kl_kernel_set kernels)
{
    made->job = (struct kl_model_job){.path = label, .arena = graph->arena, .graph = graph};
    finish(made, label, kernels);
}

void pack_case_inputs(const struct pack_case *made, uint64_t seed, struct kl_bytes *inputs)
{
    const struct kl_plan *plan = made->job.plan;
    struct kt_random random = {seed};
    for (int32_t i = 0; i < plan->input_count; i++) {
        const struct kl_tensor *tensor = plan->inputs[i].tensor;
        const size_t size = kl_dtype_bytes(tensor->dtype);
        unsigned char *data = kl_arena_alloc(made->job.arena, tensor->bytes, 1);
        for (size_t at = 0; data && at < tensor->bytes; at += size) {
            const int64_t whole = kt_random_between(&random, -5, 5);
            const float real = (float)whole / 4.0f;
            memcpy(data + at, tensor->dtype == KL_F32 ? (const void *)&real : &whole, size);
        }
        inputs[i] = (struct kl_bytes){data, data ? tensor->bytes : 0};
    }
}

void pack_case_free(struct pack_case *made)
{
    free(made->pack);
    kl_model_job_free(&made->job);
}
