/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any bytes as a feature pipeline. What is accepted is planned, and computed
 * when that is quick. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "features/features.h"
#include "flow/execute.h"
#include "optimise/optimise.h"
#include "plan/plan.h"

enum { MEMORY_LIMIT = 48 << 20, QUICK_BYTES = 1 << 14 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_message(enum kl_err err, const struct kl_diag *diag)
{
    if ((err == KL_OK) != (diag->message[0] == '\0')) {
        abort(); /* refused without saying why, or the other way round */
    }
}

/* A pipeline makes a graph that the verifier accepts; a plan may want operators or memory that
 * are not there. */
static void use_graph(struct kl_graph *graph, struct kl_arena *arena)
{
    const struct kl_plan_options options = {.search_effort = 1000};
    struct kl_plan *plan;
    struct kl_diag diag = {0};
    unsigned char *memory;
    enum kl_err err = kl_graph_verify(graph, &diag);
    if (err != KL_OK && err != KL_ELIMIT) {
        abort();
    }
    if (err != KL_OK || kl_optimise(graph, NULL, &diag) != KL_OK ||
        kl_plan_create(graph, &options, arena, &plan, &diag) != KL_OK ||
        plan->arena_bytes > QUICK_BYTES || kl_execute_arena(plan, arena, &memory, &diag) != KL_OK) {
        return;
    }
    if (kl_execute(plan, memory, &diag) != KL_OK) {
        abort(); /* the loop over frames ends */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create(MEMORY_LIMIT);
    struct kl_graph *graph;
    struct kl_diag diag = {0};
    if (!arena) {
        return 0;
    }
    const struct kl_bytes text = {data, size};
    struct kl_features_facts facts;
    enum kl_err err = kl_features_whole(text, "fuzz.yaml", arena, &graph, &facts, &diag);
    expect_message(err, &diag);
    if (err == KL_OK) {
        use_graph(graph, arena);
    }
    kl_diag_clear(&diag);
    err = kl_features_graph(text, "fuzz.yaml", arena, &graph, &diag);
    expect_message(err, &diag);
    if (err == KL_OK) {
        use_graph(graph, arena);
    }
    kl_arena_free(arena);
    return 0;
}
