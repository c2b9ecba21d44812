/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering one subgraph inside another: whose tensors are meant, and values computed in place. */
#include "graph/moves.h"
#include "plan/lower.h"

/* Deep enough for any model; the C stack is what it protects. */
enum { MAX_DEPTH = 32 };

static enum kl_err find_last_uses(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_subgraph *subgraph = l->subgraph;
    l->locations = KL_LOWER_NEW(l, struct kl_location, subgraph->tensor_count);
    l->last_use = KL_LOWER_NEW(l, int32_t, subgraph->tensor_count);
    if (!l->locations || !l->last_use) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        l->locations[i] = (struct kl_location){-1, -1, 0};
        l->last_use[i] = -1;
    }
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        const struct kl_op *op = subgraph->ops[i];
        for (int32_t k = 0; k < op->input_count; k++) {
            if (op->inputs[k]) {
                l->last_use[op->inputs[k]->id] = i;
            }
        }
    }
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        l->last_use[subgraph->outputs[i]->id] = INT32_MAX;
    }
    return KL_OK;
}

enum kl_err kl_lower_enter(struct kl_lowering *l, int32_t subgraph, struct kl_lower_frame *frame,
                           struct kl_diag *diag)
{
    *frame =
        (struct kl_lower_frame){l->subgraph, l->locations, l->last_use, l->first_buffer, l->op};
    if (l->depth == MAX_DEPTH) {
        return kl_fail(diag, KL_ELIMIT, "subgraphs run each other more than %d deep", MAX_DEPTH);
    }
    l->depth += l->subgraph != NULL;
    l->subgraph = l->graph->subgraphs[subgraph];
    l->first_buffer = l->plan->buffer_count;
    enum kl_err err = find_last_uses(l, diag);
    if (err != KL_OK) {
        kl_lower_leave(l, frame);
    }
    return err;
}

void kl_lower_leave(struct kl_lowering *l, const struct kl_lower_frame *frame)
{
    l->subgraph = frame->subgraph;
    l->locations = frame->locations;
    l->last_use = frame->last_use;
    l->first_buffer = frame->first_buffer;
    l->op = frame->op;
    l->depth -= l->subgraph != NULL;
}

int32_t kl_lower_last_read(const struct kl_lowering *l, const struct kl_tensor *tensor)
{
    int32_t last = l->last_use[tensor->id];
    for (int32_t i = 0; i < l->subgraph->op_count; i++) {
        const struct kl_op *op = l->subgraph->ops[i];
        if (kl_op_is_reshape(op) && op->inputs[0] == tensor) {
            int32_t of_view = kl_lower_last_read(l, op->outputs[0]);
            last = of_view > last ? of_view : last;
        }
    }
    return last;
}

/* The operator that computes the value behind all reshaping; NULL: an input, a constant, state. */
static const struct kl_op *computed_by(const struct kl_tensor *value)
{
    const struct kl_op *op = value->producer;
    while (op && kl_op_is_reshape(op)) {
        op = op->inputs[0]->producer;
    }
    return op && op->kind != KL_OP_READ_VARIABLE && op->kind != KL_OP_VAR_HANDLE ? op : NULL;
}

/* Does the operator change a copy of `reader`, which is `value` then? So it may change it where it
 * is. */
static bool changes(const struct kl_op *op, const struct kl_tensor *reader,
                    const struct kl_tensor *value)
{
    bool scatters = op->kind == KL_OP_SCATTER_ND_UPDATE || op->kind == KL_OP_SCATTER_ELEMENTS;
    bool estimates = op->kind == KL_OP_SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION &&
                     value->producer == op && value == op->outputs[1];
    int32_t changed = scatters ? 0 : 1;
    if ((!scatters && !estimates) || op->input_count <= changed) {
        return false;
    }
    for (int32_t i = 0; i < op->input_count; i++) {
        if ((op->inputs[i] == reader) != (i == changed)) {
            return false;
        }
    }
    return true;
}

void kl_lower_direct(struct kl_lowering *l, const struct kl_tensor *value, struct kl_location place,
                     const struct kl_tensor *const *readers, int32_t reader_count)
{
    const struct kl_op *op = computed_by(value);
    if (!op) {
        return;
    }
    for (int32_t i = 0; i < reader_count; i++) {
        int32_t last = kl_lower_last_read(l, readers[i]);
        if (last > op->position || (last == op->position && !changes(op, readers[i], value))) {
            return;
        }
    }
    const struct kl_tensor *first = value;
    while (first->producer != op) {
        first = first->producer->inputs[0];
    }
    if (l->locations[first->id].buffer < 0) {
        l->locations[first->id] = place; /* what is reshaped from it follows */
    }
}
