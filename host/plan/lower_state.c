/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State: variables, and tensors that keep their value from one run to the next. Each has a buffer
 * that is alive always. A read of a variable is its buffer, and an assigned value is computed in
 * it, where the order of operators allows; else a step copies.
 */
#include <string.h>

#include "plan/lower.h"

static struct kl_location variable_place(const struct kl_lowering *l, const struct kl_op *op)
{
    return (struct kl_location){l->variable_buffer[kl_op_variable(op)], -1, 0};
}

static enum kl_err add_state(struct kl_lowering *l, const struct kl_tensor *tensor, int32_t *buffer,
                             struct kl_diag *diag)
{
    KL_TRY(kl_lower_buffer(l, tensor->bytes, tensor->name, INT32_MAX, buffer, diag));
    l->plan->buffers[*buffer].is_state = true;
    return KL_OK;
}

enum kl_err kl_lower_hidden_state(struct kl_lowering *l, size_t bytes, struct kl_plan_rows *rows,
                                  struct kl_diag *diag)
{
    void *hidden = l->hidden;
    int32_t buffer;
    if (l->depth > 0) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "it keeps state inside a subgraph that is run by another");
    }
    if (!kl_lower_grow(l->arena, &hidden, l->hidden_count, &l->hidden_capacity,
                       sizeof l->hidden[0])) {
        return KL_FAIL_MEMORY(diag);
    }
    l->hidden = hidden;
    KL_TRY(kl_lower_buffer(l, bytes, "state", INT32_MAX, &buffer, diag));
    l->plan->buffers[buffer].is_state = true;
    l->hidden[l->hidden_count++] = buffer;
    *rows = (struct kl_plan_rows){buffer, -1, 0, (int32_t)bytes, 1};
    return KL_OK;
}

/* The last operator of the subgraph that may end a run; NULL: there is none. */
static const struct kl_op *last_end(const struct kl_subgraph *subgraph)
{
    const struct kl_op *last = NULL;
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        last = kl_op_may_end_run(subgraph->ops[i]) ? subgraph->ops[i] : last;
    }
    return last;
}

/* An output is computed in its place behind the last operator that may end the run. */
enum kl_err kl_lower_place_outputs(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_subgraph *subgraph = l->subgraph;
    const struct kl_op *end = last_end(subgraph);
    if (!end) {
        return KL_OK;
    }
    l->kept_output = KL_LOWER_NEW(l, int32_t, subgraph->output_count);
    if (!l->kept_output) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        const struct kl_tensor *before[] = {end->inputs[0]};
        KL_TRY(add_state(l, subgraph->outputs[i], &l->kept_output[i], diag));
        kl_lower_direct(l, subgraph->outputs[i], (struct kl_location){l->kept_output[i], -1, 0},
                        before, 1);
    }
    return KL_OK;
}

enum kl_err kl_lower_fill_outputs(struct kl_lowering *l, struct kl_diag *diag)
{
    for (int32_t i = 0; l->kept_output && i < l->subgraph->output_count; i++) {
        const struct kl_tensor *tensor = l->subgraph->outputs[i];
        struct kl_location from;
        KL_TRY(kl_lower_place(l, tensor, &from, diag));
        KL_TRY(
            kl_lower_copy(l, tensor, from, (struct kl_location){l->kept_output[i], -1, 0}, diag));
    }
    return KL_OK;
}

static bool is_run_once(const struct kl_graph *graph, int32_t subgraph)
{
    const struct kl_subgraph *entry = graph->subgraphs[0];
    for (int32_t i = 0; i < entry->op_count; i++) {
        const struct kl_op *op = entry->ops[i];
        if (op->kind == KL_OP_CALL_ONCE && op->attr.call.subgraph[0] == subgraph) {
            return true;
        }
    }
    return false;
}

static bool is_access(const struct kl_op *op)
{
    return op->kind == KL_OP_READ_VARIABLE || op->kind == KL_OP_ASSIGN_VARIABLE;
}

/* How the subgraphs use one variable. */
struct use {
    bool is_read;
    int32_t user; /* the subgraph that uses it, apart from what runs once; NOBODY; SEVERAL */
};

enum { NOBODY = -1, SEVERAL = -2 };

static void find_uses(const struct kl_graph *graph, struct use *uses)
{
    for (int32_t i = 0; i < graph->variable_count; i++) {
        uses[i].user = NOBODY;
    }
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        const struct kl_subgraph *subgraph = graph->subgraphs[s];
        bool once = is_run_once(graph, s);
        for (int32_t i = 0; i < subgraph->op_count; i++) {
            const struct kl_op *op = subgraph->ops[i];
            struct use *use = is_access(op) ? &uses[kl_op_variable(op)] : NULL;
            if (use) {
                use->is_read = use->is_read || op->kind == KL_OP_READ_VARIABLE;
            }
            if (use && !once) {
                use->user = use->user == NOBODY || use->user == s ? s : SEVERAL;
            }
        }
    }
}

enum kl_err kl_lower_state(struct kl_lowering *l, struct kl_diag *diag)
{
    int32_t count = l->graph->variable_count;
    struct use *uses = KL_LOWER_NEW(l, struct use, count);
    l->variable_buffer = KL_LOWER_NEW(l, int32_t, count);
    l->variable_in_place = KL_LOWER_NEW(l, bool, count);
    if (!uses || !l->variable_buffer || !l->variable_in_place) {
        return KL_FAIL_MEMORY(diag);
    }
    find_uses(l->graph, uses);
    for (int32_t i = 0; i < count; i++) {
        l->variable_in_place[i] = uses[i].user >= 0;
        l->variable_buffer[i] = -1; /* what nothing reads needs no memory */
        if (uses[i].is_read) {
            KL_TRY(add_state(l, l->graph->variables[i], &l->variable_buffer[i], diag));
        }
    }
    for (int32_t i = 0; i < l->subgraph->tensor_count; i++) {
        const struct kl_tensor *tensor = l->subgraph->tensors[i];
        if (tensor->is_variable && tensor->bytes > 0) {
            l->locations[i] = (struct kl_location){-1, -1, 0};
            KL_TRY(add_state(l, tensor, &l->locations[i].buffer, diag));
        }
    }
    return KL_OK;
}

/* May what is read at `position` stay in the variable's buffer: is nothing assigned to it before
 * its last use? */
static bool stays_valid(const struct kl_lowering *l, const struct kl_op *read)
{
    int32_t last = kl_lower_last_read(l, read->outputs[0]);
    for (int32_t i = read->position + 1; i < l->subgraph->op_count; i++) {
        const struct kl_op *op = l->subgraph->ops[i];
        if (op->kind == KL_OP_ASSIGN_VARIABLE && kl_op_variable(op) == kl_op_variable(read) &&
            i < last) {
            return false;
        }
    }
    return true;
}

static void plan_read(struct kl_lowering *l, const struct kl_op *read)
{
    if (stays_valid(l, read)) {
        l->locations[read->outputs[0]->id] = variable_place(l, read);
    }
}

static bool is_only_writer(const struct kl_lowering *l, const struct kl_op *assign)
{
    for (int32_t i = 0; i < l->subgraph->op_count; i++) {
        const struct kl_op *op = l->subgraph->ops[i];
        if (op != assign && op->kind == KL_OP_ASSIGN_VARIABLE &&
            kl_op_variable(op) == kl_op_variable(assign)) {
            return false;
        }
    }
    return true;
}

static enum kl_err plan_assign(struct kl_lowering *l, const struct kl_op *assign,
                               struct kl_diag *diag)
{
    int32_t count = 0;
    if (variable_place(l, assign).buffer < 0 || !is_only_writer(l, assign) ||
        last_end(l->subgraph)) {
        return KL_OK; /* nothing is assigned in a run that ends before */
    }
    const struct kl_tensor **readers =
        KL_LOWER_NEW(l, const struct kl_tensor *, l->subgraph->op_count);
    if (!readers) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < assign->position; i++) {
        const struct kl_op *op = l->subgraph->ops[i];
        if (op->kind == KL_OP_READ_VARIABLE && kl_op_variable(op) == kl_op_variable(assign)) {
            readers[count++] = op->outputs[0];
        }
    }
    kl_lower_direct(l, assign->inputs[1], variable_place(l, assign), readers, count);
    return KL_OK;
}

enum kl_err kl_lower_plan_variables(struct kl_lowering *l, struct kl_diag *diag)
{
    if (l->resetting) {
        return KL_OK;
    }
    for (int32_t i = 0; i < l->subgraph->op_count; i++) {
        const struct kl_op *op = l->subgraph->ops[i];
        if (op->kind == KL_OP_READ_VARIABLE && l->variable_in_place[kl_op_variable(op)]) {
            plan_read(l, op);
        }
    }
    for (int32_t i = 0; i < l->subgraph->op_count; i++) {
        const struct kl_op *op = l->subgraph->ops[i];
        if (op->kind == KL_OP_ASSIGN_VARIABLE && l->variable_in_place[kl_op_variable(op)]) {
            KL_TRY(plan_assign(l, op, diag));
        }
    }
    return KL_OK;
}

enum kl_err kl_lower_var_handle(struct kl_lowering *l, struct kl_diag *diag)
{
    (void)l;
    (void)diag;
    return KL_OK;
}

enum kl_err kl_lower_read_variable(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *out = l->op->outputs[0];
    struct kl_plan_rows rows;
    KL_TRY(kl_lower_output(l, 0, -1, (int32_t)out->bytes, 1, &rows, diag));
    return kl_lower_copy(l, out, variable_place(l, l->op), l->locations[out->id], diag);
}

bool kl_lower_is_uniform(const struct kl_tensor *tensor)
{
    const unsigned char *data = tensor->data;
    return data && tensor->bytes > 0 && memcmp(data, data + 1, tensor->bytes - 1) == 0;
}

enum kl_err kl_lower_fill(struct kl_lowering *l, const struct kl_tensor *tensor,
                          struct kl_location place, int32_t value, struct kl_diag *diag)
{
    struct kl_fill *p = KL_LOWER_NEW(l, struct kl_fill, 1);
    struct kl_plan_step step = {.kernel = KL_KERNEL_FILL, .params = p};
    int32_t bytes = (int32_t)(tensor ? tensor->bytes : l->plan->buffers[place.buffer].bytes);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct kl_fill){.elem_bytes = 1, .width = bytes, .value = value};
    step.out[0] = (struct kl_plan_rows){place.buffer, -1, place.offset, bytes, 1};
    l->written = tensor;
    l->written_offset = place.offset;
    return kl_lower_step(l, step, diag);
}

enum kl_err kl_lower_assign_variable(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *value = l->op->inputs[1];
    struct kl_location place = variable_place(l, l->op);
    struct kl_plan_rows from;
    if (place.buffer < 0) {
        return KL_OK; /* nobody reads it */
    }
    if (kl_lower_is_uniform(value)) {
        return kl_lower_fill(l, value, place, *(const signed char *)value->data, diag);
    }
    KL_TRY(kl_lower_input(l, 1, (int32_t)value->bytes, 1, &from, diag));
    return kl_lower_copy(l, value, (struct kl_location){from.buffer, from.constant, from.offset},
                         place, diag);
}

/* Runs before every run in the file's model, and once in ours: so nothing may come before it. */
enum kl_err kl_lower_call_once(struct kl_lowering *l, struct kl_diag *diag)
{
    if (l->depth > 0) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "only the model's entry may run a subgraph once");
    }
    for (int32_t i = 0; i < l->op->position; i++) {
        const struct kl_op *op = l->subgraph->ops[i];
        if (is_access(op) || op->kind == KL_OP_WHILE || op->kind == KL_OP_IF) {
            return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                              "operator %d may use variables before it sets them",
                              op->source_index);
        }
    }
    return KL_OK; /* kl_lower_reset lowers what it runs */
}

/* Does a subgraph that runs once assign the variable before it reads it? */
static bool is_assigned_once(const struct kl_lowering *l, int32_t variable)
{
    const struct kl_subgraph *entry = l->graph->subgraphs[0];
    for (int32_t i = 0; i < entry->op_count; i++) {
        const struct kl_op *call = entry->ops[i];
        const struct kl_subgraph *once =
            call->kind == KL_OP_CALL_ONCE ? l->graph->subgraphs[call->attr.call.subgraph[0]] : NULL;
        for (int32_t k = 0; once && k < once->op_count; k++) {
            if (is_access(once->ops[k]) && kl_op_variable(once->ops[k]) == variable) {
                return once->ops[k]->kind == KL_OP_ASSIGN_VARIABLE;
            }
        }
    }
    return false;
}

/* State starts as the zero point, byte by byte; a variable tensor only when it is int8
 * (micro/micro_resource_variable.cc, micro/micro_interpreter_graph.cc). */
static enum kl_err reset_state(struct kl_lowering *l, const struct kl_tensor *tensor,
                               int32_t buffer, bool is_variable, struct kl_diag *diag)
{
    bool to_zero_point = tensor->quant.count && (is_variable || tensor->dtype == KL_S8);
    int32_t value = to_zero_point ? tensor->quant.zero_point[0] : 0;
    return kl_lower_fill(l, tensor, (struct kl_location){buffer, -1, 0},
                         (signed char)(value & 0xff), diag);
}

static enum kl_err reset_once(struct kl_lowering *l, const struct kl_op *call, struct kl_diag *diag)
{
    struct kl_lower_frame frame;
    l->op = call;
    KL_TRY(kl_lower_enter(l, call->attr.call.subgraph[0], &frame, diag));
    enum kl_err err = kl_lower_ops(l, diag);
    kl_lower_leave(l, &frame);
    return err;
}

/* What is no variable of the model: state that no tensor is, and outputs that are kept. */
static enum kl_err reset_kept(struct kl_lowering *l, struct kl_diag *diag)
{
    for (int32_t i = 0; i < l->hidden_count; i++) {
        KL_TRY(kl_lower_fill(l, NULL, (struct kl_location){l->hidden[i], -1, 0}, 0, diag));
    }
    for (int32_t i = 0; l->kept_output && i < l->subgraph->output_count; i++) {
        KL_TRY(reset_state(l, l->subgraph->outputs[i], l->kept_output[i], true, diag));
    }
    return KL_OK;
}

enum kl_err kl_lower_reset(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_subgraph *entry = l->subgraph;
    l->resetting = true;
    l->op = NULL;
    KL_TRY(reset_kept(l, diag));
    for (int32_t i = 0; i < l->graph->variable_count; i++) {
        if (l->variable_buffer[i] >= 0 && !is_assigned_once(l, i)) {
            KL_TRY(reset_state(l, l->graph->variables[i], l->variable_buffer[i], true, diag));
        }
    }
    for (int32_t i = 0; i < entry->tensor_count; i++) {
        const struct kl_tensor *tensor = entry->tensors[i];
        if (tensor->is_variable && tensor->bytes > 0) {
            KL_TRY(reset_state(l, tensor, l->locations[i].buffer, false, diag));
        }
    }
    for (int32_t i = 0; i < entry->op_count; i++) {
        if (entry->ops[i]->kind == KL_OP_CALL_ONCE) {
            KL_TRY(reset_once(l, entry->ops[i], diag));
        }
    }
    return KL_OK;
}
