/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves that cost nothing. What is joined is computed where the joined value lies, and a part of a
 * value is looked at where it is: as long as both are one dense piece of memory.
 */
#include "graph/moves.h"
#include "plan/lower.h"

static bool is_dense(const struct kl_move *move)
{
    int64_t bytes = move->elem_bytes;
    for (int32_t d = KL_MOVE_RANK; d-- > 0;) {
        if (move->dim[d] != 1 && (move->in_step[d] != bytes || move->out_step[d] != bytes)) {
            return false;
        }
        bytes *= move->dim[d];
    }
    return true;
}

static bool is_aligned(size_t offset)
{
    return offset % KL_PLAN_ALIGN == 0;
}

bool kl_lower_view(struct kl_lowering *l, const struct kl_op_move *m)
{
    const struct kl_tensor *in = l->op->inputs[m->input];
    const struct kl_tensor *out = l->op->outputs[m->output];
    struct kl_location where = l->locations[in->id];
    int64_t bytes = m->move.elem_bytes;
    for (int32_t d = 0; d < KL_MOVE_RANK; d++) {
        bytes *= m->move.dim[d];
    }
    /* Memory of state and of the caller may change before the view is read. */
    if (!l->views || l->resetting || in->data || where.buffer < l->first_buffer ||
        l->plan->buffers[where.buffer].is_state || l->locations[out->id].buffer >= 0 ||
        (size_t)bytes != out->bytes || !is_dense(&m->move) || !is_aligned(m->in_offset)) {
        return false;
    }
    kl_lower_share(l, out, in, m->in_offset);
    l->view_count++;
    return true;
}

bool kl_lower_is_joined(const struct kl_lowering *l, const struct kl_op_move *m)
{
    const struct kl_tensor *in = l->op->inputs[m->input];
    struct kl_location from = l->locations[in->id];
    struct kl_location to = l->locations[l->op->outputs[m->output]->id];
    return !in->data && from.buffer >= 0 && from.buffer == to.buffer &&
           from.offset + m->in_offset == to.offset + m->out_offset;
}

/* An operator of whose steps each writes its output wherever that lies. */
static bool writes_anywhere(const struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_UNKNOWN:
    case KL_OP_READ_VARIABLE:
    case KL_OP_VAR_HANDLE:
    case KL_OP_WHILE:
    case KL_OP_IF:
    case KL_OP_CALL_ONCE: return false;
    default: return op->output_count == 1 && !kl_op_is_reshape(op);
    }
}

static bool may_join(const struct kl_lowering *l, const struct kl_op *join,
                     const struct kl_op_move *m)
{
    const struct kl_tensor *in = join->inputs[m->input];
    for (int32_t i = 0; i < join->input_count; i++) {
        if (i != m->input && join->inputs[i] == in) {
            return false;
        }
    }
    return !in->data && in->producer && writes_anywhere(in->producer) && !in->is_variable &&
           l->locations[in->id].buffer < 0 && l->last_use[in->id] != INT32_MAX &&
           is_dense(&m->move) && is_aligned(m->out_offset);
}

/* Give the inputs of one operator their places in its output. */
static enum kl_err plan_join(struct kl_lowering *l, const struct kl_op *join, struct kl_diag *diag)
{
    struct kl_op_move moves[KL_MAX_MOVES];
    struct kl_diag ignored = {0};
    struct kl_location place = {-1, -1, 0};
    const struct kl_tensor *out = join->outputs[0];
    int32_t count;
    if (l->locations[out->id].buffer >= 0 || out->bytes == 0 ||
        kl_op_moves(join, moves, &count, &ignored) != KL_OK) {
        return KL_OK;
    }
    for (int32_t i = 0; i < count; i++) {
        const struct kl_tensor *in = join->inputs[moves[i].input];
        if (!may_join(l, join, &moves[i])) {
            continue;
        }
        if (place.buffer < 0) {
            KL_TRY(kl_lower_buffer(l, out->bytes, out->name, l->last_use[out->id], &place.buffer,
                                   diag));
            l->locations[out->id] = place;
        }
        l->locations[in->id] = (struct kl_location){place.buffer, -1, moves[i].out_offset};
        l->view_count++;
    }
    return KL_OK;
}

enum kl_err kl_lower_plan_joins(struct kl_lowering *l, struct kl_diag *diag)
{
    if (!l->views || l->resetting) {
        return KL_OK;
    }
    for (int32_t i = 0; i < l->subgraph->op_count; i++) {
        const struct kl_op *op = l->subgraph->ops[i];
        if (op->kind == KL_OP_CONCATENATION || op->kind == KL_OP_PACK) {
            KL_TRY(plan_join(l, op, diag));
        }
    }
    return KL_OK;
}
