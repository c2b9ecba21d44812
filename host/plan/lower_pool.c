/* SPDX-License-Identifier: Apache-2.0 */
/* AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D. */
#include "plan/lower_window.h"

/* The sum of so many int8 values, and the rounding, fit int32; of int16 values 256 times fewer. */
enum { POOL_MAX_TAPS = 1 << 23 };

static enum kl_kernel_id float_pool(enum kl_op_kind kind)
{
    switch (kind) {
    case KL_OP_AVERAGE_POOL_2D: return KL_KERNEL_AVERAGE_POOL_F32;
    case KL_OP_L2_POOL_2D: return KL_KERNEL_L2_POOL_F32;
    default: return KL_KERNEL_MAX_POOL_F32;
    }
}

static enum kl_err pool_f32(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_attr_window *a = &l->op->attr.window;
    struct kl_pool_f32 *p = KL_LOWER_NEW(l, struct kl_pool_f32, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->win = kl_lower_window(l->op, a->filter_h, a->filter_w);
    kl_activation_range_f32(a->activation, &p->min, &p->max);
    return kl_lower_window_step(l, float_pool(l->op->kind), p, &p->win, diag);
}

static enum kl_kernel_id integer_pool(bool average, bool wide)
{
    if (average) {
        return wide ? KL_KERNEL_AVERAGE_POOL_S16 : KL_KERNEL_AVERAGE_POOL_S8;
    }
    return wide ? KL_KERNEL_MAX_POOL_S16 : KL_KERNEL_MAX_POOL_S8;
}

enum kl_err kl_lower_pool(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const struct kl_attr_window *a = &op->attr.window;
    bool wide = kl_lower_all_of(op, KL_S16);
    if (kl_lower_all_of(op, KL_F32)) {
        return pool_f32(l, diag);
    }
    if (op->kind == KL_OP_L2_POOL_2D || (!wide && !kl_lower_all_of(op, KL_S8))) {
        return kl_lower_type_error(l, diag);
    }
    if (a->dilation_h != 1 || a->dilation_w != 1) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED, "an integer pool with dilation");
    }
    struct kl_pool_s8 *p = KL_LOWER_NEW(l, struct kl_pool_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_quant(l, op->outputs[0], diag));
    p->win = kl_lower_window(op, a->filter_h, a->filter_w);
    p->offset = kl_op_was_uint8(op) ? 128 : 0;
    int32_t most = wide ? POOL_MAX_TAPS >> 8 : POOL_MAX_TAPS;
    if ((int64_t)a->filter_h * a->filter_w > most) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED, "a window of %d x %d; at most %d taps",
                          a->filter_h, a->filter_w, most);
    }
    kl_activation_range_s8(a->activation, kl_lower_quant(op->outputs[0]), &p->min, &p->max);
    return kl_lower_window_step(l, integer_pool(op->kind == KL_OP_AVERAGE_POOL_2D, wide), p,
                                &p->win, diag);
}
