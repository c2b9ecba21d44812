/* SPDX-License-Identifier: Apache-2.0 */
/* LOG_SOFTMAX and L2_NORMALIZATION: vectors along the last axis. */
#include "graph/function_table.h"
#include "plan/lower.h"

/* The sum of so many squares of int8 values without their zero point fits int32. */
enum { L2_MAX_WIDTH = INT32_MAX / (255 * 255) };

static enum kl_err last_axis(const struct kl_lowering *l, int32_t *width, struct kl_diag *diag)
{
    const struct kl_shape *in = &l->op->inputs[0]->shape;
    if (in->rank < 1) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "a scalar has no axis to normalise");
    }
    *width = in->dim[in->rank - 1];
    return KL_OK;
}

static enum kl_err log_softmax_f32(struct kl_lowering *l, int32_t width, struct kl_diag *diag)
{
    struct kl_softmax_f32 *p = KL_LOWER_NEW(l, struct kl_softmax_f32, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct kl_softmax_f32){.width = width, .beta = 1.0f};
    return kl_lower_vectors(l, KL_KERNEL_LOG_SOFTMAX_F32, p, diag);
}

enum kl_err kl_lower_log_softmax(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    struct kl_log_softmax_s8 *p = KL_LOWER_NEW(l, struct kl_log_softmax_s8, 1);
    struct kl_diag found = {0};
    int32_t width = 0;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(last_axis(l, &width, diag));
    if (kl_lower_all_of(l->op, KL_F32)) {
        return log_softmax_f32(l, width, diag);
    }
    if (!kl_lower_all_of(l->op, KL_S8)) {
        return kl_lower_type_error(l, diag);
    }
    KL_TRY(kl_lower_need_quant(l, in, diag));
    KL_TRY(kl_lower_need_quant(l, l->op->outputs[0], diag));
    KL_TRY(kl_op_need_out_quant(l->op, 1.0f / 16, INT8_MAX, diag));
    KL_TRY(kl_lower_result(l, kl_prepare_log_softmax_s8(in->quant.scale[0], width, p, &found),
                           &found, diag));
    return kl_lower_vectors(l, KL_KERNEL_LOG_SOFTMAX_S8, p, diag);
}

enum kl_err kl_lower_l2_normalise(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_l2_normalise *p = KL_LOWER_NEW(l, struct kl_l2_normalise, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(last_axis(l, &p->width, diag));
    if (kl_lower_all_of(l->op, KL_F32)) {
        return kl_lower_vectors(l, KL_KERNEL_L2_NORMALISE_F32, p, diag);
    }
    if (!kl_lower_all_of(l->op, KL_S8)) {
        return kl_lower_type_error(l, diag);
    }
    KL_TRY(kl_lower_need_quant(l, l->op->inputs[0], diag));
    KL_TRY(kl_lower_need_quant(l, l->op->outputs[0], diag));
    KL_TRY(kl_op_need_out_quant(l->op, 1.0f / 128, 0, diag));
    if (p->width > L2_MAX_WIDTH) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "vectors of %d elements; at most %d",
                          p->width, L2_MAX_WIDTH);
    }
    p->in_zero_point = kl_lower_quant(l->op->inputs[0]).zero_point;
    return kl_lower_vectors(l, KL_KERNEL_L2_NORMALISE_S8, p, diag);
}
