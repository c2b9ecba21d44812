/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain numbers: functions, arithmetic, comparisons, reductions, gathers. Elementary functions
 * come from double precision, the rest is exact.
 */
#include <math.h>
#include <string.h>

#include "slow_ops.h"

static float function_of(int32_t code, float x)
{
    switch (code) {
    case KT_ABS: return fabsf(x);
    case KT_NEG: return -x;
    case KT_CEIL: return ceilf(x);
    case KT_FLOOR: return floorf(x);
    case KT_ROUND: return rintf(x); /* halves to even */
    case KT_SIGN: return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f;
    case KT_SQRT: return sqrtf(x);
    case KT_RSQRT: return 1.0f / sqrtf(x);
    case KT_SQUARE: return x * x;
    case KT_EXP: return (float)exp((double)x);
    case KT_LOG: return (float)log((double)x);
    case KT_SIN: return (float)sin((double)x);
    case KT_COS: return (float)cos((double)x);
    case KT_ELU: return x < 0.0f ? (float)expm1((double)x) : x;
    default: kt_die("operator %d is no function of one float", (int)code);
    }
}

/* Quantised: unlike plain integers it has a scale. */
static bool is_quantised(const struct slow_value *value)
{
    return !slow_is_float(value) && value->tensor->scale_count > 0;
}

void slow_function(const struct slow_op *o)
{
    if (is_quantised(&o->out[0])) {
        slow_function_int(o);
        return;
    }
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        slow_putf(&o->out[0], i, function_of(o->op->code, slow_getf(&o->in[0], i)));
    }
}

static float arithmetic_f32(int32_t code, float a, float b)
{
    switch (code) {
    case KT_DIV: return a / b;
    case KT_MAXIMUM: return a > b ? a : b;
    case KT_MINIMUM: return a < b ? a : b;
    case KT_POW: return (float)pow((double)a, (double)b);
    case KT_FLOOR_DIV: return (float)floor((double)a / (double)b);
    case KT_FLOOR_MOD: {
        double rest = fmod((double)a, (double)b);
        return (float)(rest != 0 && (rest < 0) != (b < 0) ? rest + (double)b : rest);
    }
    default: kt_die("operator %d is no arithmetic on floats", (int)code);
    }
}

static int64_t arithmetic_int(int32_t code, int64_t a, int64_t b)
{
    switch (code) {
    case KT_ADD: return a + b;
    case KT_SUB: return a - b;
    case KT_MUL: return a * b;
    case KT_DIV: return b ? a / b : 0;
    case KT_MAXIMUM: return a > b ? a : b;
    case KT_MINIMUM: return a < b ? a : b;
    case KT_POW: {
        uint64_t power = 1;
        for (int64_t i = 0; i < b; i++) {
            power *= (uint64_t)a;
        }
        return b >= 0 ? (int64_t)power : a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
    }
    case KT_FLOOR_MOD: return b ? ((a % b) + b) % b : 0;
    case KT_FLOOR_DIV: return b ? (a - ((a % b) + b) % b) / b : 0;
    case KT_LOGICAL_AND: return a && b;
    case KT_LOGICAL_OR: return a || b;
    case KT_BITWISE_XOR: return a ^ b;
    default: kt_die("operator %d is no arithmetic on integers", (int)code);
    }
}

void slow_arithmetic(const struct slow_op *o)
{
    float low, high;
    if (o->op->code == KT_DIV && is_quantised(&o->out[0])) {
        slow_div_int(o);
        return;
    }
    slow_float_range(o->op->options.activation, &low, &high);
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t a = slow_broadcast(&o->in[0], &o->out[0], i);
        int64_t b = slow_broadcast(&o->in[1], &o->out[0], i);
        if (slow_is_float(&o->out[0])) {
            float x = arithmetic_f32(o->op->code, slow_getf(&o->in[0], a), slow_getf(&o->in[1], b));
            slow_putf(&o->out[0], i, slow_clampf(x, low, high));
        } else {
            slow_put(&o->out[0], i,
                     arithmetic_int(o->op->code, slow_get(&o->in[0], a), slow_get(&o->in[1], b)));
        }
    }
}

static double number_at(const struct slow_value *value, int64_t i)
{
    return slow_is_float(value) ? (double)slow_getf(value, i) : (double)slow_get(value, i);
}

static double compared_at(const struct slow_value *value, int64_t i)
{
    return is_quantised(value) ? (double)slow_compared_int(value, i) : number_at(value, i);
}

void slow_compare(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        double a = compared_at(&o->in[0], slow_broadcast(&o->in[0], &o->out[0], i));
        double b = compared_at(&o->in[1], slow_broadcast(&o->in[1], &o->out[0], i));
        bool holds = false;
        switch (o->op->code) {
        case KT_EQUAL: holds = a == b; break;
        case KT_NOT_EQUAL: holds = a != b; break;
        case KT_LESS: holds = a < b; break;
        case KT_LESS_EQUAL: holds = a <= b; break;
        case KT_GREATER: holds = a > b; break;
        default: holds = a >= b; break;
        }
        slow_put(&o->out[0], i, holds);
    }
}

void slow_logical_not(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        slow_put(&o->out[0], i, !slow_get(&o->in[0], i));
    }
}

void slow_select(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t rows = o->in[0].tensor->rank == 1 ? o->in[0].tensor->dim[0] : 0;
        bool along_first = o->op->code == KT_SELECT && rows > 0;
        bool chosen =
            slow_get(&o->in[0], along_first ? i / (slow_elements(&o->out[0]) / rows)
                                            : slow_broadcast(&o->in[0], &o->out[0], i)) != 0;
        const struct slow_value *from = &o->in[chosen ? 1 : 2];
        slow_move(&o->out[0], i, from, slow_broadcast(from, &o->out[0], i));
    }
}

void slow_cast(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        double x = number_at(&o->in[0], i);
        if (slow_is_float(&o->out[0])) {
            slow_putf(&o->out[0], i, (float)x);
        } else if (o->out[0].tensor->type == KT_BOOL) {
            slow_put(&o->out[0], i, x != 0);
        } else {
            slow_put(&o->out[0], i, (int64_t)x);
        }
    }
}

/* Is dimension `d` of the input reduced? */
static bool is_reduced(const struct slow_op *o, int32_t d)
{
    for (int64_t i = 0; i < slow_elements(&o->in[1]); i++) {
        if (slow_axis((int32_t)slow_get(&o->in[1], i), o->in[0].tensor->rank) == d) {
            return true;
        }
    }
    return false;
}

/* The output element that input element `index` goes into; `place` is its number along the axis. */
static int64_t reduced_index(const struct slow_op *o, int64_t index, int32_t *place)
{
    int32_t at[SLOW_MAX_RANK];
    int64_t out = 0;
    slow_coordinates(&o->in[0], index, at);
    for (int32_t d = 0; d < o->in[0].tensor->rank; d++) {
        if (is_reduced(o, d)) {
            *place = at[d];
        } else {
            out = out * o->in[0].tensor->dim[d] + at[d];
        }
    }
    return out;
}

static double accumulate(int32_t code, double a, double b, bool is_float)
{
    switch (code) {
    case KT_SUM: return is_float ? (double)((float)a + (float)b) : a + b;
    case KT_REDUCE_PROD: return is_float ? (double)((float)a * (float)b) : a * b;
    case KT_REDUCE_MAX: return a > b ? a : b;
    default: return a < b ? a : b;
    }
}

void slow_reduce_number(const struct slow_op *o)
{
    bool is_float = slow_is_float(&o->out[0]);
    for (int64_t k = 0; k < slow_elements(&o->out[0]); k++) {
        double value = 0;
        bool first = true;
        int64_t count = 0;
        for (int64_t i = 0; i < slow_elements(&o->in[0]); i++) {
            int32_t place = 0;
            double x = number_at(&o->in[0], i);
            if (reduced_index(o, i, &place) == k) {
                value = first ? x : accumulate(o->op->code, value, x, is_float);
                first = false;
                count++;
            }
        }
        if (o->op->code == KT_SUM && is_quantised(&o->out[0])) {
            slow_put(&o->out[0], k, slow_rescaled_sum(o, (int64_t)value, count));
        } else if (is_float) {
            slow_putf(&o->out[0], k, (float)value);
        } else {
            slow_put(&o->out[0], k, (int64_t)value);
        }
    }
}

void slow_arg(const struct slow_op *o)
{
    for (int64_t k = 0; k < slow_elements(&o->out[0]); k++) {
        double best = o->op->code == KT_ARG_MAX ? -1e30 : 1e30;
        for (int64_t i = 0; i < slow_elements(&o->in[0]); i++) {
            int32_t place = 0;
            double x = number_at(&o->in[0], i);
            if (reduced_index(o, i, &place) == k &&
                (o->op->code == KT_ARG_MAX ? x > best : x < best)) {
                best = x;
                slow_put(&o->out[0], k, place);
            }
        }
    }
}

/* Output dimensions: data before the axis, indices after the batch, data after the axis. */
void slow_gather(const struct slow_op *o)
{
    const struct kt_tensor *data = o->in[0].tensor, *index = o->in[1].tensor;
    int32_t axis = slow_axis(o->op->options.axis, data->rank), batch = o->op->options.count;
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t at[SLOW_MAX_RANK], from[SLOW_MAX_RANK] = {0}, which[SLOW_MAX_RANK] = {0};
        slow_coordinates(&o->out[0], i, at);
        for (int32_t d = 0; d < index->rank; d++) {
            which[d] = d < batch ? at[d] : at[axis + d - batch];
        }
        for (int32_t d = 0; d < data->rank; d++) {
            from[d] = d < axis ? at[d] : d > axis ? at[d + index->rank - batch - 1] : 0;
        }
        from[axis] = (int32_t)slow_get(&o->in[1], slow_index(&o->in[1], which));
        slow_move(&o->out[0], i, &o->in[0], slow_index(&o->in[0], from));
    }
}

void slow_gather_nd(const struct slow_op *o)
{
    const struct kt_tensor *data = o->in[0].tensor, *index = o->in[1].tensor;
    int32_t depth = index->dim[index->rank - 1];
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t at[SLOW_MAX_RANK], from[SLOW_MAX_RANK] = {0}, which[SLOW_MAX_RANK] = {0};
        slow_coordinates(&o->out[0], i, at);
        memcpy(which, at, sizeof(int32_t) * (size_t)(index->rank - 1));
        for (int32_t d = 0; d < data->rank; d++) {
            which[index->rank - 1] = d;
            from[d] = d < depth ? (int32_t)slow_get(&o->in[1], slow_index(&o->in[1], which))
                                : at[index->rank - 1 + d - depth];
        }
        slow_move(&o->out[0], i, &o->in[0], slow_index(&o->in[0], from));
    }
}

/* Each element's rank among its line: how many come before it. */
void slow_topk(const struct slow_op *o)
{
    int32_t width = slow_dim_back(&o->in[0], -1), taken = slow_dim_back(&o->out[0], -1);
    for (int64_t i = 0; i < slow_elements(&o->in[0]); i++) {
        int64_t row = i / width;
        int32_t before = 0;
        for (int64_t k = row * width; k < (row + 1) * width; k++) {
            double x = number_at(&o->in[0], k), own = number_at(&o->in[0], i);
            before += x > own || (x == own && k < i);
        }
        if (before < taken) {
            slow_move(&o->out[0], row * taken + before, &o->in[0], i);
            slow_put(&o->out[1], row * taken + before, i % width);
        }
    }
}

/* TILE and BROADCAST_TO: coordinates modulo the input's dimensions. */
void slow_repeat(const struct slow_op *o)
{
    int32_t more = o->out[0].tensor->rank - o->in[0].tensor->rank;
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t at[SLOW_MAX_RANK], from[SLOW_MAX_RANK] = {0};
        slow_coordinates(&o->out[0], i, at);
        for (int32_t d = 0; d < o->in[0].tensor->rank; d++) {
            from[d] = at[d + more] % o->in[0].tensor->dim[d];
        }
        slow_move(&o->out[0], i, &o->in[0], slow_index(&o->in[0], from));
    }
}
