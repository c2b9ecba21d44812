/* SPDX-License-Identifier: Apache-2.0 */
/* Accuracy of the float and of the integer model on the same examples. */
#include "flow/ptq/internal.h"
#include "flow/tensor_values.h"
#include "graph/build.h"

/* Run a copy, since planning a graph changes it. */
static enum kl_err run(struct ptq *p, const struct kl_graph *graph, struct kl_outputs *outputs,
                       struct kl_diag *diag)
{
    struct kl_graph *copy = kl_graph_copy(graph);
    struct kl_plan *plan;
    if (!copy) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_plan_create(copy, NULL, p->arena, &plan, diag));
    return kl_outputs_run(plan, p->options->test, p->arena, outputs, diag);
}

enum kl_err ptq_test(struct ptq *p, struct kl_ptq_report *report, struct kl_diag *diag)
{
    struct kl_outputs floats, integers;
    if (!p->options->test || p->options->test->count == 0 ||
        !kl_tensor_takes_floats(p->floats.graph->subgraphs[0]->outputs[0])) {
        return KL_OK;
    }
    KL_TRY(run(p, p->floats.graph, &floats, diag));
    KL_TRY(run(p, p->integers.graph, &integers, diag));
    report->accuracy = kl_score_pair(p->options->test, &floats, &integers);
    return KL_OK;
}
