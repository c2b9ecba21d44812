/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets of model readers do with an accepted model: everything. */
#include "fuzz_model.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "emit/emit.h"
#include "flow/execute.h"
#include "graph/graph.h"
#include "optimise/optimise.h"
#include "plan/plan.h"

enum { TEXT_LIMIT = 4 << 20, ARENA_LIMIT = 4 << 20 };

/* Models that would compute longer than a fuzzer can wait are planned but not run. */
enum { WORK_LIMIT = 4 << 20 };

/* Loops need not end. */
enum { STEPS_LIMIT = 1000 };

/* Elements that the operator touches, counting each tap of a window. */
static int64_t work_of(const struct kl_op *op)
{
    bool pool = op->kind == KL_OP_AVERAGE_POOL_2D || op->kind == KL_OP_MAX_POOL_2D;
    int64_t taps = pool ? (int64_t)op->attr.window.filter_h * op->attr.window.filter_w : 1;
    int64_t work = kl_op_macs(op);
    for (int32_t i = 0; i < op->input_count; i++) {
        work = kl_macs_sum(work, op->inputs[i] ? kl_shape_elements(&op->inputs[i]->shape) : 0);
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        int64_t elements = kl_shape_elements(&op->outputs[i]->shape);
        work = kl_macs_sum(work, elements > WORK_LIMIT || taps > WORK_LIMIT ? WORK_LIMIT
                                                                            : elements * taps);
    }
    return work;
}

static void run_plan(const struct kl_plan *plan)
{
    int64_t work = 0;
    for (int32_t i = 0; i < plan->step_count; i++) {
        int64_t turns = plan->next_buffer < 0 ? 1 : STEPS_LIMIT / plan->step_count + 1;
        for (; turns > 0 && work <= WORK_LIMIT; turns--) {
            work = kl_macs_sum(work, work_of(plan->steps[i].op));
        }
    }
    unsigned char *memory = NULL;
    if (work <= WORK_LIMIT && plan->arena_bytes <= ARENA_LIMIT) {
        /* Its own allocation, so that the sanitizer sees every byte beyond it. */
        memory = aligned_alloc(16, (plan->arena_bytes + 15) / 16 * 16);
    }
    if (memory) {
        memset(memory, 0x55, plan->arena_bytes);
        kl_execute_reset(plan, memory);
        int32_t step = 0;
        for (int32_t left = STEPS_LIMIT; left > 0 && step < plan->step_count; left--) {
            step = kl_execute_step(plan, step, memory);
        }
    }
    free(memory);
}

static void emit_plan(const struct kl_plan *plan, struct kl_diag *diag)
{
    struct kl_buffer source = KL_BUFFER(TEXT_LIMIT);
    struct kl_buffer header = KL_BUFFER(TEXT_LIMIT);
    const struct kl_emit_options options = {.name = "fuzz", .source = "fuzz", .sha256 = ""};
    if (kl_emit_model(plan, &options, &source, &header, diag) != KL_OK && !diag->message[0]) {
        abort();
    }
    kl_buffer_free(&source);
    kl_buffer_free(&header);
}

void fuzz_use_graph(struct kl_graph *graph, struct kl_arena *arena, struct kl_diag *diag)
{
    const struct kl_plan_options few = {.search_effort = 10000};
    struct kl_buffer text = KL_BUFFER(TEXT_LIMIT);
    struct kl_plan *plan;
    if (kl_graph_verify(graph, diag) != KL_OK) {
        abort(); /* the importer promises a graph that verifies */
    }
    kl_graph_dump(graph, &text);
    if (kl_optimise(graph, NULL, diag) == KL_OK &&
        kl_plan_create(graph, &few, arena, &plan, diag) == KL_OK) {
        kl_plan_map(plan, 40, &text);
        emit_plan(plan, diag);
        run_plan(plan);
    } else if (diag->err == KL_OK || diag->message[0] == '\0') {
        abort(); /* refused without saying why */
    }
    kl_buffer_free(&text);
}
