/* SPDX-License-Identifier: Apache-2.0 */
/* The range decoder of a patch: one number or byte at a time, from the input of struct kl_delta. */
#ifndef KINGLET_UPDATE_DELTA_DECODE_H
#define KINGLET_UPDATE_DELTA_DECODE_H

#include "update/delta_model.h"

enum {
    KL_DELTA_CODE_BYTES = 5, /* that the coder begins and ends with; the first is 0 */
    /* Input that one number takes at most: 2 bytes for each adaptive decision, whose share of the
     * range is at least 1/8192, and 1 for each even one. */
    KL_DELTA_STEP_BYTES = 2 * KL_DELTA_NUMBER_BITS + KL_DELTA_NUMBER_BITS
};

/* Begin with KL_DELTA_CODE_BYTES of input. */
void kl_delta_decode_start(struct kl_delta *delta);

/* Bytes that are missing at the end of the input read as 0, and are counted in `missing`. */
uint32_t kl_delta_decode_number(struct kl_delta *delta, enum kl_delta_number kind);
uint8_t kl_delta_decode_literal(struct kl_delta *delta);
uint8_t kl_delta_decode_difference(struct kl_delta *delta);

#endif
