/* SPDX-License-Identifier: Apache-2.0 */
/* SVDF and LSTM: operators with state of their own, in variable tensors. */
#include <math.h>
#include <string.h>

#include "graph/quantise_params.h"
#include "plan/lower.h"

/* Input `index` is a variable tensor of that type: rows of row_bytes in its place. */
static enum kl_err state_rows(struct kl_lowering *l, int32_t index, enum kl_dtype dtype,
                              int32_t row_bytes, int32_t count, struct kl_plan_rows *rows,
                              struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->op->inputs[index];
    if (tensor->dtype != dtype) {
        return kl_lower_type_error(l, diag);
    }
    if (!tensor->is_variable) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "its state, input %d ('%.100s'), is not a variable tensor", index,
                          tensor->name);
    }
    return kl_lower_input(l, index, row_bytes, count, rows, diag);
}

static enum kl_err need_symmetric(const struct kl_lowering *l, int32_t index, struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->op->inputs[index];
    KL_TRY(kl_lower_need_quant(l, tensor, diag));
    return tensor->quant.zero_point[0] == 0
               ? KL_OK
               : kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                            "input %d ('%.100s') must have zero point 0, it has %d", index,
                            tensor->name, tensor->quant.zero_point[0]);
}

/* Constant int8 weights, quantised with one scale and zero point 0. */
static enum kl_err need_weights(const struct kl_lowering *l, int32_t index, struct kl_diag *diag)
{
    KL_TRY(kl_lower_need_constant(l, index, KL_S8, diag));
    return need_symmetric(l, index, diag);
}

/*
 * bias - zero_point * (sum of the row) for each row of weights, which must be such that int32
 * holds the products of any inputs.
 */
static enum kl_err fold_rows(const struct kl_lowering *l, const struct kl_tensor *weights,
                             int32_t zero_point, const int32_t *bias, int32_t *folded,
                             struct kl_diag *diag)
{
    const int8_t *w = weights->data;
    int32_t columns = weights->shape.dim[1];
    for (int32_t row = 0; row < weights->shape.dim[0]; row++) {
        int64_t sum = 0;
        int64_t magnitude = 0;
        for (int32_t i = 0; i < columns; i++, w++) {
            sum += *w;
            magnitude += *w < 0 ? -*w : *w;
        }
        int64_t value = (bias ? bias[row] : 0) - zero_point * sum;
        int64_t bound = (value < 0 ? -value : value) + magnitude * -INT8_MIN;
        if (bound > INT32_MAX) {
            return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                              "the 32-bit accumulator of row %d of '%.100s' could reach %lld", row,
                              weights->name, (long long)bound);
        }
        folded[row] = (int32_t)value;
    }
    return KL_OK;
}

static enum kl_err keep(struct kl_lowering *l, const void *data, size_t bytes, enum kl_dtype dtype,
                        const void **kept, struct kl_diag *diag)
{
    return data ? kl_lower_constant(l, data, bytes, dtype, kept, diag) : KL_FAIL_MEMORY(diag);
}

/* Keep the content of constant input `index`. */
static enum kl_err keep_input(struct kl_lowering *l, int32_t index, enum kl_dtype dtype,
                              const void **kept, struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->op->inputs[index];
    KL_TRY(kl_lower_need_constant(l, index, dtype, diag));
    return keep(l, tensor->data, tensor->bytes, dtype, kept, diag);
}

/* ---- SVDF -------------------------------------------------------------------------------- */

/* Filters' inputs and outputs: in[0], out[0], and the state as out[1]. */
static enum kl_err svdf_step(struct kl_lowering *l, struct kl_plan_step step, enum kl_dtype state,
                             struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    int32_t batch = op->inputs[0]->shape.dim[0];
    step.in_count = 1;
    step.out_count = 2;
    step.macs = kl_op_macs(op);
    KL_TRY(kl_lower_input(l, 0, (int32_t)op->inputs[0]->bytes / batch, batch, &step.in[0], diag));
    KL_TRY(
        state_rows(l, 4, state, (int32_t)op->inputs[4]->bytes / batch, batch, &step.out[1], diag));
    KL_TRY(kl_lower_output(l, 0, -1, (int32_t)op->outputs[0]->bytes / batch, batch, &step.out[0],
                           diag));
    return kl_lower_step(l, step, diag);
}

static enum kl_err svdf_f32(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    struct kl_svdf_f32 *p = KL_LOWER_NEW(l, struct kl_svdf_f32, 1);
    const void *kept[3];
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < 3; i++) {
        KL_TRY(keep_input(l, i + 1, KL_F32, &kept[i], diag));
    }
    *p = (struct kl_svdf_f32){.inputs = op->inputs[1]->shape.dim[1],
                              .units = op->outputs[0]->shape.dim[1],
                              .rank = op->attr.svdf.rank,
                              .memory = op->inputs[2]->shape.dim[1],
                              .features = kept[0],
                              .time = kept[1],
                              .bias = kept[2]};
    kl_activation_range_f32(op->attr.svdf.activation, &p->min, &p->max);
    return svdf_step(l, (struct kl_plan_step){.kernel = KL_KERNEL_SVDF_F32, .params = p}, KL_F32,
                     diag);
}

/* The ratios are taken in float (micro/kernels/svdf_common.cc). The fused activation plays no part
 * there, and so none here. */
static enum kl_err svdf_quantisation(struct kl_lowering *l, struct kl_svdf_s8 *p,
                                     struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    KL_TRY(kl_lower_need_quant(l, op->inputs[0], diag));
    KL_TRY(need_weights(l, 1, diag));
    KL_TRY(need_symmetric(l, 2, diag));
    KL_TRY(kl_lower_need_quant(l, op->inputs[4], diag));
    KL_TRY(kl_lower_need_quant(l, op->outputs[0], diag));
    bool wide = op->inputs[4]->dtype == KL_S16;
    if (wide) {
        KL_TRY(need_symmetric(l, 4, diag));
    }
    p->state_min = wide ? INT16_MIN : INT8_MIN;
    p->state_max = wide ? INT16_MAX : INT8_MAX;
    p->state_zero_point = op->inputs[4]->quant.zero_point[0];
    float state_scale = op->inputs[4]->quant.scale[0];
    float to_state = op->inputs[0]->quant.scale[0] * op->inputs[1]->quant.scale[0] / state_scale;
    float to_out = state_scale * op->inputs[2]->quant.scale[0] / op->outputs[0]->quant.scale[0];
    kl_quantize_multiplier((double)to_state, &p->state_multiplier, &p->state_shift);
    kl_quantize_multiplier((double)to_out, &p->out_multiplier, &p->out_shift);
    p->out_zero_point = op->outputs[0]->quant.zero_point[0];
    return KL_OK;
}

static enum kl_err svdf_s8(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    int32_t filters = op->inputs[1]->shape.dim[0];
    bool wide = op->inputs[4]->dtype == KL_S16;
    struct kl_svdf_s8 *p = KL_LOWER_NEW(l, struct kl_svdf_s8, 1);
    int32_t *folded = KL_LOWER_NEW(l, int32_t, filters);
    const void *kept[4];
    if (!p || !folded) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(svdf_quantisation(l, p, diag));
    KL_TRY(keep_input(l, 1, KL_S8, &kept[0], diag));
    KL_TRY(keep_input(l, 2, wide ? KL_S16 : KL_S8, &kept[1], diag));
    KL_TRY(keep_input(l, 3, KL_S32, &kept[2], diag));
    KL_TRY(fold_rows(l, op->inputs[1], op->inputs[0]->quant.zero_point[0], NULL, folded, diag));
    KL_TRY(keep(l, folded, sizeof *folded * (size_t)filters, KL_S32, &kept[3], diag));
    p->inputs = op->inputs[1]->shape.dim[1];
    p->units = op->outputs[0]->shape.dim[1];
    p->rank = op->attr.svdf.rank;
    p->memory = op->inputs[2]->shape.dim[1];
    p->features = kept[0];
    p->time = kept[1];
    p->bias = kept[2];
    p->feature_bias = kept[3];
    const struct kl_plan_step step = {.kernel = wide ? KL_KERNEL_SVDF_S8_S16 : KL_KERNEL_SVDF_S8,
                                      .params = p};
    return svdf_step(l, step, wide ? KL_S16 : KL_S8, diag);
}

enum kl_err kl_lower_svdf(struct kl_lowering *l, struct kl_diag *diag)
{
    enum kl_dtype in = l->op->inputs[0]->dtype;
    if (in != l->op->outputs[0]->dtype || (in != KL_F32 && in != KL_S8)) {
        return kl_lower_type_error(l, diag);
    }
    return in == KL_F32 ? svdf_f32(l, diag) : svdf_s8(l, diag);
}

/* ---- LSTM -------------------------------------------------------------------------------- */

/* What both kernels' parameters begin with. */
struct lstm_shape {
    int32_t batches, times, batch_rows, time_rows, inputs, cells;
};

static struct lstm_shape lstm_shape(const struct kl_op *op)
{
    const int32_t *in = op->inputs[0]->shape.dim;
    bool time_major = op->attr.lstm.time_major;
    return (struct lstm_shape){.batches = in[time_major ? 1 : 0],
                               .times = in[time_major ? 0 : 1],
                               .batch_rows = time_major ? 1 : in[1],
                               .time_rows = time_major ? in[1] : 1,
                               .inputs = in[2],
                               .cells = op->outputs[0]->shape.dim[2]};
}

static enum kl_err lstm_step(struct kl_lowering *l, struct kl_plan_step step, enum kl_dtype hidden,
                             enum kl_dtype cell, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    struct lstm_shape s = lstm_shape(op);
    int32_t rows = s.batches * s.times;
    step.in_count = 1;
    step.out_count = 3;
    step.macs = kl_op_macs(op);
    KL_TRY(kl_lower_input(l, 0, (int32_t)op->inputs[0]->bytes / rows, rows, &step.in[0], diag));
    KL_TRY(state_rows(l, KL_LSTM_HIDDEN, hidden, s.cells * (int32_t)kl_dtype_bytes(hidden),
                      s.batches, &step.out[1], diag));
    KL_TRY(state_rows(l, KL_LSTM_CELL, cell, s.cells * (int32_t)kl_dtype_bytes(cell), s.batches,
                      &step.out[2], diag));
    KL_TRY(
        kl_lower_output(l, 0, -1, (int32_t)op->outputs[0]->bytes / rows, rows, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

/* The four tensors from input `first` on, one after the other. */
static enum kl_err join_gates(struct kl_lowering *l, int32_t first, enum kl_dtype dtype,
                              const void **kept, struct kl_diag *diag)
{
    size_t bytes = l->op->inputs[first]->bytes;
    unsigned char *all = KL_LOWER_NEW(l, unsigned char, KL_LSTM_GATES *bytes);
    if (!all) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t gate = 0; gate < KL_LSTM_GATES; gate++) {
        KL_TRY(kl_lower_need_constant(l, first + gate, dtype, diag));
        memcpy(all + (size_t)gate * bytes, l->op->inputs[first + gate]->data, bytes);
    }
    return kl_lower_constant(l, all, KL_LSTM_GATES * bytes, dtype, kept, diag);
}

static enum kl_err lstm_f32(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_lstm_f32 *p = KL_LOWER_NEW(l, struct kl_lstm_f32, 1);
    struct lstm_shape s = lstm_shape(l->op);
    const void *kept[3];
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(join_gates(l, KL_LSTM_INPUT_WEIGHTS, KL_F32, &kept[0], diag));
    KL_TRY(join_gates(l, KL_LSTM_RECURRENT_WEIGHTS, KL_F32, &kept[1], diag));
    KL_TRY(join_gates(l, KL_LSTM_BIAS, KL_F32, &kept[2], diag));
    *p = (struct kl_lstm_f32){.batches = s.batches,
                              .times = s.times,
                              .batch_rows = s.batch_rows,
                              .time_rows = s.time_rows,
                              .inputs = s.inputs,
                              .cells = s.cells,
                              .weights = kept[0],
                              .recurrent = kept[1],
                              .bias = kept[2],
                              .clip = l->op->attr.lstm.cell_clip};
    return lstm_step(l, (struct kl_plan_step){.kernel = KL_KERNEL_LSTM_F32, .params = p}, KL_F32,
                     KL_F32, diag);
}

static float scale_of(const struct kl_lowering *l, int32_t index)
{
    return l->op->inputs[index]->quant.scale[0];
}

/* Gates' inputs in Q3.12, their outputs in Q0.15 (micro/kernels/lstm_eval_common.cc). */
static const float gate_in_scale = 1.0f / 4096;
static const float gate_out_scale = 1.0f / 32768;

static enum kl_err lstm_gate_scales(struct kl_lowering *l, struct kl_lstm_s8 *p,
                                    struct kl_diag *diag)
{
    for (int32_t gate = 0; gate < KL_LSTM_GATES; gate++) {
        int32_t weights = KL_LSTM_INPUT_WEIGHTS + gate;
        int32_t recurrent = KL_LSTM_RECURRENT_WEIGHTS + gate;
        KL_TRY(need_weights(l, weights, diag));
        KL_TRY(need_weights(l, recurrent, diag));
        double in = kl_requant_scale(scale_of(l, 0), scale_of(l, weights), gate_in_scale, true);
        double hidden = kl_requant_scale(scale_of(l, KL_LSTM_HIDDEN), scale_of(l, recurrent),
                                         gate_in_scale, true);
        kl_quantize_multiplier(in, &p->multiplier[gate], &p->shift[gate]);
        kl_quantize_multiplier(hidden, &p->recurrent_multiplier[gate], &p->recurrent_shift[gate]);
    }
    return KL_OK;
}

/* The cell state's scale is a power of two, so that tanh needs no multiplication but by 3. */
static enum kl_err lstm_cell_scales(struct kl_lowering *l, struct kl_lstm_s8 *p,
                                    struct kl_diag *diag)
{
    float cell = scale_of(l, KL_LSTM_CELL);
    int power;
    float clip = l->op->attr.lstm.cell_clip;
    if (frexpf(cell, &power) != 0.5f || power - 1 > 0 || power - 1 < -24) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "the scale of its cell state is %g; it must be 2^-24 .. 1, a power of "
                          "two",
                          (double)cell);
    }
    power = power - 1 + 15 - 3;
    p->tanh_multiplier = power > 0 ? 3 << power : 3;
    p->tanh_right_shift = power < 0 ? -power : 0;
    p->clip = INT16_MAX + 1;
    if (clip > 0) {
        double steps = (double)clip / (double)cell;
        p->clip = steps < INT16_MAX ? (int32_t)steps : INT16_MAX;
    }
    double product = (double)gate_out_scale * (double)gate_out_scale;
    double hidden = (double)scale_of(l, KL_LSTM_HIDDEN);
    kl_quantize_multiplier((double)gate_out_scale * (double)cell / (double)cell,
                           &p->forget_multiplier, &p->forget_shift);
    kl_quantize_multiplier(product / (double)cell, &p->input_multiplier, &p->input_shift);
    kl_quantize_multiplier(product / hidden, &p->hidden_multiplier, &p->hidden_shift);
    p->hidden_zero_point = l->op->inputs[KL_LSTM_HIDDEN]->quant.zero_point[0];
    return KL_OK;
}

static enum kl_err lstm_biases(struct kl_lowering *l, struct kl_lstm_s8 *p, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    size_t cells = (size_t)p->cells;
    int32_t *bias = KL_LOWER_NEW(l, int32_t, KL_LSTM_GATES * cells);
    int32_t *recurrent = KL_LOWER_NEW(l, int32_t, KL_LSTM_GATES * cells);
    const void *kept;
    for (int32_t gate = 0; bias && recurrent && gate < KL_LSTM_GATES; gate++) {
        KL_TRY(kl_lower_need_constant(l, KL_LSTM_BIAS + gate, KL_S32, diag));
        KL_TRY(fold_rows(l, op->inputs[KL_LSTM_INPUT_WEIGHTS + gate],
                         op->inputs[0]->quant.zero_point[0], op->inputs[KL_LSTM_BIAS + gate]->data,
                         bias + (size_t)gate * cells, diag));
        KL_TRY(fold_rows(l, op->inputs[KL_LSTM_RECURRENT_WEIGHTS + gate], p->hidden_zero_point,
                         NULL, recurrent + (size_t)gate * cells, diag));
    }
    KL_TRY(keep(l, bias, KL_LSTM_GATES * cells * sizeof *bias, KL_S32, &kept, diag));
    p->bias = kept;
    KL_TRY(keep(l, recurrent, KL_LSTM_GATES * cells * sizeof *recurrent, KL_S32, &kept, diag));
    p->recurrent_bias = kept;
    return KL_OK;
}

static enum kl_err lstm_s8(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_lstm_s8 *p = KL_LOWER_NEW(l, struct kl_lstm_s8, 1);
    uint16_t *table = KL_LOWER_NEW(l, uint16_t, 256);
    struct lstm_shape s = lstm_shape(l->op);
    const void *kept;
    if (!p || !table) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct kl_lstm_s8){.batches = s.batches,
                             .times = s.times,
                             .batch_rows = s.batch_rows,
                             .time_rows = s.time_rows,
                             .inputs = s.inputs,
                             .cells = s.cells};
    KL_TRY(kl_lower_need_quant(l, l->op->inputs[0], diag));
    KL_TRY(kl_lower_need_quant(l, l->op->inputs[KL_LSTM_HIDDEN], diag));
    KL_TRY(need_symmetric(l, KL_LSTM_CELL, diag));
    KL_TRY(lstm_gate_scales(l, p, diag));
    KL_TRY(lstm_cell_scales(l, p, diag));
    KL_TRY(lstm_biases(l, p, diag));
    KL_TRY(join_gates(l, KL_LSTM_INPUT_WEIGHTS, KL_S8, &kept, diag));
    p->weights = kept;
    KL_TRY(join_gates(l, KL_LSTM_RECURRENT_WEIGHTS, KL_S8, &kept, diag));
    p->recurrent = kept;
    kl_fill_logistic_table(table);
    KL_TRY(kl_lower_constant(l, table, 256 * sizeof *table, KL_U16, &kept, diag));
    p->table = kept;
    return lstm_step(l, (struct kl_plan_step){.kernel = KL_KERNEL_LSTM_S8, .params = p}, KL_S8,
                     KL_S16, diag);
}

/* Scales of the gates' weights, then of those of the hidden state. */
static enum kl_err lstm_weight_scales(struct kl_lowering *l, const float **kept,
                                      struct kl_diag *diag)
{
    float *scale = KL_LOWER_NEW(l, float, 2 * KL_LSTM_GATES);
    const void *constant;
    if (!scale) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t gate = 0; gate < KL_LSTM_GATES; gate++) {
        const int32_t weights = KL_LSTM_INPUT_WEIGHTS + gate;
        const int32_t recurrent = KL_LSTM_RECURRENT_WEIGHTS + gate;
        KL_TRY(need_weights(l, weights, diag));
        KL_TRY(need_weights(l, recurrent, diag));
        scale[gate] = scale_of(l, weights);
        scale[KL_LSTM_GATES + gate] = scale_of(l, recurrent);
    }
    KL_TRY(kl_lower_constant(l, scale, 2 * KL_LSTM_GATES * sizeof *scale, KL_F32, &constant, diag));
    *kept = constant;
    return KL_OK;
}

static enum kl_err lstm_hybrid(struct kl_lowering *l, struct kl_diag *diag)
{
    enum { MAX_PRODUCTS = 1 << 16 }; /* of 255 and -128: they fit int32 */
    struct kl_lstm_hybrid *p = KL_LOWER_NEW(l, struct kl_lstm_hybrid, 1);
    struct lstm_shape s = lstm_shape(l->op);
    const void *kept[3];
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    if (s.inputs > MAX_PRODUCTS || s.cells > MAX_PRODUCTS) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "more than %d products in a sum",
                          MAX_PRODUCTS);
    }
    *p = (struct kl_lstm_hybrid){.batches = s.batches,
                                 .times = s.times,
                                 .batch_rows = s.batch_rows,
                                 .time_rows = s.time_rows,
                                 .inputs = s.inputs,
                                 .cells = s.cells,
                                 .asymmetric = l->op->attr.lstm.asymmetric,
                                 .clip = l->op->attr.lstm.cell_clip};
    KL_TRY(lstm_weight_scales(l, &p->weight_scale, diag));
    KL_TRY(join_gates(l, KL_LSTM_INPUT_WEIGHTS, KL_S8, &kept[0], diag));
    KL_TRY(join_gates(l, KL_LSTM_RECURRENT_WEIGHTS, KL_S8, &kept[1], diag));
    KL_TRY(join_gates(l, KL_LSTM_BIAS, KL_F32, &kept[2], diag));
    p->weights = kept[0];
    p->recurrent = kept[1];
    p->bias = kept[2];
    const struct kl_plan_step step = {.kernel = KL_KERNEL_LSTM_HYBRID,
                                      .params = p,
                                      .scratch_bytes = (size_t)s.inputs + (size_t)s.cells};
    return lstm_step(l, step, KL_F32, KL_F32, diag);
}

enum kl_err kl_lower_lstm(struct kl_lowering *l, struct kl_diag *diag)
{
    enum kl_dtype in = l->op->inputs[0]->dtype;
    if (in != l->op->outputs[0]->dtype || (in != KL_F32 && in != KL_S8)) {
        return kl_lower_type_error(l, diag);
    }
    if (in == KL_F32 && l->op->inputs[KL_LSTM_INPUT_WEIGHTS]->dtype == KL_S8) {
        return lstm_hybrid(l, diag);
    }
    return in == KL_F32 ? lstm_f32(l, diag) : lstm_s8(l, diag);
}
