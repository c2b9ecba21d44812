/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of a step's parameters: a function kl_NAME_check for each parameter struct kl_NAME,
 * and what they are made of. Private to nn/pack.
 *
 * A check answers: for any content of the arena, does the kernel read and write only what it
 * may, divide by no zero, and stay inside what C defines? It must itself be safe for any
 * parameters, and take time in proportion to the constants that it looks at. Whether results
 * make sense is not its business. A check names every row and constant that the kernel
 * touches, with its size and alignment. A step with an operand that its check does not name is
 * refused.
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
    uint32_t inputs, outputs;        /* operands 0 .. inputs-1; then come the outputs */
    const struct kl_pack_rows *rows; /* of all operands; count >= 1 */
    uint32_t scratch_bytes;
    struct kl_reach reach[KL_CHECK_OPERANDS]; /* filled by kl_check_bytes; 0 when not named */
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
    case KL_KERNEL_SQUARED_DIFFERENCE_S16:
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

/* What two operands touch does not overlap; after both were checked. */
bool kl_check_apart(const struct kl_check *check, uint32_t a, uint32_t b);

/* The same of the first output and an input of elements as large as its own, or each row of the
 * output begins where the input's does, or before: written in order, no element of the row is
 * overwritten that is still to be read. */
bool kl_check_read_first(const struct kl_check *check, uint32_t input);

/* Product of `rank` dimensions, or UINT32_MAX when one is below 1 or the product is larger. */
uint32_t kl_volume(const int32_t *dim, int32_t rank);

/* Elements up to the last that the steps (in elements, or in bytes: then it is its first byte)
 * lead to; UINT32_MAX when a dimension is below 1 or a step negative, or for more. */
uint32_t kl_elements_reached(const int32_t *dim, const int32_t *step, int32_t rank);

/* Bytes from what a parameter points to up to the pack's end; 0 when that is NULL or not aligned.
 */
uint32_t kl_constant_room(const struct kl_check *check, const void *pointer, uint32_t align);

/* The constants that a parameter points to: `count` elements, aligned to their size. */
bool kl_check_constant(const struct kl_check *check, const void *pointer, uint32_t count,
                       uint32_t elem_bytes);

/* Tables of `channels` entries, and output limits. */
bool kl_check_requant(const struct kl_check *check, const struct kl_requant *rq, int32_t channels);

/* Factors outside of tables: multiplier and shift of kl_requantize. */
bool kl_check_multiplier(int32_t multiplier, int32_t shift);

/* (x * multiplier + half) >> right_shift with the half of rounding, of any int16 x, fits int32. */
bool kl_check_rounded_product(int32_t multiplier, int32_t right_shift);

/* Limits of an output of integers of `bytes` bytes. */
bool kl_check_limits(int32_t zero_point, int32_t min, int32_t max, uint32_t bytes);

/*
 * int32 sums bias[c] + sum over t of x * (weight of c and t - weight_zero_point), t < taps, any
 * integers x of magnitude `largest` or less, do not overflow. Weights lie in groups of `together`
 * channels, `run` taps of each channel after the other; weights of NULL may be any. They are looked
 * at only when their number leaves a doubt. The constants were checked before.
 */
struct kl_sums {
    const int32_t *bias; /* [channels]; NULL: none */
    const int8_t *weights;
    int32_t channels, taps;
    int32_t together, run;
    int32_t weight_zero_point;
    uint32_t largest;
};
bool kl_check_sums(const struct kl_sums *sums);

/*
 * A window over images: sizes are positive, every position fits int32. Input rows of in_w*in_c
 * and output rows of out_w*out_c elements are there.
 */
bool kl_check_window(struct kl_check *check, const struct kl_window *win, uint32_t elem_bytes);

/* Channels in pairs (kinglet/nn/armv7em.h): `groups` streams, each of `channels` channels in
 * blocks of `block` pairs. */
bool kl_check_pairs(const struct kl_check *check, const struct kl_pairs_s8 *pairs, int32_t groups,
                    int32_t channels, uint32_t block);

/* On this side, every window of `taps` taps touches the image of `in` pixels. */
bool kl_windows_touch(int32_t in, int32_t out, int32_t taps, int32_t stride, int32_t pad);

/* Bytes of a plain integer or bool type that the kernels know; 0: they do not. Of a plain number:
 * float32, too. */
uint32_t kl_plain_integer_bytes(int32_t dtype);
uint32_t kl_plain_number_bytes(int32_t dtype);

/* All shifts are to the right. */
bool kl_check_shifts_right(const struct kl_requant *rq, int32_t channels);

/* What the kernels of kinglet/nn/mul32.h ask for besides what any depthwise convolution does. */
bool kl_check_conv2d_s4_mul32(const struct kl_conv2d_s4 *p, const struct kl_check *check);
bool kl_check_depthwise_mul32(const struct kl_depthwise_s8 *p, const struct kl_check *check);

/* The same of kl_depthwise_s8_armv7em. */
bool kl_check_depthwise_planes(const struct kl_depthwise_s8 *p, const struct kl_check *check);

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
#include "nn/pack/params.def"
#undef KL_PARAMS
#undef KL_PARAMS_PLAIN

#endif
