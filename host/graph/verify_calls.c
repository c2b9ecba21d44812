/* SPDX-License-Identifier: Apache-2.0 */
/* Invariants that reach over subgraphs: who runs whom, and the variables that they share. */
#include "graph/verify_calls.h"
#include "graph/const_params.h"

/* Where the search for recursion is: white, grey and black of a depth-first walk. */
enum mark { UNSEEN, OPEN, DONE };

struct walk {
    const struct kl_graph *graph;
    unsigned char *mark; /* enum mark, by subgraph */
    struct kl_diag *diag;
};

static enum kl_err visit(const struct walk *w, int32_t index);

static enum kl_err visit_op(const struct walk *w, const struct kl_op *op)
{
    for (int32_t i = 0; i < kl_op_call_count(op); i++) {
        int32_t called = op->attr.call.subgraph[i];
        if (called < 1 || called >= w->graph->subgraph_count) {
            return kl_op_fail(op, w->diag, KL_EINPUT,
                              "it runs subgraph %d, but only 1 to %d can be run", called,
                              w->graph->subgraph_count - 1);
        }
        if (w->mark[called] == OPEN) {
            return kl_op_fail(op, w->diag, KL_EINPUT, "subgraph %d runs itself", called);
        }
        KL_TRY(visit(w, called));
    }
    return KL_OK;
}

/* Never deeper than there are subgraphs, whose number the importer limits. */
static enum kl_err visit(const struct walk *w, int32_t index)
{
    const struct kl_subgraph *subgraph = w->graph->subgraphs[index];
    if (w->mark[index] == DONE) {
        return KL_OK;
    }
    w->mark[index] = OPEN;
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        KL_TRY(visit_op(w, subgraph->ops[i]));
    }
    w->mark[index] = DONE;
    return KL_OK;
}

static bool same_type(const struct kl_tensor *a, const struct kl_tensor *b)
{
    return a->dtype == b->dtype && kl_shape_equal(&a->shape, &b->shape);
}

/* `count` tensors of the operator against those of the subgraph that it runs. */
static enum kl_err match(const struct kl_op *op, int32_t index, const char *what,
                         struct kl_tensor *const *own, int32_t own_count,
                         struct kl_tensor *const *theirs, int32_t their_count, struct kl_diag *diag)
{
    if (own_count != their_count) {
        return kl_op_fail(op, diag, KL_EINPUT, "subgraph %d has %d %ss, but %d are needed", index,
                          their_count, what, own_count);
    }
    for (int32_t i = 0; i < own_count; i++) {
        char a[KL_SHAPE_TEXT_BYTES];
        char b[KL_SHAPE_TEXT_BYTES];
        if (!own[i] || !same_type(own[i], theirs[i])) {
            return kl_op_fail(op, diag, KL_EINPUT, "%s %d of subgraph %d is %s%s, but must be %s%s",
                              what, i, index, kl_dtype_name(theirs[i]->dtype),
                              kl_shape_text(&theirs[i]->shape, a),
                              own[i] ? kl_dtype_name(own[i]->dtype) : "omitted",
                              own[i] ? kl_shape_text(&own[i]->shape, b) : "");
        }
    }
    return KL_OK;
}

static enum kl_err need_condition(const struct kl_op *op, const struct kl_tensor *tensor,
                                  struct kl_diag *diag)
{
    if (tensor->dtype == KL_BOOL && kl_shape_elements(&tensor->shape) == 1) {
        return KL_OK;
    }
    char text[KL_SHAPE_TEXT_BYTES];
    return kl_op_fail(op, diag, KL_EINPUT, "its condition must be one bool; it is %s%s",
                      kl_dtype_name(tensor->dtype), kl_shape_text(&tensor->shape, text));
}

static enum kl_err verify_while(const struct kl_graph *graph, const struct kl_op *op,
                                struct kl_diag *diag)
{
    const int32_t *call = op->attr.call.subgraph;
    const struct kl_subgraph *cond = graph->subgraphs[call[0]];
    const struct kl_subgraph *body = graph->subgraphs[call[1]];
    KL_TRY(match(op, call[0], "input", op->inputs, op->input_count, cond->inputs, cond->input_count,
                 diag));
    KL_TRY(match(op, call[1], "input", op->inputs, op->input_count, body->inputs, body->input_count,
                 diag));
    KL_TRY(match(op, call[1], "output", op->inputs, op->input_count, body->outputs,
                 body->output_count, diag));
    KL_TRY(match(op, call[1], "output", op->outputs, op->output_count, body->outputs,
                 body->output_count, diag));
    if (cond->output_count != 1) {
        return kl_op_fail(op, diag, KL_EINPUT, "its condition, subgraph %d, has %d outputs, not 1",
                          call[0], cond->output_count);
    }
    return need_condition(op, cond->outputs[0], diag);
}

static enum kl_err verify_if(const struct kl_graph *graph, const struct kl_op *op,
                             struct kl_diag *diag)
{
    KL_TRY(need_condition(op, op->inputs[0], diag));
    for (int32_t i = 0; i < 2; i++) {
        int32_t called = op->attr.call.subgraph[i];
        const struct kl_subgraph *branch = graph->subgraphs[called];
        KL_TRY(match(op, called, "input", op->inputs + 1, op->input_count - 1, branch->inputs,
                     branch->input_count, diag));
        KL_TRY(match(op, called, "output", op->outputs, op->output_count, branch->outputs,
                     branch->output_count, diag));
    }
    return KL_OK;
}

static enum kl_err verify_once(const struct kl_graph *graph, const struct kl_op *op,
                               struct kl_diag *diag)
{
    int32_t called = op->attr.call.subgraph[0];
    KL_TRY(match(op, called, "input", NULL, 0, graph->subgraphs[called]->inputs,
                 graph->subgraphs[called]->input_count, diag));
    return match(op, called, "output", NULL, 0, graph->subgraphs[called]->outputs,
                 graph->subgraphs[called]->output_count, diag);
}

static enum kl_err verify_access(const struct kl_graph *graph, const struct kl_op *op,
                                 const struct kl_tensor *value, struct kl_diag *diag)
{
    int32_t index = kl_op_variable(op);
    if (index < 0) {
        return kl_op_fail(op, diag, KL_EINPUT, "its input 0 is not the handle of a variable");
    }
    const struct kl_tensor *variable = graph->variables[index];
    if (variable->dtype == KL_DTYPE_NONE) {
        return kl_op_fail(op, diag, KL_EINPUT, "nothing assigns the variable '%.100s'",
                          variable->name);
    }
    char a[KL_SHAPE_TEXT_BYTES];
    char b[KL_SHAPE_TEXT_BYTES];
    if (same_type(value, variable)) {
        return KL_OK;
    }
    return kl_op_fail(op, diag, KL_EINPUT, "'%.100s' is %s%s, but the variable '%.100s' is %s%s",
                      value->name, kl_dtype_name(value->dtype), kl_shape_text(&value->shape, a),
                      variable->name, kl_dtype_name(variable->dtype),
                      kl_shape_text(&variable->shape, b));
}

static enum kl_err verify_handle(const struct kl_graph *graph, const struct kl_op *op,
                                 struct kl_diag *diag)
{
    int32_t index = op->attr.variable.variable;
    if (op->outputs[0]->dtype != KL_RESOURCE) {
        return kl_op_fail(op, diag, KL_EINPUT, "its output must be a resource, not %s",
                          kl_dtype_name(op->outputs[0]->dtype));
    }
    return index >= 0 && index < graph->variable_count
               ? KL_OK
               : kl_op_fail(op, diag, KL_EINPUT, "variable %d does not exist", index);
}

static enum kl_err verify_op(const struct kl_graph *graph, const struct kl_op *op,
                             struct kl_diag *diag)
{
    switch (op->kind) {
    case KL_OP_WHILE: return verify_while(graph, op, diag);
    case KL_OP_IF: return verify_if(graph, op, diag);
    case KL_OP_CALL_ONCE: return verify_once(graph, op, diag);
    case KL_OP_VAR_HANDLE: return verify_handle(graph, op, diag);
    case KL_OP_READ_VARIABLE: return verify_access(graph, op, op->outputs[0], diag);
    case KL_OP_ASSIGN_VARIABLE: return verify_access(graph, op, op->inputs[1], diag);
    default: return KL_OK;
    }
}

enum kl_err kl_graph_verify_calls(const struct kl_graph *graph, struct kl_diag *diag)
{
    unsigned char mark[KL_MAX_SUBGRAPHS] = {UNSEEN};
    struct walk w = {graph, mark, diag};
    if (graph->subgraph_count > KL_MAX_SUBGRAPHS) {
        return kl_fail(diag, KL_ELIMIT, "%d subgraphs; at most %d are supported",
                       graph->subgraph_count, KL_MAX_SUBGRAPHS);
    }
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        KL_TRY(visit(&w, s));
    }
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        for (int32_t i = 0; i < graph->subgraphs[s]->op_count; i++) {
            KL_TRY(verify_op(graph, graph->subgraphs[s]->ops[i], diag));
        }
    }
    return KL_OK;
}
