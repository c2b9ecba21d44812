/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that only the server can read: COSE_Encrypt0 (RFC 9052, section 5.2) with
 * ChaCha20/Poly1305 (RFC 9053, section 4.3: algorithm 24) under a key that device and server share.
 * Cryptography is BearSSL's.
 */
#ifndef KINGLET_SEAL_H
#define KINGLET_SEAL_H

#include <stdint.h>

enum {
    KL_SEAL_KEY_BYTES = 32,
    KL_SEAL_NONCE_BYTES = 12,
    KL_SEAL_TAG_BYTES = 16,
    KL_SEAL_ID_MAX = 16,
    KL_SEAL_EXTRA = 64 /* a sealed message is at most this much longer */
};

enum kl_seal_error {
    KL_SEAL_OK = 0,
    KL_SEAL_ROOM = -120,   /* the message does not fit */
    KL_SEAL_FORMAT = -121, /* not such a message */
    KL_SEAL_FORGED = -122, /* of another key, or altered */
};

struct kl_seal_key {
    uint8_t key[KL_SEAL_KEY_BYTES];
    uint8_t id[KL_SEAL_ID_MAX]; /* tells the server whose key it is */
    uint32_t id_bytes;          /* 1 .. KL_SEAL_ID_MAX */
};

/*
 * Seal a message. `number` must never be used twice with a key: it makes the nonce. Let it come
 * from a counter that survives power cuts. 0, or KL_SEAL_ROOM.
 */
int kl_seal(const struct kl_seal_key *key, uint64_t number, const void *message, uint32_t bytes,
            uint8_t *sealed, uint32_t capacity, uint32_t *sealed_bytes);

#endif
