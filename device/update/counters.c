/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/counters.h"

#include <string.h>

#include "update/bytes.h"

enum { RECORD_BYTES = 8, SECTORS = 2, COPIES = 2, CHECK_SEED = 0x4b4c4354 };

/* One sector of the log. */
struct log {
    uint32_t used;    /* bytes up to the last record that is not erased */
    uint32_t counter; /* the largest valid one; 0 without any */
    uint32_t copies;  /* of that */
};

static uint32_t sector_bytes(const struct kl_flash_area *security)
{
    return security->flash->sector_bytes;
}

static int read_log(const struct kl_flash_area *security, uint32_t sector, struct log *log)
{
    uint32_t start = sector * sector_bytes(security);
    *log = (struct log){0, 0, 0};
    for (uint32_t at = 0; at < sector_bytes(security); at += RECORD_BYTES) {
        uint8_t record[RECORD_BYTES];
        if (kl_area_read(security, start + at, record, sizeof record)) {
            return KL_COUNTER_FLASH;
        }
        uint32_t value = kl_get_u32(record), check = kl_get_u32(record + 4);
        if ((value & check) != UINT32_MAX) {
            log->used = at + RECORD_BYTES;
        }
        if (check == kl_check_word(value, CHECK_SEED) && value >= log->counter) {
            log->copies = value > log->counter ? 1 : log->copies + 1;
            log->counter = value;
        }
    }
    return KL_COUNTER_OK;
}

static int read_logs(const struct kl_flash_area *security, struct log logs[SECTORS])
{
    if (security->bytes < SECTORS * sector_bytes(security)) {
        return KL_COUNTER_FLASH;
    }
    int error = read_log(security, 0, &logs[0]);
    return error ? error : read_log(security, 1, &logs[1]);
}

int kl_counter_read(const struct kl_flash_area *security, uint32_t *counter)
{
    struct log logs[SECTORS];
    int error = read_logs(security, logs);
    *counter = error ? 0 : logs[0].counter > logs[1].counter ? logs[0].counter : logs[1].counter;
    return error;
}

/* Write a record behind what is used of a sector; where power failed, a place may only seem erased.
 */
static bool append(const struct kl_flash_area *security, uint32_t sector, uint32_t *used,
                   uint32_t counter)
{
    uint8_t record[RECORD_BYTES], found[RECORD_BYTES];
    kl_put_u32(record, counter);
    kl_put_u32(record + 4, kl_check_word(counter, CHECK_SEED));
    while (*used < sector_bytes(security)) {
        uint32_t at = sector * sector_bytes(security) + *used;
        *used += RECORD_BYTES;
        if (kl_area_write(security, at, record, sizeof record) == KL_FLASH_OK &&
            kl_area_read(security, at, found, sizeof found) == KL_FLASH_OK &&
            memcmp(found, record, sizeof record) == 0) {
            return true;
        }
    }
    return false;
}

static bool append_copies(const struct kl_flash_area *security, uint32_t sector, struct log *log,
                          uint32_t counter)
{
    uint32_t have = log->counter == counter ? log->copies : 0;
    while (have < COPIES && append(security, sector, &log->used, counter)) {
        have++;
    }
    return have >= COPIES;
}

int kl_counter_raise(const struct kl_flash_area *security, uint32_t counter)
{
    struct log logs[SECTORS];
    int error = read_logs(security, logs);
    if (error) {
        return error;
    }
    uint32_t current = logs[1].counter > logs[0].counter, other = 1 - current;
    uint32_t bytes = sector_bytes(security);
    if (counter == 0 || logs[current].counter > counter ||
        append_copies(security, current, &logs[current], counter)) {
        return KL_COUNTER_OK;
    }
    /* Full. The other sector holds nothing that this one does not exceed. */
    logs[other] = (struct log){0, 0, 0};
    return kl_area_erase(security, other * bytes, bytes) == KL_FLASH_OK &&
                   append_copies(security, other, &logs[other], counter)
               ? KL_COUNTER_OK
               : KL_COUNTER_FLASH;
}
