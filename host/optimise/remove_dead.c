/* SPDX-License-Identifier: Apache-2.0 */
#include "optimise/passes.h"

static bool is_dead(const struct kl_op *op, const int32_t *uses)
{
    if (kl_op_has_effect(op)) {
        return false;
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        if (uses[op->outputs[i]->id]) {
            return false;
        }
    }
    return true;
}

static void remove_tensors(struct kl_subgraph *subgraph)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        struct kl_tensor *tensor = subgraph->tensors[i];
        if (tensor->id >= 0) {
            subgraph->tensors[kept++] = tensor;
        }
    }
    subgraph->tensor_count = kept;
}

/* Drop tensors that no operator and no graph input or output names. */
static void sweep_tensors(struct kl_subgraph *subgraph)
{
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        subgraph->tensors[i]->id = -1;
    }
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        const struct kl_op *op = subgraph->ops[i];
        for (int32_t k = 0; k < op->input_count; k++) {
            if (op->inputs[k]) {
                op->inputs[k]->id = 0;
            }
        }
        for (int32_t k = 0; k < op->output_count; k++) {
            op->outputs[k]->id = 0;
        }
    }
    for (int32_t i = 0; i < subgraph->input_count; i++) {
        subgraph->inputs[i]->id = 0;
    }
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        subgraph->outputs[i]->id = 0;
    }
    remove_tensors(subgraph);
}

enum kl_err kl_pass_remove_dead(struct kl_graph *graph, struct kl_diag *diag)
{
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        struct kl_subgraph *subgraph = graph->subgraphs[s];
        int32_t *uses = kl_subgraph_uses(graph, subgraph);
        if (!uses) {
            return KL_FAIL_MEMORY(diag);
        }
        for (int32_t i = subgraph->op_count; i-- > 0;) {
            struct kl_op *op = subgraph->ops[i];
            if (!is_dead(op, uses)) {
                continue;
            }
            for (int32_t k = 0; k < op->input_count; k++) {
                if (op->inputs[k]) {
                    uses[op->inputs[k]->id]--;
                }
            }
            subgraph->ops[i] = NULL;
        }
        kl_subgraph_compact(subgraph);
        sweep_tensors(subgraph);
    }
    return KL_OK;
}
