/* SPDX-License-Identifier: Apache-2.0 */
/* Constants: weights symmetric, per channel or per tensor; biases with the product of scales. */
#include <math.h>

#include "graph/build.h"
#include "graph/const_params.h"
#include "optimise/quantise_internal.h"

int32_t kl_weights_axis(const struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_TRANSPOSE_CONV:
    case KL_OP_FULLY_CONNECTED: return 0;
    case KL_OP_DEPTHWISE_CONV_2D: return 3;
    default: return -1;
    }
}

enum kl_err quantise_set(struct kl_graph *graph, struct kl_tensor *tensor, struct kl_scale scale,
                         struct kl_diag *diag)
{
    float *s = KL_NEW(graph->arena, float, 1);
    int32_t *zero_point = KL_NEW(graph->arena, int32_t, 1);
    if (!s || !zero_point) {
        return KL_FAIL_MEMORY(diag);
    }
    *s = scale.scale;
    *zero_point = scale.zero_point;
    tensor->quant = (struct kl_quant){.count = 1, .scale = s, .zero_point = zero_point};
    return KL_OK;
}

static enum kl_err add_constant(struct quantise *q, const struct kl_tensor *like,
                                enum kl_dtype dtype, void **data, struct kl_tensor **made,
                                struct kl_diag *diag)
{
    *made = kl_tensor_add(q->graph, q->subgraph, like->name, dtype, like->shape);
    *data = *made ? kl_arena_alloc(q->graph->arena, (*made)->bytes, 1) : NULL;
    if (!*data) {
        return KL_FAIL_MEMORY(diag);
    }
    (*made)->data = *data;
    return KL_OK;
}

enum kl_err quantise_constant(struct quantise *q, const struct kl_tensor *constant,
                              struct kl_scale scale, struct kl_tensor **made, struct kl_diag *diag)
{
    bool wide = q->options->wide;
    void *data;
    KL_TRY(add_constant(q, constant, wide ? KL_S16 : KL_S8, &data, made, diag));
    for (int64_t i = 0; i < kl_shape_elements(&constant->shape); i++) {
        int32_t value = kl_quantise_value(((const float *)constant->data)[i], scale, wide);
        if (wide) {
            ((int16_t *)data)[i] = (int16_t)value;
        } else {
            ((int8_t *)data)[i] = (int8_t)value;
        }
    }
    return quantise_set(q->graph, *made, scale, diag);
}

/* Weights seen by output channel: element i belongs to channel i / inner % channels. */
struct layout {
    int64_t count, inner;
    int32_t channels;
};

static struct layout layout_of(const struct kl_op *op)
{
    const struct kl_shape *shape = &op->inputs[1]->shape;
    int32_t axis = kl_weights_axis(op);
    struct layout l = {kl_shape_elements(shape), 1, shape->dim[axis]};
    for (int32_t i = axis + 1; i < shape->rank; i++) {
        l.inner *= shape->dim[i];
    }
    return l;
}

/* The largest magnitude of each channel, or of all of them in each entry. */
static void find_magnitudes(const float *w, const struct layout *l, bool per_channel, float *most)
{
    float all = 0;
    for (int32_t c = 0; c < l->channels; c++) {
        most[c] = 0;
    }
    for (int64_t i = 0; i < l->count; i++) {
        int32_t c = (int32_t)(i / l->inner % l->channels);
        most[c] = fmaxf(most[c], fabsf(w[i]));
        all = fmaxf(all, fabsf(w[i]));
    }
    for (int32_t c = 0; c < l->channels; c++) {
        /* A channel of zeros takes the scale of the largest, so that its bias stays exact. */
        most[c] = !per_channel || most[c] == 0 ? all : most[c];
    }
}

/* Below it the product with the scale of an input, which is the bias's, might be 0. */
#define LEAST_SCALE 0x1p-80f

/* The scales; large enough for biases to fit into half of int32. */
static void find_scales(const float *most, const struct layout *l, const float *bias,
                        float in_scale, bool per_channel, float *scale)
{
    float largest = 0;
    for (int32_t c = 0; c < l->channels; c++) {
        scale[c] = most[c] > 0 ? fmaxf(most[c] / INT8_MAX, LEAST_SCALE) : 1.0f / INT8_MAX;
        if (bias) {
            scale[c] = fmaxf(scale[c], fabsf(bias[c]) / in_scale / 0x1p30f);
        }
        largest = fmaxf(largest, scale[c]);
    }
    for (int32_t c = 0; c < l->channels && !per_channel; c++) {
        scale[c] = largest;
    }
}

/* Returns how many weights are beyond their scale. */
static int64_t fill_weights(const float *w, const struct layout *l, const float *scale, int8_t *to)
{
    int64_t beyond = 0;
    for (int64_t i = 0; i < l->count; i++) {
        double q = round((double)w[i] / (double)scale[i / l->inner % l->channels]);
        to[i] = (int8_t)(q < -INT8_MAX ? -INT8_MAX : q > INT8_MAX ? INT8_MAX : q);
        beyond += fabs(q) > INT8_MAX;
    }
    return beyond;
}

/* Scales that were given for the layer: one for each channel, or one for all. */
static enum kl_err take_scales(const struct kl_op *op, const struct kl_quant *given,
                               const struct layout *l, float *scale, struct kl_diag *diag)
{
    if (given->count != 1 && given->count != l->channels) {
        return kl_op_fail(op, diag, KL_EINPUT, "the scales that are given are of %d channels",
                          given->count);
    }
    for (int32_t c = 0; c < l->channels; c++) {
        scale[c] = given->scale[given->count > 1 ? c : 0];
    }
    return KL_OK;
}

static enum kl_err fill_bias(struct quantise *q, struct kl_op *op, int32_t place, float in_scale,
                             const float *scale, int32_t entries, struct kl_diag *diag)
{
    const struct kl_tensor *bias = op->inputs[place];
    int32_t count = (int32_t)kl_shape_elements(&bias->shape);
    float *scales = KL_NEW(q->graph->arena, float, (size_t)entries);
    int32_t *zero_points = KL_NEW(q->graph->arena, int32_t, (size_t)entries);
    bool wide = q->options->wide;
    const double most = wide ? 0x1p62 : 0x1p30;
    struct kl_tensor *made;
    void *data;
    if (!scales || !zero_points) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(add_constant(q, bias, wide ? KL_S64 : KL_S32, &data, &made, diag));
    for (int32_t i = 0; i < entries; i++) {
        scales[i] = in_scale * scale[i];
    }
    for (int32_t i = 0; i < count; i++) {
        double value =
            round((double)((const float *)bias->data)[i] / ((double)in_scale * (double)scale[i]));
        /* Scales that were there before may be too small for the bias. */
        q->cut_off += fabs(value) > most;
        value = fmin(fmax(value, -most), most);
        if (wide) {
            ((int64_t *)data)[i] = (int64_t)value;
        } else {
            ((int32_t *)data)[i] = (int32_t)value;
        }
    }
    made->quant =
        (struct kl_quant){.count = entries, .axis = 0, .scale = scales, .zero_point = zero_points};
    op->inputs[place] = made;
    return KL_OK;
}

static enum kl_err new_weights(struct quantise *q, struct kl_op *op, float in_scale,
                               struct kl_diag *diag)
{
    const struct layout l = layout_of(op);
    const struct kl_tensor *weights = op->inputs[1], *bias = kl_op_bias(op);
    const struct kl_quant *given = q->options->weights ? q->options->weights[op->position] : NULL;
    bool per_channel =
        given ? given->count > 1 : op->kind != KL_OP_FULLY_CONNECTED || q->options->dense_channels;
    float *scale = KL_NEW(q->graph->arena, float, (size_t)l.channels);
    float *most = KL_NEW(q->graph->arena, float, (size_t)l.channels);
    int32_t *zero_points = KL_NEW(q->graph->arena, int32_t, (size_t)l.channels);
    int32_t entries = per_channel ? l.channels : 1;
    struct kl_tensor *made;
    void *data;
    if (!scale || !most || !zero_points) {
        return KL_FAIL_MEMORY(diag);
    }
    find_magnitudes(weights->data, &l, per_channel, most);
    find_scales(most, &l, bias ? bias->data : NULL, in_scale, per_channel, scale);
    KL_TRY(given ? take_scales(op, given, &l, scale, diag) : KL_OK);
    KL_TRY(add_constant(q, weights, KL_S8, &data, &made, diag));
    q->cut_off += fill_weights(weights->data, &l, scale, data);
    made->quant = (struct kl_quant){
        .count = entries, .axis = kl_weights_axis(op), .scale = scale, .zero_point = zero_points};
    op->inputs[1] = made;
    return bias ? fill_bias(q, op, op->input_count - 1, in_scale, scale, entries, diag) : KL_OK;
}

/* Weights that are int8 already stay as they are. */
static enum kl_err keep_weights(struct quantise *q, struct kl_op *op, float in_scale,
                                struct kl_diag *diag)
{
    const struct kl_tensor *bias = kl_op_bias(op);
    const struct kl_quant *quant = &op->inputs[1]->quant;
    int32_t count = bias ? (int32_t)kl_shape_elements(&bias->shape) : 0;
    float *scale = KL_NEW(q->graph->arena, float, (size_t)count + 1);
    if (!scale) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < count; i++) {
        scale[i] = quant->scale[quant->count > 1 ? i : 0];
    }
    return bias ? fill_bias(q, op, op->input_count - 1, in_scale, scale, quant->count, diag)
                : KL_OK;
}

enum kl_err quantise_weights(struct quantise *q, struct kl_op *op, float in_scale,
                             struct kl_diag *diag)
{
    if (!quantise_is_float(op->inputs[1])) {
        return keep_weights(q, op, in_scale, diag);
    }
    return new_weights(q, op, in_scale, diag);
}
