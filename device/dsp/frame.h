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

/* Work on the samples of one channel, x being the first one. */
typedef void kl_frame_row_fn(const struct kl_frame *p, const void *x, void *y);

/* All channels, of a signal whose samples have `bytes` bytes. */
__attribute__((always_inline)) static inline void kl_frame_rows(const struct kl_frame *p,
                                                                const struct kl_rows *in,
                                                                const struct kl_rows *out,
                                                                int32_t bytes, kl_frame_row_fn *fn)
{
    const char *signal = (const char *)kl_row(&in[0], 0);
    const char *from = signal + kl_frame_start(p, &in[1]) * p->channels * bytes;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        fn(p, from + row * bytes, kl_row(out, row));
    }
}

static inline void kl_frame_row_f32(const struct kl_frame *p, const void *samples, void *weighted)
{
    const float *x = samples;
    float *y = weighted;
    for (int32_t i = 0; i < p->length; i++, x += p->channels) {
        y[i] = *x * p->window[i];
    }
}

static inline void kl_frame_row_s16_f32(const struct kl_frame *p, const void *samples,
                                        void *weighted)
{
    const int16_t *x = samples;
    float *y = weighted;
    for (int32_t i = 0; i < p->length; i++, x += p->channels) {
        y[i] = (float)*x * p->window[i];
    }
}

static inline void kl_frame_row_s16(const struct kl_frame *p, const void *samples, void *copies)
{
    const int16_t *x = samples;
    int16_t *y = copies;
    for (int32_t i = 0; i < p->length; i++, x += p->channels) {
        y[i] = *x;
    }
}

/* in[0]: one row, the signal, float; in[1]: one int32, which frame. out: a row of `length` floats
 * for each channel. No scratch. */
static inline void kl_frame_f32(const struct kl_frame *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_frame_rows(p, in, out, sizeof(float), kl_frame_row_f32);
}

/* The same of a signal of int16. */
static inline void kl_frame_s16_f32(const struct kl_frame *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_frame_rows(p, in, out, sizeof(int16_t), kl_frame_row_s16_f32);
}

/* The same from int16 to int16, without a window. */
static inline void kl_frame_s16(const struct kl_frame *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_frame_rows(p, in, out, sizeof(int16_t), kl_frame_row_s16);
}

#endif
