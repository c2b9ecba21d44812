/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of convolutions, pools and fully connected layers. */
#include "nn/pack/check.h"

/* One side of a window. */
struct side {
    int32_t in, out, taps, stride, dilation, pad;
};

/* No filter and no border is larger than this: a bound on the time of a pixel. */
enum { MAX_TAPS_OF_SIDE = 1 << 16 };

/* The sizes make sense, and the farthest position of any window, in units of `unit` bytes,
 * fits int32. */
static bool check_side(const struct side *side, uint32_t images, uint32_t unit)
{
    if (side->in < 1 || side->out < 1 || side->stride < 1 || side->dilation < 1 ||
        !kl_within(side->taps, 1, MAX_TAPS_OF_SIDE) || !kl_within(side->pad, 0, MAX_TAPS_OF_SIDE)) {
        return false;
    }
    const uint32_t images_end = kl_times(images, (uint32_t)side->in);
    const uint32_t last_window = kl_times((uint32_t)side->out, (uint32_t)side->stride);
    const uint32_t window = kl_times((uint32_t)side->taps, (uint32_t)side->dilation);
    const uint32_t far =
        kl_plus(kl_plus(images_end, (uint32_t)side->pad), kl_plus(last_window, window));
    return kl_times(far, unit) <= INT32_MAX;
}

bool kl_check_window(struct kl_check *check, const struct kl_window *win, uint32_t elem_bytes)
{
    const struct side down = {win->in_h,     win->out_h, win->k_h,
                              win->stride_h, win->dil_h, win->pad_top};
    const struct side right = {win->in_w,     win->out_w, win->k_w,
                               win->stride_w, win->dil_w, win->pad_left};
    const uint32_t in_pixel = kl_times((uint32_t)win->in_c, elem_bytes);
    const uint32_t out_pixel = kl_times((uint32_t)win->out_c, elem_bytes);
    if (win->in_c < 1 || win->out_c < 1 || !check_side(&right, 1, in_pixel) || win->out_h < 1) {
        return false;
    }
    const uint32_t images = (kl_out_rows(check) - 1) / (uint32_t)win->out_h + 1;
    return check_side(&down, images, 1) &&
           kl_check_in(check, 0, kl_times(images, (uint32_t)win->in_h),
                       kl_times((uint32_t)win->in_w, in_pixel), elem_bytes) &&
           kl_check_out(check, 0, kl_times((uint32_t)win->out_w, out_pixel), elem_bytes);
}

bool kl_conv2d_s8_check(const struct kl_conv2d_s8 *p, struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    if (!kl_check_window(check, win, 1) || !kl_groups_divide(win, p->groups) ||
        !kl_within(p->in_zero_point, INT8_MIN, INT8_MAX)) {
        return false;
    }
    const uint32_t filter = kl_filter_size(win, win->in_c / p->groups);
    /* TRANSPOSE_CONV subtracts the zero point from each input. Its groups are not read, but they
     * say how many weights there are. */
    const bool transposed = check->kernel == KL_KERNEL_TRANSPOSE_CONV_S8;
    const struct kl_sums sums = {.bias = p->bias,
                                 .weights = p->weights,
                                 .channels = win->out_c,
                                 .taps = (int32_t)filter,
                                 .together = 1,
                                 .run = (int32_t)filter,
                                 .largest = transposed ? UINT8_MAX : -INT8_MIN};
    return kl_check_constant(check, p->weights, kl_times((uint32_t)win->out_c, filter), 1) &&
           kl_check_constant(check, p->bias, (uint32_t)win->out_c, 4) &&
           kl_check_requant(check, &p->rq, win->out_c) && kl_check_sums(&sums) &&
           (!transposed || p->groups == 1);
}

/* What the kernels that share the parameters ask for. */
static bool check_depthwise_kernel(const struct kl_depthwise_s8 *p, const struct kl_check *check)
{
    switch (check->kernel) {
    case KL_KERNEL_DEPTHWISE_S8: return true;
    case KL_KERNEL_DEPTHWISE_S8_ARMV7EM: return kl_check_depthwise_planes(p, check);
    default: return kl_check_depthwise_mul32(p, check);
    }
}

bool kl_depthwise_s8_check(const struct kl_depthwise_s8 *p, struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    if (!kl_check_window(check, win, 1) || p->multiplier < 1 ||
        (uint32_t)win->out_c != kl_times((uint32_t)win->in_c, (uint32_t)p->multiplier) ||
        !kl_within(p->in_zero_point, INT8_MIN, INT8_MAX)) {
        return false;
    }
    const uint32_t channels = (uint32_t)win->out_c, taps = kl_filter_size(win, 1);
    const struct kl_sums sums = {.bias = p->bias,
                                 .weights = p->weights,
                                 .channels = win->out_c,
                                 .taps = (int32_t)taps,
                                 .together = win->out_c,
                                 .run = 1,
                                 .largest = -INT8_MIN};
    return kl_check_constant(check, p->weights, kl_times(taps, channels), 1) &&
           kl_check_constant(check, p->bias, channels, 4) &&
           kl_check_requant(check, &p->rq, win->out_c) && kl_check_sums(&sums) &&
           check_depthwise_kernel(p, check);
}

/* Sums of so many products with weights of 4 bits, and of such biases, fit int32. */
static bool sums_fit_s4(const int32_t *bias, int32_t channels, uint32_t taps)
{
    enum { MAX_PRODUCTS = 1 << 20, MAX_BIAS = 1 << 30 };
    for (int32_t c = 0; c < channels; c++) {
        if (!kl_within(bias[c], -MAX_BIAS, MAX_BIAS)) {
            return false;
        }
    }
    return taps < MAX_PRODUCTS;
}

/* Words of so many weights; scratch memory holds the unpacked ones. */
static bool check_unpacked(const struct kl_check *check, uint32_t weights, uint32_t *words)
{
    *words = kl_plus(weights, 7) / 8;
    return weights <= INT32_MAX - 7 && kl_times(*words, 8) <= check->scratch_bytes;
}

bool kl_conv2d_s4_check(const struct kl_conv2d_s4 *p, struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    uint32_t whole, rest;
    if (!kl_check_window(check, win, 1) || p->block < 1 ||
        !kl_within(p->in_zero_point, INT8_MIN, INT8_MAX)) {
        return false;
    }
    if (check->kernel == KL_KERNEL_CONV2D_S4_MUL32) {
        return kl_check_conv2d_s4_mul32(p, check);
    }
    if (p->block > win->out_c) {
        return false;
    }
    const uint32_t filter = kl_filter_size(win, win->in_c);
    const uint32_t blocks = (uint32_t)(win->out_c / p->block);
    if (!check_unpacked(check, kl_times((uint32_t)p->block, filter), &whole) ||
        !check_unpacked(check, kl_times((uint32_t)(win->out_c % p->block), filter), &rest)) {
        return false;
    }
    return kl_check_constant(check, p->weights, kl_plus(kl_times(blocks, whole), rest), 4) &&
           kl_check_constant(check, p->bias, (uint32_t)win->out_c, 4) &&
           kl_check_requant(check, &p->rq, win->out_c) && sums_fit_s4(p->bias, win->out_c, filter);
}

bool kl_depthwise_s4_check(const struct kl_depthwise_s4 *p, struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    uint32_t words;
    if (!kl_check_window(check, win, 1) || p->multiplier < 1 ||
        (uint32_t)win->out_c != kl_times((uint32_t)win->in_c, (uint32_t)p->multiplier) ||
        !kl_within(p->in_zero_point, INT8_MIN, INT8_MAX) ||
        !check_unpacked(check, kl_filter_size(win, win->out_c), &words)) {
        return false;
    }
    return kl_check_constant(check, p->weights, words, 4) &&
           kl_check_constant(check, p->bias, (uint32_t)win->out_c, 4) &&
           kl_check_requant(check, &p->rq, win->out_c) &&
           sums_fit_s4(p->bias, win->out_c, kl_filter_size(win, 1));
}

bool kl_conv2d_f32_check(const struct kl_conv2d_f32 *p, struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    return kl_check_window(check, win, 4) && kl_groups_divide(win, p->groups) &&
           (check->kernel != KL_KERNEL_TRANSPOSE_CONV_F32 || p->groups == 1) &&
           kl_check_constant(
               check, p->weights,
               kl_times((uint32_t)win->out_c, kl_filter_size(win, win->in_c / p->groups)), 4) &&
           kl_check_constant(check, p->bias, (uint32_t)win->out_c, 4);
}

bool kl_depthwise_f32_check(const struct kl_depthwise_f32 *p, struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    return kl_check_window(check, win, 4) && p->multiplier >= 1 &&
           (uint32_t)win->out_c == kl_times((uint32_t)win->in_c, (uint32_t)p->multiplier) &&
           kl_check_constant(check, p->weights, kl_filter_size(win, win->out_c), 4) &&
           kl_check_constant(check, p->bias, (uint32_t)win->out_c, 4);
}

/* The first window and the last one do, and so all. */
bool kl_windows_touch(int32_t in, int32_t out, int32_t taps, int32_t stride, int32_t pad)
{
    return pad < taps && (out - 1) * stride - pad < in;
}

/* The sum of so many int8 values fits int32; of int16 values 256 times fewer. */
enum { MAX_POOL_TAPS = 1 << 23 };

static bool check_pool(struct kl_check *check, const struct kl_window *win, uint32_t elem_bytes)
{
    return kl_check_window(check, win, elem_bytes) && win->in_c == win->out_c && win->dil_h == 1 &&
           win->dil_w == 1 &&
           kl_filter_size(win, 1) <= (elem_bytes == 2 ? MAX_POOL_TAPS >> 8 : MAX_POOL_TAPS) &&
           kl_windows_touch(win->in_h, win->out_h, win->k_h, win->stride_h, win->pad_top) &&
           kl_windows_touch(win->in_w, win->out_w, win->k_w, win->stride_w, win->pad_left);
}

bool kl_pool_s8_check(const struct kl_pool_s8 *p, struct kl_check *check)
{
    const uint32_t bytes = kl_integer_bytes(check);
    return check_pool(check, &p->win, bytes) && kl_within(p->offset, 0, 128) &&
           kl_check_limits(0, p->min, p->max, bytes);
}

bool kl_pool_f32_check(const struct kl_pool_f32 *p, struct kl_check *check)
{
    return check_pool(check, &p->win, 4);
}

static bool check_vectors(struct kl_check *check, int32_t in_c, int32_t out_c, uint32_t elem_bytes)
{
    return in_c >= 1 && out_c >= 1 &&
           kl_check_in(check, 0, kl_out_rows(check), kl_times((uint32_t)in_c, elem_bytes),
                       elem_bytes) &&
           kl_check_out(check, 0, kl_times((uint32_t)out_c, elem_bytes), elem_bytes);
}

bool kl_fully_connected_s8_check(const struct kl_fully_connected_s8 *p, struct kl_check *check)
{
    const struct kl_sums sums = {.bias = p->bias,
                                 .weights = p->weights,
                                 .channels = p->out_c,
                                 .taps = p->in_c,
                                 .together = 1,
                                 .run = p->in_c,
                                 .largest = -INT8_MIN};
    return check_vectors(check, p->in_c, p->out_c, 1) &&
           kl_check_constant(check, p->weights, kl_times((uint32_t)p->in_c, (uint32_t)p->out_c),
                             1) &&
           kl_check_constant(check, p->bias, (uint32_t)p->out_c, 4) &&
           kl_check_requant(check, &p->rq, p->out_c) && kl_check_sums(&sums);
}

bool kl_fully_connected_f32_check(const struct kl_fully_connected_f32 *p, struct kl_check *check)
{
    return check_vectors(check, p->in_c, p->out_c, 4) &&
           kl_check_constant(check, p->weights, kl_times((uint32_t)p->in_c, (uint32_t)p->out_c),
                             4) &&
           kl_check_constant(check, p->bias, (uint32_t)p->out_c, 4);
}
