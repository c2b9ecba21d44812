/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of operators on plain numbers: functions, arithmetic, comparisons, reductions, gathers. */
#include <stdio.h>

#include "cases.h"

static void label(struct kt_case *c, const char *what, int32_t type)
{
    snprintf(c->label, sizeof(c->label), "%s, type %d", what, (int)type);
}

static void functions(struct kt_sink *sink)
{
    static const int32_t codes[] = {KT_ABS,  KT_NEG,  KT_CEIL,  KT_FLOOR,  KT_ROUND,
                                    KT_SIGN, KT_SQRT, KT_RSQRT, KT_SQUARE, KT_EXP,
                                    KT_LOG,  KT_SIN,  KT_COS,   KT_ELU};
    static const float spans[] = {1.0f, 9.5f, 300.0f};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        for (size_t k = 0; k < 3; k++) {
            struct kt_case c;
            struct kt_build b = kt_case_begin(sink, &c, codes[i]);
            int32_t in = kt_build_tensor(&b, "in", KT_F32, KT_LIST(1, 5, 41));
            int32_t out = kt_build_tensor(&b, "out", KT_F32, KT_LIST(1, 5, 41));
            kt_op_add1(c.model, codes[i], kt_options_default(), KT_LIST(in), out);
            c.span = codes[i] == KT_EXP && k == 2 ? 80.0f : spans[k];
            label(&c, "function", KT_F32);
            kt_case_end(sink, &c, in, out);
        }
    }
}

struct operands {
    int32_t rank_a, a[4], rank_b, b[4], rank_out, out[4];
};

static const struct operands operands[] = {
    {3, {2, 3, 5}, 3, {2, 3, 5}, 3, {2, 3, 5}},
    {3, {2, 3, 5}, 1, {5}, 3, {2, 3, 5}},
    {4, {2, 1, 4, 1}, 4, {1, 3, 1, 5}, 4, {2, 3, 4, 5}},
    {0, {0}, 2, {4, 3}, 2, {4, 3}},
};

/* Operator `code` on two inputs of type `in` with a result of type `out`. */
static void pair(struct kt_sink *sink, int32_t code, int32_t in, int32_t out_type)
{
    for (size_t i = 0; i < sizeof(operands) / sizeof(operands[0]); i++) {
        const struct operands *o = &operands[i];
        struct kt_case c;
        struct kt_build b = kt_case_begin(sink, &c, code);
        struct kt_options options = kt_options_default();
        options.activation = code == KT_DIV && in == KT_F32 ? (int32_t)(i % 4) : KT_ACT_NONE;
        int32_t x = kt_tensor_add(b.model, "a", in, o->rank_a, o->a);
        int32_t y = kt_tensor_add(b.model, "b", in, o->rank_b, o->b);
        int32_t out = kt_tensor_add(b.model, "out", out_type, o->rank_out, o->out);
        kt_op_add1(c.model, code, options, KT_LIST(x, y), out);
        kt_inputs(c.model, KT_LIST(x, y));
        label(&c, "pair", in);
        kt_case_end(sink, &c, x, out);
    }
}

static void pairs(struct kt_sink *sink)
{
    static const int32_t arithmetic[] = {KT_DIV, KT_MAXIMUM,   KT_MINIMUM,
                                         KT_POW, KT_FLOOR_MOD, KT_FLOOR_DIV};
    static const int32_t compares[] = {KT_EQUAL,      KT_NOT_EQUAL, KT_LESS,
                                       KT_LESS_EQUAL, KT_GREATER,   KT_GREATER_EQUAL};
    static const int32_t types[] = {KT_F32, KT_I32, KT_I64, KT_I16, KT_U8};
    for (size_t i = 0; i < 6; i++) {
        for (size_t t = 0; t < (arithmetic[i] == KT_POW ? 3u : 5u); t++) {
            pair(sink, arithmetic[i], types[t], types[t]);
        }
    }
    for (size_t i = 0; i < 6; i++) {
        for (size_t t = 0; t < 5; t++) {
            pair(sink, compares[i], types[t], KT_BOOL);
        }
    }
    pair(sink, KT_LOGICAL_AND, KT_BOOL, KT_BOOL);
    pair(sink, KT_LOGICAL_OR, KT_BOOL, KT_BOOL);
    pair(sink, KT_BITWISE_XOR, KT_I32, KT_I32);
    pair(sink, KT_BITWISE_XOR, KT_BOOL, KT_BOOL);
}

static void logical_not(struct kt_sink *sink)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_LOGICAL_NOT);
    int32_t in = kt_tensor_add(b.model, "in", KT_BOOL, KT_LIST(3, 7));
    int32_t out = kt_tensor_add(b.model, "out", KT_BOOL, KT_LIST(3, 7));
    kt_op_add1(c.model, KT_LOGICAL_NOT, kt_options_default(), KT_LIST(in), out);
    label(&c, "not", KT_BOOL);
    kt_case_end(sink, &c, in, out);
}

static void selects(struct kt_sink *sink)
{
    static const int32_t types[] = {KT_F32, KT_I32, KT_I64, KT_U8};
    for (size_t t = 0; t < 4; t++) {
        struct kt_case c;
        struct kt_build b = kt_case_begin(sink, &c, KT_SELECT_V2);
        int32_t which = kt_tensor_add(b.model, "which", KT_BOOL, KT_LIST(4, 1, 3));
        int32_t x = kt_tensor_add(b.model, "a", types[t], KT_LIST(1, 5, 3));
        int32_t y = kt_tensor_add(b.model, "b", types[t], KT_LIST(3));
        int32_t out = kt_tensor_add(b.model, "out", types[t], KT_LIST(4, 5, 3));
        kt_op_add1(c.model, KT_SELECT_V2, kt_options_default(), KT_LIST(which, x, y), out);
        kt_inputs(c.model, KT_LIST(which, x, y));
        label(&c, "select", types[t]);
        kt_case_end(sink, &c, x, out);
    }
}

static void casts(struct kt_sink *sink)
{
    static const int32_t types[] = {KT_F32, KT_I32, KT_I64, KT_I16, KT_BOOL};
    for (size_t f = 0; f < 5; f++) {
        for (size_t t = 0; t < 5; t++) {
            struct kt_case c;
            struct kt_build b = kt_case_begin(sink, &c, KT_CAST);
            int32_t in = kt_tensor_add(b.model, "in", types[f], KT_LIST(2, 9));
            int32_t out = kt_tensor_add(b.model, "out", types[t], KT_LIST(2, 9));
            kt_op_add1(c.model, KT_CAST, kt_options_default(), KT_LIST(in), out);
            label(&c, "cast", types[f]);
            kt_case_end(sink, &c, in, out);
        }
    }
}

/* The versions that converters write differ between plain numbers and these. */
static bool is_quantised(int32_t type)
{
    return type == KT_I8 || type == KT_I16;
}

/* Reductions of [2,3,4,5] over the axes, with the reduced dimensions kept or not. */
static void reduce(struct kt_sink *sink, int32_t code, int32_t type, int32_t count,
                   const int32_t *axes, bool keep)
{
    static const int32_t dim[4] = {2, 3, 4, 5};
    int32_t out_dim[4], rank = 0;
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    struct kt_options options = kt_options_default();
    for (int32_t d = 0; d < 4; d++) {
        bool reduced = false;
        for (int32_t i = 0; i < count; i++) {
            reduced = reduced || (axes[i] + 4) % 4 == d;
        }
        if (!reduced || keep) {
            out_dim[rank++] = reduced ? 1 : dim[d];
        }
    }
    bool arg = code == KT_ARG_MAX || code == KT_ARG_MIN;
    options.keep_dims = keep;
    int32_t in = kt_build_tensor(&b, "in", type, 4, dim);
    int32_t out = kt_tensor_add(b.model, "out", arg ? KT_I32 : type, rank, out_dim);
    int32_t axis = kt_vector_i32(b.model, "axes", count, axes);
    int32_t op = kt_op_add1(c.model, code, options, KT_LIST(in, axis), out);
    kt_op_at(c.model, op)->version = is_quantised(type) ? 2 : 1;
    label(&c, keep ? "kept dimensions" : "dropped dimensions", type);
    kt_case_end(sink, &c, in, out);
}

static void reductions(struct kt_sink *sink)
{
    static const int32_t codes[] = {KT_SUM, KT_REDUCE_PROD, KT_REDUCE_MAX, KT_REDUCE_MIN};
    static const int32_t types[] = {KT_F32, KT_I32, KT_I64};
    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < 4; i++) {
            bool product = codes[i] == KT_REDUCE_PROD && types[t] != KT_F32;
            reduce(sink, codes[i], types[t], KT_LIST(1), true);
            reduce(sink, codes[i], types[t], KT_LIST(-1), false);
            if (!product) { /* the slow reference computes in doubles */
                reduce(sink, codes[i], types[t], KT_LIST(0, 2), false);
                reduce(sink, codes[i], types[t], KT_LIST(0, 1, 2, 3), true);
            }
        }
    }
    static const int32_t arg_types[] = {KT_F32, KT_I32, KT_I64, KT_I8, KT_I16};
    for (size_t t = 0; t < 5; t++) {
        reduce(sink, KT_ARG_MAX, arg_types[t], KT_LIST(1), false);
        reduce(sink, KT_ARG_MIN, arg_types[t], KT_LIST(-1), false);
    }
}

struct gather {
    int32_t code, axis, batch, index_rank, index[3], values[6], rank_out, out[4];
};

/* Data is [3,4,5]. */
static const struct gather gathers[] = {
    {KT_GATHER, 0, 0, 0, {0}, {2}, 2, {4, 5}},
    {KT_GATHER, 1, 0, 2, {2, 3}, {3, 0, 1, 2, 2, 0}, 4, {3, 2, 3, 5}},
    {KT_GATHER, -1, 0, 1, {3}, {4, 0, 3}, 3, {3, 4, 3}},
    {KT_GATHER, 1, 1, 2, {3, 2}, {3, 0, 1, 2, 2, 0}, 3, {3, 2, 5}},
    {KT_GATHER_ND, 0, 0, 2, {3, 2}, {2, 3, 0, 1, 1, 0}, 2, {3, 5}},
    {KT_GATHER_ND, 0, 0, 2, {2, 3}, {2, 3, 4, 0, 1, 2}, 1, {2}},
    {KT_GATHER_ND, 0, 0, 2, {2, 1}, {2, 1}, 3, {2, 4, 5}},
};

static void gather_cases(struct kt_sink *sink)
{
    static const int32_t types[] = {KT_F32, KT_I32, KT_I64, KT_I8};
    for (size_t i = 0; i < sizeof(gathers) / sizeof(gathers[0]); i++) {
        const struct gather *g = &gathers[i];
        struct kt_case c;
        struct kt_build b = kt_case_begin(sink, &c, g->code);
        struct kt_options options = kt_options_default();
        options.axis = g->axis;
        options.count = g->batch;
        int32_t in = kt_build_tensor(&b, "data", types[i % 4], KT_LIST(3, 4, 5));
        int32_t out = kt_build_like(&b, "out", in, g->rank_out, g->out);
        int32_t index = kt_tensor_add(b.model, "index", KT_I32, g->index_rank, g->index);
        kt_data(b.model, index, g->values, kt_bytes(kt_tensor_at(b.model, index)));
        int32_t op = kt_op_add1(c.model, g->code, options, KT_LIST(in, index), out);
        kt_op_at(c.model, op)->version = g->code == KT_GATHER && g->batch ? 5 : 2;
        label(&c, "gather", types[i % 4]);
        kt_case_end(sink, &c, in, out);
    }
}

static void topk(struct kt_sink *sink)
{
    static const int32_t types[] = {KT_F32, KT_I32, KT_I8};
    for (size_t t = 0; t < 3; t++) {
        struct kt_case c;
        struct kt_build b = kt_case_begin(sink, &c, KT_TOPK_V2);
        int32_t in = kt_build_tensor(&b, "in", types[t], KT_LIST(3, 17));
        int32_t values = kt_build_like(&b, "values", in, KT_LIST(3, 4));
        int32_t places = kt_tensor_add(b.model, "places", KT_I32, KT_LIST(3, 4));
        int32_t k = kt_scalar_i32(b.model, "k", 4);
        int32_t op = kt_op_add(c.model, KT_TOPK_V2, kt_options_default(), KT_LIST(in, k),
                               KT_LIST(values, places));
        kt_op_at(c.model, op)->version = is_quantised(types[t]) ? 2 : 1;
        kt_outputs(c.model, KT_LIST(values, places));
        label(&c, "topk", types[t]);
        kt_case_end(sink, &c, in, values);
    }
}

static void repeats(struct kt_sink *sink)
{
    static const int32_t types[] = {KT_F32, KT_I32, KT_U8, KT_I8};
    for (size_t t = 0; t < 4; t++) {
        struct kt_case c;
        struct kt_build b = kt_case_begin(sink, &c, KT_TILE);
        int32_t in = kt_build_tensor(&b, "in", types[t], KT_LIST(2, 3, 4));
        int32_t out = kt_build_like(&b, "out", in, KT_LIST(4, 3, 12));
        int32_t multiples = kt_vector_i32(b.model, "multiples", KT_LIST(2, 1, 3));
        int32_t op =
            kt_op_add1(c.model, KT_TILE, kt_options_default(), KT_LIST(in, multiples), out);
        kt_op_at(c.model, op)->version = is_quantised(types[t]) ? 3 : 1;
        label(&c, "tile", types[t]);
        kt_case_end(sink, &c, in, out);

        b = kt_case_begin(sink, &c, KT_BROADCAST_TO);
        in = kt_build_tensor(&b, "in", types[t], KT_LIST(3, 1));
        out = kt_build_like(&b, "out", in, KT_LIST(2, 3, 4));
        int32_t shape = kt_vector_i32(b.model, "shape", KT_LIST(2, 3, 4));
        op = kt_op_add1(c.model, KT_BROADCAST_TO, kt_options_default(), KT_LIST(in, shape), out);
        kt_op_at(c.model, op)->version = is_quantised(types[t]) ? 3 : 2;
        label(&c, "broadcast to", types[t]);
        kt_case_end(sink, &c, in, out);
    }
}

void kt_generate_number(struct kt_sink *sink)
{
    functions(sink);
    pairs(sink);
    logical_not(sink);
    selects(sink);
    casts(sink);
    reductions(sink);
    gather_cases(sink);
    topk(sink);
    repeats(sink);
}
