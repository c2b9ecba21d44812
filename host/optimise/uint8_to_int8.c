/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Models of the older uint8 quantisation, rewritten to int8: 128 less in every value and in every
 * zero point means the same numbers. Inputs and outputs of the model stay uint8; a QUANTIZE beside
 * each changes the view. Only what is known to give the same bits is rewritten (docs/adr), and only
 * when all of the subgraph's uint8 tensors can be.
 */
#include <string.h>

#include "graph/build.h"
#include "graph/moves.h"
#include "optimise/passes.h"

static bool is_known(const struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D:
    case KL_OP_FULLY_CONNECTED:
    case KL_OP_AVERAGE_POOL_2D:
    case KL_OP_MAX_POOL_2D:
    case KL_OP_ADD:
    case KL_OP_MUL:
    case KL_OP_SOFTMAX:
    case KL_OP_PAD:
    case KL_OP_DEQUANTIZE: return true;
    case KL_OP_QUANTIZE: return op->inputs[0]->dtype != KL_F32;
    default: return kl_op_is_reshape(op) || (kl_op_is_move(op) && op->kind != KL_OP_PADV2);
    }
}

static bool uses_uint8(const struct kl_op *op)
{
    bool uses = false;
    for (int32_t i = 0; i < op->input_count; i++) {
        uses = uses || (op->inputs[i] && op->inputs[i]->dtype == KL_U8);
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        uses = uses || op->outputs[i]->dtype == KL_U8;
    }
    return uses;
}

/* Can the whole subgraph be rewritten? Its uint8 tensors are quantised per tensor, and computed and
 * read by known operators. */
static bool can_rewrite(const struct kl_subgraph *subgraph)
{
    bool computes = false;
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        const struct kl_tensor *tensor = subgraph->tensors[i];
        if (tensor->dtype == KL_U8 && (tensor->quant.count != 1 || tensor->is_variable)) {
            return false;
        }
    }
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        const struct kl_op *op = subgraph->ops[i];
        if (uses_uint8(op) && !is_known(op)) {
            return false;
        }
        computes = computes || (uses_uint8(op) && op->kind != KL_OP_QUANTIZE);
    }
    return computes; /* a model that is int8 inside needs nothing */
}

/* The same numbers as int8. */
static enum kl_err become_int8(struct kl_graph *graph, struct kl_tensor *tensor,
                               struct kl_diag *diag)
{
    int32_t *zero_point = KL_NEW(graph->arena, int32_t, 1);
    if (!zero_point) {
        return KL_FAIL_MEMORY(diag);
    }
    *zero_point = tensor->quant.zero_point[0] - 128;
    tensor->quant.zero_point = zero_point;
    tensor->dtype = KL_S8;
    if (!tensor->data) {
        return KL_OK;
    }
    unsigned char *data = kl_arena_copy(graph->arena, tensor->data, tensor->bytes);
    if (!data) {
        return KL_FAIL_MEMORY(diag);
    }
    for (size_t i = 0; i < tensor->bytes; i++) {
        data[i] ^= 0x80;
    }
    tensor->data = data;
    return KL_OK;
}

/* A tensor like this one, uint8, for the model's side of a QUANTIZE. */
static enum kl_err add_outside(struct kl_graph *graph, struct kl_subgraph *subgraph,
                               struct kl_tensor *inside, struct kl_tensor **outside,
                               struct kl_diag *diag)
{
    *outside = kl_tensor_add(graph, subgraph, inside->name, KL_U8, inside->shape);
    if (!*outside) {
        return KL_FAIL_MEMORY(diag);
    }
    (*outside)->quant = inside->quant;
    (*outside)->source_index = inside->source_index;
    return KL_OK;
}

/* QUANTIZE from one to the other, put at `place` of the new list of operators. */
static enum kl_err add_view(struct kl_graph *graph, struct kl_op **ops, int32_t place,
                            struct kl_tensor *from, struct kl_tensor *to, struct kl_diag *diag)
{
    struct kl_op *op = kl_op_new(graph->arena, KL_OP_QUANTIZE, 1, &from, to);
    if (!op) {
        return KL_FAIL_MEMORY(diag);
    }
    ops[place] = op;
    return KL_OK;
}

/* Operators in front for the inputs and behind for the outputs. Called before the tensors change:
 * the new ones keep the old quantisation. */
static enum kl_err add_views(struct kl_graph *graph, struct kl_subgraph *subgraph,
                             struct kl_diag *diag)
{
    int32_t most = subgraph->input_count + subgraph->op_count + subgraph->output_count, count = 0;
    struct kl_op **ops = KL_NEW(graph->arena, struct kl_op *, (size_t)most);
    struct kl_tensor *outside;
    if (!ops) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < subgraph->input_count; i++) {
        struct kl_tensor *inside = subgraph->inputs[i];
        if (inside->dtype == KL_U8) {
            KL_TRY(add_outside(graph, subgraph, inside, &outside, diag));
            KL_TRY(add_view(graph, ops, count++, outside, inside, diag));
            subgraph->inputs[i] = outside;
        }
    }
    memcpy(ops + count, subgraph->ops, sizeof(struct kl_op *) * (size_t)subgraph->op_count);
    count += subgraph->op_count;
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        struct kl_tensor *inside = subgraph->outputs[i];
        if (inside->dtype == KL_U8) {
            KL_TRY(add_outside(graph, subgraph, inside, &outside, diag));
            KL_TRY(add_view(graph, ops, count++, inside, outside, diag));
            subgraph->outputs[i] = outside;
        }
    }
    subgraph->ops = ops;
    subgraph->op_count = count;
    return KL_OK;
}

static void mark(struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D:
    case KL_OP_AVERAGE_POOL_2D: op->attr.window.was_uint8 = op->outputs[0]->dtype == KL_U8; break;
    case KL_OP_FULLY_CONNECTED:
        op->attr.fully_connected.was_uint8 = op->outputs[0]->dtype == KL_U8;
        break;
    default: break;
    }
}

static enum kl_err rewrite(struct kl_graph *graph, struct kl_subgraph *subgraph,
                           struct kl_diag *diag)
{
    int32_t tensor_count = subgraph->tensor_count;
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        mark(subgraph->ops[i]);
    }
    KL_TRY(add_views(graph, subgraph, diag));
    for (int32_t i = 0; i < tensor_count; i++) {
        if (subgraph->tensors[i]->dtype == KL_U8) {
            KL_TRY(become_int8(graph, subgraph->tensors[i], diag));
        }
    }
    return KL_OK;
}

enum kl_err kl_pass_uint8_to_int8(struct kl_graph *graph, struct kl_diag *diag)
{
    /* Subgraphs that call each other hand tensors over: those of uint8 stay as they are. */
    if (graph->subgraph_count == 1 && can_rewrite(graph->subgraphs[0])) {
        return rewrite(graph, graph->subgraphs[0], diag);
    }
    return KL_OK;
}
