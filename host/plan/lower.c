/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/lower.h"

/* Time and memory of the planner grow with the operators that it lowers. */
enum { MAX_OPS = 4096 };

/* Types that nothing computes with have no bytes; no lowering needs to know them. The handle of a
 * variable has none either, and nobody computes with it. */
static bool has_bytes(const struct kl_op *op, const struct kl_tensor *tensor)
{
    bool handle = op->kind == KL_OP_VAR_HANDLE || op->kind == KL_OP_READ_VARIABLE ||
                  op->kind == KL_OP_ASSIGN_VARIABLE;
    return tensor->bytes > 0 || (handle && tensor->dtype == KL_RESOURCE);
}

static bool operands_have_bytes(const struct kl_op *op)
{
    for (int32_t i = 0; i < op->input_count; i++) {
        if (op->inputs[i] && !has_bytes(op, op->inputs[i])) {
            return false;
        }
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        if (!has_bytes(op, op->outputs[i])) {
            return false;
        }
    }
    return true;
}

/* Refuses; for operators that nothing computes. */
enum kl_err kl_lower_none(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const char *reason = op->kind == KL_OP_UNKNOWN ? op->attr.unknown.reason : NULL;
    return kl_op_fail(op, diag, KL_EUNSUPPORTED, "%s",
                      reason ? reason : "this operator is not supported");
}

/* Refuses what only networks in training have. */
enum kl_err kl_lower_training(struct kl_lowering *l, struct kl_diag *diag)
{
    return kl_op_fail(
        l->op, diag, KL_EUNSUPPORTED,
        "this operator belongs to training; `kinglet train` folds it when it writes a model");
}

static kl_lower_fn *const lowerings[] = {
#define KL_OP(kind, name, min_in, max_in, min_out, max_out, rule, attributes, lowering, ...) \
    [KL_OP_##kind] = kl_lower_##lowering,
#include "graph/ops.def"
#undef KL_OP
};

/* Lower one operator, or say why not. */
static enum kl_err lower_op(struct kl_lowering *l, struct kl_op *op, struct kl_diag *diag)
{
    kl_lower_fn *lower = lowerings[op->kind];
    l->op = op;
    if (lower != kl_lower_none && !operands_have_bytes(op)) {
        return kl_lower_type_error(l, diag);
    }
    return lower(l, diag);
}

/* Operators of other subgraphs than the entry are named with theirs. */
static const char *issue_text(const struct kl_lowering *l, const char *message)
{
    for (int32_t i = 1; i < l->graph->subgraph_count; i++) {
        if (l->graph->subgraphs[i] == l->subgraph) {
            return kl_arena_printf(l->arena, "subgraph %d, %s", i, message);
        }
    }
    return kl_arena_printf(l->arena, "%s", message);
}

static bool is_reported(const struct kl_lowering *l, const struct kl_op *op)
{
    for (int32_t i = 0; i < l->issue_count; i++) {
        if (l->issues[i].op == op) {
            return true; /* a subgraph that is run twice has one issue */
        }
    }
    return false;
}

static enum kl_err add_issue(struct kl_lowering *l, const struct kl_op *op,
                             const struct kl_diag *found, struct kl_diag *diag)
{
    void *issues = l->issues;
    if (!is_reported(l, op)) {
        const char *message = issue_text(l, found->message);
        if (!message || !kl_lower_grow(l->arena, &issues, l->issue_count, &l->issue_capacity,
                                       sizeof l->issues[0])) {
            return KL_FAIL_MEMORY(diag);
        }
        l->issues = issues;
        l->issues[l->issue_count++] = (struct kl_plan_issue){op, found->err, message};
    }
    /* Give the outputs a place, so that what comes after is judged on its own. */
    for (int32_t i = 0; i < op->output_count; i++) {
        if (l->locations[op->outputs[i]->id].buffer < 0) {
            KL_TRY(kl_lower_own_buffer(l, op->outputs[i], diag));
        }
    }
    return KL_OK;
}

enum kl_err kl_lower_ops(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_subgraph *subgraph = l->subgraph;
    l->op_count += subgraph->op_count + (l->depth > 0); /* one for running it */
    if (l->op_count > MAX_OPS) {
        return kl_fail(diag, KL_ELIMIT, "the model has %d operators, at most %d are planned",
                       l->op_count, MAX_OPS);
    }
    KL_TRY(kl_lower_plan_variables(l, diag));
    KL_TRY(kl_lower_plan_joins(l, diag));
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        struct kl_diag found = {0};
        if (lower_op(l, subgraph->ops[i], &found) != KL_OK) {
            KL_TRY(add_issue(l, subgraph->ops[i], &found, diag));
        }
    }
    return KL_OK;
}

static enum kl_err need_bytes(const struct kl_tensor *tensor, const char *role, int32_t index,
                              struct kl_diag *diag)
{
    if (tensor->bytes > 0) {
        return KL_OK;
    }
    return kl_fail(diag, KL_EUNSUPPORTED,
                   "model %s %d ('%.100s') is of type %s, which holds no data", role, index,
                   tensor->name, kl_dtype_name(tensor->dtype));
}

static enum kl_err place_inputs(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_subgraph *subgraph = l->subgraph;
    if (subgraph->input_count > KL_PLAN_MAX_IO || subgraph->output_count > KL_PLAN_MAX_IO) {
        return kl_fail(diag, KL_ELIMIT, "the model has %d inputs and %d outputs; at most %d each",
                       subgraph->input_count, subgraph->output_count, KL_PLAN_MAX_IO);
    }
    for (int32_t i = 0; i < subgraph->input_count; i++) {
        const struct kl_tensor *tensor = subgraph->inputs[i];
        if (tensor->data || tensor->producer || l->locations[tensor->id].buffer >= 0) {
            return kl_fail(diag, KL_EINPUT, "model input %d ('%.100s') is constant or named twice",
                           i, tensor->name);
        }
        KL_TRY(kl_lower_own_buffer(l, tensor, diag));
        l->plan->inputs[i] = (struct kl_plan_io){tensor, l->locations[tensor->id].buffer, 0};
    }
    l->plan->input_count = subgraph->input_count;
    return KL_OK;
}

/* Checked last, so that the operators that use such an input are reported one by one. */
static enum kl_err check_inputs(const struct kl_lowering *l, struct kl_diag *diag)
{
    for (int32_t i = 0; i < l->plan->input_count; i++) {
        KL_TRY(need_bytes(l->plan->inputs[i].tensor, "input", i, diag));
    }
    return KL_OK;
}

static enum kl_err find_outputs(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_subgraph *subgraph = l->subgraph;
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        const struct kl_tensor *tensor = subgraph->outputs[i];
        struct kl_location where = l->locations[tensor->id];
        if (l->kept_output) {
            where = (struct kl_location){l->kept_output[i], -1, 0};
        }
        if (where.buffer < 0) {
            return kl_fail(diag, KL_EUNSUPPORTED, "model output %d ('%.100s') is a %s", i,
                           tensor->name, tensor->data ? "constant" : "variable");
        }
        KL_TRY(need_bytes(tensor, "output", i, diag));
        l->plan->outputs[i] = (struct kl_plan_io){tensor, where.buffer, where.offset};
    }
    l->plan->output_count = subgraph->output_count;
    return KL_OK;
}

enum kl_err kl_lower_graph(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_lower_frame outside;
    KL_TRY(kl_lower_enter(l, 0, &outside, diag));
    KL_TRY(place_inputs(l, diag));
    KL_TRY(kl_lower_state(l, diag));
    KL_TRY(kl_lower_place_outputs(l, diag));
    KL_TRY(kl_lower_ops(l, diag));
    if (l->issue_count == 0) {
        KL_TRY(check_inputs(l, diag));
        KL_TRY(kl_lower_fill_outputs(l, diag));
        KL_TRY(find_outputs(l, diag));
    }
    kl_lower_settle_ends(l);
    return kl_lower_reset(l, diag);
}
