/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of a step's parameters: a function kl_NAME_check for each parameter struct kl_NAME,
 * and what they are made of. Private to nn/pack.
 *
 * A check answers: for any content of the arena, does the kernel read and write only what it
 * may, divide by no zero, and stay inside what C defines? It must itself be safe for any
 * parameters, and take time in proportion to the constants that it looks at. Whether results
 * make sense is not its business. A check names every row and constant that the kernel
 * touches, with its size and alignment.
 */
#ifndef KINGLET_NN_PACK_CHECK_H
#define KINGLET_NN_PACK_CHECK_H

#include "nn/pack/read.h"

enum { KL_CHECK_OPERANDS = KL_PACK_MAX_INPUTS + KL_PACK_MAX_OUTPUTS };

/* Bytes first .. end-1 of an operand's space that a step touches. */
struct kl_reach {
    uint32_t first, end;
};

/* The step under check. */
struct kl_check {
    const unsigned char *pack;
    uint32_t pack_bytes, arena_bytes;
    enum kl_kernel_id kernel;
    uint32_t inputs;                 /* operands 0 .. inputs-1; then come the outputs */
    const struct kl_pack_rows *rows; /* of all operands; count >= 1 */
    uint32_t scratch_bytes;
    struct kl_reach reach[KL_CHECK_OPERANDS]; /* filled by kl_check_rows */
};

/* a * b, or UINT32_MAX when that is less. */
static inline uint32_t kl_times(uint32_t a, uint32_t b)
{
    const uint64_t product = (uint64_t)a * b;
    return product > UINT32_MAX ? UINT32_MAX : (uint32_t)product;
}

static inline uint32_t kl_plus(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static inline bool kl_within(int32_t value, int32_t min, int32_t max)
{
    return value >= min && value <= max;
}

/* Bytes of the integers of kernels that share a parameter struct: 2 of int16, else 1. */
static inline uint32_t kl_integer_bytes(const struct kl_check *check)
{
    switch (check->kernel) {
    case KL_KERNEL_ADD_S16:
    case KL_KERNEL_MUL_S16:
    case KL_KERNEL_AVERAGE_POOL_S16:
    case KL_KERNEL_MAX_POOL_S16:
    case KL_KERNEL_MEAN_S16:
    case KL_KERNEL_QUANTIZE_F32_S16:
    case KL_KERNEL_DEQUANTIZE_S16_F32: return 2;
    default: return 1;
    }
}

/* `value` fits integers of so many bytes, 1 or 2. */
static inline bool kl_fits(int32_t value, uint32_t bytes)
{
    const int32_t max = bytes == 1 ? INT8_MAX : INT16_MAX;
    return kl_within(value, -max - 1, max);
}

/* How many rows the step computes: the rows of its first output. */
static inline uint32_t kl_out_rows(const struct kl_check *check)
{
    return (uint32_t)check->rows[check->inputs].count;
}

/*
 * Operand `operand` holds bytes low .. high-1, counted from its base, of elements aligned to
 * `align`. Notes its reach.
 */
bool kl_check_bytes(struct kl_check *check, uint32_t operand, int32_t low, uint32_t high,
                    uint32_t align);

/* Input `input` has `rows` rows of row_bytes bytes each; output `output` has those to compute. */
bool kl_check_in(struct kl_check *check, uint32_t input, uint32_t rows, uint32_t row_bytes,
                 uint32_t align);
bool kl_check_out(struct kl_check *check, uint32_t output, uint32_t row_bytes, uint32_t align);

/* What two operands touch does not overlap; after their kl_check_rows. */
bool kl_check_apart(const struct kl_check *check, uint32_t a, uint32_t b);

/* The constants that a parameter points to: `count` elements, aligned to their size. */
bool kl_check_constant(const struct kl_check *check, const void *pointer, uint32_t count,
                       uint32_t elem_bytes);

/* Tables of `channels` entries, and output limits. */
bool kl_check_requant(const struct kl_check *check, const struct kl_requant *rq, int32_t channels);

/* Factors outside of tables: multiplier and shift of kl_requantize. */
bool kl_check_multiplier(int32_t multiplier, int32_t shift);

/* Limits of an output of integers of `bytes` bytes. */
bool kl_check_limits(int32_t zero_point, int32_t min, int32_t max, uint32_t bytes);

/*
 * int32 sums bias[c] + sum over t of x * w[c*next + t*step], t < taps, any int8 x, do not
 * overflow. The weights are looked at only when their number leaves a doubt. The constants
 * were checked before.
 */
struct kl_sums {
    const int32_t *bias;
    const int8_t *weights;
    int32_t channels, taps;
    uint32_t step, next;
};
bool kl_check_sums(const struct kl_sums *sums);

/*
 * A window over images: sizes are positive, every position fits int32. Input rows of in_w*in_c
 * and output rows of out_w*out_c elements are there.
 */
bool kl_check_window(struct kl_check *check, const struct kl_window *win, uint32_t elem_bytes);

/* Channels in pairs (kinglet/nn_armv7em.h): `groups` streams, each of `channels` channels in
 * blocks of `block` pairs. */
bool kl_check_pairs(const struct kl_check *check, const struct kl_pairs_s8 *pairs, int32_t groups,
                    int32_t channels, uint32_t block);

/* Weights of one filter: taps times `depth` channels. */
static inline uint32_t kl_filter_size(const struct kl_window *win, int32_t depth)
{
    return kl_times(kl_times((uint32_t)win->k_h, (uint32_t)win->k_w), (uint32_t)depth);
}

/* Groups of a convolution: >= 1, and a divisor of the channels on both sides. */
static inline bool kl_groups_divide(const struct kl_window *win, int32_t groups)
{
    return groups >= 1 && win->in_c % groups == 0 && win->out_c % groups == 0;
}

/* The two inputs and the output of a binary operator with broadcast. */
bool kl_check_binary(struct kl_check *check, const struct kl_elementwise *ew, uint32_t in_bytes,
                     uint32_t out_bytes);

/* Rows of `width` elements on both sides. */
bool kl_check_unary(struct kl_check *check, int32_t width, uint32_t in_bytes, uint32_t out_bytes);

/* The input and the output of a reduction, one row each. */
bool kl_check_reduce(struct kl_check *check, const struct kl_reduce *rd, uint32_t in_bytes,
                     uint32_t out_bytes);

/* kl_NAME_check of every parameter struct. */
#define KL_PARAMS(type, words, ...) bool type##_check(const struct type *p, struct kl_check *check);
#define KL_PARAMS_PLAIN(type) bool type##_check(const struct type *p, struct kl_check *check);
#define KL_PARAMS_UNCHECKED(type)
#include "nn/pack/params.def"
#undef KL_PARAMS
#undef KL_PARAMS_PLAIN
#undef KL_PARAMS_UNCHECKED

#endif
