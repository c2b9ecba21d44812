/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/shape_rules.h"

#include "graph/const_params.h"
#include "graph/indexed.h"

static enum kl_err expect(const struct kl_op *op, int32_t output, const struct kl_shape *expected,
                          struct kl_diag *diag)
{
    const struct kl_shape *actual = &op->outputs[output]->shape;
    if (kl_shape_equal(actual, expected)) {
        return KL_OK;
    }
    char a[KL_SHAPE_TEXT_BYTES];
    char b[KL_SHAPE_TEXT_BYTES];
    return kl_op_fail(op, diag, KL_EINPUT, "output %d has shape %s, its inputs imply %s", output,
                      kl_shape_text(actual, a), kl_shape_text(expected, b));
}

static enum kl_err expect_rank(const struct kl_op *op, const struct kl_tensor *tensor, int32_t rank,
                               const char *what, struct kl_diag *diag)
{
    if (tensor->shape.rank == rank) {
        return KL_OK;
    }
    return kl_op_fail(op, diag, KL_EINPUT, "%s must have %d dimensions, it has %d", what, rank,
                      tensor->shape.rank);
}

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
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_any(const struct kl_op *op, struct kl_diag *diag)
{
    (void)op;
    (void)diag;
    return KL_OK;
}

static enum kl_err rule_same(const struct kl_op *op, struct kl_diag *diag)
{
    return expect(op, 0, &op->inputs[0]->shape, diag);
}

static enum kl_err rule_conv(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(expect_rank(op, op->inputs[0], 4, "the input", diag));
    KL_TRY(expect_rank(op, op->inputs[1], 4, "the filter", diag));
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

static enum kl_err rule_depthwise(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(expect_rank(op, op->inputs[0], 4, "the input", diag));
    KL_TRY(expect_rank(op, op->inputs[1], 4, "the filter", diag));
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
static enum kl_err rule_transpose_conv(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_attr_window *w = &op->attr.window;
    KL_TRY(expect_rank(op, op->inputs[1], 4, "the filter", diag));
    KL_TRY(expect_rank(op, op->inputs[2], 4, "the input", diag));
    KL_TRY(expect_rank(op, op->outputs[0], 4, "the output", diag));
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

static enum kl_err rule_pool(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(expect_rank(op, op->inputs[0], 4, "the input", diag));
    const struct kl_attr_window *w = &op->attr.window;
    return expect_window(op, w->filter_h, w->filter_w, op->inputs[0]->shape.dim[3], diag);
}

static enum kl_err rule_fully_connected(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(expect_rank(op, op->inputs[1], 2, "the weights", diag));
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

/* The shape of both together; dimensions of 1 stretch. */
static enum kl_err broadcast(const struct kl_op *op, const struct kl_shape *a,
                             const struct kl_shape *b, struct kl_shape *out, struct kl_diag *diag)
{
    *out = (struct kl_shape){.rank = a->rank > b->rank ? a->rank : b->rank};
    for (int32_t i = 1; i <= out->rank; i++) {
        int32_t x = i <= a->rank ? a->dim[a->rank - i] : 1;
        int32_t y = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (x != y && x != 1 && y != 1) {
            char ta[KL_SHAPE_TEXT_BYTES];
            char tb[KL_SHAPE_TEXT_BYTES];
            return kl_op_fail(op, diag, KL_EINPUT, "shapes %s and %s cannot be broadcast",
                              kl_shape_text(a, ta), kl_shape_text(b, tb));
        }
        out->dim[out->rank - i] = x > y ? x : y;
    }
    return KL_OK;
}

static enum kl_err rule_broadcast(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out;
    KL_TRY(broadcast(op, &op->inputs[0]->shape, &op->inputs[1]->shape, &out, diag));
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_select(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape both;
    struct kl_shape out;
    KL_TRY(broadcast(op, &op->inputs[1]->shape, &op->inputs[2]->shape, &both, diag));
    KL_TRY(broadcast(op, &op->inputs[0]->shape, &both, &out, diag));
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_broadcast_to(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out;
    KL_TRY(broadcast(op, &op->inputs[0]->shape, &op->outputs[0]->shape, &out, diag));
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_reduce(const struct kl_op *op, struct kl_diag *diag)
{
    bool reduced[KL_MAX_RANK];
    KL_TRY(kl_op_reduced(op, reduced, diag));
    const struct kl_shape *in = &op->inputs[0]->shape;
    struct kl_shape out = {0};
    for (int32_t i = 0; i < in->rank; i++) {
        if (!reduced[i]) {
            out.dim[out.rank++] = in->dim[i];
        } else if (op->attr.reduce.keep_dims) {
            out.dim[out.rank++] = 1;
        }
    }
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_pad(const struct kl_op *op, struct kl_diag *diag)
{
    int32_t before[KL_MAX_RANK];
    int32_t after[KL_MAX_RANK];
    KL_TRY(kl_op_paddings(op, before, after, diag));
    struct kl_shape out = op->inputs[0]->shape;
    for (int32_t i = 0; i < out.rank; i++) {
        int64_t dim = (int64_t)out.dim[i] + before[i] + after[i];
        if (dim > INT32_MAX) {
            return kl_op_fail(op, diag, KL_EINPUT, "padded dimension %d is too large", i);
        }
        out.dim[i] = (int32_t)dim;
    }
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_reshape(const struct kl_op *op, struct kl_diag *diag)
{
    int64_t in = kl_shape_elements(&op->inputs[0]->shape);
    int64_t out = kl_shape_elements(&op->outputs[0]->shape);
    if (in == out) {
        return KL_OK;
    }
    return kl_op_fail(op, diag, KL_EINPUT, "reshapes %lld values to %lld", (long long)in,
                      (long long)out);
}

static enum kl_err rule_transpose(const struct kl_op *op, struct kl_diag *diag)
{
    int32_t perm[KL_MAX_RANK];
    KL_TRY(kl_op_permutation(op, perm, diag));
    const struct kl_shape *in = &op->inputs[0]->shape;
    struct kl_shape out = {.rank = in->rank};
    for (int32_t i = 0; i < in->rank; i++) {
        out.dim[i] = in->dim[perm[i]];
    }
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_strided_slice(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_slice slice;
    KL_TRY(kl_op_slice(op, &slice, diag));
    struct kl_shape out = {0};
    for (int32_t i = 0; i < op->inputs[0]->shape.rank; i++) {
        if (!slice.shrink[i]) {
            out.dim[out.rank++] = slice.size[i];
        }
    }
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_concatenation(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = op->inputs[0]->shape;
    int32_t axis;
    KL_TRY(kl_op_axis(op, op->attr.axis.axis, out.rank, &axis, diag));
    int64_t total = 0;
    for (int32_t i = 0; i < op->input_count; i++) {
        struct kl_shape in = op->inputs[i]->shape;
        if (in.rank != out.rank) {
            return kl_op_fail(op, diag, KL_EINPUT, "input %d has rank %d, input 0 has %d", i,
                              in.rank, out.rank);
        }
        total += in.dim[axis];
        in.dim[axis] = out.dim[axis];
        if (!kl_shape_equal(&in, &out)) {
            return kl_op_fail(op, diag, KL_EINPUT, "input %d differs outside axis %d", i, axis);
        }
    }
    if (total > INT32_MAX) {
        return kl_op_fail(op, diag, KL_EINPUT, "the joined dimension is too large");
    }
    out.dim[axis] = (int32_t)total;
    return expect(op, 0, &out, diag);
}

static enum kl_err split_sizes(const struct kl_op *op, int64_t dim, int64_t *sizes,
                               struct kl_diag *diag)
{
    int32_t count = op->output_count;
    if (op->kind == KL_OP_SPLIT) {
        if (dim % count != 0) {
            return kl_op_fail(op, diag, KL_EINPUT, "dimension %lld does not split into %d parts",
                              (long long)dim, count);
        }
        for (int32_t i = 0; i < count; i++) {
            sizes[i] = dim / count;
        }
        return KL_OK;
    }
    int32_t given;
    KL_TRY(kl_op_ints(op, 1, sizes, count, &given, diag));
    int64_t total = 0;
    int32_t open = -1; /* one size may be -1: the rest */
    for (int32_t i = 0; i < given; i++) {
        if (sizes[i] == -1 && open < 0) {
            open = i;
        } else if (sizes[i] < 0 || sizes[i] > dim) {
            return kl_op_fail(op, diag, KL_EINPUT, "size %lld of part %d", (long long)sizes[i], i);
        } else {
            total += sizes[i];
        }
    }
    if (open >= 0) {
        sizes[open] = dim - total;
        total = dim;
    }
    if (given != count || total != dim) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d sizes do not make %d parts of dimension %lld",
                          given, count, (long long)dim);
    }
    return KL_OK;
}

static enum kl_err rule_split(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_tensor *input;
    int32_t axis;
    int64_t sizes[64];
    KL_TRY(kl_op_split_axis(op, &input, &axis, diag));
    KL_TRY(split_sizes(op, input->shape.dim[axis], sizes, diag));
    for (int32_t i = 0; i < op->output_count; i++) {
        struct kl_shape out = input->shape;
        out.dim[axis] = (int32_t)sizes[i];
        KL_TRY(expect(op, i, &out, diag));
    }
    return KL_OK;
}

/* `shape` with a dimension of `size` inserted at `axis`. */
static struct kl_shape inserted(const struct kl_shape *shape, int32_t axis, int32_t size)
{
    struct kl_shape result = {.rank = shape->rank + 1};
    for (int32_t i = 0; i < result.rank; i++) {
        result.dim[i] = i == axis ? size : shape->dim[i < axis ? i : i - 1];
    }
    return result;
}

static enum kl_err rule_pack(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    int32_t axis;
    if (in->rank >= KL_MAX_RANK) {
        return kl_op_fail(op, diag, KL_EINPUT, "more than %d dimensions", KL_MAX_RANK);
    }
    KL_TRY(kl_op_axis(op, op->attr.axis.axis, in->rank + 1, &axis, diag));
    for (int32_t i = 1; i < op->input_count; i++) {
        if (!kl_shape_equal(&op->inputs[i]->shape, in)) {
            return kl_op_fail(op, diag, KL_EINPUT, "input %d differs in shape from input 0", i);
        }
    }
    struct kl_shape out = inserted(in, axis, op->input_count);
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_unpack(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    int32_t axis;
    KL_TRY(kl_op_axis(op, op->attr.axis.axis, in->rank, &axis, diag));
    for (int32_t i = 0; i < op->output_count; i++) {
        const struct kl_shape *out = &op->outputs[i]->shape;
        struct kl_shape whole = {0};
        if (out->rank + 1 == in->rank) {
            whole = inserted(out, axis, op->output_count);
        }
        if (!kl_shape_equal(&whole, in)) {
            return kl_op_fail(op, diag, KL_EINPUT, "output %d does not suit the input's shape", i);
        }
    }
    return KL_OK;
}

static enum kl_err rule_shape(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = {1, {op->inputs[0]->shape.rank}};
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_resize(const struct kl_op *op, struct kl_diag *diag)
{
    int64_t size[2];
    int32_t count;
    KL_TRY(expect_rank(op, op->inputs[0], 4, "the input", diag));
    KL_TRY(kl_op_ints(op, 1, size, 2, &count, diag));
    if (count != 2 || size[0] < 1 || size[0] > UINT16_MAX || size[1] < 1 || size[1] > UINT16_MAX) {
        return kl_op_fail(op, diag, KL_EINPUT, "the new size must be two numbers of 1..%d",
                          UINT16_MAX);
    }
    struct kl_shape out = op->inputs[0]->shape;
    out.dim[1] = (int32_t)size[0];
    out.dim[2] = (int32_t)size[1];
    return expect(op, 0, &out, diag);
}

/* ARG_MAX, ARG_MIN: the axis is input 1. */
static enum kl_err rule_arg(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    bool reduced[KL_MAX_RANK];
    struct kl_shape out = {0};
    int64_t given;
    int32_t count;
    KL_TRY(kl_op_ints(op, 1, &given, 1, &count, diag));
    if (count != 1) {
        return kl_op_fail(op, diag, KL_EINPUT, "the axis must be one value");
    }
    KL_TRY(kl_op_reduced(op, reduced, diag));
    for (int32_t i = 0; i < in->rank; i++) {
        if (!reduced[i] || op->attr.arg.keep_dims) {
            out.dim[out.rank++] = reduced[i] ? 1 : in->dim[i];
        }
    }
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_gather(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_indexed at;
    struct kl_shape out;
    KL_TRY(kl_op_indexed(op, &at, &out, diag));
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_scatter(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_indexed at;
    struct kl_shape updates;
    KL_TRY(kl_op_indexed(op, &at, &updates, diag));
    if (!kl_shape_equal(&updates, &op->inputs[2]->shape)) {
        char text[KL_SHAPE_TEXT_BYTES];
        return kl_op_fail(op, diag, KL_EINPUT, "its updates must have shape %s",
                          kl_shape_text(&updates, text));
    }
    return expect(op, 0, &op->inputs[0]->shape, diag);
}

static enum kl_err rule_batch_matmul(const struct kl_op *op, struct kl_diag *diag)
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
    KL_TRY(broadcast(op, &a, &b, &out, diag));
    out.dim[out.rank++] = rows;
    out.dim[out.rank++] = columns;
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_topk(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = op->inputs[0]->shape;
    int32_t axis;
    int64_t k;
    int32_t count;
    KL_TRY(kl_op_axis(op, op->attr.topk.axis, out.rank, &axis, diag));
    KL_TRY(kl_op_ints(op, 1, &k, 1, &count, diag));
    if (count != 1 || k < 1 || k > out.dim[axis]) {
        return kl_op_fail(op, diag, KL_EINPUT, "k must be one number of 1..%d", out.dim[axis]);
    }
    out.dim[axis] = (int32_t)k;
    KL_TRY(expect(op, 1, &out, diag));
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_tile(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = op->inputs[0]->shape;
    int64_t multiple[KL_MAX_RANK];
    int32_t count;
    KL_TRY(kl_op_ints(op, 1, multiple, KL_MAX_RANK, &count, diag));
    if (count != out.rank) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d multiples for rank %d", count, out.rank);
    }
    for (int32_t i = 0; i < count; i++) {
        if (multiple[i] < 1 || multiple[i] > INT32_MAX / out.dim[i]) {
            return kl_op_fail(op, diag, KL_EINPUT, "multiple %lld of dimension %d",
                              (long long)multiple[i], i);
        }
        out.dim[i] *= (int32_t)multiple[i];
    }
    return expect(op, 0, &out, diag);
}

/* The tables must be constant, since an index beyond the input would be read. */
static enum kl_err rule_resample(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = op->inputs[0]->shape;
    const struct kl_tensor *first = op->inputs[1];
    const struct kl_shape *weight = &op->inputs[2]->shape;
    int32_t axis;
    KL_TRY(kl_op_axis(op, op->attr.resample.axis, out.rank, &axis, diag));
    KL_TRY(expect_rank(op, op->inputs[2], 2, "the weights", diag));
    if (first->dtype != KL_S32 || !first->data || first->shape.rank != 1 ||
        first->shape.dim[0] != weight->dim[0] || weight->dim[1] > out.dim[axis]) {
        return kl_op_fail(op, diag, KL_EINPUT, "its table of indices does not suit the weights");
    }
    for (int32_t i = 0; i < weight->dim[0]; i++) {
        int32_t index = ((const int32_t *)first->data)[i];
        if (index < 0 || index > out.dim[axis] - weight->dim[1]) {
            return kl_op_fail(op, diag, KL_EINPUT, "index %d is outside its input", index);
        }
    }
    out.dim[axis] = weight->dim[0];
    return expect(op, 0, &out, diag);
}

/* A constant list of `count` elements of that type; count < 0 takes any, and is set. */
static enum kl_err expect_list(const struct kl_op *op, int32_t index, enum kl_dtype dtype,
                               int64_t *count, struct kl_diag *diag)
{
    const struct kl_tensor *list = op->inputs[index];
    int64_t found = kl_shape_elements(&list->shape);
    if (list->dtype != dtype || !list->data || (*count >= 0 && found != *count) || found < 1) {
        return kl_op_fail(op, diag, KL_EINPUT,
                          "input %d must be a constant list of %s, as long as those it belongs to",
                          index, kl_dtype_name(dtype));
    }
    *count = found;
    return KL_OK;
}

/* Inputs: values, then by node feature, threshold, left, right; by tree root, column; leaves
 * [count, width]; base. */
static enum kl_err rule_tree_ensemble(const struct kl_op *op, struct kl_diag *diag)
{
    int64_t nodes = -1, trees = -1, outputs = -1;
    KL_TRY(expect_rank(op, op->inputs[0], 2, "the input", diag));
    KL_TRY(expect_rank(op, op->inputs[7], 2, "the list of leaves", diag));
    KL_TRY(expect_list(op, 1, KL_S32, &nodes, diag));
    KL_TRY(expect_list(op, 2, KL_F32, &nodes, diag));
    KL_TRY(expect_list(op, 3, KL_S32, &nodes, diag));
    KL_TRY(expect_list(op, 4, KL_S32, &nodes, diag));
    KL_TRY(expect_list(op, 5, KL_S32, &trees, diag));
    KL_TRY(expect_list(op, 6, KL_S32, &trees, diag));
    KL_TRY(expect_list(op, 8, KL_F32, &outputs, diag));
    struct kl_shape out = {2, {op->inputs[0]->shape.dim[0], (int32_t)outputs}};
    return expect(op, 0, &out, diag);
}

/* Inputs: vectors [n, c], centres [count, c], weights [count, c], bias [count]. */
static enum kl_err rule_squared_distance(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    const struct kl_shape *centres = &op->inputs[1]->shape;
    KL_TRY(expect_rank(op, op->inputs[0], 2, "the input", diag));
    KL_TRY(expect_rank(op, op->inputs[1], 2, "the list of centres", diag));
    bool weighted = op->input_count == 4;
    if (op->input_count == 3 || centres->dim[1] != in->dim[1] ||
        (weighted && (!kl_shape_equal(&op->inputs[2]->shape, centres) ||
                      kl_shape_elements(&op->inputs[3]->shape) != centres->dim[0]))) {
        return kl_op_fail(op, diag, KL_EINPUT,
                          "vectors, centres, weights and bias do not suit each other");
    }
    struct kl_shape out = {2, {in->dim[0], centres->dim[0]}};
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_nearest_vote(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_attr_nearest_vote *a = &op->attr.nearest_vote;
    KL_TRY(expect_rank(op, op->inputs[0], 2, "the input", diag));
    int64_t count = op->inputs[0]->shape.dim[1];
    KL_TRY(expect_list(op, 1, KL_S32, &count, diag));
    if (a->k < 1 || a->k > count || a->classes < 1) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d neighbours of %lld, %d classes", a->k,
                          (long long)count, a->classes);
    }
    struct kl_shape out = {2, {op->inputs[0]->shape.dim[0], a->classes}};
    return expect(op, 0, &out, diag);
}

static enum kl_err expect_input(const struct kl_op *op, int32_t index, struct kl_shape expected,
                                struct kl_diag *diag)
{
    const struct kl_shape *actual = &op->inputs[index]->shape;
    if (kl_shape_equal(actual, &expected)) {
        return KL_OK;
    }
    char a[KL_SHAPE_TEXT_BYTES];
    char b[KL_SHAPE_TEXT_BYTES];
    return kl_op_fail(op, diag, KL_EINPUT, "input %d has shape %s, it must be %s", index,
                      kl_shape_text(actual, a), kl_shape_text(&expected, b));
}

static enum kl_err rule_svdf(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(expect_rank(op, op->inputs[0], 2, "the input", diag));
    KL_TRY(expect_rank(op, op->inputs[1], 2, "the weights of features", diag));
    KL_TRY(expect_rank(op, op->inputs[2], 2, "the weights of time", diag));
    const int32_t *in = op->inputs[0]->shape.dim;
    int32_t filters = op->inputs[1]->shape.dim[0];
    int32_t memory = op->inputs[2]->shape.dim[1];
    int32_t rank = op->attr.svdf.rank;
    if (rank < 1 || filters % rank != 0) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d filters of rank %d make no whole units", filters,
                          rank);
    }
    if ((int64_t)memory * filters > INT32_MAX) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d filters with a memory of %d", filters, memory);
    }
    KL_TRY(expect_input(op, 1, (struct kl_shape){2, {filters, in[1]}}, diag));
    KL_TRY(expect_input(op, 2, (struct kl_shape){2, {filters, memory}}, diag));
    KL_TRY(expect_input(op, 3, (struct kl_shape){1, {filters / rank}}, diag));
    KL_TRY(expect_input(op, 4, (struct kl_shape){2, {in[0], memory * filters}}, diag));
    return expect(op, 0, &(struct kl_shape){2, {in[0], filters / rank}}, diag);
}

/* What an LSTM's inputs are, by index; those in between are variants that are not supported. */
static enum kl_err rule_lstm(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(expect_rank(op, op->inputs[0], 3, "the input", diag));
    KL_TRY(expect_rank(op, op->inputs[KL_LSTM_INPUT_WEIGHTS], 2, "the weights", diag));
    const int32_t *in = op->inputs[0]->shape.dim;
    int32_t cells = op->inputs[KL_LSTM_INPUT_WEIGHTS]->shape.dim[0];
    int64_t batch = in[op->attr.lstm.time_major ? 1 : 0];
    for (int32_t gate = 0; gate < KL_LSTM_GATES; gate++) {
        KL_TRY(expect_input(op, KL_LSTM_INPUT_WEIGHTS + gate, (struct kl_shape){2, {cells, in[2]}},
                            diag));
        KL_TRY(expect_input(op, KL_LSTM_RECURRENT_WEIGHTS + gate,
                            (struct kl_shape){2, {cells, cells}}, diag));
        KL_TRY(expect_input(op, KL_LSTM_BIAS + gate, (struct kl_shape){1, {cells}}, diag));
    }
    if (kl_shape_elements(&op->inputs[KL_LSTM_HIDDEN]->shape) != batch * cells ||
        kl_shape_elements(&op->inputs[KL_LSTM_CELL]->shape) != batch * cells) {
        return kl_op_fail(op, diag, KL_EINPUT, "its state does not suit %lld sequences of %d cells",
                          (long long)batch, cells);
    }
    return expect(op, 0, &(struct kl_shape){3, {in[0], in[1], cells}}, diag);
}

/* `shape` with its last dimension replaced. */
static struct kl_shape with_last(struct kl_shape shape, int32_t last)
{
    if (shape.rank > 0) {
        shape.dim[shape.rank - 1] = last;
    }
    return shape;
}

static enum kl_err rule_signal_rfft(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = with_last(op->inputs[0]->shape, op->attr.signal.length + 2);
    return expect(op, 0, &out, diag);
}

static enum kl_err rule_signal_energy(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    KL_TRY(expect_rank(op, op->inputs[0], 1, "the input", diag));
    struct kl_shape out = {1, {in->dim[0] / 2}};
    if (in->dim[0] % 2 != 0 || op->attr.signal.end > out.dim[0]) {
        return kl_op_fail(op, diag, KL_EINPUT, "bins %d to %d of %d values", op->attr.signal.start,
                          op->attr.signal.end, in->dim[0]);
    }
    return expect(op, 0, &out, diag);
}

/* Weights and counterweights, and three numbers for each band. */
static enum kl_err rule_signal_filter_bank(const struct kl_op *op, struct kl_diag *diag)
{
    for (int32_t i = 0; i < 6; i++) {
        KL_TRY(expect_rank(op, op->inputs[i], 1, "each input", diag));
    }
    KL_TRY(expect_rank(op, op->outputs[0], 1, "the output", diag));
    struct kl_shape bands = {1, {op->outputs[0]->shape.dim[0] + 1}};
    KL_TRY(expect_input(op, 2, op->inputs[1]->shape, diag));
    KL_TRY(expect_input(op, 3, bands, diag));
    KL_TRY(expect_input(op, 4, bands, diag));
    return expect_input(op, 5, bands, diag);
}

static enum kl_err rule_signal_noise(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(expect(op, 0, &op->inputs[0]->shape, diag));
    return expect(op, 1, &op->inputs[0]->shape, diag);
}

enum kl_err kl_op_check_shapes(const struct kl_op *op, struct kl_diag *diag)
{
    static enum kl_err (*const rules[])(const struct kl_op *, struct kl_diag *) = {
#define KL_OP(kind, name, min_in, max_in, min_out, max_out, rule, attributes, doc) \
    [KL_OP_##kind] = rule_##rule,
#include "graph/ops.def"
#undef KL_OP
    };
    return rules[op->kind](op, diag);
}
