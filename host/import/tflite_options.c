/* SPDX-License-Identifier: Apache-2.0 */
/* Options of TFLite operators, as attributes of the graph's operators. */
#include <math.h>

#include "graph/const_params.h"
#include "import/tflite_import.h"
#include "import/tflite_schema.h"

/* Longest stride, dilation and filter in elements; far above any model's. */
enum { MAX_WINDOW_STEP = 1 << 20 };

enum presence { REQUIRED, OPTIONAL };

/* The operator's options, which must be of `type`; optional ones may be absent and then read
 * as the schema's defaults. */
static enum kl_err open_options(struct tfl_import *import, struct flat_table op, uint8_t type,
                                enum presence presence, struct flat_table *options)
{
    uint8_t stored = flat_u8(&import->fb, op, TFL_OPERATOR_OPTIONS_TYPE, TFL_OPTIONS_NONE);
    *options = flat_table(&import->fb, op, TFL_OPERATOR_OPTIONS);
    KL_TRY(import->fb.err);
    if (stored == TFL_OPTIONS_NONE || !options->at) {
        *options = (struct flat_table){0};
        return presence == OPTIONAL ? KL_OK
                                    : tfl_fail(import, KL_EINPUT, "its options are missing");
    }
    if (stored != type) {
        return tfl_fail(import, KL_EINPUT, "its options are of type %u, which must be %u", stored,
                        type);
    }
    return KL_OK;
}

static enum kl_err read_activation(struct tfl_import *import, struct flat_table options,
                                   unsigned field, enum kl_activation *activation)
{
    int32_t code = flat_i8(&import->fb, options, field, TFL_ACTIVATION_NONE);
    KL_TRY(import->fb.err);
    switch (code) {
    case TFL_ACTIVATION_NONE: *activation = KL_ACT_NONE; return KL_OK;
    case TFL_ACTIVATION_RELU: *activation = KL_ACT_RELU; return KL_OK;
    case TFL_ACTIVATION_RELU_N1_TO_1: *activation = KL_ACT_RELU_N1_TO_1; return KL_OK;
    case TFL_ACTIVATION_RELU6: *activation = KL_ACT_RELU6; return KL_OK;
    case TFL_ACTIVATION_TANH:
    case TFL_ACTIVATION_SIGN_BIT:
        return tfl_unsupported(
            import, "the fused activation %s is not supported; make it an operator of its own",
            code == TFL_ACTIVATION_TANH ? "TANH" : "SIGN_BIT");
    default: return tfl_fail(import, KL_EINPUT, "unknown fused activation %d", code);
    }
}

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

static enum kl_err read_conv(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_CONV_2D, REQUIRED, &t));
    KL_TRY(check_filter_rank(import, op));
    struct kl_attr_window *w = &op->attr.window;
    w->stride_h = flat_i32(fb, t, TFL_CONV_STRIDE_H, 0);
    w->stride_w = flat_i32(fb, t, TFL_CONV_STRIDE_W, 0);
    w->dilation_h = flat_i32(fb, t, TFL_CONV_DILATION_H, 1);
    w->dilation_w = flat_i32(fb, t, TFL_CONV_DILATION_W, 1);
    int32_t padding = flat_i8(fb, t, TFL_CONV_PADDING, TFL_PADDING_SAME);
    KL_TRY(read_activation(import, t, TFL_CONV_ACTIVATION, &w->activation));
    const struct kl_shape *filter = &op->inputs[1]->shape;
    return finish_window(import, padding, &op->inputs[0]->shape, filter->dim[1], filter->dim[2], w);
}

/* Output channels per input channel. The shapes decide, as in TFLite; a stored multiplier that
 * says something else makes the file inconsistent. */
static enum kl_err read_multiplier(struct tfl_import *import, int32_t stored, struct kl_op *op)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    int32_t in_c = in->rank == 4 ? in->dim[3] : 1;
    int32_t out_c = op->inputs[1]->shape.dim[3];
    if (out_c % in_c != 0 || (stored != 0 && stored != out_c / in_c)) {
        return tfl_fail(import, KL_EINPUT,
                        "%d input channels and %d filters do not suit the depth multiplier %d",
                        in_c, out_c, stored);
    }
    op->attr.window.depth_multiplier = out_c / in_c;
    return KL_OK;
}

static enum kl_err read_depthwise(struct tfl_import *import, struct flat_table table,
                                  struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_DEPTHWISE_CONV_2D, REQUIRED, &t));
    KL_TRY(check_filter_rank(import, op));
    struct kl_attr_window *w = &op->attr.window;
    w->stride_h = flat_i32(fb, t, TFL_DEPTHWISE_STRIDE_H, 0);
    w->stride_w = flat_i32(fb, t, TFL_DEPTHWISE_STRIDE_W, 0);
    w->dilation_h = flat_i32(fb, t, TFL_DEPTHWISE_DILATION_H, 1);
    w->dilation_w = flat_i32(fb, t, TFL_DEPTHWISE_DILATION_W, 1);
    int32_t padding = flat_i8(fb, t, TFL_DEPTHWISE_PADDING, TFL_PADDING_SAME);
    int32_t multiplier = flat_i32(fb, t, TFL_DEPTHWISE_MULTIPLIER, 0);
    KL_TRY(read_activation(import, t, TFL_DEPTHWISE_ACTIVATION, &w->activation));
    const struct kl_shape *filter = &op->inputs[1]->shape;
    KL_TRY(
        finish_window(import, padding, &op->inputs[0]->shape, filter->dim[1], filter->dim[2], w));
    return read_multiplier(import, multiplier, op);
}

/* The padding is that of the convolution from the output's size back to the input's. */
static enum kl_err read_transpose_conv(struct tfl_import *import, struct flat_table table,
                                       struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_TRANSPOSE_CONV, REQUIRED, &t));
    KL_TRY(check_filter_rank(import, op));
    struct kl_attr_window *w = &op->attr.window;
    w->stride_h = flat_i32(fb, t, TFL_TRANSPOSE_CONV_STRIDE_H, 0);
    w->stride_w = flat_i32(fb, t, TFL_TRANSPOSE_CONV_STRIDE_W, 0);
    w->dilation_h = w->dilation_w = 1;
    int32_t padding = flat_i8(fb, t, TFL_TRANSPOSE_CONV_PADDING, TFL_PADDING_SAME);
    KL_TRY(read_activation(import, t, TFL_TRANSPOSE_CONV_ACTIVATION, &w->activation));
    const struct kl_shape *filter = &op->inputs[1]->shape;
    return finish_window(import, padding, &op->outputs[0]->shape, filter->dim[1], filter->dim[2],
                         w);
}

static enum kl_err read_pool(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_POOL_2D, REQUIRED, &t));
    struct kl_attr_window *w = &op->attr.window;
    w->stride_h = flat_i32(fb, t, TFL_POOL_STRIDE_H, 0);
    w->stride_w = flat_i32(fb, t, TFL_POOL_STRIDE_W, 0);
    w->dilation_h = w->dilation_w = 1;
    w->filter_h = flat_i32(fb, t, TFL_POOL_FILTER_H, 0);
    w->filter_w = flat_i32(fb, t, TFL_POOL_FILTER_W, 0);
    int32_t padding = flat_i8(fb, t, TFL_POOL_PADDING, TFL_PADDING_SAME);
    KL_TRY(read_activation(import, t, TFL_POOL_ACTIVATION, &w->activation));
    return finish_window(import, padding, &op->inputs[0]->shape, w->filter_h, w->filter_w, w);
}

static enum kl_err read_fully_connected(struct tfl_import *import, struct flat_table table,
                                        struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_FULLY_CONNECTED, OPTIONAL, &t));
    if (flat_i8(&import->fb, t, TFL_FULLY_CONNECTED_WEIGHTS_FORMAT, 0) != 0) {
        KL_TRY(tfl_unsupported(import,
                               "shuffled weights are not supported; export the model with the "
                               "default weights format"));
    }
    op->attr.fully_connected.asymmetric =
        flat_bool(&import->fb, t, TFL_FULLY_CONNECTED_ASYMMETRIC, false);
    /* keep_num_dims is not read: the output's shape says it. */
    return read_activation(import, t, TFL_FULLY_CONNECTED_ACTIVATION,
                           &op->attr.fully_connected.activation);
}

static enum kl_err read_binary(struct tfl_import *import, struct flat_table table, uint8_t type,
                               struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(open_options(import, table, type, OPTIONAL, &t));
    return read_activation(import, t, TFL_BINARY_ACTIVATION, &op->attr.binary.activation);
}

static enum kl_err read_softmax(struct tfl_import *import, struct flat_table table,
                                struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_SOFTMAX, REQUIRED, &t));
    float beta = flat_f32(&import->fb, t, TFL_SOFTMAX_BETA, 0);
    KL_TRY(import->fb.err);
    if (!isfinite(beta) || beta <= 0) {
        return tfl_fail(import, KL_EINPUT, "beta is %g; it must be finite and above 0",
                        (double)beta);
    }
    op->attr.softmax.beta = beta;
    return KL_OK;
}

static enum kl_err read_leaky_relu(struct tfl_import *import, struct flat_table table,
                                   struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_LEAKY_RELU, REQUIRED, &t));
    float alpha = flat_f32(&import->fb, t, TFL_LEAKY_RELU_ALPHA, 0);
    KL_TRY(import->fb.err);
    if (!isfinite(alpha)) {
        return tfl_fail(import, KL_EINPUT, "alpha is %g; it must be finite", (double)alpha);
    }
    op->attr.leaky_relu.alpha = alpha;
    return KL_OK;
}

static enum kl_err read_reduce(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_REDUCER, OPTIONAL, &t));
    op->attr.reduce.keep_dims = flat_bool(&import->fb, t, TFL_REDUCER_KEEP_DIMS, false);
    return import->fb.err;
}

static enum kl_err read_concatenation(struct tfl_import *import, struct flat_table table,
                                      struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_CONCATENATION, REQUIRED, &t));
    op->attr.axis.axis = flat_i32(&import->fb, t, TFL_CONCATENATION_AXIS, 0);
    return read_activation(import, t, TFL_CONCATENATION_ACTIVATION, &op->attr.axis.activation);
}

/* How many tensors the options say, against how many there are. */
static enum kl_err check_count(struct tfl_import *import, int32_t stored, int32_t operands)
{
    KL_TRY(import->fb.err);
    return stored == operands
               ? KL_OK
               : tfl_fail(import, KL_EINPUT, "its options say %d tensors, but it has %d", stored,
                          operands);
}

static enum kl_err read_pack(struct tfl_import *import, struct flat_table table, uint8_t type,
                             int32_t operands, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(open_options(import, table, type, REQUIRED, &t));
    op->attr.axis.axis = flat_i32(&import->fb, t, TFL_PACK_AXIS, 0);
    return check_count(import, flat_i32(&import->fb, t, TFL_PACK_COUNT, 0), operands);
}

/* The axis of a split is an input; kl_op_split_axis reads it. */
static enum kl_err read_split(struct tfl_import *import, struct flat_table table, uint8_t type,
                              struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(open_options(import, table, type, REQUIRED, &t));
    return check_count(import, flat_i32(&import->fb, t, TFL_SPLIT_COUNT, 0), op->output_count);
}

static enum kl_err read_strided_slice(struct tfl_import *import, struct flat_table table,
                                      struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_STRIDED_SLICE, OPTIONAL, &t));
    op->attr.strided_slice = (struct kl_attr_strided_slice){
        .begin_mask = flat_u32(fb, t, TFL_SLICE_BEGIN_MASK, 0),
        .end_mask = flat_u32(fb, t, TFL_SLICE_END_MASK, 0),
        .ellipsis_mask = flat_u32(fb, t, TFL_SLICE_ELLIPSIS_MASK, 0),
        .new_axis_mask = flat_u32(fb, t, TFL_SLICE_NEW_AXIS_MASK, 0),
        .shrink_axis_mask = flat_u32(fb, t, TFL_SLICE_SHRINK_AXIS_MASK, 0),
        .offset = flat_bool(fb, t, TFL_SLICE_OFFSET, false)};
    return fb->err;
}

static enum kl_err read_resize(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_RESIZE_NEAREST_NEIGHBOR, OPTIONAL, &t));
    op->attr.resize.align_corners = flat_bool(fb, t, TFL_RESIZE_ALIGN_CORNERS, false);
    op->attr.resize.half_pixel_centers = flat_bool(fb, t, TFL_RESIZE_HALF_PIXEL_CENTERS, false);
    return fb->err;
}

static enum kl_err read_gather(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_GATHER, OPTIONAL, &t));
    op->attr.gather.axis = flat_i32(fb, t, TFL_GATHER_AXIS, 0);
    op->attr.gather.batch_dims = flat_i32(fb, t, TFL_GATHER_BATCH_DIMS, 0);
    return fb->err;
}

static enum kl_err read_svdf(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_SVDF, REQUIRED, &t));
    op->attr.svdf.rank = flat_i32(&import->fb, t, TFL_SVDF_RANK, 0);
    return read_activation(import, t, TFL_SVDF_ACTIVATION, &op->attr.svdf.activation);
}

/* Inputs of the variants that the graph cannot express. */
static enum kl_err check_lstm_inputs(struct tfl_import *import, const struct kl_op *op)
{
    for (int32_t i = 0; i < op->input_count; i++) {
        bool plain = i < KL_LSTM_RECURRENT_WEIGHTS + KL_LSTM_GATES ||
                     (i >= KL_LSTM_BIAS && i < KL_LSTM_BIAS + KL_LSTM_GATES) ||
                     i == KL_LSTM_HIDDEN || i == KL_LSTM_CELL;
        if (plain && !op->inputs[i]) {
            KL_TRY(
                tfl_unsupported(import, "input %d is omitted; coupled gates are not supported", i));
        } else if (!plain && op->inputs[i]) {
            KL_TRY(tfl_unsupported(import,
                                   "input %d is used; peepholes, projection and layer "
                                   "normalisation are not supported",
                                   i));
        }
    }
    return KL_OK;
}

static enum kl_err read_lstm(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_UNIDIRECTIONAL_SEQUENCE_LSTM, REQUIRED, &t));
    int32_t activation = flat_i8(fb, t, TFL_LSTM_ACTIVATION, TFL_ACTIVATION_NONE);
    float clip = flat_f32(fb, t, TFL_LSTM_CELL_CLIP, 0);
    bool time_major = flat_bool(fb, t, TFL_LSTM_TIME_MAJOR, false);
    KL_TRY(fb->err);
    if (!isfinite(clip) || clip < 0) {
        return tfl_fail(import, KL_EINPUT,
                        "the cell's limit is %g; it must be finite and not below 0", (double)clip);
    }
    if (activation != TFL_ACTIVATION_TANH) {
        KL_TRY(tfl_unsupported(import, "the cell's function must be TANH"));
    }
    op->attr.lstm = (struct kl_attr_lstm){.cell_clip = clip, .time_major = time_major};
    return check_lstm_inputs(import, op);
}

/* `first` and, when second is not negative, `second` hold the indices of subgraphs. */
static enum kl_err read_call(struct tfl_import *import, struct flat_table table, uint8_t type,
                             int32_t first, int32_t second, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(open_options(import, table, type, REQUIRED, &t));
    op->attr.call.subgraph[0] = flat_i32(&import->fb, t, (unsigned)first, 0);
    if (second >= 0) {
        op->attr.call.subgraph[1] = flat_i32(&import->fb, t, (unsigned)second, 0);
    }
    return import->fb.err; /* kl_graph_verify checks the indices: all subgraphs are needed */
}

static enum kl_err read_var_handle(struct tfl_import *import, struct flat_table table,
                                   struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(open_options(import, table, TFL_OPTIONS_VAR_HANDLE, REQUIRED, &t));
    return tfl_variable(import, t, &op->attr.variable.variable);
}

/* Every kind is listed, so that the compiler finds a new row of ops.def that has no case. */
enum kl_err tfl_options(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_CONV_2D: return read_conv(import, table, op);
    case KL_OP_DEPTHWISE_CONV_2D: return read_depthwise(import, table, op);
    case KL_OP_TRANSPOSE_CONV: return read_transpose_conv(import, table, op);
    case KL_OP_AVERAGE_POOL_2D:
    case KL_OP_MAX_POOL_2D: return read_pool(import, table, op);
    case KL_OP_FULLY_CONNECTED: return read_fully_connected(import, table, op);
    case KL_OP_ADD: return read_binary(import, table, TFL_OPTIONS_ADD, op);
    case KL_OP_SUB: return read_binary(import, table, TFL_OPTIONS_SUB, op);
    case KL_OP_MUL: return read_binary(import, table, TFL_OPTIONS_MUL, op);
    case KL_OP_DIV: return read_binary(import, table, TFL_OPTIONS_DIV, op);
    case KL_OP_SUM:
    case KL_OP_REDUCE_PROD:
    case KL_OP_REDUCE_MAX:
    case KL_OP_REDUCE_MIN:
    case KL_OP_MEAN: return read_reduce(import, table, op);
    case KL_OP_SOFTMAX: return read_softmax(import, table, op);
    case KL_OP_LEAKY_RELU: return read_leaky_relu(import, table, op);
    case KL_OP_STRIDED_SLICE: return read_strided_slice(import, table, op);
    case KL_OP_CONCATENATION: return read_concatenation(import, table, op);
    case KL_OP_SPLIT: return read_split(import, table, TFL_OPTIONS_SPLIT, op);
    case KL_OP_SPLIT_V: return read_split(import, table, TFL_OPTIONS_SPLIT_V, op);
    case KL_OP_PACK: return read_pack(import, table, TFL_OPTIONS_PACK, op->input_count, op);
    case KL_OP_UNPACK: return read_pack(import, table, TFL_OPTIONS_UNPACK, op->output_count, op);
    case KL_OP_RESIZE_NEAREST_NEIGHBOR: return read_resize(import, table, op);
    case KL_OP_GATHER: return read_gather(import, table, op);
    case KL_OP_ELU: op->attr.leaky_relu.alpha = 1.0f; return KL_OK;
    case KL_OP_TOPK_V2: op->attr.topk.axis = -1; return KL_OK;
    case KL_OP_GELU:
    case KL_OP_BATCH_MATMUL:
    case KL_OP_CUMSUM: return tfl_unsupported(import, "it is not read from TFLite files");
    case KL_OP_SIGNAL_WINDOW:
    case KL_OP_SIGNAL_FFT_AUTO_SCALE:
    case KL_OP_SIGNAL_RFFT:
    case KL_OP_SIGNAL_ENERGY:
    case KL_OP_SIGNAL_FILTER_BANK:
    case KL_OP_SIGNAL_FILTER_BANK_SQUARE_ROOT:
    case KL_OP_SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION:
    case KL_OP_SIGNAL_PCAN:
    case KL_OP_SIGNAL_FILTER_BANK_LOG: return tfl_custom_options(import, table, op);
    case KL_OP_SVDF: return read_svdf(import, table, op);
    case KL_OP_UNIDIRECTIONAL_SEQUENCE_LSTM: return read_lstm(import, table, op);
    case KL_OP_CALL_ONCE:
        return read_call(import, table, TFL_OPTIONS_CALL_ONCE, TFL_CALL_ONCE_SUBGRAPH, -1, op);
    case KL_OP_WHILE:
        return read_call(import, table, TFL_OPTIONS_WHILE, TFL_WHILE_CONDITION, TFL_WHILE_BODY, op);
    case KL_OP_IF: return read_call(import, table, TFL_OPTIONS_IF, TFL_IF_THEN, TFL_IF_ELSE, op);
    case KL_OP_VAR_HANDLE: return read_var_handle(import, table, op);
    case KL_OP_READ_VARIABLE:
    case KL_OP_ASSIGN_VARIABLE:
    case KL_OP_UNKNOWN:
    case KL_OP_ABS:
    case KL_OP_NEG:
    case KL_OP_CEIL:
    case KL_OP_FLOOR:
    case KL_OP_ROUND:
    case KL_OP_SIGN:
    case KL_OP_SQRT:
    case KL_OP_RSQRT:
    case KL_OP_SQUARE:
    case KL_OP_EXP:
    case KL_OP_LOG:
    case KL_OP_SIN:
    case KL_OP_COS:
    case KL_OP_ERF:
    case KL_OP_SOFTPLUS:
    case KL_OP_MAXIMUM:
    case KL_OP_MINIMUM:
    case KL_OP_POW:
    case KL_OP_FLOOR_MOD:
    case KL_OP_EQUAL:
    case KL_OP_NOT_EQUAL:
    case KL_OP_LESS:
    case KL_OP_LESS_EQUAL:
    case KL_OP_GREATER:
    case KL_OP_GREATER_EQUAL:
    case KL_OP_LOGICAL_AND:
    case KL_OP_LOGICAL_OR:
    case KL_OP_BITWISE_XOR:
    case KL_OP_LOGICAL_NOT:
    case KL_OP_SELECT_V2:
    case KL_OP_CAST:
    case KL_OP_ARG_MAX:
    case KL_OP_ARG_MIN:
    case KL_OP_GATHER_ND:
    case KL_OP_GATHER_ELEMENTS:
    case KL_OP_SCATTER_ND_UPDATE:
    case KL_OP_SCATTER_ELEMENTS:
    case KL_OP_TILE:
    case KL_OP_BROADCAST_TO:
    case KL_OP_RESAMPLE:
    case KL_OP_LOGISTIC:
    case KL_OP_TANH:
    case KL_OP_RELU:
    case KL_OP_RELU6:
    case KL_OP_PRELU:
    case KL_OP_HARD_SWISH:
    case KL_OP_QUANTIZE:
    case KL_OP_DEQUANTIZE:
    case KL_OP_PAD:
    case KL_OP_PADV2:
    case KL_OP_RESHAPE:
    case KL_OP_EXPAND_DIMS:
    case KL_OP_SQUEEZE:
    case KL_OP_TRANSPOSE:
    case KL_OP_SHAPE:
    case KL_OP_TREE_ENSEMBLE: /* the last three are not TFLite's */
    case KL_OP_SQUARED_DISTANCE:
    case KL_OP_NEAREST_VOTE:
    case KL_OP_KIND_COUNT: break;
    }
    return KL_OK; /* no options, or only what the shapes say already */
}
