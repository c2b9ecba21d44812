/* SPDX-License-Identifier: Apache-2.0 */
/* Packs weights and tables of output channels for the kernels of kinglet/nn/mve.h. Private to
 * plan/. */
#ifndef KINGLET_PLAN_PACK_MVE_H
#define KINGLET_PLAN_PACK_MVE_H

#include <stdint.h>

#include "kinglet/nn.h"

/* `value` up to the next multiple of `unit`. */
static inline int32_t kl_mve_padded(int32_t value, int32_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/*
 * weights [channels][taps] in blocks of `group` channels: for every 16 taps those of each channel
 * one after the other. Channels are padded to a multiple of `group`, taps to one of 16. `packed`
 * has room for the product of both, and is zero.
 */
void kl_pack_mve_rows(const int8_t *weights, int32_t channels, int32_t taps, int32_t group,
                      int8_t *packed);

/* The same of weights in -8 .. 7, two channels in each byte (kinglet/nn/mve.h): half the bytes. */
void kl_pack_mve_rows_s4(const int8_t *weights, int32_t channels, int32_t taps, int32_t group,
                         int8_t *packed);

/* weights [taps][channels] as [channels padded to 8 / 8][taps][8]; `packed` is zero. */
void kl_pack_mve_depthwise(const int8_t *weights, int32_t channels, int32_t taps, int8_t *packed);

/*
 * One table of a word per channel; `packed` has room for the channels padded to 4 (8 when `split`)
 * and is zero. split: the four even ones of every eight channels first, then the odd ones.
 */
void kl_pack_mve_table(const int32_t *values, int32_t channels, int split, int32_t *packed);

#endif
