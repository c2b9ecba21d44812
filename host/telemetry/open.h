/* SPDX-License-Identifier: Apache-2.0 */
/* Opens what devices seal (kinglet/seal.h). Everything may be hostile. */
#ifndef KINGLET_TELEMETRY_OPEN_H
#define KINGLET_TELEMETRY_OPEN_H

#include "kinglet/seal.h"

struct kl_sealed {
    const uint8_t *id; /* of the key, in the message */
    uint32_t id_bytes;
    uint64_t number;
    const uint8_t *nonce, *content; /* encrypted, and its tag behind it */
    uint32_t content_bytes;         /* with the tag */
};

/* Take a message apart: whose is it? 0, or KL_SEAL_FORMAT. */
int kl_sealed_parse(const uint8_t *message, uint32_t bytes, struct kl_sealed *sealed);

/*
 * Open it with the key of that id; `plain` has room for content_bytes, and holds content_bytes -
 * KL_SEAL_TAG_BYTES then. Whether the number is a new one is for the caller to say. 0, or
 * KL_SEAL_FORGED with nothing in `plain`.
 */
int kl_sealed_open(const struct kl_sealed *sealed, const uint8_t key[KL_SEAL_KEY_BYTES],
                   uint8_t *plain);

#endif
