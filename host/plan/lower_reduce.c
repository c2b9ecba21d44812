/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions: loops over kept and reduced dimensions. */
#include "plan/lower.h"
#include "plan/overlap.h"

/* One side of the reduction: the loops over kept, or over reduced, dimensions. */
struct side {
    int32_t count;
    int32_t dim[KL_MAX_RANK];
    int32_t step[KL_MAX_RANK]; /* input elements */
};

static void add_loop(struct side *side, int32_t dim, int32_t step)
{
    int32_t last = side->count - 1;
    if (dim == 1) {
        return;
    }
    if (last >= 0 && side->step[last] == step * dim) {
        side->dim[last] *= dim;
        side->step[last] = step;
        return;
    }
    side->dim[side->count] = dim;
    side->step[side->count++] = step;
}

static bool store_side(const struct side *side, int32_t dim[3], int32_t step[3])
{
    for (int32_t i = 0; i < 3; i++) {
        int32_t from = i - (3 - side->count);
        dim[i] = from < 0 ? 1 : side->dim[from];
        step[i] = from < 0 ? 0 : side->step[from];
    }
    return side->count <= 3;
}

static enum kl_err reduce_geometry(const struct kl_lowering *l, struct kl_reduce *rd,
                                   int64_t *count, struct kl_diag *diag)
{
    const struct kl_shape *in = &l->op->inputs[0]->shape;
    bool reduced[KL_MAX_RANK];
    struct side kept = {0};
    struct side gone = {0};
    int32_t step[KL_MAX_RANK];
    int32_t dense = 1;
    KL_TRY(kl_op_reduced(l->op, reduced, diag));
    for (int32_t i = in->rank; i-- > 0;) {
        step[i] = dense;
        dense *= in->dim[i];
    }
    *count = 1;
    for (int32_t i = 0; i < in->rank; i++) {
        add_loop(reduced[i] ? &gone : &kept, in->dim[i], step[i]);
        *count *= reduced[i] ? in->dim[i] : 1;
    }
    if (!store_side(&kept, rd->out_dim, rd->out_step) ||
        !store_side(&gone, rd->red_dim, rd->red_step)) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "more than 3 separate groups of axes");
    }
    return KL_OK;
}

/* MEAN and SUM of int8 and int16. */
static enum kl_err sum_integer(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_mean_s8 *p = KL_LOWER_NEW(l, struct kl_mean_s8, 1);
    struct kl_diag found = {0};
    int64_t count;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_quant(l, l->op->inputs[0], diag));
    KL_TRY(kl_lower_need_quant(l, l->op->outputs[0], diag));
    KL_TRY(reduce_geometry(l, &p->rd, &count, diag));
    const struct kl_quant_s8 in = kl_lower_quant(l->op->inputs[0]);
    const struct kl_quant_s8 out = kl_lower_quant(l->op->outputs[0]);
    enum kl_err err = l->op->kind == KL_OP_SUM ? kl_prepare_sum_s8(in, out, count, p, &found)
                                               : kl_prepare_mean_s8(in, out, count, p, &found);
    KL_TRY(kl_lower_result(l, err, &found, diag));
    bool wide = l->op->outputs[0]->dtype == KL_S16;
    return kl_lower_whole_step(l, wide ? KL_KERNEL_MEAN_S16 : KL_KERNEL_MEAN_S8, p, 0, 0,
                               kl_overlap_reduce(&p->rd, wide ? 2 : 1), diag);
}

enum kl_err kl_lower_mean(struct kl_lowering *l, struct kl_diag *diag)
{
    enum kl_dtype dtype = l->op->inputs[0]->dtype;
    if (dtype != l->op->outputs[0]->dtype ||
        (dtype != KL_S8 && dtype != KL_S16 && dtype != KL_F32)) {
        return kl_lower_type_error(l, diag);
    }
    if (dtype != KL_F32) {
        return sum_integer(l, diag);
    }
    struct kl_mean_f32 *p = KL_LOWER_NEW(l, struct kl_mean_f32, 1);
    int64_t count;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(reduce_geometry(l, &p->rd, &count, diag));
    return kl_lower_whole_step(l, KL_KERNEL_MEAN_F32, p, 0, 0, kl_overlap_reduce(&p->rd, 4), diag);
}

static enum kl_reduce_function reduce_function(enum kl_op_kind kind)
{
    switch (kind) {
    case KL_OP_SUM: return KL_REDUCE_SUM;
    case KL_OP_REDUCE_PROD: return KL_REDUCE_PROD;
    case KL_OP_REDUCE_MAX: return KL_REDUCE_MAX;
    default: return KL_REDUCE_MIN;
    }
}

static bool is_quantised(const struct kl_tensor *tensor)
{
    return (tensor->dtype == KL_S8 || tensor->dtype == KL_S16) && tensor->quant.count > 0;
}

/* Integers of one scale keep it when one of them is chosen; micro/kernels/reduce_common.cc of
 * TensorFlow Lite Micro refuses others, too. */
static enum kl_err need_one_quant(const struct kl_lowering *l, struct kl_diag *diag)
{
    return kl_quant_equal(&l->op->inputs[0]->quant, &l->op->outputs[0]->quant)
               ? KL_OK
               : kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                            "its output must be quantised like its input");
}

/* SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN. */
enum kl_err kl_lower_reduce(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *out = l->op->outputs[0];
    const bool quantised = in->dtype == out->dtype && is_quantised(in) && is_quantised(out);
    if (quantised && l->op->kind == KL_OP_SUM) {
        return sum_integer(l, diag);
    }
    if (quantised && l->op->kind != KL_OP_REDUCE_PROD) {
        KL_TRY(need_one_quant(l, diag));
    } else if (in->dtype != out->dtype || !kl_lower_is_plain(in) || !kl_lower_is_plain(out)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_reduce_number *p = KL_LOWER_NEW(l, struct kl_reduce_number, 1);
    int64_t count;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->function = (int32_t)reduce_function(l->op->kind);
    p->dtype = (int32_t)in->dtype;
    KL_TRY(reduce_geometry(l, &p->rd, &count, diag));
    return kl_lower_whole_step(l, KL_KERNEL_REDUCE_NUMBER, p, 0, 0, KL_APART, diag);
}

enum kl_err kl_lower_arg(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *out = l->op->outputs[0];
    if ((out->dtype != KL_S32 && out->dtype != KL_S64) || !kl_lower_is_ordered(in)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_arg_extreme *p = KL_LOWER_NEW(l, struct kl_arg_extreme, 1);
    int64_t count;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->dtype = (int32_t)in->dtype;
    p->out_dtype = (int32_t)out->dtype;
    p->sign = l->op->kind == KL_OP_ARG_MAX ? 1 : -1;
    p->last = l->op->attr.arg.last;
    KL_TRY(reduce_geometry(l, &p->rd, &count, diag));
    return kl_lower_whole_step(l, KL_KERNEL_ARG_EXTREME, p, 0, 0, KL_APART, diag);
}
