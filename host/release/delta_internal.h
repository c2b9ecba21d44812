/* SPDX-License-Identifier: Apache-2.0 */
/* How a new image is made of an old one: what the matcher finds and the coder writes. */
#ifndef KINGLET_RELEASE_DELTA_INTERNAL_H
#define KINGLET_RELEASE_DELTA_INTERNAL_H

#include <stdint.h>

#include "release/delta.h"
#include "update/delta_model.h"

/* A range of the new image; they follow each other without gaps. */
struct kl_delta_range {
    uint32_t bytes;
    uint32_t old_at; /* where it is copied from, with changes; KL_DELTA_NOWHERE: literal bytes */
};
#define KL_DELTA_NOWHERE UINT32_MAX

struct kl_delta_ranges {
    struct kl_delta_range *ranges;
    uint32_t count;
};

/* Find the ranges that are cheapest to code, by an estimate. Neighbours differ in how far they are
 * shifted. In the arena. */
enum kl_err kl_delta_match(struct kl_bytes old_image, struct kl_bytes new_image,
                           struct kl_arena *arena, struct kl_delta_ranges *found,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* Append what the device's decoder reads behind the header. */
enum kl_err kl_delta_encode(struct kl_bytes old_image, struct kl_bytes new_image,
                            const struct kl_delta_ranges *ranges, struct kl_buffer *patch,
                            struct kl_diag *diag) KL_MUST_CHECK;

#endif
