/* SPDX-License-Identifier: Apache-2.0 */
/* Are two graphs the same model? */
#ifndef KINGLET_TESTS_GRAPH_EQUAL_H
#define KINGLET_TESTS_GRAPH_EQUAL_H

#include "graph/graph.h"

enum { KT_DIFFERENCE_BYTES = 256 };

/* Operators in the same order with the same attributes, over tensors with the same names, types,
 * shapes, quantisation and content. Else false, and `difference` says where. Indices in source
 * files play no part. */
bool kt_graph_equal(const struct kl_graph *a, const struct kl_graph *b,
                    char difference[KT_DIFFERENCE_BYTES]);

#endif
