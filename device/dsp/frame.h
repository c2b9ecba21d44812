/* SPDX-License-Identifier: Apache-2.0 */
/* FRAME: pieces of a signal that may overlap, each weighted by a window. */
#ifndef KINGLET_DSP_FRAME_H
#define KINGLET_DSP_FRAME_H

#include <stdint.h>

#include "kinglet/nn.h"

/* First sample of the frame that in[1] names; a number that is no frame's is limited. */
static inline int32_t kl_frame_start(const struct kl_frame *p, const struct kl_rows *index)
{
    const int32_t wanted = *(const int32_t *)(const void *)kl_row(index, 0);
    const int32_t frame = wanted < 0 ? 0 : wanted >= p->frames ? p->frames - 1 : wanted;
    return frame * p->hop;
}

/* in[0]: one row, the signal, float; in[1]: one int32, which frame. out: a row of `length` floats
 * for each channel. No scratch. */
static inline void kl_frame_f32(const struct kl_frame *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    const float *signal = (const float *)(const void *)kl_row(&in[0], 0);
    const float *from = signal + kl_frame_start(p, &in[1]) * p->channels;
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const float *x = from + row;
        float *y = (float *)(void *)kl_row(out, row);
        for (int32_t i = 0; i < p->length; i++, x += p->channels) {
            y[i] = *x * p->window[i];
        }
    }
}

/* The same of a signal of int16. */
static inline void kl_frame_s16_f32(const struct kl_frame *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    const int16_t *signal = (const int16_t *)(const void *)kl_row(&in[0], 0);
    const int16_t *from = signal + kl_frame_start(p, &in[1]) * p->channels;
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const int16_t *x = from + row;
        float *y = (float *)(void *)kl_row(out, row);
        for (int32_t i = 0; i < p->length; i++, x += p->channels) {
            y[i] = (float)*x * p->window[i];
        }
    }
}

/* The same from int16 to int16, without a window. */
static inline void kl_frame_s16(const struct kl_frame *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    const int16_t *signal = (const int16_t *)(const void *)kl_row(&in[0], 0);
    const int16_t *from = signal + kl_frame_start(p, &in[1]) * p->channels;
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const int16_t *x = from + row;
        int16_t *y = (int16_t *)(void *)kl_row(out, row);
        for (int32_t i = 0; i < p->length; i++, x += p->channels) {
            y[i] = *x;
        }
    }
}

#endif
