/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that are another one in disguise. */
#include <string.h>

#include "graph/build.h"
#include "graph/moves.h"
#include "optimise/passes.h"

static void become_reshape(struct kl_op *op)
{
    op->kind = KL_OP_RESHAPE;
    op->input_count = 1; /* the output tensor holds the new shape */
}

/* Inputs: rows, table; of GATHER it is the other way round. */
static void become_gather(struct kl_op *op)
{
    struct kl_tensor *rows = op->inputs[0];
    op->kind = KL_OP_GATHER;
    op->inputs[0] = op->inputs[1];
    op->inputs[1] = rows;
    op->attr = (union kl_attr){.gather = {.axis = 0}};
}

/* A DEQUANTIZE into output 0 of operator `index`, which now writes a tensor of type and
 * quantisation of its input 0. */
static enum kl_err dequantise_behind(struct kl_graph *graph, struct kl_subgraph *subgraph,
                                     int32_t index, struct kl_diag *diag)
{
    struct kl_op *op = subgraph->ops[index];
    const struct kl_tensor *out = op->outputs[0];
    struct kl_tensor *inside =
        kl_tensor_add(graph, subgraph, out->name, op->inputs[0]->dtype, out->shape);
    struct kl_op **ops = KL_NEW(graph->arena, struct kl_op *, (size_t)subgraph->op_count + 1);
    struct kl_op *dequantize = inside ? kl_dequantise_output(graph->arena, op, inside) : NULL;
    if (!dequantize || !ops) {
        return KL_FAIL_MEMORY(diag);
    }
    inside->quant = op->inputs[0]->quant;
    memcpy(ops, subgraph->ops, sizeof(struct kl_op *) * (size_t)(index + 1));
    ops[index + 1] = dequantize;
    memcpy(ops + index + 2, subgraph->ops + index + 1,
           sizeof(struct kl_op *) * (size_t)(subgraph->op_count - index - 1));
    subgraph->ops = ops;
    subgraph->op_count++;
    return KL_OK;
}

static enum kl_err rewrite(struct kl_graph *graph, struct kl_subgraph *subgraph, int32_t index,
                           struct kl_diag *diag)
{
    struct kl_op *op = subgraph->ops[index];
    if (kl_op_is_reshape(op)) {
        become_reshape(op);
    }
    if (op->kind == KL_OP_EMBEDDING_LOOKUP) {
        become_gather(op);
        if (op->inputs[0]->dtype == KL_S8 && op->outputs[0]->dtype == KL_F32) {
            return dequantise_behind(graph, subgraph, index, diag);
        }
    }
    return KL_OK;
}

enum kl_err kl_pass_canonicalise(struct kl_graph *graph, struct kl_diag *diag)
{
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        struct kl_subgraph *subgraph = graph->subgraphs[s];
        for (int32_t i = 0; i < subgraph->op_count; i++) {
            KL_TRY(rewrite(graph, subgraph, i, diag));
        }
    }
    return KL_OK;
}
