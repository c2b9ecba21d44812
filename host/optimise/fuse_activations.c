/* SPDX-License-Identifier: Apache-2.0 */
#include "optimise/passes.h"
#include "optimise/rewrite.h"

static enum kl_activation *fused_activation(struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D:
    case KL_OP_AVERAGE_POOL_2D:
    case KL_OP_MAX_POOL_2D: return &op->attr.window.activation;
    case KL_OP_FULLY_CONNECTED: return &op->attr.fully_connected.activation;
    case KL_OP_ADD:
    case KL_OP_SUB:
    case KL_OP_MUL: return &op->attr.binary.activation;
    default: return NULL;
    }
}

/*
 * Exact only when the activation does not rescale: with equal quantisation the int8 RELU is
 * the same clamp that the producer applies at the end of its own requantisation.
 */
static void fuse(struct kl_subgraph *subgraph, struct kl_op *op, const int32_t *uses)
{
    if (op->kind != KL_OP_RELU && op->kind != KL_OP_RELU6) {
        return;
    }
    struct kl_tensor *between = op->inputs[0];
    struct kl_op *producer = between->producer;
    enum kl_activation *activation = producer ? fused_activation(producer) : NULL;
    struct kl_tensor *out = op->outputs[0];
    if (!activation || *activation != KL_ACT_NONE || uses[between->id] != 1 ||
        between->dtype != out->dtype || !kl_quant_equal(&between->quant, &out->quant)) {
        return;
    }
    *activation = op->kind == KL_OP_RELU ? KL_ACT_RELU : KL_ACT_RELU6;
    producer->outputs[0] = out;
    out->producer = producer;
    between->producer = NULL;
    subgraph->ops[op->position] = NULL;
}

enum kl_err kl_pass_fuse_activations(struct kl_graph *graph, struct kl_diag *diag)
{
    return kl_rewrite_ops(graph, fuse, diag);
}
