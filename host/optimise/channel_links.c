/* SPDX-License-Identifier: Apache-2.0 */
/* Which operators keep channels apart, and how those of input and output belong together. */
#include "graph/const_params.h"
#include "graph/function_table.h"
#include "graph/moves.h"
#include "optimise/channels.h"

static int32_t last_axis(const struct kl_tensor *tensor)
{
    return tensor->shape.rank - 1;
}

static int32_t in_count(const struct channel_analysis *a, const struct kl_op *op, int32_t input)
{
    return channels_of(a, op->inputs[input])->count;
}

static bool binary_stays(const struct channel_analysis *a, const struct kl_op *op, int32_t out)
{
    for (int32_t k = 0; k < 2; k++) {
        int32_t count = in_count(a, op, k);
        if (count != out && count != 1) {
            return false;
        }
    }
    return true;
}

static bool mean_stays(const struct kl_op *op)
{
    struct kl_diag ignored = {0};
    bool reduced[KL_MAX_RANK];
    return kl_op_reduced(op, reduced, &ignored) == KL_OK && !reduced[last_axis(op->inputs[0])];
}

static bool pad_stays(const struct kl_op *op)
{
    struct kl_diag ignored = {0};
    int32_t before[KL_MAX_RANK];
    int32_t after[KL_MAX_RANK];
    int32_t last = last_axis(op->inputs[0]);
    return kl_op_paddings(op, before, after, &ignored) == KL_OK && !before[last] && !after[last];
}

static bool joins_last_axis(const struct kl_op *op)
{
    int32_t axis = op->attr.axis.axis;
    int32_t rank = op->outputs[0]->shape.rank;
    return (axis < 0 ? axis + rank : axis) == rank - 1;
}

static bool join_stays(const struct channel_analysis *a, const struct kl_op *op, int32_t out)
{
    for (int32_t k = 0; k < op->input_count; k++) {
        int32_t count = in_count(a, op, k);
        if (count == 0 || !kl_quant_equal(&op->inputs[k]->quant, &op->outputs[0]->quant) ||
            (!joins_last_axis(op) && count != out)) {
            return false;
        }
    }
    return op->attr.axis.activation == KL_ACT_NONE;
}

bool channels_stay_apart(const struct channel_analysis *a, const struct kl_op *op)
{
    if (op->output_count != 1 || op->input_count < 1) {
        return false;
    }
    int32_t out = channels_of(a, op->outputs[0])->count;
    int32_t in = in_count(a, op, 0);
    if (out == 0 || in == 0) {
        return false;
    }
    switch (op->kind) {
    case KL_OP_ADD:
    case KL_OP_SUB:
    case KL_OP_MUL: return binary_stays(a, op, out);
    case KL_OP_AVERAGE_POOL_2D:
    case KL_OP_MAX_POOL_2D:
    case KL_OP_RESIZE_NEAREST_NEIGHBOR: return in == out;
    case KL_OP_MEAN: return in == out && mean_stays(op);
    case KL_OP_PAD:
    case KL_OP_PADV2: return in == out && pad_stays(op);
    case KL_OP_CONCATENATION: return join_stays(a, op, out);
    default:
        return (kl_op_is_function_s8(op) && in == out) || (kl_op_is_reshape(op) && out % in == 0);
    }
}

struct channel_link channel_link(const struct channel_analysis *a, const struct kl_op *op,
                                 int32_t input)
{
    int32_t out = channels_of(a, op->outputs[0])->count;
    int32_t in = in_count(a, op, input);
    struct channel_link link = {0, out, true};
    if (op->kind == KL_OP_CONCATENATION && joins_last_axis(op)) {
        for (int32_t k = 0; k < input; k++) {
            link.first += in_count(a, op, k);
        }
        link.span = in;
    } else if (!kl_op_is_reshape(op)) {
        link.tied = in == out;
    }
    return link;
}
