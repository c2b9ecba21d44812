/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that move elements: transposes, slices, joins, paddings. */
#include <string.h>

#include "graph/moves.h"
#include "plan/lower.h"

static enum kl_err add_move(struct kl_lowering *l, const struct kl_op_move *m, struct kl_diag *diag)
{
    struct kl_move *p = KL_LOWER_NEW(l, struct kl_move, 1);
    struct kl_plan_step step = {.kernel = KL_KERNEL_MOVE, .params = p, .in_count = 1};
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = m->move;
    int32_t in_bytes = (int32_t)l->op->inputs[m->input]->bytes;
    int32_t out_bytes = (int32_t)l->op->outputs[m->output]->bytes;
    KL_TRY(kl_lower_input(l, m->input, in_bytes, 1, &step.in[0], diag));
    KL_TRY(kl_lower_output(l, m->output, -1, out_bytes, 1, &step.out[0], diag));
    step.in[0].offset += m->in_offset;
    step.out[0].offset += m->out_offset;
    return kl_lower_step(l, step, diag);
}

enum kl_err kl_lower_copy_input(struct kl_lowering *l, bool in_place, struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->op->outputs[0];
    struct kl_plan_rows in;
    struct kl_plan_rows out;
    KL_TRY(kl_lower_input(l, 0, (int32_t)tensor->bytes, 1, &in, diag));
    KL_TRY(kl_lower_output(l, 0, in_place ? 0 : -1, (int32_t)tensor->bytes, 1, &out, diag));
    return kl_lower_copy(l, tensor, (struct kl_location){in.buffer, in.constant, in.offset},
                         (struct kl_location){out.buffer, -1, out.offset}, diag);
}

enum kl_err kl_lower_moves(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_op_move moves[KL_MAX_MOVES];
    int32_t count;
    KL_TRY(kl_op_moves(l->op, moves, &count, diag));
    for (int32_t i = 0; i < count; i++) {
        if (!kl_lower_is_joined(l, &moves[i]) && !kl_lower_view(l, &moves[i])) {
            KL_TRY(add_move(l, &moves[i], diag));
        }
    }
    return KL_OK;
}

/* A RESHAPE costs nothing: its output is its input's memory. */
enum kl_err kl_lower_reshape(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *out = l->op->outputs[0];
    if (in->dtype != out->dtype) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_plan_rows rows;
    KL_TRY(kl_lower_input(l, 0, (int32_t)in->bytes, 1, &rows, diag));
    if (in->data) {
        return kl_lower_copy_input(l, false, diag); /* for a model output */
    }
    if (l->locations[out->id].buffer >= 0) {
        return kl_lower_copy(l, out, l->locations[in->id], l->locations[out->id], diag);
    }
    kl_lower_share(l, out, in, 0);
    return KL_OK;
}

/* The value that a PAD writes, as a bit pattern. */
static enum kl_err pad_value(const struct kl_lowering *l, int32_t *value, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const struct kl_tensor *out = op->outputs[0];
    *value = 0;
    if (op->kind == KL_OP_PADV2) {
        const struct kl_tensor *given = op->inputs[2];
        if (given->dtype != out->dtype || !given->data || kl_shape_elements(&given->shape) != 1) {
            return kl_op_fail(op, diag, KL_EUNSUPPORTED,
                              "the padding value must be one constant of the output's type");
        }
        memcpy(value, given->data, kl_dtype_bytes(out->dtype)); /* little-endian */
    } else if (out->dtype != KL_F32 && !kl_lower_is_plain_int(out)) {
        KL_TRY(kl_lower_need_quant(l, out, diag));
        *value = out->quant.zero_point[0];
    }
    return KL_OK;
}

/* How a step fills all of output 0; its `value` is 0. */
static struct kl_fill *fill_params(struct kl_lowering *l)
{
    const struct kl_tensor *out = l->op->outputs[0];
    struct kl_fill *p = KL_LOWER_NEW(l, struct kl_fill, 1);
    if (p) {
        p->elem_bytes = (int32_t)kl_dtype_bytes(out->dtype);
        p->width = (int32_t)kl_shape_elements(&out->shape);
    }
    return p;
}

static enum kl_err fill_step(struct kl_lowering *l, const struct kl_fill *p, struct kl_diag *diag)
{
    struct kl_plan_step step = {.kernel = KL_KERNEL_FILL, .params = p};
    KL_TRY(kl_lower_output(l, 0, -1, (int32_t)l->op->outputs[0]->bytes, 1, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

/* What a pass did not fold, since it is an output of the model. */
enum kl_err kl_lower_zeros(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_fill *p = fill_params(l);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->width *= p->elem_bytes;
    p->elem_bytes = 1;
    return fill_step(l, p, diag);
}

static bool is_paddable(enum kl_dtype dtype)
{
    return dtype == KL_S8 || dtype == KL_S16 || dtype == KL_S32 || dtype == KL_F32;
}

/* Do the moves, which do not overlap, write every element of output 0? */
static bool covers_output(const struct kl_op *op, const struct kl_op_move *moves, int32_t count)
{
    int64_t written = 0;
    for (int32_t i = 0; i < count; i++) {
        int64_t elements = 1;
        for (int32_t d = 0; d < KL_MOVE_RANK; d++) {
            elements *= moves[i].move.dim[d];
        }
        written += elements;
    }
    return written == kl_shape_elements(&op->outputs[0]->shape);
}

/* PAD, PADV2 and SPACE_TO_BATCH_ND: fill everything, then copy the inside over it. */
enum kl_err kl_lower_pad(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *out = l->op->outputs[0];
    if (in->dtype != out->dtype || !is_paddable(out->dtype)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_op_move moves[KL_MAX_MOVES];
    int32_t count;
    struct kl_fill *p = fill_params(l);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(pad_value(l, &p->value, diag));
    KL_TRY(kl_op_moves(l->op, moves, &count, diag));
    if (!covers_output(l->op, moves, count)) {
        KL_TRY(fill_step(l, p, diag));
    }
    for (int32_t i = 0; i < count; i++) {
        KL_TRY(add_move(l, &moves[i], diag));
    }
    return KL_OK;
}
