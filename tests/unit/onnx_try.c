/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx_try.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/evaluate.h"
#include "flow/execute.h"
#include "import/import.h"
#include "optimise/optimise.h"

static const struct kl_onnx_options options = {.evaluate = kl_evaluate};

struct kl_graph *onnx_try_accept(struct kt_onnx *m)
{
    struct kl_graph *graph = NULL;
    struct kl_diag diag = {0};
    if (kl_import_onnx(kt_onnx_pack(m), &options, m->arena, &graph, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    assert_int_equal(kl_optimise(graph, NULL, &diag), KL_OK);
    return graph;
}

void onnx_try_refuse(struct kt_onnx *m, enum kl_err err, const char *words)
{
    struct kl_graph *graph = NULL;
    struct kl_diag diag = {0};
    enum kl_err found = kl_import_onnx(kt_onnx_pack(m), &options, m->arena, &graph, &diag);
    if (found != err || !strstr(diag.message, words)) {
        fail_msg("error %d, '%s' instead of error %d, '%s'", (int)found, diag.message, (int)err,
                 words);
    }
}

int32_t onnx_try_count(const struct kl_graph *graph, enum kl_op_kind kind)
{
    const struct kl_subgraph *subgraph = graph->subgraphs[0];
    int32_t count = 0;
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        count += subgraph->ops[i]->kind == kind ? 1 : 0;
    }
    return count;
}

void onnx_try_run(struct kt_onnx *m, const void *input, void *const *outputs)
{
    struct kl_model_job job;
    struct kl_diag diag = {0};
    unsigned char *memory = NULL;
    if (kl_model_job_open_bytes(&job, "model.onnx", kt_onnx_pack(m), &diag) != KL_OK ||
        kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, &diag) != KL_OK ||
        kl_execute_arena(job.plan, job.arena, &memory, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    kl_execute_load(job.plan, input, memory);
    assert_int_equal(kl_execute(job.plan, memory, &diag), KL_OK);
    for (int32_t i = 0; i < job.plan->output_count; i++) {
        memcpy(outputs[i], kl_execute_io(job.plan, &job.plan->outputs[i], memory),
               job.plan->outputs[i].tensor->bytes);
    }
    kl_model_job_free(&job);
    kt_onnx_free(m);
}
