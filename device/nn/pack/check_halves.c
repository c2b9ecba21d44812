/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of kernels that multiply two inputs at once (kinglet/nn/mul32.h). */
#include "nn/mul32/conv2d_s4.h"
#include "nn/pack/check.h"
#include "nn/ref/window.h"

/* The blocks of four channels, `inputs` inputs in all; *stream moves on behind them. */
static bool check_four(const struct kl_check *check, const int8_t **stream, uint32_t inputs)
{
    while (inputs > 0) {
        const int8_t *block = *stream;
        if (!kl_check_constant(check, block, KL_HALVES_CHANNELS + 1, 1)) {
            return false;
        }
        const int32_t more = block[KL_HALVES_CHANNELS];
        if (!kl_within(more, 0, KL_HALVES_INPUTS - 1) || (uint32_t)more >= inputs ||
            !kl_check_constant(check, block, (1 + (uint32_t)more) * KL_HALVES_CHANNELS + 1, 1)) {
            return false;
        }
        inputs -= 1 + (uint32_t)more;
        *stream += (1 + more) * KL_HALVES_CHANNELS + 1;
    }
    return true;
}

/* The stream of all groups. */
static bool check_stream(const struct kl_check *check, const struct kl_conv2d_mul32_s8 *p,
                         uint32_t inputs)
{
    const int8_t *stream = p->stream;
    const int32_t channels = p->win.out_c / p->groups;
    for (int32_t group = 0; group < p->groups; group++) {
        for (int32_t c = 0; c < channels; c += KL_HALVES_CHANNELS) {
            if (!check_four(check, &stream, inputs)) {
                return false;
            }
        }
    }
    return true;
}

bool kl_check_shifts_right(const struct kl_requant *rq, int32_t channels)
{
    for (int32_t c = 0; c < channels; c++) {
        if (rq->shift[c] >= 0) {
            return false;
        }
    }
    return true;
}

bool kl_conv2d_mul32_s8_check(const struct kl_conv2d_mul32_s8 *p, struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    if (!kl_check_window(check, win, 1) || !kl_groups_divide(win, p->groups) ||
        !kl_within(p->in_zero_point, INT8_MIN, INT8_MAX)) {
        return false;
    }
    const uint32_t inputs = kl_filter_size(win, win->in_c / p->groups);
    return kl_times(inputs, KL_HALVES_PAIRS * sizeof(uint32_t)) <= check->scratch_bytes &&
           kl_check_constant(check, p->bias, (uint32_t)win->out_c, 4) &&
           kl_check_requant(check, &p->rq, win->out_c) &&
           kl_check_shifts_right(&p->rq, win->out_c) && check_stream(check, p, inputs);
}

bool kl_check_conv2d_s4_mul32(const struct kl_conv2d_s4 *p, const struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    const uint32_t filter = kl_filter_size(win, win->in_c);
    const uint32_t words = kl_times(filter, KL_HALVES_PAIRS * sizeof(uint32_t));
    if (words > check->scratch_bytes || p->block % KL_HALVES_CHANNELS != 0) {
        return false;
    }
    const uint32_t fours =
        kl_plus((uint32_t)win->out_c, KL_HALVES_CHANNELS - 1) / KL_HALVES_CHANNELS;
    const uint32_t unpacked = kl_times((uint32_t)(p->block / KL_HALVES_CHANNELS),
                                       (uint32_t)kl_halves_bytes_s4((int32_t)filter));
    return kl_plus(words, unpacked) <= check->scratch_bytes &&
           kl_check_constant(check, p->weights, kl_times(fours, kl_plus(filter, 1) / 2), 4) &&
           kl_check_constant(check, p->bias, (uint32_t)win->out_c, 4) &&
           kl_check_requant(check, &p->rq, win->out_c) && kl_check_shifts_right(&p->rq, win->out_c);
}

bool kl_check_depthwise_mul32(const struct kl_depthwise_s8 *p, const struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    const int32_t stride = check->kernel == KL_KERNEL_DEPTHWISE_3X3_S8_MUL32 ? 1 : 2;
    const uint32_t scratch = kl_times((uint32_t)kl_window_pixels(win), (uint32_t)win->in_c);
    return p->multiplier == 1 && win->k_h == 3 && win->k_w == 3 && win->dil_h == 1 &&
           win->dil_w == 1 && win->stride_h == stride && win->stride_w == stride &&
           kl_times(scratch, 3) <= check->scratch_bytes &&
           kl_check_shifts_right(&p->rq, win->out_c);
}
