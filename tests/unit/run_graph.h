/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KINGLET_TESTS_RUN_GRAPH_H
#define KINGLET_TESTS_RUN_GRAPH_H

#include "graph/graph.h"

/* Run a graph once by the engine, with the portable kernels. */
void run_graph(struct kl_graph *graph, const float *input, float *output);

#endif
