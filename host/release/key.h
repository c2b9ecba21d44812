/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys on P-256 as files: PEM, private ones as PKCS #8 (RFC 5958), public ones as
 * SubjectPublicKeyInfo (RFC 5480), so that openssl reads and makes them, too. OpenSSL does the
 * files and their encryption, BearSSL what has to be the same each time: signatures (RFC 6979).
 */
#ifndef KINGLET_RELEASE_KEY_H
#define KINGLET_RELEASE_KEY_H

#include "base/buffer.h"
#include "base/file.h"
#include "kinglet/verify.h"

enum { KL_KEY_SECRET_BYTES = 32, KL_KEY_ID_HEX_BYTES = 65 };

struct kl_key {
    struct kl_public_key public_key;
    uint8_t secret[KL_KEY_SECRET_BYTES];
    bool has_secret;
};

/* A new pair from OpenSSL's generator. */
enum kl_err kl_key_generate(struct kl_key *key, struct kl_diag *diag) KL_MUST_CHECK;

/* The public key of a point, 65 bytes beginning with 4; KL_EINPUT when it is not on the curve. */
enum kl_err kl_key_of_point(const uint8_t point[KL_P256_POINT_BYTES], struct kl_public_key *key,
                            struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Read a file with a private or a public key. A private key that others can read is refused, and an
 * encrypted one without `passphrase` (else NULL). KL_EINPUT for what is no key on P-256.
 */
enum kl_err kl_key_read(const char *path, const char *passphrase, struct kl_key *key,
                        struct kl_diag *diag) KL_MUST_CHECK;

/* The same; KL_EUSAGE when the file has only the public part. */
enum kl_err kl_key_read_private(const char *path, const char *passphrase, struct kl_key *key,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* Write the private key with mode 0600, encrypted by AES-256 under the passphrase when there is
 * one. What exists is not overwritten. */
enum kl_err kl_key_write_private(const char *path, const struct kl_key *key, const char *passphrase,
                                 struct kl_diag *diag) KL_MUST_CHECK;
enum kl_err kl_key_write_public(const char *path, const struct kl_public_key *key,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* Sign a SHA-256 digest; the same key and digest give the same bytes. Returns their number. */
size_t kl_key_sign(const struct kl_key *key, const uint8_t digest[KL_IMAGE_HASH_BYTES],
                   uint8_t signature[KL_P256_SIGNATURE_MAX]);

/* Is that the signature of the digest by the key? */
bool kl_key_verify(const struct kl_public_key *key, const uint8_t digest[KL_IMAGE_HASH_BYTES],
                   const void *signature, size_t bytes);

/* The x coordinate of secret * point, which is on the curve (ECDH). False: the point is not. */
bool kl_key_agree(const struct kl_key *key, const uint8_t point[KL_P256_POINT_BYTES],
                  uint8_t shared[KL_KEY_SECRET_BYTES]);

void kl_key_id_hex(const uint8_t id[KL_IMAGE_HASH_BYTES], char hex[KL_KEY_ID_HEX_BYTES]);

/* Overwrite the secret. */
void kl_key_forget(struct kl_key *key);

#endif
