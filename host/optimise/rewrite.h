/* SPDX-License-Identifier: Apache-2.0 */
/* The loop that rewriting passes share. Private to optimise/. */
#ifndef KINGLET_OPTIMISE_REWRITE_H
#define KINGLET_OPTIMISE_REWRITE_H

#include "graph/graph.h"

/*
 * Rewrite around one operator, if its pattern is there. `uses`: see kl_subgraph_uses, as of the
 * beginning of the pass. Operators that go away are set to NULL in subgraph->ops; `op` itself
 * is never NULL.
 */
typedef void kl_rewrite_fn(struct kl_subgraph *subgraph, struct kl_op *op, const int32_t *uses);

/* Offer every operator of every subgraph, in order, and close the gaps. */
enum kl_err kl_rewrite_ops(struct kl_graph *graph, kl_rewrite_fn *rewrite,
                           struct kl_diag *diag) KL_MUST_CHECK;

#endif
