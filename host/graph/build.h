/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs built piece by piece, by importers of formats that have no graph of their own. All
 * functions return NULL when memory is short. */
#ifndef KINGLET_GRAPH_BUILD_H
#define KINGLET_GRAPH_BUILD_H

#include "graph/graph.h"

/* An empty graph with one empty subgraph of that name (copied). */
struct kl_graph *kl_graph_create(struct kl_arena *arena, const char *name);

/* A copy of a verified graph in its arena; content of constants and variables are shared. */
struct kl_graph *kl_graph_copy(const struct kl_graph *graph);

/* A constant; `data` is kept as it is and must live as long as the graph. */
struct kl_tensor *kl_constant_add(struct kl_graph *graph, struct kl_subgraph *subgraph,
                                  const char *name, enum kl_dtype dtype, struct kl_shape shape,
                                  const void *data);

/* An operator with one output, in no list yet; its attributes are zero. The list of inputs is
 * copied. */
struct kl_op *kl_op_new(struct kl_arena *arena, enum kl_op_kind kind, int32_t input_count,
                        struct kl_tensor *const *inputs, struct kl_tensor *output);

/* An operator with one output behind all others; its attributes are zero. The list of inputs
 * is copied. */
struct kl_op *kl_op_add(struct kl_graph *graph, struct kl_subgraph *subgraph, enum kl_op_kind kind,
                        int32_t input_count, struct kl_tensor *const *inputs,
                        struct kl_tensor *output);

/* A DEQUANTIZE from `integers` into output 0 of `op`, which writes `integers` instead. The new
 * operator is in no list yet. */
struct kl_op *kl_dequantise_output(struct kl_arena *arena, struct kl_op *op,
                                   struct kl_tensor *integers);

/* The tensor becomes the next input or output of the subgraph; false when memory is short. */
bool kl_subgraph_add_input(struct kl_graph *graph, struct kl_subgraph *subgraph,
                           struct kl_tensor *tensor);
bool kl_subgraph_add_output(struct kl_graph *graph, struct kl_subgraph *subgraph,
                            struct kl_tensor *tensor);

#endif
