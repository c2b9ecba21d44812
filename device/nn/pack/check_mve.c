/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the kernels for the vector extension (kinglet/nn/mve.h). */
#include "nn/mve/vector.h"
#include "nn/pack/check.h"

enum { OUTPUTS = 4 }; /* channels whose sums become results together */

/* `value` up to the next multiple of `unit`; UINT32_MAX when that is larger. */
static uint32_t padded(uint32_t value, uint32_t unit)
{
    const uint32_t more = kl_plus(value, unit - 1);
    return more == UINT32_MAX ? more : more / unit * unit;
}

/* Tables of `count` entries. */
static bool check_channels(const struct kl_check *check, const struct kl_channels_mve *channels,
                           uint32_t count)
{
    if (!kl_check_constant(check, channels->bias, count, 4) ||
        !kl_check_constant(check, channels->multiplier, count, 4) ||
        !kl_check_constant(check, channels->shift, count, 4) ||
        !kl_check_limits(channels->out_zero_point, channels->min, channels->max, 1)) {
        return false;
    }
    for (uint32_t c = 0; c < count; c++) {
        if (!kl_check_multiplier(channels->multiplier[c], channels->shift[c]) ||
            channels->shift[c] > 0) {
            return false;
        }
    }
    return true;
}

/* Weights of 4 bits of `channels` channels; as if they were any int8, whose sums fit. */
static bool check_filters_s4(const struct kl_check *check, const int8_t *weights,
                             const int32_t *bias, uint32_t channels, int32_t inputs)
{
    const struct kl_sums sums = {
        .bias = bias, .channels = (int32_t)channels, .taps = inputs, .largest = -INT8_MIN};
    return kl_check_constant(check, weights, kl_times(channels / 2, (uint32_t)inputs), 1) &&
           kl_check_sums(&sums);
}

/* Weights of `channels` channels in groups of `together`, and sums that fit. What fills up the
 * inputs of a channel, or the channels, is summed up, too. */
static bool check_filters(const struct kl_check *check, const int8_t *weights, const int32_t *bias,
                          uint32_t channels, int32_t inputs, int32_t together)
{
    const bool s4 = check->kernel == KL_KERNEL_CONV2D_S4_MVE ||
                    check->kernel == KL_KERNEL_FULLY_CONNECTED_S4_MVE;
    const struct kl_sums sums = {.bias = bias,
                                 .weights = weights,
                                 .channels = (int32_t)channels,
                                 .taps = inputs,
                                 .together = together,
                                 .run = KL_MVE_INPUTS,
                                 .largest = -INT8_MIN};
    return s4 ? check_filters_s4(check, weights, bias, channels, inputs)
              : kl_check_constant(check, weights, kl_times(channels, (uint32_t)inputs), 1) &&
                    kl_check_sums(&sums);
}

/* Bytes of the input rows that an output row sees, side by side with their borders; as
 * kl_mve_stage_pitch. */
static uint32_t stage_bytes(const struct kl_window *win)
{
    const uint32_t last_pixel = kl_times((uint32_t)win->out_w - 1, (uint32_t)win->stride_w);
    const uint32_t last_tap = kl_times((uint32_t)win->k_w - 1, (uint32_t)win->dil_w);
    const uint32_t pixels = kl_plus(kl_plus(last_pixel, last_tap), 1);
    return kl_times(kl_times(pixels, (uint32_t)win->in_c), (uint32_t)win->k_h);
}

/* Filters of one tap that read inputs where they are: each lies in the image. */
static bool is_direct(const struct kl_window *win)
{
    return win->k_h == 1 && win->k_w == 1 && win->pad_top == 0 && win->pad_left == 0 &&
           kl_windows_touch(win->in_h, win->out_h, 1, win->stride_h, 0) &&
           kl_windows_touch(win->in_w, win->out_w, 1, win->stride_w, 0);
}

bool kl_conv2d_mve_s8_check(const struct kl_conv2d_mve_s8 *p, struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    if (!kl_check_window(check, win, 1) || !kl_within(p->in_zero_point, INT8_MIN, INT8_MAX) ||
        (uint32_t)p->inputs != padded(kl_filter_size(win, win->in_c), KL_MVE_INPUTS) ||
        (p->direct && !is_direct(win))) {
        return false;
    }
    const uint32_t channels = (uint32_t)win->out_c;
    const uint32_t lines = kl_times((uint32_t)p->inputs, KL_MVE_PIXELS);
    const uint32_t sums = kl_times(padded(channels, OUTPUTS), 4 * KL_MVE_PIXELS);
    const uint32_t stage = p->direct ? 0 : stage_bytes(win);
    return kl_plus(kl_plus(sums, lines), stage) <= check->scratch_bytes &&
           check_channels(check, &p->channels, padded(channels, OUTPUTS)) &&
           check_filters(check, p->weights, p->channels.bias, padded(channels, 2), p->inputs, 2);
}

bool kl_fully_connected_mve_s8_check(const struct kl_fully_connected_mve_s8 *p,
                                     struct kl_check *check)
{
    if (p->in_c < 1 || p->out_c < 1 ||
        (uint32_t)p->inputs != padded((uint32_t)p->in_c, KL_MVE_INPUTS)) {
        return false;
    }
    const uint32_t channels = padded((uint32_t)p->out_c, OUTPUTS);
    const uint32_t line = p->inputs == p->in_c ? 0 : (uint32_t)p->inputs;
    return kl_check_in(check, 0, kl_out_rows(check), (uint32_t)p->in_c, 1) &&
           kl_check_out(check, 0, (uint32_t)p->out_c, 1) &&
           kl_plus(kl_times(channels, 4), line) <= check->scratch_bytes &&
           check_channels(check, &p->channels, channels) &&
           check_filters(check, p->weights, p->channels.bias, channels, p->inputs, OUTPUTS);
}

/* The weights of an entry of the tables, whose order is another, are not looked for: a filter has
 * few taps, so that only a bias without a sense is refused because of any. */
bool kl_depthwise_mve_s8_check(const struct kl_depthwise_mve_s8 *p, struct kl_check *check)
{
    enum { LANES = 8 };
    const struct kl_window *win = &p->win;
    if (!kl_check_window(check, win, 1) || win->in_c != win->out_c ||
        !kl_within(p->in_zero_point, INT8_MIN, INT8_MAX) ||
        stage_bytes(win) > check->scratch_bytes) {
        return false;
    }
    const uint32_t channels = padded((uint32_t)win->out_c, LANES), taps = kl_filter_size(win, 1);
    const struct kl_sums sums = {.bias = p->channels.bias,
                                 .channels = (int32_t)channels,
                                 .taps = (int32_t)taps,
                                 .largest = -INT8_MIN};
    return check_channels(check, &p->channels, channels) &&
           kl_check_constant(check, p->weights, kl_times(channels, taps), 1) &&
           kl_check_sums(&sums);
}
