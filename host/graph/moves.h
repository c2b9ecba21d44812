/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that only move elements, as lists of strided copies. */
#ifndef KINGLET_GRAPH_MOVES_H
#define KINGLET_GRAPH_MOVES_H

#include "graph/graph.h"
#include "kinglet/nn.h"

/* One copy, from input `input` + in_offset bytes to output `output` + out_offset bytes. */
struct kl_op_move {
    int32_t input, output;
    size_t in_offset, out_offset;
    struct kl_move move;
};

enum { KL_MAX_MOVES = 96 };

/* True for RESHAPE-like operators, which do not even move: the bytes stay. */
bool kl_op_is_reshape(const struct kl_op *op);

/* True for the operators that kl_op_moves knows. */
bool kl_op_is_move(const struct kl_op *op);

/*
 * The copies that make up the operator (of PAD and SPACE_TO_BATCH_ND: only the inside). Fails as
 * const_params.h says when a parameter is not constant, when the types of input and output differ,
 * and with KL_EUNSUPPORTED for a CONCATENATION that also rescales or clamps.
 */
enum kl_err kl_op_moves(const struct kl_op *op, struct kl_op_move moves[KL_MAX_MOVES],
                        int32_t *count, struct kl_diag *diag) KL_MUST_CHECK;

#endif
