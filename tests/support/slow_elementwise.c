/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators of two elements with broadcast. int8 results: integer_ops/{add,mul}.h, sub.h,
 * prelu.h of TFLM's reference kernels and the scale computations of their *_common.cc.
 */
#include "slow_fixed.h"
#include "slow_ops.h"

/* Both operands of output element i, zero points removed. */
struct operands {
    int64_t a, b;
    float af, bf;
};

static struct operands fetch(const struct slow_op *o, int64_t i)
{
    int64_t ia = slow_broadcast(&o->in[0], &o->out[0], i);
    int64_t ib = slow_broadcast(&o->in[1], &o->out[0], i);
    struct operands x = {0};
    if (slow_is_float(&o->out[0])) {
        x.af = slow_getf(&o->in[0], ia);
        x.bf = slow_getf(&o->in[1], ib);
    } else {
        x.a = slow_get(&o->in[0], ia) - slow_zero_point(&o->in[0]);
        x.b = slow_get(&o->in[1], ib) - slow_zero_point(&o->in[1]);
    }
    return x;
}

static void store(const struct slow_op *o, int64_t i, int64_t x, float xf)
{
    float lowf, highf;
    int64_t low, high;
    if (slow_is_float(&o->out[0])) {
        slow_float_range(o->op->options.activation, &lowf, &highf);
        slow_putf(&o->out[0], i, slow_clampf(xf, lowf, highf));
        return;
    }
    slow_int_range(o->op->options.activation, &o->out[0], &low, &high);
    slow_put(&o->out[0], i, slow_clamp(x + slow_zero_point(&o->out[0]), low, high));
}

/* Sum with 20 more bits (15 of int16): both inputs on a common scale of twice the larger one. */
static int64_t add_integers(const struct slow_op *o, struct operands x, int64_t sign)
{
    double a = (double)slow_tensor_scale(&o->in[0], 0), b = (double)slow_tensor_scale(&o->in[1], 0);
    double common = 2.0 * (a > b ? a : b);
    int64_t finer = o->out[0].tensor->type == KT_I16 ? 32768 : 1048576;
    double back = common / ((double)finer * (double)slow_tensor_scale(&o->out[0], 0));
    int64_t wide_a = slow_rescale(x.a * finer, slow_scale_of(a / common));
    int64_t wide_b = slow_rescale(x.b * finer, slow_scale_of(b / common));
    return slow_rescale(wide_a + sign * wide_b, slow_scale_of(back));
}

static void add_or_sub(const struct slow_op *o, int64_t sign)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        struct operands x = fetch(o, i);
        if (slow_is_float(&o->out[0])) {
            store(o, i, 0, sign > 0 ? x.af + x.bf : x.af - x.bf);
        } else {
            store(o, i, add_integers(o, x, sign), 0.0f);
        }
    }
}

void slow_add(const struct slow_op *o)
{
    add_or_sub(o, 1);
}

void slow_sub(const struct slow_op *o)
{
    add_or_sub(o, -1);
}

/* scale(in0) * scale(in1) / scale(out) in double. */
static double product_scale(const struct slow_op *o)
{
    return (double)slow_tensor_scale(&o->in[0], 0) * (double)slow_tensor_scale(&o->in[1], 0) /
           (double)slow_tensor_scale(&o->out[0], 0);
}

void slow_mul(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        struct operands x = fetch(o, i);
        if (slow_is_float(&o->out[0])) {
            store(o, i, 0, x.af * x.bf);
        } else {
            store(o, i, slow_rescale(x.a * x.b, slow_scale_of(product_scale(o))), 0.0f);
        }
    }
}

/* Both on a common scale of twice the larger one, with 7 more bits (none of int16). */
void slow_squared_difference(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        struct operands x = fetch(o, i);
        if (slow_is_float(&o->out[0])) {
            slow_putf(&o->out[0], i, (x.af - x.bf) * (x.af - x.bf));
            continue;
        }
        if (o->out[0].tensor->scale_count == 0) {
            slow_put(&o->out[0], i, (x.a - x.b) * (x.a - x.b));
            continue;
        }
        double a = (double)slow_tensor_scale(&o->in[0], 0);
        double b = (double)slow_tensor_scale(&o->in[1], 0);
        double common = 2.0 * (a > b ? a : b);
        int64_t finer = o->out[0].tensor->type == KT_I16 ? 1 : 128;
        int64_t difference = slow_rescale(x.a * finer, slow_scale_of(a / common)) -
                             slow_rescale(x.b * finer, slow_scale_of(b / common));
        double back =
            common * common / ((double)(finer * finer) * (double)slow_tensor_scale(&o->out[0], 0));
        int64_t y = slow_rescale(difference * difference, slow_scale_of(back));
        slow_put(&o->out[0], i, slow_saturate(&o->out[0], y + slow_zero_point(&o->out[0])));
    }
}

void slow_prelu(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        struct operands x = fetch(o, i);
        if (slow_is_float(&o->out[0])) {
            slow_putf(&o->out[0], i, x.af >= 0.0f ? x.af : x.af * x.bf);
            continue;
        }
        double same =
            (double)slow_tensor_scale(&o->in[0], 0) / (double)slow_tensor_scale(&o->out[0], 0);
        int64_t y = x.a >= 0 ? slow_rescale(x.a, slow_scale_of(same))
                             : slow_rescale(x.a * x.b, slow_scale_of(product_scale(o)));
        slow_put(&o->out[0], i, slow_saturate(&o->out[0], y + slow_zero_point(&o->out[0])));
    }
}
