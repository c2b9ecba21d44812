/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/moves.h"
#include "optimise/passes.h"

enum kl_err kl_pass_canonicalise(struct kl_graph *graph, struct kl_diag *diag)
{
    (void)diag;
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        struct kl_subgraph *subgraph = graph->subgraphs[s];
        for (int32_t i = 0; i < subgraph->op_count; i++) {
            struct kl_op *op = subgraph->ops[i];
            if (kl_op_is_reshape(op)) {
                op->kind = KL_OP_RESHAPE;
                op->input_count = 1; /* the output tensor holds the new shape */
            }
        }
    }
    return KL_OK;
}
