/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of docs/spec/management.md: what firmware a device has, and how it gets another.
 * Errors as those of kl_smp_call; KL_ECHECK when the device refuses an image for what it is.
 */
#ifndef KINGLET_LINK_IMAGE_CLIENT_H
#define KINGLET_LINK_IMAGE_CLIENT_H

#include <stdbool.h>

#include "base/file.h"
#include "kinglet/image.h"
#include "link/channel.h"

enum { KL_DEVICE_IMAGES_MAX = 4, KL_DEVICE_VERSION_BYTES = 32 };

/* What the device says about the image in a slot. */
struct kl_device_image {
    uint32_t slot;
    char version[KL_DEVICE_VERSION_BYTES]; /* printable */
    bool has_hash;
    uint8_t hash[KL_IMAGE_HASH_BYTES];
    bool bootable, pending, confirmed, active, permanent;
};

struct kl_device_images {
    int refusal; /* why the device does not take an image: a code of kinglet/verify.h; 0: it does */
    uint32_t count;
    struct kl_device_image images[KL_DEVICE_IMAGES_MAX];
};

enum kl_err kl_device_images(struct kl_channel *channel, struct kl_device_images *images,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Ask for the image with that hash, on trial or to stay; without one, confirm what runs. *images is
 * what the device says then. */
enum kl_err kl_device_set_image(struct kl_channel *channel, const uint8_t *hash, bool confirm,
                                struct kl_device_images *images,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* Send an image into the secondary slot; goes on where an earlier try ended. */
struct kl_upload_progress {
    void (*show)(void *context, uint32_t done, uint32_t total); /* may be NULL */
    void *context;
};
enum kl_err kl_device_upload(struct kl_channel *channel, struct kl_bytes image,
                             const struct kl_upload_progress *progress,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Reset the device once it has answered. */
enum kl_err kl_device_restart(struct kl_channel *channel, struct kl_diag *diag) KL_MUST_CHECK;

#endif
