/* SPDX-License-Identifier: Apache-2.0 */
/* Signed images for tests, written from the specification and not with the code under test. */
#ifndef KINGLET_TEST_IMAGE_MAKE_H
#define KINGLET_TEST_IMAGE_MAKE_H

#include "kinglet/verify.h"

enum { TEST_IMAGE_MAX = 16384 };

struct test_key {
    uint8_t secret[32];
    struct kl_public_key public_key;
};

/* The key with this number, the same each time. */
void test_key_make(uint8_t number, struct test_key *key);

struct test_image_wish {
    enum kl_image_kind kind;
    struct kl_image_version version;
    const uint8_t *body; /* NULL: bytes that follow from the version */
    uint32_t body_bytes;
    uint32_t counter;                     /* of security; 0: none */
    const struct kl_device_class *device; /* NULL: none of its entries */
    const struct test_key *key;           /* NULL: not signed */
    uint16_t header_bytes;                /* 0: 32 */
    const uint8_t *entries;               /* further protected TLVs, whole */
    uint32_t entry_bytes;
    uint8_t mask; /* not 0: the body is flagged as encrypted, and each byte of it XORed with this */
};

struct test_image {
    uint8_t bytes[TEST_IMAGE_MAX];
    uint32_t size;
};

void test_image_make(const struct test_image_wish *wish, struct test_image *image);

#endif
