/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of window_tile.h in C: their definition, and what runs on other cores. */
#ifndef KINGLET_NN_MUL32_WINDOW_TILE_C_H
#define KINGLET_NN_MUL32_WINDOW_TILE_C_H

#include "kinglet/nn.h"
#include "nn/ref/requant_forms.h"

static inline void kl_windows(const struct kl_window_tile *t, int32_t pixels, int32_t stride)
{
    for (int32_t c = 0; c < t->channels; c++) {
        const int32_t multiplier = (int32_t)((uint32_t)t->multiplier[c] * 2);
        for (int32_t i = 0; i < pixels; i++) {
            int32_t sum = t->bias[c];
            for (int32_t tap = 0; tap < 9; tap++) {
                const int8_t *x = t->row[tap / 3] + (i * stride + tap % 3) * t->channels;
                sum += t->weights[tap * t->channels + c] * x[c];
            }
            t->out[i * t->channels + c] =
                (int8_t)kl_requant_exact_late(sum, multiplier, t->rounding, -1 - t->shift[c]);
        }
    }
}

/* One pixel: its stride does not matter. */
KL_NOINLINE __attribute__((unused)) static void kl_windows_1(const struct kl_window_tile *t)
{
    kl_windows(t, 1, 1);
}

KL_NOINLINE __attribute__((unused)) static void kl_windows_3_by_1(const struct kl_window_tile *t)
{
    kl_windows(t, 3, 1);
}

KL_NOINLINE __attribute__((unused)) static void kl_windows_5_by_1(const struct kl_window_tile *t)
{
    kl_windows(t, 5, 1);
}

KL_NOINLINE __attribute__((unused)) static void kl_windows_3_by_2(const struct kl_window_tile *t)
{
    kl_windows(t, 3, 2);
}

KL_NOINLINE __attribute__((unused)) static void kl_windows_5_by_2(const struct kl_window_tile *t)
{
    kl_windows(t, 5, 2);
}

#endif
