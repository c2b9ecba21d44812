/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/shape_rules.h"

#include "graph/const_params.h"
#include "graph/shape_internal.h"

enum kl_err kl_expect(const struct kl_op *op, int32_t output, const struct kl_shape *expected,
                      struct kl_diag *diag)
{
    const struct kl_shape *actual = &op->outputs[output]->shape;
    if (kl_shape_equal(actual, expected)) {
        return KL_OK;
    }
    char a[KL_SHAPE_TEXT_BYTES];
    char b[KL_SHAPE_TEXT_BYTES];
    return kl_op_fail(op, diag, KL_EINPUT, "output %d has shape %s, its inputs imply %s", output,
                      kl_shape_text(actual, a), kl_shape_text(expected, b));
}

enum kl_err kl_expect_flag(const struct kl_op *op, struct kl_diag *diag)
{
    return kl_shape_elements(&op->outputs[1]->shape) == 1
               ? KL_OK
               : kl_op_fail(op, diag, KL_EINPUT, "its second output must have one element");
}

enum kl_err kl_expect_rank(const struct kl_op *op, const struct kl_tensor *tensor, int32_t rank,
                           const char *what, struct kl_diag *diag)
{
    if (tensor->shape.rank == rank) {
        return KL_OK;
    }
    return kl_op_fail(op, diag, KL_EINPUT, "%s must have %d dimensions, it has %d", what, rank,
                      tensor->shape.rank);
}

enum kl_err kl_expect_input(const struct kl_op *op, int32_t index, struct kl_shape expected,
                            struct kl_diag *diag)
{
    const struct kl_shape *actual = &op->inputs[index]->shape;
    if (kl_shape_equal(actual, &expected)) {
        return KL_OK;
    }
    char a[KL_SHAPE_TEXT_BYTES];
    char b[KL_SHAPE_TEXT_BYTES];
    return kl_op_fail(op, diag, KL_EINPUT, "input %d has shape %s, it must be %s", index,
                      kl_shape_text(actual, a), kl_shape_text(&expected, b));
}

/* The shape of both together; dimensions of 1 stretch. */
enum kl_err kl_shape_broadcast(const struct kl_op *op, const struct kl_shape *a,
                               const struct kl_shape *b, struct kl_shape *out, struct kl_diag *diag)
{
    *out = (struct kl_shape){.rank = a->rank > b->rank ? a->rank : b->rank};
    for (int32_t i = 1; i <= out->rank; i++) {
        int32_t x = i <= a->rank ? a->dim[a->rank - i] : 1;
        int32_t y = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (x != y && x != 1 && y != 1) {
            char ta[KL_SHAPE_TEXT_BYTES];
            char tb[KL_SHAPE_TEXT_BYTES];
            return kl_op_fail(op, diag, KL_EINPUT, "shapes %s and %s cannot be broadcast",
                              kl_shape_text(a, ta), kl_shape_text(b, tb));
        }
        out->dim[out->rank - i] = x > y ? x : y;
    }
    return KL_OK;
}

enum kl_err kl_rule_any(const struct kl_op *op, struct kl_diag *diag)
{
    (void)op;
    (void)diag;
    return KL_OK;
}

enum kl_err kl_rule_same(const struct kl_op *op, struct kl_diag *diag)
{
    return kl_expect(op, 0, &op->inputs[0]->shape, diag);
}

/* ADD_N: all of one shape. */
enum kl_err kl_rule_add_n(const struct kl_op *op, struct kl_diag *diag)
{
    for (int32_t i = 1; i < op->input_count; i++) {
        KL_TRY(kl_expect_input(op, i, op->inputs[0]->shape, diag));
    }
    return kl_expect(op, 0, &op->inputs[0]->shape, diag);
}

enum kl_err kl_rule_broadcast(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out;
    KL_TRY(kl_shape_broadcast(op, &op->inputs[0]->shape, &op->inputs[1]->shape, &out, diag));
    return kl_expect(op, 0, &out, diag);
}

/* The condition of SELECT may choose along the first dimension. */
enum kl_err kl_rule_select(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape both;
    struct kl_shape out;
    KL_TRY(kl_shape_broadcast(op, &op->inputs[1]->shape, &op->inputs[2]->shape, &both, diag));
    struct kl_shape condition = kl_op_condition(op);
    KL_TRY(kl_shape_broadcast(op, &condition, &both, &out, diag));
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_reduce(const struct kl_op *op, struct kl_diag *diag)
{
    bool reduced[KL_MAX_RANK];
    KL_TRY(kl_op_reduced(op, reduced, diag));
    const struct kl_shape *in = &op->inputs[0]->shape;
    struct kl_shape out = {0};
    for (int32_t i = 0; i < in->rank; i++) {
        if (!reduced[i]) {
            out.dim[out.rank++] = in->dim[i];
        } else if (op->attr.reduce.keep_dims) {
            out.dim[out.rank++] = 1;
        }
    }
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_shape(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = {1, {op->inputs[0]->shape.rank}};
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_resize(const struct kl_op *op, struct kl_diag *diag)
{
    int64_t size[2];
    int32_t count;
    KL_TRY(kl_expect_rank(op, op->inputs[0], 4, "the input", diag));
    KL_TRY(kl_op_ints(op, 1, size, 2, &count, diag));
    if (count != 2 || size[0] < 1 || size[0] > UINT16_MAX || size[1] < 1 || size[1] > UINT16_MAX) {
        return kl_op_fail(op, diag, KL_EINPUT, "the new size must be two numbers of 1..%d",
                          UINT16_MAX);
    }
    struct kl_shape out = op->inputs[0]->shape;
    out.dim[1] = (int32_t)size[0];
    out.dim[2] = (int32_t)size[1];
    return kl_expect(op, 0, &out, diag);
}

/* ARG_MAX, ARG_MIN: the axis is input 1. */
enum kl_err kl_rule_arg(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    bool reduced[KL_MAX_RANK];
    struct kl_shape out = {0};
    int64_t given;
    int32_t count;
    KL_TRY(kl_op_ints(op, 1, &given, 1, &count, diag));
    if (count != 1) {
        return kl_op_fail(op, diag, KL_EINPUT, "the axis must be one value");
    }
    KL_TRY(kl_op_reduced(op, reduced, diag));
    for (int32_t i = 0; i < in->rank; i++) {
        if (!reduced[i] || op->attr.arg.keep_dims) {
            out.dim[out.rank++] = reduced[i] ? 1 : in->dim[i];
        }
    }
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_topk(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = op->inputs[0]->shape;
    int32_t axis;
    int64_t k;
    int32_t count;
    KL_TRY(kl_op_axis(op, op->attr.topk.axis, out.rank, &axis, diag));
    KL_TRY(kl_op_ints(op, 1, &k, 1, &count, diag));
    if (count != 1 || k < 1 || k > out.dim[axis]) {
        return kl_op_fail(op, diag, KL_EINPUT, "k must be one number of 1..%d", out.dim[axis]);
    }
    out.dim[axis] = (int32_t)k;
    KL_TRY(kl_expect(op, 1, &out, diag));
    return kl_expect(op, 0, &out, diag);
}

/* The tables must be constant, since an index beyond the input would be read. */
enum kl_err kl_rule_resample(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = op->inputs[0]->shape;
    const struct kl_tensor *first = op->inputs[1];
    const struct kl_shape *weight = &op->inputs[2]->shape;
    int32_t axis;
    KL_TRY(kl_op_axis(op, op->attr.resample.axis, out.rank, &axis, diag));
    KL_TRY(kl_expect_rank(op, op->inputs[2], 2, "the weights", diag));
    if (first->dtype != KL_S32 || !first->data || first->shape.rank != 1 ||
        first->shape.dim[0] != weight->dim[0] || weight->dim[1] > out.dim[axis]) {
        return kl_op_fail(op, diag, KL_EINPUT, "its table of indices does not suit the weights");
    }
    for (int32_t i = 0; i < weight->dim[0]; i++) {
        int32_t index = ((const int32_t *)first->data)[i];
        if (index < 0 || index > out.dim[axis] - weight->dim[1]) {
            return kl_op_fail(op, diag, KL_EINPUT, "index %d is outside its input", index);
        }
    }
    out.dim[axis] = weight->dim[0];
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_op_check_shapes(const struct kl_op *op, struct kl_diag *diag)
{
    static kl_shape_rule *const rules[] = {
#define KL_OP(kind, name, min_in, max_in, min_out, max_out, rule, ...) \
    [KL_OP_##kind] = kl_rule_##rule,
#include "graph/ops.def"
#undef KL_OP
    };
    return rules[op->kind](op, diag);
}
