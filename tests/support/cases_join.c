/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of operators that join or split tensors. */
#include <stdio.h>

#include "cases.h"

enum { MAX_PARTS = 4 };

/* One tensor and its parts along an axis. */
struct parts {
    int32_t rank, dim[4], axis, count, size[MAX_PARTS];
};

static const struct parts partitions[] = {
    {4, {1, 3, 4, 6}, 3, 2, {4, 2}},    {4, {1, 3, 4, 6}, -1, 3, {2, 2, 2}},
    {4, {2, 6, 2, 3}, 1, 3, {1, 2, 3}}, {2, {4, 5}, 0, 4, {1, 1, 1, 1}},
    {2, {4, 6}, 1, 2, {3, 3}},          {1, {9}, 0, 3, {3, 3, 3}},
    {3, {2, 8, 3}, -2, 2, {4, 4}},      {4, {1, 5, 1, 2}, 2, 1, {1}},
};

/* The parts' tensors, quantised alike, and the whole's. */
static int32_t add_parts(struct kt_build *b, const struct parts *p, int32_t type,
                         int32_t part[MAX_PARTS])
{
    int32_t whole = kt_build_tensor(b, "whole", type, p->rank, p->dim);
    int32_t axis = p->axis < 0 ? p->axis + p->rank : p->axis;
    for (int32_t i = 0; i < p->count; i++) {
        int32_t dim[4];
        for (int32_t d = 0; d < p->rank; d++) {
            dim[d] = d == axis ? p->size[i] : p->dim[d];
        }
        part[i] = kt_build_like(b, "part", whole, p->rank, dim);
    }
    return whole;
}

static void label(struct kt_case *c, int32_t type, const struct parts *p)
{
    snprintf(c->label, sizeof(c->label), "%s, rank %d, axis %d, %d parts", kt_type_name(type),
             (int)p->rank, (int)p->axis, (int)p->count);
}

static void deliver_concatenation(struct kt_sink *sink, const struct parts *p, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_CONCATENATION);
    struct kt_options options = kt_options_default();
    int32_t part[MAX_PARTS];
    int32_t whole = add_parts(&b, p, type, part);
    options.axis = p->axis;
    kt_op_add1(c.model, KT_CONCATENATION, options, p->count, part, whole);
    kt_inputs(c.model, p->count, part);
    label(&c, type, p);
    kt_case_end(sink, &c, -1, whole);
}

static bool equal_parts(const struct parts *p)
{
    bool equal = true;
    for (int32_t i = 1; i < p->count; i++) {
        equal = equal && p->size[i] == p->size[0];
    }
    return equal;
}

static void deliver_split(struct kt_sink *sink, const struct parts *p, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SPLIT);
    struct kt_options options = kt_options_default();
    int32_t part[MAX_PARTS];
    int32_t whole = add_parts(&b, p, type, part);
    int32_t axis = kt_scalar_i32(c.model, "axis", p->axis);
    options.count = p->count;
    kt_op_add(c.model, KT_SPLIT, options, KT_LIST(axis, whole), p->count, part);
    kt_outputs(c.model, p->count, part);
    label(&c, type, p);
    kt_case_end(sink, &c, whole, -1);
}

/* With `rest`, the last size is written as -1: what remains. */
static void deliver_split_v(struct kt_sink *sink, const struct parts *p, int32_t type, bool rest)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SPLIT_V);
    struct kt_options options = kt_options_default();
    int32_t part[MAX_PARTS], sizes[MAX_PARTS];
    int32_t whole = add_parts(&b, p, type, part);
    for (int32_t i = 0; i < p->count; i++) {
        sizes[i] = rest && i == p->count - 1 ? -1 : p->size[i];
    }
    int32_t size = kt_vector_i32(c.model, "sizes", p->count, sizes);
    int32_t axis = kt_scalar_i32(c.model, "axis", p->axis);
    options.count = p->count;
    kt_op_add(c.model, KT_SPLIT_V, options, KT_LIST(whole, size, axis), p->count, part);
    kt_outputs(c.model, p->count, part);
    label(&c, type, p);
    kt_case_end(sink, &c, whole, -1);
}

/* `count` tensors of shape `dim` and one with a new dimension at `axis`. */
struct packed {
    int32_t rank, dim[3], axis, count;
};

static const struct packed packs[] = {
    {2, {3, 4}, 0, 3}, {2, {3, 4}, 2, 2},    {2, {3, 4}, -2, 4},
    {1, {5}, 1, 2},    {3, {2, 3, 2}, 1, 3}, {3, {2, 1, 5}, -1, 1},
};

static int32_t add_packed(struct kt_build *b, const struct packed *p, int32_t type,
                          int32_t part[MAX_PARTS])
{
    int32_t dim[4];
    int32_t axis = p->axis < 0 ? p->axis + p->rank + 1 : p->axis;
    for (int32_t d = 0; d < p->rank + 1; d++) {
        dim[d] = d == axis ? p->count : p->dim[d < axis ? d : d - 1];
    }
    int32_t whole = kt_build_tensor(b, "packed", type, p->rank + 1, dim);
    for (int32_t i = 0; i < p->count; i++) {
        part[i] = kt_build_like(b, "part", whole, p->rank, p->dim);
    }
    return whole;
}

static void deliver_pack(struct kt_sink *sink, const struct packed *p, int32_t type, bool unpack)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, unpack ? KT_UNPACK : KT_PACK);
    struct kt_options options = kt_options_default();
    int32_t part[MAX_PARTS];
    int32_t whole = add_packed(&b, p, type, part);
    options.axis = p->axis;
    options.count = p->count;
    if (unpack) {
        kt_op_add(c.model, KT_UNPACK, options, 1, &whole, p->count, part);
        kt_outputs(c.model, p->count, part);
    } else {
        kt_op_add1(c.model, KT_PACK, options, p->count, part, whole);
        kt_inputs(c.model, p->count, part);
    }
    snprintf(c.label, sizeof(c.label), "%s, rank %d, axis %d, %d parts", kt_type_name(type),
             (int)p->rank, (int)p->axis, (int)p->count);
    kt_case_end(sink, &c, whole, whole);
}

void kt_generate_join(struct kt_sink *sink)
{
    static const int32_t types[] = {KT_F32, KT_I8, KT_I16};
    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < sizeof(partitions) / sizeof(partitions[0]); i++) {
            deliver_concatenation(sink, &partitions[i], types[t]);
            if (equal_parts(&partitions[i])) {
                deliver_split(sink, &partitions[i], types[t]);
            }
            deliver_split_v(sink, &partitions[i], types[t], i % 2 == 1);
        }
        for (size_t i = 0; i < sizeof(packs) / sizeof(packs[0]); i++) {
            deliver_pack(sink, &packs[i], types[t], false);
            deliver_pack(sink, &packs[i], types[t], true);
        }
    }
}
