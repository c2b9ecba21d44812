/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/evaluate.h"

#include <string.h>

#include "flow/execute.h"

/* Memory for the plan and the run of one operator. */
#define EVALUATE_LIMIT ((size_t)1 << 30)

/* A graph of this operator alone. */
static enum kl_err wrap(struct kl_op **op, struct kl_arena *arena, struct kl_graph *graph,
                        struct kl_diag *diag)
{
    int32_t inputs = (*op)->input_count, outputs = (*op)->output_count;
    struct kl_subgraph *subgraph = KL_NEW(arena, struct kl_subgraph, 1);
    struct kl_subgraph **subgraphs = KL_NEW(arena, struct kl_subgraph *, 1);
    struct kl_tensor **tensors = KL_NEW(arena, struct kl_tensor *, (size_t)(inputs + outputs));
    if (!subgraph || !subgraphs || !tensors) {
        return KL_FAIL_MEMORY(diag);
    }
    *subgraph = (struct kl_subgraph){.name = "constants",
                                     .op_count = 1,
                                     .ops = op,
                                     .tensors = tensors,
                                     .output_count = outputs,
                                     .outputs = (*op)->outputs};
    for (int32_t i = 0; i < inputs + outputs; i++) {
        struct kl_tensor *tensor = i < inputs ? (*op)->inputs[i] : (*op)->outputs[i - inputs];
        bool listed = !tensor;
        for (int32_t k = 0; k < subgraph->tensor_count; k++) {
            listed = listed || tensors[k] == tensor;
        }
        if (!listed) {
            tensors[subgraph->tensor_count++] = tensor;
        }
    }
    subgraphs[0] = subgraph;
    *graph = (struct kl_graph){
        .arena = arena, .description = "", .subgraph_count = 1, .subgraphs = subgraphs};
    return KL_OK;
}

static enum kl_err keep_outputs(const struct kl_plan *plan, unsigned char *memory,
                                struct kl_arena *arena, struct kl_op *op, struct kl_diag *diag)
{
    for (int32_t i = 0; i < op->output_count; i++) {
        op->outputs[i]->data = kl_arena_copy(arena, kl_execute_io(plan, &plan->outputs[i], memory),
                                             op->outputs[i]->bytes);
        if (!op->outputs[i]->data) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    return KL_OK;
}

static enum kl_err evaluate_in(struct kl_arena *scratch, struct kl_arena *arena, struct kl_op *op,
                               struct kl_diag *diag)
{
    struct kl_graph alone;
    struct kl_plan *plan;
    unsigned char *memory;
    KL_TRY(wrap(&op, scratch, &alone, diag));
    KL_TRY(kl_graph_verify(&alone, diag));
    KL_TRY(kl_plan_create(&alone, NULL, scratch, &plan, diag));
    KL_TRY(kl_execute_arena(plan, scratch, &memory, diag));
    KL_TRY(kl_execute(plan, memory, diag));
    return keep_outputs(plan, memory, arena, op, diag);
}

enum kl_err kl_evaluate(struct kl_graph *graph, struct kl_op *op, struct kl_diag *diag)
{
    struct kl_arena *scratch = kl_arena_create(EVALUATE_LIMIT);
    if (!scratch) {
        return KL_FAIL_MEMORY(diag);
    }
    enum kl_err err = evaluate_in(scratch, graph->arena, op, diag);
    kl_arena_free(scratch);
    return err;
}
