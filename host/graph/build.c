/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/build.h"

#include <string.h>

struct kl_graph *kl_graph_create(struct kl_arena *arena, const char *name)
{
    struct kl_graph *graph = KL_NEW(arena, struct kl_graph, 1);
    struct kl_subgraph *subgraph = KL_NEW(arena, struct kl_subgraph, 1);
    struct kl_subgraph **list = KL_NEW(arena, struct kl_subgraph *, 1);
    const char *copy = kl_arena_printf(arena, "%s", name);
    if (!graph || !subgraph || !list || !copy) {
        return NULL;
    }
    subgraph->name = copy;
    list[0] = subgraph;
    *graph = (struct kl_graph){
        .arena = arena, .description = copy, .subgraph_count = 1, .subgraphs = list};
    return graph;
}

struct kl_tensor *kl_constant_add(struct kl_graph *graph, struct kl_subgraph *subgraph,
                                  const char *name, enum kl_dtype dtype, struct kl_shape shape,
                                  const void *data)
{
    struct kl_tensor *tensor = kl_tensor_add(graph, subgraph, name, dtype, shape);
    if (tensor) {
        tensor->data = data;
    }
    return tensor;
}

/* A copy of a list of pointers with one more at its end, or NULL. */
static void *appended(struct kl_arena *arena, const void *list, int32_t count, void *last)
{
    void **longer = KL_NEW(arena, void *, (size_t)count + 1);
    if (!longer) {
        return NULL;
    }
    if (count) {
        memcpy(longer, list, (size_t)count * sizeof longer[0]);
    }
    longer[count] = last;
    return longer;
}

struct kl_op *kl_op_new(struct kl_arena *arena, enum kl_op_kind kind, int32_t input_count,
                        struct kl_tensor *const *inputs, struct kl_tensor *output)
{
    struct kl_op *op = KL_NEW(arena, struct kl_op, 1);
    void *in = kl_arena_copy(arena, inputs, (size_t)input_count * sizeof inputs[0]);
    void *out = appended(arena, NULL, 0, output);
    if (!op || !in || !out) {
        return NULL;
    }
    *op = (struct kl_op){.kind = kind,
                         .source_index = -1,
                         .input_count = input_count,
                         .output_count = 1,
                         .inputs = in,
                         .outputs = out};
    output->producer = op;
    return op;
}

struct kl_op *kl_op_add(struct kl_graph *graph, struct kl_subgraph *subgraph, enum kl_op_kind kind,
                        int32_t input_count, struct kl_tensor *const *inputs,
                        struct kl_tensor *output)
{
    struct kl_op *op = kl_op_new(graph->arena, kind, input_count, inputs, output);
    void *ops = op ? appended(graph->arena, subgraph->ops, subgraph->op_count, op) : NULL;
    if (!ops) {
        return NULL;
    }
    subgraph->ops = ops;
    subgraph->op_count++;
    return op;
}

struct kl_op *kl_dequantise_output(struct kl_arena *arena, struct kl_op *op,
                                   struct kl_tensor *integers)
{
    struct kl_op *after = kl_op_new(arena, KL_OP_DEQUANTIZE, 1, &integers, op->outputs[0]);
    if (!after) {
        return NULL;
    }
    after->source_index = op->source_index;
    op->outputs[0] = integers;
    integers->producer = op;
    return after;
}

bool kl_subgraph_add_input(struct kl_graph *graph, struct kl_subgraph *subgraph,
                           struct kl_tensor *tensor)
{
    void *list = appended(graph->arena, subgraph->inputs, subgraph->input_count, tensor);
    if (!list) {
        return false;
    }
    subgraph->inputs = list;
    subgraph->input_count++;
    return true;
}

bool kl_subgraph_add_output(struct kl_graph *graph, struct kl_subgraph *subgraph,
                            struct kl_tensor *tensor)
{
    void *list = appended(graph->arena, subgraph->outputs, subgraph->output_count, tensor);
    if (!list) {
        return false;
    }
    subgraph->outputs = list;
    subgraph->output_count++;
    return true;
}
