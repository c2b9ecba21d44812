/* SPDX-License-Identifier: Apache-2.0 */
/* The shape rules of ops.def, and what they share. Private to host/graph. */
#ifndef KINGLET_GRAPH_SHAPE_INTERNAL_H
#define KINGLET_GRAPH_SHAPE_INTERNAL_H

#include "graph/graph.h"

/* A rule checks an operator as kl_op_check_shapes says. */
typedef enum kl_err kl_shape_rule(const struct kl_op *op, struct kl_diag *diag);

#define KL_OP(kind, name, min_in, max_in, min_out, max_out, rule, ...) kl_shape_rule kl_rule_##rule;
#include "graph/ops.def"
#undef KL_OP

/* Refuse an output or an input that has another shape. */
enum kl_err kl_expect(const struct kl_op *op, int32_t output, const struct kl_shape *expected,
                      struct kl_diag *diag) KL_MUST_CHECK;
enum kl_err kl_expect_input(const struct kl_op *op, int32_t index, struct kl_shape expected,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* Refuse a second output, which says whether the first is full, of more than one element. */
enum kl_err kl_expect_flag(const struct kl_op *op, struct kl_diag *diag) KL_MUST_CHECK;

/* Refuse a tensor of the operator ("the filter") with another number of dimensions. */
enum kl_err kl_expect_rank(const struct kl_op *op, const struct kl_tensor *tensor, int32_t rank,
                           const char *what, struct kl_diag *diag) KL_MUST_CHECK;

/* The shape of both together; dimensions of 1 stretch. */
enum kl_err kl_shape_broadcast(const struct kl_op *op, const struct kl_shape *a,
                               const struct kl_shape *b, struct kl_shape *out,
                               struct kl_diag *diag) KL_MUST_CHECK;

#endif
