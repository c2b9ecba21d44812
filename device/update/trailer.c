/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/trailer.h"

#include <string.h>

#include "update/bytes.h"

/* Distances from the end of the slot, for a largest write unit of 8 bytes. */
enum { MAGIC_AT = 16, OK_AT = 24, COPY_DONE_AT = 32 };
enum { FLAG_SET = 1, FLAG_BYTES = 8, HALVES = 2 };

/* Entries for a swap, and for what happens beside it: starts, and going on after a power cut. */
enum { ENTRIES_OF_SECTOR = 2, ENTRIES_BESIDE = 64, ENTRIES_AFTER = 16 };

static const uint8_t magic[MAGIC_AT] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                        0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80};

/* Sectors of half a journal. */
static uint32_t half_sectors(const struct kl_flash_area *slot)
{
    uint32_t sector_bytes = slot->flash->sector_bytes, sectors = slot->bytes / sector_bytes;
    uint32_t entries = ENTRIES_OF_SECTOR * sectors + ENTRIES_BESIDE;
    return (entries * KL_JOURNAL_ENTRY_BYTES + sector_bytes - 1) / sector_bytes;
}

uint32_t kl_trailer_sectors(const struct kl_flash_area *slot)
{
    return HALVES * half_sectors(slot) + 1;
}

uint32_t kl_image_room(const struct kl_flash_area *slot)
{
    uint32_t sector_bytes = slot->flash->sector_bytes, sectors = slot->bytes / sector_bytes;
    uint32_t taken = kl_trailer_sectors(slot) + 1;
    return sectors > taken ? (sectors - taken) * sector_bytes : 0;
}

static uint32_t half_start(const struct kl_flash_area *slot, uint32_t half)
{
    uint32_t sectors = 1 + (HALVES - half) * half_sectors(slot);
    return slot->bytes - sectors * slot->flash->sector_bytes;
}

/* Does the slot hold exactly these bytes, that far before its end? */
static bool stands(const struct kl_flash_area *slot, uint32_t before_end, const uint8_t *bytes,
                   uint32_t count)
{
    uint8_t found[MAGIC_AT];
    return kl_area_read(slot, slot->bytes - before_end, found, count) == KL_FLASH_OK &&
           memcmp(found, bytes, count) == 0;
}

static bool is_set(const struct kl_flash_area *slot, uint32_t before_end)
{
    return stands(slot, before_end, &(const uint8_t){FLAG_SET}, 1);
}

static int set_flag(const struct kl_flash_area *slot, uint32_t before_end, uint8_t value)
{
    uint8_t flag[FLAG_BYTES];
    memset(flag, 0xff, sizeof flag);
    flag[0] = value;
    return kl_area_write(slot, slot->bytes - before_end, flag, sizeof flag);
}

enum kl_swap_type kl_trailer_request(const struct kl_flash_area *secondary)
{
    return !stands(secondary, MAGIC_AT, magic, sizeof magic) ? KL_SWAP_NONE
           : is_set(secondary, OK_AT)                        ? KL_SWAP_PERMANENT
                                                             : KL_SWAP_TEST;
}

bool kl_trailer_is_ok(const struct kl_flash_area *primary)
{
    return stands(primary, MAGIC_AT, magic, sizeof magic) && is_set(primary, OK_AT);
}

int kl_trailer_erase_flags(const struct kl_flash_area *slot)
{
    uint32_t sector_bytes = slot->flash->sector_bytes;
    return kl_area_erase(slot, slot->bytes - sector_bytes, sector_bytes) ? KL_TRAILER_FLASH
                                                                         : KL_TRAILER_OK;
}

int kl_trailer_ask(const struct kl_flash_area *secondary, enum kl_swap_type type)
{
    int error = kl_trailer_erase_flags(secondary);
    if (!error && type == KL_SWAP_PERMANENT && set_flag(secondary, OK_AT, FLAG_SET)) {
        error = KL_TRAILER_FLASH;
    }
    /* The magic comes last: before it there is no request. */
    if (!error && kl_area_write(secondary, secondary->bytes - MAGIC_AT, magic, sizeof magic)) {
        error = KL_TRAILER_FLASH;
    }
    return error;
}

/* The flags only repeat what the journal says, so that a failed write does no harm. */
void kl_trailer_note(const struct kl_flash_area *primary, enum kl_journal_kind kind)
{
    if (kind == KL_JOURNAL_BEGIN) {
        (void)kl_area_write(primary, primary->bytes - MAGIC_AT, magic, sizeof magic);
    } else {
        uint32_t at = kind == KL_JOURNAL_CONFIRMED ? OK_AT : COPY_DONE_AT;
        if (kl_area_is_erased(primary, primary->bytes - at, FLAG_BYTES) == 1) {
            (void)set_flag(primary, at, FLAG_SET);
        }
    }
}

int kl_trailer_confirm(const struct kl_flash_area *primary)
{
    struct kl_journal journal;
    int error = kl_journal_open(primary, &journal);
    if (error || journal.last.kind == KL_JOURNAL_NONE) {
        return error; /* an image that no swap brought is confirmed from the beginning */
    }
    if (journal.last.kind != KL_JOURNAL_CONFIRMED) {
        error = kl_journal_append(&journal,
                                  (struct kl_journal_entry){KL_JOURNAL_CONFIRMED, KL_SWAP_NONE, 0});
    }
    if (!error) {
        error = kl_journal_settle(&journal);
    }
    kl_trailer_note(primary, KL_JOURNAL_CONFIRMED);
    return error;
}

enum { CHECK_SEED = 0x4b4a4c31 };

static void encode(struct kl_journal_entry entry, uint8_t round,
                   uint8_t bytes[KL_JOURNAL_ENTRY_BYTES])
{
    bytes[0] = (uint8_t)(entry.kind << 4 | entry.type);
    bytes[1] = round;
    kl_put_u16(bytes + 2, entry.value);
    kl_put_u32(bytes + 4, kl_check_word(kl_get_u32(bytes), CHECK_SEED));
}

static bool decode(const uint8_t bytes[KL_JOURNAL_ENTRY_BYTES], struct kl_journal_entry *entry)
{
    *entry = (struct kl_journal_entry){bytes[0] >> 4, bytes[0] & 15, kl_get_u16(bytes + 2)};
    return kl_get_u32(bytes + 4) == kl_check_word(kl_get_u32(bytes), CHECK_SEED);
}

static bool is_erased(const uint8_t bytes[KL_JOURNAL_ENTRY_BYTES])
{
    return (kl_get_u32(bytes) & kl_get_u32(bytes + 4)) == UINT32_MAX;
}

static bool are_equal(struct kl_journal_entry a, struct kl_journal_entry b)
{
    return a.kind == b.kind && a.type == b.type && a.value == b.value;
}

static void take(struct kl_journal *journal, struct kl_journal_entry entry)
{
    journal->is_settled = are_equal(journal->last, entry);
    journal->last = entry;
    if (entry.kind == KL_JOURNAL_BEGIN) {
        journal->sectors = entry.value;
    }
}

/* Rounds count modulo 256; at most two of them are ever readable. */
static bool is_newer(uint8_t round, uint8_t than)
{
    return (int8_t)(round - than) > 0;
}

static uint32_t entry_offset(const struct kl_journal *journal, uint32_t half, uint32_t entry)
{
    return half_start(journal->slot, half) + entry * KL_JOURNAL_ENTRY_BYTES;
}

/* Read one half as if there were no other; of several rounds in it the newest counts. */
static int read_half(const struct kl_flash_area *slot, uint32_t half, struct kl_journal *journal)
{
    *journal = (struct kl_journal){
        .slot = slot,
        .capacity = half_sectors(slot) * slot->flash->sector_bytes / KL_JOURNAL_ENTRY_BYTES,
        .half = half,
        .is_settled = true,
    };
    for (uint32_t i = 0; i < journal->capacity; i++) {
        uint8_t bytes[KL_JOURNAL_ENTRY_BYTES];
        struct kl_journal_entry entry;
        if (kl_area_read(slot, entry_offset(journal, half, i), bytes, sizeof bytes)) {
            return KL_TRAILER_FLASH;
        }
        if (!is_erased(bytes)) {
            journal->used = i + 1;
            journal->is_settled = false; /* what is torn here may be readable the next time */
        }
        if (decode(bytes, &entry)) {
            journal->round = bytes[1];
            take(journal, entry);
        }
    }
    return KL_TRAILER_OK;
}

int kl_journal_open(const struct kl_flash_area *slot, struct kl_journal *journal)
{
    struct kl_journal other;
    int error = read_half(slot, 0, journal);
    if (!error) {
        error = read_half(slot, 1, &other);
    }
    bool is_other =
        !error && other.last.kind != KL_JOURNAL_NONE &&
        (journal->last.kind == KL_JOURNAL_NONE || is_newer(other.round, journal->round));
    if (is_other) {
        *journal = other;
    }
    return error;
}

/* Write one entry where there seems to be room, and see whether it stands there. */
static bool write_entry(struct kl_journal *journal, const uint8_t bytes[KL_JOURNAL_ENTRY_BYTES])
{
    uint8_t found[KL_JOURNAL_ENTRY_BYTES];
    uint32_t at = entry_offset(journal, journal->half, journal->used++);
    return kl_area_write(journal->slot, at, bytes, sizeof found) == KL_FLASH_OK &&
           kl_area_read(journal->slot, at, found, sizeof found) == KL_FLASH_OK &&
           memcmp(found, bytes, sizeof found) == 0;
}

int kl_journal_append(struct kl_journal *journal, struct kl_journal_entry entry)
{
    uint8_t bytes[KL_JOURNAL_ENTRY_BYTES];
    encode(entry, journal->round, bytes);
    while (journal->used < journal->capacity) {
        /* A place where power failed may seem erased: then the next one is taken. */
        if (write_entry(journal, bytes)) {
            take(journal, entry);
            return KL_TRAILER_OK;
        }
    }
    return KL_TRAILER_FULL;
}

/* Entries that the rest of the swap needs for itself. */
static uint32_t still_needed(const struct kl_journal *journal)
{
    uint32_t steps = 2 * journal->sectors;
    uint32_t done = journal->last.kind == KL_JOURNAL_STEP ? journal->last.value : 0;
    bool is_swapping =
        journal->last.kind == KL_JOURNAL_BEGIN || journal->last.kind == KL_JOURNAL_STEP;
    return is_swapping && steps > done ? steps - done + ENTRIES_AFTER : 0;
}

int kl_journal_settle(struct kl_journal *journal)
{
    bool is_scarce = journal->capacity - journal->used <= still_needed(journal);
    bool is_empty = journal->last.kind == KL_JOURNAL_NONE;
    return journal->is_settled || is_scarce || is_empty ? KL_TRAILER_OK
                                                        : kl_journal_append(journal, journal->last);
}

int kl_journal_begin(struct kl_journal *journal, struct kl_journal_entry entry)
{
    journal->half = 1 - journal->half;
    journal->round++;
    journal->used = 0;
    journal->last = (struct kl_journal_entry){KL_JOURNAL_NONE, 0, 0};
    if (kl_area_erase(journal->slot, half_start(journal->slot, journal->half),
                      half_sectors(journal->slot) * journal->slot->flash->sector_bytes)) {
        return KL_TRAILER_FLASH;
    }
    int error = kl_journal_append(journal, entry);
    return error ? error : kl_journal_settle(journal);
}
