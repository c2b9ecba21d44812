/* SPDX-License-Identifier: Apache-2.0 */
/* Variants for the vectors of ARMv8.1-M: kinglet/nn/mve.h. */
#include "nn/ref/window.h"
#include "plan/overlap.h"
#include "plan/pack_mve.h"
#include "plan/variant.h"

/* Scratch memory that is worth its speed; larger filters stay with the kernels below. */
enum { SCRATCH_LIMIT = 32 * 1024 };

/* The kernels shift to the right only. */
static bool shifts_right(const struct kl_requant *rq, int32_t channels)
{
    for (int32_t c = 0; c < channels; c++) {
        if (rq->shift[c] > 0) {
            return false;
        }
    }
    return true;
}

static enum kl_err keep_table(struct kl_lowering *l, const int32_t *values, int32_t channels,
                              bool split, const int32_t **table, struct kl_diag *diag)
{
    const int32_t padded = kl_mve_padded(channels, split ? 8 : 4);
    int32_t *packed = KL_LOWER_NEW(l, int32_t, padded);
    const void *kept;
    if (!packed) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_pack_mve_table(values, channels, split, packed);
    KL_TRY(kl_lower_constant(l, packed, sizeof packed[0] * (size_t)padded, KL_S32, &kept, diag));
    *table = kept;
    return KL_OK;
}

/* Tables of `channels` channels. */
static enum kl_err keep_channels(struct kl_lowering *l, const struct kl_requant *rq,
                                 const int32_t *bias, int32_t channels, bool split,
                                 struct kl_channels_mve *kept, struct kl_diag *diag)
{
    int32_t *shift = KL_LOWER_NEW(l, int32_t, channels);
    if (!shift) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < channels; c++) {
        shift[c] = rq->shift[c];
    }
    KL_TRY(keep_table(l, bias, channels, split, &kept->bias, diag));
    KL_TRY(keep_table(l, rq->multiplier, channels, split, &kept->multiplier, diag));
    KL_TRY(keep_table(l, shift, channels, split, &kept->shift, diag));
    kept->out_zero_point = rq->out_zero_point;
    kept->min = rq->min;
    kept->max = rq->max;
    return KL_OK;
}

/* Of all weights; `s4`: they are kept in 4 bits. */
static enum kl_err keep_rows(struct kl_lowering *l, const int8_t *weights, int32_t channels,
                             int32_t taps, int32_t group, bool s4, const int8_t **rows,
                             struct kl_diag *diag)
{
    const size_t all = (size_t)kl_mve_padded(channels, group) * (size_t)kl_mve_padded(taps, 16);
    const size_t bytes = s4 ? all / 2 : all;
    int8_t *packed = KL_LOWER_NEW(l, int8_t, bytes);
    const void *kept;
    if (!packed) {
        return KL_FAIL_MEMORY(diag);
    }
    (s4 ? kl_pack_mve_rows_s4 : kl_pack_mve_rows)(weights, channels, taps, group, packed);
    KL_TRY(kl_lower_constant(l, packed, bytes, KL_S8, &kept, diag));
    *rows = kept;
    return KL_OK;
}

/* The pack's check takes weights of 4 bits for any int8: with as many inputs as fit the scratch
 * memory and such biases, sums fit. */
static bool sums_fit(const int32_t *bias, int32_t channels)
{
    enum { MAX_BIAS = 1 << 30 };
    for (int32_t c = 0; c < channels; c++) {
        if (bias[c] < -MAX_BIAS || bias[c] > MAX_BIAS) {
            return false;
        }
    }
    return true;
}

static enum kl_err convolve(struct kl_lowering *l, struct kl_plan_step *step, bool s4,
                            struct kl_diag *diag)
{
    const struct kl_conv2d_s8 *portable = step->params;
    const struct kl_window *w = &portable->win;
    const int64_t taps = (int64_t)w->k_h * w->k_w * w->in_c;
    const int64_t stage = w->k_h * kl_window_pixels(w) * w->in_c;
    const int64_t scratch = 3 * (taps + 15) + 12 * ((int64_t)w->out_c + 3) + stage;
    struct kl_conv2d_mve_s8 *p = KL_LOWER_NEW(l, struct kl_conv2d_mve_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    if (portable->groups != 1 || scratch > SCRATCH_LIMIT ||
        !shifts_right(&portable->rq, w->out_c) || (s4 && !sums_fit(portable->bias, w->out_c))) {
        return KL_OK;
    }
    p->win = *w;
    p->in_zero_point = portable->in_zero_point;
    p->inputs = kl_mve_padded((int32_t)taps, 16);
    KL_TRY(keep_rows(l, portable->weights, w->out_c, (int32_t)taps, 2, s4, &p->weights, diag));
    KL_TRY(keep_channels(l, &portable->rq, portable->bias, w->out_c, false, &p->channels, diag));
    step->kernel = s4 ? KL_KERNEL_CONV2D_S4_MVE : KL_KERNEL_CONV2D_S8_MVE;
    step->params = p;
    step->overlap[0] = kl_overlap_window(w, l->op->inputs[0]->shape.dim[0], KL_READS_PIXEL, 1);
    p->direct =
        w->k_h == 1 && w->k_w == 1 && w->pad_top == 0 && w->pad_left == 0 && p->inputs == w->in_c;
    step->scratch_bytes = 12 * (size_t)kl_mve_padded(w->out_c, 4) + 3 * (size_t)p->inputs +
                          (p->direct ? 0 : (size_t)stage);
    return KL_OK;
}

enum kl_err kl_variant_conv_mve(struct kl_lowering *l, struct kl_plan_step *step,
                                struct kl_diag *diag)
{
    return convolve(l, step, false, diag);
}

enum kl_err kl_variant_conv_s4_mve(struct kl_lowering *l, struct kl_plan_step *step,
                                   struct kl_diag *diag)
{
    return convolve(l, step, true, diag);
}

enum kl_err kl_variant_depthwise_mve(struct kl_lowering *l, struct kl_plan_step *step,
                                     struct kl_diag *diag)
{
    const struct kl_depthwise_s8 *portable = step->params;
    const struct kl_window *w = &portable->win;
    const int64_t taps = (int64_t)w->k_h * w->k_w;
    const int64_t scratch = w->k_h * kl_window_pixels(w) * w->in_c;
    struct kl_depthwise_mve_s8 *p = KL_LOWER_NEW(l, struct kl_depthwise_mve_s8, 1);
    const void *kept;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    if (portable->multiplier != 1 || scratch > SCRATCH_LIMIT ||
        !shifts_right(&portable->rq, w->out_c)) {
        return KL_OK;
    }
    const size_t bytes = (size_t)taps * (size_t)kl_mve_padded(w->out_c, 8);
    int8_t *packed = KL_LOWER_NEW(l, int8_t, bytes);
    if (!packed) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_pack_mve_depthwise(portable->weights, w->out_c, (int32_t)taps, packed);
    KL_TRY(kl_lower_constant(l, packed, bytes, KL_S8, &kept, diag));
    p->win = *w;
    p->in_zero_point = portable->in_zero_point;
    p->weights = kept;
    KL_TRY(keep_channels(l, &portable->rq, portable->bias, w->out_c, true, &p->channels, diag));
    step->kernel = KL_KERNEL_DEPTHWISE_S8_MVE;
    step->params = p;
    step->scratch_bytes = (size_t)scratch;
    return KL_OK;
}

static enum kl_err connect(struct kl_lowering *l, struct kl_plan_step *step, bool s4,
                           struct kl_diag *diag)
{
    const struct kl_fully_connected_s8 *portable = step->params;
    struct kl_fully_connected_mve_s8 *p = KL_LOWER_NEW(l, struct kl_fully_connected_mve_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    const int64_t scratch = 4 * ((int64_t)portable->out_c + 3) + portable->in_c + 15;
    if (scratch > SCRATCH_LIMIT || !shifts_right(&portable->rq, portable->out_c) ||
        (s4 && !sums_fit(portable->bias, portable->out_c))) {
        return KL_OK;
    }
    p->in_c = portable->in_c;
    p->out_c = portable->out_c;
    p->inputs = kl_mve_padded(p->in_c, 16);
    KL_TRY(keep_rows(l, portable->weights, p->out_c, p->in_c, 4, s4, &p->weights, diag));
    KL_TRY(keep_channels(l, &portable->rq, portable->bias, p->out_c, false, &p->channels, diag));
    const int32_t rows = (int32_t)l->op->inputs[0]->bytes / p->in_c;
    step->kernel = s4 ? KL_KERNEL_FULLY_CONNECTED_S4_MVE : KL_KERNEL_FULLY_CONNECTED_S8_MVE;
    step->params = p;
    step->overlap[0] = kl_overlap_rows(p->in_c, p->out_c, rows);
    step->scratch_bytes =
        4 * (size_t)kl_mve_padded(p->out_c, 4) + (p->inputs == p->in_c ? 0 : (size_t)p->inputs);
    return KL_OK;
}

enum kl_err kl_variant_fully_connected_mve(struct kl_lowering *l, struct kl_plan_step *step,
                                           struct kl_diag *diag)
{
    return connect(l, step, false, diag);
}

enum kl_err kl_variant_fully_connected_s4_mve(struct kl_lowering *l, struct kl_plan_step *step,
                                              struct kl_diag *diag)
{
    return connect(l, step, true, diag);
}
