/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slow network in double precision: every operator that training knows, by its definition, in
 * dense NHWC. Gradients of the fast one are compared with central differences of this one.
 */
#ifndef KINGLET_TESTS_LEARN_GRADIENTS_H
#define KINGLET_TESTS_LEARN_GRADIENTS_H

#include "graph/graph.h"

/*
 * Compute the graph for a batch: `input` and `output` are dense [batch][item]. `constants` has the
 * weights of each tensor by id (NULL: none). BATCH_NORM uses the statistics of the batch when
 * `training`; DROPOUT does nothing.
 */
void slow_network(const struct kl_graph *graph, double *const *constants, int32_t batch,
                  bool training, const double *input, double *output);

#endif
