/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs inside nodes: If with a constant condition, Loop with a constant number of turns, Scan. */
#include <string.h>

#include "import/onnx_handlers.h"

static enum kl_err body_of(struct onnx_node *node, const char *name, const Onnx__GraphProto **graph)
{
    const Onnx__AttributeProto *attribute = onnx_attribute(node, name);
    *graph = attribute ? attribute->g : NULL;
    if (!*graph) {
        return onnx_fail(node, KL_EINPUT, "attribute '%s' is missing", name);
    }
    if ((*graph)->n_output > ONNX_MAX_OPERANDS || (*graph)->n_input > ONNX_MAX_OPERANDS) {
        return onnx_fail(node, KL_ELIMIT, "too many inputs or outputs");
    }
    return KL_OK;
}

/* The branch of a constant condition. */
enum kl_err onnx_op_if(struct onnx_node *node)
{
    struct onnx_scope scope;
    const Onnx__GraphProto *graph;
    struct onnx_value outputs[ONNX_MAX_OPERANDS];
    KL_TRY(onnx_need_inputs(node, 1));
    if (!onnx_is_constant(&node->in[0])) {
        return onnx_refuse(node, "a condition that is computed at run time");
    }
    bool yes = kl_value_at(node->in[0].tensor->dtype, node->in[0].tensor->data, 0) != 0.0;
    KL_TRY(body_of(node, yes ? "then_branch" : "else_branch", &graph));
    if (graph->n_output != (size_t)node->output_count) {
        return onnx_fail(node, KL_EINPUT, "its branch has %zu outputs", graph->n_output);
    }
    KL_TRY(onnx_scope_open(node->import, &scope, node->scope, graph));
    KL_TRY(onnx_read_body(node, &scope, graph, outputs));
    memcpy(node->out, outputs, sizeof outputs[0] * graph->n_output);
    return KL_OK;
}

static enum kl_err define(struct onnx_node *node, struct onnx_scope *scope,
                          const Onnx__ValueInfoProto *info, struct onnx_value value)
{
    if (!info->name || !value.tensor) {
        return onnx_fail(node, KL_EINPUT, "an input of its graph has no name or no value");
    }
    onnx_scope_add(scope, info->name)->value = value;
    return KL_OK;
}

static enum kl_err int_scalar(struct onnx_node *node, enum kl_dtype dtype, int64_t number,
                              struct onnx_value *value)
{
    struct kl_tensor *tensor;
    KL_TRY(onnx_scalar(node->import, dtype, (double)number, &tensor));
    *value = onnx_value_of(tensor);
    return KL_OK;
}

/* The number of turns: given, and not ended early by a condition. */
static enum kl_err loop_turns(struct onnx_node *node, int64_t *turns)
{
    int32_t count;
    KL_TRY(onnx_input_ints(node, 0, NULL, turns, 1, &count));
    if (count != 1 || *turns < 1 || *turns > ONNX_MAX_UNROLLED) {
        return onnx_refuse(node, "a number of turns that is not 1 to %d", ONNX_MAX_UNROLLED);
    }
    if (onnx_has_input(node, 1) && (!onnx_is_constant(&node->in[1]) ||
                                    kl_value_at(KL_BOOL, node->in[1].tensor->data, 0) == 0.0)) {
        return onnx_refuse(node, "a condition that is not constant and true");
    }
    return KL_OK;
}

/* One turn of a loop: `state` goes in and comes out; `scanned` gets what is collected. */
static enum kl_err loop_turn(struct onnx_node *node, const Onnx__GraphProto *graph, int64_t turn,
                             struct onnx_value *state, int32_t states, struct onnx_value *scanned,
                             bool *goes_on)
{
    struct onnx_scope scope;
    struct onnx_value outputs[ONNX_MAX_OPERANDS], number, yes;
    KL_TRY(onnx_scope_open(node->import, &scope, node->scope, graph));
    KL_TRY(int_scalar(node, KL_S64, turn, &number));
    KL_TRY(int_scalar(node, KL_BOOL, 1, &yes));
    KL_TRY(define(node, &scope, graph->input[0], number));
    KL_TRY(define(node, &scope, graph->input[1], yes));
    for (int32_t i = 0; i < states; i++) {
        KL_TRY(define(node, &scope, graph->input[i + 2], state[i]));
    }
    KL_TRY(onnx_read_body(node, &scope, graph, outputs));
    if (!onnx_is_constant(&outputs[0])) {
        return onnx_refuse(node, "a condition that is computed at run time");
    }
    *goes_on = kl_value_at(KL_BOOL, outputs[0].tensor->data, 0) != 0.0;
    memcpy(state, outputs + 1, sizeof outputs[0] * (size_t)states);
    for (int32_t i = 0; i + 1 + states < (int32_t)graph->n_output; i++) {
        KL_TRY(onnx_insert_dim(node->import, outputs[i + 1 + states], 0, &scanned[i]));
    }
    return KL_OK;
}

/* What the turns collected, one after the other along a new first dimension. */
static enum kl_err collect(struct onnx_node *node, int32_t output, int32_t count,
                           struct onnx_value (*all)[ONNX_MAX_OPERANDS], int32_t turns)
{
    for (int32_t i = 0; i < count; i++) {
        struct onnx_value joined = all[0][i];
        for (int32_t t = 1; t < turns; t++) {
            const struct onnx_value parts[2] = {joined, all[t][i]};
            KL_TRY(onnx_concat(node->import, 2, parts, 0, &joined));
        }
        node->out[output + i] = joined;
    }
    return KL_OK;
}

enum kl_err onnx_op_loop(struct onnx_node *node)
{
    const Onnx__GraphProto *graph;
    int64_t turns;
    int32_t states = node->input_count - 2, done = 0;
    struct onnx_value state[ONNX_MAX_OPERANDS];
    KL_TRY(body_of(node, "body", &graph));
    KL_TRY(loop_turns(node, &turns));
    if (states < 0 || graph->n_input != (size_t)states + 2 ||
        graph->n_output < (size_t)states + 1 || graph->n_output - 1 != (size_t)node->output_count) {
        return onnx_fail(node, KL_EINPUT, "its graph does not suit it");
    }
    struct onnx_value(*scanned)[ONNX_MAX_OPERANDS] =
        kl_arena_alloc(node->import->arena, (size_t)turns, sizeof *scanned);
    if (!scanned) {
        return onnx_no_memory(node->import);
    }
    memcpy(state, node->in + 2, sizeof state[0] * (size_t)states);
    for (bool goes_on = true; goes_on && done < turns; done++) {
        KL_TRY(loop_turn(node, graph, done, state, states, scanned[done], &goes_on));
    }
    memcpy(node->out, state, sizeof state[0] * (size_t)states);
    return collect(node, states, node->output_count - states, scanned, done);
}

/* One turn of a scan: states, and one element of each scanned input along its axis 0. */
static enum kl_err scan_turn(struct onnx_node *node, const Onnx__GraphProto *graph, int32_t turn,
                             struct onnx_value *state, int32_t states, struct onnx_value *scanned)
{
    struct onnx_scope scope;
    struct onnx_value outputs[ONNX_MAX_OPERANDS], element;
    KL_TRY(onnx_scope_open(node->import, &scope, node->scope, graph));
    for (int32_t i = 0; i < node->input_count; i++) {
        element = i < states ? state[i] : node->in[i];
        if (i >= states) {
            KL_TRY(onnx_slice(node->import, element, 0, turn, 1, 1, &element));
            KL_TRY(onnx_remove_dim(node->import, element, 0, &element));
        }
        KL_TRY(define(node, &scope, graph->input[i], element));
    }
    KL_TRY(onnx_read_body(node, &scope, graph, outputs));
    memcpy(state, outputs, sizeof outputs[0] * (size_t)states);
    for (int32_t i = 0; i + states < (int32_t)graph->n_output; i++) {
        KL_TRY(onnx_insert_dim(node->import, outputs[i + states], 0, &scanned[i]));
    }
    return KL_OK;
}

/* Scan of opset 9 on, forward and along the first dimension. */
enum kl_err onnx_op_scan(struct onnx_node *node)
{
    const Onnx__GraphProto *graph;
    struct onnx_value state[ONNX_MAX_OPERANDS];
    int64_t inputs = onnx_int(node, "num_scan_inputs", 0);
    if (node->version < 9 || onnx_attribute(node, "scan_input_axes") ||
        onnx_attribute(node, "scan_output_axes") || onnx_attribute(node, "scan_input_directions") ||
        onnx_attribute(node, "scan_output_directions")) {
        return onnx_refuse(node, "opset 8, or axes and directions of its own");
    }
    KL_TRY(onnx_need_inputs(node, node->input_count));
    KL_TRY(body_of(node, "body", &graph));
    int32_t states = node->input_count - (int32_t)inputs;
    if (inputs < 1 || states < 0 || graph->n_input != (size_t)node->input_count ||
        graph->n_output != (size_t)node->output_count || node->output_count < states) {
        return onnx_fail(node, KL_EINPUT, "its graph does not suit it");
    }
    int32_t turns = onnx_shape(&node->in[states]).dim[0];
    if (turns > ONNX_MAX_UNROLLED) {
        return onnx_refuse(node, "%d turns; at most %d are unrolled", turns, ONNX_MAX_UNROLLED);
    }
    struct onnx_value(*scanned)[ONNX_MAX_OPERANDS] =
        kl_arena_alloc(node->import->arena, (size_t)turns, sizeof *scanned);
    if (!scanned) {
        return onnx_no_memory(node->import);
    }
    memcpy(state, node->in, sizeof state[0] * (size_t)states);
    for (int32_t t = 0; t < turns; t++) {
        KL_TRY(scan_turn(node, graph, t, state, states, scanned[t]));
    }
    memcpy(node->out, state, sizeof state[0] * (size_t)states);
    return collect(node, states, node->output_count - states, scanned, turns);
}
