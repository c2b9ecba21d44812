/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The capture group of the management protocol: what the sensor measures, for whoever records it;
 * docs/spec/management.md has its maps. The last frames are kept in a ring, each with a number, so
 * that a reader asks for them as often as it must, and sees how many it has missed.
 */
#ifndef KINGLET_CAPTURE_GROUP_H
#define KINGLET_CAPTURE_GROUP_H

#include "kinglet/smp.h"

enum { KL_SMP_GROUP_CAPTURE = 71, KL_SMP_CAPTURE_STATE = 0, KL_SMP_CAPTURE_FRAMES = 1 };

/* Set the first four. */
struct kl_capture_service {
    int16_t *ring;     /* [frames][channels] */
    uint32_t frames;   /* a power of two */
    uint32_t channels; /* 1 .. 64 */
    uint32_t rate;     /* Hz */
    uint32_t next;     /* number of the next frame; begins anew behind 2^32 - 1 */
    uint32_t held;     /* frames in the ring */
};

/* Frames that were measured, in the order of the sensor. */
void kl_capture_put(struct kl_capture_service *service, const int16_t *frames, uint32_t count);

kl_smp_handler kl_capture_group; /* context: struct kl_capture_service * */

#endif
