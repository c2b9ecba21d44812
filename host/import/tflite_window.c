/* SPDX-License-Identifier: Apache-2.0 */
/* Options of convolutions and pools, as attributes of the graph's operators. */
#include "formats/tflite_schema.h"
#include "import/tflite_import.h"

/* Longest stride, dilation and filter in elements; far above any model's. */
enum { MAX_WINDOW_STEP = 1 << 20 };

static enum kl_err check_step(struct tfl_import *import, int32_t value, const char *what)
{
    if (value < 1 || value > MAX_WINDOW_STEP) {
        return tfl_fail(import, KL_EINPUT, "%s is %d; it must be 1 to %d", what, value,
                        MAX_WINDOW_STEP);
    }
    return KL_OK;
}

/* Padding along one dimension. SAME makes ceil(in / stride) outputs and puts the odd element
 * at the end (tensorflow/lite/kernels/padding.h). */
static enum kl_err same_padding(struct tfl_import *import, int64_t in, int64_t filter,
                                int64_t stride, int64_t dilation, int32_t *before, int32_t *after)
{
    int64_t out = (in + stride - 1) / stride;
    int64_t extent = (filter - 1) * dilation + 1;
    int64_t total = (out - 1) * stride + extent - in;
    if (extent > INT32_MAX || total > INT32_MAX) {
        return tfl_fail(import, KL_ELIMIT, "a filter of %lld taps %lld apart is too large",
                        (long long)filter, (long long)dilation);
    }
    *before = total > 0 ? (int32_t)(total / 2) : 0;
    *after = total > 0 ? (int32_t)(total - total / 2) : 0;
    return KL_OK;
}

/* Check the steps of a window over `in` (NHWC) and set its padding. */
static enum kl_err finish_window(struct tfl_import *import, int32_t padding,
                                 const struct kl_shape *in, int32_t filter_h, int32_t filter_w,
                                 struct kl_attr_window *w)
{
    KL_TRY(import->fb.err);
    KL_TRY(check_step(import, w->stride_h, "the vertical stride"));
    KL_TRY(check_step(import, w->stride_w, "the horizontal stride"));
    KL_TRY(check_step(import, w->dilation_h, "the vertical dilation"));
    KL_TRY(check_step(import, w->dilation_w, "the horizontal dilation"));
    KL_TRY(check_step(import, filter_h, "the filter's height"));
    KL_TRY(check_step(import, filter_w, "the filter's width"));
    if (in->rank != 4) {
        return tfl_fail(import, KL_EINPUT, "its input has %d dimensions, which must be 4",
                        in->rank);
    }
    if (padding == TFL_PADDING_VALID) {
        return KL_OK;
    }
    if (padding != TFL_PADDING_SAME) {
        return tfl_fail(import, KL_EINPUT, "unknown padding %d", padding);
    }
    KL_TRY(same_padding(import, in->dim[1], filter_h, w->stride_h, w->dilation_h, &w->pad_top,
                        &w->pad_bottom));
    return same_padding(import, in->dim[2], filter_w, w->stride_w, w->dilation_w, &w->pad_left,
                        &w->pad_right);
}

static enum kl_err check_filter_rank(struct tfl_import *import, const struct kl_op *op)
{
    int32_t rank = op->inputs[1]->shape.rank;
    return rank == 4
               ? KL_OK
               : tfl_fail(import, KL_EINPUT, "its filter has %d dimensions, which must be 4", rank);
}

/* Fields and padding of a window, whose options are *t; one without dilation in the file has
 * none. */
static enum kl_err read_window(struct tfl_import *import, struct flat_table table, struct kl_op *op,
                               struct flat_table *t, int32_t *padding)
{
    op->attr.window.dilation_h = 1;
    op->attr.window.dilation_w = 1;
    KL_TRY(tfl_read_fields(import, table, op, TFL_REQUIRED, t));
    *padding = flat_i8(&import->fb, *t, TFL_WINDOW_PADDING, TFL_PADDING_SAME);
    return import->fb.err;
}

/* A window with a filter, input 1, over an image of the shape `in`. */
static enum kl_err read_filtered(struct tfl_import *import, struct flat_table table,
                                 const struct kl_shape *in, struct kl_op *op, struct flat_table *t)
{
    const struct kl_shape *filter = &op->inputs[1]->shape;
    int32_t padding;
    KL_TRY(check_filter_rank(import, op));
    KL_TRY(read_window(import, table, op, t, &padding));
    return finish_window(import, padding, in, filter->dim[1], filter->dim[2], &op->attr.window);
}

enum kl_err tfl_read_conv(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    return read_filtered(import, table, &op->inputs[0]->shape, op, &t);
}

/* Output channels per input channel. The shapes decide, as in TFLite; a stored multiplier that
 * says something else makes the file inconsistent. */
static enum kl_err check_multiplier(struct tfl_import *import, int32_t stored,
                                    const struct kl_op *op)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    int32_t in_c = in->rank == 4 ? in->dim[3] : 1;
    int32_t out_c = op->inputs[1]->shape.dim[3];
    if (out_c % in_c != 0 || (stored != 0 && stored != out_c / in_c)) {
        return tfl_fail(import, KL_EINPUT,
                        "%d input channels and %d filters do not suit the depth multiplier %d",
                        in_c, out_c, stored);
    }
    return KL_OK;
}

enum kl_err tfl_read_depthwise(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(read_filtered(import, table, &op->inputs[0]->shape, op, &t));
    return check_multiplier(import, flat_i32(&import->fb, t, TFL_DEPTHWISE_MULTIPLIER, 0), op);
}

/* The padding is that of the convolution from the output's size back to the input's. */
enum kl_err tfl_read_transpose_conv(struct tfl_import *import, struct flat_table table,
                                    struct kl_op *op)
{
    struct flat_table t;
    return read_filtered(import, table, &op->outputs[0]->shape, op, &t);
}

enum kl_err tfl_read_pool(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    const struct kl_attr_window *w = &op->attr.window;
    struct flat_table t;
    int32_t padding;
    KL_TRY(read_window(import, table, op, &t, &padding));
    return finish_window(import, padding, &op->inputs[0]->shape, w->filter_h, w->filter_w,
                         &op->attr.window);
}
