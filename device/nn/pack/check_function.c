/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of functions of one integer, and of softmax. */
#include "nn/pack/check.h"
#include "nn/ref/sigmoid_s16.h"
#include "nn/ref/softmax_s16.h"

bool kl_rescale_check(const struct kl_rescale *p, struct kl_check *check)
{
    const bool sizes = (p->in_bytes == 1 || p->in_bytes == 2 || p->in_bytes == 4) &&
                       (p->out_bytes == 1 || p->out_bytes == 2 || p->out_bytes == 4);
    const bool limits = p->out_bytes == 4 || (kl_fits(p->min, (uint32_t)p->out_bytes) &&
                                              kl_fits(p->max, (uint32_t)p->out_bytes));
    return sizes && limits && p->min <= p->max && kl_check_multiplier(p->multiplier, p->shift) &&
           kl_check_multiplier(p->below_multiplier, p->below_shift) &&
           kl_check_unary(check, p->width, (uint32_t)p->in_bytes, (uint32_t)p->out_bytes);
}

bool kl_check_rounded_product(int32_t multiplier, int32_t right_shift)
{
    if (!kl_within(right_shift, 0, 31)) {
        return false;
    }
    const int64_t half = right_shift > 0 ? (int64_t)1 << (right_shift - 1) : 0;
    const int64_t size = multiplier < 0 ? -(int64_t)multiplier : multiplier;
    return size * -INT16_MIN + half <= INT32_MAX;
}

bool kl_sigmoid_s16_check(const struct kl_sigmoid_s16 *p, struct kl_check *check)
{
    return kl_check_rounded_product(p->multiplier, p->right_shift) &&
           kl_check_constant(check, p->table, KL_LOGISTIC_ENTRIES, 2) &&
           kl_check_unary(check, p->width, 2, 2);
}

bool kl_softmax_f32_check(const struct kl_softmax_f32 *p, struct kl_check *check)
{
    return kl_check_unary(check, p->width, 4, 4);
}

/* The largest element contributes, no difference leaves int32 when it is widened, and none becomes
 * positive because an element was overwritten before it was read. */
bool kl_softmax_s8_check(const struct kl_softmax_s8 *p, struct kl_check *check)
{
    enum { MAX_WIDTH = 4095, LARGEST_DIFFERENCE = 255 };
    const bool wide = check->kernel == KL_KERNEL_SOFTMAX_S8_S16;
    if (!kl_check_unary(check, p->width, 1, wide ? 2 : 1) || p->width > MAX_WIDTH ||
        p->multiplier < 0 || !kl_check_multiplier(p->multiplier, p->left_shift) ||
        p->diff_min > 0) {
        return false;
    }
    const int64_t difference =
        p->diff_min > -LARGEST_DIFFERENCE ? -(int64_t)p->diff_min : LARGEST_DIFFERENCE;
    return (wide ? kl_check_apart(check, 0, check->inputs) : kl_check_read_first(check, 0)) &&
           (p->left_shift <= 0 || difference <= (int64_t)1 << (31 - p->left_shift));
}

/* No exponential is negative, and that of 0, which is part of each sum, is 2 or more: so a sum has
 * its highest bit at 2^1 .. 2^30. */
static bool exponentials_add_up(const int16_t *exp)
{
    for (int32_t i = 0; i < KL_TABLE_S16_ENTRIES; i++) {
        if (exp[i] < 0) {
            return false;
        }
    }
    return kl_table_s16(exp, INT16_MAX) >= 2;
}

bool kl_softmax_s16_check(const struct kl_softmax_s16 *p, struct kl_check *check)
{
    enum { MAX_SHIFT = 15 }; /* no difference of int16 leaves int32 when it is widened */
    return kl_check_unary(check, p->width, 2, 2) && p->width <= UINT16_MAX &&
           kl_check_read_first(check, 0) && p->multiplier >= 0 &&
           kl_check_multiplier(p->multiplier, p->shift) && p->shift <= MAX_SHIFT &&
           kl_check_constant(check, p->exp, KL_TABLE_S16_ENTRIES, 2) &&
           kl_check_constant(check, p->reciprocal, KL_TABLE_S16_ENTRIES, 2) &&
           exponentials_add_up(p->exp);
}

/* The sum of squares fits. */
bool kl_l2_normalise_check(const struct kl_l2_normalise *p, struct kl_check *check)
{
    const bool is_float = check->kernel == KL_KERNEL_L2_NORMALISE_F32;
    const uint32_t bytes = is_float ? 4 : 1;
    return (is_float || (p->width <= INT32_MAX / (255 * 255) && kl_fits(p->in_zero_point, 1))) &&
           kl_check_unary(check, p->width, bytes, bytes);
}

bool kl_log_softmax_s8_check(const struct kl_log_softmax_s8 *p, struct kl_check *check)
{
    return kl_softmax_s8_check(&p->softmax, check) && p->softmax.diff_min > INT32_MIN &&
           kl_check_multiplier(p->reverse_multiplier, p->reverse_shift);
}
