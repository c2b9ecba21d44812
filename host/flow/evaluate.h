/* SPDX-License-Identifier: Apache-2.0 */
/* Operators on constants, computed by the reference kernels. */
#ifndef KINGLET_FLOW_EVALUATE_H
#define KINGLET_FLOW_EVALUATE_H

#include "graph/graph.h"

/* A kl_evaluate_fn (import/import.h): plans the operator alone, runs it, and keeps its outputs as
 * constants in the graph's arena. */
enum kl_err kl_evaluate(struct kl_graph *graph, struct kl_op *op,
                        struct kl_diag *diag) KL_MUST_CHECK;

#endif
