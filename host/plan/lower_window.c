/* SPDX-License-Identifier: Apache-2.0 */
/* CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of int8 and float32. */
#include <string.h>

#include "plan/lower_window.h"
#include "plan/overlap.h"
#include "plan/variant.h"

/* The bias of an int8 kernel, with the input zero point folded in over all taps: then the
 * kernel multiplies inputs as they are. `step` is the distance between weights of one
 * channel, `next` the distance between channels. */
static enum kl_err fold_bias(struct kl_lowering *l, int32_t channels, int32_t taps, int32_t step,
                             int32_t next, const int32_t **bias, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const struct kl_tensor *given = op->input_count > 2 ? op->inputs[2] : NULL;
    if (given) {
        KL_TRY(kl_lower_need_constant(l, 2, KL_S32, diag));
    }
    const int8_t *weights = op->inputs[1]->data;
    int64_t zero_point = op->inputs[0]->quant.zero_point[0];
    int32_t *folded = KL_LOWER_NEW(l, int32_t, channels);
    if (!folded) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < channels; c++) {
        int64_t sum = 0;
        for (int32_t t = 0; t < taps; t++) {
            sum += weights[(int64_t)c * next + (int64_t)t * step];
        }
        int64_t value = (given ? ((const int32_t *)given->data)[c] : 0) - zero_point * sum;
        if (value < INT32_MIN || value > INT32_MAX) {
            return kl_op_fail(op, diag, KL_EUNSUPPORTED,
                              "channel %d: the bias with its zero point folded in overflows int32",
                              c);
        }
        folded[c] = (int32_t)value;
    }
    *bias = folded;
    return KL_OK;
}

enum kl_err kl_lower_bias_f32(struct kl_lowering *l, int32_t place, int32_t channels,
                              const float **bias, struct kl_diag *diag)
{
    const struct kl_tensor *given = l->op->input_count > place ? l->op->inputs[place] : NULL;
    const void *data;
    if (given) {
        KL_TRY(kl_lower_need_constant(l, place, KL_F32, diag));
        data = given->data;
    } else {
        data = KL_LOWER_NEW(l, float, channels);
        if (!data) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    const void *kept;
    KL_TRY(kl_lower_constant(l, data, sizeof(float) * (size_t)channels, KL_F32, &kept, diag));
    *bias = kept;
    return KL_OK;
}

enum kl_err kl_lower_weight_quant(const struct kl_lowering *l, int32_t channels, int32_t axis,
                                  struct kl_diag *diag)
{
    const struct kl_quant *q = &l->op->inputs[1]->quant;
    if (q->count != 1 && (q->count != channels || q->axis != axis)) {
        return kl_op_fail(l->op, diag, KL_EINPUT,
                          "weights need one scale, or one per output channel (%d on axis %d); they "
                          "have %d on axis %d",
                          channels, axis, q->count, q->axis);
    }
    for (int32_t i = 0; i < q->count; i++) {
        if (q->zero_point[i] != 0) {
            return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                              "weights have zero point %d; int8 weights must have 0",
                              q->zero_point[i]);
        }
    }
    return KL_OK;
}

enum kl_err kl_lower_multipliers(struct kl_lowering *l, int32_t channels, int32_t **multiplier,
                                 int8_t **shift, struct kl_diag *diag)
{
    *multiplier = KL_LOWER_NEW(l, int32_t, channels);
    *shift = KL_LOWER_NEW(l, int8_t, channels);
    if (!*multiplier || !*shift) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < channels; c++) {
        int32_t exponent;
        kl_op_multiplier(l->op, c, &(*multiplier)[c], &exponent);
        (*shift)[c] = (int8_t)exponent;
    }
    return KL_OK;
}

/* What the parameters of a convolution or a fully connected layer point to. */
struct pointed {
    const int8_t **weights;
    const int32_t **bias;
    struct kl_requant *rq;
    size_t weight_bytes, channels;
};

static enum kl_err keep_pointed(struct kl_lowering *l, const struct pointed *p,
                                struct kl_diag *diag)
{
    const size_t words = sizeof(int32_t) * p->channels;
    const void *kept[4];
    KL_TRY(kl_lower_constant(l, *p->weights, p->weight_bytes, KL_S8, &kept[0], diag));
    KL_TRY(kl_lower_constant(l, *p->bias, words, KL_S32, &kept[1], diag));
    KL_TRY(kl_lower_constant(l, p->rq->multiplier, words, KL_S32, &kept[2], diag));
    KL_TRY(kl_lower_constant(l, p->rq->shift, p->channels, KL_S8, &kept[3], diag));
    *p->weights = kept[0];
    *p->bias = kept[1];
    p->rq->multiplier = kept[2];
    p->rq->shift = kept[3];
    return KL_OK;
}

/* A kernel of the lowering's set for the step, or the portable one with its constants and how its
 * output may lie over its input. */
static enum kl_err choose_kernel(struct kl_lowering *l, struct kl_plan_step *step,
                                 const struct pointed *p, struct kl_plan_overlap portable,
                                 struct kl_diag *diag)
{
    bool taken;
    KL_TRY(kl_lower_variant(l, step, &taken, diag));
    if (taken) {
        return KL_OK;
    }
    step->overlap[0] = portable;
    return keep_pointed(l, p, diag);
}

enum kl_err kl_lower_requant_s8(struct kl_lowering *l, int32_t channels, int32_t axis,
                                enum kl_activation activation, struct kl_requant *rq,
                                struct kl_diag *diag)
{
    const struct kl_tensor *out = l->op->outputs[0];
    int32_t *multiplier;
    int8_t *shift;
    KL_TRY(kl_lower_need_quant(l, kl_op_image(l->op), diag));
    KL_TRY(kl_lower_need_quant(l, out, diag));
    KL_TRY(kl_lower_weight_quant(l, channels, axis, diag));
    KL_TRY(kl_lower_multipliers(l, channels, &multiplier, &shift, diag));
    rq->multiplier = multiplier;
    rq->shift = shift;
    rq->out_zero_point = out->quant.zero_point[0];
    kl_activation_range_s8(activation, kl_lower_quant(out), &rq->min, &rq->max);
    return KL_OK;
}

/* Of layers that were uint8 kl_lower_convolve takes care. */
static bool is_int8(const struct kl_op *op)
{
    return !kl_op_was_uint8(op) && op->inputs[0]->dtype == KL_S8 && op->inputs[1]->dtype == KL_S8 &&
           op->outputs[0]->dtype == KL_S8;
}

struct kl_window kl_lower_window(const struct kl_op *op, int32_t k_h, int32_t k_w)
{
    const struct kl_attr_window *a = &op->attr.window;
    const struct kl_shape *in = &kl_op_image(op)->shape;
    const struct kl_shape *out = &op->outputs[0]->shape;
    return (struct kl_window){.in_h = in->dim[1],
                              .in_w = in->dim[2],
                              .in_c = in->dim[3],
                              .out_h = out->dim[1],
                              .out_w = out->dim[2],
                              .out_c = out->dim[3],
                              .k_h = k_h,
                              .k_w = k_w,
                              .stride_h = a->stride_h,
                              .stride_w = a->stride_w,
                              .dil_h = a->dilation_h,
                              .dil_w = a->dilation_w,
                              .pad_top = a->pad_top,
                              .pad_left = a->pad_left};
}

/* Kernels compute positions in int32: the farthest that a window can reach must fit. */
static enum kl_err check_reach(const struct kl_lowering *l, const struct kl_window *w, int32_t rows,
                               struct kl_diag *diag)
{
    int64_t down = w->pad_top + (int64_t)w->k_h * w->dil_h + rows +
                   ((int64_t)w->out_h + w->in_h) * w->stride_h;
    int64_t right = w->pad_left + (int64_t)w->k_w * w->dil_w + w->in_w +
                    ((int64_t)w->out_w + w->in_w) * w->stride_w;
    if (down > INT32_MAX || right > INT32_MAX / w->in_c) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "its window reaches too far: filter %dx%d, dilation %dx%d, %d channels",
                          w->k_h, w->k_w, w->dil_h, w->dil_w, w->in_c);
    }
    return KL_OK;
}

/* The input that a step may work in place of, or -1. */
static int32_t in_place_of(const struct kl_plan_step *step)
{
    const struct kl_plan_overlap *o = &step->overlap[0];
    return o->in_place ? 0 : -1;
}

/* A step over image rows: one row is one (n, y) line. `step` has kernel, parameters and what a
 * variant sets. */
enum kl_err kl_lower_window_rows(struct kl_lowering *l, struct kl_plan_step step,
                                 const struct kl_window *window, struct kl_diag *diag)
{
    const struct kl_tensor *in = kl_op_image(l->op);
    const struct kl_tensor *out = l->op->outputs[0];
    int32_t place = in == l->op->inputs[0] ? 0 : 2;
    int32_t in_rows = (int32_t)(kl_shape_elements(&in->shape) / (window->in_w * window->in_c));
    int32_t out_rows = (int32_t)(kl_shape_elements(&out->shape) / (window->out_w * window->out_c));
    KL_TRY(check_reach(l, window, in_rows, diag));
    step.in_count = 1;
    step.macs = kl_op_macs(l->op);
    KL_TRY(kl_lower_input(l, place, (int32_t)in->bytes / in_rows, in_rows, &step.in[0], diag));
    KL_TRY(kl_lower_output(l, 0, in_place_of(&step), (int32_t)out->bytes / out_rows, out_rows,
                           &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

/* The order in which the portable kernels read; false: not pixel by pixel, or not known. */
static bool find_reading(enum kl_kernel_id kernel, const struct kl_window *window,
                         enum kl_reading *reading)
{
    switch (kernel) {
    case KL_KERNEL_AVERAGE_POOL_S8:
    case KL_KERNEL_AVERAGE_POOL_F32:
    case KL_KERNEL_MAX_POOL_S8:
    case KL_KERNEL_MAX_POOL_F32: *reading = KL_READS_CHANNEL; return true;
    case KL_KERNEL_DEPTHWISE_S8:
    case KL_KERNEL_DEPTHWISE_F32:
        *reading = window->in_c == window->out_c ? KL_READS_CHANNEL : KL_READS_ALONG;
        return true;
    case KL_KERNEL_CONV2D_S8:
    case KL_KERNEL_CONV2D_F32: *reading = KL_READS_ALONG; return true;
    default: return false;
    }
}

static struct kl_plan_overlap portable_overlap(const struct kl_lowering *l,
                                               enum kl_kernel_id kernel,
                                               const struct kl_window *window)
{
    const struct kl_tensor *in = l->op->inputs[0];
    enum kl_reading reading;
    return find_reading(kernel, window, &reading)
               ? kl_overlap_window(window, in->shape.dim[0], reading,
                                   (int32_t)kl_dtype_bytes(in->dtype))
               : KL_APART;
}

enum kl_err kl_lower_window_step(struct kl_lowering *l, enum kl_kernel_id kernel,
                                 const void *params, const struct kl_window *window,
                                 struct kl_diag *diag)
{
    const struct kl_plan_step step = {
        .kernel = kernel, .params = params, .overlap = {portable_overlap(l, kernel, window)}};
    return kl_lower_window_rows(l, step, window, diag);
}

static enum kl_err keep_weights(struct kl_lowering *l, const void **kept, struct kl_diag *diag)
{
    const struct kl_tensor *weights = l->op->inputs[1];
    KL_TRY(kl_lower_need_constant(l, 1, weights->dtype, diag));
    return kl_lower_constant(l, weights->data, weights->bytes, weights->dtype, kept, diag);
}

static enum kl_err conv_f32(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_shape *filter = &l->op->inputs[1]->shape;
    struct kl_conv2d_f32 *p = KL_LOWER_NEW(l, struct kl_conv2d_f32, 1);
    const void *weights;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(keep_weights(l, &weights, diag));
    p->win = kl_lower_window(l->op, filter->dim[1], filter->dim[2]);
    p->groups = p->win.in_c / filter->dim[3];
    p->weights = weights;
    KL_TRY(kl_lower_bias_f32(l, 2, p->win.out_c, &p->bias, diag));
    kl_activation_range_f32(l->op->attr.window.activation, &p->min, &p->max);
    return kl_lower_window_step(l, KL_KERNEL_CONV2D_F32, p, &p->win, diag);
}

static enum kl_err conv_step(struct kl_lowering *l, struct kl_conv2d_s8 *p, struct kl_diag *diag)
{
    const struct kl_window *w = &p->win;
    const size_t filter = (size_t)w->k_h * (size_t)w->k_w * (size_t)(w->in_c / p->groups);
    const struct pointed pointed = {&p->weights, &p->bias, &p->rq, filter * (size_t)w->out_c,
                                    (size_t)w->out_c};
    struct kl_plan_step step = {.kernel = KL_KERNEL_CONV2D_S8, .params = p};
    KL_TRY(choose_kernel(l, &step, &pointed, portable_overlap(l, step.kernel, w), diag));
    return kl_lower_window_rows(l, step, w, diag);
}

enum kl_err kl_lower_conv(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const struct kl_shape *filter = &op->inputs[1]->shape;
    if (kl_lower_all_of(op, KL_F32)) {
        return conv_f32(l, diag);
    }
    if (!is_int8(op)) {
        return kl_lower_convolve(l, diag);
    }
    struct kl_conv2d_s8 *p = KL_LOWER_NEW(l, struct kl_conv2d_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->win = kl_lower_window(op, filter->dim[1], filter->dim[2]);
    p->groups = p->win.in_c / filter->dim[3];
    KL_TRY(kl_lower_need_constant(l, 1, KL_S8, diag));
    KL_TRY(kl_lower_requant_s8(l, p->win.out_c, 0, op->attr.window.activation, &p->rq, diag));
    p->weights = op->inputs[1]->data;
    p->in_zero_point = op->inputs[0]->quant.zero_point[0];
    int32_t taps = filter->dim[1] * filter->dim[2] * filter->dim[3];
    KL_TRY(fold_bias(l, p->win.out_c, taps, 1, taps, &p->bias, diag));
    return conv_step(l, p, diag);
}

static enum kl_err depthwise_f32(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_shape *filter = &l->op->inputs[1]->shape;
    struct kl_depthwise_f32 *p = KL_LOWER_NEW(l, struct kl_depthwise_f32, 1);
    const void *weights;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(keep_weights(l, &weights, diag));
    p->win = kl_lower_window(l->op, filter->dim[1], filter->dim[2]);
    p->multiplier = p->win.out_c / p->win.in_c;
    p->weights = weights;
    KL_TRY(kl_lower_bias_f32(l, 2, p->win.out_c, &p->bias, diag));
    kl_activation_range_f32(l->op->attr.window.activation, &p->min, &p->max);
    return kl_lower_window_step(l, KL_KERNEL_DEPTHWISE_F32, p, &p->win, diag);
}

/*
 * With one input channel a depthwise convolution is a convolution whose filters lie
 * interleaved: untangled, the faster kernel computes the same sums in the same order.
 */
static enum kl_err untangle(struct kl_lowering *l, const struct kl_depthwise_s8 *d,
                            struct kl_diag *diag)
{
    int32_t channels = d->win.out_c;
    int32_t taps = d->win.k_h * d->win.k_w;
    struct kl_conv2d_s8 *p = KL_LOWER_NEW(l, struct kl_conv2d_s8, 1);
    int8_t *weights = KL_LOWER_NEW(l, int8_t, (int64_t)channels * taps);
    if (!p || !weights) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < channels; c++) {
        for (int32_t t = 0; t < taps; t++) {
            weights[(int64_t)c * taps + t] = d->weights[(int64_t)t * channels + c];
        }
    }
    *p = (struct kl_conv2d_s8){.win = d->win,
                               .groups = 1,
                               .in_zero_point = d->in_zero_point,
                               .weights = weights,
                               .bias = d->bias,
                               .rq = d->rq};
    return conv_step(l, p, diag);
}

static enum kl_err depthwise_step(struct kl_lowering *l, struct kl_depthwise_s8 *p,
                                  struct kl_diag *diag)
{
    const struct kl_window *w = &p->win;
    const size_t taps = (size_t)w->k_h * (size_t)w->k_w;
    const struct pointed pointed = {&p->weights, &p->bias, &p->rq, taps * (size_t)w->out_c,
                                    (size_t)w->out_c};
    struct kl_plan_step step = {.kernel = KL_KERNEL_DEPTHWISE_S8, .params = p};
    KL_TRY(choose_kernel(l, &step, &pointed, portable_overlap(l, step.kernel, w), diag));
    return kl_lower_window_rows(l, step, w, diag);
}

enum kl_err kl_lower_depthwise(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const struct kl_shape *filter = &op->inputs[1]->shape;
    if (kl_lower_all_of(op, KL_F32)) {
        return depthwise_f32(l, diag);
    }
    if (!is_int8(op)) {
        return kl_lower_convolve(l, diag);
    }
    struct kl_depthwise_s8 *p = KL_LOWER_NEW(l, struct kl_depthwise_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->win = kl_lower_window(op, filter->dim[1], filter->dim[2]);
    p->multiplier = p->win.out_c / p->win.in_c;
    KL_TRY(kl_lower_need_constant(l, 1, KL_S8, diag));
    KL_TRY(kl_lower_requant_s8(l, p->win.out_c, 3, op->attr.window.activation, &p->rq, diag));
    p->in_zero_point = op->inputs[0]->quant.zero_point[0];
    KL_TRY(fold_bias(l, p->win.out_c, filter->dim[1] * filter->dim[2], p->win.out_c, 1, &p->bias,
                     diag));
    p->weights = op->inputs[1]->data;
    if (p->win.in_c == 1 && p->multiplier > 1) {
        return untangle(l, p, diag);
    }
    return depthwise_step(l, p, diag);
}

static int32_t vectors(const struct kl_op *op)
{
    return (int32_t)(kl_shape_elements(&op->inputs[0]->shape) / op->inputs[1]->shape.dim[1]);
}

static struct kl_plan_overlap rows_overlap(const struct kl_lowering *l)
{
    int32_t rows = vectors(l->op);
    return kl_overlap_rows((int32_t)l->op->inputs[0]->bytes / rows,
                           (int32_t)l->op->outputs[0]->bytes / rows, rows);
}

/* A step over vectors: one row is one input vector. */
static enum kl_err matrix_step(struct kl_lowering *l, struct kl_plan_step step,
                               struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *out = l->op->outputs[0];
    int32_t rows = vectors(l->op);
    step.in_count = 1;
    step.macs = kl_op_macs(l->op);
    KL_TRY(kl_lower_input(l, 0, (int32_t)in->bytes / rows, rows, &step.in[0], diag));
    KL_TRY(kl_lower_output(l, 0, in_place_of(&step), (int32_t)out->bytes / rows, rows, &step.out[0],
                           diag));
    return kl_lower_step(l, step, diag);
}

static enum kl_err fully_connected_f32(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_shape *shape = &l->op->inputs[1]->shape;
    struct kl_fully_connected_f32 *p = KL_LOWER_NEW(l, struct kl_fully_connected_f32, 1);
    const void *weights;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(keep_weights(l, &weights, diag));
    p->in_c = shape->dim[1];
    p->out_c = shape->dim[0];
    p->weights = weights;
    KL_TRY(kl_lower_bias_f32(l, 2, p->out_c, &p->bias, diag));
    kl_activation_range_f32(l->op->attr.fully_connected.activation, &p->min, &p->max);
    const struct kl_plan_step step = {
        .kernel = KL_KERNEL_FULLY_CONNECTED_F32, .params = p, .overlap = {rows_overlap(l)}};
    return matrix_step(l, step, diag);
}

enum kl_err kl_lower_fully_connected(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    if (kl_lower_all_of(op, KL_F32)) {
        return fully_connected_f32(l, diag);
    }
    if (!is_int8(op)) {
        return kl_lower_convolve(l, diag);
    }
    struct kl_fully_connected_s8 *p = KL_LOWER_NEW(l, struct kl_fully_connected_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->out_c = op->inputs[1]->shape.dim[0];
    p->in_c = op->inputs[1]->shape.dim[1];
    KL_TRY(kl_lower_need_constant(l, 1, KL_S8, diag));
    KL_TRY(kl_lower_requant_s8(l, p->out_c, 0, op->attr.fully_connected.activation, &p->rq, diag));
    p->weights = op->inputs[1]->data;
    KL_TRY(fold_bias(l, p->out_c, p->in_c, 1, p->in_c, &p->bias, diag));
    const struct pointed pointed = {&p->weights, &p->bias, &p->rq,
                                    (size_t)p->out_c * (size_t)p->in_c, (size_t)p->out_c};
    struct kl_plan_step step = {.kernel = KL_KERNEL_FULLY_CONNECTED_S8, .params = p};
    KL_TRY(choose_kernel(l, &step, &pointed, rows_overlap(l), diag));
    return matrix_step(l, step, diag);
}
