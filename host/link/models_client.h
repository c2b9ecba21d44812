/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of the models group (docs/spec/management.md): which model packs a device has,
 * and how it gets another. Errors as those of kl_smp_call; KL_ECHECK when the device refuses a pack
 * for what it is: models->refusal says why.
 */
#ifndef KINGLET_LINK_MODELS_CLIENT_H
#define KINGLET_LINK_MODELS_CLIENT_H

#include "link/image_client.h"

enum { KL_DEVICE_MODELS_MAX = 4, KL_DEVICE_TEST_BYTES = 16 };

/* What the device says about the pack in a slot. */
struct kl_device_model {
    uint32_t slot;
    int why; /* there is none that may run: a code of the specification; 0: there is one */
    char name[KL_IMAGE_TEXT_MAX + 1];
    char version[KL_DEVICE_VERSION_BYTES];
    char test[KL_DEVICE_TEST_BYTES]; /* "new", "tried", "passed", "failed" */
    bool has_hash, active;
    uint8_t hash[KL_IMAGE_HASH_BYTES];
};

struct kl_device_models {
    int refusal; /* 0: none */
    uint32_t count;
    struct kl_device_model models[KL_DEVICE_MODELS_MAX];
};

enum kl_err kl_device_models(struct kl_channel *channel, struct kl_device_models *models,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Send the signed pack into the slot that does not run, and let it run. *models is what the device
 * says then. */
struct kl_model_upload {
    struct kl_bytes file;
    struct kl_bytes entry; /* content of TLV 0x32 of an encrypted one; or empty */
    uint8_t hash[KL_IMAGE_HASH_BYTES];
};
enum kl_err kl_device_send_model(struct kl_channel *channel, const struct kl_model_upload *upload,
                                 const struct kl_upload_progress *progress,
                                 struct kl_device_models *models,
                                 struct kl_diag *diag) KL_MUST_CHECK;

/* The pack that runs, which has that hash, is not to run again. */
enum kl_err kl_device_fail_model(struct kl_channel *channel,
                                 const uint8_t hash[KL_IMAGE_HASH_BYTES],
                                 struct kl_device_models *models,
                                 struct kl_diag *diag) KL_MUST_CHECK;

#endif
