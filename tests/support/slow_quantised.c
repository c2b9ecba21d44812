/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantised forms of operators on plain numbers. TFLM's micro/kernels/elementwise.cc, elu.cc,
 * div.cc, comparisons.cc, reduce_common.cc and batch_matmul.cc, with their reference kernels.
 */
#include <math.h>

#include "slow_fixed.h"
#include "slow_ops.h"

static double scale_of(const struct slow_value *value)
{
    return (double)slow_tensor_scale(value, 0);
}

/* 2^-right * result / 2^31 = 1 / sqrt(x), by Newton's method in Q3.28: x in [1/4, 1) times 4. */
static int64_t inverse_sqrt(int64_t x, int32_t *right)
{
    int64_t root = (int64_t)1 << 28;
    int32_t pairs = 0;
    *right = 0;
    if (x == 1) {
        return INT32_MAX;
    }
    while (x << (2 * pairs + 4) <= INT32_MAX) {
        pairs++;
    }
    int64_t q3 = (x << 2 * pairs) / 2, half = slow_divide_pot(q3, 1);
    for (int32_t step = 0; step < 5; step++) {
        int64_t cube = slow_high_mul(slow_high_mul(root, root, 32), root, 32) * 64;
        int64_t gap = slow_high_mul(((int64_t)3 << 27), root, 32) - slow_high_mul(half, cube, 32);
        root = gap * 8;
    }
    root = slow_high_mul(root, 1518500250, 32); /* sqrt(1/2) */
    *right = 11 - pairs;
    return *right < 0 ? root << -*right : root;
}

static int64_t rsqrt_int(const struct slow_op *o, int64_t x)
{
    int32_t right = 0;
    if (x <= 0) {
        return INT8_MAX - slow_zero_point(&o->out[0]);
    }
    struct slow_scale root = {inverse_sqrt(x, &right), 20};
    root.shift -= right > 0 ? right : 0;
    struct slow_scale out = slow_scale_of(1.0 / (sqrt(scale_of(&o->in[0])) * scale_of(&o->out[0])));
    out.shift -= 20;
    return slow_rescale(slow_rescale(1, root), out);
}

/* A function of floats on the output's scale; the lowest value where it has none. */
static int64_t real_int(const struct slow_op *o, int64_t x)
{
    float in = slow_tensor_scale(&o->in[0], 0) * (float)x, y = in;
    switch (o->op->code) {
    case KT_EXP: y = (float)exp((double)in); break;
    case KT_LOG: y = in > 0.0f ? (float)log((double)in) : -1e30f; break;
    default: y = in < 0.0f ? (float)exp((double)in) - 1.0f : in; break;
    }
    float steps = roundf(y * (1.0f / slow_tensor_scale(&o->out[0], 0)));
    return steps < -1000.0f ? -1000 : steps > 1000.0f ? 1000 : (int64_t)steps;
}

static int64_t function_int(const struct slow_op *o, int64_t x)
{
    switch (o->op->code) {
    case KT_ABS:
        return slow_rescale(x < 0 ? -x : x,
                            slow_scale_of(scale_of(&o->in[0]) / scale_of(&o->out[0])));
    case KT_RSQRT: return rsqrt_int(o, x);
    default: return real_int(o, x);
    }
}

void slow_function_int(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t y = function_int(o, slow_get(&o->in[0], i) - slow_zero_point(&o->in[0]));
        slow_put(&o->out[0], i, slow_saturate(&o->out[0], y + slow_zero_point(&o->out[0])));
    }
}

/* How often x can be doubled without leaving 32 bits; 31 times for 0. */
static int32_t doublings(int64_t x)
{
    int32_t count = 0;
    for (; count < 31 && x * 2 >= INT32_MIN && x * 2 <= INT32_MAX; count++) {
        x *= 2;
    }
    return count;
}

/* a / b with a reciprocal of 31 bits, b > 0. */
static int64_t quotient(int64_t a, int64_t b, struct slow_scale scale)
{
    int32_t up = 0, headroom = doublings(a);
    while (b << up < (int64_t)1 << 31) {
        up++;
    }
    int64_t inverse = slow_one_over_one_plus((b << up) - ((int64_t)1 << 31));
    int64_t x = slow_high_mul(a * ((int64_t)1 << headroom), inverse, 32);
    int32_t down = 31 - up + headroom - scale.shift;
    return down > 31 ? 0 : slow_divide_pot(slow_high_mul(x, scale.multiplier, 32), down);
}

void slow_div_int(const struct slow_op *o)
{
    float ratio = slow_tensor_scale(&o->in[0], 0) /
                  (slow_tensor_scale(&o->in[1], 0) * slow_tensor_scale(&o->out[0], 0));
    struct slow_scale scale = slow_scale_of((double)ratio);
    int64_t low, high;
    slow_int_range(o->op->options.activation, &o->out[0], &low, &high);
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t a = slow_get(&o->in[0], slow_broadcast(&o->in[0], &o->out[0], i)) -
                    slow_zero_point(&o->in[0]);
        int64_t b = slow_get(&o->in[1], slow_broadcast(&o->in[1], &o->out[0], i)) -
                    slow_zero_point(&o->in[1]);
        int64_t y = b == 0 ? a * 1000 : b < 0 ? quotient(-a, -b, scale) : quotient(a, b, scale);
        slow_put(&o->out[0], i, slow_clamp(y + slow_zero_point(&o->out[0]), low, high));
    }
}

int64_t slow_compared_int(const struct slow_value *value, int64_t i)
{
    return slow_rescale((slow_get(value, i) - slow_zero_point(value)) * 256,
                        slow_scale_of(scale_of(value)));
}

int64_t slow_rescaled_sum(const struct slow_op *o, int64_t sum, int64_t count)
{
    int64_t y = slow_rescale(sum - count * slow_zero_point(&o->in[0]),
                             slow_scale_of(scale_of(&o->in[0]) / scale_of(&o->out[0])));
    return slow_saturate(&o->out[0], y + slow_zero_point(&o->out[0]));
}

/* Where operand `which` has the element at row (or column) `line` and place `k` of the sum, for
 * output element `at`. */
static int64_t operand_index(const struct slow_op *o, int32_t which, const int32_t *at, int32_t k)
{
    const struct slow_value *value = &o->in[which];
    int32_t rank = value->tensor->rank, more = o->out[0].tensor->rank - rank;
    int32_t place[SLOW_MAX_RANK] = {0};
    bool turned = which == 0 ? o->op->options.adj_x : !o->op->options.adj_y;
    int32_t line = at[o->out[0].tensor->rank - 2 + which];
    for (int32_t d = 0; d < rank - 2; d++) {
        place[d] = value->tensor->dim[d] == 1 ? 0 : at[d + more];
    }
    place[rank - 2] = turned ? k : line;
    place[rank - 1] = turned ? line : k;
    return slow_index(value, place);
}

void slow_batch_matmul(const struct slow_op *o)
{
    int32_t inner = slow_dim_back(&o->in[0], o->op->options.adj_x ? -2 : -1);
    bool real = slow_is_float(&o->out[0]);
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t at[SLOW_MAX_RANK];
        int64_t sum = 0;
        float total = 0.0f;
        slow_coordinates(&o->out[0], i, at);
        for (int32_t k = 0; k < inner; k++) {
            int64_t a = operand_index(o, 0, at, k), b = operand_index(o, 1, at, k);
            if (real) {
                total += slow_getf(&o->in[0], a) * slow_getf(&o->in[1], b);
            } else {
                sum += (slow_get(&o->in[0], a) - slow_zero_point(&o->in[0])) *
                       (slow_get(&o->in[1], b) - slow_zero_point(&o->in[1]));
            }
        }
        if (real) {
            slow_putf(&o->out[0], i, total);
            continue;
        }
        float product = slow_tensor_scale(&o->in[0], 0) * slow_tensor_scale(&o->in[1], 0);
        struct slow_scale scale = slow_scale_of((double)product / scale_of(&o->out[0]));
        int64_t y = o->out[0].tensor->type == KT_I16 ? slow_rescale_wide(sum, scale)
                                                     : slow_rescale(sum, scale);
        slow_put(&o->out[0], i, slow_saturate(&o->out[0], y + slow_zero_point(&o->out[0])));
    }
}
