/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pools, means and softmax. int8 results: integer_ops/pooling.h, reduce.h (quantised mean)
 * and softmax.h of TFLM's reference kernels.
 */
#include <float.h>
#include <math.h>

#include "slow_fixed.h"
#include "slow_ops.h"

/* The pixels of one window that lie inside the image. */
struct window {
    int32_t y0, y1, x0, x1; /* half open */
};

static void clip_window(int32_t padding, int32_t in, int32_t out, int32_t filter, int32_t stride,
                        int32_t at, int32_t *from, int32_t *to)
{
    int32_t covered = (out - 1) * stride + filter;
    int32_t before = padding == KT_SAME && covered > in ? (covered - in) / 2 : 0;
    int32_t first = at * stride - before;
    *from = first < 0 ? 0 : first;
    *to = first + filter > in ? in : first + filter;
}

static struct window window_at(const struct slow_op *o, const int32_t at[SLOW_MAX_RANK])
{
    const struct kt_options *p = &o->op->options;
    const int32_t *in = o->in[0].tensor->dim, *out = o->out[0].tensor->dim;
    struct window w;
    clip_window(p->padding, in[1], out[1], p->filter_h, p->stride_h, at[1], &w.y0, &w.y1);
    clip_window(p->padding, in[2], out[2], p->filter_w, p->stride_w, at[2], &w.x0, &w.x1);
    return w;
}

/* Half away from zero. */
static int64_t divide_rounded(int64_t sum, int64_t count)
{
    return sum >= 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

static void pool_int(const struct slow_op *o, int64_t i, const int32_t at[SLOW_MAX_RANK], bool max)
{
    struct window w = window_at(o, at);
    int64_t sum = 0, largest = INT16_MIN, low, high;
    for (int32_t y = w.y0; y < w.y1; y++) {
        for (int32_t x = w.x0; x < w.x1; x++) {
            int64_t v = slow_get(&o->in[0], slow_at4(&o->in[0], at[0], y, x, at[3]));
            sum += v;
            largest = v > largest ? v : largest;
        }
    }
    int64_t count = (int64_t)(w.y1 - w.y0) * (w.x1 - w.x0);
    slow_int_range(o->op->options.activation, &o->out[0], &low, &high);
    slow_put(&o->out[0], i, slow_clamp(max ? largest : divide_rounded(sum, count), low, high));
}

static void pool_float(const struct slow_op *o, int64_t i, const int32_t at[SLOW_MAX_RANK],
                       bool max)
{
    struct window w = window_at(o, at);
    float sum = 0.0f, largest = -FLT_MAX, low, high;
    for (int32_t y = w.y0; y < w.y1; y++) {
        for (int32_t x = w.x0; x < w.x1; x++) {
            float v = slow_getf(&o->in[0], slow_at4(&o->in[0], at[0], y, x, at[3]));
            sum += v;
            largest = v > largest ? v : largest;
        }
    }
    float count = (float)((w.y1 - w.y0) * (w.x1 - w.x0));
    slow_float_range(o->op->options.activation, &low, &high);
    slow_putf(&o->out[0], i, slow_clampf(max ? largest : sum / count, low, high));
}

static void pool(const struct slow_op *o, bool max)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t at[SLOW_MAX_RANK] = {0};
        slow_coordinates(&o->out[0], i, at);
        if (slow_is_float(&o->in[0])) {
            pool_float(o, i, at, max);
        } else {
            pool_int(o, i, at, max);
        }
    }
}

void slow_l2_pool(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t at[SLOW_MAX_RANK] = {0};
        float sum = 0.0f, low, high;
        slow_coordinates(&o->out[0], i, at);
        struct window w = window_at(o, at);
        for (int32_t y = w.y0; y < w.y1; y++) {
            for (int32_t x = w.x0; x < w.x1; x++) {
                float v = slow_getf(&o->in[0], slow_at4(&o->in[0], at[0], y, x, at[3]));
                sum += v * v;
            }
        }
        float root = sqrtf(sum / (float)((w.y1 - w.y0) * (w.x1 - w.x0)));
        slow_float_range(o->op->options.activation, &low, &high);
        slow_putf(&o->out[0], i, slow_clampf(root, low, high));
    }
}

void slow_average_pool(const struct slow_op *o)
{
    pool(o, false);
}

void slow_max_pool(const struct slow_op *o)
{
    pool(o, true);
}

/* Which dimensions are reduced; returns the number of reduced elements per output. */
static int64_t reduced_axes(const struct slow_op *o, bool reduced[SLOW_MAX_RANK])
{
    int64_t count = 1;
    for (int64_t i = 0; i < slow_elements(&o->in[1]); i++) {
        int32_t axis = slow_axis((int32_t)slow_get(&o->in[1], i), o->in[0].tensor->rank);
        count *= reduced[axis] ? 1 : o->in[0].tensor->dim[axis];
        reduced[axis] = true;
    }
    return count;
}

/* Whether input element `i` belongs to output element `out`: equal unreduced coordinates. */
static bool belongs(const struct slow_op *o, const bool reduced[SLOW_MAX_RANK], int64_t i,
                    int64_t out)
{
    int32_t at[SLOW_MAX_RANK] = {0};
    int64_t index = 0;
    slow_coordinates(&o->in[0], i, at);
    for (int32_t d = 0; d < o->in[0].tensor->rank; d++) {
        index = reduced[d] ? index : index * o->in[0].tensor->dim[d] + at[d];
    }
    return index == out;
}

/* The factor 1/count goes into the multiplier, truncated. */
static struct slow_scale mean_scale(const struct slow_op *o, int64_t count)
{
    struct slow_scale scale = slow_scale_of((double)slow_tensor_scale(&o->in[0], 0) /
                                            (double)slow_tensor_scale(&o->out[0], 0));
    int32_t shift = 0;
    while (((int64_t)2 << shift) <= count) {
        shift++;
    }
    shift = shift > 32 ? 32 : shift;
    shift = shift > 31 + scale.shift ? 31 + scale.shift : shift;
    scale.multiplier = (scale.multiplier << shift) / count;
    scale.shift -= shift;
    return scale;
}

void slow_mean(const struct slow_op *o)
{
    bool reduced[SLOW_MAX_RANK] = {false};
    int64_t count = reduced_axes(o, reduced);
    for (int64_t out = 0; out < slow_elements(&o->out[0]); out++) {
        int64_t sum = 0;
        float sumf = 0.0f;
        for (int64_t i = 0; i < slow_elements(&o->in[0]); i++) {
            if (!belongs(o, reduced, i, out)) {
                continue;
            }
            if (slow_is_float(&o->in[0])) {
                sumf += slow_getf(&o->in[0], i);
            } else {
                sum += slow_get(&o->in[0], i) - slow_zero_point(&o->in[0]);
            }
        }
        if (slow_is_float(&o->in[0])) {
            slow_putf(&o->out[0], out, sumf / (float)count);
        } else {
            int64_t y = slow_rescale(sum, mean_scale(o, count)) + slow_zero_point(&o->out[0]);
            slow_put(&o->out[0], out, slow_saturate(&o->out[0], y));
        }
    }
}

static void softmax_float(const struct slow_op *o, int64_t first, int32_t width)
{
    double beta = (double)o->op->options.beta, sum = 0.0, largest = -DBL_MAX;
    for (int64_t i = first; i < first + width; i++) {
        largest = fmax(largest, (double)slow_getf(&o->in[0], i));
    }
    for (int64_t i = first; i < first + width; i++) {
        sum += exp(((double)slow_getf(&o->in[0], i) - largest) * beta);
    }
    for (int64_t i = first; i < first + width; i++) {
        double e = exp(((double)slow_getf(&o->in[0], i) - largest) * beta);
        slow_putf(&o->out[0], i, (float)(e / sum));
    }
}

/* exp(scale*diff) in Q0.31; 0 when the difference is out of the fixed-point range. */
static int64_t softmax_exp(const struct slow_op *o, int64_t diff)
{
    double real =
        (double)slow_tensor_scale(&o->in[0], 0) * (double)o->op->options.beta * (double)(1 << 26);
    struct slow_scale scale = slow_scale_of(fmin(real, 2147483647.0));
    double radius = floor(31.0 * (double)(1 << 26) / ldexp(1.0, scale.shift));
    return (double)diff < -radius ? -1 : slow_exp(slow_rescale(diff, scale), 5);
}

static void softmax_int(const struct slow_op *o, int64_t first, int32_t width)
{
    int64_t largest = INT16_MIN, sum = 0;
    for (int64_t i = first; i < first + width; i++) {
        int64_t v = slow_get(&o->in[0], i);
        largest = v > largest ? v : largest;
    }
    for (int64_t i = first; i < first + width; i++) {
        int64_t e = softmax_exp(o, slow_get(&o->in[0], i) - largest);
        sum += e < 0 ? 0 : slow_divide_pot(e, 12);
    }
    /* sum (Q12.19) = (1 + fraction) * 2^exponent; its reciprocal is 1/(1+fraction), shifted. */
    int32_t top = 31;
    while (!(sum >> top)) {
        top--;
    }
    int64_t fraction = (sum << (31 - top)) - ((int64_t)1 << 31);
    int64_t reciprocal = slow_one_over_one_plus(fraction);
    int32_t bits = o->out[0].tensor->type == KT_I16 ? 16 : 8;
    for (int64_t i = first; i < first + width; i++) {
        int64_t e = softmax_exp(o, slow_get(&o->in[0], i) - largest), y = 0;
        if (e >= 0) {
            y = slow_divide_pot(slow_high_mul(reciprocal, e, 32), top - 19 + 31 - bits);
        }
        slow_put(&o->out[0], i, slow_saturate(&o->out[0], y + slow_zero_point(&o->out[0])));
    }
}

/* Value at `x` of straight lines through 513 points. A point is a function of the inputs -32768,
 * -32640 .. 32767 * `scale` in Q0.15, moved by half of the error in the middle of its line. */
static int64_t lines(float (*f)(float), float scale, float first, int64_t x)
{
    float step = scale * 65535.0f / 512.0f;
    int64_t at = slow_clamp(x, INT16_MIN, INT16_MAX) + 32768, point[2];
    float q15 = 65536.0f / (2.0f / 65535.0f * 32767.0f - 2.0f / 65535.0f * -32768.0f);
    for (int32_t k = 0; k < 2; k++) {
        float i = (float)(at / 128 + k), value = roundf(f(first + i * step) * q15);
        float middle = roundf(f(first + i * step + step / 2.0f) * q15);
        float next = f(first + (i + 1.0f) * step) * q15;
        float error = roundf((roundf((next + value) / 2.0f) - middle) / 2.0f);
        point[k] = slow_clamp((int64_t)(value - (i < 512.0f ? error : 0.0f)), INT16_MIN, INT16_MAX);
    }
    return point[0] + (int64_t)floor((double)((point[1] - point[0]) * (at % 128) + 64) / 128.0);
}

static float exp_f32(float x)
{
    return (float)exp((double)x);
}

static float reciprocal_f32(float x)
{
    return 1.0f / (1.0f + x);
}

static int64_t softmax_exp16(const struct slow_op *o, int64_t diff)
{
    double scale = (double)slow_tensor_scale(&o->in[0], 0) * (double)o->op->options.beta;
    int64_t on = slow_rescale(diff, slow_scale_of(scale / (10.0 / 65535.0)));
    float ten = 10.0f / 65535.0f;
    return lines(exp_f32, ten, ten * -65535.0f, on + 32767);
}

static void softmax_int16(const struct slow_op *o, int64_t first, int32_t width)
{
    int64_t largest = INT16_MIN, sum = 0;
    int32_t top = 0;
    for (int64_t i = first; i < first + width; i++) {
        int64_t v = slow_get(&o->in[0], i);
        largest = v > largest ? v : largest;
    }
    for (int64_t i = first; i < first + width; i++) {
        sum += softmax_exp16(o, slow_get(&o->in[0], i) - largest);
    }
    while (sum >> (top + 1)) {
        top++;
    }
    /* The sum in 1 .. 2 as Q0.16 without its one, to the nearest. */
    int64_t fraction = (sum * ((int64_t)1 << (30 - top)) + 8192) / 16384 - 65536;
    int64_t reciprocal = lines(reciprocal_f32, 1.0f / 65535.0f, 0.0f, fraction - 32768);
    for (int64_t i = first; i < first + width; i++) {
        int64_t e = softmax_exp16(o, slow_get(&o->in[0], i) - largest);
        int64_t y = (e * reciprocal + ((int64_t)1 << (top - 1))) >> top;
        slow_put(&o->out[0], i, slow_clamp(y, 0, INT16_MAX));
    }
}

void slow_softmax(const struct slow_op *o)
{
    int32_t width = slow_dim_back(&o->in[0], -1);
    for (int64_t first = 0; first < slow_elements(&o->in[0]); first += width) {
        if (slow_is_float(&o->in[0])) {
            softmax_float(o, first, width);
        } else if (o->in[0].tensor->type == KT_I16) {
            softmax_int16(o, first, width);
        } else {
            softmax_int(o, first, width);
        }
    }
}
