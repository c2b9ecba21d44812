/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small graphs for tests, built directly: sensible ones, and broken ones that no importer
 * would make. Memory belongs to the graph; running out of it ends the program.
 */
#ifndef KINGLET_TESTS_GRAPH_BUILD_H
#define KINGLET_TESTS_GRAPH_BUILD_H

#include "graph/graph.h"

/* A shape: GB_SHAPE(1, 8, 8, 4). */
#define GB_SHAPE(...)                                                                 \
    ((struct kl_shape){(int32_t)(sizeof((int32_t[]){__VA_ARGS__}) / sizeof(int32_t)), \
                       {__VA_ARGS__}})
#define GB_SCALAR ((struct kl_shape){0})

/* A list of tensors with its length in front, as gb_op takes it: GB_LIST(a, b). */
#define GB_LIST(...)                                                                     \
    (int32_t)(sizeof((struct kl_tensor *[]){__VA_ARGS__}) / sizeof(struct kl_tensor *)), \
        (struct kl_tensor *[])                                                           \
    {                                                                                    \
        __VA_ARGS__                                                                      \
    }

/* An empty graph with one subgraph; gb_free releases all of it. */
struct kl_graph *gb_create(void);
void gb_free(struct kl_graph *graph);

/* The only subgraph. */
struct kl_subgraph *gb_main(const struct kl_graph *graph);

/* A tensor that holds nothing yet. */
struct kl_tensor *gb_tensor(struct kl_graph *graph, const char *name, enum kl_dtype dtype,
                            struct kl_shape shape);

/* The same as a graph input. */
struct kl_tensor *gb_input(struct kl_graph *graph, const char *name, enum kl_dtype dtype,
                           struct kl_shape shape);

/* Quantisation per tensor. */
void gb_quantise(struct kl_graph *graph, struct kl_tensor *tensor, float scale, int32_t zero_point);

/* A constant vector of int32, or with gb_scalar a scalar. */
struct kl_tensor *gb_ints(struct kl_graph *graph, int32_t count, const int32_t *values);
struct kl_tensor *gb_scalar(struct kl_graph *graph, int32_t value);

/* Constant content: a copy of `data`, of the tensor's size. */
void gb_fill(struct kl_graph *graph, struct kl_tensor *tensor, const void *data);

/* Change the shape, and the size with it. */
void gb_reshape(struct kl_tensor *tensor, struct kl_shape shape);

/* An operator at the end of the subgraph; windows get strides and dilations of 1. */
struct kl_op *gb_op(struct kl_graph *graph, enum kl_op_kind kind, int32_t input_count,
                    struct kl_tensor *const *inputs, int32_t output_count,
                    struct kl_tensor *const *outputs);

/* Make the tensor the next graph output. */
void gb_output(struct kl_graph *graph, struct kl_tensor *tensor);

/* The verifier accepts the graph; fails the test with its message otherwise. */
void gb_accept(struct kl_graph *graph);

/* The verifier refuses the graph with a message that contains `words`. */
void gb_refuse(struct kl_graph *graph, const char *words);

#endif
