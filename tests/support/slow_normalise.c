/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LOG_SOFTMAX and L2_NORMALIZATION. int8 results: log_softmax.h and l2normalization.h of TFLM's
 * reference kernels, with the logarithm and the inverse root of its kernels/internal/common.h.
 */
#include <math.h>

#include "slow_fixed.h"
#include "slow_ops.h"

/* Products and sums of Q0.31, and the shift that saturates. */
static int64_t times(int64_t a, int64_t b)
{
    return slow_high_mul(a, b, 32);
}

static int64_t shifted(int64_t x, int32_t n)
{
    return slow_clamp(x * ((int64_t)1 << n), INT32_MIN, INT32_MAX);
}

/* How often x can be doubled before its value does not fit 31 bits. */
static int32_t headroom(int64_t x)
{
    int32_t n = 0;
    while (x << (n + 1) < (int64_t)1 << 31) {
        n++;
    }
    return n;
}

/* A constant of Q0.31. */
static int64_t q31(double x)
{
    return llround(x * 2147483648.0);
}

/* log(x), x in Q12.19, the result in Q5.26; powers of two and a fraction near sqrt(sqrt(1/2)). */
static int64_t fixed_log(int64_t x)
{
    double root = sqrt(sqrt(2.0)), half_root = sqrt(sqrt(0.5));
    int32_t whole = headroom(x), half = headroom(times(x, q31(sqrt(0.5))));
    int64_t r_whole = shifted(times(shifted(x, whole), q31(sqrt(0.5))), 1);
    int64_t r_half = shifted(x, half);
    int64_t quarter = (int64_t)1 << 23;
    int64_t n_whole = (11 - whole) * ((int64_t)1 << 25) + quarter;
    int64_t n_half = (12 - half) * ((int64_t)1 << 25) - quarter;
    int64_t r = r_whole < r_half ? r_whole : r_half, n = n_whole > n_half ? n_whole : n_half;
    int64_t p = (r + q31(half_root) + 1) / 2, q = 2 * (r - q31(half_root)), square = times(q, q);
    int64_t above = times(q, r) + times(times(q, square), q31(11.0 / 240.0 * root));
    int64_t below = times(p, q31(2.0 / root - root) + q + times(q31(1.0 / 20.0 * root), square)) +
                    times(q31(0.25 * root), q);
    int64_t fraction = times(slow_divide_pot(above, 6), slow_one_over_one_plus(below));
    return shifted(times(n, q31(log(2.0))) + fraction, 1);
}

static void log_softmax_int(const struct slow_op *o, int64_t row, int32_t width)
{
    struct slow_scale scale =
        slow_scale_of((double)slow_tensor_scale(&o->in[0], 0) * (double)(1 << 26));
    int64_t radius = (int64_t)floor(31.0 * (1 << 26) / (double)((int64_t)1 << scale.shift));
    struct slow_scale back = slow_scale_of(ldexp(1.0, 31 - scale.shift) / (double)scale.multiplier);
    int64_t largest = INT8_MIN, sum = 0;
    for (int64_t i = row * width; i < (row + 1) * width; i++) {
        int64_t x = slow_get(&o->in[0], i);
        largest = x > largest ? x : largest;
    }
    for (int64_t i = row * width; i < (row + 1) * width; i++) {
        int64_t difference = slow_get(&o->in[0], i) - largest;
        if (difference >= -radius) {
            sum += slow_divide_pot(slow_exp(slow_rescale(difference, scale), 5), 12);
        }
    }
    int64_t log_sum = fixed_log(sum), least = slow_rescale(INT32_MIN + log_sum, back);
    least = least < -radius - 1 ? -radius - 1 : least;
    for (int64_t i = row * width; i < (row + 1) * width; i++) {
        int64_t difference = slow_get(&o->in[0], i) - largest;
        int64_t y = INT8_MIN;
        if (difference > least) {
            y = slow_divide_pot(slow_rescale(difference, scale) - log_sum, 22) + 127;
        }
        slow_put(&o->out[0], i, slow_saturate(&o->out[0], y));
    }
}

static void log_softmax_float(const struct slow_op *o, int64_t row, int32_t width)
{
    double sum = 0, largest = -1e30;
    for (int64_t i = row * width; i < (row + 1) * width; i++) {
        largest = fmax(largest, (double)slow_getf(&o->in[0], i));
    }
    for (int64_t i = row * width; i < (row + 1) * width; i++) {
        sum += exp((double)slow_getf(&o->in[0], i) - largest);
    }
    for (int64_t i = row * width; i < (row + 1) * width; i++) {
        slow_putf(&o->out[0], i, (float)((double)slow_getf(&o->in[0], i) - largest - log(sum)));
    }
}

void slow_log_softmax(const struct slow_op *o)
{
    int32_t width = slow_dim_back(&o->in[0], -1);
    for (int64_t row = 0; row < slow_elements(&o->in[0]) / width; row++) {
        if (slow_is_float(&o->in[0])) {
            log_softmax_float(o, row, width);
        } else {
            log_softmax_int(o, row, width);
        }
    }
}

/* x / sqrt(norm) * 2^7, by the factor that approximates 1 / sqrt(norm). */
static int64_t over_root(int64_t x, int64_t norm)
{
    struct slow_scale factor = {INT32_MAX, 0};
    if (norm > 1) {
        int32_t fourths = 0;
        int64_t scaled = norm;
        for (; scaled >= (int64_t)1 << 29; fourths--) {
            scaled /= 4;
        }
        for (; scaled < (int64_t)1 << 27; fourths++) {
            scaled *= 4;
        }
        int64_t value = scaled / 2, y = (int64_t)1 << 28;
        for (int32_t step = 0; step < 5; step++) {
            int64_t cube = shifted(times(times(y, y), y), 6);
            int64_t three_halves = (int64_t)3 << 27;
            y = shifted(times(three_halves, y) - times(slow_divide_pot(value, 1), cube), 3);
        }
        factor.multiplier = times(y, q31(sqrt(2.0) / 2.0));
        factor.shift = fourths - 11;
        if (factor.shift > 0) {
            factor.multiplier <<= factor.shift;
            factor.shift = 0;
        }
    }
    factor.shift += 7;
    return slow_rescale(x, factor);
}

static void l2_int(const struct slow_op *o, int64_t row, int32_t width)
{
    int64_t norm = 0, zero = slow_zero_point(&o->in[0]);
    for (int64_t i = row * width; i < (row + 1) * width; i++) {
        norm += (slow_get(&o->in[0], i) - zero) * (slow_get(&o->in[0], i) - zero);
    }
    for (int64_t i = row * width; i < (row + 1) * width; i++) {
        int64_t y = over_root(slow_get(&o->in[0], i) - zero, norm);
        slow_put(&o->out[0], i, slow_saturate(&o->out[0], y));
    }
}

static void l2_float(const struct slow_op *o, int64_t row, int32_t width)
{
    float norm = 0.0f;
    for (int64_t i = row * width; i < (row + 1) * width; i++) {
        norm += slow_getf(&o->in[0], i) * slow_getf(&o->in[0], i);
    }
    norm = fmaxf(sqrtf(norm), 1e-6f);
    for (int64_t i = row * width; i < (row + 1) * width; i++) {
        slow_putf(&o->out[0], i, slow_getf(&o->in[0], i) / norm);
    }
}

void slow_l2_normalise(const struct slow_op *o)
{
    int32_t width = slow_dim_back(&o->in[0], -1);
    for (int64_t row = 0; row < slow_elements(&o->in[0]) / width; row++) {
        if (slow_is_float(&o->in[0])) {
            l2_float(o, row, width);
        } else {
            l2_int(o, row, width);
        }
    }
}
