/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of products of computed matrices. */
#ifndef KINGLET_NN_MATMUL_H
#define KINGLET_NN_MATMUL_H

#include <stdint.h>

#include "kinglet/nn/elementwise.h"

/*
 * BATCH_MATMUL: [rows][inner] times [inner][columns] for each batch. Steps in elements. Output
 * dense.
 */
struct kl_matmul {
    int32_t rows, inner, columns;
    int32_t a_step[2];           /* along rows, inner */
    int32_t b_step[2];           /* along inner, columns */
    struct kl_elementwise batch; /* over matrices: steps of both inputs */
};

/* BATCH_MATMUL int8 and int16. The multiplier is Q0.31, of int16 Q0.15. */
struct kl_matmul_s8 {
    struct kl_matmul shape;
    int32_t zero_point[2]; /* of the operands */
    int32_t multiplier, shift;
    int32_t out_zero_point;
};

#endif
