/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interval analysis: the values that each channel can take. Every step of the arithmetic is
 * monotone, so that its ends come from the ends of its inputs, computed by the same functions
 * that compute results. Where one could wrap around, nothing is claimed.
 */
#include <string.h>

#include "graph/const_params.h"
#include "graph/function_table.h"
#include "graph/moves.h"
#include "graph/quantise_params.h"
#include "nn/ref/add_s8.h"
#include "nn/ref/requantize.h"
#include "optimise/channels.h"

static void widen(struct channels *c, int32_t channel, int8_t low, int8_t high)
{
    c->low[channel] = low < c->low[channel] ? low : c->low[channel];
    c->high[channel] = high > c->high[channel] ? high : c->high[channel];
}

/* A requantisation from an int32 to int8. */
struct scaling {
    int32_t multiplier, shift;
    int32_t zero_point, min, max;
};

/* Set the range from the ends of the value that is scaled. */
static void set_scaled(struct channels *c, int32_t channel, int64_t low, int64_t high,
                       const struct scaling *s)
{
    int64_t limit = INT32_MAX >> kl_max_s32(s->shift, 0);
    if (low < -limit || high > limit || s->multiplier < 0) {
        c->low[channel] = (int8_t)s->min;
        c->high[channel] = (int8_t)s->max;
        return;
    }
    int32_t from = kl_requantize((int32_t)low, s->multiplier, s->shift);
    int32_t to = kl_requantize((int32_t)high, s->multiplier, s->shift);
    c->low[channel] = kl_output_s8(from, s->zero_point, s->min, s->max);
    c->high[channel] = kl_output_s8(to, s->zero_point, s->min, s->max);
}

static void product_ranges(const struct product *p, struct channels *out)
{
    const struct kl_op *op = p->op;
    bool dense = op->kind == KL_OP_FULLY_CONNECTED;
    struct kl_quant_s8 quant = kl_quant_of(op->outputs[0]);
    struct scaling s = {.zero_point = quant.zero_point};
    kl_activation_range_s8(dense ? op->attr.fully_connected.activation : op->attr.window.activation,
                           quant, &s.min, &s.max);
    for (int32_t c = 0; c < out->count; c++) {
        int64_t low;
        int64_t high;
        product_bounds(p, c, &low, &high);
        kl_op_multiplier(op, c, &s.multiplier, &s.shift);
        set_scaled(out, c, low, high, &s);
    }
}

static int32_t channel_in(const struct channels *in, int32_t channel)
{
    return channel % in->count;
}

static int8_t add_one(const struct kl_add_s8 *p, int8_t a, int8_t b)
{
    int8_t out;
    kl_add_line_s8(&(struct kl_line){p, &a, &b, &out, 1, 1, 1});
    return out;
}

/* ADD and SUB: rising in the first operand, rising or falling in the second. */
static void sum_ranges(const struct kl_op *op, const struct channels *a, const struct channels *b,
                       struct channels *out)
{
    const struct kl_quant_s8 in[2] = {kl_quant_of(op->inputs[0]), kl_quant_of(op->inputs[1])};
    struct kl_quant_s8 to = kl_quant_of(op->outputs[0]);
    enum kl_activation activation = op->attr.binary.activation;
    struct kl_diag ignored = {0};
    struct kl_add_s8 p;
    bool subtract = op->kind == KL_OP_SUB;
    if ((subtract ? kl_prepare_sub_s8(in, to, activation, &p, &ignored)
                  : kl_prepare_add_s8(in, to, activation, &p, &ignored)) != KL_OK) {
        return;
    }
    for (int32_t c = 0; c < out->count; c++) {
        int32_t i = channel_in(a, c);
        int32_t k = channel_in(b, c);
        out->low[c] = add_one(&p, a->low[i], subtract ? b->high[k] : b->low[k]);
        out->high[c] = add_one(&p, a->high[i], subtract ? b->low[k] : b->high[k]);
    }
}

static void mul_ranges(const struct kl_op *op, const struct channels *a, const struct channels *b,
                       struct channels *out)
{
    const struct kl_quant_s8 in[2] = {kl_quant_of(op->inputs[0]), kl_quant_of(op->inputs[1])};
    struct kl_mul_s8 p;
    kl_prepare_mul_s8(in, kl_quant_of(op->outputs[0]), op->attr.binary.activation, &p);
    const struct scaling s = {p.out_multiplier, p.out_shift, p.out_zero_point, p.min, p.max};
    for (int32_t c = 0; c < out->count; c++) {
        int32_t i = channel_in(a, c);
        int32_t k = channel_in(b, c);
        const int32_t x[2] = {a->low[i] - p.zero_point[0], a->high[i] - p.zero_point[0]};
        const int32_t y[2] = {b->low[k] - p.zero_point[1], b->high[k] - p.zero_point[1]};
        int32_t low = x[0] * y[0];
        int32_t high = low;
        for (int corner = 1; corner < 4; corner++) {
            int32_t product = x[corner & 1] * y[corner >> 1];
            low = kl_min_s32(low, product);
            high = kl_max_s32(high, product);
        }
        set_scaled(out, c, low, high, &s);
    }
}

/* A mean or maximum of values lies between them. */
static void pool_ranges(const struct kl_op *op, const struct channels *in, struct channels *out)
{
    int32_t min;
    int32_t max;
    kl_activation_range_s8(op->attr.window.activation, kl_quant_of(op->outputs[0]), &min, &max);
    for (int32_t c = 0; c < out->count; c++) {
        out->low[c] = (int8_t)kl_clamp_s32(in->low[c], min, max);
        out->high[c] = (int8_t)kl_clamp_s32(in->high[c], min, max);
    }
}

static void mean_ranges(const struct kl_op *op, const struct channels *in, struct channels *out)
{
    int64_t count =
        kl_shape_elements(&op->inputs[0]->shape) / kl_shape_elements(&op->outputs[0]->shape);
    struct kl_diag ignored = {0};
    struct kl_mean_s8 p;
    if (kl_prepare_mean_s8(kl_quant_of(op->inputs[0]), kl_quant_of(op->outputs[0]), count, &p,
                           &ignored) != KL_OK) {
        return;
    }
    const struct scaling s = {p.multiplier, p.shift, p.out_zero_point, INT8_MIN, INT8_MAX};
    for (int32_t c = 0; c < out->count; c++) {
        set_scaled(out, c, count * in->low[c] - p.in_zero_point_sum,
                   count * in->high[c] - p.in_zero_point_sum, &s);
    }
}

static void function_ranges(const struct kl_op *op, const struct channels *in, struct channels *out)
{
    int8_t table[256];
    struct kl_diag ignored = {0};
    if (kl_op_table_s8(op, table, &ignored) != KL_OK) {
        return;
    }
    for (int32_t c = 0; c < out->count; c++) {
        out->low[c] = out->high[c] = table[in->low[c] + 128];
        for (int32_t x = in->low[c]; x <= in->high[c]; x++) {
            widen(out, c, table[x + 128], table[x + 128]);
        }
    }
}

/* The value that a PAD writes; false when it is not known. */
static bool pad_value(const struct kl_op *op, int8_t *value)
{
    if (op->kind == KL_OP_PAD) {
        *value = (int8_t)op->outputs[0]->quant.zero_point[0];
        return true;
    }
    const struct kl_tensor *given = op->inputs[2];
    if (given->dtype != KL_S8 || !given->data || kl_shape_elements(&given->shape) != 1) {
        return false;
    }
    *value = *(const int8_t *)given->data;
    return true;
}

/* Take over the ranges of all linked inputs. */
static void copy_ranges(const struct channel_analysis *a, const struct kl_op *op,
                        struct channels *out)
{
    for (int32_t k = 0; k < op->input_count; k++) {
        const struct channels *in = channels_of(a, op->inputs[k]);
        if (in->count == 0 || (k > 0 && op->kind != KL_OP_CONCATENATION)) {
            continue;
        }
        struct channel_link link = channel_link(a, op, k);
        for (int32_t j = 0; j < link.span; j++) {
            int32_t from = channel_in(in, j);
            int32_t to = link.first + j;
            if (k == 0 || link.first > 0) {
                out->low[to] = in->low[from];
                out->high[to] = in->high[from];
            } else {
                widen(out, to, in->low[from], in->high[from]);
            }
        }
    }
}

static void pad_ranges(const struct channel_analysis *a, const struct kl_op *op,
                       struct channels *out)
{
    int8_t value;
    if (!pad_value(op, &value)) {
        return;
    }
    copy_ranges(a, op, out);
    for (int32_t c = 0; c < out->count; c++) {
        widen(out, c, value, value);
    }
}

/* `out` begins with the full range; operators that are not known leave it. */
static void apart_ranges(const struct channel_analysis *a, const struct kl_op *op,
                         struct channels *out)
{
    const struct channels *in = channels_of(a, op->inputs[0]);
    switch (op->kind) {
    case KL_OP_ADD:
    case KL_OP_SUB: sum_ranges(op, in, channels_of(a, op->inputs[1]), out); break;
    case KL_OP_MUL: mul_ranges(op, in, channels_of(a, op->inputs[1]), out); break;
    case KL_OP_AVERAGE_POOL_2D:
    case KL_OP_MAX_POOL_2D: pool_ranges(op, in, out); break;
    case KL_OP_MEAN: mean_ranges(op, in, out); break;
    case KL_OP_PAD:
    case KL_OP_PADV2: pad_ranges(a, op, out); break;
    case KL_OP_RESIZE_NEAREST_NEIGHBOR:
    case KL_OP_CONCATENATION: copy_ranges(a, op, out); break;
    default:
        if (kl_op_is_reshape(op)) {
            copy_ranges(a, op, out);
        } else {
            function_ranges(op, in, out);
        }
        break;
    }
}

static void op_ranges(struct channel_analysis *a, const struct kl_op *op)
{
    const struct product *p = product_of(a, op);
    if (p) {
        product_ranges(p, &a->of[op->outputs[0]->id]);
    } else if (channels_stay_apart(a, op)) {
        apart_ranges(a, op, &a->of[op->outputs[0]->id]);
    }
}

/* The values of a constant. */
static void constant_ranges(const struct kl_tensor *tensor, struct channels *c)
{
    const int8_t *data = tensor->data;
    int64_t elements = kl_shape_elements(&tensor->shape);
    memcpy(c->low, data, (size_t)c->count);
    memcpy(c->high, data, (size_t)c->count);
    for (int64_t i = c->count; i < elements; i++) {
        widen(c, (int32_t)(i % c->count), data[i], data[i]);
    }
}

void channels_find_ranges(struct channel_analysis *a)
{
    for (int32_t i = 0; i < a->subgraph->tensor_count; i++) {
        struct channels *c = &a->of[i];
        if (c->count > 0) {
            memset(c->low, INT8_MIN, (size_t)c->count);
            memset(c->high, INT8_MAX, (size_t)c->count);
        }
        if (c->count > 0 && a->subgraph->tensors[i]->data) {
            constant_ranges(a->subgraph->tensors[i], c);
        }
    }
    for (int32_t i = 0; i < a->subgraph->op_count; i++) {
        op_ranges(a, a->subgraph->ops[i]);
    }
}
