/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions and pools: sliding windows over one, two or three spatial dimensions. */
#include <string.h>

#include "import/onnx_handlers.h"

enum { MAX_SPATIAL = 3 };

/* Geometry of a window over the spatial dimensions of the input. */
struct window {
    int32_t rank; /* spatial dimensions */
    int64_t filter[MAX_SPATIAL], stride[MAX_SPATIAL], dilation[MAX_SPATIAL];
    int64_t before[MAX_SPATIAL], after[MAX_SPATIAL];
    int64_t in[MAX_SPATIAL], out[MAX_SPATIAL];
};

static const int32_t nhwc[KL_MAX_RANK] = {0, 2, 3, 1, 4, 5};

static enum kl_err fill(struct onnx_node *node, const char *name, int32_t rank, int64_t otherwise,
                        int64_t *values)
{
    int32_t count;
    KL_TRY(onnx_ints(node, name, values, rank, &count));
    for (int32_t i = 0; i < rank; i++) {
        values[i] = count < 0 ? otherwise : values[i];
        if ((count >= 0 && count != rank) || values[i] < 1 || values[i] > 1 << 20) {
            return onnx_fail(node, KL_EINPUT, "attribute '%s'", name);
        }
    }
    return KL_OK;
}

/* auto_pad SAME: as many outputs as ceil(in / stride); the odd element at the end or begin. */
static void same_padding(struct window *w, bool upper)
{
    for (int32_t i = 0; i < w->rank; i++) {
        int64_t extent = (w->filter[i] - 1) * w->dilation[i] + 1;
        int64_t out = (w->in[i] + w->stride[i] - 1) / w->stride[i];
        int64_t total = (out - 1) * w->stride[i] + extent - w->in[i];
        total = total < 0 ? 0 : total;
        w->before[i] = upper ? total / 2 : total - total / 2;
        w->after[i] = total - w->before[i];
    }
}

static enum kl_err read_padding(struct onnx_node *node, struct window *w)
{
    int64_t pads[2 * MAX_SPATIAL] = {0};
    int32_t count;
    KL_TRY(onnx_ints(node, "pads", pads, 2 * w->rank, &count));
    if (onnx_is_text(node, "auto_pad", "SAME_UPPER", false) ||
        onnx_is_text(node, "auto_pad", "SAME_LOWER", false)) {
        same_padding(w, onnx_is_text(node, "auto_pad", "SAME_UPPER", false));
        return KL_OK;
    }
    for (int32_t i = 0; i < w->rank; i++) {
        w->before[i] = count < 0 ? 0 : pads[i];
        w->after[i] = count < 0 ? 0 : pads[i + w->rank];
        if ((count >= 0 && count != 2 * w->rank) || w->before[i] < 0 || w->after[i] < 0 ||
            w->before[i] > INT16_MAX || w->after[i] > INT16_MAX) {
            return onnx_refuse(node, "negative or wrong paddings");
        }
    }
    return KL_OK;
}

/* With ceil_mode a last window may reach beyond the padding, but not begin there. */
static enum kl_err count_outputs(struct onnx_node *node, struct window *w)
{
    bool ceil_mode = onnx_int(node, "ceil_mode", 0) != 0;
    for (int32_t i = 0; i < w->rank; i++) {
        int64_t extent = (w->filter[i] - 1) * w->dilation[i] + 1;
        int64_t room = w->in[i] + w->before[i] + w->after[i] - extent;
        if (room < 0) {
            return onnx_refuse(node, "a window larger than its input");
        }
        w->out[i] = (room + (ceil_mode ? w->stride[i] - 1 : 0)) / w->stride[i] + 1;
        if (ceil_mode && (w->out[i] - 1) * w->stride[i] >= w->in[i] + w->before[i]) {
            w->out[i]--;
        }
        int64_t after = (w->out[i] - 1) * w->stride[i] + extent - w->in[i] - w->before[i];
        w->after[i] = after < 0 ? 0 : after;
    }
    return KL_OK;
}

/* `kernel`: the filter's spatial shape, or NULL to read kernel_shape. */
static enum kl_err read_window(struct onnx_node *node, const int32_t *kernel, struct window *w)
{
    struct kl_shape in = onnx_shape(&node->in[0]);
    *w = (struct window){.rank = in.rank - 2};
    if (w->rank < 1 || w->rank > MAX_SPATIAL) {
        return onnx_refuse(node, "an input of %d dimensions", in.rank);
    }
    KL_TRY(fill(node, "kernel_shape", w->rank, 1, w->filter));
    for (int32_t i = 0; i < w->rank; i++) {
        w->in[i] = in.dim[i + 2];
        w->filter[i] = kernel ? kernel[i] : w->filter[i];
    }
    KL_TRY(fill(node, "strides", w->rank, 1, w->stride));
    KL_TRY(fill(node, "dilations", w->rank, 1, w->dilation));
    KL_TRY(read_padding(node, w));
    return count_outputs(node, w);
}

/* The last two spatial dimensions as the graph's window; with one, the height is 1. */
static struct kl_attr_window attr_of(const struct window *w)
{
    int32_t y = w->rank - 2, x = w->rank - 1;
    struct kl_attr_window attr = {.stride_h = 1,
                                  .dilation_h = 1,
                                  .filter_h = 1,
                                  .stride_w = (int32_t)w->stride[x],
                                  .dilation_w = (int32_t)w->dilation[x],
                                  .filter_w = (int32_t)w->filter[x],
                                  .pad_left = (int32_t)w->before[x],
                                  .pad_right = (int32_t)w->after[x]};
    if (y >= 0) {
        attr.stride_h = (int32_t)w->stride[y];
        attr.dilation_h = (int32_t)w->dilation[y];
        attr.filter_h = (int32_t)w->filter[y];
        attr.pad_top = (int32_t)w->before[y];
        attr.pad_bottom = (int32_t)w->after[y];
    }
    return attr;
}

/* [N,C,W] as [N,C,1,W]. */
static enum kl_err as_image(struct onnx_node *node, struct onnx_value *x)
{
    return onnx_rank(x) == 3 ? onnx_insert_dim(node->import, *x, 2, x) : KL_OK;
}

static enum kl_err from_image(struct onnx_node *node, int32_t rank, struct onnx_value *y)
{
    return rank == 1 ? onnx_remove_dim(node->import, *y, 2, y) : KL_OK;
}

static struct kl_shape image_shape(const struct window *w, int32_t batch, int32_t channels)
{
    int32_t height = w->rank > 1 ? (int32_t)w->out[w->rank - 2] : 1;
    return (struct kl_shape){4, {batch, height, (int32_t)w->out[w->rank - 1], channels}};
}

/* A window operator on an image in NHWC; `filter` and `bias` may be NULL. */
static enum kl_err window_op(struct onnx_node *node, enum kl_op_kind kind, struct onnx_value x,
                             struct kl_tensor *filter, struct kl_tensor *bias,
                             const struct window *w, int32_t channels, struct onnx_value *y)
{
    struct kl_tensor *inputs[3] = {NULL, filter, bias};
    KL_TRY(onnx_stored(node->import, x, nhwc, &inputs[0]));
    struct kl_shape shape = image_shape(w, inputs[0]->shape.dim[0], channels);
    struct kl_op *op = onnx_new_op(node->import, kind,
                                   bias     ? 3
                                   : filter ? 2
                                            : 1,
                                   inputs, x.tensor->dtype, &shape);
    if (!op) {
        return onnx_no_memory(node->import);
    }
    op->attr.window = attr_of(w);
    *y = onnx_ordered(op->outputs[0], nhwc);
    return onnx_finish(node->import, op);
}

/* One image convolution: weights [M,C/groups,kh,kw]. */
static enum kl_err convolve(struct onnx_node *node, struct onnx_value x, struct onnx_value weights,
                            struct kl_tensor *bias, const struct window *w, int32_t groups,
                            struct onnx_value *y)
{
    static const int32_t depthwise_order[KL_MAX_RANK] = {1, 2, 3, 0, 4, 5};
    struct kl_shape shape = onnx_shape(&weights);
    bool depthwise = groups > 1 && shape.dim[1] == 1;
    struct kl_tensor *filter;
    KL_TRY(onnx_stored(node->import, weights, depthwise ? depthwise_order : nhwc, &filter));
    return window_op(node, depthwise ? KL_OP_DEPTHWISE_CONV_2D : KL_OP_CONV_2D, x, filter, bias, w,
                     shape.dim[0], y);
}

/* Depth as batch: [N,C,D,H,W] -> [N*D,C,H,W], for one image operator on all slices. */
static enum kl_err slices_as_batch(struct onnx_node *node, struct onnx_value x,
                                   struct onnx_value *y)
{
    static const int32_t ndhwc[KL_MAX_RANK] = {0, 2, 3, 4, 1, 5};
    struct kl_tensor *tensor;
    KL_TRY(onnx_stored(node->import, x, ndhwc, &tensor));
    struct kl_shape s = tensor->shape;
    struct kl_shape flat = {4, {s.dim[0] * s.dim[1], s.dim[2], s.dim[3], s.dim[4]}};
    struct onnx_value images;
    KL_TRY(onnx_reshape(node->import, onnx_value_of(tensor), &flat, &images));
    KL_TRY(onnx_plain(node->import, images, &tensor));
    *y = onnx_ordered(tensor, nhwc);
    return KL_OK;
}

/* Back: [N*D,C,H,W] -> [N,C,D,H,W]. */
static enum kl_err batch_as_slices(struct onnx_node *node, struct onnx_value x, int32_t batch,
                                   struct onnx_value *y)
{
    static const int32_t ndhwc[KL_MAX_RANK] = {0, 2, 3, 4, 1, 5};
    struct kl_tensor *tensor;
    KL_TRY(onnx_stored(node->import, x, nhwc, &tensor));
    struct kl_shape s = tensor->shape;
    struct kl_shape deep = {5, {batch, s.dim[0] / batch, s.dim[1], s.dim[2], s.dim[3]}};
    struct onnx_value made;
    KL_TRY(onnx_reshape(node->import, onnx_value_of(tensor), &deep, &made));
    KL_TRY(onnx_plain(node->import, made, &tensor));
    *y = onnx_ordered(tensor, ndhwc);
    return KL_OK;
}

/* One slice of the filter's depth on the slices of the input that it meets. */
static enum kl_err convolve_slice(struct onnx_node *node, struct onnx_value padded,
                                  struct kl_tensor *bias, const struct window *w, int32_t groups,
                                  int32_t tap, struct onnx_value *y)
{
    struct onnx_value slices, weights;
    int32_t batch = onnx_shape(&padded).dim[0];
    KL_TRY(onnx_slice(node->import, padded, 2, tap * (int32_t)w->dilation[0], (int32_t)w->stride[0],
                      (int32_t)w->out[0], &slices));
    KL_TRY(slices_as_batch(node, slices, &slices));
    KL_TRY(onnx_slice(node->import, node->in[1], 2, tap, 1, 1, &weights));
    KL_TRY(onnx_remove_dim(node->import, weights, 2, &weights));
    KL_TRY(convolve(node, slices, weights, bias, w, groups, y));
    return batch_as_slices(node, *y, batch, y);
}

/* Three dimensions: the sum of an image convolution for each slice of the filter. */
static enum kl_err convolve_deep(struct onnx_node *node, struct kl_tensor *bias,
                                 const struct window *w, int32_t groups)
{
    int32_t before[KL_MAX_RANK] = {0, 0, (int32_t)w->before[0]};
    int32_t after[KL_MAX_RANK] = {0, 0, (int32_t)w->after[0]};
    struct onnx_value padded, sum;
    if (w->filter[0] > ONNX_MAX_UNROLLED) {
        return onnx_refuse(node, "a filter of depth %d", (int)w->filter[0]);
    }
    KL_TRY(onnx_pad(node->import, node->in[0], before, after, 0.0, &padded));
    for (int32_t tap = 0; tap < w->filter[0]; tap++) {
        struct onnx_value part;
        KL_TRY(convolve_slice(node, padded, tap ? NULL : bias, w, groups, tap, &part));
        if (tap) {
            KL_TRY(onnx_binary(node->import, KL_OP_ADD, sum, part, KL_F32, &sum));
        } else {
            sum = part;
        }
    }
    node->out[0] = sum;
    return KL_OK;
}

enum kl_err onnx_op_conv(struct onnx_node *node)
{
    struct window w;
    struct kl_tensor *bias = NULL;
    KL_TRY(onnx_need_inputs(node, 2));
    struct kl_shape filter = onnx_shape(&node->in[1]), in = onnx_shape(&node->in[0]);
    int64_t groups = onnx_int(node, "group", 1);
    if (filter.rank != in.rank || in.rank < 3 || groups < 1 || groups > in.dim[1] ||
        in.dim[1] != filter.dim[1] * groups || filter.dim[0] % groups) {
        return onnx_fail(node, KL_EINPUT, "its weights do not suit its input");
    }
    KL_TRY(read_window(node, filter.dim + 2, &w));
    if (onnx_has_input(node, 2)) {
        KL_TRY(onnx_plain(node->import, node->in[2], &bias));
    }
    if (w.rank == 3) {
        return convolve_deep(node, bias, &w, (int32_t)groups);
    }
    struct onnx_value x = node->in[0], weights = node->in[1];
    KL_TRY(as_image(node, &x));
    KL_TRY(as_image(node, &weights));
    KL_TRY(convolve(node, x, weights, bias, &w, (int32_t)groups, &node->out[0]));
    return from_image(node, w.rank, &node->out[0]);
}

/* The deepest spatial dimension alone: [N,C,D,H,W] -> [N*1, ...] as an image D high, H*W wide. */
static enum kl_err pool_depth(struct onnx_node *node, enum kl_op_kind kind, struct onnx_value x,
                              const struct window *w, struct onnx_value *y)
{
    struct kl_shape s = onnx_shape(&x);
    struct kl_shape flat = {4, {s.dim[0], s.dim[1], s.dim[2], s.dim[3] * s.dim[4]}};
    struct kl_shape deep = {5, {s.dim[0], s.dim[1], (int32_t)w->out[0], s.dim[3], s.dim[4]}};
    struct window d = {.rank = 2,
                       .filter = {w->filter[0], 1},
                       .stride = {w->stride[0], 1},
                       .dilation = {w->dilation[0], 1},
                       .before = {w->before[0], 0},
                       .after = {w->after[0], 0},
                       .out = {w->out[0], flat.dim[3]}};
    KL_TRY(onnx_reshape(node->import, x, &flat, &x));
    KL_TRY(window_op(node, kind, x, NULL, NULL, &d, s.dim[1], &x));
    return onnx_reshape(node->import, x, &deep, y);
}

/* Pools are separable: means of means of equally many, and maxima of maxima. */
static enum kl_err pool_deep(struct onnx_node *node, enum kl_op_kind kind, struct onnx_value x,
                             const struct window *w)
{
    int32_t batch = onnx_shape(&x).dim[0], channels = onnx_shape(&x).dim[1];
    struct onnx_value y;
    KL_TRY(slices_as_batch(node, x, &y));
    KL_TRY(window_op(node, kind, y, NULL, NULL, w, channels, &y));
    KL_TRY(batch_as_slices(node, y, batch, &y));
    return pool_depth(node, kind, y, w, &node->out[0]);
}

static enum kl_err pool(struct onnx_node *node, enum kl_op_kind kind, struct onnx_value x,
                        const struct window *w)
{
    if (x.tensor->dtype != KL_F32) { /* plain integers of a byte: floats hold them exactly */
        enum kl_dtype dtype = x.tensor->dtype;
        if (kind != KL_OP_MAX_POOL_2D || kl_dtype_bytes(dtype) != 1) {
            return onnx_refuse(node, "type %s", kl_dtype_name(dtype));
        }
        KL_TRY(onnx_cast(node->import, x, KL_F32, &x));
        KL_TRY(pool(node, kind, x, w));
        return onnx_cast(node->import, node->out[0], dtype, &node->out[0]);
    }
    if (w->rank == 3) {
        return pool_deep(node, kind, x, w);
    }
    int32_t channels = onnx_shape(&x).dim[1];
    KL_TRY(as_image(node, &x));
    KL_TRY(window_op(node, kind, x, NULL, NULL, w, channels, &node->out[0]));
    return from_image(node, w->rank, &node->out[0]);
}

enum kl_err onnx_op_max_pool(struct onnx_node *node)
{
    struct window w;
    KL_TRY(onnx_need_inputs(node, 1));
    KL_TRY(read_window(node, NULL, &w));
    if (node->output_count > 1 && *node->proto->output[1]) {
        return onnx_refuse(node, "the indices of the largest elements");
    }
    return pool(node, KL_OP_MAX_POOL_2D, node->in[0], &w);
}

/* The padding as elements of its own, so that they count. */
static enum kl_err pad_input(struct onnx_node *node, struct window *w, struct onnx_value *x)
{
    int32_t before[KL_MAX_RANK] = {0}, after[KL_MAX_RANK] = {0};
    int64_t pads[2 * MAX_SPATIAL] = {0};
    int32_t count;
    KL_TRY(onnx_ints(node, "pads", pads, 2 * w->rank, &count));
    for (int32_t i = 0; i < w->rank; i++) {
        /* What lies beyond the given padding, as ceil_mode allows, does not count. */
        int64_t given = count < 0 ? w->after[i] : pads[i + w->rank];
        int64_t counted = w->after[i] < given ? w->after[i] : given;
        before[i + 2] = (int32_t)w->before[i];
        after[i + 2] = (int32_t)counted;
        w->in[i] += w->before[i] + counted;
        w->before[i] = 0;
        w->after[i] -= counted;
    }
    return onnx_pad(node->import, node->in[0], before, after, 0.0, x);
}

enum kl_err onnx_op_average_pool(struct onnx_node *node)
{
    struct window w;
    struct onnx_value x = node->in[0];
    KL_TRY(onnx_need_inputs(node, 1));
    KL_TRY(read_window(node, NULL, &w));
    if (onnx_int(node, "count_include_pad", 0)) {
        KL_TRY(pad_input(node, &w, &x));
    }
    return pool(node, KL_OP_AVERAGE_POOL_2D, x, &w);
}

/* (sum of |x|^p)^(1/p): the sum is a depthwise convolution with ones. */
enum kl_err onnx_op_lp_pool(struct onnx_node *node)
{
    struct window w;
    struct kl_tensor *ones;
    void *data;
    int64_t p = onnx_int(node, "p", 2);
    KL_TRY(onnx_need_inputs(node, 1));
    KL_TRY(read_window(node, NULL, &w));
    if (p < 1 || p > 64 || w.rank == 3) {
        return onnx_refuse(node, "p = %lld on %d spatial dimensions", (long long)p, w.rank);
    }
    struct onnx_value x = node->in[0];
    int32_t channels = onnx_shape(&x).dim[1];
    struct kl_attr_window attr = attr_of(&w);
    struct kl_shape shape = {4, {1, attr.filter_h, attr.filter_w, channels}};
    KL_TRY(onnx_unary(node->import, p == 2 ? KL_OP_SQUARE : KL_OP_ABS, x, &x));
    if (p > 2) {
        KL_TRY(onnx_with_number(node->import, KL_OP_POW, x, (double)p, &x));
    }
    KL_TRY(onnx_constant(node->import, KL_F32, &shape, &data, &ones));
    for (int64_t i = 0; i < kl_shape_elements(&shape); i++) {
        ((float *)data)[i] = 1.0f;
    }
    KL_TRY(as_image(node, &x));
    KL_TRY(window_op(node, KL_OP_DEPTHWISE_CONV_2D, x, ones, NULL, &w, channels, &node->out[0]));
    KL_TRY(from_image(node, w.rank, &node->out[0]));
    if (p > 2) {
        return onnx_with_number(node->import, KL_OP_POW, node->out[0], 1.0 / (double)p,
                                &node->out[0]);
    }
    return p == 1 ? KL_OK : onnx_unary(node->import, KL_OP_SQRT, node->out[0], &node->out[0]);
}

static enum kl_err global_pool(struct onnx_node *node, enum kl_op_kind kind)
{
    bool reduced[KL_MAX_RANK] = {false};
    KL_TRY(onnx_need_inputs(node, 1));
    for (int32_t i = 2; i < onnx_rank(&node->in[0]); i++) {
        reduced[i] = true;
    }
    return onnx_reduce(node->import, kind, node->in[0], reduced, true, &node->out[0]);
}

enum kl_err onnx_op_global_average_pool(struct onnx_node *node)
{
    return global_pool(node, KL_OP_MEAN);
}

enum kl_err onnx_op_global_max_pool(struct onnx_node *node)
{
    return global_pool(node, KL_OP_REDUCE_MAX);
}

/* --- ConvTranspose --- */

/* Zeros between the elements of one dimension: [.., n, ..] -> [.., (n - 1) * stride + 1, ..]. */
static enum kl_err spread(struct onnx_node *node, struct onnx_value x, int32_t axis, int64_t stride,
                          struct onnx_value *y)
{
    int32_t before[KL_MAX_RANK] = {0}, after[KL_MAX_RANK] = {0};
    struct kl_shape shape = onnx_shape(&x), joined = shape;
    *y = x;
    if (stride == 1) {
        return KL_OK;
    }
    /* [n] -> [n,1] -> [n,stride] -> [n * stride], without the last zeros. */
    KL_TRY(onnx_insert_dim(node->import, x, axis + 1, y));
    after[axis + 1] = (int32_t)stride - 1;
    KL_TRY(onnx_pad(node->import, *y, before, after, 0.0, y));
    joined.dim[axis] *= (int32_t)stride;
    KL_TRY(onnx_reshape(node->import, *y, &joined, y));
    return onnx_slice(node->import, *y, axis, 0, 1, (shape.dim[axis] - 1) * (int32_t)stride + 1, y);
}

static enum kl_err transpose_padding(struct onnx_node *node, struct window *w, int64_t *extra)
{
    int64_t given[MAX_SPATIAL];
    int32_t count;
    KL_TRY(onnx_ints(node, "output_padding", extra, w->rank, &count));
    for (int32_t i = 0; i < w->rank; i++) {
        extra[i] = count == w->rank ? extra[i] : 0;
    }
    KL_TRY(onnx_ints(node, "output_shape", given, w->rank, &count));
    bool upper = onnx_is_text(node, "auto_pad", "SAME_UPPER", false);
    bool same = upper || onnx_is_text(node, "auto_pad", "SAME_LOWER", false);
    for (int32_t i = 0; i < w->rank && (count == w->rank || same); i++) {
        int64_t extent = (w->filter[i] - 1) * w->dilation[i] + 1;
        int64_t wanted = count == w->rank ? given[i] : w->in[i] * w->stride[i];
        int64_t total = w->stride[i] * (w->in[i] - 1) + extra[i] + extent - wanted;
        int64_t half = total < 0 ? -((1 - total) / 2) : total / 2; /* rounded down */
        w->before[i] = upper ? half : total - half;
        w->after[i] = total - w->before[i];
    }
    return KL_OK;
}

/* The filter from behind: its taps in reverse order. */
static enum kl_err reverse_taps(struct onnx_node *node, struct onnx_value *weights)
{
    for (int32_t d = 2; d < 4; d++) {
        int32_t size = onnx_shape(weights).dim[d];
        KL_TRY(onnx_slice(node->import, *weights, d, size - 1, -1, size, weights));
    }
    return KL_OK;
}

/* One group: [C,M,kh,kw] becomes the weights [M,C,kh,kw] of an ordinary convolution. */
static enum kl_err transpose_group(struct onnx_node *node, struct onnx_value x,
                                   struct onnx_value weights, const struct window *w,
                                   struct onnx_value *y)
{
    static const int32_t exchanged[KL_MAX_RANK] = {1, 0, 2, 3, 4, 5};
    struct kl_tensor *tensor;
    KL_TRY(reverse_taps(node, &weights));
    KL_TRY(onnx_stored(node->import, weights, exchanged, &tensor));
    return convolve(node, x, onnx_value_of(tensor), NULL, w, 1, y);
}

static enum kl_err transpose_groups(struct onnx_node *node, struct onnx_value x,
                                    struct onnx_value weights, const struct window *w,
                                    int32_t groups, struct onnx_value *y)
{
    struct onnx_value parts[ONNX_MAX_OPERANDS];
    int32_t channels = onnx_shape(&x).dim[1] / groups;
    for (int32_t g = 0; g < groups; g++) {
        struct onnx_value own_x, own_weights;
        KL_TRY(onnx_slice(node->import, x, 1, g * channels, 1, channels, &own_x));
        KL_TRY(onnx_slice(node->import, weights, 0, g * channels, 1, channels, &own_weights));
        KL_TRY(transpose_group(node, own_x, own_weights, w, &parts[g]));
    }
    return onnx_concat(node->import, groups, parts, 1, y);
}

/* The window of the ordinary convolution over the spread input; crops where padding is negative. */
static enum kl_err transpose_window(struct onnx_node *node, struct window *w, const int64_t *extra,
                                    struct onnx_value *x)
{
    for (int32_t i = 0; i < 2; i++) {
        int64_t extent = (w->filter[i] - 1) * w->dilation[i];
        int64_t spread_size = (w->in[i] - 1) * w->stride[i] + 1;
        int64_t before = extent - w->before[i], after = extent - w->after[i] + extra[i];
        int64_t crop_before = before < 0 ? -before : 0, crop_after = after < 0 ? -after : 0;
        w->before[i] = before < 0 ? 0 : before;
        w->after[i] = after < 0 ? 0 : after;
        w->out[i] = spread_size - crop_before - crop_after + w->before[i] + w->after[i] - extent;
        if (w->out[i] < 1 || spread_size - crop_before - crop_after < 1) {
            return onnx_refuse(node, "its paddings leave nothing");
        }
        KL_TRY(onnx_slice(node->import, *x, i + 2, (int32_t)crop_before, 1,
                          (int32_t)(spread_size - crop_before - crop_after), x));
        w->stride[i] = 1;
    }
    return KL_OK;
}

/* Widen a one-dimensional window to an image of height 1. */
static void widen(struct window *w, int64_t *extra)
{
    if (w->rank == 1) {
        w->filter[1] = w->filter[0], w->stride[1] = w->stride[0];
        w->dilation[1] = w->dilation[0], w->before[1] = w->before[0];
        w->after[1] = w->after[0], w->in[1] = w->in[0];
        extra[1] = extra[0];
        w->filter[0] = w->stride[0] = w->dilation[0] = w->in[0] = 1;
        w->before[0] = w->after[0] = extra[0] = 0;
        w->rank = 2;
    }
}

/*
 * A convolution with the filter from behind over the input with zeros between its elements.
 * The zeros cost time, but the sums are the same.
 */
enum kl_err onnx_op_conv_transpose(struct onnx_node *node)
{
    struct window w;
    int64_t extra[MAX_SPATIAL];
    KL_TRY(onnx_need_inputs(node, 2));
    struct kl_shape in = onnx_shape(&node->in[0]), filter = onnx_shape(&node->in[1]);
    int64_t groups = onnx_int(node, "group", 1);
    if (in.rank != filter.rank || in.rank < 3 || in.rank > 4 || in.dim[1] != filter.dim[0] ||
        groups < 1 || groups > ONNX_MAX_OPERANDS || in.dim[1] % groups) {
        return onnx_refuse(node, "%d dimensions, %lld groups", in.rank, (long long)groups);
    }
    w = (struct window){.rank = in.rank - 2};
    for (int32_t i = 0; i < w.rank; i++) {
        w.in[i] = in.dim[i + 2];
        w.filter[i] = filter.dim[i + 2];
    }
    KL_TRY(fill(node, "strides", w.rank, 1, w.stride));
    KL_TRY(fill(node, "dilations", w.rank, 1, w.dilation));
    KL_TRY(read_padding(node, &w));
    KL_TRY(transpose_padding(node, &w, extra));
    struct onnx_value x = node->in[0], weights = node->in[1];
    bool flat = w.rank == 1;
    KL_TRY(as_image(node, &x));
    KL_TRY(as_image(node, &weights));
    widen(&w, extra);
    KL_TRY(spread(node, x, 2, w.stride[0], &x));
    KL_TRY(spread(node, x, 3, w.stride[1], &x));
    KL_TRY(transpose_window(node, &w, extra, &x));
    KL_TRY(transpose_groups(node, x, weights, &w, (int32_t)groups, &node->out[0]));
    if (onnx_has_input(node, 2)) {
        struct kl_shape channels = {3,
                                    {(int32_t)kl_shape_elements(&node->in[2].tensor->shape), 1, 1}};
        struct onnx_value bias;
        KL_TRY(onnx_reshape(node->import, node->in[2], &channels, &bias));
        KL_TRY(onnx_binary(node->import, KL_OP_ADD, node->out[0], bias, KL_F32, &node->out[0]));
    }
    return from_image(node, flat ? 1 : 2, &node->out[0]);
}
