/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a stream of samples to frames that overlap, and back. Source of the definitions:
 * signal/micro/kernels/delay.cc, framer.cc, stacker.cc and signal/src/circular_buffer.cc,
 * overlap_add.cc of TensorFlow Lite Micro.
 */
#ifndef KINGLET_DSP_FRAMES_H
#define KINGLET_DSP_FRAMES_H

#include <stdint.h>

#include "kinglet/nn.h"

/* The steps so far, in the state of kl_signal_frames: all of them until the first frame, and then
 * those of a period. */
static inline uint32_t kl_frames_next(const struct kl_signal_frames *p, uint32_t steps)
{
    const uint32_t first = (uint32_t)p->first;
    return steps + 1 < first + (uint32_t)p->period ? steps + 1 : first;
}

static inline void kl_frames_push(const struct kl_signal_frames *p, int16_t *window,
                                  const int16_t *x)
{
    const int32_t kept = p->window - p->step;
    for (int32_t i = 0; i < kept; i++) {
        window[i] = window[i + p->step];
    }
    for (int32_t i = 0; i < p->step; i++) {
        window[kept + i] = x[i];
    }
}

/* One step of one stream. */
static inline void kl_frames_step(const struct kl_signal_frames *p, uint32_t before,
                                  int16_t *window, const int16_t *x, int16_t *y)
{
    const int32_t copies = before == 0 ? p->repeat : 0;
    const int is_full = kl_frames_next(p, before) == (uint32_t)p->first;
    for (int32_t i = 0; i <= copies; i++) {
        kl_frames_push(p, window, x);
    }
    for (int32_t i = 0; i < p->frame; i++) {
        y[i] = is_full ? window[i] : (int16_t)0;
    }
}

/*
 * in: one row for each stream, `steps` steps. out[0]: as many rows, a frame for each step. out[1]:
 * state, a window for each stream. out[2]: state, one uint32. out[3]: one bool, whether all steps
 * of this run gave a frame. No scratch.
 */
static inline void kl_signal_frames(const struct kl_signal_frames *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    uint32_t *state = (uint32_t *)(void *)kl_row(out + 2, 0);
    const uint32_t start = *state;
    uint32_t steps = start;
    int is_full = 1;
    (void)scratch;
    for (int32_t row = 0; row < out->count; row++) {
        const int16_t *x = (const int16_t *)(const void *)kl_row(in, row);
        int16_t *y = (int16_t *)(void *)kl_row(out, row);
        int16_t *window = (int16_t *)(void *)kl_row(out + 1, row);
        steps = start;
        for (int32_t i = 0; i < p->steps; i++, x += p->step, y += p->frame) {
            kl_frames_step(p, steps, window, x, y);
            steps = kl_frames_next(p, steps);
            is_full = is_full && steps == (uint32_t)p->first;
        }
    }
    *state = steps;
    *kl_row(out + 3, 0) = (unsigned char)is_full;
}

/*
 * in: one row for each stream, `frames` frames. out[0]: as many rows, `step` samples for each
 * frame. out[1]: state, what is added to the next frame of each stream. No scratch. Sums of int16
 * saturate.
 */
static inline void kl_overlap_add_s16(const struct kl_overlap_add *p, const struct kl_rows *in,
                                      const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = 0; row < out->count; row++) {
        const int16_t *x = (const int16_t *)(const void *)kl_row(in, row);
        int16_t *y = (int16_t *)(void *)kl_row(out, row);
        int16_t *rest = (int16_t *)(void *)kl_row(out + 1, row);
        for (int32_t f = 0; f < p->frames; f++, x += p->frame, y += p->step) {
            for (int32_t i = 0; i < p->frame; i++) {
                const int32_t sum = x[i] + rest[i];
                const int16_t limited = (int16_t)(sum < INT16_MIN   ? INT16_MIN
                                                  : sum > INT16_MAX ? INT16_MAX
                                                                    : sum);
                *(i < p->step ? y + i : rest + i - p->step) = limited;
            }
            for (int32_t i = p->frame - p->step; i < p->frame; i++) {
                rest[i] = 0;
            }
        }
    }
}

static inline void kl_overlap_add_f32(const struct kl_overlap_add *p, const struct kl_rows *in,
                                      const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = 0; row < out->count; row++) {
        const float *x = (const float *)(const void *)kl_row(in, row);
        float *y = (float *)(void *)kl_row(out, row);
        float *rest = (float *)(void *)kl_row(out + 1, row);
        for (int32_t f = 0; f < p->frames; f++, x += p->frame, y += p->step) {
            for (int32_t i = 0; i < p->frame; i++) {
                *(i < p->step ? y + i : rest + i - p->step) = rest[i] + x[i];
            }
            for (int32_t i = p->frame - p->step; i < p->frame; i++) {
                rest[i] = 0;
            }
        }
    }
}

#endif
