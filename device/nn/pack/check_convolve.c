/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the convolutions of nn/ref/runs.h. */
#include <string.h>

#include "nn/pack/check.h"

/* The weights of all channels. Returns how many one filter has; 0: not all are there. */
static uint32_t check_filters(const struct kl_check *check, const struct kl_window *win,
                              int32_t groups, const void *weights)
{
    if (!kl_groups_divide(win, groups)) {
        return 0;
    }
    const uint32_t filter = kl_filter_size(win, win->in_c / groups);
    return kl_check_constant(check, weights, kl_times((uint32_t)win->out_c, filter), 1) ? filter
                                                                                        : 0;
}

/* Accumulators stay below 2^47: half of that by products of int16 and int8, half by the bias. */
static bool sums_s64_fit(const struct kl_conv2d_s16 *p, uint32_t filter)
{
    enum { MAX_PRODUCTS = 1 << 24 };
    const int64_t max_bias = (int64_t)1 << 46;
    for (int32_t c = 0; c < p->win.out_c; c++) {
        if (p->bias[c] < -max_bias || p->bias[c] > max_bias) {
            return false;
        }
    }
    return filter <= MAX_PRODUCTS;
}

static bool check_requant_s16(const struct kl_check *check, const struct kl_requant_s16 *rq,
                              int32_t channels)
{
    if (!kl_check_constant(check, rq->multiplier, (uint32_t)channels, 4) ||
        !kl_check_constant(check, rq->shift, (uint32_t)channels, 1) ||
        !kl_check_limits(0, rq->min, rq->max, 2)) {
        return false;
    }
    for (int32_t c = 0; c < channels; c++) {
        const int32_t multiplier = rq->multiplier[c], shift = rq->shift[c];
        if (rq->narrow ? !kl_check_multiplier(multiplier, shift)
                       : !kl_within(multiplier, 0, INT16_MAX) || !kl_within(shift, -31, 7)) {
            return false;
        }
    }
    return true;
}

bool kl_conv2d_s16_check(const struct kl_conv2d_s16 *p, struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    if (!kl_check_window(check, win, 2)) {
        return false;
    }
    const uint32_t filter = check_filters(check, win, p->groups, p->weights);
    return filter > 0 && (check->kernel != KL_KERNEL_TRANSPOSE_CONV_S16 || p->groups == 1) &&
           kl_check_constant(check, p->bias, (uint32_t)win->out_c, 8) && sums_s64_fit(p, filter) &&
           check_requant_s16(check, &p->rq16, win->out_c);
}

/* Sums of channels whose filters lie one after the other, from inputs less their zero point. */
static bool sums_s32_fit(const struct kl_window *win, const int32_t *bias, const int8_t *weights,
                         int32_t weight_zero_point, uint32_t filter)
{
    const struct kl_sums sums = {.bias = bias,
                                 .weights = weights,
                                 .channels = win->out_c,
                                 .taps = (int32_t)filter,
                                 .together = 1,
                                 .run = (int32_t)filter,
                                 .weight_zero_point = weight_zero_point,
                                 .largest = UINT8_MAX};
    return kl_check_sums(&sums);
}

static bool is_finite(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & INT32_MAX) < 0x7f800000;
}

bool kl_conv2d_u8_check(const struct kl_conv2d_u8 *p, struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    if (!kl_check_window(check, win, 1) || !kl_within(p->in_zero_point, INT8_MIN, INT8_MAX) ||
        !kl_within(p->weight_zero_point, INT8_MIN, INT8_MAX)) {
        return false;
    }
    const uint32_t filter = check_filters(check, win, p->groups, p->weights);
    return filter > 0 && kl_check_constant(check, p->bias, (uint32_t)win->out_c, 4) &&
           sums_s32_fit(win, p->bias, p->weights, p->weight_zero_point, filter) &&
           is_finite(p->scale) && kl_check_limits(p->out_zero_point, p->min, p->max, 1);
}

bool kl_hybrid_check(const struct kl_hybrid *p, struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    if (!kl_check_window(check, win, 4)) {
        return false;
    }
    const uint32_t filter = check_filters(check, win, p->groups, p->weights);
    const uint32_t image =
        kl_times(kl_times((uint32_t)win->in_h, (uint32_t)win->in_w), (uint32_t)win->in_c);
    return filter > 0 && sums_s32_fit(win, NULL, p->weights, 0, filter) &&
           image <= check->scratch_bytes &&
           kl_check_constant(check, p->weight_scale, (uint32_t)win->out_c, 4) &&
           kl_check_constant(check, p->bias, (uint32_t)win->out_c, 4);
}
