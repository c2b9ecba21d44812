/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of images share. */
#ifndef KINGLET_DATA_IMAGE_H
#define KINGLET_DATA_IMAGE_H

#include "data/recording.h"

enum { MOST_SIDE = 16384, MOST_PIXELS = 1 << 26 };

/* Check the size, and begin a recording of one image with zeroed pixels that the caller fills. */
enum kl_err image_alloc(int64_t height, int64_t width, int32_t channels, struct kl_arena *arena,
                        uint8_t **pixels, struct kl_recordings *recordings,
                        struct kl_diag *diag) KL_MUST_CHECK;

#endif
