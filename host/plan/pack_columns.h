/* SPDX-License-Identifier: Apache-2.0 */
/* Packs the weights and constants of a depthwise convolution for struct kl_depthwise_3x3_s8.
 * Private to plan/. */
#ifndef KINGLET_PLAN_PACK_COLUMNS_H
#define KINGLET_PLAN_PACK_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "kinglet/nn.h"
#include "kinglet/nn/armv7em.h"

/* Has the convolution the shape that struct kl_depthwise_3x3_s8 asks for? */
bool kl_columns_fit(const struct kl_depthwise_s8 *source);

/* Bytes of the records of all channels. */
size_t kl_columns_bytes(const struct kl_depthwise_s8 *source);

/*
 * Write the records, and *p around them; source must fit. The band takes about 4 KB of scratch
 * memory. False when a channel has no cheap requantisation that is proved (requant_fit.h).
 */
bool kl_pack_columns(const struct kl_depthwise_s8 *source, int8_t *records,
                     struct kl_depthwise_3x3_s8 *p);

/* Does the activation cut off results of any channel that saturation does not? Then all are
 * limited. */
bool kl_depthwise_needs_clamp(const struct kl_depthwise_s8 *source);

/* Scratch memory of the kernel. */
size_t kl_columns_scratch(const struct kl_depthwise_3x3_s8 *p);

#endif
