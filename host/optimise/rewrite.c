/* SPDX-License-Identifier: Apache-2.0 */
#include "optimise/rewrite.h"

enum kl_err kl_rewrite_ops(struct kl_graph *graph, kl_rewrite_fn *rewrite, struct kl_diag *diag)
{
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        struct kl_subgraph *subgraph = graph->subgraphs[s];
        int32_t *uses = kl_subgraph_uses(graph, subgraph);
        if (!uses) {
            return KL_FAIL_MEMORY(diag);
        }
        for (int32_t i = 0; i < subgraph->op_count; i++) {
            if (subgraph->ops[i]) {
                rewrite(subgraph, subgraph->ops[i], uses);
            }
        }
        kl_subgraph_compact(subgraph);
    }
    return KL_OK;
}
