/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters in constant tensors: axes, permutations, paddings and slices, decoded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "graph/const_params.h"
#include "graph_build.h"
#include "random.h"

static struct kl_op *one_op(struct kl_graph *graph, enum kl_op_kind kind, struct kl_shape in)
{
    struct kl_tensor *data = gb_input(graph, "data", KL_S8, in);
    struct kl_tensor *out = gb_tensor(graph, "out", KL_S8, GB_SHAPE(1));
    struct kl_tensor *none = gb_ints(graph, 1, (int32_t[]){0});
    return gb_op(graph, kind, GB_LIST(data, none, none, none), GB_LIST(out));
}

static void test_ints(void **state)
{
    static const int64_t wide[] = {INT64_MIN, -1, INT64_MAX};
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_op *op = one_op(graph, KL_OP_PAD, GB_SHAPE(2));
    struct kl_diag diag = {0};
    int64_t values[4];
    int32_t count = 0;
    op->inputs[1] = gb_ints(graph, 3, (int32_t[]){INT32_MIN, -7, INT32_MAX});
    assert_int_equal(kl_op_ints(op, 1, values, 4, &count, &diag), KL_OK);
    assert_int_equal(count, 3);
    assert_true(values[0] == INT32_MIN && values[1] == -7 && values[2] == INT32_MAX);
    assert_int_equal(kl_op_ints(op, 1, values, 2, &count, &diag), KL_EINPUT);
    kl_diag_clear(&diag);
    op->inputs[1] = gb_tensor(graph, "wide", KL_S64, GB_SHAPE(3));
    assert_int_equal(kl_op_ints(op, 1, values, 4, &count, &diag), KL_EUNSUPPORTED);
    kl_diag_clear(&diag);
    gb_fill(graph, op->inputs[1], wide);
    assert_int_equal(kl_op_ints(op, 1, values, 4, &count, &diag), KL_OK);
    assert_memory_equal(values, wide, sizeof wide);
    assert_int_equal(kl_op_ints(op, 9, values, 4, &count, &diag), KL_EINPUT);
    assert_string_equal(diag.message, "operator 0 (PAD): input 9 is missing");
    gb_free(graph);
}

static void test_axis(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_op *op = one_op(graph, KL_OP_CONCATENATION, GB_SHAPE(2));
    for (int32_t rank = 0; rank <= KL_MAX_RANK; rank++) {
        for (int32_t axis = -8; axis <= 8; axis++) {
            struct kl_diag diag = {0};
            int32_t normal = -100;
            bool inside = axis >= -rank && axis < rank;
            assert_int_equal(kl_op_axis(op, axis, rank, &normal, &diag),
                             inside ? KL_OK : KL_EINPUT);
            assert_int_equal(normal, inside ? (axis + rank) % rank : -100);
        }
    }
    struct kl_diag diag = {0};
    int32_t normal;
    assert_int_equal(kl_op_axis(op, INT64_MIN, 6, &normal, &diag), KL_EINPUT);
    kl_diag_clear(&diag);
    assert_int_equal(kl_op_axis(op, INT64_MAX, 6, &normal, &diag), KL_EINPUT);
    gb_free(graph);
}

static void test_permutation_with_negative_axes(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_op *op = one_op(graph, KL_OP_TRANSPOSE, GB_SHAPE(2, 3, 4));
    struct kl_diag diag = {0};
    int32_t perm[KL_MAX_RANK];
    op->inputs[1] = gb_ints(graph, 3, (int32_t[]){-1, 0, -2});
    assert_int_equal(kl_op_permutation(op, perm, &diag), KL_OK);
    assert_true(perm[0] == 2 && perm[1] == 0 && perm[2] == 1);
    op->inputs[1] = gb_ints(graph, 3, (int32_t[]){-1, 0, 2});
    assert_int_equal(kl_op_permutation(op, perm, &diag), KL_EINPUT);
    gb_free(graph);
}

static void test_paddings(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_op *op = one_op(graph, KL_OP_PAD, GB_SHAPE(2, 3));
    struct kl_diag diag = {0};
    int32_t before[KL_MAX_RANK];
    int32_t after[KL_MAX_RANK];
    op->inputs[1] = gb_ints(graph, 4, (int32_t[]){1, 2, 3, 32767});
    assert_int_equal(kl_op_paddings(op, before, after, &diag), KL_OK);
    assert_true(before[0] == 1 && after[0] == 2 && before[1] == 3 && after[1] == 32767);
    gb_free(graph);
}

/* One dimension's slice: what is given, and which bits of the masks are set. */
struct bounds {
    int32_t begin, end, step;
    bool no_begin, no_end, shrink, relative;
};

/* The indices that Python's x[begin:end:step] visits; a missing bound is the far end. */
static int32_t python_slice(const struct bounds *b, int32_t dim, int32_t *indices)
{
    int32_t count = 0;
    int64_t end = b->end;
    if (b->relative) {
        /* Relative to where the slice begins: that start resolved and clamped as Python does. */
        int64_t low = b->step > 0 ? 0 : -1;
        int64_t start = b->begin < 0 ? (int64_t)b->begin + dim : b->begin;
        start = start < low ? low : start > low + dim ? low + dim : start;
        start = b->no_begin ? (b->step > 0 ? 0 : dim - 1) : start;
        end += start;
    }
    for (int32_t k = 0; k < dim; k++) {
        /* Index i is visited when it lies on the grid and on the right side of both bounds. */
        int32_t i = b->step > 0 ? k : dim - 1 - k;
        int64_t begin_at = b->begin < 0 ? (int64_t)b->begin + dim : b->begin;
        int64_t end_at = end < 0 ? end + dim : end;
        if (b->no_begin || (b->step > 0 && begin_at < 0) || (b->step < 0 && begin_at >= dim)) {
            begin_at = b->step > 0 ? 0 : dim - 1;
        }
        int64_t from_begin = b->step > 0 ? i - begin_at : begin_at - i;
        bool before_end = b->no_end || (b->step > 0 ? i < end_at : i > end_at);
        int32_t stride = b->step > 0 ? b->step : -b->step;
        if (from_begin >= 0 && from_begin % stride == 0 && before_end) {
            indices[count++] = i;
        }
    }
    return count;
}

static void check_slice(struct kl_graph *graph, struct kl_op *op, const struct bounds *b)
{
    struct kl_attr_strided_slice *attr = &op->attr.strided_slice;
    int32_t dim = op->inputs[0]->shape.dim[1];
    int32_t expected[16];
    struct kl_slice slice;
    struct kl_diag diag = {0};
    *attr = (struct kl_attr_strided_slice){
        .begin_mask = b->no_begin ? 3 : 1, .end_mask = b->no_end ? 3 : 1, .offset = b->relative};
    gb_fill(graph, op->inputs[1], (int32_t[]){9, b->begin});
    gb_fill(graph, op->inputs[2], (int32_t[]){9, b->end});
    gb_fill(graph, op->inputs[3], (int32_t[]){1, b->step});
    int32_t count = python_slice(b, dim, expected);
    enum kl_err err = kl_op_slice(op, &slice, &diag);
    if (err != (count ? KL_OK : KL_EINPUT)) {
        fail_msg("%d:%d:%d of %d: %d values, %s", b->begin, b->end, b->step, dim, count,
                 diag.message);
    }
    if (count == 0) {
        return;
    }
    assert_true(slice.begin[0] == 0 && slice.size[0] == 3 && slice.step[0] == 1);
    assert_true(slice.size[2] == 2 && slice.begin[2] == 0); /* bounds not given: all of it */
    assert_int_equal(slice.size[1], count);
    for (int32_t i = 0; i < count; i++) {
        assert_int_equal(slice.begin[1] + i * slice.step[1], expected[i]);
    }
}

static void test_slice_equals_python(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kt_random r = {5};
    struct kl_op *op = one_op(graph, KL_OP_STRIDED_SLICE, GB_SHAPE(3, 1, 2));
    for (int32_t i = 1; i <= 3; i++) {
        op->inputs[i] = gb_ints(graph, 2, (int32_t[]){0, 0});
    }
    for (int32_t i = 0; i < 20000; i++) {
        struct bounds b = {.begin = kt_random_between(&r, -9, 9),
                           .end = kt_random_between(&r, -9, 9),
                           .step = kt_random_between(&r, 1, 4),
                           .no_begin = kt_random_between(&r, 0, 3) == 0,
                           .no_end = kt_random_between(&r, 0, 3) == 0,
                           .relative = kt_random_between(&r, 0, 7) == 0};
        b.step = kt_random_between(&r, 0, 1) ? -b.step : b.step;
        gb_reshape(op->inputs[0], GB_SHAPE(3, kt_random_between(&r, 1, 7), 2));
        check_slice(graph, op, &b);
    }
    gb_free(graph);
}

static void test_slice_shrinks_to_one_index(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_op *op = one_op(graph, KL_OP_STRIDED_SLICE, GB_SHAPE(5));
    op->attr.strided_slice.shrink_axis_mask = 1;
    for (int32_t begin = -7; begin <= 7; begin++) {
        struct kl_slice slice;
        struct kl_diag diag = {0};
        op->inputs[1] = gb_ints(graph, 1, &begin);
        op->inputs[2] = gb_ints(graph, 1, (int32_t[]){0}); /* ignored */
        op->inputs[3] = gb_ints(graph, 1, (int32_t[]){begin < 0 ? -1 : 1});
        bool inside = begin >= -5 && begin < 5;
        assert_int_equal(kl_op_slice(op, &slice, &diag), inside ? KL_OK : KL_EINPUT);
        if (inside) {
            assert_true(slice.shrink[0] && slice.size[0] == 1);
            assert_int_equal(slice.begin[0], (begin + 5) % 5);
        }
    }
    gb_free(graph);
}

static void test_slice_masks_that_are_not_supported(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_op *op = one_op(graph, KL_OP_STRIDED_SLICE, GB_SHAPE(5));
    struct kl_slice slice;
    struct kl_diag diag = {0};
    op->attr.strided_slice.ellipsis_mask = 1;
    assert_int_equal(kl_op_slice(op, &slice, &diag), KL_EUNSUPPORTED);
    kl_diag_clear(&diag);
    op->attr.strided_slice = (struct kl_attr_strided_slice){.new_axis_mask = 2};
    assert_int_equal(kl_op_slice(op, &slice, &diag), KL_EUNSUPPORTED);
    gb_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ints),
        cmocka_unit_test(test_axis),
        cmocka_unit_test(test_permutation_with_negative_axes),
        cmocka_unit_test(test_paddings),
        cmocka_unit_test(test_slice_equals_python),
        cmocka_unit_test(test_slice_shrinks_to_one_index),
        cmocka_unit_test(test_slice_masks_that_are_not_supported),
    };
    return cmocka_run_group_tests_name("graph parameters", tests, NULL, NULL);
}
