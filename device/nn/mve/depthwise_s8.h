/* SPDX-License-Identifier: Apache-2.0 */
/* DEPTHWISE_CONV_2D int8, two pixels of eight channels at a time. Defined by
 * nn/ref/depthwise_s8.h. */
#ifndef KINGLET_NN_MVE_DEPTHWISE_S8_H
#define KINGLET_NN_MVE_DEPTHWISE_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "kinglet/nn/mve.h"
#include "nn/mve/stage.h"
#include "nn/mve/vector.h"
#include "nn/ref/row.h"

/*
 * in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * in_c. scratch: k_h *
 * kl_mve_stage_pitch bytes.
 */
static inline void kl_depthwise_s8_mve(const struct kl_depthwise_mve_s8 *p,
                                       const struct kl_rows *in, const struct kl_rows *out,
                                       void *scratch)
{
    const struct kl_mve_stage stage = kl_mve_stage(&p->win, in, p->in_zero_point, scratch);
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_mve_stage_row(&stage, row);
        kl_mve_depthwise_row(p, stage.rows, stage.pitch, kl_row_s8(out, row));
    }
}

#endif
