/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control flow: the steps of the subgraphs that WHILE and IF run stand in the one list of steps,
 * and branches lead through them. Each output of the operator has one place (for WHILE, the loop's
 * variable), which the subgraphs' results are computed in or copied to.
 */
#include "plan/lower.h"

static int32_t next_step(const struct kl_lowering *l)
{
    return kl_plan_all_steps(l->plan);
}

/* Where a branch leaves its choice; kl_model_step reads it. */
static enum kl_err need_next_buffer(struct kl_lowering *l, struct kl_diag *diag)
{
    int32_t *buffer = &l->plan->next_buffer;
    if (*buffer >= 0) {
        return KL_OK;
    }
    KL_TRY(kl_lower_buffer(l, 0, "next step", INT32_MAX, buffer, diag)); /* placed last */
    l->plan->buffers[*buffer].is_state = true;
    return KL_OK;
}

/* Go to a step that is not known yet when the condition is false, or always without one. */
static enum kl_err add_branch(struct kl_lowering *l, const struct kl_location *condition,
                              struct kl_branch **branch, struct kl_diag *diag)
{
    struct kl_branch *p = KL_LOWER_NEW(l, struct kl_branch, 1);
    struct kl_plan_step step = {.kernel = KL_KERNEL_BRANCH, .params = p};
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    step.out[0] = (struct kl_plan_rows){l->plan->next_buffer, -1, 0, sizeof(uint32_t), 1};
    if (condition) {
        p->conditional = 1;
        step.in_count = 1;
        step.in[0] =
            (struct kl_plan_rows){condition->buffer, condition->constant, condition->offset, 1, 1};
    }
    *branch = p;
    return kl_lower_step(l, step, diag);
}

enum kl_err kl_lower_end_run_unless(struct kl_lowering *l, struct kl_location condition,
                                    struct kl_diag *diag)
{
    void *ends = l->ends;
    struct kl_branch *to_end;
    KL_TRY(need_next_buffer(l, diag));
    KL_TRY(add_branch(l, &condition, &to_end, diag));
    if (!kl_lower_grow(l->arena, &ends, l->end_count, &l->end_capacity, sizeof l->ends[0])) {
        return KL_FAIL_MEMORY(diag);
    }
    l->ends = ends;
    l->ends[l->end_count++] = to_end;
    return KL_OK;
}

void kl_lower_settle_ends(const struct kl_lowering *l)
{
    for (int32_t i = 0; i < l->end_count; i++) {
        l->ends[i]->target = l->plan->step_count + 1;
    }
}

/* Where the operator's input `index` is, constants included. */
static enum kl_err input_place(struct kl_lowering *l, int32_t index, struct kl_location *place,
                               struct kl_diag *diag)
{
    return l->op->inputs[index] ? kl_lower_place(l, l->op->inputs[index], place, diag)
                                : kl_op_fail(l->op, diag, KL_EINPUT, "input %d is missing", index);
}

/* The places of the operator's inputs, from `first` on, or of its outputs. Constants of equal
 * bytes need none when places are only `filled` with them. */
static enum kl_err places_of_inputs(struct kl_lowering *l, int32_t first, bool filled,
                                    struct kl_location **places, struct kl_diag *diag)
{
    int32_t count = l->op->input_count - first;
    *places = KL_LOWER_NEW(l, struct kl_location, count);
    if (!*places) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < count; i++) {
        const struct kl_tensor *tensor = l->op->inputs[first + i];
        (*places)[i] = (struct kl_location){-1, -1, 0};
        if (!filled || !tensor || !kl_lower_is_uniform(tensor)) {
            KL_TRY(input_place(l, first + i, &(*places)[i], diag));
        }
    }
    return KL_OK;
}

/* May the loop's variable `index` take over its initial value's memory? Not when another one
 * begins with the same memory. */
static bool is_sole_input(const struct kl_lowering *l, const struct kl_location *places,
                          int32_t index)
{
    for (int32_t i = 0; i < l->op->input_count; i++) {
        if (i != index && places[i].buffer >= 0 && places[i].buffer == places[index].buffer) {
            return false;
        }
    }
    return true;
}

static enum kl_err places_of_outputs(struct kl_lowering *l, const struct kl_location *inputs,
                                     struct kl_location **places, struct kl_diag *diag)
{
    *places = KL_LOWER_NEW(l, struct kl_location, l->op->output_count);
    if (!*places) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < l->op->output_count; i++) {
        const struct kl_tensor *tensor = l->op->outputs[i];
        struct kl_plan_rows rows;
        int32_t reuse = inputs && is_sole_input(l, inputs, i) ? i : -1;
        KL_TRY(kl_lower_output(l, i, reuse, (int32_t)tensor->bytes, 1, &rows, diag));
        (*places)[i] = l->locations[tensor->id];
    }
    return KL_OK;
}

/* One of the operator's subgraphs: its inputs lie at `inputs`, its outputs shall get to `outputs`.
 */
struct call {
    int32_t subgraph;
    const struct kl_location *inputs;
    const struct kl_location *outputs; /* NULL: they stay where they are */
    bool loops;                        /* outputs[i] is also inputs[i] */
};

static void place_operands(struct kl_lowering *l, const struct call *call)
{
    const struct kl_subgraph *subgraph = l->subgraph;
    for (int32_t i = 0; i < subgraph->input_count; i++) {
        l->locations[subgraph->inputs[i]->id] = call->inputs[i];
    }
    for (int32_t i = 0; call->outputs && i < subgraph->output_count; i++) {
        const struct kl_tensor *const *reader =
            (const struct kl_tensor *const *)&subgraph->inputs[i];
        kl_lower_direct(l, subgraph->outputs[i], call->outputs[i], reader, call->loops ? 1 : 0);
    }
}

/* Where the subgraph's output `index` is after its steps; constants become one of the plan's. */
static enum kl_err result_place(struct kl_lowering *l, int32_t index, struct kl_location *place,
                                struct kl_diag *diag)
{
    return kl_lower_place(l, l->subgraph->outputs[index], place, diag);
}

/* A result that lies in the place of another result is moved out of the way first. */
static enum kl_err rescue(struct kl_lowering *l, const struct call *call, int32_t index,
                          struct kl_location *place, struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->subgraph->outputs[index];
    bool in_the_way = false;
    for (int32_t i = 0; i < l->subgraph->output_count; i++) {
        in_the_way = in_the_way ||
                     (i != index && place->buffer >= 0 && place->buffer == call->outputs[i].buffer);
    }
    if (!in_the_way) {
        return KL_OK;
    }
    struct kl_location other = {-1, -1, 0};
    KL_TRY(kl_lower_buffer(l, tensor->bytes, tensor->name, INT32_MAX, &other.buffer, diag));
    KL_TRY(kl_lower_copy(l, tensor, *place, other, diag));
    *place = other;
    return KL_OK;
}

static enum kl_err deliver(struct kl_lowering *l, const struct call *call, struct kl_diag *diag)
{
    int32_t count = l->subgraph->output_count;
    struct kl_location *places = KL_LOWER_NEW(l, struct kl_location, count);
    if (!places) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < count; i++) {
        KL_TRY(result_place(l, i, &places[i], diag));
    }
    for (int32_t i = 0; i < count; i++) {
        KL_TRY(rescue(l, call, i, &places[i], diag));
    }
    for (int32_t i = 0; i < count; i++) {
        KL_TRY(kl_lower_copy(l, l->subgraph->outputs[i], places[i], call->outputs[i], diag));
    }
    return KL_OK;
}

/* *first_output: where output 0 is, for a condition. */
static enum kl_err run_inside(struct kl_lowering *l, const struct call *call,
                              struct kl_location *first_output, struct kl_diag *diag)
{
    const struct kl_op *op = l->op; /* copies between the operands of `call` are its steps */
    int32_t issues = l->issue_count;
    place_operands(l, call);
    KL_TRY(kl_lower_ops(l, diag));
    l->op = op;
    if (l->issue_count > issues) {
        return KL_OK;
    }
    if (first_output) {
        KL_TRY(result_place(l, 0, first_output, diag));
    }
    return call->outputs ? deliver(l, call, diag) : KL_OK;
}

static enum kl_err run(struct kl_lowering *l, const struct call *call,
                       struct kl_location *first_output, struct kl_diag *diag)
{
    struct kl_lower_frame frame;
    KL_TRY(kl_lower_enter(l, call->subgraph, &frame, diag));
    enum kl_err err = run_inside(l, call, first_output, diag);
    kl_lower_leave(l, &frame);
    return err;
}

static enum kl_err need_run(const struct kl_lowering *l, struct kl_diag *diag)
{
    return l->resetting ? kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                                     "control flow in what runs once is not supported")
                        : KL_OK;
}

enum kl_err kl_lower_if(struct kl_lowering *l, struct kl_diag *diag)
{
    const int32_t *subgraph = l->op->attr.call.subgraph;
    struct kl_location condition;
    struct kl_location *inputs;
    struct kl_location *outputs;
    struct kl_branch *to_else;
    struct kl_branch *to_end;
    KL_TRY(need_run(l, diag));
    KL_TRY(need_next_buffer(l, diag));
    KL_TRY(input_place(l, 0, &condition, diag));
    KL_TRY(places_of_inputs(l, 1, false, &inputs, diag));
    KL_TRY(places_of_outputs(l, NULL, &outputs, diag));
    KL_TRY(add_branch(l, &condition, &to_else, diag));
    KL_TRY(run(l, &(struct call){subgraph[0], inputs, outputs, false}, NULL, diag));
    KL_TRY(add_branch(l, NULL, &to_end, diag));
    to_else->target = next_step(l);
    KL_TRY(run(l, &(struct call){subgraph[1], inputs, outputs, false}, NULL, diag));
    to_end->target = next_step(l);
    return KL_OK;
}

/* What a turn of the loop leaves to the next one must not be overwritten by the steps between. */
static void keep_alive(const struct kl_lowering *l, const struct kl_location *places, int32_t first)
{
    for (int32_t i = 0; i < l->op->output_count; i++) {
        struct kl_plan_buffer *buffer = &l->plan->buffers[places[i].buffer];
        int32_t last = next_step(l) - 1;
        buffer->first = first < buffer->first ? first : buffer->first;
        buffer->last = last > buffer->last ? last : buffer->last;
    }
}

/* Give the loop's variable `index` its first value. */
static enum kl_err begin_variable(struct kl_lowering *l, int32_t index, struct kl_location from,
                                  struct kl_location to, struct kl_diag *diag)
{
    const struct kl_tensor *value = l->op->inputs[index];
    if (kl_lower_is_uniform(value)) {
        return kl_lower_fill(l, l->op->outputs[index], to, *(const signed char *)value->data, diag);
    }
    return kl_lower_copy(l, l->op->outputs[index], from, to, diag);
}

enum kl_err kl_lower_while(struct kl_lowering *l, struct kl_diag *diag)
{
    const int32_t *subgraph = l->op->attr.call.subgraph;
    struct kl_location condition = {-1, -1, 0};
    struct kl_location *inputs;
    struct kl_location *outputs;
    struct kl_branch *to_end;
    struct kl_branch *to_start;
    KL_TRY(need_run(l, diag));
    KL_TRY(need_next_buffer(l, diag));
    KL_TRY(places_of_inputs(l, 0, true, &inputs, diag));
    KL_TRY(places_of_outputs(l, inputs, &outputs, diag));
    for (int32_t i = 0; i < l->op->output_count; i++) {
        KL_TRY(begin_variable(l, i, inputs[i], outputs[i], diag));
    }
    int32_t start = next_step(l);
    KL_TRY(run(l, &(struct call){subgraph[0], outputs, NULL, false}, &condition, diag));
    KL_TRY(add_branch(l, &condition, &to_end, diag));
    KL_TRY(run(l, &(struct call){subgraph[1], outputs, outputs, true}, NULL, diag));
    KL_TRY(add_branch(l, NULL, &to_start, diag));
    to_start->target = start;
    to_end->target = next_step(l);
    keep_alive(l, outputs, start);
    return KL_OK;
}
