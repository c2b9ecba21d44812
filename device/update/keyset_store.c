/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include <bearssl_hash.h>

#include "update/bytes.h"
#include "update/keyset.h"
#include "update/marks.h"

enum {
    COUNTER_SECTORS = 2,  /* before the two halves; see kinglet/counters.h */
    IDENTITY_SECTORS = 1, /* behind them; see kinglet/identity.h */
    MARKS = 16,           /* places for marks that a set is in use */
    MARK_SEED = 0x4b4c4b4d,
    HASHED_MAX = KL_KEY_SET_BODY_MAX + 4, /* a multiple of the largest write unit */
    RECORD_BYTES = HASHED_MAX + KL_IMAGE_HASH_BYTES,
    HALF_LEAST = RECORD_BYTES + MARKS * KL_MARK_BYTES
};

_Static_assert(HASHED_MAX % KL_FLASH_WRITE_MAX == 0, "records are whole write units");

/* The body, zeros, and the hash of both. */
struct record {
    uint8_t bytes[RECORD_BYTES];
};

/* A half of the area, as it was read. */
struct half {
    struct kl_flash_area area;
    uint32_t version; /* of the set in an intact record; 0: none */
    struct kl_marks marks;
};

/* Half 0 or 1 of the area. */
static int find_half(const struct kl_flash_area *security, uint32_t number, struct half *half)
{
    uint32_t sector = security->flash->sector_bytes, sectors = security->bytes / sector;
    uint32_t others = COUNTER_SECTORS + IDENTITY_SECTORS;
    uint32_t each = sectors > others ? (sectors - others) / 2 : 0;
    *half = (struct half){.area = {security->flash,
                                   security->offset + (COUNTER_SECTORS + number * each) * sector,
                                   each * sector}};
    return half->area.bytes < HALF_LEAST ? KL_KEY_SET_FLASH : KL_KEY_SET_OK;
}

static void hash_record(const struct record *record, uint8_t digest[KL_IMAGE_HASH_BYTES])
{
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, record->bytes, HASHED_MAX);
    br_sha256_out(&sha, digest);
}

static bool parse_record(const struct record *record, struct kl_key_set *set)
{
    uint8_t digest[KL_IMAGE_HASH_BYTES];
    hash_record(record, digest);
    uint32_t count = kl_get_u16(record->bytes + 8);
    return memcmp(digest, record->bytes + HASHED_MAX, sizeof digest) == 0 &&
           count <= KL_KEY_SET_MAX &&
           kl_key_set_parse(record->bytes, KL_KEY_SET_HEAD_BYTES + count * KL_KEY_ENTRY_BYTES,
                            set) == KL_KEY_SET_OK;
}

static int read_half(struct half *half, struct kl_key_set *set)
{
    struct record record;
    if (kl_area_read(&half->area, 0, record.bytes, sizeof record.bytes)) {
        return KL_KEY_SET_FLASH;
    }
    half->version = parse_record(&record, set) ? set->version : 0;
    half->marks = (struct kl_marks){.area = &half->area,
                                    .offset = RECORD_BYTES,
                                    .places = MARKS,
                                    .seed = MARK_SEED,
                                    .word = half->version};
    return half->version && kl_marks_read(&half->marks) ? KL_KEY_SET_FLASH : KL_KEY_SET_OK;
}

static int complete(struct half *half)
{
    return kl_marks_complete(&half->marks) ? KL_KEY_SET_FLASH : KL_KEY_SET_OK;
}

/* The latest set of the area that is later than *set; and the half where the next one goes. What is
 * earlier is not touched: its half may be about to be erased. */
static int load(const struct kl_flash_area *security, struct kl_key_set *set,
                struct half *free_half)
{
    struct half halves[2], *latest = NULL;
    for (uint32_t i = 0; i < 2; i++) {
        struct kl_key_set found;
        int error = find_half(security, i, &halves[i]);
        if (!error) {
            error = read_half(&halves[i], &found);
        }
        if (error) {
            return error;
        }
        if (halves[i].marks.seen > 0 && halves[i].version > set->version) {
            *set = found;
            latest = &halves[i];
        }
    }
    *free_half = latest == &halves[0] ? halves[1] : halves[0];
    return latest ? complete(latest) : KL_KEY_SET_OK;
}

int kl_key_set_load(const struct kl_flash_area *security, const struct kl_key_set *built_in,
                    struct kl_key_set *set)
{
    struct half free_half;
    *set = *built_in;
    int error = load(security, set, &free_half);
    if (error) {
        *set = *built_in;
    }
    return error;
}

static int read_body(const struct kl_image *image, struct record *record)
{
    uint32_t bytes = image->header.body_bytes;
    memset(record, 0, sizeof *record);
    if (bytes > KL_KEY_SET_BODY_MAX) {
        return KL_KEY_SET_FORM;
    }
    return kl_area_read(image->area, image->header.header_bytes, record->bytes, bytes)
               ? KL_KEY_SET_FLASH
               : KL_KEY_SET_OK;
}

static int open_record(const struct kl_image *image, const struct kl_key_set *current,
                       struct record *record, struct kl_key_set *set)
{
    struct kl_public_key keys[KL_KEY_SET_MAX];
    const struct kl_verify_rules rules = {
        .keys = keys,
        .key_count = kl_key_set_keys(current, KL_ROLE_KEYS, keys),
        .kind = KL_IMAGE_KEYS,
    };
    uint32_t counter;
    int error = kl_verify(image, &rules);
    if (!error) {
        error = read_body(image, record);
    }
    if (!error) {
        error = kl_key_set_parse(record->bytes, image->header.body_bytes, set);
    }
    if (!error) {
        error = kl_image_security_counter(image, &counter);
    }
    if (error) {
        return error;
    }
    return counter != set->version                ? KL_KEY_SET_COUNTER
           : set->version <= current->version     ? KL_KEY_SET_OLD
           : !kl_key_set_valid(set, KL_ROLE_KEYS) ? KL_KEY_SET_DEAD_END
                                                  : KL_KEY_SET_OK;
}

int kl_key_set_open(const struct kl_image *image, const struct kl_key_set *current,
                    struct kl_key_set *set)
{
    struct record record;
    return open_record(image, current, &record, set);
}

static int store(struct half *half, const struct record *record, struct kl_key_set *set)
{
    const struct kl_flash_area *area = &half->area;
    *half = (struct half){.area = *area};
    if (kl_area_erase(area, 0, area->bytes) ||
        kl_area_write(area, 0, record->bytes, sizeof record->bytes) || read_half(half, set) ||
        half->version == 0) {
        return KL_KEY_SET_FLASH;
    }
    return complete(half);
}

int kl_key_set_take(const struct kl_flash_area *security, const struct kl_image *image,
                    struct kl_key_set *current)
{
    struct record record;
    struct half half;
    struct kl_key_set set = {.version = 0};
    int error = load(security, &set, &half);
    if (error) {
        return error;
    }
    if (set.version > current->version) {
        *current = set; /* its mark was not seen before */
    }
    error = open_record(image, current, &record, &set);
    if (error) {
        return error;
    }
    hash_record(&record, record.bytes + HASHED_MAX);
    error = store(&half, &record, &set);
    if (!error) {
        *current = set;
    }
    return error;
}
