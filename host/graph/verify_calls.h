/* SPDX-License-Identifier: Apache-2.0 */
/* A part of kl_graph_verify. Private to graph/. */
#ifndef KINGLET_GRAPH_VERIFY_CALLS_H
#define KINGLET_GRAPH_VERIFY_CALLS_H

#include "graph/graph.h"

/*
 * Operators that run subgraphs: these exist, none runs itself, and types and shapes agree on both
 * sides. Operators on variables: the handle is one, and the value has the variable's type.
 */
enum kl_err kl_graph_verify_calls(const struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

#endif
