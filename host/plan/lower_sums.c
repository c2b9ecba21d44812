/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of more than two values: ADD_N, and CUMSUM int8. Integers of one scale are added as int32
 * with 19 more bits: the source's 20, and a common scale of twice the inputs' (reference/add.h,
 * AddN, and reference/cumsum.h of TensorFlow Lite Micro).
 */
#include "plan/lower.h"

enum { MORE_BITS = 19 };

static int32_t elements(const struct kl_lowering *l)
{
    return (int32_t)kl_shape_elements(&l->op->outputs[0]->shape);
}

/* Memory for sums, as one row. */
static enum kl_err sum_rows(struct kl_lowering *l, struct kl_plan_rows *rows, struct kl_diag *diag)
{
    size_t bytes = sizeof(int32_t) * (size_t)elements(l);
    int32_t buffer;
    KL_TRY(kl_lower_buffer(l, bytes, "sum", l->op->position, &buffer, diag));
    *rows = (struct kl_plan_rows){buffer, -1, 0, (int32_t)bytes, 1};
    return KL_OK;
}

/* Input `index` as int32 in `rows`. */
static enum kl_err widen(struct kl_lowering *l, int32_t index, struct kl_plan_rows rows,
                         struct kl_diag *diag)
{
    struct kl_rescale *p = KL_LOWER_NEW(l, struct kl_rescale, 1);
    struct kl_plan_step step = {.kernel = KL_KERNEL_RESCALE, .params = p, .in_count = 1};
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct kl_rescale){.width = elements(l),
                             .in_bytes = 1,
                             .out_bytes = 4,
                             .in_zero_point = kl_lower_quant(l->op->inputs[index]).zero_point,
                             .multiplier = 1 << 30,
                             .shift = MORE_BITS + 1,
                             .below_multiplier = 1 << 30,
                             .below_shift = MORE_BITS + 1,
                             .min = INT32_MIN,
                             .max = INT32_MAX};
    KL_TRY(kl_lower_input(l, index, elements(l), 1, &step.in[0], diag));
    step.out[0] = rows;
    l->written = NULL;
    return kl_lower_step(l, step, diag);
}

/* The sums as output 0. The source begins each with the value of a stored 0, not with 0. */
static enum kl_err narrow(struct kl_lowering *l, struct kl_plan_rows rows, struct kl_diag *diag)
{
    struct kl_quant_s8 in = kl_lower_quant(l->op->inputs[0]);
    struct kl_quant_s8 out = kl_lower_quant(l->op->outputs[0]);
    struct kl_rescale *p = KL_LOWER_NEW(l, struct kl_rescale, 1);
    struct kl_plan_step step = {.kernel = KL_KERNEL_RESCALE, .params = p, .in_count = 1};
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct kl_rescale){.width = elements(l),
                             .in_bytes = 4,
                             .out_bytes = 1,
                             .in_zero_point = in.zero_point * (1 << MORE_BITS),
                             .out_zero_point = out.zero_point,
                             .min = INT8_MIN,
                             .max = INT8_MAX};
    double finer = (double)(1 << (MORE_BITS + 1)) * (double)out.scale;
    kl_quantize_multiplier(2 * (double)in.scale / finer, &p->multiplier, &p->shift);
    p->below_multiplier = p->multiplier;
    p->below_shift = p->shift;
    step.in[0] = rows;
    KL_TRY(kl_lower_output(l, 0, -1, elements(l), 1, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

/* out = a + b, of which `a` may be the output itself. */
static enum kl_err add_step(struct kl_lowering *l, enum kl_dtype dtype, struct kl_plan_rows a,
                            struct kl_plan_rows b, struct kl_plan_rows out, struct kl_diag *diag)
{
    const struct kl_elementwise ew = {{1, 1, elements(l)}, {{0, 0, 1}, {0, 0, 1}}};
    struct kl_binary_f32 *real = KL_LOWER_NEW(l, struct kl_binary_f32, 1);
    struct kl_binary_int *whole = KL_LOWER_NEW(l, struct kl_binary_int, 1);
    bool is_float = dtype == KL_F32;
    struct kl_plan_step step = {.kernel = is_float ? KL_KERNEL_ADD_F32 : KL_KERNEL_BINARY_INT,
                                .in_count = 2,
                                .in = {a, b},
                                .out = {out}};
    if (!real || !whole) {
        return KL_FAIL_MEMORY(diag);
    }
    real->ew = whole->ew = ew;
    kl_activation_range_f32(KL_ACT_NONE, &real->min, &real->max);
    whole->function = KL_BINARY_ADD;
    whole->dtype = (int32_t)dtype;
    step.params = is_float ? (const void *)real : (const void *)whole;
    return kl_lower_step(l, step, diag);
}

/* Floats and plain integers, one input after the other onto the output. */
static enum kl_err add_plain(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *out = l->op->outputs[0];
    struct kl_plan_rows sum, next, place;
    KL_TRY(kl_lower_input(l, 0, (int32_t)out->bytes, 1, &sum, diag));
    for (int32_t i = 1; i < l->op->input_count; i++) {
        KL_TRY(kl_lower_input(l, i, (int32_t)out->bytes, 1, &next, diag));
        KL_TRY(kl_lower_output(l, 0, -1, (int32_t)out->bytes, 1, &place, diag));
        KL_TRY(add_step(l, out->dtype, sum, next, place, diag));
        sum = place;
    }
    return KL_OK;
}

static enum kl_err add_s8(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_plan_rows sum, next;
    for (int32_t i = 0; i < l->op->input_count; i++) {
        KL_TRY(kl_lower_need_quant(l, l->op->inputs[i], diag));
        if (!kl_quant_equal(&l->op->inputs[i]->quant, &l->op->inputs[0]->quant)) {
            return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                              "input %d is not quantised like the first", i);
        }
    }
    KL_TRY(kl_lower_need_quant(l, l->op->outputs[0], diag));
    KL_TRY(sum_rows(l, &sum, diag));
    KL_TRY(sum_rows(l, &next, diag));
    KL_TRY(widen(l, 0, sum, diag));
    for (int32_t i = 1; i < l->op->input_count; i++) {
        KL_TRY(widen(l, i, next, diag));
        KL_TRY(add_step(l, KL_S32, sum, next, sum, diag));
    }
    return narrow(l, sum, diag);
}

enum kl_err kl_lower_add_n(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    if (!kl_lower_all_of(op, op->outputs[0]->dtype)) {
        return kl_lower_type_error(l, diag);
    }
    if (op->input_count == 1) {
        return kl_lower_copy_input(l, false, diag);
    }
    if (kl_lower_is_plain(op->outputs[0]) && kl_lower_is_plain(op->inputs[0]) &&
        op->outputs[0]->dtype != KL_BOOL) {
        return add_plain(l, diag);
    }
    return op->outputs[0]->dtype == KL_S8 ? add_s8(l, diag) : kl_lower_type_error(l, diag);
}

enum kl_err kl_lower_cumsum_s8(struct kl_lowering *l, const struct kl_cumsum *params,
                               struct kl_diag *diag)
{
    struct kl_plan_step step = {.kernel = KL_KERNEL_CUMSUM, .params = params, .in_count = 1};
    struct kl_plan_rows sum;
    KL_TRY(kl_lower_need_quant(l, l->op->inputs[0], diag));
    KL_TRY(kl_lower_need_quant(l, l->op->outputs[0], diag));
    KL_TRY(sum_rows(l, &sum, diag));
    KL_TRY(widen(l, 0, sum, diag));
    step.in[0] = step.out[0] = sum;
    KL_TRY(kl_lower_step(l, step, diag));
    return narrow(l, sum, diag);
}
