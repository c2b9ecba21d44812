/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <string.h>

#include "graph/const_params.h"
#include "optimise/passes.h"
#include "optimise/rewrite.h"

/* Same type and scale in front and behind, of integers with a scale or of floats. */
static bool keeps_type(const struct kl_op *pad)
{
    const struct kl_tensor *in = pad->inputs[0];
    bool quantised = in->dtype == KL_S8 || in->dtype == KL_S16;
    return (quantised || in->dtype == KL_F32) && in->dtype == pad->outputs[0]->dtype &&
           kl_quant_equal(&in->quant, &pad->outputs[0]->quant) &&
           (!quantised || in->quant.count > 0);
}

/* The constant that PADV2 writes; NULL: it is none. */
static const struct kl_tensor *padding_value(const struct kl_op *pad)
{
    const struct kl_tensor *value = pad->inputs[2];
    return value->data && value->dtype == pad->inputs[0]->dtype &&
                   kl_shape_elements(&value->shape) == 1
               ? value
               : NULL;
}

/* Does the PAD write what a convolution's own padding reads: real zero? */
static bool pads_with_zero(const struct kl_op *pad)
{
    static const unsigned char zero[4];
    if (pad->kind == KL_OP_PAD) {
        return true; /* pads with the zero point by definition */
    }
    const struct kl_tensor *in = pad->inputs[0], *value = padding_value(pad);
    if (value && in->dtype != KL_F32) {
        return kl_value_at(value->dtype, value->data, 0) == in->quant.zero_point[0];
    }
    return value && memcmp(value->data, zero, sizeof zero) == 0;
}

/* Does it write what a pool of maxima never takes, whose own padding is left out? Maxima of floats
 * begin at the lowest finite one. */
static bool pads_with_lowest(const struct kl_op *pad)
{
    const struct kl_tensor *value = pad->kind == KL_OP_PADV2 ? padding_value(pad) : NULL;
    if (!value) {
        return false;
    }
    double lowest = value->dtype == KL_F32   ? (double)-FLT_MAX
                    : value->dtype == KL_S16 ? INT16_MIN
                                             : INT8_MIN;
    return kl_value_at(value->dtype, value->data, 0) <= lowest;
}

/* Each window keeps a tap inside the image. */
static bool pool_reaches(const struct kl_attr_window *w, const int32_t before[KL_MAX_RANK],
                         const int32_t after[KL_MAX_RANK])
{
    return w->dilation_h == 1 && w->dilation_w == 1 && w->pad_top + before[1] < w->filter_h &&
           w->pad_bottom + after[1] < w->filter_h && w->pad_left + before[2] < w->filter_w &&
           w->pad_right + after[2] < w->filter_w;
}

static bool takes(const struct kl_op *op, const struct kl_op *pad,
                  const int32_t before[KL_MAX_RANK], const int32_t after[KL_MAX_RANK])
{
    switch (op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D: return pads_with_zero(pad);
    case KL_OP_MAX_POOL_2D:
        return pads_with_lowest(pad) && pool_reaches(&op->attr.window, before, after);
    default: return false;
    }
}

static void fuse(struct kl_subgraph *subgraph, struct kl_op *op, const int32_t *uses)
{
    struct kl_op *pad = op->input_count > 0 && op->inputs[0] ? op->inputs[0]->producer : NULL;
    int32_t before[KL_MAX_RANK];
    int32_t after[KL_MAX_RANK];
    struct kl_diag ignored = {0};
    if (!pad || (pad->kind != KL_OP_PAD && pad->kind != KL_OP_PADV2) ||
        uses[op->inputs[0]->id] != 1 || !keeps_type(pad) || pad->inputs[0]->shape.rank != 4 ||
        kl_op_paddings(pad, before, after, &ignored) != KL_OK || before[0] || after[0] ||
        before[3] || after[3] || /* batches or channels: not a border of the image */
        !takes(op, pad, before, after)) {
        return;
    }
    struct kl_attr_window *window = &op->attr.window;
    window->pad_top += before[1];
    window->pad_bottom += after[1];
    window->pad_left += before[2];
    window->pad_right += after[2];
    op->inputs[0]->producer = NULL;
    op->inputs[0] = pad->inputs[0];
    subgraph->ops[pad->position] = NULL;
}

enum kl_err kl_pass_fuse_pads(struct kl_graph *graph, struct kl_diag *diag)
{
    return kl_rewrite_ops(graph, fuse, diag);
}
