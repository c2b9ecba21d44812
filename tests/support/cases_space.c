/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of operators that move elements between space, depth and batches, mirror, look up and
 * fill. */
#include <stdio.h>
#include <string.h>

#include "cases.h"

/* An operator on one tensor and up to two vectors of parameters. */
struct move {
    int32_t code, option; /* block or mode */
    int32_t rank, dim[5], out[5];
    int32_t counts[2], values[2][8]; /* of the vectors; 0: none */
};

static const struct move moves[] = {
    {KT_SLICE, 0, 4, {2, 5, 6, 3}, {1, 3, 6, 2}, {4, 4}, {{1, 2, 0, 1}, {1, 3, -1, 2}}},
    {KT_SLICE, 0, 2, {7, 9}, {7, 4}, {2, 2}, {{0, 3}, {7, 4}}},
    {KT_SLICE, 0, 5, {2, 3, 2, 4, 3}, {1, 2, 2, 3, 1}, {5, 5}, {{1, 1, 0, 0, 2}, {1, 2, 2, 3, 1}}},
    {KT_REVERSE_V2, 0, 3, {3, 4, 5}, {3, 4, 5}, {1, 0}, {{1}, {0}}},
    {KT_REVERSE_V2, 0, 3, {3, 4, 5}, {3, 4, 5}, {2, 0}, {{-1, 0}, {0}}},
    {KT_REVERSE_V2, 0, 1, {11}, {11}, {1, 0}, {{0}, {0}}},
    {KT_MIRROR_PAD, KT_REFLECT, 4, {1, 4, 5, 3}, {1, 7, 8, 3}, {8, 0}, {{0, 0, 1, 2, 3, 0, 0, 0}}},
    {KT_MIRROR_PAD, KT_SYMMETRIC, 4, {1, 4, 5, 3}, {1, 8, 7, 3}, {8, 0}, {{0, 0, 4, 0, 1, 1}}},
    {KT_MIRROR_PAD, KT_REFLECT, 4, {2, 3, 3, 2}, {4, 5, 7, 4}, {8, 0}, {{1, 1, 1, 1, 2, 2, 1, 1}}},
    {KT_MIRROR_PAD, KT_SYMMETRIC, 2, {2, 3}, {6, 8}, {4, 0}, {{2, 2, 2, 3}}},
    {KT_SPACE_TO_DEPTH, 2, 4, {1, 4, 6, 3}, {1, 2, 3, 12}, {0}, {{0}}},
    {KT_SPACE_TO_DEPTH, 3, 4, {2, 6, 3, 1}, {2, 2, 1, 9}, {0}, {{0}}},
    {KT_DEPTH_TO_SPACE, 2, 4, {1, 3, 2, 8}, {1, 6, 4, 2}, {0}, {{0}}},
    {KT_DEPTH_TO_SPACE, 3, 4, {2, 2, 1, 18}, {2, 6, 3, 2}, {0}, {{0}}},
    {KT_SPACE_TO_BATCH_ND, 0, 4, {1, 4, 6, 3}, {4, 2, 3, 3}, {2, 4}, {{2, 2}, {0, 0, 0, 0}}},
    {KT_SPACE_TO_BATCH_ND, 0, 4, {2, 5, 7, 2}, {12, 4, 5, 2}, {2, 4}, {{2, 3}, {1, 2, 4, 4}}},
    {KT_SPACE_TO_BATCH_ND, 0, 4, {1, 3, 2, 4}, {16, 2, 2, 4}, {2, 4}, {{4, 4}, {5, 0, 0, 6}}},
    {KT_SPACE_TO_BATCH_ND, 0, 3, {2, 7, 3}, {6, 3, 3}, {1, 2}, {{3}, {1, 1}}},
    {KT_BATCH_TO_SPACE_ND, 0, 4, {4, 2, 3, 3}, {1, 4, 6, 3}, {2, 4}, {{2, 2}, {0, 0, 0, 0}}},
    {KT_BATCH_TO_SPACE_ND, 0, 4, {12, 4, 5, 2}, {2, 5, 7, 2}, {2, 4}, {{2, 3}, {1, 2, 4, 4}}},
    {KT_BATCH_TO_SPACE_ND, 0, 4, {16, 2, 2, 4}, {1, 3, 2, 4}, {2, 4}, {{4, 4}, {5, 0, 0, 6}}},
    {KT_BATCH_TO_SPACE_ND, 0, 3, {6, 3, 3}, {2, 7, 3}, {1, 2}, {{3}, {1, 1}}},
};

static void deliver_move(struct kt_sink *sink, const struct move *m, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, m->code);
    struct kt_options options = kt_options_default();
    options.block = options.mode = m->option;
    int32_t inputs[3] = {kt_build_tensor(&b, "input", type, m->rank, m->dim)}, count = 1;
    for (int32_t i = 0; i < 2; i++) {
        bool pairs = (i == 1 && m->counts[1] == 2 * m->counts[0]) || m->code == KT_MIRROR_PAD;
        const int32_t dim[2] = {pairs ? m->counts[i] / 2 : m->counts[i], 2};
        if (m->counts[i] > 0) {
            inputs[count] = kt_tensor_add(c.model, "parameters", KT_I32, pairs ? 2 : 1, dim);
            kt_data(c.model, inputs[count++], m->values[i], (size_t)m->counts[i] * 4);
        }
    }
    int32_t output = kt_build_like(&b, "output", inputs[0], m->rank, m->out);
    kt_op_add1(c.model, m->code, options, count, inputs, output);
    snprintf(c.label, sizeof(c.label), "%s, rank %d, first parameters %d %d", kt_type_name(type),
             (int)m->rank, (int)m->option, (int)m->values[0][0]);
    kt_case_end(sink, &c, inputs[0], output);
}

/* SPACE_TO_BATCH_ND of a random image, or the way back. */
static void deliver_random_blocks(struct kt_sink *sink, int32_t type)
{
    struct move m = {.rank = 4, .counts = {2, 4}};
    int32_t image[4], cells[4];
    for (int32_t i = 0; i < 4; i++) {
        image[i] = cells[i] = kt_random_between(&sink->random, 1, i % 3 ? 9 : 3);
    }
    for (int32_t i = 0; i < 2; i++) {
        int32_t block = kt_random_between(&sink->random, 1, 5);
        int32_t before = kt_random_between(&sink->random, 0, 6);
        int32_t padded = (image[i + 1] + before + block - 1) / block * block;
        m.values[0][i] = block;
        m.values[1][2 * i] = before;
        m.values[1][2 * i + 1] = padded - before - image[i + 1];
        cells[i + 1] = padded / block;
        cells[0] *= block;
    }
    m.code = kt_random_between(&sink->random, 0, 1) ? KT_SPACE_TO_BATCH_ND : KT_BATCH_TO_SPACE_ND;
    memcpy(m.dim, m.code == KT_SPACE_TO_BATCH_ND ? image : cells, sizeof(image));
    memcpy(m.out, m.code == KT_SPACE_TO_BATCH_ND ? cells : image, sizeof(image));
    deliver_move(sink, &m, type);
}

static void deliver_fill(struct kt_sink *sink, int32_t type)
{
    static const int32_t dim[3] = {3, 4, 5};
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_FILL);
    int32_t shape = kt_vector_i32(c.model, "shape", 3, dim);
    int32_t value = kt_build_tensor(&b, "value", type, 0, NULL);
    int32_t output = kt_build_like(&b, "output", value, 3, dim);
    kt_op_add1(c.model, KT_FILL, kt_options_default(), KT_LIST(shape, value), output);
    snprintf(c.label, sizeof(c.label), "%s", kt_type_name(type));
    kt_case_end(sink, &c, value, output);
}

/* Zeros that are the model's output, or that meet another operator. */
static void deliver_zeros(struct kt_sink *sink, int32_t type, bool last)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_ZEROS_LIKE);
    int32_t input = kt_build_tensor(&b, "input", type, KT_LIST(2, 3, 5));
    int32_t zeros = kt_build_like(&b, "zeros", input, KT_LIST(2, 3, 5));
    int32_t sum = kt_build_like(&b, "sum", input, KT_LIST(2, 3, 5));
    kt_op_add1(c.model, KT_ZEROS_LIKE, kt_options_default(), KT_LIST(input), zeros);
    if (!last) {
        kt_op_add1(c.model, KT_ADD, kt_options_default(), KT_LIST(input, zeros), sum);
    }
    snprintf(c.label, sizeof(c.label), "%s, %s", kt_type_name(type), last ? "last" : "added");
    kt_case_end(sink, &c, input, last ? zeros : sum);
}

/* The shape that two shapes have together, as that of a BROADCAST_TO. */
static void deliver_broadcast_args(struct kt_sink *sink)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_BROADCAST_ARGS);
    int32_t input = kt_build_tensor(&b, "input", KT_F32, KT_LIST(3, 1));
    int32_t first = kt_vector_i32(c.model, "first", KT_LIST(1, 4));
    int32_t second = kt_vector_i32(c.model, "second", KT_LIST(2, 3, 1));
    int32_t shape = kt_tensor_add(c.model, "shape", KT_I32, KT_LIST(3));
    int32_t output = kt_tensor_add(c.model, "output", KT_F32, KT_LIST(2, 3, 4));
    kt_op_add1(c.model, KT_BROADCAST_ARGS, kt_options_default(), KT_LIST(first, second), shape);
    kt_op_add1(c.model, KT_BROADCAST_TO, kt_options_default(), KT_LIST(input, shape), output);
    snprintf(c.label, sizeof(c.label), "[1,4] and [2,3,1]");
    kt_case_end(sink, &c, input, output);
}

/* Rows of a table, and rows of an int8 table as floats. The rows depend on the input: 0 and 1 of a
 * bool. */
static void deliver_embedding(struct kt_sink *sink, int32_t type, int32_t out_type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_EMBEDDING_LOOKUP);
    int32_t input = kt_tensor_add(c.model, "input", KT_BOOL, KT_LIST(7));
    int32_t rows = kt_tensor_add(c.model, "rows", KT_I32, KT_LIST(7));
    int32_t table = kt_build_quantized(&b, "table", type, 0.03f, 0, KT_LIST(2, 4, 3));
    kt_build_fill(&b, table);
    int32_t output = type == out_type
                         ? kt_build_like(&b, "output", table, KT_LIST(7, 4, 3))
                         : kt_tensor_add(c.model, "output", out_type, KT_LIST(7, 4, 3));
    kt_op_add1(c.model, KT_CAST, kt_options_default(), KT_LIST(input), rows);
    kt_op_add1(c.model, KT_EMBEDDING_LOOKUP, kt_options_default(), KT_LIST(rows, table), output);
    snprintf(c.label, sizeof(c.label), "%s from %s", kt_type_name(out_type), kt_type_name(type));
    kt_case_end(sink, &c, input, output);
}

void kt_generate_space(struct kt_sink *sink)
{
    static const int32_t types[] = {KT_I8, KT_F32, KT_I16};
    for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
        for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
            deliver_move(sink, &moves[i], types[t]);
        }
        for (int32_t i = 0; i < 10; i++) {
            deliver_random_blocks(sink, types[t]);
        }
        deliver_fill(sink, types[t]);
        deliver_zeros(sink, types[t], true);
        deliver_zeros(sink, types[t], false);
        deliver_embedding(sink, types[t], types[t]);
    }
    deliver_embedding(sink, KT_I8, KT_F32);
    deliver_broadcast_args(sink);
}
