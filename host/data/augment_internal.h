/* SPDX-License-Identifier: Apache-2.0 */
/* One copy while it is made. */
#ifndef KINGLET_DATA_AUGMENT_INTERNAL_H
#define KINGLET_DATA_AUGMENT_INTERNAL_H

#include "base/buffer.h"
#include "base/random.h"
#include "data/augment.h"

struct augment_copy {
    const struct kl_dataset *d;
    const struct kl_augment *augment;
    struct kl_random random;
    struct kl_arena *arena;
    struct kl_diag *diag;
    int32_t frames, width, channels;
    float *values;   /* series: [frames][channels] */
    uint8_t *pixels; /* images */
    struct kl_buffer said;
    const float *kernel;       /* to resample by, when there is a stretch */
    const int32_t *background; /* items to mix in */
    int32_t background_count;
};

/* Do the steps of a series. `values` and `frames` may be replaced. */
enum kl_err augment_series(struct augment_copy *copy) KL_MUST_CHECK;

/* Do the steps of an image, from the item's pixels to `pixels`. */
void augment_image(struct augment_copy *copy, const uint8_t *from);

/* Note a step: its name and a figure. */
void augment_say(struct augment_copy *copy, const char *step, double figure, const char *unit);

#endif
