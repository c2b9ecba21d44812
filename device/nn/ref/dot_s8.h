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

/* kl_dot_s8. */
#if defined(__thumb2__)
#include "nn/armv7m/dot_s8.h"
#elif defined(__thumb__)
#include "nn/armv6m/dot_s8.h"
#elif defined(__riscv_mul) && __riscv_xlen == 32
#include "nn/rv32/dot_s8.h"
#else
#include "nn/ref/dot_s8_c.h"
#endif

/* The same with x[j] = value for all j: taps outside the image. */
KL_NOINLINE __attribute__((unused)) static void kl_dot_constant_s8(int32_t acc[KL_DOT_LANES],
                                                                   int32_t value, const int8_t *w,
                                                                   int32_t stride, int32_t count)
{
    /* Two lanes at a time: their loop fits the fewest registers, those of ARMv6-M. */
    for (int32_t lane = 0; lane < KL_DOT_LANES; lane += 2, w += 2 * stride) {
        const int8_t *w1 = w + stride;
        int32_t sum = 0, sum1 = 0;
        for (int32_t j = 0; j < count; j++) {
            sum += w[j];
            sum1 += w1[j];
        }
        acc[lane] += value * sum;
        acc[lane + 1] += value * sum1;
    }
}

#endif
