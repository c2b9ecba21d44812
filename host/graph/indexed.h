/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that read or write the places which a tensor of indices names. */
#ifndef KINGLET_GRAPH_INDEXED_H
#define KINGLET_GRAPH_INDEXED_H

#include "graph/graph.h"
#include "kinglet/nn.h"

/*
 * GATHER, GATHER_ND, GATHER_ELEMENTS: the loops over the output, and its shape.
 * SCATTER_ND_UPDATE, SCATTER_ELEMENTS: the loops over the updates, and the shape that these must
 * have. Fails with KL_EINPUT when shapes do not suit each other, and with KL_EUNSUPPORTED for
 * more loops than a kernel has.
 */
enum kl_err kl_op_indexed(const struct kl_op *op, struct kl_indexed *at, struct kl_shape *shape,
                          struct kl_diag *diag) KL_MUST_CHECK;

#endif
