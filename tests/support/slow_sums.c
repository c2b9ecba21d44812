/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of many values, and functions with two limits. int8 results: add_n.h, cumsum.h of TFLM's
 * reference kernels and their preparation; activations.cc of TFLite.
 */
#include <math.h>
#include <string.h>

#include "slow_fixed.h"
#include "slow_ops.h"

/* With 20 more bits, on a scale of twice the input's. */
static int64_t widened(const struct slow_op *o, const struct slow_value *in, int64_t i)
{
    (void)o;
    return slow_rescale((slow_get(in, i) - slow_zero_point(in)) * 1048576, slow_scale_of(0.5));
}

/* The sums of int8 begin with the value of a stored 0. */
static void put_sum(const struct slow_op *o, int64_t i, int64_t sum)
{
    sum -= slow_zero_point(&o->in[0]) * 524288;
    double back = 2.0 * (double)slow_tensor_scale(&o->in[0], 0) /
                  (1048576.0 * (double)slow_tensor_scale(&o->out[0], 0));
    int64_t y = slow_rescale(sum, slow_scale_of(back)) + slow_zero_point(&o->out[0]);
    slow_put(&o->out[0], i, slow_saturate(&o->out[0], y));
}

void slow_add_n(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        float real = slow_is_float(&o->out[0]) ? slow_getf(&o->in[0], i) : 0.0f;
        int64_t whole = 0;
        for (int32_t k = 0; k < o->op->input_count; k++) {
            if (slow_is_float(&o->out[0])) {
                real += k > 0 ? slow_getf(&o->in[k], i) : 0.0f;
            } else if (o->out[0].tensor->scale_count > 0) {
                whole += widened(o, &o->in[k], i);
            } else {
                whole += slow_get(&o->in[k], i);
            }
        }
        if (slow_is_float(&o->out[0])) {
            slow_putf(&o->out[0], i, real);
        } else if (o->out[0].tensor->scale_count > 0) {
            put_sum(o, i, whole);
        } else {
            slow_put(&o->out[0], i, whole);
        }
    }
}

/* All elements that come before element `i` along the axis, or are it, in order. */
void slow_cumsum(const struct slow_op *o)
{
    const struct kt_options *p = &o->op->options;
    int32_t axis = slow_axis((int32_t)slow_get(&o->in[1], 0), o->in[0].tensor->rank);
    bool quantised = o->out[0].tensor->scale_count > 0;
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t at[SLOW_MAX_RANK] = {0};
        slow_coordinates(&o->out[0], i, at);
        int32_t own = at[axis], count = o->in[0].tensor->dim[axis];
        float real = 0.0f;
        int64_t whole = 0;
        for (int32_t step = 0; step < count; step++) {
            at[axis] = p->reverse ? count - 1 - step : step;
            bool before = p->reverse ? at[axis] > own : at[axis] < own;
            if (!before && (at[axis] != own || p->exclusive)) {
                continue;
            }
            int64_t from = slow_index(&o->in[0], at);
            real += slow_is_float(&o->in[0]) ? slow_getf(&o->in[0], from) : 0.0f;
            whole += quantised                  ? widened(o, &o->in[0], from)
                     : slow_is_float(&o->in[0]) ? 0
                                                : slow_get(&o->in[0], from);
        }
        if (slow_is_float(&o->out[0])) {
            slow_putf(&o->out[0], i, real);
        } else if (quantised) {
            put_sum(o, i, whole);
        } else {
            slow_put(&o->out[0], i, whole);
        }
    }
}

void slow_gelu(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        double x = (double)slow_getf(&o->in[0], i), y;
        if (o->op->options.approximate) {
            y = 0.5 * x * (1.0 + tanh(sqrt(2.0 / acos(-1.0)) * (x + 0.044715 * x * x * x)));
        } else {
            y = 0.5 * x * erfc(-x / sqrt(2.0));
        }
        slow_putf(&o->out[0], i, (float)y);
    }
}

/* Limits -1 or 0, and 1. */
void slow_relu_range(const struct slow_op *o)
{
    float low = o->op->code == KT_RELU_0_TO_1 ? 0.0f : -1.0f;
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        if (slow_is_float(&o->out[0])) {
            slow_putf(&o->out[0], i, slow_clampf(slow_getf(&o->in[0], i), low, 1.0f));
            continue;
        }
        float scale = slow_tensor_scale(&o->out[0], 0);
        int64_t zero = slow_zero_point(&o->out[0]);
        int64_t least = slow_saturate(&o->out[0], zero + llroundf(low / scale));
        int64_t most = slow_saturate(&o->out[0], zero + llroundf(1.0f / scale));
        double ratio = (double)slow_tensor_scale(&o->in[0], 0) / (double)scale;
        int64_t x = slow_get(&o->in[0], i) - slow_zero_point(&o->in[0]);
        int64_t y = slow_rescale(x, slow_scale_of(ratio)) + zero;
        slow_put(&o->out[0], i, slow_clamp(y, least, most));
    }
}

/* The output still holds what the run before left. The state is the number of runs so far; a period
 * of 0 stands for the one that the shape tells. */
void slow_circular_buffer(const struct slow_op *o)
{
    size_t slot = kt_bytes(o->in[0].tensor), all = kt_bytes(o->out[0].tensor);
    int32_t slots = o->out[0].tensor->dim[1], period = o->op->options.period, runs;
    memmove(o->out[0].data, o->out[0].data + slot, all - slot);
    memcpy(o->out[0].data + all - slot, o->in[0].data, slot);
    if (period == 0) {
        period = slots == 5 || slots == 13 || slots == 25 ? 1 : 2;
    }
    memcpy(&runs, o->state, sizeof(runs));
    runs++;
    memcpy(o->state, &runs, sizeof(runs));
    if (o->op->output_count == 2) {
        slow_put(&o->out[1], 0, runs % period == 0);
    } else {
        *o->ends_run = runs % period != 0;
    }
}
