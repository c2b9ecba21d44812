/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/event_log.h"

#include "update/bytes.h"
#include "update/marks.h"

/* A sector: marks with its place in the row, then records of 24 bytes: seconds, start, event, a, b,
 * number, check. */
enum {
    PLACES = 8, /* for marks */
    RECORDS_AT = PLACES * KL_MARK_BYTES,
    RECORD_BYTES = 24,
    ROW_SEED = 0x4b4c4c31,
    RECORD_SEED = 0x4b4c4c32
};

static uint32_t sector_bytes(const struct kl_log *log)
{
    return log->area->flash->sector_bytes;
}

static uint32_t sector_count(const struct kl_log *log)
{
    return log->area->bytes / sector_bytes(log);
}

static uint32_t records_each(const struct kl_log *log)
{
    return (sector_bytes(log) - RECORDS_AT) / RECORD_BYTES;
}

static struct kl_marks row_marks(const struct kl_log *log, uint32_t sector, uint32_t row)
{
    return (struct kl_marks){.area = log->area,
                             .offset = sector * sector_bytes(log),
                             .places = PLACES,
                             .seed = ROW_SEED,
                             .word = row};
}

static uint32_t place_offset(const struct kl_log *log, uint32_t sector, uint32_t place)
{
    return sector * sector_bytes(log) + RECORDS_AT + place * RECORD_BYTES;
}

static uint32_t check(const uint8_t bytes[RECORD_BYTES])
{
    uint32_t value = 0;
    for (uint32_t at = 0; at < RECORD_BYTES - 4; at += 4) {
        value = kl_check_word(value << 5 ^ value >> 27 ^ kl_get_u32(bytes + at), RECORD_SEED);
    }
    return value;
}

/* The record at a place of a sector: 1, 0: there is none, or KL_LOG_FLASH. */
static int read_record(const struct kl_log *log, uint32_t sector, uint32_t row, uint32_t place,
                       struct kl_log_record *record)
{
    uint8_t bytes[RECORD_BYTES];
    if (kl_area_read(log->area, place_offset(log, sector, place), bytes, sizeof bytes)) {
        return KL_LOG_FLASH;
    }
    *record = (struct kl_log_record){.number = row * records_each(log) + place,
                                     .seconds = kl_get_u32(bytes),
                                     .start = kl_get_u16(bytes + 4),
                                     .event = kl_get_u16(bytes + 6),
                                     .a = kl_get_u32(bytes + 8),
                                     .b = kl_get_u32(bytes + 12)};
    return kl_get_u32(bytes + 16) == record->number && kl_get_u32(bytes + 20) == check(bytes);
}

/* The place of a sector in the row; 0: it does not count. */
static int read_row(const struct kl_log *log, uint32_t sector, uint32_t *row)
{
    struct kl_marks marks = row_marks(log, sector, 0);
    if (kl_marks_find(&marks)) {
        return KL_LOG_FLASH;
    }
    *row = marks.seen > 0 ? marks.word : 0;
    return KL_LOG_OK;
}

/* Write marks until it is settled that the sector counts, or until there is no place for more. */
static int settle(const struct kl_log *log)
{
    struct kl_marks marks = row_marks(log, log->sector, log->row);
    return kl_marks_read(&marks) || (kl_marks_complete(&marks) && marks.seen == 0) ? KL_LOG_FLASH
                                                                                   : KL_LOG_OK;
}

static int begin_sector(struct kl_log *log, uint32_t sector, uint32_t row)
{
    log->sector = sector;
    log->row = row;
    log->place = 0;
    return kl_area_erase(log->area, sector * sector_bytes(log), sector_bytes(log)) ? KL_LOG_FLASH
                                                                                   : settle(log);
}

/* The sector with the highest place in the row. */
static int find_sector(struct kl_log *log)
{
    for (uint32_t i = 0; i < sector_count(log); i++) {
        uint32_t row;
        if (read_row(log, i, &row)) {
            return KL_LOG_FLASH;
        }
        if (row > log->row) {
            log->row = row;
            log->sector = i;
        }
    }
    return log->row == 0 ? begin_sector(log, 0, 1) : settle(log);
}

/* Behind the last place that does not seem erased. */
static int find_place(struct kl_log *log)
{
    log->place = records_each(log);
    while (log->place > 0) {
        int erased = kl_area_is_erased(log->area, place_offset(log, log->sector, log->place - 1),
                                       RECORD_BYTES);
        if (erased < 0) {
            return KL_LOG_FLASH;
        }
        if (!erased) {
            break;
        }
        log->place--;
    }
    return KL_LOG_OK;
}

int kl_log_open(struct kl_log *log, const struct kl_flash_area *area)
{
    struct kl_log_record record;
    uint32_t from = 0;
    int found;
    *log = (struct kl_log){.area = area};
    if (!kl_area_valid(area) || sector_count(log) < 2 ||
        sector_bytes(log) < RECORDS_AT + RECORD_BYTES || find_sector(log) || find_place(log)) {
        return KL_LOG_FLASH;
    }
    while ((found = kl_log_next(log, from, &record)) == KL_LOG_OK) {
        log->start = (uint16_t)(record.start + 1);
        from = record.number + 1;
    }
    return found == KL_LOG_END ? KL_LOG_OK : KL_LOG_FLASH;
}

/* Write to the next place; 1, or 0: it does not take it. */
static int write_record(struct kl_log *log, const uint8_t bytes[RECORD_BYTES])
{
    struct kl_log_record record;
    uint32_t place = log->place++;
    return kl_area_write(log->area, place_offset(log, log->sector, place), bytes, RECORD_BYTES) ==
               KL_FLASH_OK &&
           read_record(log, log->sector, log->row, place, &record) == 1;
}

int kl_log_add(struct kl_log *log, uint32_t seconds, uint16_t event, uint32_t a, uint32_t b)
{
    uint8_t bytes[RECORD_BYTES];
    kl_put_u32(bytes, seconds);
    kl_put_u16(bytes + 4, log->start);
    kl_put_u16(bytes + 6, event);
    kl_put_u32(bytes + 8, a);
    kl_put_u32(bytes + 12, b);
    /* Where power failed, a place may only seem erased: then the next one is tried. */
    for (uint32_t tries = 0; tries <= records_each(log); tries++) {
        if (log->place >= records_each(log) &&
            begin_sector(log, (log->sector + 1) % sector_count(log), log->row + 1)) {
            return KL_LOG_FLASH;
        }
        kl_put_u32(bytes + 16, log->row * records_each(log) + log->place);
        kl_put_u32(bytes + 20, check(bytes));
        if (write_record(log, bytes)) {
            return KL_LOG_OK;
        }
    }
    return KL_LOG_FLASH;
}

/* The sector with that place in the row. 1, 0: there is none, or KL_LOG_FLASH. */
static int sector_of(const struct kl_log *log, uint32_t wanted, uint32_t *sector)
{
    for (*sector = 0; *sector < sector_count(log); ++*sector) {
        uint32_t row;
        if (read_row(log, *sector, &row)) {
            return KL_LOG_FLASH;
        }
        if (row == wanted) {
            return 1;
        }
    }
    return 0;
}

int kl_log_next(const struct kl_log *log, uint32_t from, struct kl_log_record *record)
{
    uint32_t count = sector_count(log), each = records_each(log);
    uint32_t oldest = log->row > count ? log->row - count + 1 : 1;
    uint32_t first = from / each > oldest ? from / each : oldest;
    for (uint32_t row = first; row <= log->row; row++) {
        uint32_t sector;
        int found = sector_of(log, row, &sector);
        uint32_t place = found > 0 && from / each == row ? from % each : 0;
        for (; found > 0 && place < each; place++) {
            found = read_record(log, sector, row, place, record);
            if (found > 0) {
                return KL_LOG_OK;
            }
            found = found < 0 ? found : 1;
        }
        if (found < 0) {
            return KL_LOG_FLASH;
        }
    }
    return KL_LOG_END;
}
