/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of kernels that move elements to or from places that indices name. */
#ifndef KINGLET_NN_INDEXED_H
#define KINGLET_NN_INDEXED_H

#include <stdint.h>

#include "kinglet/nn/move.h"

/*
 * Places in a tensor that indices name. A position is one index of the loops dim[0..5]; its bytes
 * in the indexed tensor begin at sum(position[d] * data_step[d]) + sum(index[k] * place_step[k]),
 * where the `depth` indices lie one after the other at sum(position[d] * index_step[d]) in the
 * tensor of indices. All steps in bytes.
 */
#define KL_INDEX_DEPTH 6
struct kl_indexed {
    int32_t dim[KL_MOVE_RANK]; /* outermost first; unused leading dimensions are 1 */
    int32_t data_step[KL_MOVE_RANK];
    int32_t index_step[KL_MOVE_RANK];
    int32_t depth;
    int32_t index_dtype;                 /* KL_S32 or KL_S64 */
    int32_t place_count[KL_INDEX_DEPTH]; /* indices go from -place_count to place_count - 1 */
    int32_t place_step[KL_INDEX_DEPTH];
    int32_t bytes; /* at each position */
};

/* Updates at indexed places; of a place that is named twice both take effect, in order. */
struct kl_scatter {
    struct kl_indexed at;
    int32_t function; /* NONE, ADD, MUL, MAXIMUM or MINIMUM of enum kl_binary_function */
    int32_t dtype;
};

#endif
