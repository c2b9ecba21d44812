/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of kernels that work element by element. */
#include "nn/pack/check.h"

bool kl_check_binary(struct kl_check *check, const struct kl_elementwise *ew, uint32_t in_bytes,
                     uint32_t out_bytes)
{
    for (uint32_t i = 0; i < 2; i++) {
        const uint32_t elements = kl_elements_reached(ew->dim, ew->step[i], 3);
        /* What lies behind the last element of a line: its address is made, but not used. */
        if (kl_times((uint32_t)ew->step[i][2], in_bytes) > KL_PACK_MAX_BYTES ||
            !kl_check_in(check, i, kl_out_rows(check), kl_times(elements, in_bytes), in_bytes)) {
            return false;
        }
    }
    return kl_check_out(check, 0, kl_times(kl_volume(ew->dim, 3), out_bytes), out_bytes);
}

/* The same with elements of one type. */
static bool check_binary(struct kl_check *check, const struct kl_elementwise *ew,
                         uint32_t elem_bytes)
{
    return kl_check_binary(check, ew, elem_bytes, elem_bytes);
}

static bool zero_points_fit(const int32_t zero_point[2], uint32_t bytes)
{
    return kl_fits(zero_point[0], bytes) && kl_fits(zero_point[1], bytes);
}

bool kl_add_linear_s8_check(const struct kl_add_linear_s8 *p, struct kl_check *check)
{
    return kl_within(p->shift, 0, 31) && kl_check_limits(0, p->min, p->max, 1) &&
           check_binary(check, &p->ew, 1);
}

/* Of ADD, SUB and SQUARED_DIFFERENCE, which wraps where a sum must fit. */
bool kl_add_s8_check(const struct kl_add_s8 *p, struct kl_check *check)
{
    const uint32_t bytes = kl_integer_bytes(check);
    const bool squares = check->kernel == KL_KERNEL_SQUARED_DIFFERENCE_S8 ||
                         check->kernel == KL_KERNEL_SQUARED_DIFFERENCE_S16;
    for (int32_t i = 0; i < 2; i++) {
        if (!kl_check_multiplier(p->multiplier[i], p->shift[i]) || p->shift[i] > 0) {
            return false;
        }
    }
    return check_binary(check, &p->ew, bytes) && zero_points_fit(p->zero_point, bytes) &&
           kl_within(p->sign, -1, 1) && kl_within(p->left_shift, 0, bytes == 1 ? 20 : 15) &&
           kl_check_multiplier(p->out_multiplier, p->out_shift) && (squares || p->out_shift <= 0) &&
           kl_check_limits(p->out_zero_point, p->min, p->max, bytes);
}

/* Products of int16 fit int32 only without zero points. */
static bool factors_fit(const int32_t zero_point[2], uint32_t bytes)
{
    return bytes == 1 ? zero_points_fit(zero_point, 1) : zero_point[0] == 0 && zero_point[1] == 0;
}

bool kl_mul_s8_check(const struct kl_mul_s8 *p, struct kl_check *check)
{
    const uint32_t bytes = kl_integer_bytes(check);
    return check_binary(check, &p->ew, bytes) && factors_fit(p->zero_point, bytes) &&
           kl_check_multiplier(p->out_multiplier, p->out_shift) &&
           kl_check_limits(p->out_zero_point, p->min, p->max, bytes);
}

bool kl_prelu_s8_check(const struct kl_prelu_s8 *p, struct kl_check *check)
{
    return check_binary(check, &p->ew, 1) && zero_points_fit(p->zero_point, 1) &&
           kl_check_multiplier(p->pos_multiplier, p->pos_shift) &&
           kl_check_multiplier(p->neg_multiplier, p->neg_shift) &&
           kl_check_limits(p->out_zero_point, INT8_MIN, INT8_MAX, 1);
}

bool kl_binary_f32_check(const struct kl_binary_f32 *p, struct kl_check *check)
{
    return check_binary(check, &p->ew, 4);
}

bool kl_prelu_f32_check(const struct kl_prelu_f32 *p, struct kl_check *check)
{
    return check_binary(check, &p->ew, 4);
}

bool kl_check_unary(struct kl_check *check, int32_t width, uint32_t in_bytes, uint32_t out_bytes)
{
    return width >= 1 &&
           kl_check_in(check, 0, kl_out_rows(check), kl_times((uint32_t)width, in_bytes),
                       in_bytes) &&
           kl_check_out(check, 0, kl_times((uint32_t)width, out_bytes), out_bytes);
}

bool kl_unary_f32_check(const struct kl_unary_f32 *p, struct kl_check *check)
{
    return kl_check_unary(check, p->width, 4, 4);
}

bool kl_lookup_s8_check(const struct kl_lookup_s8 *p, struct kl_check *check)
{
    return kl_check_unary(check, p->width, 1, 1) && kl_check_constant(check, p->table, 256, 1);
}

bool kl_quantize_f32_s8_check(const struct kl_quantize_f32_s8 *p, struct kl_check *check)
{
    const uint32_t bytes = kl_integer_bytes(check);
    return kl_check_unary(check, p->width, 4, bytes) && kl_fits(p->zero_point, bytes);
}

bool kl_dequantize_s8_f32_check(const struct kl_dequantize_s8_f32 *p, struct kl_check *check)
{
    const uint32_t bytes = kl_integer_bytes(check);
    return kl_check_unary(check, p->width, bytes, 4) && kl_fits(p->zero_point, bytes);
}

/* Every input element is reduced at most once: that bounds the time. */
bool kl_check_reduce(struct kl_check *check, const struct kl_reduce *rd, uint32_t in_bytes,
                     uint32_t out_bytes)
{
    const uint32_t outputs = kl_volume(rd->out_dim, 3), reduced = kl_volume(rd->red_dim, 3);
    const uint32_t firsts = kl_elements_reached(rd->out_dim, rd->out_step, 3);
    const uint32_t of_one = kl_elements_reached(rd->red_dim, rd->red_step, 3);
    if (firsts > KL_PACK_MAX_BYTES || of_one > KL_PACK_MAX_BYTES) {
        return false;
    }
    const uint32_t elements = firsts + of_one - 1;
    return kl_times(outputs, reduced) <= elements && rd->out_step[2] <= KL_PACK_MAX_BYTES &&
           rd->red_step[2] <= KL_PACK_MAX_BYTES && kl_out_rows(check) == 1 &&
           kl_check_in(check, 0, 1, kl_times(elements, in_bytes), in_bytes) &&
           kl_check_out(check, 0, kl_times(outputs, out_bytes), out_bytes);
}

bool kl_mean_s8_check(const struct kl_mean_s8 *p, struct kl_check *check)
{
    enum { LARGEST_SUM = 1 << 30 };
    const uint32_t bytes = kl_integer_bytes(check);
    return kl_check_reduce(check, &p->rd, bytes, bytes) &&
           kl_volume(p->rd.red_dim, 3) <= (bytes == 1 ? LARGEST_SUM / 128 : LARGEST_SUM / 32768) &&
           kl_within(p->in_zero_point_sum, -LARGEST_SUM + 1, LARGEST_SUM - 1) &&
           kl_check_multiplier(p->multiplier, p->shift) && kl_fits(p->out_zero_point, bytes);
}

bool kl_mean_f32_check(const struct kl_mean_f32 *p, struct kl_check *check)
{
    return kl_check_reduce(check, &p->rd, 4, 4);
}
