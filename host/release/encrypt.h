/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encrypted images as MCUboot has them (docs/encrypted_images.md, ECIES-P256): the body with
 * AES-128 in counter mode by a fresh key, and that key for the device that may read it:
 *
 *     TLV 0x32: ephemeral point (65) | HMAC-SHA-256 of the encrypted key (32) | encrypted key (16)
 *
 * The keys for the last two come from the ECDH secret by HKDF-SHA-256 without salt, info
 * "MCUBoot_ECIES_v1": 16 bytes for AES-128-CTR, 32 for the HMAC. All counters begin with 0, which
 * is safe since no key is used twice. OpenSSL does AES, HMAC and HKDF.
 */
#ifndef KINGLET_RELEASE_ENCRYPT_H
#define KINGLET_RELEASE_ENCRYPT_H

#include "release/key.h"

enum { KL_BODY_KEY_BYTES = 16, KL_WRAPPED_KEY_BYTES = KL_P256_POINT_BYTES + 32 + 16 };

struct kl_envelope_key {
    uint8_t key[KL_BODY_KEY_BYTES];
    uint8_t wrapped[KL_WRAPPED_KEY_BYTES];
};

/* A new key for a body, wrapped for `reader`. */
enum kl_err kl_encrypt_new_key(const struct kl_public_key *reader, struct kl_envelope_key *key,
                               struct kl_diag *diag) KL_MUST_CHECK;

/* The key of a body, from `wrapped`. KL_ECHECK: it is for another key, or was altered. */
enum kl_err kl_encrypt_unwrap(const struct kl_key *reader, struct kl_envelope_key *key,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* Encrypt or decrypt a whole body in place, which is the same. */
enum kl_err kl_encrypt_body(const struct kl_envelope_key *key, uint8_t *body, size_t bytes,
                            struct kl_diag *diag) KL_MUST_CHECK;

void kl_encrypt_forget(struct kl_envelope_key *key);

#endif
