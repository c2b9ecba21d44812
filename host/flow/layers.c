/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/layers.h"

#include <string.h>

#include "flow/execute.h"

static bool is_alone(const struct kl_op *op)
{
    return !kl_op_has_effect(op) && kl_op_call_count(op) == 0 && op->kind != KL_OP_VAR_HANDLE &&
           op->kind != KL_OP_READ_VARIABLE;
}

/* A graph of one operator: copies, so that the graph that it is from stays verified. */
struct wrap {
    struct kl_graph graph;
    struct kl_subgraph subgraph, *list[1];
    struct kl_op op, *ops[1];
    int32_t ids[KL_PLAN_MAX_IO]; /* of the inputs */
};

/* The copy of an operand, made at its first use. */
static struct kl_tensor *copy_of(struct wrap *w, struct kl_arena *arena,
                                 const struct kl_tensor *tensor)
{
    for (int32_t i = 0; i < w->subgraph.tensor_count; i++) {
        if (w->subgraph.tensors[i]->source_index == tensor->id) {
            return w->subgraph.tensors[i];
        }
    }
    struct kl_tensor *copy = kl_arena_copy(arena, tensor, sizeof *tensor);
    if (copy) {
        copy->source_index = tensor->id;
        copy->producer = NULL;
        w->subgraph.tensors[w->subgraph.tensor_count++] = copy;
    }
    return copy;
}

static enum kl_err copy_operands(struct wrap *w, struct kl_arena *arena, const struct kl_op *op,
                                 struct kl_diag *diag)
{
    for (int32_t i = 0; i < op->input_count; i++) {
        const struct kl_tensor *in = op->inputs[i];
        int32_t known = w->subgraph.tensor_count;
        w->op.inputs[i] = in ? copy_of(w, arena, in) : NULL;
        if (in && !w->op.inputs[i]) {
            return KL_FAIL_MEMORY(diag);
        }
        if (in && !in->data && !(in->is_variable && !in->producer) &&
            w->subgraph.tensor_count > known) {
            if (w->subgraph.input_count == KL_PLAN_MAX_IO) {
                return kl_fail(diag, KL_ELIMIT, "operator %d (%s): more than %d inputs",
                               op->position, kl_op_name(op), KL_PLAN_MAX_IO);
            }
            w->ids[w->subgraph.input_count] = in->id;
            w->subgraph.inputs[w->subgraph.input_count++] = w->op.inputs[i];
        }
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        w->op.outputs[i] = copy_of(w, arena, op->outputs[i]);
        if (!w->op.outputs[i]) {
            return KL_FAIL_MEMORY(diag);
        }
        w->op.outputs[i]->producer = &w->op;
    }
    w->subgraph.outputs = w->op.outputs;
    w->subgraph.output_count = op->output_count;
    return KL_OK;
}

static enum kl_err wrap(const struct kl_op *op, struct kl_arena *arena, struct wrap **wrapped,
                        struct kl_diag *diag)
{
    struct wrap *w = KL_NEW(arena, struct wrap, 1);
    size_t inputs = (size_t)op->input_count, outputs = (size_t)op->output_count;
    struct kl_tensor **lists = KL_NEW(arena, struct kl_tensor *, 3 * (inputs + outputs));
    if (!w || !lists) {
        return KL_FAIL_MEMORY(diag);
    }
    w->op = *op;
    w->op.inputs = lists;
    w->op.outputs = lists + inputs;
    w->ops[0] = &w->op;
    w->subgraph = (struct kl_subgraph){.name = "layer",
                                       .op_count = 1,
                                       .ops = w->ops,
                                       .tensors = lists + inputs + outputs,
                                       .inputs = lists + 2 * (inputs + outputs)};
    w->list[0] = &w->subgraph;
    w->graph = (struct kl_graph){
        .arena = arena, .description = "", .subgraph_count = 1, .subgraphs = w->list};
    *wrapped = w;
    return copy_operands(w, arena, op, diag);
}

static enum kl_err make_layer(const struct kl_op *op, struct kl_arena *arena,
                              struct kl_layer *layer, struct kl_diag *diag)
{
    struct wrap *w = NULL;
    if (!is_alone(op)) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "operator %d (%s): models with variables and control flow cannot be run "
                       "layer by layer",
                       op->position, kl_op_name(op));
    }
    KL_TRY(wrap(op, arena, &w, diag));
    KL_TRY(kl_graph_verify(&w->graph, diag));
    layer->op = op;
    layer->inputs = w->ids;
    KL_TRY(kl_plan_create(&w->graph, NULL, arena, &layer->plan, diag));
    return kl_execute_arena(layer->plan, arena, &layer->memory, diag);
}

enum kl_err kl_layers_renew(struct kl_layers *layers, int32_t index, struct kl_arena *arena,
                            struct kl_diag *diag)
{
    return make_layer(layers->layers[index].op, arena, &layers->layers[index], diag);
}

enum kl_err kl_layers_create(const struct kl_graph *graph, struct kl_arena *arena,
                             struct kl_layers *layers, struct kl_diag *diag)
{
    const struct kl_subgraph *subgraph = graph->subgraphs[0];
    *layers = (struct kl_layers){.graph = graph, .count = subgraph->op_count};
    layers->layers = KL_NEW(arena, struct kl_layer, (size_t)subgraph->op_count + 1);
    layers->values = KL_NEW(arena, void *, (size_t)subgraph->tensor_count + 1);
    if (!layers->layers || !layers->values) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        const struct kl_tensor *tensor = subgraph->tensors[i];
        if (!tensor->data) {
            layers->values[i] = kl_arena_alloc(arena, tensor->bytes + 1, 1);
            if (!layers->values[i]) {
                return KL_FAIL_MEMORY(diag);
            }
        }
    }
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        KL_TRY(make_layer(subgraph->ops[i], arena, &layers->layers[i], diag));
    }
    return KL_OK;
}

enum kl_err kl_layers_run_one(const struct kl_layers *layers, int32_t index, struct kl_diag *diag)
{
    const struct kl_layer *layer = &layers->layers[index];
    const struct kl_plan *plan = layer->plan;
    for (int32_t i = 0; i < plan->input_count; i++) {
        memcpy(kl_execute_io(plan, &plan->inputs[i], layer->memory),
               layers->values[layer->inputs[i]], plan->inputs[i].tensor->bytes);
    }
    KL_TRY(kl_execute(plan, layer->memory, diag));
    for (int32_t i = 0; i < plan->output_count; i++) {
        memcpy(layers->values[layer->op->outputs[i]->id],
               kl_execute_io(plan, &plan->outputs[i], layer->memory),
               plan->outputs[i].tensor->bytes);
    }
    return KL_OK;
}

enum kl_err kl_layers_run(const struct kl_layers *layers, const unsigned char *inputs,
                          struct kl_diag *diag)
{
    const struct kl_subgraph *subgraph = layers->graph->subgraphs[0];
    for (int32_t i = 0; i < subgraph->input_count; i++) {
        memcpy(layers->values[subgraph->inputs[i]->id], inputs, subgraph->inputs[i]->bytes);
        inputs += subgraph->inputs[i]->bytes;
    }
    return kl_layers_run_all(layers, diag);
}

enum kl_err kl_layers_run_all(const struct kl_layers *layers, struct kl_diag *diag)
{
    for (int32_t i = 0; i < layers->count; i++) {
        const struct kl_layer *layer = &layers->layers[i];
        if (layer->plan->reset_count > 0) {
            kl_execute_reset(layer->plan, layer->memory);
        }
        KL_TRY(kl_layers_run_one(layers, i, diag));
    }
    return KL_OK;
}
