/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of quantised operators that also exist on plain numbers, and a block of a transformer that
 * is made of them. */
#include <stdio.h>

#include "cases.h"

struct operands {
    int32_t rank_a, a[4], rank_b, b[4], rank_out, out[4];
};

static const struct operands operands[] = {
    {3, {2, 3, 50}, 3, {2, 3, 50}, 3, {2, 3, 50}},
    {3, {2, 3, 5}, 1, {5}, 3, {2, 3, 5}},
    {4, {2, 1, 4, 1}, 4, {1, 3, 1, 5}, 4, {2, 3, 4, 5}},
    {0, {0}, 2, {40, 3}, 2, {40, 3}},
};

/* Operator `code` on two inputs; `alike`: all quantised like the first. */
static void pair(struct kt_sink *sink, int32_t code, const struct operands *o, int32_t type,
                 int32_t out_type, bool alike)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    struct kt_options options = kt_options_default();
    int32_t x = kt_build_tensor(&b, "a", type, o->rank_a, o->a);
    int32_t y = alike ? kt_build_like(&b, "b", x, o->rank_b, o->b)
                      : kt_build_tensor(&b, "b", type, o->rank_b, o->b);
    int32_t out = alike ? kt_build_like(&b, "out", x, o->rank_out, o->out)
                        : kt_build_tensor(&b, "out", out_type, o->rank_out, o->out);
    options.activation =
        code == KT_DIV ? kt_random_between(b.random, KT_ACT_NONE, KT_ACT_RELU6) : KT_ACT_NONE;
    kt_op_add1(c.model, code, options, KT_LIST(x, y), out);
    kt_inputs(c.model, KT_LIST(x, y));
    snprintf(c.label, sizeof(c.label), "%s, ranks %d and %d", kt_type_name(type), (int)o->rank_a,
             (int)o->rank_b);
    kt_case_end(sink, &c, x, out);
}

static void pairs(struct kt_sink *sink)
{
    static const int32_t compares[] = {KT_EQUAL,      KT_NOT_EQUAL, KT_LESS,
                                       KT_LESS_EQUAL, KT_GREATER,   KT_GREATER_EQUAL};
    for (size_t i = 0; i < sizeof(operands) / sizeof(operands[0]); i++) {
        for (int32_t again = 0; again < 4; again++) {
            pair(sink, KT_DIV, &operands[i], KT_I8, KT_I8, false);
        }
        for (size_t k = 0; k < 6; k++) {
            pair(sink, compares[k], &operands[i], KT_I8, KT_BOOL, false);
        }
        pair(sink, KT_MAXIMUM, &operands[i], KT_I8, KT_I8, true);
        pair(sink, KT_MINIMUM, &operands[i], KT_I8, KT_I8, true);
        pair(sink, KT_MAXIMUM, &operands[i], KT_I16, KT_I16, true);
        pair(sink, KT_MINIMUM, &operands[i], KT_I16, KT_I16, true);
    }
}

/* [4,6,5] over one axis, or all. */
static void reduce(struct kt_sink *sink, int32_t code, int32_t type, bool all)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    struct kt_options options = kt_options_default();
    options.keep_dims = 1;
    int32_t dims[3] = {all ? 1 : 4, 1, all ? 1 : 5};
    int32_t in = kt_build_tensor(&b, "in", type, KT_LIST(4, 6, 5));
    int32_t out = code == KT_SUM ? kt_build_quantized(&b, "out", type, 0.3f, 5, 3, dims)
                                 : kt_build_like(&b, "out", in, 3, dims);
    int32_t axes = all ? kt_vector_i32(b.model, "axes", KT_LIST(0, 1, 2))
                       : kt_vector_i32(b.model, "axes", KT_LIST(1));
    kt_op_add1(c.model, code, options, KT_LIST(in, axes), out);
    snprintf(c.label, sizeof(c.label), "%s, %s", kt_type_name(type), all ? "all" : "one axis");
    kt_case_end(sink, &c, in, out);
}

static void reductions(struct kt_sink *sink)
{
    static const int32_t codes[] = {KT_SUM, KT_REDUCE_MAX, KT_REDUCE_MIN};
    for (size_t i = 0; i < 3; i++) {
        for (int32_t all = 0; all < 2; all++) {
            reduce(sink, codes[i], KT_I8, all);
            reduce(sink, codes[i], KT_I16, all);
        }
    }
}

/* [batches][rows][inner] times [batches or 1][inner][columns]. */
struct product {
    int32_t batch_a, batch_b, rows, inner, columns;
};

static const struct product products[] = {
    {1, 1, 1, 1, 1}, {1, 1, 4, 6, 5}, {3, 3, 2, 7, 4}, {3, 1, 5, 16, 2}, {1, 2, 3, 33, 3}};

static void multiply(struct kt_sink *sink, const struct product *p, int32_t type, bool adj_x,
                     bool adj_y)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_BATCH_MATMUL);
    struct kt_options options = kt_options_default();
    int32_t batches = p->batch_a > p->batch_b ? p->batch_a : p->batch_b;
    options.adj_x = adj_x;
    options.adj_y = adj_y;
    int32_t x = kt_build_tensor(
        &b, "a", type, KT_LIST(p->batch_a, adj_x ? p->inner : p->rows, adj_x ? p->rows : p->inner));
    int32_t y = kt_build_tensor(
        &b, "b", type,
        KT_LIST(p->batch_b, adj_y ? p->columns : p->inner, adj_y ? p->inner : p->columns));
    int32_t out = kt_build_tensor(&b, "out", type, KT_LIST(batches, p->rows, p->columns));
    kt_op_add1(c.model, KT_BATCH_MATMUL, options, KT_LIST(x, y), out);
    kt_inputs(c.model, KT_LIST(x, y));
    snprintf(c.label, sizeof(c.label), "%s, %dx%dx%d, %d and %d matrices%s%s", kt_type_name(type),
             (int)p->rows, (int)p->inner, (int)p->columns, (int)p->batch_a, (int)p->batch_b,
             adj_x ? ", adj_x" : "", adj_y ? ", adj_y" : "");
    kt_case_end(sink, &c, x, out);
}

static void products_of_matrices(struct kt_sink *sink)
{
    static const int32_t types[] = {KT_I8, KT_I16, KT_F32};
    for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
        for (int32_t t = 0; t < 3; t++) {
            for (int32_t turned = 0; turned < 4; turned++) {
                multiply(sink, &products[i], types[t], turned & 1, turned & 2);
            }
        }
    }
}

enum { TOKENS = 6, WIDTH = 8, HEADS = 2, WIDE = 16 };

/* Output of an operator of one or two operands, int8 with that scale. */
static int32_t apply(struct kt_build *b, int32_t code, int32_t x, int32_t y, float scale,
                     int32_t zero_point, int32_t rank, const int32_t *dim)
{
    struct kt_options options = kt_options_default();
    options.keep_dims = 1;
    int32_t out = kt_build_quantized(b, "value", KT_I8, scale, zero_point, rank, dim);
    const int32_t inputs[2] = {x, y};
    kt_op_add1(b->model, code, options, y < 0 ? 1 : 2, inputs, out);
    return out;
}

static int32_t constant(struct kt_build *b, float scale, int32_t zero_point, int32_t rank,
                        const int32_t *dim)
{
    int32_t tensor = kt_build_quantized(b, "constant", KT_I8, scale, zero_point, rank, dim);
    kt_build_fill(b, tensor);
    return tensor;
}

/* (x - mean) / sqrt(variance + epsilon) * gamma + beta, as converters write it out. */
static int32_t layer_norm(struct kt_build *b, int32_t x)
{
    static const int32_t whole[3] = {1, TOKENS, WIDTH}, one[3] = {1, TOKENS, 1};
    int32_t axis = kt_vector_i32(b->model, "axis", KT_LIST(2));
    int32_t epsilon = constant(b, 0.0001f, -128, 0, NULL);
    int32_t mean = apply(b, KT_MEAN, x, axis, 0.02f, 3, 3, one);
    int32_t gap = apply(b, KT_SUB, x, mean, 0.05f, 1, 3, whole);
    int32_t square = apply(b, KT_MUL, gap, gap, 0.06f, -128, 3, whole);
    int32_t variance = apply(b, KT_MEAN, square, axis, 0.03f, -128, 3, one);
    int32_t above = apply(b, KT_ADD, variance, epsilon, 0.03f, -128, 3, one);
    int32_t inverse = apply(b, KT_RSQRT, above, -1, 0.02f, -128, 3, one);
    int32_t normal = apply(b, KT_MUL, gap, inverse, 0.03f, 0, 3, whole);
    int32_t scaled =
        apply(b, KT_MUL, normal, constant(b, 0.01f, -100, KT_LIST(WIDTH)), 0.04f, 0, 3, whole);
    return apply(b, KT_ADD, scaled, constant(b, 0.005f, 0, KT_LIST(WIDTH)), 0.045f, 0, 3, whole);
}

static int32_t dense(struct kt_build *b, int32_t x, int32_t out_c, int32_t activation)
{
    struct kt_layer layer = {.code = KT_FULLY_CONNECTED,
                             .out_c = out_c,
                             .weights = KT_WEIGHTS_CHANNEL,
                             .out_scale = 0.05f,
                             .options = kt_options_default()};
    layer.options.keep_num_dims = 1;
    layer.options.activation = activation;
    return kt_build_layer(b, &layer, x);
}

static int32_t reshape(struct kt_build *b, int32_t x, int32_t rank, const int32_t *dim)
{
    int32_t out = kt_build_like(b, "view", x, rank, dim);
    kt_op_add1(b->model, KT_RESHAPE, kt_options_default(), KT_LIST(x), out);
    return out;
}

static int32_t turn(struct kt_build *b, int32_t x, int32_t rank, const int32_t *dim)
{
    int32_t order = kt_vector_i32(b->model, "order", KT_LIST(0, 2, 1, 3));
    int32_t out = kt_build_like(b, "turned", x, rank, dim);
    kt_op_add1(b->model, KT_TRANSPOSE, kt_options_default(), KT_LIST(x, order), out);
    return out;
}

/* [1][HEADS][TOKENS][WIDTH / HEADS] */
static int32_t heads(struct kt_build *b, int32_t x)
{
    int32_t split =
        reshape(b, dense(b, x, WIDTH, KT_ACT_NONE), KT_LIST(1, TOKENS, HEADS, WIDTH / HEADS));
    return turn(b, split, KT_LIST(1, HEADS, TOKENS, WIDTH / HEADS));
}

static int32_t attention(struct kt_build *b, int32_t x)
{
    struct kt_options turned = kt_options_default();
    turned.adj_y = 1;
    int32_t query = heads(b, x), key = heads(b, x), value = heads(b, x);
    int32_t scores =
        kt_build_quantized(b, "scores", KT_I8, 0.09f, -4, KT_LIST(1, HEADS, TOKENS, TOKENS));
    kt_op_add1(b->model, KT_BATCH_MATMUL, turned, KT_LIST(query, key), scores);
    int32_t shares = kt_build_softmax(b, 1.0f, scores);
    int32_t mixed = apply(b, KT_BATCH_MATMUL, shares, value, 0.03f, 2,
                          KT_LIST(1, HEADS, TOKENS, WIDTH / HEADS));
    int32_t joined = reshape(b, turn(b, mixed, KT_LIST(1, TOKENS, HEADS, WIDTH / HEADS)),
                             KT_LIST(1, TOKENS, WIDTH));
    return dense(b, joined, WIDTH, KT_ACT_NONE);
}

void kt_generate_transformer(struct kt_sink *sink)
{
    static const int32_t whole[3] = {1, TOKENS, WIDTH};
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_BATCH_MATMUL);
    int32_t x = kt_build_quantized(&b, "tokens", KT_I8, 0.04f, -3, 3, whole);
    int32_t seen = attention(&b, layer_norm(&b, x));
    int32_t sum = apply(&b, KT_ADD, x, seen, 0.06f, -3, 3, whole);
    int32_t wide = dense(&b, layer_norm(&b, sum), WIDE, KT_ACT_RELU);
    int32_t out = apply(&b, KT_ADD, sum, dense(&b, wide, WIDTH, KT_ACT_NONE), 0.08f, 1, 3, whole);
    snprintf(c.label, sizeof(c.label), "a transformer's block, %d tokens of %d", TOKENS, WIDTH);
    kt_case_end(sink, &c, x, out);
}

void kt_generate_quantised(struct kt_sink *sink)
{
    pairs(sink);
    reductions(sink);
    products_of_matrices(sink);
    kt_generate_transformer(sink);
}
