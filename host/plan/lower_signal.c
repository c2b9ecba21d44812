/* SPDX-License-Identifier: Apache-2.0 */
/* Signal operators of audio front ends: kernels of device/dsp. */
#include <math.h>

#include "plan/lower.h"

static int32_t elements_of(const struct kl_tensor *tensor)
{
    return (int32_t)kl_shape_elements(&tensor->shape);
}

static enum kl_err need_type(const struct kl_lowering *l, const struct kl_tensor *tensor,
                             enum kl_dtype dtype, struct kl_diag *diag)
{
    return tensor->dtype == dtype ? KL_OK : kl_lower_type_error(l, diag);
}

/* Types of input 0 and output 0. */
static enum kl_err need_types(const struct kl_lowering *l, enum kl_dtype in, enum kl_dtype out,
                              struct kl_diag *diag)
{
    KL_TRY(need_type(l, l->op->inputs[0], in, diag));
    return need_type(l, l->op->outputs[0], out, diag);
}

/* A step from `inputs` whole inputs to all outputs. */
static enum kl_err whole_step(struct kl_lowering *l, struct kl_plan_step step, int32_t inputs,
                              int32_t reuse, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    step.in_count = inputs;
    step.out_count = op->output_count;
    for (int32_t i = 0; i < inputs; i++) {
        KL_TRY(kl_lower_input(l, i, (int32_t)op->inputs[i]->bytes, 1, &step.in[i], diag));
    }
    step.overlap[0] = (struct kl_plan_overlap){.allowed = reuse == 0};
    for (int32_t i = op->output_count; i-- > 0;) {
        KL_TRY(kl_lower_output(l, i, i == 0 ? reuse : -1, (int32_t)op->outputs[i]->bytes, 1,
                               &step.out[i], diag));
    }
    return kl_lower_step(l, step, diag);
}

static enum kl_err keep_s16(struct kl_lowering *l, int32_t index, int32_t least,
                            const int16_t **kept, struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->op->inputs[index];
    const void *data;
    KL_TRY(kl_lower_need_constant(l, index, KL_S16, diag));
    if (elements_of(tensor) < least) {
        return kl_op_fail(l->op, diag, KL_EINPUT, "input %d has %d values; %d are needed", index,
                          elements_of(tensor), least);
    }
    KL_TRY(kl_lower_constant(l, tensor->data, tensor->bytes, KL_S16, &data, diag));
    *kept = data;
    return KL_OK;
}

enum kl_err kl_lower_signal_window(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_signal_window *p = KL_LOWER_NEW(l, struct kl_signal_window, 1);
    int32_t width = elements_of(l->op->inputs[1]);
    int32_t all = elements_of(l->op->outputs[0]);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_types(l, KL_S16, KL_S16, diag));
    KL_TRY(keep_s16(l, 1, 1, &p->window, diag));
    if (all % width != 0) {
        return kl_op_fail(l->op, diag, KL_EINPUT, "a window of %d values for %d", width, all);
    }
    p->width = width;
    p->shift = l->op->attr.signal.shift;
    struct kl_plan_step step = {.kernel = KL_KERNEL_SIGNAL_WINDOW, .params = p, .in_count = 1};
    int32_t rows = all / width;
    KL_TRY(kl_lower_input(l, 0, width * 2, rows, &step.in[0], diag));
    step.overlap[0] = (struct kl_plan_overlap){.allowed = true};
    KL_TRY(kl_lower_output(l, 0, 0, width * 2, rows, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

enum kl_err kl_lower_signal_auto_scale(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_signal_auto_scale *p = KL_LOWER_NEW(l, struct kl_signal_auto_scale, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_types(l, KL_S16, KL_S16, diag));
    KL_TRY(need_type(l, l->op->outputs[1], KL_S32, diag));
    p->width = elements_of(l->op->inputs[0]);
    return whole_step(l, (struct kl_plan_step){.kernel = KL_KERNEL_SIGNAL_AUTO_SCALE, .params = p},
                      1, 0, diag);
}

/* exp(i * phase) in Q0.15, as kiss_fft rounds it. */
static void put_turn(int16_t *table, int32_t index, double phase)
{
    table[2 * index] = (int16_t)floor(0.5 + INT16_MAX * cos(phase));
    table[2 * index + 1] = (int16_t)floor(0.5 + INT16_MAX * sin(phase));
}

/* sign: -1 of the transform, 1 of its inverse. */
static enum kl_err rfft_tables(struct kl_lowering *l, double sign, struct kl_rfft_s16 *p,
                               struct kl_diag *diag)
{
    const double pi = 3.141592653589793238462643383279502884197169399375105820974944;
    int32_t half = p->length / 2;
    int16_t *twiddle = KL_LOWER_NEW(l, int16_t, 2 * half);
    int16_t *join = KL_LOWER_NEW(l, int16_t, half);
    const void *kept;
    if (!twiddle || !join) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < half; i++) {
        put_turn(twiddle, i, sign * (2 * pi * i / half));
    }
    for (int32_t i = 0; i < half / 2; i++) {
        put_turn(join, i, sign * (pi * ((double)(i + 1) / half + .5)));
    }
    KL_TRY(kl_lower_constant(l, twiddle, sizeof *twiddle * 2 * (size_t)half, KL_S16, &kept, diag));
    p->twiddle = kept;
    KL_TRY(kl_lower_constant(l, join, sizeof *join * (size_t)half, KL_S16, &kept, diag));
    p->join = kept;
    return KL_OK;
}

enum kl_err kl_lower_signal_rfft(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_shape *in = &l->op->inputs[0]->shape;
    struct kl_rfft_s16 *p = KL_LOWER_NEW(l, struct kl_rfft_s16, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_types(l, KL_S16, KL_S16, diag));
    p->length = l->op->attr.signal.length;
    p->width = in->rank > 0 ? in->dim[in->rank - 1] : 1;
    if (p->width > p->length) {
        return kl_op_fail(l->op, diag, KL_EINPUT, "%d samples for a transform of %d", p->width,
                          p->length);
    }
    KL_TRY(rfft_tables(l, -1, p, diag));
    struct kl_plan_step step = {.kernel = KL_KERNEL_RFFT_S16, .params = p, .in_count = 1};
    int32_t rows = elements_of(l->op->inputs[0]) / p->width;
    step.scratch_bytes = sizeof(int16_t) * (size_t)p->length;
    KL_TRY(kl_lower_input(l, 0, p->width * 2, rows, &step.in[0], diag));
    KL_TRY(kl_lower_output(l, 0, -1, (p->length + 2) * 2, rows, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

enum kl_err kl_lower_signal_irfft(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_rfft_s16 *p = KL_LOWER_NEW(l, struct kl_rfft_s16, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_types(l, KL_S16, KL_S16, diag));
    p->width = p->length = l->op->attr.signal.length;
    KL_TRY(rfft_tables(l, 1, p, diag));
    struct kl_plan_step step = {.kernel = KL_KERNEL_IRFFT_S16, .params = p, .in_count = 1};
    int32_t rows = elements_of(l->op->outputs[0]) / p->length;
    step.scratch_bytes = sizeof(int16_t) * (size_t)p->length;
    KL_TRY(kl_lower_input(l, 0, (p->length + 2) * 2, rows, &step.in[0], diag));
    KL_TRY(kl_lower_output(l, 0, -1, p->length * 2, rows, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

enum kl_err kl_lower_signal_energy(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_signal_energy *p = KL_LOWER_NEW(l, struct kl_signal_energy, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_types(l, KL_S16, KL_U32, diag));
    p->bins = elements_of(l->op->outputs[0]);
    p->start = l->op->attr.signal.start;
    p->end = l->op->attr.signal.end;
    return whole_step(l, (struct kl_plan_step){.kernel = KL_KERNEL_SIGNAL_ENERGY, .params = p}, 1,
                      -1, diag);
}

/* No band may read outside of the spectrum or of the weights. */
static enum kl_err check_bands(const struct kl_lowering *l, const struct kl_filter_bank *p,
                               struct kl_diag *diag)
{
    int32_t bins = elements_of(l->op->inputs[0]);
    int32_t weights = elements_of(l->op->inputs[1]);
    for (int32_t i = 0; i <= p->channels; i++) {
        if (p->first_bin[i] < 0 || p->first_weight[i] < 0 || p->widths[i] < 0 ||
            p->first_bin[i] + p->widths[i] > bins || p->first_weight[i] + p->widths[i] > weights) {
            return kl_op_fail(l->op, diag, KL_EINPUT,
                              "band %d is bins %d and weights %d, %d of each; there are %d and %d",
                              i, p->first_bin[i], p->first_weight[i], p->widths[i], bins, weights);
        }
    }
    return KL_OK;
}

enum kl_err kl_lower_signal_filter_bank(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_filter_bank *p = KL_LOWER_NEW(l, struct kl_filter_bank, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_types(l, KL_U32, KL_U64, diag));
    p->channels = elements_of(l->op->outputs[0]);
    KL_TRY(keep_s16(l, 1, 1, &p->weights, diag));
    KL_TRY(keep_s16(l, 2, 1, &p->counterweights, diag));
    KL_TRY(keep_s16(l, 3, p->channels + 1, &p->first_bin, diag));
    KL_TRY(keep_s16(l, 4, p->channels + 1, &p->first_weight, diag));
    KL_TRY(keep_s16(l, 5, p->channels + 1, &p->widths, diag));
    KL_TRY(check_bands(l, p, diag));
    return whole_step(l, (struct kl_plan_step){.kernel = KL_KERNEL_FILTER_BANK, .params = p}, 1, -1,
                      diag);
}

enum kl_err kl_lower_signal_root(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_filter_bank_root *p = KL_LOWER_NEW(l, struct kl_filter_bank_root, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_types(l, KL_U64, KL_U32, diag));
    KL_TRY(need_type(l, l->op->inputs[1], KL_S32, diag));
    p->channels = elements_of(l->op->outputs[0]);
    return whole_step(l, (struct kl_plan_step){.kernel = KL_KERNEL_FILTER_BANK_ROOT, .params = p},
                      2, -1, diag);
}

/* The noise of the frame before comes to where this frame's is computed. */
static enum kl_err begin_noise(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *out = l->op->outputs[1];
    struct kl_plan_rows from;
    struct kl_plan_rows to;
    KL_TRY(kl_lower_input(l, 1, (int32_t)out->bytes, 1, &from, diag));
    KL_TRY(kl_lower_output(l, 1, 1, (int32_t)out->bytes, 1, &to, diag));
    return kl_lower_copy(l, out, (struct kl_location){from.buffer, from.constant, from.offset},
                         (struct kl_location){to.buffer, to.constant, to.offset}, diag);
}

enum kl_err kl_lower_signal_noise(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_attr_signal *a = &l->op->attr.signal;
    struct kl_noise_subtraction *p = KL_LOWER_NEW(l, struct kl_noise_subtraction, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_types(l, KL_U32, KL_U32, diag));
    KL_TRY(need_type(l, l->op->outputs[1], KL_U32, diag));
    if (l->op->input_count == 2) {
        KL_TRY(need_type(l, l->op->inputs[1], KL_U32, diag));
        KL_TRY(begin_noise(l, diag));
    } else if (l->depth > 0) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "it keeps state inside a subgraph that is run by another");
    }
    *p = (struct kl_noise_subtraction){
        .channels = elements_of(l->op->outputs[0]),
        .smoothing = {a->smoothing[0], a->smoothing[1]},
        .one_minus_smoothing = {a->one_minus_smoothing[0], a->one_minus_smoothing[1]},
        .min_signal_remaining = a->min_signal_remaining,
        .smoothing_bits = a->smoothing_bits,
        .bits = a->bits,
        .clamping = a->clamping};
    return whole_step(l, (struct kl_plan_step){.kernel = KL_KERNEL_NOISE_SUBTRACTION, .params = p},
                      1, -1, diag);
}

enum kl_err kl_lower_signal_pcan(struct kl_lowering *l, struct kl_diag *diag)
{
    enum { GAIN_VALUES = 125 }; /* 4 for each octave of 32 bits, from the third one on */
    struct kl_pcan *p = KL_LOWER_NEW(l, struct kl_pcan, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_types(l, KL_U32, KL_U32, diag));
    KL_TRY(need_type(l, l->op->inputs[1], KL_U32, diag));
    KL_TRY(keep_s16(l, 2, GAIN_VALUES, &p->gain, diag));
    if (!kl_shape_equal(&l->op->inputs[0]->shape, &l->op->inputs[1]->shape)) {
        return kl_op_fail(l->op, diag, KL_EINPUT, "signal and noise differ in shape");
    }
    p->channels = elements_of(l->op->outputs[0]);
    p->snr_shift = l->op->attr.signal.shift;
    return whole_step(l, (struct kl_plan_step){.kernel = KL_KERNEL_PCAN, .params = p}, 2, 0, diag);
}

enum kl_err kl_lower_signal_log(struct kl_lowering *l, struct kl_diag *diag)
{
    enum { VALUES = 129 };
    struct kl_filter_bank_log *p = KL_LOWER_NEW(l, struct kl_filter_bank_log, 1);
    uint16_t *table = KL_LOWER_NEW(l, uint16_t, VALUES);
    const void *kept;
    if (!p || !table) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_types(l, KL_U32, KL_S16, diag));
    for (int32_t i = 0; i < VALUES; i++) {
        double part = i / 128.0;
        table[i] = (uint16_t)lround(65536.0 * (log2(1.0 + part) - part));
    }
    KL_TRY(kl_lower_constant(l, table, VALUES * sizeof *table, KL_U16, &kept, diag));
    *p = (struct kl_filter_bank_log){.channels = elements_of(l->op->outputs[0]),
                                     .output_scale = l->op->attr.signal.output_scale,
                                     .correction_bits = l->op->attr.signal.correction_bits,
                                     .table = kept};
    return whole_step(l, (struct kl_plan_step){.kernel = KL_KERNEL_FILTER_BANK_LOG, .params = p}, 1,
                      -1, diag);
}
