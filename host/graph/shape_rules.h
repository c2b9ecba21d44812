/* SPDX-License-Identifier: Apache-2.0 */
/* Shape rules of the operators: does each output have the shape that the inputs imply? */
#ifndef KINGLET_GRAPH_SHAPE_RULES_H
#define KINGLET_GRAPH_SHAPE_RULES_H

#include "graph/graph.h"

/*
 * Check one operator whose arity is right and whose required tensors exist. KL_EINPUT when
 * shapes disagree; KL_EUNSUPPORTED when the rule depends on a tensor that is not constant.
 */
enum kl_err kl_op_check_shapes(const struct kl_op *op, struct kl_diag *diag) KL_MUST_CHECK;

#endif
