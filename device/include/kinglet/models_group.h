/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The models group of the management protocol: which signed pack runs, and how another one takes
 * its place, without new firmware; docs/spec/management.md has its maps.
 *
 * An upload goes into the slot that does not run. Nothing of it is believed before it is asked for:
 * then it is verified, its self-test runs, and from then on it is the one that runs. A pack that is
 * encrypted on its way comes with its wrapped key in the first packet, and is decrypted before it
 * is written, so that it can run in place.
 */
#ifndef KINGLET_MODELS_GROUP_H
#define KINGLET_MODELS_GROUP_H

#include "kinglet/decrypt.h"
#include "kinglet/model_slots.h"
#include "kinglet/upload.h"

enum {
    KL_SMP_GROUP_MODELS = 65,
    KL_SMP_MODELS_STATE = 0,
    KL_SMP_MODELS_UPLOAD = 1,
    KL_SMP_MODELS_RUN = 2,
    KL_SMP_MODELS_FAIL = 3,
};

enum kl_models_error {
    KL_MODELS_OLDER = -208, /* not newer than the pack that runs */
};

/* Initialise with the first two, and then kl_models_choose. */
struct kl_models_service {
    const struct kl_model_slots *slots;
    const uint8_t *secret; /* [KL_DECRYPT_SECRET_BYTES] of the device; NULL: none is decrypted */
    int running;           /* the slot that runs; or an enum kl_model_slot_error: none does */
    struct kl_image image; /* of the pack that runs */
    uint32_t changes;      /* rises when `image` or the content of the engine's arena changes: the
                            * application looks at it before each inference */
    struct kl_upload upload;
    bool is_encrypted; /* the upload is, and is decrypted with these */
    struct kl_image_header header;
    struct kl_decrypt decrypt;
};

/* Let the newest good pack run; again whenever the slots may have changed. */
void kl_models_choose(struct kl_models_service *service);

kl_smp_handler kl_models_group; /* context: struct kl_models_service * */

#endif
