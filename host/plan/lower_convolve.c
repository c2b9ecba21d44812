/* SPDX-License-Identifier: Apache-2.0 */
/* Layers with weights whose arithmetic goes over runs (nn/ref/runs.h): int16 activations, and
 * TRANSPOSE_CONV of all types. */
#include <string.h>

#include "plan/lower_window.h"

/*
 * A layer with weights, seen as a convolution: DEPTHWISE_CONV_2D has as many groups as input
 * channels, FULLY_CONNECTED a window of one pixel over one-pixel lines.
 */
struct view {
    struct kl_window win;
    int32_t groups;
    int32_t taps; /* weights of one output channel */
    int32_t axis; /* dimension of the weights with the output channels */
    enum kl_activation activation;
};

static struct view fully_connected_view(const struct kl_op *op)
{
    int32_t out_c = op->inputs[1]->shape.dim[0];
    int32_t in_c = op->inputs[1]->shape.dim[1];
    int32_t rows = (int32_t)(kl_shape_elements(&op->inputs[0]->shape) / in_c);
    return (struct view){.win = {rows, 1, in_c, rows, 1, out_c, 1, 1, 1, 1, 1, 1, 0, 0},
                         .groups = 1,
                         .taps = in_c,
                         .activation = op->attr.fully_connected.activation};
}

static struct view view_of(const struct kl_op *op)
{
    const struct kl_shape *filter = &op->inputs[1]->shape;
    bool depthwise = op->kind == KL_OP_DEPTHWISE_CONV_2D;
    if (op->kind == KL_OP_FULLY_CONNECTED) {
        return fully_connected_view(op);
    }
    struct view view = {.win = kl_lower_window(op, filter->dim[1], filter->dim[2]),
                        .activation = op->attr.window.activation};
    view.groups = depthwise ? view.win.in_c : view.win.in_c / filter->dim[3];
    view.taps = filter->dim[1] * filter->dim[2] * (depthwise ? 1 : filter->dim[3]);
    view.axis = depthwise ? 3 : 0;
    return view;
}

/* Weights in the order [out_c][taps]. Those of a depthwise layer lie interleaved. */
static enum kl_err weights_by_channel(struct kl_lowering *l, const struct view *view,
                                      const void **kept, struct kl_diag *diag)
{
    const struct kl_tensor *weights = l->op->inputs[1];
    const unsigned char *from = weights->data;
    size_t elem = kl_dtype_bytes(weights->dtype);
    size_t channels = (size_t)view->win.out_c, taps = (size_t)view->taps;
    if (view->axis == 0) {
        return kl_lower_constant(l, weights->data, weights->bytes, weights->dtype, kept, diag);
    }
    unsigned char *to = KL_LOWER_NEW(l, unsigned char, weights->bytes);
    if (!to) {
        return KL_FAIL_MEMORY(diag);
    }
    for (size_t c = 0; c < channels; c++) {
        for (size_t t = 0; t < taps; t++) {
            memcpy(to + (c * taps + t) * elem, from + (t * channels + c) * elem, elem);
        }
    }
    return kl_lower_constant(l, to, weights->bytes, weights->dtype, kept, diag);
}

/* Biases may have any integer type: 0 without one. */
static int64_t bias_at(const struct kl_tensor *bias, int32_t channel)
{
    switch (bias ? bias->dtype : KL_DTYPE_NONE) {
    case KL_S16: return ((const int16_t *)bias->data)[channel];
    case KL_S32: return ((const int32_t *)bias->data)[channel];
    case KL_S64: return ((const int64_t *)bias->data)[channel];
    default: return 0;
    }
}

static int32_t bias_place(const struct kl_op *op)
{
    return op->kind == KL_OP_TRANSPOSE_CONV ? 3 : 2;
}

static enum kl_err need_bias(const struct kl_lowering *l, bool wide, struct kl_diag *diag)
{
    const struct kl_tensor *bias = kl_op_bias(l->op);
    if (!bias) {
        return KL_OK;
    }
    bool fits = wide ? bias->dtype == KL_S64 || bias->dtype == KL_S32 || bias->dtype == KL_S16
                     : bias->dtype == KL_S32;
    return fits ? kl_lower_need_constant(l, bias_place(l->op), bias->dtype, diag)
                : kl_lower_type_error(l, diag);
}

/* The sum of products and bias stays below 2^47, the range of kl_requantize_s64. */
static const int64_t bias_limit = (int64_t)1 << 46;

static enum kl_err bias_s64(struct kl_lowering *l, const struct view *view, const int64_t **bias,
                            struct kl_diag *diag)
{
    const struct kl_tensor *given = kl_op_bias(l->op);
    int64_t *values = KL_LOWER_NEW(l, int64_t, view->win.out_c);
    const void *kept;
    if (!values) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < view->win.out_c; c++) {
        values[c] = bias_at(given, c);
        if (values[c] < -bias_limit || values[c] > bias_limit) {
            return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "channel %d: a bias beyond 46 bits", c);
        }
    }
    size_t bytes = sizeof values[0] * (size_t)view->win.out_c;
    KL_TRY(kl_lower_constant(l, values, bytes, KL_S64, &kept, diag));
    *bias = kept;
    return KL_OK;
}

/* An int32 bias for kernels that subtract the zero point themselves. */
static enum kl_err bias_s32(struct kl_lowering *l, const struct view *view, const int32_t **bias,
                            struct kl_diag *diag)
{
    const struct kl_tensor *given = kl_op_bias(l->op);
    int32_t *values = KL_LOWER_NEW(l, int32_t, view->win.out_c);
    const void *kept;
    if (!values) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < view->win.out_c; c++) {
        values[c] = (int32_t)bias_at(given, c);
    }
    size_t bytes = sizeof values[0] * (size_t)view->win.out_c;
    KL_TRY(kl_lower_constant(l, values, bytes, KL_S32, &kept, diag));
    *bias = kept;
    return KL_OK;
}

static enum kl_err keep_tables(struct kl_lowering *l, int32_t channels, const int32_t **multiplier,
                               const int8_t **shift, struct kl_diag *diag)
{
    const void *kept;
    size_t count = (size_t)channels;
    KL_TRY(kl_lower_constant(l, *multiplier, sizeof(int32_t) * count, KL_S32, &kept, diag));
    *multiplier = kept;
    KL_TRY(kl_lower_constant(l, *shift, count, KL_S8, &kept, diag));
    *shift = kept;
    return KL_OK;
}

/* Multipliers in 16 bits for 64-bit accumulators, in 32 bits for narrow ones. */
static enum kl_err requant_s16(struct kl_lowering *l, const struct view *view,
                               struct kl_requant_s16 *rq, struct kl_diag *diag)
{
    int32_t channels = view->win.out_c, *multiplier;
    int8_t *shift;
    KL_TRY(kl_lower_multipliers(l, channels, &multiplier, &shift, diag));
    for (int32_t c = 0; c < channels; c++) {
        if (shift[c] > 7) {
            return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                              "channel %d: its accumulator's scale is too far above the output's",
                              c);
        }
        if (!rq->narrow) {
            multiplier[c] = kl_multiplier_s16(multiplier[c]);
        }
    }
    rq->multiplier = multiplier;
    rq->shift = shift;
    kl_activation_range_s8(view->activation, kl_lower_quant(l->op->outputs[0]), &rq->min, &rq->max);
    return keep_tables(l, channels, &rq->multiplier, &rq->shift, diag);
}

static enum kl_err need_symmetric(const struct kl_lowering *l, const struct kl_tensor *tensor,
                                  struct kl_diag *diag)
{
    KL_TRY(kl_lower_need_quant(l, tensor, diag));
    if (tensor->quant.zero_point[0] != 0) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "int16 tensor '%.100s' has zero point %d; it must be 0", tensor->name,
                          tensor->quant.zero_point[0]);
    }
    return KL_OK;
}

static enum kl_err convolve_s16(struct kl_lowering *l, const struct view *view,
                                enum kl_kernel_id kernel, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const struct kl_tensor *bias = kl_op_bias(op);
    struct kl_conv2d_s16 *p = KL_LOWER_NEW(l, struct kl_conv2d_s16, 1);
    const void *weights;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_constant(l, 1, KL_S8, diag));
    KL_TRY(need_bias(l, true, diag));
    KL_TRY(need_symmetric(l, kl_op_image(op), diag));
    KL_TRY(need_symmetric(l, op->outputs[0], diag));
    KL_TRY(kl_lower_weight_quant(l, view->win.out_c, view->axis, diag));
    p->win = view->win;
    p->groups = view->groups;
    p->rq16.narrow = op->kind == KL_OP_CONV_2D && (!bias || bias->dtype == KL_S32);
    KL_TRY(weights_by_channel(l, view, &weights, diag));
    p->weights = weights;
    KL_TRY(bias_s64(l, view, &p->bias, diag));
    KL_TRY(requant_s16(l, view, &p->rq16, diag));
    return kl_lower_window_step(l, kernel, p, &p->win, diag);
}

/* The sum of one channel, the zero points taken off both factors, stays inside int32. */
static bool sum_fits(const struct kl_conv2d_u8 *p, int32_t channel, int32_t taps)
{
    const int8_t *weights = p->weights + (size_t)channel * (size_t)taps;
    int64_t magnitude = 0;
    for (int32_t t = 0; t < taps; t++) {
        int32_t weight = weights[t] - p->weight_zero_point;
        magnitude += weight < 0 ? -weight : weight;
    }
    int64_t bias = p->bias[channel];
    return (bias < 0 ? -bias : bias) + magnitude * UINT8_MAX <= INT32_MAX;
}

static enum kl_err quantisation_u8(struct kl_lowering *l, const struct view *view,
                                   struct kl_conv2d_u8 *p, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    for (int32_t i = 0; i < 2; i++) {
        KL_TRY(kl_lower_need_quant(l, op->inputs[i], diag));
    }
    KL_TRY(kl_lower_need_quant(l, op->outputs[0], diag));
    const struct kl_quant_s8 in = kl_lower_quant(op->inputs[0]);
    const struct kl_quant_s8 weights = kl_lower_quant(op->inputs[1]);
    const struct kl_quant_s8 out = kl_lower_quant(op->outputs[0]);
    p->in_zero_point = in.zero_point;
    p->weight_zero_point = weights.zero_point;
    p->out_zero_point = out.zero_point;
    p->scale = in.scale * weights.scale / out.scale;
    kl_activation_range_s8(view->activation, out, &p->min, &p->max);
    return KL_OK;
}

/* A layer that was uint8. */
static enum kl_err convolve_u8(struct kl_lowering *l, const struct view *view, struct kl_diag *diag)
{
    struct kl_conv2d_u8 *p = KL_LOWER_NEW(l, struct kl_conv2d_u8, 1);
    const void *weights;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_constant(l, 1, KL_S8, diag));
    KL_TRY(need_bias(l, false, diag));
    KL_TRY(quantisation_u8(l, view, p, diag));
    p->win = view->win;
    p->groups = view->groups;
    KL_TRY(weights_by_channel(l, view, &weights, diag));
    p->weights = weights;
    KL_TRY(bias_s32(l, view, &p->bias, diag));
    for (int32_t c = 0; c < view->win.out_c; c++) {
        if (!sum_fits(p, c, view->taps)) {
            return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                              "the 32-bit sum of output channel %d could overflow", c);
        }
    }
    return kl_lower_window_step(l, KL_KERNEL_CONV2D_U8, p, &p->win, diag);
}

/* Scales of the weights, one per output channel. */
static enum kl_err weight_scales(struct kl_lowering *l, const struct view *view,
                                 const float **scales, struct kl_diag *diag)
{
    const struct kl_quant *quant = &l->op->inputs[1]->quant;
    int32_t channels = view->win.out_c;
    float *values = KL_LOWER_NEW(l, float, channels);
    const void *kept;
    if (!values) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < channels; c++) {
        values[c] = quant->scale[quant->count == 1 ? 0 : c];
    }
    KL_TRY(kl_lower_constant(l, values, sizeof values[0] * (size_t)channels, KL_F32, &kept, diag));
    *scales = kept;
    return KL_OK;
}

/* A FULLY_CONNECTED's images are its vectors. Convolutions with a scale per channel quantise with a
 * zero point (kernels/conv.cc, EvalHybridPerChannel); others do when they say so. */
static void hybrid_geometry(const struct kl_op *op, const struct view *view, struct kl_hybrid *p)
{
    p->win = view->win;
    p->groups = view->groups;
    p->asymmetric = op->inputs[1]->quant.count > 1;
    if (op->kind == KL_OP_FULLY_CONNECTED) {
        p->win.in_h = p->win.out_h = 1;
        p->asymmetric = op->attr.fully_connected.asymmetric;
    }
}

/* So many products of 255 and 128 fit int32. */
enum { HYBRID_MAX_TAPS = 1 << 16 };

static enum kl_err convolve_hybrid(struct kl_lowering *l, const struct view *view,
                                   struct kl_diag *diag)
{
    struct kl_hybrid *p = KL_LOWER_NEW(l, struct kl_hybrid, 1);
    const void *weights;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_constant(l, 1, KL_S8, diag));
    KL_TRY(kl_lower_weight_quant(l, view->win.out_c, view->axis, diag));
    hybrid_geometry(l->op, view, p);
    if (view->taps > HYBRID_MAX_TAPS) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "%d weights for each output; at most %d",
                          view->taps, HYBRID_MAX_TAPS);
    }
    KL_TRY(weights_by_channel(l, view, &weights, diag));
    p->weights = weights;
    KL_TRY(weight_scales(l, view, &p->weight_scale, diag));
    KL_TRY(kl_lower_bias_f32(l, 2, view->win.out_c, &p->bias, diag));
    kl_activation_range_f32(view->activation, &p->min, &p->max);
    const struct kl_plan_step step = {.kernel = KL_KERNEL_HYBRID,
                                      .params = p,
                                      .scratch_bytes = (size_t)p->win.in_h * (size_t)p->win.in_w *
                                                       (size_t)p->win.in_c};
    return kl_lower_window_rows(l, step, &p->win, diag);
}

static bool has_types(const struct kl_op *op, enum kl_dtype activations, enum kl_dtype weights)
{
    return kl_op_image(op)->dtype == activations && op->inputs[1]->dtype == weights &&
           op->outputs[0]->dtype == activations;
}

enum kl_err kl_lower_convolve(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct view view = view_of(l->op);
    if (has_types(l->op, KL_S16, KL_S8)) {
        return convolve_s16(l, &view, KL_KERNEL_CONV2D_S16, diag);
    }
    if (has_types(l->op, KL_F32, KL_S8)) {
        return convolve_hybrid(l, &view, diag);
    }
    if (has_types(l->op, KL_S8, KL_S8)) {
        return convolve_u8(l, &view, diag);
    }
    return kl_lower_type_error(l, diag);
}

static enum kl_err transpose_s8(struct kl_lowering *l, const struct view *view,
                                struct kl_diag *diag)
{
    struct kl_conv2d_s8 *p = KL_LOWER_NEW(l, struct kl_conv2d_s8, 1);
    const void *weights;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_constant(l, 1, KL_S8, diag));
    KL_TRY(need_bias(l, false, diag));
    KL_TRY(kl_lower_requant_s8(l, view->win.out_c, 0, view->activation, &p->rq, diag));
    KL_TRY(keep_tables(l, view->win.out_c, &p->rq.multiplier, &p->rq.shift, diag));
    p->win = view->win;
    p->groups = 1;
    p->in_zero_point = kl_op_image(l->op)->quant.zero_point[0];
    KL_TRY(weights_by_channel(l, view, &weights, diag));
    p->weights = weights;
    KL_TRY(bias_s32(l, view, &p->bias, diag));
    return kl_lower_window_step(l, KL_KERNEL_TRANSPOSE_CONV_S8, p, &p->win, diag);
}

static enum kl_err transpose_f32(struct kl_lowering *l, const struct view *view,
                                 struct kl_diag *diag)
{
    struct kl_conv2d_f32 *p = KL_LOWER_NEW(l, struct kl_conv2d_f32, 1);
    const void *weights;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_constant(l, 1, KL_F32, diag));
    p->win = view->win;
    p->groups = 1;
    KL_TRY(weights_by_channel(l, view, &weights, diag));
    p->weights = weights;
    KL_TRY(kl_lower_bias_f32(l, bias_place(l->op), view->win.out_c, &p->bias, diag));
    kl_activation_range_f32(view->activation, &p->min, &p->max);
    return kl_lower_window_step(l, KL_KERNEL_TRANSPOSE_CONV_F32, p, &p->win, diag);
}

enum kl_err kl_lower_transpose_conv(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct view view = view_of(l->op);
    if (has_types(l->op, KL_F32, KL_F32)) {
        return transpose_f32(l, &view, diag);
    }
    if (has_types(l->op, KL_S16, KL_S8)) {
        return convolve_s16(l, &view, KL_KERNEL_TRANSPOSE_CONV_S16, diag);
    }
    return has_types(l->op, KL_S8, KL_S8) ? transpose_s8(l, &view, diag)
                                          : kl_lower_type_error(l, diag);
}
