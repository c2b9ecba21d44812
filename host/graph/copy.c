/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "graph/build.h"

/* The copies of a subgraph's tensors, by id. */
struct copies {
    struct kl_arena *arena;
    struct kl_tensor **tensors;
};

static struct kl_tensor **copy_list(const struct copies *c, struct kl_tensor *const *list,
                                    int32_t count)
{
    struct kl_tensor **made = KL_NEW(c->arena, struct kl_tensor *, (size_t)count + 1);
    for (int32_t i = 0; made && i < count; i++) {
        made[i] = list[i] ? c->tensors[list[i]->id] : NULL;
    }
    return made;
}

static struct kl_op *copy_op(const struct copies *c, const struct kl_op *op)
{
    struct kl_op *made = kl_arena_copy(c->arena, op, sizeof *op);
    if (!made) {
        return NULL;
    }
    made->inputs = copy_list(c, op->inputs, op->input_count);
    made->outputs = copy_list(c, op->outputs, op->output_count);
    if (!made->inputs || !made->outputs) {
        return NULL;
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        made->outputs[i]->producer = made;
    }
    return made;
}

static struct kl_subgraph *copy_subgraph(struct kl_arena *arena, const struct kl_subgraph *from)
{
    struct kl_subgraph *made = kl_arena_copy(arena, from, sizeof *from);
    struct copies c = {arena, KL_NEW(arena, struct kl_tensor *, (size_t)from->tensor_count + 1)};
    struct kl_op **ops = KL_NEW(arena, struct kl_op *, (size_t)from->op_count + 1);
    if (!made || !c.tensors || !ops) {
        return NULL;
    }
    for (int32_t i = 0; i < from->tensor_count; i++) {
        c.tensors[i] = kl_arena_copy(arena, from->tensors[i], sizeof *from->tensors[i]);
        if (!c.tensors[i]) {
            return NULL;
        }
        c.tensors[i]->producer = NULL;
    }
    for (int32_t i = 0; i < from->op_count; i++) {
        ops[i] = copy_op(&c, from->ops[i]);
        if (!ops[i]) {
            return NULL;
        }
    }
    made->tensors = c.tensors;
    made->ops = ops;
    made->inputs = copy_list(&c, from->inputs, from->input_count);
    made->outputs = copy_list(&c, from->outputs, from->output_count);
    return made->inputs && made->outputs ? made : NULL;
}

struct kl_graph *kl_graph_copy(const struct kl_graph *graph)
{
    struct kl_arena *arena = graph->arena;
    struct kl_graph *made = kl_arena_copy(arena, graph, sizeof *graph);
    struct kl_subgraph **list =
        KL_NEW(arena, struct kl_subgraph *, (size_t)graph->subgraph_count + 1);
    if (!made || !list) {
        return NULL;
    }
    for (int32_t i = 0; i < graph->subgraph_count; i++) {
        list[i] = copy_subgraph(arena, graph->subgraphs[i]);
        if (!list[i]) {
            return NULL;
        }
    }
    made->subgraphs = list;
    return made;
}
