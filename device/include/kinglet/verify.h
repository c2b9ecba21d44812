/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is an image genuine, and meant for this device? Cryptography is BearSSL's: SHA-256, and ECDSA on
 * P-256 by the implementation for primes in 31-bit words, which is the smallest.
 */
#ifndef KINGLET_VERIFY_H
#define KINGLET_VERIFY_H

#include "kinglet/image.h"

enum {
    KL_P256_POINT_BYTES = 65,  /* uncompressed: 4, x, y */
    KL_P256_SIGNATURE_MAX = 72 /* ASN.1 */
};

/* Each refusal has a code of its own. Those of enum kl_image_error are returned, too. */
enum kl_verify_error {
    KL_VERIFY_OK = 0,
    KL_VERIFY_HASH = -32,        /* header, body or protected TLVs are not what was hashed */
    KL_VERIFY_UNSIGNED = -33,    /* no hash, key or signature, or one of another length */
    KL_VERIFY_UNKNOWN_KEY = -34, /* signed by a key that is not trusted */
    KL_VERIFY_REVOKED_KEY = -35, /* ... that was trusted */
    KL_VERIFY_SIGNATURE = -36,   /* the signature is wrong */
    KL_VERIFY_KIND = -37,        /* e.g. a pack where firmware is wanted */
    KL_VERIFY_BOARD = -38,
    KL_VERIFY_VENDOR = -39,
    KL_VERIFY_PRODUCT = -40,
    KL_VERIFY_ROLLBACK = -41,  /* its security counter is below the device's */
    KL_VERIFY_ENCRYPTED = -42, /* encrypted, and the device has no key for it */
};

struct kl_public_key {
    uint8_t id[KL_IMAGE_HASH_BYTES]; /* SHA-256 of its SubjectPublicKeyInfo */
    uint8_t point[KL_P256_POINT_BYTES];
    uint8_t is_revoked;
};

/* What this device is. */
struct kl_device_class {
    uint8_t vendor[KL_IMAGE_UUID_BYTES], product[KL_IMAGE_UUID_BYTES];
    char board[KL_IMAGE_TEXT_MAX + 1]; /* ends with a zero byte */
};

/*
 * Reads bytes of the image as they were hashed, from `offset` of its area on: decrypts the body of
 * an encrypted one. 0, or a negative error, which kl_verify then returns.
 */
typedef int kl_image_read_fn(void *context, const struct kl_image *image, uint32_t offset,
                             void *data, uint32_t bytes);

struct kl_verify_rules {
    const struct kl_public_key *keys;
    uint32_t key_count;
    const struct kl_device_class *device; /* NULL: for any */
    enum kl_image_kind kind;
    uint32_t least_counter; /* of security; an image without one has 0 */
    kl_image_read_fn *read; /* NULL: as it lies there */
    void *context;
};

/* SHA-256 of header, body and protected TLVs. 0, KL_IMAGE_READ, or what `read` returned. */
int kl_image_hash(const struct kl_image *image, kl_image_read_fn *read, void *context,
                  uint8_t digest[KL_IMAGE_HASH_BYTES]);

/* 0, or why the image is refused. What is cheap is checked first, but nothing else is believed
 * before hash and signature are right. */
int kl_verify(const struct kl_image *image, const struct kl_verify_rules *rules);

/* The security counter, of a genuine image; 0 without one. 0, or an enum kl_image_error. */
int kl_image_security_counter(const struct kl_image *image, uint32_t *counter);

#endif
