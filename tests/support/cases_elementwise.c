/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of operators of two inputs and of functions of one element. */
#include <stdio.h>

#include "cases.h"

struct pair {
    int32_t rank_a, a[5], rank_b, b[5], rank_out, out[5];
};

static const struct pair pairs[] = {
    {1, {1}, 1, {1}, 1, {1}},
    {4, {1, 4, 5, 3}, 4, {1, 4, 5, 3}, 4, {1, 4, 5, 3}},
    {4, {1, 4, 5, 3}, 1, {3}, 4, {1, 4, 5, 3}},
    {4, {1, 4, 5, 3}, 0, {0}, 4, {1, 4, 5, 3}},
    {4, {2, 4, 5, 3}, 4, {2, 1, 1, 3}, 4, {2, 4, 5, 3}},
    {4, {1, 1, 1, 6}, 4, {1, 3, 2, 6}, 4, {1, 3, 2, 6}},
    {2, {5, 1}, 2, {1, 7}, 2, {5, 7}},
    {4, {2, 1, 3, 1}, 4, {1, 4, 1, 5}, 4, {2, 4, 3, 5}},
    {3, {4, 3, 2}, 2, {3, 1}, 3, {4, 3, 2}},
    {5, {2, 1, 3, 2, 2}, 5, {2, 3, 3, 2, 2}, 5, {2, 3, 3, 2, 2}},
};

/* How the second operand is given. */
enum operand { OPERAND_INPUT, OPERAND_CONSTANT, OPERAND_KINDS };

static float output_scale(const struct kt_build *b, int32_t code, int32_t x, int32_t y)
{
    const struct kt_tensor *a = kt_tensor_at(b->model, x), *c = kt_tensor_at(b->model, y);
    if (a->scale_count == 0) {
        return 1.0f;
    }
    float finer = a->type == KT_I16 ? 256.0f : 1.0f; /* kt_build_quantized */
    return code == KT_ADD || code == KT_SUB ? 1.3f * (a->scale[0] + c->scale[0]) * finer
                                            : a->scale[0] * c->scale[0] * 120.0f * finer * finer;
}

static void deliver_pair(struct kt_sink *sink, int32_t code, const struct pair *p, int32_t type,
                         int32_t activation, enum operand operand, float finer)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    struct kt_options options = kt_options_default();
    options.activation = activation;
    int32_t x = kt_build_tensor(&b, "a", type, p->rank_a, p->a);
    int32_t y = kt_build_tensor(&b, "b", type, p->rank_b, p->b);
    int32_t zero_point = kt_random_between(b.random, -100, 100);
    int32_t out = kt_build_quantized(&b, "out", type, output_scale(&b, code, x, y) / finer,
                                     zero_point, p->rank_out, p->out);
    kt_op_add1(c.model, code, options, KT_LIST(x, y), out);
    if (operand == OPERAND_CONSTANT) {
        kt_build_fill(&b, y);
    } else {
        kt_inputs(c.model, KT_LIST(x, y));
    }
    snprintf(c.label, sizeof(c.label),
             "%s, ranks %d and %d, output of %d, %g times finer, activation %d, %s",
             kt_type_name(type), (int)p->rank_a, (int)p->rank_b,
             (int)kt_elements(kt_tensor_at(c.model, out)), (double)finer, (int)activation,
             operand == OPERAND_CONSTANT ? "constant operand" : "two inputs");
    kt_case_end(sink, &c, x, out);
}

static void binary(struct kt_sink *sink, int32_t code, const struct pair *p, size_t index)
{
    static const int32_t types[] = {KT_F32, KT_I8, KT_I16, KT_U8};
    size_t count = code == KT_PRELU ? 2 : code == KT_SUB ? 3 : 4;
    for (size_t t = 0; t < count; t++) {
        for (int32_t operand = 0; operand < OPERAND_KINDS; operand++) {
            int32_t activation = code == KT_PRELU ? KT_ACT_NONE : (int32_t)(index % 4);
            deliver_pair(sink, code, p, types[t], activation, (enum operand)operand, 1.0f);
        }
    }
}

/* PRELU broadcasts its slopes only: the output has the input's shape. */
static bool suits_prelu(const struct pair *p)
{
    bool same = p->rank_a == p->rank_out;
    for (int32_t i = 0; same && i < p->rank_a; i++) {
        same = p->a[i] == p->out[i];
    }
    return same;
}

void kt_generate_elementwise(struct kt_sink *sink)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        binary(sink, KT_ADD, &pairs[i], i);
        binary(sink, KT_SUB, &pairs[i], i);
        binary(sink, KT_MUL, &pairs[i], i);
        if (suits_prelu(&pairs[i])) {
            binary(sink, KT_PRELU, &pairs[i], i);
        }
    }
    /* So steep that no linear function of 32 bits is exact. */
    for (int32_t i = 1; i < 5; i++) {
        deliver_pair(sink, i % 2 ? KT_ADD : KT_SUB, &pairs[i], KT_I8, KT_ACT_NONE, OPERAND_INPUT,
                     20000.0f);
    }
}

/* A function of one element over all int8 values, or a span of floats. */
struct unary {
    int32_t code;
    float in_scale;
    int32_t in_zero_point;
    float out_scale;
    int32_t out_zero_point;
    float alpha; /* LEAKY_RELU */
};

static const struct unary unaries[] = {
    {KT_RELU, 0.05f, -10, 0.05f, -10, 0.0f},
    {KT_RELU, 0.031f, 12, 0.017f, -128, 0.0f},
    {KT_RELU, 0.011f, -128, 0.09f, 5, 0.0f},
    {KT_RELU6, 0.05f, -10, 0.05f, -10, 0.0f},
    {KT_RELU6, 0.0235294f, -128, 0.0235294f, -128, 0.0f},
    {KT_RELU6, 0.1f, 100, 0.1f, 100, 0.0f},
    {KT_LEAKY_RELU, 0.05f, 3, 0.05f, 3, 0.1f},
    {KT_LEAKY_RELU, 0.02f, -50, 0.07f, -100, 0.3f},
    {KT_LEAKY_RELU, 0.07f, 127, 0.03f, 0, 1.5f},
    {KT_LEAKY_RELU, 0.04f, 0, 0.05f, 20, -0.25f},
    {KT_LOGISTIC, 0.05f, 0, 0.00390625f, -128, 0.0f},
    {KT_LOGISTIC, 0.15f, 31, 0.00390625f, -128, 0.0f},
    {KT_LOGISTIC, 0.004f, -128, 0.00390625f, -128, 0.0f},
    {KT_LOGISTIC, 1.0f, 5, 0.00390625f, -128, 0.0f},
    {KT_TANH, 0.05f, 0, 0.0078125f, 0, 0.0f},
    {KT_TANH, 0.017f, -40, 0.0078125f, 0, 0.0f},
    {KT_TANH, 0.25f, 127, 0.0078125f, 0, 0.0f},
    {KT_TANH, 0.3f, -100, 0.0078125f, 0, 0.0f},
    {KT_HARD_SWISH, 0.05f, 0, 0.05f, 0, 0.0f},
    {KT_HARD_SWISH, 0.03f, -20, 0.025f, -120, 0.0f},
    {KT_HARD_SWISH, 0.5f, 10, 0.4f, -128, 0.0f},
    {KT_HARD_SWISH, 0.006f, -60, 0.004f, 30, 0.0f},
    {KT_ABS, 0.05f, 3, 0.05f, 3, 0.0f},
    {KT_ABS, 0.03f, -20, 0.07f, -128, 0.0f},
    {KT_ABS, 0.01f, 127, 0.006f, 20, 0.0f},
    {KT_RSQRT, 0.05f, -128, 0.02f, -128, 0.0f},
    {KT_RSQRT, 0.0004f, -100, 0.3f, 7, 0.0f},
    {KT_RSQRT, 3.0f, 20, 0.001f, -50, 0.0f},
    {KT_EXP, 0.03f, 100, 0.01f, -128, 0.0f},
    {KT_EXP, 0.2f, 0, 0.5f, -128, 0.0f},
    {KT_LOG, 0.05f, -128, 0.02f, 20, 0.0f},
    {KT_LOG, 0.7f, -90, 0.05f, -40, 0.0f},
    {KT_ELU, 0.05f, 0, 0.03f, -90, 0.0f},
    {KT_ELU, 0.02f, -30, 0.04f, -100, 0.0f},
    {KT_QUANTIZE, 0.05f, 3, 0.03f, -7, 0.0f},
    {KT_QUANTIZE, 0.02f, -128, 0.02f, 0, 0.0f},
    {KT_QUANTIZE, 0.01f, 127, 0.07f, -128, 0.0f},
};

static void deliver_unary(struct kt_sink *sink, const struct unary *u, int32_t in_type,
                          int32_t out_type, float span)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, u->code);
    struct kt_options options = kt_options_default();
    int32_t input = kt_build_quantized(&b, "input", in_type, u->in_scale, u->in_zero_point,
                                       KT_LIST(1, 16, 1, 16));
    int32_t output = kt_build_quantized(&b, "output", out_type, u->out_scale, u->out_zero_point,
                                        KT_LIST(1, 16, 1, 16));
    options.alpha = u->alpha;
    kt_op_add1(c.model, u->code, options, KT_LIST(input), output);
    c.span = span;
    snprintf(c.label, sizeof(c.label), "%s, scale %g zero %d to scale %g zero %d, alpha %g",
             kt_type_name(in_type), (double)u->in_scale, (int)u->in_zero_point,
             (double)u->out_scale, (int)u->out_zero_point, (double)u->alpha);
    kt_case_end(sink, &c, input, output);
}

/* The same function of int16, where there is one; QUANTIZE also between the types. */
static void deliver_int16(struct kt_sink *sink, const struct unary *u)
{
    struct unary wide = *u;
    switch (u->code) {
    case KT_LOGISTIC:
    case KT_TANH:
        wide.out_scale = 1.0f / 128.0f; /* 2^-15 */
        deliver_unary(sink, &wide, KT_I16, KT_I16, 1.0f);
        wide.in_scale = u->in_zero_point ? 0.0625f : 0.125f; /* 2^-12 and 2^-11 */
        break;
    case KT_RELU:
    case KT_RELU6:
    case KT_ABS:
    case KT_LEAKY_RELU: break;
    case KT_QUANTIZE:
        deliver_unary(sink, u, KT_I16, KT_I8, 1.0f);
        deliver_unary(sink, u, KT_I8, KT_I16, 1.0f);
        deliver_unary(sink, u, KT_F32, KT_I16, 1.0f);
        wide.code = KT_DEQUANTIZE;
        deliver_unary(sink, &wide, KT_I16, KT_F32, 1.0f);
        wide.code = KT_QUANTIZE;
        break;
    default: return;
    }
    deliver_unary(sink, &wide, KT_I16, KT_I16, 1.0f);
}

void kt_generate_unary(struct kt_sink *sink)
{
    static const float spans[] = {1.0f, 9.0f, 100.0f};
    for (size_t i = 0; i < sizeof(unaries) / sizeof(unaries[0]); i++) {
        const struct unary *u = &unaries[i];
        bool quantize = u->code == KT_QUANTIZE;
        deliver_unary(sink, u, KT_I8, KT_I8, 1.0f);
        deliver_unary(sink, u, KT_F32, quantize ? KT_I8 : KT_F32, spans[i % 3]);
        deliver_int16(sink, u);
        if (quantize) {
            struct unary back = *u;
            back.code = KT_DEQUANTIZE;
            deliver_unary(sink, &back, KT_I8, KT_F32, 1.0f);
        }
    }
}
