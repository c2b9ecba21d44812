/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets of model readers share. */
#ifndef KINGLET_TESTS_FUZZ_MODEL_H
#define KINGLET_TESTS_FUZZ_MODEL_H

#include "graph/graph.h"

/* Verify, optimise, plan, emit and run an imported graph. Each stage may refuse it with a message;
 * a graph that does not verify, or a refusal without a message, ends the program. */
void fuzz_use_graph(struct kl_graph *graph, struct kl_arena *arena, struct kl_diag *diag);

#endif
