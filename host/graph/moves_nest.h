/* SPDX-License-Identifier: Apache-2.0 */
/* Loops over elements that become moves, and the lists of moves by operator. Private to
 * host/graph. */
#ifndef KINGLET_GRAPH_MOVES_NEST_H
#define KINGLET_GRAPH_MOVES_NEST_H

#include "graph/moves.h"

/* A nest of loops over elements, before it is packed into a kl_move. TILE has two a dimension. */
enum { KL_MAX_LOOPS = 2 * KL_MAX_RANK };

struct kl_nest {
    int32_t rank;
    int32_t dim[KL_MAX_LOOPS];
    int32_t in_step[KL_MAX_LOOPS]; /* bytes */
    int32_t out_step[KL_MAX_LOOPS];
};

/* Steps in bytes of a dense tensor. */
void kl_dense_steps(const struct kl_shape *shape, size_t elem_bytes, int32_t step[KL_MAX_RANK]);

/* Merge neighbouring loops that walk both sides without a gap, and drop loops of one turn. */
void kl_merge_loops(struct kl_nest *nest);

/* At most KL_MOVE_RANK loops are left when they are merged. */
struct kl_move kl_pack_nest(struct kl_nest nest, size_t elem_bytes);

/* The moves of one operator, appended to `moves`. */
typedef enum kl_err kl_moves_fn(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                                struct kl_diag *diag);
kl_moves_fn kl_moves_space_depth, kl_moves_blocks, kl_moves_mirror, kl_moves_reverse;

#endif
