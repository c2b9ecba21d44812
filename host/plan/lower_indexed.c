/* SPDX-License-Identifier: Apache-2.0 */
/* Gather and scatter, products of computed matrices, and operators along one axis. */
#include "graph/indexed.h"
#include "plan/lower.h"

/* A step from two inputs to output 0, each as one row. */
static enum kl_err pair_step(struct kl_lowering *l, enum kl_kernel_id kernel, const void *params,
                             int32_t first, int32_t second, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    struct kl_plan_step step = {
        .kernel = kernel, .params = params, .in_count = 2, .macs = kl_op_macs(op)};
    KL_TRY(kl_lower_input(l, first, (int32_t)op->inputs[first]->bytes, 1, &step.in[0], diag));
    KL_TRY(kl_lower_input(l, second, (int32_t)op->inputs[second]->bytes, 1, &step.in[1], diag));
    KL_TRY(kl_lower_output(l, 0, -1, (int32_t)op->outputs[0]->bytes, 1, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

static enum kl_err same_type(const struct kl_lowering *l, int32_t input, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[input];
    const struct kl_tensor *out = l->op->outputs[0];
    if (in->dtype != out->dtype || !kl_quant_equal(&in->quant, &out->quant)) {
        return kl_lower_type_error(l, diag);
    }
    return KL_OK;
}

enum kl_err kl_lower_gather(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_indexed *p = KL_LOWER_NEW(l, struct kl_indexed, 1);
    struct kl_shape shape;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(same_type(l, 0, diag));
    KL_TRY(kl_op_indexed(l->op, p, &shape, diag));
    return pair_step(l, KL_KERNEL_GATHER, p, 0, 1, diag);
}

static enum kl_binary_function combine_function(enum kl_combine combine)
{
    switch (combine) {
    case KL_COMBINE_ADD: return KL_BINARY_ADD;
    case KL_COMBINE_MUL: return KL_BINARY_MUL;
    case KL_COMBINE_MAX: return KL_BINARY_MAXIMUM;
    case KL_COMBINE_MIN: return KL_BINARY_MINIMUM;
    default: return KL_BINARY_NONE;
    }
}

enum kl_err kl_lower_scatter(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_scatter *p = KL_LOWER_NEW(l, struct kl_scatter, 1);
    struct kl_shape shape;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(same_type(l, 0, diag));
    KL_TRY(same_type(l, 2, diag));
    KL_TRY(kl_op_indexed(l->op, &p->at, &shape, diag));
    p->function = (int32_t)combine_function(l->op->attr.scatter.combine);
    p->dtype = (int32_t)l->op->outputs[0]->dtype;
    if (p->function != KL_BINARY_NONE && !kl_lower_is_plain(l->op->outputs[0])) {
        return kl_lower_type_error(l, diag);
    }
    KL_TRY(kl_lower_copy_input(l, true, diag)); /* the output begins as the data */
    return pair_step(l, KL_KERNEL_SCATTER, p, 2, 1, diag);
}

/* Loops over the matrices: up to three, each input with a step or staying where it is. */
static enum kl_err batch_loops(const struct kl_lowering *l, struct kl_elementwise *batch,
                               struct kl_diag *diag)
{
    const struct kl_shape *out = &l->op->outputs[0]->shape;
    if (out->rank > 5) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "more than 3 dimensions of matrices");
    }
    for (int32_t k = 0; k < 2; k++) {
        const struct kl_shape *in = &l->op->inputs[k]->shape;
        int32_t dense = in->dim[in->rank - 1] * in->dim[in->rank - 2];
        for (int32_t i = 3; i <= 5; i++) {
            int32_t dim = i <= in->rank ? in->dim[in->rank - i] : 1;
            batch->dim[5 - i] = i <= out->rank ? out->dim[out->rank - i] : 1;
            batch->step[k][5 - i] = dim == 1 ? 0 : dense;
            dense *= dim;
        }
    }
    return KL_OK;
}

static enum kl_err matmul_shape(const struct kl_lowering *l, struct kl_matmul *p,
                                struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const struct kl_shape *a = &op->inputs[0]->shape;
    const struct kl_shape *b = &op->inputs[1]->shape;
    const struct kl_shape *out = &op->outputs[0]->shape;
    bool adj_x = op->attr.matmul.adj_x;
    bool adj_y = op->attr.matmul.adj_y;
    int32_t a_width = a->dim[a->rank - 1];
    int32_t b_width = b->dim[b->rank - 1];
    p->rows = out->dim[out->rank - 2];
    p->columns = out->dim[out->rank - 1];
    p->inner = adj_x ? a->dim[a->rank - 2] : a_width;
    p->a_step[0] = adj_x ? 1 : a_width;
    p->a_step[1] = adj_x ? a_width : 1;
    p->b_step[0] = adj_y ? 1 : b_width;
    p->b_step[1] = adj_y ? b_width : 1;
    return batch_loops(l, &p->batch, diag);
}

static enum kl_err matmul_integer(struct kl_lowering *l, bool wide, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    struct kl_matmul_s8 *p = KL_LOWER_NEW(l, struct kl_matmul_s8, 1);
    struct kl_diag found = {0};
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_quant(l, op->inputs[0], diag));
    KL_TRY(kl_lower_need_quant(l, op->inputs[1], diag));
    KL_TRY(kl_lower_need_quant(l, op->outputs[0], diag));
    KL_TRY(matmul_shape(l, &p->shape, diag));
    const struct kl_quant_s8 in[2] = {kl_lower_quant(op->inputs[0]), kl_lower_quant(op->inputs[1])};
    enum kl_err err =
        kl_prepare_matmul_s8(in, kl_lower_quant(op->outputs[0]), p->shape.inner, p, &found);
    KL_TRY(kl_lower_result(l, err, &found, diag));
    return pair_step(l, wide ? KL_KERNEL_MATMUL_S16 : KL_KERNEL_MATMUL_S8, p, 0, 1, diag);
}

enum kl_err kl_lower_batch_matmul(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    bool is_float = kl_lower_all_of(op, KL_F32);
    bool wide = kl_lower_all_of(op, KL_S16);
    if (wide || kl_lower_all_of(op, KL_S8)) {
        return matmul_integer(l, wide, diag);
    }
    if (!is_float && (!kl_lower_all_of(op, KL_S32) || !kl_lower_is_plain(op->outputs[0]))) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_matmul *p = KL_LOWER_NEW(l, struct kl_matmul, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(matmul_shape(l, p, diag));
    return pair_step(l, is_float ? KL_KERNEL_MATMUL_F32 : KL_KERNEL_MATMUL_S32, p, 0, 1, diag);
}

/* A tensor around one axis. */
struct around {
    int32_t outer, count, inner;
};

static struct around around_axis(const struct kl_shape *shape, int32_t axis)
{
    struct around around = {1, shape->dim[axis], 1};
    for (int32_t i = 0; i < shape->rank; i++) {
        around.outer *= i < axis ? shape->dim[i] : 1;
        around.inner *= i > axis ? shape->dim[i] : 1;
    }
    return around;
}

enum kl_err kl_lower_cumsum(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    int64_t given;
    int32_t count;
    int32_t axis;
    bool quantised = in->dtype == KL_S8 && in->quant.count > 0;
    if (in->dtype != l->op->outputs[0]->dtype || (!quantised && !kl_lower_is_plain(in))) {
        return kl_lower_type_error(l, diag);
    }
    KL_TRY(kl_op_ints(l->op, 1, &given, 1, &count, diag));
    KL_TRY(kl_op_axis(l->op, count == 1 ? given : INT64_MAX, in->shape.rank, &axis, diag));
    struct kl_cumsum *p = KL_LOWER_NEW(l, struct kl_cumsum, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    struct around around = around_axis(&in->shape, axis);
    *p = (struct kl_cumsum){.outer = around.outer,
                            .count = around.count,
                            .inner = around.inner,
                            .exclusive = l->op->attr.cumsum.exclusive,
                            .reverse = l->op->attr.cumsum.reverse,
                            .dtype = (int32_t)(quantised ? KL_S32 : in->dtype)};
    if (quantised) {
        return kl_lower_cumsum_s8(l, p, diag);
    }
    return kl_lower_whole_step(l, KL_KERNEL_CUMSUM, p, 0, 0, KL_APART, diag);
}

/* The values of TOPK_V2: gathered along the axis by the indices that were just written. */
static enum kl_err topk_values(struct kl_lowering *l, int32_t axis, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *index = l->op->outputs[1];
    struct kl_indexed *p = KL_LOWER_NEW(l, struct kl_indexed, 1);
    struct kl_plan_step step = {.kernel = KL_KERNEL_GATHER, .params = p, .in_count = 2};
    int32_t bytes = (int32_t)kl_dtype_bytes(in->dtype);
    int32_t index_bytes = (int32_t)kl_dtype_bytes(index->dtype);
    struct around from = around_axis(&in->shape, axis);
    struct around to = around_axis(&index->shape, axis);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct kl_indexed){.dim = {1, 1, 1, from.outer, to.count, from.inner},
                             .data_step = {0, 0, 0, from.count * from.inner * bytes, 0, bytes},
                             .index_step = {0, 0, 0, to.count * to.inner * index_bytes,
                                            to.inner * index_bytes, index_bytes},
                             .depth = 1,
                             .index_dtype = (int32_t)index->dtype,
                             .place_count = {from.count},
                             .place_step = {from.inner * bytes},
                             .bytes = bytes};
    KL_TRY(kl_lower_input(l, 0, (int32_t)in->bytes, 1, &step.in[0], diag));
    KL_TRY(kl_lower_output(l, 1, -1, (int32_t)index->bytes, 1, &step.in[1], diag));
    KL_TRY(kl_lower_output(l, 0, -1, (int32_t)l->op->outputs[0]->bytes, 1, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

enum kl_err kl_lower_topk(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *index = l->op->outputs[1];
    int32_t axis;
    if (in->dtype != l->op->outputs[0]->dtype || !kl_lower_is_ordered(in) ||
        !kl_quant_equal(&in->quant, &l->op->outputs[0]->quant) ||
        (index->dtype != KL_S32 && index->dtype != KL_S64)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_topk *p = KL_LOWER_NEW(l, struct kl_topk, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_op_axis(l->op, l->op->attr.topk.axis, in->shape.rank, &axis, diag));
    struct around around = around_axis(&in->shape, axis);
    *p = (struct kl_topk){.outer = around.outer,
                          .count = around.count,
                          .inner = around.inner,
                          .taken = index->shape.dim[axis],
                          .sign = l->op->attr.topk.smallest ? -1 : 1,
                          .dtype = (int32_t)in->dtype,
                          .out_dtype = (int32_t)index->dtype};
    KL_TRY(kl_lower_whole_step(l, KL_KERNEL_TOPK, p, 0, 1, KL_APART, diag));
    return topk_values(l, axis, diag);
}

enum kl_err kl_lower_resample(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const struct kl_tensor *weight = op->inputs[2];
    const void *kept;
    if (op->inputs[0]->dtype != KL_F32 || op->outputs[0]->dtype != KL_F32) {
        return kl_lower_type_error(l, diag);
    }
    KL_TRY(kl_lower_need_constant(l, 1, KL_S32, diag));
    KL_TRY(kl_lower_need_constant(l, 2, KL_F32, diag));
    struct kl_resample_f32 *p = KL_LOWER_NEW(l, struct kl_resample_f32, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    struct around around = around_axis(&op->inputs[0]->shape, op->attr.resample.axis);
    p->outer = around.outer;
    p->count = around.count;
    p->inner = around.inner;
    p->out_count = weight->shape.dim[0];
    p->taps = weight->shape.dim[1];
    KL_TRY(kl_lower_constant(l, op->inputs[1]->data, op->inputs[1]->bytes, KL_S32, &kept, diag));
    p->first = kept;
    KL_TRY(kl_lower_constant(l, weight->data, weight->bytes, KL_F32, &kept, diag));
    p->weight = kept;
    return kl_lower_whole_step(l, KL_KERNEL_RESAMPLE_F32, p, 0, 0, KL_APART, diag);
}
