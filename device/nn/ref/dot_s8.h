/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dot products of one int8 vector with several filters at once, so that the loads of the
 * vector are shared. int32 sums wrap nowhere: the importer proves it from the weights.
 */
#ifndef KINGLET_NN_REF_DOT_S8_H
#define KINGLET_NN_REF_DOT_S8_H

#include <stdint.h>

#include "kinglet/nn.h"

/* Filters that are worked on together. */
#define KL_DOT_LANES 4

/*
 * Output channels in blocks of KL_DOT_LANES. The last block of an uneven count overlaps
 * the one before it and computes some channels again; fewer channels than lanes are done
 * one by one, with all lanes on the same filter.
 */
struct kl_lanes {
    int32_t count;  /* results per block, 1 or KL_DOT_LANES */
    int32_t next;   /* channels from one lane to the next */
    int32_t stride; /* weights from one lane's filter to the next */
};

static inline struct kl_lanes kl_lanes(int32_t channels, int32_t filter_bytes)
{
    const int32_t next = channels >= KL_DOT_LANES;
    const struct kl_lanes lanes = {next ? KL_DOT_LANES : 1, next, next * filter_bytes};
    return lanes;
}

/* The accumulators start at the biases of their channels. */
static inline void kl_load_bias(int32_t acc[KL_DOT_LANES], const int32_t *bias,
                                const struct kl_lanes *lanes)
{
    const int32_t next = lanes->next;
    acc[0] = bias[0];
    acc[1] = bias[next];
    acc[2] = bias[next * 2];
    acc[3] = bias[next * 3];
}

/*
 * acc[i] += sum of x[j] * w[i*stride + j], j = 0 .. count-1. Out of line, so that the loop has
 * all registers for itself.
 */
KL_NOINLINE __attribute__((unused)) static void kl_dot_s8(int32_t acc[KL_DOT_LANES],
                                                          const int8_t *x, const int8_t *w,
                                                          int32_t stride, int32_t count)
{
    const int8_t *w1 = w + stride;
    const int8_t *w2 = w1 + stride;
    const int8_t *w3 = w2 + stride;
    int32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
    for (const int8_t *end = x + count; x < end; x++) {
        const int32_t value = *x;
        a0 += value * *w++;
        a1 += value * *w1++;
        a2 += value * *w2++;
        a3 += value * *w3++;
    }
    acc[0] = a0, acc[1] = a1, acc[2] = a2, acc[3] = a3;
}

/* The same with x[j] = value for all j: taps outside the image. */
KL_NOINLINE __attribute__((unused)) static void kl_dot_constant_s8(int32_t acc[KL_DOT_LANES],
                                                                   int32_t value, const int8_t *w,
                                                                   int32_t stride, int32_t count)
{
    for (int32_t lane = 0; lane < KL_DOT_LANES; lane++) {
        int32_t sum = 0;
        for (int32_t j = 0; j < count; j++) {
            sum += w[lane * stride + j];
        }
        acc[lane] += value * sum;
    }
}

#endif
