/* SPDX-License-Identifier: Apache-2.0 */
/* Random layers for the tests of kernels that have their own form of weights. */
#ifndef KINGLET_TESTS_KERNEL_RANDOM_H
#define KINGLET_TESTS_KERNEL_RANDOM_H

#include "kernel_support.h"

/* As random_requant, with shifts of at most `most` (0 or less); some channels have extreme
 * multipliers and shifts. */
struct kl_requant random_right_requant(int32_t channels, int32_t spread, int32_t most);

/* Biases, some of them large. */
int32_t *random_bias(int32_t channels);

/* Weights; some channels hold extremes only. */
int8_t *random_weights(int32_t channels, int32_t taps);

/* A copy of `count` weights that takes the lower 4 bits of each: -8 .. 7. */
int8_t *narrow_weights(const int8_t *weights, int32_t count);

/* Bits of an accumulator of so many products. */
int32_t bits_of(int32_t taps);

/* Random int8 in all rows. */
void fill_rows(const struct kl_rows *rows, size_t bytes);

/* A convolution's window: `depth` channels in each of the groups. */
void random_window(struct kl_window *w, int32_t depth, int32_t groups);

/* A kernel with parameters of its own form, and the portable one that defines it. */
struct kernel_pair {
    enum kl_kernel_id portable_id, id;
    const void *portable, *params;
};

/* The same with its scratch memory. */
struct packed_kernel {
    struct kernel_pair pair;
    size_t scratch_bytes;
};

/* Both kernels with random inputs, the output in parts, each with another scratch memory that is
 * full of what a step before left there. */
void check_packed(const struct packed_kernel *kernel, int32_t in_rows, size_t in_bytes,
                  int32_t out_rows, size_t out_bytes);

/* The same for a window over so many images. */
void check_packed_window(const struct packed_kernel *kernel, const struct kl_window *w,
                         int32_t images);

/* A convolution as the portable kernel takes it; shifts are -1 or less. */
struct kl_conv2d_s8 random_conv2d(int32_t groups);

/* A window over random images with output and input in one piece of memory, as near as `lead`
 * (plan/overlap.h) allows. */
void check_over_input(const struct packed_kernel *kernel, const struct kl_window *w, int32_t images,
                      int64_t lead);

#endif
