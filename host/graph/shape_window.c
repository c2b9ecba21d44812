/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of convolutions, pools and products of matrices. */
#include "graph/shape_internal.h"

#include "graph/const_params.h"

static enum kl_err expect_bias(const struct kl_op *op, int32_t channels, struct kl_diag *diag)
{
    const struct kl_tensor *bias = op->input_count > 2 ? op->inputs[2] : NULL;
    if (bias && kl_shape_elements(&bias->shape) != channels) {
        return kl_op_fail(op, diag, KL_EINPUT, "bias has %lld values for %d output channels",
                          (long long)kl_shape_elements(&bias->shape), channels);
    }
    return KL_OK;
}

/* Positions of a window of `filter` taps in an axis of `in` elements with its padding. */
static int32_t window_positions(int64_t in, int64_t before, int64_t after, int64_t filter,
                                int64_t dilation, int64_t stride)
{
    int64_t room = in + before + after - ((filter - 1) * dilation + 1);
    return room < 0 ? 0 : (int32_t)(room / stride + 1);
}

static enum kl_err expect_window(const struct kl_op *op, int32_t filter_h, int32_t filter_w,
                                 int32_t channels, struct kl_diag *diag)
{
    const struct kl_attr_window *w = &op->attr.window;
    const struct kl_shape *in = &op->inputs[0]->shape;
    struct kl_shape out = {4, {in->dim[0], 0, 0, channels}};
    if (w->stride_h < 1 || w->stride_w < 1 || w->dilation_h < 1 || w->dilation_w < 1 ||
        filter_h < 1 || filter_w < 1 || w->pad_top < 0 || w->pad_left < 0 || w->pad_bottom < 0 ||
        w->pad_right < 0) {
        return kl_op_fail(op, diag, KL_EINPUT,
                          "filter, strides and dilations must be at least 1, paddings at least 0");
    }
    out.dim[1] = window_positions(in->dim[1], w->pad_top, w->pad_bottom, filter_h, w->dilation_h,
                                  w->stride_h);
    out.dim[2] = window_positions(in->dim[2], w->pad_left, w->pad_right, filter_w, w->dilation_w,
                                  w->stride_w);
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_conv(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(kl_expect_rank(op, op->inputs[0], 4, "the input", diag));
    KL_TRY(kl_expect_rank(op, op->inputs[1], 4, "the filter", diag));
    const struct kl_shape *filter = &op->inputs[1]->shape;
    int32_t in_c = op->inputs[0]->shape.dim[3];
    int32_t out_c = filter->dim[0];
    if (in_c % filter->dim[3] != 0 || out_c % (in_c / filter->dim[3]) != 0) {
        return kl_op_fail(op, diag, KL_EINPUT,
                          "%d input channels, %d filter channels and %d output channels do not "
                          "make whole groups",
                          in_c, filter->dim[3], out_c);
    }
    KL_TRY(expect_bias(op, out_c, diag));
    return expect_window(op, filter->dim[1], filter->dim[2], out_c, diag);
}

enum kl_err kl_rule_depthwise(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(kl_expect_rank(op, op->inputs[0], 4, "the input", diag));
    KL_TRY(kl_expect_rank(op, op->inputs[1], 4, "the filter", diag));
    const struct kl_shape *filter = &op->inputs[1]->shape;
    int32_t in_c = op->inputs[0]->shape.dim[3];
    if (filter->dim[0] != 1 || filter->dim[3] % in_c != 0) {
        char text[KL_SHAPE_TEXT_BYTES];
        return kl_op_fail(op, diag, KL_EINPUT, "filter %s does not suit %d input channels",
                          kl_shape_text(filter, text), in_c);
    }
    KL_TRY(expect_bias(op, filter->dim[3], diag));
    return expect_window(op, filter->dim[1], filter->dim[2], filter->dim[3], diag);
}

/* Inputs: the output's shape (not read: the output's own shape is it), weights, input, bias. Any
 * output size is possible: what no input reaches is the bias. */
enum kl_err kl_rule_transpose_conv(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_attr_window *w = &op->attr.window;
    KL_TRY(kl_expect_rank(op, op->inputs[1], 4, "the filter", diag));
    KL_TRY(kl_expect_rank(op, op->inputs[2], 4, "the input", diag));
    KL_TRY(kl_expect_rank(op, op->outputs[0], 4, "the output", diag));
    const struct kl_shape *filter = &op->inputs[1]->shape;
    const struct kl_shape *in = &op->inputs[2]->shape;
    const struct kl_shape *out = &op->outputs[0]->shape;
    const struct kl_tensor *bias = op->input_count > 3 ? op->inputs[3] : NULL;
    if (w->stride_h < 1 || w->stride_w < 1 || w->pad_top < 0 || w->pad_left < 0) {
        return kl_op_fail(op, diag, KL_EINPUT, "strides must be at least 1, paddings at least 0");
    }
    if (out->dim[0] != in->dim[0] || out->dim[3] != filter->dim[0] ||
        in->dim[3] != filter->dim[3] ||
        (bias && kl_shape_elements(&bias->shape) != filter->dim[0])) {
        return kl_op_fail(op, diag, KL_EINPUT,
                          "input, filter, bias and output do not agree in batches and channels");
    }
    return KL_OK;
}

enum kl_err kl_rule_pool(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(kl_expect_rank(op, op->inputs[0], 4, "the input", diag));
    const struct kl_attr_window *w = &op->attr.window;
    return expect_window(op, w->filter_h, w->filter_w, op->inputs[0]->shape.dim[3], diag);
}

enum kl_err kl_rule_fully_connected(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(kl_expect_rank(op, op->inputs[1], 2, "the weights", diag));
    const struct kl_shape *weights = &op->inputs[1]->shape;
    const struct kl_shape *out = &op->outputs[0]->shape;
    int64_t in = kl_shape_elements(&op->inputs[0]->shape);
    int32_t out_c = weights->dim[0];
    if (in % weights->dim[1] != 0) {
        return kl_op_fail(op, diag, KL_EINPUT, "%lld input values are no multiple of %d",
                          (long long)in, weights->dim[1]);
    }
    KL_TRY(expect_bias(op, out_c, diag));
    if (out->rank < 1 || out->dim[out->rank - 1] != out_c ||
        kl_shape_elements(out) != in / weights->dim[1] * out_c) {
        char text[KL_SHAPE_TEXT_BYTES];
        return kl_op_fail(op, diag, KL_EINPUT, "output %s does not suit %lld rows of %d channels",
                          kl_shape_text(out, text), (long long)(in / weights->dim[1]), out_c);
    }
    return KL_OK;
}

enum kl_err kl_rule_batch_matmul(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape a = op->inputs[0]->shape;
    struct kl_shape b = op->inputs[1]->shape;
    if (a.rank < 2 || b.rank < 2) {
        return kl_op_fail(op, diag, KL_EINPUT, "its inputs need at least two dimensions");
    }
    bool adj_x = op->attr.matmul.adj_x;
    bool adj_y = op->attr.matmul.adj_y;
    int32_t rows = a.dim[a.rank - (adj_x ? 1 : 2)];
    int32_t inner = a.dim[a.rank - (adj_x ? 2 : 1)];
    int32_t columns = b.dim[b.rank - (adj_y ? 2 : 1)];
    if (b.dim[b.rank - (adj_y ? 1 : 2)] != inner) {
        return kl_op_fail(op, diag, KL_EINPUT, "its matrices do not suit each other");
    }
    struct kl_shape out;
    a.rank -= 2;
    b.rank -= 2;
    KL_TRY(kl_shape_broadcast(op, &a, &b, &out, diag));
    out.dim[out.rank++] = rows;
    out.dim[out.rank++] = columns;
    return kl_expect(op, 0, &out, diag);
}

/* Inputs: values, then scale, offset, mean and variance of each channel. */
enum kl_err kl_rule_batch_norm(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    if (in->rank < 2) {
        return kl_op_fail(op, diag, KL_EINPUT, "its input has no channels beside the batch");
    }
    for (int32_t i = 1; i < op->input_count; i++) {
        KL_TRY(kl_expect_input(op, i, (struct kl_shape){1, {in->dim[in->rank - 1]}}, diag));
    }
    return kl_expect(op, 0, in, diag);
}
