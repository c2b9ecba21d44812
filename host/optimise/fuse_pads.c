/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "graph/const_params.h"
#include "optimise/passes.h"
#include "optimise/rewrite.h"

/* Does the PAD write what a convolution's own padding reads: real zero? */
static bool pads_with_zero(const struct kl_op *pad)
{
    const struct kl_tensor *in = pad->inputs[0];
    bool quantised = in->dtype == KL_S8 || in->dtype == KL_S16;
    if ((!quantised && in->dtype != KL_F32) || in->dtype != pad->outputs[0]->dtype ||
        !kl_quant_equal(&in->quant, &pad->outputs[0]->quant) || (quantised && !in->quant.count)) {
        return false;
    }
    if (pad->kind == KL_OP_PAD) {
        return true; /* pads with the zero point by definition */
    }
    const struct kl_tensor *value = pad->inputs[2];
    if (!value->data || value->dtype != in->dtype || kl_shape_elements(&value->shape) != 1) {
        return false;
    }
    if (quantised) {
        return kl_value_at(value->dtype, value->data, 0) == in->quant.zero_point[0];
    }
    static const unsigned char zero[4];
    return memcmp(value->data, zero, sizeof zero) == 0;
}

static void fuse(struct kl_subgraph *subgraph, struct kl_op *op, const int32_t *uses)
{
    if (op->kind != KL_OP_CONV_2D && op->kind != KL_OP_DEPTHWISE_CONV_2D) {
        return;
    }
    struct kl_op *pad = op->inputs[0]->producer;
    int32_t before[KL_MAX_RANK];
    int32_t after[KL_MAX_RANK];
    struct kl_diag ignored = {0};
    if (!pad || (pad->kind != KL_OP_PAD && pad->kind != KL_OP_PADV2) ||
        uses[op->inputs[0]->id] != 1 || !pads_with_zero(pad) ||
        kl_op_paddings(pad, before, after, &ignored) != KL_OK) {
        return;
    }
    if (before[0] || after[0] || before[3] || after[3]) {
        return; /* batches or channels: not a border of the image */
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
