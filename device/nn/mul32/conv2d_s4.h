/* SPDX-License-Identifier: Apache-2.0 */
/* CONV_2D int8 with weights of 4 bits, unpacked block by block. Defined by nn/ref/conv2d_s8.h. */
#ifndef KINGLET_NN_MUL32_CONV2D_S4_H
#define KINGLET_NN_MUL32_CONV2D_S4_H

#include <stdint.h>
#include <string.h>

#include "nn/mul32/conv2d_s8.h"
#include "nn/ref/weights_s4.h"

/* Bytes of the stream of four channels whose blocks are as long as they may be. */
static inline int32_t kl_halves_bytes_s4(int32_t inputs)
{
    return inputs * KL_HALVES_CHANNELS + (inputs + KL_HALVES_INPUTS - 1) / KL_HALVES_INPUTS;
}

/*
 * The stream of `fours` times four channels (struct kl_conv2d_mul32_s8) from words of two inputs.
 * The magnitudes of KL_HALVES_INPUTS weights are at most 128 together. Returns where they end.
 */
KL_NOINLINE __attribute__((unused)) static const int32_t *
kl_unpack_halves_s4(int8_t *to, const int32_t *from, int32_t inputs, int32_t fours)
{
    for (; fours > 0; fours--) {
        for (int32_t i = 0; i < inputs; i += 2) {
            const uint32_t packed = (uint32_t)*from++;
            const uint32_t first = kl_signed_s4(packed & 0x0f0f0f0fu);
            const uint32_t second = kl_signed_s4(packed >> 4 & 0x0f0f0f0fu);
            memcpy(to, &first, sizeof first);
            to += sizeof first;
            if (i % KL_HALVES_INPUTS == 0) {
                *to++ = (int8_t)(kl_min_s32(inputs - i, KL_HALVES_INPUTS) - 1);
            }
            if (i + 1 < inputs) {
                memcpy(to, &second, sizeof second);
                to += sizeof second;
            }
        }
    }
    return from;
}

/*
 * As kl_conv2d_s8_mul32, with kl_halves_bytes_s4 bytes more of scratch memory for each four
 * channels of a block. With several blocks no output may lie over an input.
 */
static inline void kl_conv2d_s4_mul32(const struct kl_conv2d_s4 *p, const struct kl_rows *in,
                                      const struct kl_rows *out, void *scratch)
{
    const int32_t filter = p->win.k_h * p->win.k_w * p->win.in_c;
    int8_t *stream = (int8_t *)scratch + filter * KL_HALVES_PAIRS * (int32_t)sizeof(uint32_t);
    const struct kl_conv2d_mul32_s8 unpacked = {p->win, 1,       p->in_zero_point,
                                                stream, p->bias, p->rq};
    const int32_t *from = p->weights;
    struct kl_window win = p->win;
    struct kl_rows inputs = *in, outputs = *out;
    kl_tiles_as_one_row(&win, &inputs, &outputs);
    struct kl_conv2d_halves work = kl_conv2d_halves_begin(&unpacked, &win, &inputs, scratch);
    for (int32_t channel = 0; channel < win.out_c; channel += p->block) {
        const int32_t channels = kl_min_s32(p->block, win.out_c - channel);
        const int32_t fours = (channels + KL_HALVES_CHANNELS - 1) / KL_HALVES_CHANNELS;
        from = kl_unpack_halves_s4(stream, from, filter, fours);
        work.next = stream;
        kl_conv2d_halves_channels(&work, &win, &outputs, channel, channels);
    }
    kl_limit_rows_s8(out, p->win.out_w * p->win.out_c, p->rq.min, p->rq.max);
}

#endif
