/* SPDX-License-Identifier: Apache-2.0 */
#include <bearssl_hash.h>
#include <string.h>

#include "update/bytes.h"
#include "update/delta_decode.h"

_Static_assert(sizeof(struct kl_delta) <= KL_DELTA_RAM_MAX, "a device has that much to spare");
_Static_assert(sizeof(((struct kl_delta *)0)->input) >= KL_DELTA_HEADER_BYTES, "it is taken whole");
_Static_assert(sizeof(((struct kl_delta *)0)->input) > KL_DELTA_STEP_BYTES, "a step finds it");

static const uint8_t magic[4] = {'K', 'L', 'D', '1'};

/* What comes next in the patch. */
enum phase { AT_HEADER, AT_CODE, AT_COPY, AT_SEEK, IN_COPY, AT_LITERAL, IN_LITERAL, AT_END };

enum { CHUNK_BYTES = 64 };

static bool overlap(const struct kl_flash_area *a, const struct kl_flash_area *b)
{
    return a->flash == b->flash && a->offset < b->offset + b->bytes &&
           b->offset < a->offset + a->bytes;
}

int kl_delta_begin(struct kl_delta *delta, const struct kl_flash_area *base,
                   const struct kl_flash_area *result)
{
    memset(delta, 0, sizeof *delta);
    delta->base = base;
    delta->result = result;
    delta->phase = AT_HEADER;
    if (!kl_area_valid(base) || !kl_area_valid(result) || overlap(base, result)) {
        delta->error = KL_DELTA_AREA;
    }
    return delta->error;
}

uint32_t kl_delta_received(const struct kl_delta *delta)
{
    return delta->received;
}

static int hash_matches(const struct kl_flash_area *area, uint32_t bytes,
                        const uint8_t expected[KL_DELTA_HASH_BYTES], int otherwise)
{
    br_sha256_context sha;
    uint8_t chunk[CHUNK_BYTES], digest[KL_DELTA_HASH_BYTES];
    br_sha256_init(&sha);
    for (uint32_t at = 0; at < bytes; at += CHUNK_BYTES) {
        uint32_t count = bytes - at < CHUNK_BYTES ? bytes - at : CHUNK_BYTES;
        if (kl_area_read(area, at, chunk, count)) {
            return KL_DELTA_FLASH;
        }
        br_sha256_update(&sha, chunk, count);
    }
    br_sha256_out(&sha, digest);
    return memcmp(digest, expected, sizeof digest) == 0 ? KL_DELTA_OK : otherwise;
}

/* From the last sector down to the one that begins at `first`. */
static int erase_from(const struct kl_flash_area *area, uint32_t first)
{
    uint32_t sector_bytes = area->flash->sector_bytes;
    for (uint32_t at = area->bytes; at > first; at -= sector_bytes) {
        if (kl_area_erase(area, at - sector_bytes, sector_bytes)) {
            return KL_DELTA_FLASH;
        }
    }
    return KL_DELTA_OK;
}

/* Sectors in front of the first erased one hold what is to be kept, but for the last of them. */
static int find_trusted(struct kl_delta *delta)
{
    uint32_t sector_bytes = delta->result->flash->sector_bytes, at = 0;
    while (at < delta->result_bytes) {
        int erased = kl_area_is_erased(delta->result, at, sector_bytes);
        if (erased < 0) {
            return KL_DELTA_FLASH;
        }
        if (erased) {
            break;
        }
        at += sector_bytes;
    }
    delta->trusted = at > 0 ? at - sector_bytes : 0;
    return KL_DELTA_OK;
}

static int take_header(struct kl_delta *delta)
{
    const uint8_t *header = delta->input;
    delta->base_bytes = kl_get_u32(header + 4);
    delta->result_bytes = kl_get_u32(header + 8);
    delta->patch_bytes = kl_get_u32(header + 12);
    memcpy(delta->result_hash, header + 48, sizeof delta->result_hash);
    if (memcmp(header, magic, sizeof magic) != 0 ||
        delta->patch_bytes < KL_DELTA_HEADER_BYTES + KL_DELTA_CODE_BYTES) {
        return KL_DELTA_FORMAT;
    }
    if (delta->base_bytes > delta->base->bytes || delta->result_bytes > delta->result->bytes ||
        delta->result_bytes == 0) {
        return KL_DELTA_SIZE;
    }
    int error = hash_matches(delta->base, delta->base_bytes, header + 16, KL_DELTA_BASE);
    if (!error) {
        error = find_trusted(delta);
    }
    if (!error) {
        error = erase_from(delta->result, delta->trusted);
    }
    delta->input_count = 0;
    delta->phase = AT_CODE;
    kl_delta_model_reset(&delta->model);
    return error;
}

/* What is there already has to be what the patch says. If not, it is of another one. */
static int compare_page(const struct kl_delta *delta)
{
    uint8_t chunk[CHUNK_BYTES];
    for (uint32_t i = 0; i < delta->page_bytes; i += CHUNK_BYTES) {
        uint32_t count = delta->page_bytes - i < CHUNK_BYTES ? delta->page_bytes - i : CHUNK_BYTES;
        if (kl_area_read(delta->result, delta->written + i, chunk, count)) {
            return KL_DELTA_FLASH;
        }
        if (memcmp(chunk, delta->page + i, count) != 0) {
            int error = erase_from(delta->result, 0);
            return error ? error : KL_DELTA_STALE;
        }
    }
    return KL_DELTA_OK;
}

static int write_page(struct kl_delta *delta)
{
    uint32_t unit = delta->result->flash->write_bytes, bytes = delta->page_bytes;
    while (bytes % unit != 0) {
        delta->page[bytes++] = 0xff;
    }
    return kl_area_write(delta->result, delta->written, delta->page, bytes) ? KL_DELTA_FLASH
                                                                            : KL_DELTA_OK;
}

static int finish_page(struct kl_delta *delta)
{
    int error = delta->written < delta->trusted ? compare_page(delta) : write_page(delta);
    delta->written += delta->page_bytes;
    delta->page_bytes = 0;
    return error;
}

static uint32_t result_at(const struct kl_delta *delta)
{
    return delta->written + delta->page_bytes;
}

/* Pages end at sectors, too, so that each is trusted or written as a whole. */
static int put_byte(struct kl_delta *delta, uint8_t byte)
{
    delta->page[delta->page_bytes++] = byte;
    uint32_t at = result_at(delta);
    bool is_full = delta->page_bytes == KL_DELTA_PAGE_BYTES || at == delta->result_bytes ||
                   at % delta->result->flash->sector_bytes == 0;
    return is_full ? finish_page(delta) : KL_DELTA_OK;
}

static int base_byte(struct kl_delta *delta, uint8_t *byte)
{
    uint32_t at = delta->base_at;
    if (at - delta->window_at >= delta->window_bytes) {
        uint32_t bytes = delta->base_bytes - at;
        delta->window_at = at;
        delta->window_bytes = bytes < KL_DELTA_WINDOW_BYTES ? bytes : KL_DELTA_WINDOW_BYTES;
        if (kl_area_read(delta->base, at, delta->window, delta->window_bytes)) {
            return KL_DELTA_FLASH;
        }
    }
    *byte = delta->window[at - delta->window_at];
    return KL_DELTA_OK;
}

static int copy_byte(struct kl_delta *delta)
{
    uint8_t byte;
    int error = base_byte(delta, &byte);
    if (error) {
        return error;
    }
    delta->base_at++;
    if (--delta->left == 0) {
        delta->phase = AT_LITERAL;
    }
    return put_byte(delta, (uint8_t)(byte + kl_delta_decode_difference(delta)));
}

static int literal_byte(struct kl_delta *delta)
{
    if (--delta->left == 0) {
        delta->phase = AT_COPY;
    }
    return put_byte(delta, kl_delta_decode_literal(delta));
}

/* A number of bytes of the result, which must have room for them. */
static int take_count(struct kl_delta *delta, enum kl_delta_number kind)
{
    delta->left = kl_delta_decode_number(delta, kind);
    return delta->left > delta->result_bytes - result_at(delta) ? KL_DELTA_RANGE : KL_DELTA_OK;
}

/* Where the copy begins: a difference to where the last one ended, modulo 2^32, as zigzag. */
static int take_seek(struct kl_delta *delta)
{
    uint32_t number = kl_delta_decode_number(delta, KL_DELTA_SEEK);
    delta->base_at += number >> 1 ^ (number & 1 ? UINT32_MAX : 0);
    delta->phase = IN_COPY;
    return delta->base_at > delta->base_bytes || delta->left > delta->base_bytes - delta->base_at
               ? KL_DELTA_RANGE
               : KL_DELTA_OK;
}

/* An operation is a copy, which may be empty in the first one, and literal bytes, which may be
 * empty behind a copy: so each step but those two leads to a byte. */
static int step(struct kl_delta *delta)
{
    int error;
    switch ((enum phase)delta->phase) {
    case AT_CODE:
        kl_delta_decode_start(delta);
        delta->phase = AT_COPY;
        return KL_DELTA_OK;
    case AT_COPY:
        error = take_count(delta, KL_DELTA_COPY);
        delta->phase = delta->left > 0 ? AT_SEEK : AT_LITERAL;
        return error || delta->left > 0 || result_at(delta) == 0 ? error : KL_DELTA_FORMAT;
    case AT_SEEK: return take_seek(delta);
    case IN_COPY: return copy_byte(delta);
    case AT_LITERAL:
        error = take_count(delta, KL_DELTA_LITERAL);
        delta->phase = delta->left > 0 ? IN_LITERAL : AT_COPY;
        return error || delta->left > 0 || result_at(delta) > 0 ? error : KL_DELTA_FORMAT;
    case IN_LITERAL: return literal_byte(delta);
    default: return KL_DELTA_FORMAT;
    }
}

static bool is_whole(const struct kl_delta *delta)
{
    return delta->phase != AT_HEADER && delta->received == delta->patch_bytes;
}

/* Decode as far as the input goes, and at the end of the patch to the end of the result. */
static int decode(struct kl_delta *delta)
{
    int error = KL_DELTA_OK;
    while (!error && result_at(delta) < delta->result_bytes &&
           (is_whole(delta) || delta->input_count >= KL_DELTA_STEP_BYTES)) {
        error = step(delta);
        if (!error && delta->missing > KL_DELTA_CODE_BYTES) {
            error = KL_DELTA_SHORT;
        }
    }
    return error;
}

/* Take as much input as there is room for. */
static uint32_t fill(struct kl_delta *delta, const uint8_t *bytes, uint32_t count)
{
    uint32_t all = delta->phase == AT_HEADER ? KL_DELTA_HEADER_BYTES : KL_DELTA_INPUT_BYTES;
    uint32_t taken = 0;
    while (taken < count && delta->input_count < all) {
        uint32_t at = (delta->input_first + delta->input_count) % KL_DELTA_INPUT_BYTES;
        delta->input[at] = bytes[taken++];
        delta->input_count++;
    }
    delta->received += taken;
    return taken;
}

/* The result is complete: nothing of the patch may be left, and its hash has to be right. */
static int finish(struct kl_delta *delta)
{
    if (delta->input_count > KL_DELTA_CODE_BYTES) {
        return KL_DELTA_LONG;
    }
    int error =
        hash_matches(delta->result, delta->result_bytes, delta->result_hash, KL_DELTA_RESULT);
    return error ? error : KL_DELTA_DONE;
}

static int feed_part(struct kl_delta *delta, const uint8_t *bytes, uint32_t count, uint32_t *taken)
{
    uint32_t room = delta->phase == AT_HEADER ? count : delta->patch_bytes - delta->received;
    *taken = fill(delta, bytes, count < room ? count : room);
    if (delta->phase == AT_HEADER) {
        return delta->input_count == KL_DELTA_HEADER_BYTES ? take_header(delta) : KL_DELTA_OK;
    }
    if (count > 0 && room == 0) {
        return KL_DELTA_LONG;
    }
    int error = decode(delta);
    if (error) {
        return error;
    }
    if (result_at(delta) == delta->result_bytes && *taken == 0 && !is_whole(delta)) {
        return KL_DELTA_LONG; /* the result is complete, and the patch is not */
    }
    return is_whole(delta) && result_at(delta) == delta->result_bytes ? finish(delta) : KL_DELTA_OK;
}

int kl_delta_feed(struct kl_delta *delta, const void *bytes, uint32_t count)
{
    const uint8_t *from = bytes;
    while (count > 0 && delta->error == KL_DELTA_OK) {
        uint32_t taken;
        delta->error = feed_part(delta, from, count, &taken);
        from += taken;
        count -= taken;
    }
    if (delta->error == KL_DELTA_DONE && count > 0) {
        delta->error = KL_DELTA_LONG;
    }
    return delta->error;
}
