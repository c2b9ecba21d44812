/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of one element. int8 results: TFLM's activations_common.cc, leaky_relu.h,
 * integer_ops/{logistic,tanh}.h, hard_swish.h, quantize.h, requantize.h.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "slow_fixed.h"
#include "slow_ops.h"

/* Double functions: the compared results carry a tolerance. */
typedef double real_fn(double x, double parameter);
/* From a zero-based input value to the output value before clamping. */
typedef int64_t int_fn(const struct slow_op *o, int64_t x);

static void map_real(const struct slow_op *o, real_fn *f, double parameter)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        slow_putf(&o->out[0], i, (float)f((double)slow_getf(&o->in[0], i), parameter));
    }
}

static void map_int(const struct slow_op *o, int_fn *f)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t y = f(o, slow_get(&o->in[0], i) - slow_zero_point(&o->in[0]));
        slow_put(&o->out[0], i, slow_saturate(&o->out[0], y));
    }
}

static double clamp_real(double x, double high)
{
    return x < 0.0 ? 0.0 : (x > high ? high : x);
}

/* scale(in)/scale(out), in double. */
static double ratio(const struct slow_op *o)
{
    return (double)slow_tensor_scale(&o->in[0], 0) / (double)slow_tensor_scale(&o->out[0], 0);
}

static int64_t relu_int(const struct slow_op *o, int64_t x)
{
    int64_t zero = slow_zero_point(&o->out[0]);
    int64_t y = slow_rescale(x, slow_scale_of(ratio(o))) + zero;
    return y < zero ? zero : y;
}

void slow_relu(const struct slow_op *o)
{
    if (slow_is_float(&o->in[0])) {
        map_real(o, clamp_real, (double)FLT_MAX);
    } else {
        map_int(o, relu_int);
    }
}

/* The reference clamps without changing the scale: input and output must be quantised alike. */
static int64_t relu6_int(const struct slow_op *o, int64_t x)
{
    int64_t zero = slow_zero_point(&o->in[0]);
    int64_t six = slow_saturate(&o->in[0], zero + llroundf(6.0f / slow_tensor_scale(&o->in[0], 0)));
    return slow_clamp(x + zero, zero, six);
}

void slow_relu6(const struct slow_op *o)
{
    if (slow_is_float(&o->in[0])) {
        map_real(o, clamp_real, 6.0);
    } else {
        map_int(o, relu6_int);
    }
}

static int64_t leaky_relu_int(const struct slow_op *o, int64_t x)
{
    float in = slow_tensor_scale(&o->in[0], 0), out = slow_tensor_scale(&o->out[0], 0);
    float factor = x >= 0 ? in / out : in * o->op->options.alpha / out;
    return slow_rescale(x, slow_scale_of((double)factor)) + slow_zero_point(&o->out[0]);
}

void slow_leaky_relu(const struct slow_op *o)
{
    if (!slow_is_float(&o->in[0])) {
        map_int(o, leaky_relu_int);
        return;
    }
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        float x = slow_getf(&o->in[0], i);
        slow_putf(&o->out[0], i, x > 0.0f ? x : x * o->op->options.alpha);
    }
}

/* The input in Q4.27, and the distance from zero beyond which the function is flat. */
static int64_t to_q4(const struct slow_op *o, int64_t x, bool *flat)
{
    struct slow_scale scale =
        slow_scale_of((double)slow_tensor_scale(&o->in[0], 0) * (double)(1 << 27));
    double radius = floor(15.0 * (double)(1 << 27) / ldexp(1.0, scale.shift));
    *flat = fabs((double)x) >= radius;
    return *flat ? 0 : slow_rescale(x, scale);
}

static int64_t logistic_int(const struct slow_op *o, int64_t x)
{
    bool flat = false;
    int64_t q4 = to_q4(o, x, &flat);
    if (flat) {
        return x < 0 ? -128 : 127;
    }
    int64_t y = slow_one_over_one_plus(slow_exp(q4 < 0 ? q4 : -q4, 4));
    if (q4 == 0) {
        y = (int64_t)1 << 30;
    } else if (q4 < 0) {
        y = INT32_MAX - y;
    }
    return slow_divide_pot(y, 23) - 128;
}

/* The logistic function of |x| * 2^-bits / 24 in Q0.(16 + bits): straight lines between 256 values,
 * the last of which stands for everything beyond. `x` counts 1 / (3 * 4096). */
static int64_t table_line(int64_t x, int32_t bits, int64_t beyond)
{
    int64_t size = x < 0 ? -x : x, unit = (int64_t)1 << bits, index = size / unit;
    if (index >= 255) {
        return beyond;
    }
    int64_t a = llround(65536.0 / (1.0 + exp(-(double)index / 24.0)));
    int64_t b = llround(65536.0 / (1.0 + exp(-(double)(index + 1) / 24.0)));
    a = a > 65535 ? 65535 : a;
    b = b > 65535 ? 65535 : b;
    return a * unit + size % unit * (b - a);
}

/* The input on the scale 1 / (3 * 4096): exact for scales 2^-12 (and for TANH 2^-11), else by a
 * factor of 15 bits that is cut off, and rounded. */
static int64_t on_table(const struct slow_op *o, int64_t x, bool is_tanh)
{
    double scale = (double)slow_tensor_scale(&o->in[0], 0), factor = scale * 4096.0 * 3.0;
    int32_t shift = 0;
    if (scale == ldexp(1.0, -12) || (is_tanh && scale == ldexp(1.0, -11))) {
        return x * (int64_t)factor;
    }
    while (factor <= 32767.0 / 2.0) {
        factor *= 2.0;
        shift++;
    }
    int64_t half = shift > 0 ? (int64_t)1 << (shift - 1) : 0;
    return (int64_t)floor((double)(x * (int64_t)factor + half) / ldexp(1.0, shift));
}

int64_t slow_logistic_on_table(int64_t on)
{
    int64_t line = table_line(on, 9, (int64_t)0x7fff << 10);
    int64_t fine = on >= 0 ? line + 512 : ((int64_t)1 << 25) - line + 511;
    return (int64_t)floor((double)fine / 1024.0);
}

int64_t slow_tanh_on_table(int64_t on)
{
    int64_t line = table_line(on, 8, (int64_t)0xffff << 8);
    int64_t fine = on >= 0 ? line - 8388608 + 128 : 8388608 - line + 127;
    return (int64_t)floor((double)fine / 256.0);
}

static int64_t logistic_int16(const struct slow_op *o, int64_t x)
{
    return slow_logistic_on_table(on_table(o, x, false));
}

static int64_t tanh_int16(const struct slow_op *o, int64_t x)
{
    return slow_tanh_on_table(on_table(o, x, true));
}

static double logistic_real(double x, double unused)
{
    (void)unused;
    return 1.0 / (1.0 + exp(-x));
}

void slow_logistic(const struct slow_op *o)
{
    if (slow_is_float(&o->in[0])) {
        map_real(o, logistic_real, 0.0);
    } else {
        map_int(o, o->in[0].tensor->type == KT_I16 ? logistic_int16 : logistic_int);
    }
}

static int64_t tanh_int(const struct slow_op *o, int64_t x)
{
    bool flat = false;
    int64_t q4 = to_q4(o, x, &flat);
    if (flat) {
        return x < 0 ? -128 : 127;
    }
    if (q4 == 0) {
        return 0;
    }
    /* tanh(|x|) = (1-e)/(1+e) with e = exp(-2|x|): the same bits read as Q5.26 are twice x. */
    int64_t y = slow_one_minus_over_one_plus(slow_exp(q4 < 0 ? q4 : -q4, 5));
    return slow_divide_pot(q4 < 0 ? -y : y, 24);
}

static double tanh_real(double x, double unused)
{
    (void)unused;
    return tanh(x);
}

void slow_tanh(const struct slow_op *o)
{
    if (slow_is_float(&o->in[0])) {
        map_real(o, tanh_real, 0.0);
    } else {
        map_int(o, o->in[0].tensor->type == KT_I16 ? tanh_int16 : tanh_int);
    }
}

/* A 31 bit multiplier rounded to 15 bits. */
static int64_t short_multiplier(int64_t multiplier)
{
    int64_t rounded = (multiplier + 32768) >> 16;
    return rounded > INT16_MAX ? INT16_MAX : rounded;
}

static int64_t saturate16(int64_t x)
{
    return slow_clamp(x, INT16_MIN, INT16_MAX);
}

/* (clamp(x,-3,3)+3)/6 as a 16 bit fraction of 1 (Q0.15). */
static int64_t relu_like(int64_t hires, float hires_scale)
{
    struct slow_scale scale = slow_scale_of((double)(hires_scale / (3.0f / 32768.0f)));
    int64_t x = hires;
    if (scale.shift > 0) {
        x = saturate16(x * ((int64_t)1 << (scale.shift - 1)));
    }
    x = slow_high_mul(x, short_multiplier(scale.multiplier), 16);
    if (scale.shift > 0) {
        x = saturate16(x * 2);
    }
    if (scale.shift < 0) {
        x = slow_divide_pot(x, -scale.shift);
    }
    return (x + 32768) >> 1;
}

static int64_t hard_swish_int(const struct slow_op *o, int64_t x)
{
    float hires_scale = slow_tensor_scale(&o->in[0], 0) * (1.0f / 128.0f);
    struct slow_scale out = slow_scale_of((double)(hires_scale / slow_tensor_scale(&o->out[0], 0)));
    int64_t hires = x * 128;
    int64_t on_out = slow_high_mul(hires, short_multiplier(out.multiplier), 16);
    int64_t product = relu_like(hires, hires_scale) * on_out / 32768; /* towards zero */
    if (out.shift > 0) {
        kt_die("hard swish: output scale too small");
    }
    return slow_divide_pot(product, -out.shift) + slow_zero_point(&o->out[0]);
}

void slow_hard_swish(const struct slow_op *o)
{
    if (!slow_is_float(&o->in[0])) {
        map_int(o, hard_swish_int);
        return;
    }
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        float x = slow_getf(&o->in[0], i);
        slow_putf(&o->out[0], i, x * slow_clampf(x + 3.0f, 0.0f, 6.0f) / 6.0f);
    }
}

static int64_t requantize_int(const struct slow_op *o, int64_t x)
{
    return slow_rescale(x, slow_scale_of(ratio(o))) + slow_zero_point(&o->out[0]);
}

void slow_quantize(const struct slow_op *o)
{
    if (!slow_is_float(&o->in[0])) {
        map_int(o, requantize_int);
        return;
    }
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        float x = roundf(slow_getf(&o->in[0], i) / slow_tensor_scale(&o->out[0], 0));
        int64_t q = (int64_t)slow_clampf(x, -1e6f, 1e6f) + slow_zero_point(&o->out[0]);
        slow_put(&o->out[0], i, slow_saturate(&o->out[0], q));
    }
}

/* binary16: sign, 5 bits of exponent, 10 of fraction; test data is finite. */
static float half_value(const struct slow_value *value, int64_t index)
{
    uint16_t bits;
    memcpy(&bits, value->data + index * 2, sizeof(bits));
    int exponent = bits >> 10 & 31;
    double fraction = (double)(bits & 1023) / 1024.0;
    double size = exponent ? ldexp(1.0 + fraction, exponent - 15) : ldexp(fraction, -14);
    return (float)(bits >> 15 ? -size : size);
}

void slow_dequantize(const struct slow_op *o)
{
    for (int64_t i = 0; o->in[0].tensor->type == KT_F16 && i < slow_elements(&o->out[0]); i++) {
        slow_putf(&o->out[0], i, half_value(&o->in[0], i));
    }
    if (o->in[0].tensor->type == KT_F16) {
        return;
    }
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t x = slow_get(&o->in[0], i) - slow_zero_point(&o->in[0]);
        slow_putf(&o->out[0], i, slow_tensor_scale(&o->in[0], 0) * (float)x);
    }
}
