/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/identity.h"

#include <string.h>

#include <bearssl_ec.h>
#include <bearssl_hash.h>

/* The record: id, secret, and the beginning of the SHA-256 of both. */
enum {
    CHECK_BYTES = 16,
    HASHED_BYTES = KL_IDENTITY_ID_BYTES + KL_IDENTITY_SECRET_BYTES,
    RECORD_BYTES = HASHED_BYTES + CHECK_BYTES,
    DIGEST_BYTES = 32,
    COPIES = 2, /* one of which was written whole, whatever power cut short */
    PLACES = 4
};

_Static_assert(sizeof(struct kl_identity) == HASHED_BYTES, "the struct is the record's beginning");
_Static_assert(RECORD_BYTES % KL_FLASH_WRITE_MAX == 0, "whole units are written");

static uint32_t place(const struct kl_flash_area *security)
{
    return security->bytes - security->flash->sector_bytes;
}

static void check_of(const uint8_t record[HASHED_BYTES], uint8_t check[CHECK_BYTES])
{
    br_sha256_context sha;
    uint8_t digest[DIGEST_BYTES];
    br_sha256_init(&sha);
    br_sha256_update(&sha, record, HASHED_BYTES);
    br_sha256_out(&sha, digest);
    memcpy(check, digest, CHECK_BYTES);
}

/* What the sector holds. */
struct copies {
    uint32_t valid, used;     /* valid records; places up to the last one that is not erased */
    struct kl_identity first; /* of the valid ones */
};

static int read_copies(const struct kl_flash_area *security, struct copies *copies)
{
    *copies = (struct copies){.valid = 0};
    for (uint32_t i = 0; i < PLACES; i++) {
        uint8_t record[RECORD_BYTES], check[CHECK_BYTES];
        uint32_t at = place(security) + i * RECORD_BYTES;
        int erased = kl_area_is_erased(security, at, sizeof record);
        if (erased < 0 || kl_area_read(security, at, record, sizeof record)) {
            return KL_IDENTITY_FLASH;
        }
        check_of(record, check);
        copies->used = erased ? copies->used : i + 1;
        if (memcmp(check, record + HASHED_BYTES, sizeof check) == 0 && copies->valid++ == 0) {
            memcpy(&copies->first, record, sizeof copies->first);
        }
    }
    return KL_IDENTITY_OK;
}

int kl_identity_read(const struct kl_flash_area *security, struct kl_identity *identity)
{
    struct copies copies;
    int error = read_copies(security, &copies);
    *identity = copies.first;
    return error              ? error
           : copies.valid > 0 ? KL_IDENTITY_OK
           : copies.used == 0 ? KL_IDENTITY_NONE
                              : KL_IDENTITY_DAMAGED;
}

/* Add copies until there are enough. */
static int add_copies(const struct kl_flash_area *security, const struct kl_identity *identity,
                      struct copies *copies)
{
    uint8_t record[RECORD_BYTES], found[RECORD_BYTES];
    memcpy(record, identity, sizeof *identity);
    check_of(record, record + HASHED_BYTES);
    while (copies->valid < COPIES && copies->used < PLACES) {
        uint32_t at = place(security) + copies->used++ * RECORD_BYTES;
        copies->valid += kl_area_write(security, at, record, sizeof record) == KL_FLASH_OK &&
                         kl_area_read(security, at, found, sizeof found) == KL_FLASH_OK &&
                         memcmp(found, record, sizeof record) == 0;
    }
    return copies->valid < COPIES ? KL_IDENTITY_FLASH : KL_IDENTITY_OK;
}

int kl_identity_write(const struct kl_flash_area *security, const struct kl_identity *identity)
{
    struct copies copies;
    uint8_t point[KL_IDENTITY_POINT_BYTES];
    int error = kl_identity_point(identity, point);
    if (!error) {
        error = read_copies(security, &copies);
    }
    if (error) {
        return error;
    }
    if (copies.valid > 0 && memcmp(&copies.first, identity, sizeof *identity) != 0) {
        return KL_IDENTITY_TAKEN;
    }
    if (copies.valid == 0) {
        copies.used = 0;
        if (kl_area_erase(security, place(security), security->flash->sector_bytes)) {
            return KL_IDENTITY_FLASH;
        }
    }
    return add_copies(security, identity, &copies);
}

/* From 1 to the order of the curve - 1. */
static bool is_secret(const uint8_t secret[KL_IDENTITY_SECRET_BYTES])
{
    size_t bytes;
    const unsigned char *order = br_ec_prime_i31.order(BR_EC_secp256r1, &bytes);
    uint8_t any = 0;
    for (int i = 0; i < KL_IDENTITY_SECRET_BYTES; i++) {
        any |= secret[i];
    }
    return any != 0 && memcmp(secret, order, KL_IDENTITY_SECRET_BYTES) < 0;
}

int kl_identity_point(const struct kl_identity *identity, uint8_t point[KL_IDENTITY_POINT_BYTES])
{
    if (!is_secret(identity->secret)) {
        return KL_IDENTITY_SECRET;
    }
    size_t bytes =
        br_ec_prime_i31.mulgen(point, identity->secret, sizeof identity->secret, BR_EC_secp256r1);
    return bytes == KL_IDENTITY_POINT_BYTES ? KL_IDENTITY_OK : KL_IDENTITY_SECRET;
}
