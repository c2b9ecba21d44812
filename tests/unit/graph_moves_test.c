/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that only move elements: what kl_op_moves lists, carried out by the reference
 * kernel, equals plain index arithmetic over random shapes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "graph/const_params.h"
#include "graph/moves.h"
#include "graph_build.h"
#include "kinglet/kernels.h"
#include "random.h"

enum { ROUNDS = 300, MAX_PARTS = 4, GUARD = 64 };

static const enum kl_dtype dtypes[] = {KL_S8, KL_S16, KL_F32, KL_S64};

/* One operator under test, and where each output element comes from. */
struct trial {
    struct kl_graph *graph;
    struct kt_random *random;
    enum kl_dtype dtype;
    struct kl_op *op;
};

static struct kl_shape random_shape(struct kt_random *random, int32_t min_rank, int32_t max_rank)
{
    struct kl_shape shape = {.rank = kt_random_between(random, min_rank, max_rank)};
    for (int32_t i = 0; i < shape.rank; i++) {
        shape.dim[i] = kt_random_between(random, 1, 4);
    }
    return shape;
}

/* An input with random bytes. */
static struct kl_tensor *random_input(struct trial *t, struct kl_shape shape)
{
    struct kl_tensor *tensor = gb_tensor(t->graph, "in", t->dtype, shape);
    unsigned char bytes[4096 * 8];
    for (size_t i = 0; i < tensor->bytes; i++) {
        bytes[i] = (unsigned char)kt_random_between(t->random, 0, 255);
    }
    gb_fill(t->graph, tensor, bytes);
    return tensor;
}

static void coordinates(const struct kl_shape *shape, int64_t index, int32_t at[KL_MAX_RANK])
{
    for (int32_t i = shape->rank; i-- > 0;) {
        at[i] = (int32_t)(index % shape->dim[i]);
        index /= shape->dim[i];
    }
}

static int64_t index_of(const struct kl_shape *shape, const int32_t at[KL_MAX_RANK])
{
    int64_t index = 0;
    for (int32_t i = 0; i < shape->rank; i++) {
        index = index * shape->dim[i] + at[i];
    }
    return index;
}

/* Where output element `at` of output `output` comes from; false: the operator leaves it. */
typedef bool source_fn(const struct kl_op *op, int32_t output, const int32_t at[KL_MAX_RANK],
                       int32_t *input, int32_t from[KL_MAX_RANK]);

/* Carry the moves out into outputs filled with 0xa5, between guards. */
static void run_moves(const struct kl_op *op, unsigned char memory[][4096 * 8])
{
    struct kl_op_move moves[KL_MAX_MOVES];
    struct kl_diag diag = {0};
    int32_t count;
    if (kl_op_moves(op, moves, &count, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    memset(memory, 0xa5, sizeof(unsigned char[MAX_PARTS][4096 * 8]));
    for (int32_t i = 0; i < count; i++) {
        const struct kl_op_move *m = &moves[i];
        unsigned char copy[4096 * 8];
        memcpy(copy, op->inputs[m->input]->data, op->inputs[m->input]->bytes);
        struct kl_rows in = {.base = copy + m->in_offset, .count = 1};
        struct kl_rows out = {.base = memory[m->output] + GUARD + m->out_offset, .count = 1};
        kl_kernels[KL_KERNEL_MOVE](&m->move, &in, &out, NULL);
    }
}

static void check_output(const struct kl_op *op, int32_t output, const unsigned char *memory,
                         source_fn *source)
{
    static const unsigned char untouched[8] = {0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5};
    const struct kl_tensor *out = op->outputs[output];
    size_t elem = kl_dtype_bytes(out->dtype);
    for (int64_t i = 0; i < kl_shape_elements(&out->shape); i++) {
        int32_t at[KL_MAX_RANK];
        int32_t from[KL_MAX_RANK];
        int32_t input = 0;
        const unsigned char *expected = untouched;
        coordinates(&out->shape, i, at);
        if (source(op, output, at, &input, from)) {
            const struct kl_tensor *in = op->inputs[input];
            expected = (const unsigned char *)in->data + (size_t)index_of(&in->shape, from) * elem;
        }
        assert_memory_equal(memory + GUARD + (size_t)i * elem, expected, elem);
    }
    for (size_t i = 0; i < GUARD; i++) {
        assert_int_equal(memory[i], 0xa5);
        assert_int_equal(memory[GUARD + out->bytes + i], 0xa5);
    }
}

/* The trial's operator is sound, and moves what `source` says. */
static void check_trial(struct trial *t, source_fn *source)
{
    static unsigned char memory[MAX_PARTS][4096 * 8];
    gb_accept(t->graph);
    assert_true(kl_op_is_move(t->op));
    run_moves(t->op, memory);
    for (int32_t i = 0; i < t->op->output_count; i++) {
        check_output(t->op, i, memory[i], source);
    }
    gb_free(t->graph);
}

typedef void round_fn(struct trial *t);

static void each_round(round_fn *round)
{
    struct kt_random random = {11};
    for (int32_t i = 0; i < ROUNDS; i++) {
        struct trial t = {.graph = gb_create(),
                          .random = &random,
                          .dtype = dtypes[kt_random_between(&random, 0, 3)]};
        round(&t);
    }
}

static bool transpose_source(const struct kl_op *op, int32_t output, const int32_t at[KL_MAX_RANK],
                             int32_t *input, int32_t from[KL_MAX_RANK])
{
    const int32_t *perm = op->inputs[1]->data;
    (void)output;
    *input = 0;
    for (int32_t i = 0; i < op->inputs[0]->shape.rank; i++) {
        from[perm[i]] = at[i];
    }
    return true;
}

static void transpose_round(struct trial *t)
{
    int32_t perm[KL_MAX_RANK] = {0, 1, 2, 3, 4, 5};
    struct kl_shape in = random_shape(t->random, 1, KL_MAX_RANK);
    struct kl_shape out = in;
    for (int32_t i = in.rank; i-- > 1;) {
        int32_t k = kt_random_between(t->random, 0, i);
        int32_t kept = perm[i];
        perm[i] = perm[k];
        perm[k] = kept;
    }
    for (int32_t i = 0; i < in.rank; i++) {
        out.dim[i] = in.dim[perm[i]];
    }
    struct kl_tensor *data = random_input(t, in);
    struct kl_tensor *order = gb_ints(t->graph, in.rank, perm);
    struct kl_tensor *result = gb_tensor(t->graph, "out", t->dtype, out);
    t->op = gb_op(t->graph, KL_OP_TRANSPOSE, GB_LIST(data, order), GB_LIST(result));
    check_trial(t, transpose_source);
}

static void test_transpose(void **state)
{
    (void)state;
    each_round(transpose_round);
}

/* Bounds are given whole: begin and step as stored, no dimension left out. */
static bool slice_source(const struct kl_op *op, int32_t output, const int32_t at[KL_MAX_RANK],
                         int32_t *input, int32_t from[KL_MAX_RANK])
{
    const int32_t *begin = op->inputs[1]->data;
    const int32_t *step = op->inputs[3]->data;
    int32_t next = 0;
    (void)output;
    *input = 0;
    for (int32_t i = 0; i < op->inputs[0]->shape.rank; i++) {
        bool shrink = op->attr.strided_slice.shrink_axis_mask & (1u << i);
        from[i] = begin[i] + (shrink ? 0 : at[next++] * step[i]);
    }
    return true;
}

static void slice_round(struct trial *t)
{
    struct kl_shape in = random_shape(t->random, 1, KL_MAX_RANK);
    struct kl_shape out = {0};
    int32_t begin[KL_MAX_RANK];
    int32_t end[KL_MAX_RANK];
    int32_t step[KL_MAX_RANK];
    uint32_t shrink = 0;
    uint32_t no_end = 0;
    for (int32_t i = 0; i < in.rank; i++) {
        bool back = kt_random_between(t->random, 0, 1);
        int32_t stride = kt_random_between(t->random, 1, 3);
        begin[i] = kt_random_between(t->random, 0, in.dim[i] - 1);
        int32_t room = back ? begin[i] : in.dim[i] - 1 - begin[i];
        int32_t size = 1 + kt_random_between(t->random, 0, room / stride);
        step[i] = back ? -stride : stride;
        end[i] = begin[i] + size * step[i];
        if (kt_random_between(t->random, 0, 3) == 0) {
            shrink |= 1u << i;
            continue;
        }
        if (end[i] < 0) { /* before the first element: only a mask can say so */
            no_end |= 1u << i;
        }
        out.dim[out.rank++] = size;
    }
    struct kl_tensor *result = gb_tensor(t->graph, "out", t->dtype, out);
    struct kl_tensor *data = random_input(t, in);
    t->op = gb_op(t->graph, KL_OP_STRIDED_SLICE,
                  GB_LIST(data, gb_ints(t->graph, in.rank, begin), gb_ints(t->graph, in.rank, end),
                          gb_ints(t->graph, in.rank, step)),
                  GB_LIST(result));
    t->op->attr.strided_slice.shrink_axis_mask = shrink;
    t->op->attr.strided_slice.end_mask = no_end;
    check_trial(t, slice_source);
}

static void test_strided_slice(void **state)
{
    (void)state;
    each_round(slice_round);
}

/* A long step over one element: the step must not be multiplied out. */
static void test_slice_with_a_step_beyond_the_tensor(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(2, 1 << 20));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(1, 1 << 20));
    struct kl_tensor *zero = gb_ints(graph, 2, (int32_t[]){0, 0});
    struct kl_op *op = gb_op(graph, KL_OP_STRIDED_SLICE,
                             GB_LIST(in, zero, gb_ints(graph, 2, (int32_t[]){2, 1 << 20}),
                                     gb_ints(graph, 2, (int32_t[]){32767, 1})),
                             GB_LIST(out));
    struct kl_op_move moves[KL_MAX_MOVES];
    struct kl_diag diag = {0};
    int32_t count;
    gb_accept(graph);
    assert_int_equal(kl_op_moves(op, moves, &count, &diag), KL_OK);
    assert_int_equal(moves[0].move.dim[KL_MOVE_RANK - 1], 1 << 20);
    assert_int_equal(moves[0].move.in_step[KL_MOVE_RANK - 1], 4);
    gb_free(graph);
}

static int32_t positive_axis(const struct kl_op *op, int32_t rank)
{
    int32_t axis = op->attr.axis.axis;
    return axis < 0 ? axis + rank : axis;
}

static bool concatenation_source(const struct kl_op *op, int32_t output,
                                 const int32_t at[KL_MAX_RANK], int32_t *input,
                                 int32_t from[KL_MAX_RANK])
{
    int32_t axis = positive_axis(op, op->outputs[0]->shape.rank);
    (void)output;
    memcpy(from, at, sizeof(int32_t[KL_MAX_RANK]));
    for (*input = 0; from[axis] >= op->inputs[*input]->shape.dim[axis]; (*input)++) {
        from[axis] -= op->inputs[*input]->shape.dim[axis];
    }
    return true;
}

static void concatenation_round(struct trial *t)
{
    struct kl_shape shape = random_shape(t->random, 1, KL_MAX_RANK);
    struct kl_tensor *parts[MAX_PARTS];
    int32_t count = kt_random_between(t->random, 1, MAX_PARTS);
    int32_t axis = kt_random_between(t->random, 0, shape.rank - 1);
    int32_t total = 0;
    for (int32_t i = 0; i < count; i++) {
        shape.dim[axis] = kt_random_between(t->random, 1, 4);
        total += shape.dim[axis];
        parts[i] = random_input(t, shape);
    }
    shape.dim[axis] = total;
    struct kl_tensor *out = gb_tensor(t->graph, "out", t->dtype, shape);
    t->op = gb_op(t->graph, KL_OP_CONCATENATION, count, parts, GB_LIST(out));
    t->op->attr.axis.axis = kt_random_between(t->random, 0, 1) ? axis : axis - shape.rank;
    check_trial(t, concatenation_source);
}

static void test_concatenation(void **state)
{
    (void)state;
    each_round(concatenation_round);
}

/* SPLIT (axis, data) and SPLIT_V (data, sizes, axis). */
static bool split_source(const struct kl_op *op, int32_t output, const int32_t at[KL_MAX_RANK],
                         int32_t *input, int32_t from[KL_MAX_RANK])
{
    bool sized = op->kind == KL_OP_SPLIT_V;
    int32_t rank = op->outputs[0]->shape.rank;
    int32_t axis = *(const int32_t *)op->inputs[sized ? 2 : 0]->data;
    axis = axis < 0 ? axis + rank : axis;
    *input = sized ? 0 : 1;
    memcpy(from, at, sizeof(int32_t[KL_MAX_RANK]));
    for (int32_t i = 0; i < output; i++) {
        from[axis] += op->outputs[i]->shape.dim[axis];
    }
    return true;
}

static void split_round(struct trial *t, bool sized)
{
    struct kl_shape shape = random_shape(t->random, 1, KL_MAX_RANK);
    struct kl_tensor *parts[MAX_PARTS];
    int32_t sizes[MAX_PARTS];
    int32_t count = kt_random_between(t->random, 1, MAX_PARTS);
    int32_t axis = kt_random_between(t->random, 0, shape.rank - 1);
    int32_t total = 0;
    for (int32_t i = 0; i < count; i++) {
        if (sized || i == 0) {
            shape.dim[axis] = kt_random_between(t->random, 1, 3);
        }
        sizes[i] = shape.dim[axis];
        total += sizes[i];
        parts[i] = gb_tensor(t->graph, "part", t->dtype, shape);
    }
    shape.dim[axis] = total;
    struct kl_tensor *data = random_input(t, shape);
    bool back = kt_random_between(t->random, 0, 1);
    struct kl_tensor *where = gb_scalar(t->graph, back ? axis - shape.rank : axis);
    if (sized) {
        sizes[kt_random_between(t->random, 0, count - 1)] = -1; /* the rest */
        t->op = gb_op(t->graph, KL_OP_SPLIT_V,
                      GB_LIST(data, gb_ints(t->graph, count, sizes), where), count, parts);
    } else {
        t->op = gb_op(t->graph, KL_OP_SPLIT, GB_LIST(where, data), count, parts);
    }
    check_trial(t, split_source);
}

static void even_split_round(struct trial *t)
{
    split_round(t, false);
}

static void sized_split_round(struct trial *t)
{
    split_round(t, true);
}

static void test_split(void **state)
{
    (void)state;
    each_round(even_split_round);
    each_round(sized_split_round);
}

/* `at` without dimension `axis`. */
static void without(const int32_t at[KL_MAX_RANK], int32_t axis, int32_t rest[KL_MAX_RANK])
{
    for (int32_t i = 0; i + 1 < KL_MAX_RANK; i++) {
        rest[i] = at[i < axis ? i : i + 1];
    }
}

static bool pack_source(const struct kl_op *op, int32_t output, const int32_t at[KL_MAX_RANK],
                        int32_t *input, int32_t from[KL_MAX_RANK])
{
    int32_t axis = positive_axis(op, op->outputs[0]->shape.rank);
    (void)output;
    *input = at[axis];
    without(at, axis, from);
    return true;
}

static void pack_round(struct trial *t)
{
    struct kl_shape part = random_shape(t->random, 0, KL_MAX_RANK - 1);
    struct kl_shape whole = {.rank = part.rank + 1};
    struct kl_tensor *parts[MAX_PARTS];
    int32_t count = kt_random_between(t->random, 1, MAX_PARTS);
    int32_t axis = kt_random_between(t->random, 0, part.rank);
    for (int32_t i = 0; i < whole.rank; i++) {
        whole.dim[i] = i == axis ? count : part.dim[i < axis ? i : i - 1];
    }
    for (int32_t i = 0; i < count; i++) {
        parts[i] = random_input(t, part);
    }
    struct kl_tensor *out = gb_tensor(t->graph, "out", t->dtype, whole);
    t->op = gb_op(t->graph, KL_OP_PACK, count, parts, GB_LIST(out));
    t->op->attr.axis.axis = kt_random_between(t->random, 0, 1) ? axis : axis - whole.rank;
    check_trial(t, pack_source);
}

static void test_pack(void **state)
{
    (void)state;
    each_round(pack_round);
}

static bool unpack_source(const struct kl_op *op, int32_t output, const int32_t at[KL_MAX_RANK],
                          int32_t *input, int32_t from[KL_MAX_RANK])
{
    int32_t axis = positive_axis(op, op->inputs[0]->shape.rank);
    *input = 0;
    for (int32_t i = 0; i < op->inputs[0]->shape.rank; i++) {
        from[i] = i == axis ? output : at[i < axis ? i : i - 1];
    }
    return true;
}

static void unpack_round(struct trial *t)
{
    struct kl_shape whole = random_shape(t->random, 1, KL_MAX_RANK);
    struct kl_shape part = {.rank = whole.rank - 1};
    struct kl_tensor *parts[MAX_PARTS];
    int32_t axis = kt_random_between(t->random, 0, whole.rank - 1);
    without(whole.dim, axis, part.dim);
    for (int32_t i = 0; i < whole.dim[axis]; i++) {
        parts[i] = gb_tensor(t->graph, "part", t->dtype, part);
    }
    struct kl_tensor *data = random_input(t, whole);
    t->op = gb_op(t->graph, KL_OP_UNPACK, GB_LIST(data), whole.dim[axis], parts);
    t->op->attr.axis.axis = kt_random_between(t->random, 0, 1) ? axis : axis - whole.rank;
    check_trial(t, unpack_source);
}

static void test_unpack(void **state)
{
    (void)state;
    each_round(unpack_round);
}

static bool pad_source(const struct kl_op *op, int32_t output, const int32_t at[KL_MAX_RANK],
                       int32_t *input, int32_t from[KL_MAX_RANK])
{
    const int32_t *paddings = op->inputs[1]->data;
    const struct kl_shape *in = &op->inputs[0]->shape;
    bool inside = true;
    (void)output;
    *input = 0;
    for (int32_t i = 0; i < in->rank; i++) {
        from[i] = at[i] - paddings[2 * i];
        inside = inside && from[i] >= 0 && from[i] < in->dim[i];
    }
    return inside;
}

static void pad_round(struct trial *t)
{
    int32_t paddings[2 * KL_MAX_RANK];
    struct kl_shape in = random_shape(t->random, 1, KL_MAX_RANK - 1);
    struct kl_shape out = in;
    for (int32_t i = 0; i < 2 * in.rank; i++) {
        paddings[i] = kt_random_between(t->random, 0, i < 4 ? 2 : 0);
        out.dim[i / 2] += paddings[i];
    }
    struct kl_tensor *data = random_input(t, in);
    struct kl_tensor *how = gb_ints(t->graph, 2 * in.rank, paddings);
    struct kl_tensor *result = gb_tensor(t->graph, "out", t->dtype, out);
    t->op = gb_op(t->graph, KL_OP_PAD, GB_LIST(data, how), GB_LIST(result));
    check_trial(t, pad_source);
}

static void test_pad(void **state)
{
    (void)state;
    each_round(pad_round);
}

static enum kl_err moves_of(const struct kl_op *op)
{
    struct kl_op_move moves[KL_MAX_MOVES];
    struct kl_diag diag = {0};
    int32_t count;
    return kl_op_moves(op, moves, &count, &diag);
}

static void test_types_must_agree(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_S8, GB_SHAPE(2));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_S8, GB_SHAPE(4));
    struct kl_op *op = gb_op(graph, KL_OP_CONCATENATION, GB_LIST(in, in), GB_LIST(out));
    assert_int_equal(moves_of(op), KL_OK);
    op->inputs[1] = gb_input(graph, "other", KL_S16, GB_SHAPE(2));
    assert_int_equal(moves_of(op), KL_EINPUT);
    gb_free(graph);
}

/* A join whose inputs need rescaling, or that clamps, is more than copies. */
static void test_joins_that_compute_are_no_moves(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *a = gb_input(graph, "a", KL_S8, GB_SHAPE(2));
    struct kl_tensor *b = gb_input(graph, "b", KL_S8, GB_SHAPE(2));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_S8, GB_SHAPE(4));
    struct kl_op *op = gb_op(graph, KL_OP_CONCATENATION, GB_LIST(a, b), GB_LIST(out));
    gb_quantise(graph, a, 0.5f, 1);
    gb_quantise(graph, b, 0.5f, 1);
    gb_quantise(graph, out, 0.5f, 1);
    assert_int_equal(moves_of(op), KL_OK);
    op->attr.axis.activation = KL_ACT_RELU;
    assert_int_equal(moves_of(op), KL_EUNSUPPORTED);
    op->attr.axis.activation = KL_ACT_NONE;
    gb_quantise(graph, b, 0.25f, 1);
    assert_int_equal(moves_of(op), KL_EUNSUPPORTED);
    gb_quantise(graph, b, 0.5f, 2);
    assert_int_equal(moves_of(op), KL_EUNSUPPORTED);
    gb_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_strided_slice),
        cmocka_unit_test(test_slice_with_a_step_beyond_the_tensor),
        cmocka_unit_test(test_concatenation),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_pack),
        cmocka_unit_test(test_unpack),
        cmocka_unit_test(test_pad),
        cmocka_unit_test(test_types_must_agree),
        cmocka_unit_test(test_joins_that_compute_are_no_moves),
    };
    return cmocka_run_group_tests_name("graph moves", tests, NULL, NULL);
}
