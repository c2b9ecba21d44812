/* SPDX-License-Identifier: Apache-2.0 */
/* Float operators of feature pipelines: kernels of device/dsp. Their tables are constants. */
#include <math.h>

#include "plan/lower.h"
#include "plan/overlap.h"

static const double pi = 3.141592653589793238462643383279502884197169399375105820974944;

static enum kl_err need_floats(const struct kl_lowering *l, struct kl_diag *diag)
{
    return l->op->inputs[0]->dtype == KL_F32 && l->op->outputs[0]->dtype == KL_F32
               ? KL_OK
               : kl_lower_type_error(l, diag);
}

static enum kl_err keep(struct kl_lowering *l, const void *data, int64_t count, enum kl_dtype dtype,
                        const void **kept, struct kl_diag *diag)
{
    return kl_lower_constant(l, data, (size_t)count * kl_dtype_bytes(dtype), dtype, kept, diag);
}

/* A constant input of floats. */
static enum kl_err keep_floats(struct kl_lowering *l, int32_t index, const float **kept,
                               struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->op->inputs[index];
    const void *data;
    KL_TRY(kl_lower_need_constant(l, index, KL_F32, diag));
    KL_TRY(keep(l, tensor->data, kl_shape_elements(&tensor->shape), KL_F32, &data, diag));
    *kept = data;
    return KL_OK;
}

static int32_t last_dim(const struct kl_tensor *tensor)
{
    return tensor->shape.dim[tensor->shape.rank - 1];
}

/* A step over the vectors of input 0, one row each, of `width` floats. elements_in_order: so many
 * elements of each row are read before their result is written; 0: the output lies apart. */
static enum kl_err vectors(struct kl_lowering *l, struct kl_plan_step step, int32_t width,
                           int32_t elements_in_order, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    int32_t rows = (int32_t)(kl_shape_elements(&op->inputs[0]->shape) / width);
    int32_t in_bytes = width * (int32_t)sizeof(float);
    int32_t out_bytes = (int32_t)(op->outputs[0]->bytes / (size_t)rows);
    KL_TRY(need_floats(l, diag));
    step.in_count = 1;
    step.macs = kl_op_macs(op);
    KL_TRY(kl_lower_input(l, 0, in_bytes, rows, &step.in[0], diag));
    KL_TRY(kl_lower_output(l, 0, -1, out_bytes, rows, &step.out[0], diag));
    if (elements_in_order > 0) {
        step.overlap[0] =
            kl_overlap_elements((int64_t)rows * elements_in_order, in_bytes / elements_in_order,
                                out_bytes / elements_in_order);
    }
    return kl_lower_step(l, step, diag);
}

enum kl_err kl_lower_frame(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const struct kl_tensor *signal = op->inputs[0];
    const struct kl_tensor *out = op->outputs[0];
    struct kl_frame *p = KL_LOWER_NEW(l, struct kl_frame, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    bool windowed = op->input_count == 3 && op->inputs[2];
    bool to_float = out->dtype == KL_F32 && (signal->dtype == KL_F32 || signal->dtype == KL_S16);
    bool copied = out->dtype == KL_S16 && signal->dtype == KL_S16 && !windowed;
    if (op->inputs[1]->dtype != KL_S32 || (!copied && !(to_float && windowed))) {
        return kl_lower_type_error(l, diag);
    }
    *p = (struct kl_frame){.samples = signal->shape.dim[0],
                           .channels = out->shape.dim[0],
                           .length = out->shape.dim[1],
                           .hop = op->attr.frame.hop};
    p->frames = (p->samples - p->length) / p->hop + 1;
    if (windowed) {
        KL_TRY(keep_floats(l, 2, &p->window, diag));
    }
    struct kl_plan_step step = {.kernel = copied                    ? KL_KERNEL_FRAME_S16
                                          : signal->dtype == KL_F32 ? KL_KERNEL_FRAME_F32
                                                                    : KL_KERNEL_FRAME_S16_F32,
                                .params = p,
                                .in_count = 2};
    KL_TRY(kl_lower_input(l, 0, (int32_t)signal->bytes, 1, &step.in[0], diag));
    KL_TRY(kl_lower_input(l, 1, (int32_t)op->inputs[1]->bytes, 1, &step.in[1], diag));
    KL_TRY(kl_lower_output(l, 0, -1, (int32_t)out->bytes / p->channels, p->channels, &step.out[0],
                           diag));
    return kl_lower_step(l, step, diag);
}

/* ---- transform --------------------------------------------------------------------------- */

static int32_t first_radix(int32_t half)
{
    return half & 0x55555555 ? 4 : 8;
}

/* The element that place `place` of the first stage takes: its digits, which begin with those of
 * the last stage, in reverse. */
static int32_t source_of(int32_t place, int32_t half)
{
    int32_t source = 0;
    int32_t weight = 1;
    for (int32_t rest = half; rest > first_radix(half);) {
        rest /= 4;
        source += place / rest * weight;
        place %= rest;
        weight *= 4;
    }
    return source + place * weight;
}

static enum kl_err keep_order(struct kl_lowering *l, struct kl_rfft_f32 *p, struct kl_diag *diag)
{
    int32_t half = p->length / 2;
    uint16_t *order = KL_LOWER_NEW(l, uint16_t, half);
    const void *kept;
    if (!order) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < half; i++) {
        order[i] = (uint16_t)source_of(i, half);
    }
    KL_TRY(keep(l, order, half, KL_U16, &kept, diag));
    p->order = kept;
    return KL_OK;
}

static enum kl_err keep_twiddles(struct kl_lowering *l, struct kl_rfft_f32 *p, struct kl_diag *diag)
{
    int32_t half = p->length / 2;
    float *table = KL_LOWER_NEW(l, float, 2 * half); /* 6 * (half / 4 + half / 16 + ..) at most */
    float *at = table;
    const void *kept;
    if (!table) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t m = first_radix(half); m < half; m *= 4) {
        for (int32_t k = 0; k < m; k++) {
            for (int32_t j = 1; j <= 3; j++) {
                double phase = -2.0 * pi * k * j / (4.0 * m);
                *at++ = (float)cos(phase);
                *at++ = (float)sin(phase);
            }
        }
    }
    if (at > table) {
        KL_TRY(keep(l, table, at - table, KL_F32, &kept, diag));
        p->twiddle = kept;
    }
    return KL_OK;
}

static enum kl_err keep_join(struct kl_lowering *l, struct kl_rfft_f32 *p, struct kl_diag *diag)
{
    int32_t half = p->length / 2;
    float *table = KL_LOWER_NEW(l, float, half);
    const void *kept;
    if (!table) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t k = 1; k <= half / 2; k++) {
        double phase = pi * k / half;
        table[2 * k - 2] = (float)(-0.5 * sin(phase));
        table[2 * k - 1] = (float)(-0.5 * cos(phase));
    }
    KL_TRY(keep(l, table, half, KL_F32, &kept, diag));
    p->join = kept;
    return KL_OK;
}

enum kl_err kl_lower_real_fft(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_rfft_f32 *p = KL_LOWER_NEW(l, struct kl_rfft_f32, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->width = last_dim(l->op->inputs[0]);
    p->length = l->op->attr.real_fft.length;
    KL_TRY(keep_order(l, p, diag));
    KL_TRY(keep_twiddles(l, p, diag));
    KL_TRY(keep_join(l, p, diag));
    return vectors(l, (struct kl_plan_step){.kernel = KL_KERNEL_RFFT_F32, .params = p}, p->width, 0,
                   diag);
}

/* ---- spectra ----------------------------------------------------------------------------- */

enum kl_err kl_lower_squared_magnitude(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_squared_magnitude *p = KL_LOWER_NEW(l, struct kl_squared_magnitude, 1);
    struct kl_plan_step step = {.kernel = KL_KERNEL_SQUARED_MAGNITUDE_F32, .params = p};
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->bins = last_dim(l->op->outputs[0]);
    return vectors(l, step, 2 * p->bins, p->bins, diag);
}

/* First and last bin of a band with a weight; last < first when there is none. */
static void find_band(const float *weights, int32_t bins, int32_t *first, int32_t *last)
{
    *first = bins;
    *last = -1;
    for (int32_t i = 0; i < bins; i++) {
        if (weights[i] != 0.0f) {
            *first = *first < i ? *first : i;
            *last = i;
        }
    }
}

/* The weights inside of each band, and where bands begin and end. */
static enum kl_err keep_bands(struct kl_lowering *l, struct kl_bands_f32 *p, struct kl_diag *diag)
{
    const float *dense = l->op->inputs[1]->data;
    float *weights = KL_LOWER_NEW(l, float, (int64_t)p->bins * p->bands);
    uint16_t *first = KL_LOWER_NEW(l, uint16_t, p->bands);
    uint16_t *count = KL_LOWER_NEW(l, uint16_t, p->bands);
    const void *kept;
    int64_t used = 0;
    if (!weights || !first || !count) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t band = 0; band < p->bands; band++, dense += p->bins) {
        int32_t from;
        int32_t last;
        find_band(dense, p->bins, &from, &last);
        first[band] = (uint16_t)(from < p->bins ? from : 0);
        count[band] = (uint16_t)(last >= from ? last - from + 1 : 0);
        for (int32_t i = from; i <= last; i++) {
            weights[used++] = dense[i];
        }
    }
    KL_TRY(keep(l, weights, used > 0 ? used : 1, KL_F32, &kept, diag));
    p->weights = kept;
    KL_TRY(keep(l, first, p->bands, KL_U16, &kept, diag));
    p->first = kept;
    KL_TRY(keep(l, count, p->bands, KL_U16, &kept, diag));
    p->count = kept;
    return KL_OK;
}

enum kl_err kl_lower_band_sums(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_bands_f32 *p = KL_LOWER_NEW(l, struct kl_bands_f32, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_constant(l, 1, KL_F32, diag));
    p->bins = last_dim(l->op->inputs[0]);
    p->bands = last_dim(l->op->outputs[0]);
    if (p->bins > UINT16_MAX) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "more than %d bins", UINT16_MAX);
    }
    KL_TRY(keep_bands(l, p, diag));
    return vectors(l, (struct kl_plan_step){.kernel = KL_KERNEL_BANDS_F32, .params = p}, p->bins, 0,
                   diag);
}

enum kl_err kl_lower_peaks(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_peaks *p = KL_LOWER_NEW(l, struct kl_peaks, 1);
    const struct kl_shape *out = &l->op->outputs[0]->shape;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct kl_peaks){.bins = last_dim(l->op->inputs[0]),
                           .peaks = out->dim[out->rank - 2],
                           .threshold = l->op->attr.peaks.threshold,
                           .bin_width = l->op->attr.peaks.bin_width};
    return vectors(l, (struct kl_plan_step){.kernel = KL_KERNEL_PEAKS_F32, .params = p}, p->bins, 0,
                   diag);
}

/* ---- signals ----------------------------------------------------------------------------- */

enum kl_err kl_lower_statistics(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_statistics *p = KL_LOWER_NEW(l, struct kl_statistics, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->width = last_dim(l->op->inputs[0]);
    p->which = (int32_t)l->op->attr.statistics.which;
    return vectors(l, (struct kl_plan_step){.kernel = KL_KERNEL_STATISTICS_F32, .params = p},
                   p->width, 0, diag);
}

enum kl_err kl_lower_biquad(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_shape *shape = &l->op->inputs[0]->shape;
    struct kl_biquad *p = KL_LOWER_NEW(l, struct kl_biquad, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_floats(l, diag));
    *p = (struct kl_biquad){1, shape->dim[l->op->attr.biquad.axis], 1,
                            l->op->inputs[1]->shape.dim[0], NULL};
    for (int32_t i = 0; i < shape->rank; i++) {
        p->outer *= i < l->op->attr.biquad.axis ? shape->dim[i] : 1;
        p->inner *= i > l->op->attr.biquad.axis ? shape->dim[i] : 1;
    }
    KL_TRY(keep_floats(l, 1, &p->coefficients, diag));
    int32_t bytes = (int32_t)l->op->outputs[0]->bytes;
    struct kl_plan_step step = {.kernel = KL_KERNEL_BIQUAD_F32, .params = p, .in_count = 1};
    KL_TRY(kl_lower_input(l, 0, bytes, 1, &step.in[0], diag));
    KL_TRY(kl_lower_output(l, 0, 0, bytes, 1, &step.out[0], diag)); /* exactly in place, or apart */
    return kl_lower_step(l, step, diag);
}
