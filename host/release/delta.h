/* SPDX-License-Identifier: Apache-2.0 */
/* Patches from one image to the next: made here, applied by kinglet/delta.h. */
#ifndef KINGLET_RELEASE_DELTA_H
#define KINGLET_RELEASE_DELTA_H

#include "base/buffer.h"
#include "base/file.h"

enum { KL_DELTA_FILE_MAX = 16 << 20 };

/* What a patch is made of. */
struct kl_delta_counts {
    size_t copies;        /* ranges of the old image */
    size_t copied_bytes;  /* of the new one */
    size_t changed_bytes; /* among them, that differ */
    size_t literal_bytes;
};

/*
 * Append the patch to the empty buffer. Old and new image have at most KL_DELTA_FILE_MAX bytes, the
 * new one at least 1. The same images give the same patch. KL_EINPUT, KL_ELIMIT.
 */
enum kl_err kl_delta_make(struct kl_bytes old_image, struct kl_bytes new_image,
                          struct kl_arena *arena, struct kl_buffer *patch,
                          struct kl_delta_counts *counts, struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Apply a patch as a device does, to flash in memory. *result is in the arena. KL_EINPUT; *code is
 * the device's enum kl_delta_error.
 */
enum kl_err kl_delta_apply(struct kl_bytes old_image, struct kl_bytes patch, struct kl_arena *arena,
                           struct kl_bytes *result, int *code, struct kl_diag *diag) KL_MUST_CHECK;

#endif
