/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of kernels that move or fill elements. */
#ifndef KINGLET_NN_MOVE_H
#define KINGLET_NN_MOVE_H

#include <stdint.h>

#define KL_MOVE_RANK 6

/*
 * Copy elements from strided to strided places: TRANSPOSE, STRIDED_SLICE, SPLIT,
 * CONCATENATION (one move per input), PACK, UNPACK, the inside of PAD. One row.
 */
struct kl_move {
    int32_t elem_bytes;             /* 1, 2, 4 or 8 */
    int32_t dim[KL_MOVE_RANK];      /* outermost first; unused leading dimensions are 1 */
    int32_t in_step[KL_MOVE_RANK];  /* bytes; may be negative or 0 */
    int32_t out_step[KL_MOVE_RANK]; /* bytes */
};

/* Fill the row with one element value (PAD's border). */
struct kl_fill {
    int32_t elem_bytes; /* 1, 2 or 4 */
    int32_t width;      /* elements per row */
    int32_t value;      /* bit pattern in its low bytes */
};

#endif
