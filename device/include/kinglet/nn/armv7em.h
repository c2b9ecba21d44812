/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of the kernels for cores with the DSP extension of ARMv7E-M (Cortex-M4, M7, M33 and
 * later). The form of a kernel is that of kinglet/nn.h.
 */
#ifndef KINGLET_NN_ARMV7EM_H
#define KINGLET_NN_ARMV7EM_H

#include <stdint.h>

#include "kinglet/nn/window.h"

/*
 * Output channels in pairs. One word holds the weights of two channels, c and c + 1, for two
 * inputs; each half is 256 * w[c + 1] + w[c]. SMLAD with the word as it is adds 256 * S1 + S0,
 * with its SXTB16 it adds S0 (S0, S1: the sums of the two channels): four products need one
 * unpacking. Sums wrap, so it is enough that S0 fits int32 and S1 fits 24 bits.
 *
 * `stream` holds blocks of 1 or 4 pairs, in the order in which a kernel reads them:
 *
 *     per pair   2 words            start[c], start[c + 1] + start[c]
 *     per 4 inputs k, per pair      word of inputs k and k + 2, word of inputs k + 1 and k + 3
 *     per pair   3 words            multiplier of c, multiplier of c + 1, and
 *                                   bits 0..7    shift of c
 *                                   bits 8..12   shift of c + 1
 *                                   bit 13       the form: 0 exact, 1 linear
 *                                   bit 14       the last pair
 *                                   bit 15       only channel c is there
 *                                   bits 16..31  linear: what is added to the addend of c
 *
 * Sums begin at `start`. They become results as in nn/ref/requant_forms.h, with a shift that is
 * one less than there and a last shift by 1, so that the addend is 2 * zero point + 1 at that
 * point. The exact form begins at the bias, 256 * bias for c + 1; the linear form, only in blocks
 * of one pair, at the start that host/plan/requant_fit.h found and proved, c + 1 with scale 256.
 *
 * Inputs are int16 in the order of SXTB16, (k, k + 2), (k + 1, k + 3).
 */
struct kl_pairs_s8 {
    const int32_t *stream;
    int32_t inputs; /* of one channel: a multiple of 4, filled up with weights of 0 */
    int32_t out_zero_point;
    int32_t min, max; /* as in struct kl_requant */
};

/* CONV_2D int8: blocks of one pair; the groups' streams follow each other. Inputs are in the order
 * (y, x, channel of the group); each of the k_h filter lines is filled up to a multiple of 4. */
struct kl_conv2d_pairs_s8 {
    struct kl_window win;
    int32_t groups;
    int32_t in_zero_point;
    struct kl_pairs_s8 pairs;
};

/* FULLY_CONNECTED int8: blocks of four pairs. */
struct kl_fully_connected_pairs_s8 {
    int32_t in_c, out_c;
    struct kl_pairs_s8 pairs;
};

/*
 * The same with weights of 4 bits. pairs.stream holds a stream for every `block` channels (the last
 * for what is left), each ending with a last pair. In place of two words of weights, halves of
 * 256 * w[c + 1] + w[c], it has one: 0x0808 more in each half, those of the first word in the lower
 * four bits of each byte, those of the second above them. Scratch memory holds a stream as
 * struct kl_pairs_s8 has it, block_words words, in front of what the kernel takes else.
 */
struct kl_conv2d_pairs_s4 { /* one group */
    struct kl_window win;
    int32_t in_zero_point;
    int32_t block, block_words;
    struct kl_pairs_s8 pairs;
};

struct kl_fully_connected_pairs_s4 {
    int32_t in_c, out_c;
    int32_t block, block_words;
    struct kl_pairs_s8 pairs;
};

/*
 * DEPTHWISE_CONV_2D int8 with a 3x3 filter, multiplier 1, dilation 1 and stride 1 or 2 both ways,
 * at least 4 channels, pad_top 0 or more, pad_left 0 to 2, and in_w + pad_left
 * 2 or more.
 */
struct kl_depthwise_3x3_s8 {
    struct kl_window win;
    int32_t in_zero_point;
    int32_t columns;       /* 2 output pixels each */
    int32_t band;          /* output rows that are worked on at once */
    const int8_t *records; /* one per channel, see nn/armv7em/columns.h */
    int32_t min, max;      /* -128 and 127 if no result is cut off there but by saturation */
};

#endif
