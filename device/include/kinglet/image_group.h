/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image group of the management protocol: which firmware a device has, and how a new one gets
 * into its secondary slot. Standard clients for SMP know it; docs/spec/management.md has its maps.
 *
 * An upload (kinglet/upload.h) never touches the slot that runs, and is refused while the running
 * image is on trial, since the secondary slot then holds the way back. Nothing of it is believed
 * before it is asked for: then the whole image is verified as the boot will do it.
 */
#ifndef KINGLET_IMAGE_GROUP_H
#define KINGLET_IMAGE_GROUP_H

#include "kinglet/boot.h"
#include "kinglet/upload.h"

enum {
    KL_SMP_GROUP_IMAGE = 1,
    KL_SMP_IMAGE_STATE = 0,
    KL_SMP_IMAGE_UPLOAD = 1,
    KL_SMP_IMAGE_ERASE = 5,
};

struct kl_image_service {
    const struct kl_boot *boot; /* the boot's rules are the agent's, too */
    struct kl_upload upload;
};

kl_smp_handler kl_image_group; /* context: struct kl_image_service * */

#endif
