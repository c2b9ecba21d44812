/* SPDX-License-Identifier: Apache-2.0 */
/* ADD, SUB, MUL and PRELU: two inputs with broadcast. */
#include "plan/lower.h"

/* Loops over the output, outermost first, before they are split into rows and a row. */
struct loops {
    int32_t rank;
    int32_t dim[KL_MAX_RANK];
    int32_t step[2][KL_MAX_RANK]; /* elements; 0: broadcast */
};

static void input_steps(const struct kl_shape *in, const struct kl_shape *out,
                        int32_t step[KL_MAX_RANK])
{
    int32_t dense = 1;
    for (int32_t i = 1; i <= out->rank; i++) {
        int32_t dim = i <= in->rank ? in->dim[in->rank - i] : 1;
        step[out->rank - i] = dim == 1 ? 0 : dense;
        dense *= dim;
    }
}

/* Merge each loop into the next inner one when both inputs go on without a gap. */
static struct loops merged_loops(const struct kl_op *op)
{
    const struct kl_shape *out = &op->outputs[0]->shape;
    struct loops all = {.rank = out->rank};
    struct loops merged = {0};
    input_steps(&op->inputs[0]->shape, out, all.step[0]);
    input_steps(&op->inputs[1]->shape, out, all.step[1]);
    for (int32_t i = 0; i < out->rank; i++) {
        int32_t last = merged.rank - 1;
        if (out->dim[i] == 1) {
            continue;
        }
        if (last >= 0 && merged.step[0][last] == all.step[0][i] * out->dim[i] &&
            merged.step[1][last] == all.step[1][i] * out->dim[i]) {
            merged.dim[last] *= out->dim[i];
        } else {
            last = merged.rank++;
            merged.dim[last] = out->dim[i];
        }
        merged.step[0][last] = all.step[0][i];
        merged.step[1][last] = all.step[1][i];
    }
    return merged;
}

/* Rows are the outermost of four loops, or there is one row. */
static enum kl_err split_loops(const struct kl_lowering *l, const struct loops *loops,
                               struct kl_elementwise *ew, int32_t *rows, int32_t row_step[2],
                               struct kl_diag *diag)
{
    if (loops->rank > 4) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "a broadcast of %d separate dimensions",
                          loops->rank);
    }
    int32_t inner = loops->rank > 3 ? 3 : loops->rank;
    int32_t first = loops->rank - inner;
    *rows = first ? loops->dim[0] : 1;
    for (int32_t k = 0; k < 2; k++) {
        row_step[k] = first ? loops->step[k][0] : 0;
    }
    for (int32_t i = 0; i < 3; i++) {
        int32_t from = i - (3 - inner);
        ew->dim[i] = from < 0 ? 1 : loops->dim[first + from];
        for (int32_t k = 0; k < 2; k++) {
            ew->step[k][i] = from < 0 ? 0 : loops->step[k][first + from];
        }
    }
    return KL_OK;
}

static bool same_shape(const struct kl_op *op, int32_t input)
{
    return kl_shape_elements(&op->inputs[input]->shape) ==
           kl_shape_elements(&op->outputs[0]->shape);
}

/* The input that the output may overwrite: one whose elements line up with the output's. */
static int32_t reusable_input(const struct kl_lowering *l)
{
    for (int32_t i = 0; i < 2; i++) {
        const struct kl_tensor *in = l->op->inputs[i];
        int32_t buffer = l->locations[in->id].buffer;
        if (same_shape(l->op, i) && buffer >= 0 && l->buffer_last_use[buffer] == l->op->position) {
            return i;
        }
    }
    return -1;
}

/* Fill in geometry and operands of the step for l->op. */
static enum kl_err elementwise_step(struct kl_lowering *l, enum kl_kernel_id kernel,
                                    const void *params, struct kl_elementwise *ew,
                                    struct kl_diag *diag)
{
    struct kl_plan_step step = {
        .kernel = kernel, .params = params, .in_count = 2, .macs = kl_op_macs(l->op)};
    struct loops loops = merged_loops(l->op);
    const struct kl_tensor *out = l->op->outputs[0];
    int32_t elem = (int32_t)kl_dtype_bytes(out->dtype);
    int32_t row_step[2];
    int32_t rows = 1;
    KL_TRY(split_loops(l, &loops, ew, &rows, row_step, diag));
    for (int32_t i = 0; i < 2; i++) {
        KL_TRY(kl_lower_input(l, i, row_step[i] * elem, rows, &step.in[i], diag));
        step.overlap[i] = (struct kl_plan_overlap){.allowed = same_shape(l->op, i)};
    }
    KL_TRY(kl_lower_output(l, 0, reusable_input(l), (int32_t)out->bytes / rows, rows, &step.out,
                           diag));
    return kl_lower_step(l, step, diag);
}

static enum kl_err need_quants(const struct kl_lowering *l, struct kl_diag *diag)
{
    KL_TRY(kl_lower_need_quant(l, l->op->inputs[0], diag));
    KL_TRY(kl_lower_need_quant(l, l->op->inputs[1], diag));
    return kl_lower_need_quant(l, l->op->outputs[0], diag);
}

static enum kl_err binary_f32(struct kl_lowering *l, enum kl_kernel_id kernel, struct kl_diag *diag)
{
    struct kl_binary_f32 *p = KL_LOWER_NEW(l, struct kl_binary_f32, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_activation_range_f32(l->op->attr.binary.activation, &p->min, &p->max);
    return elementwise_step(l, kernel, p, &p->ew, diag);
}

static enum kl_err prepare_add(struct kl_lowering *l, struct kl_add_s8 *p, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const struct kl_quant_s8 in[2] = {kl_lower_quant(op->inputs[0]), kl_lower_quant(op->inputs[1])};
    struct kl_quant_s8 out = kl_lower_quant(op->outputs[0]);
    enum kl_activation activation = op->attr.binary.activation;
    struct kl_diag found = {0};
    enum kl_err err = op->kind == KL_OP_SUB ? kl_prepare_sub_s8(in, out, activation, p, &found)
                                            : kl_prepare_add_s8(in, out, activation, p, &found);
    return kl_lower_result(l, err, &found, diag);
}

enum kl_err kl_lower_add(struct kl_lowering *l, struct kl_diag *diag)
{
    if (kl_lower_all_of(l->op, KL_F32)) {
        return binary_f32(l, l->op->kind == KL_OP_SUB ? KL_KERNEL_SUB_F32 : KL_KERNEL_ADD_F32,
                          diag);
    }
    if (!kl_lower_all_of(l->op, KL_S8)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_add_s8 *p = KL_LOWER_NEW(l, struct kl_add_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_quants(l, diag));
    KL_TRY(prepare_add(l, p, diag));
    return elementwise_step(l, KL_KERNEL_ADD_S8, p, &p->ew, diag);
}

enum kl_err kl_lower_mul(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    if (kl_lower_all_of(op, KL_F32)) {
        return binary_f32(l, KL_KERNEL_MUL_F32, diag);
    }
    if (!kl_lower_all_of(op, KL_S8)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_mul_s8 *p = KL_LOWER_NEW(l, struct kl_mul_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_quants(l, diag));
    const struct kl_quant_s8 in[2] = {kl_lower_quant(op->inputs[0]), kl_lower_quant(op->inputs[1])};
    kl_prepare_mul_s8(in, kl_lower_quant(op->outputs[0]), op->attr.binary.activation, p);
    return elementwise_step(l, KL_KERNEL_MUL_S8, p, &p->ew, diag);
}

enum kl_err kl_lower_prelu(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    if (kl_lower_all_of(op, KL_F32)) {
        struct kl_prelu_f32 *p = KL_LOWER_NEW(l, struct kl_prelu_f32, 1);
        if (!p) {
            return KL_FAIL_MEMORY(diag);
        }
        return elementwise_step(l, KL_KERNEL_PRELU_F32, p, &p->ew, diag);
    }
    if (!kl_lower_all_of(op, KL_S8)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_prelu_s8 *p = KL_LOWER_NEW(l, struct kl_prelu_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_quants(l, diag));
    const struct kl_quant_s8 in[2] = {kl_lower_quant(op->inputs[0]), kl_lower_quant(op->inputs[1])};
    kl_prepare_prelu_s8(in, kl_lower_quant(op->outputs[0]), p);
    return elementwise_step(l, KL_KERNEL_PRELU_S8, p, &p->ew, diag);
}
