/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device's log: what happened, when, in short records in a flash area of two or more sectors.
 * The oldest sector is erased when there is no room for the next record.
 *
 * Why power cuts do no harm. A sector counts once marks say which one it is in the row
 * (device/update/marks.h). Each place in it has its own number, which follows from the sector's: so
 * a record that a cut left behind, and that reads right at one time and not at another, is never
 * taken for another one; what comes after it has the next number.
 */
#ifndef KINGLET_EVENT_LOG_H
#define KINGLET_EVENT_LOG_H

#include "kinglet/flash.h"

/* What happened, and its arguments a and b; 0 where none are named. */
enum kl_log_event {
    KL_LOG_START = 1,       /* the device started: cause (enum kl_monitor_reset) */
    KL_LOG_CONFIRMED = 2,   /* the running image: major << 24 | minor << 16 | revision, build */
    KL_LOG_UPDATE = 3,      /* asked for: version as above, build */
    KL_LOG_REFUSED = 4,     /* a request: group << 8 | command, code */
    KL_LOG_MODEL = 5,       /* another pack runs: version, slot */
    KL_LOG_MODEL_BAD = 6,   /* a pack failed: version, code */
    KL_LOG_KEYS = 7,        /* a key set was taken: its version */
    KL_LOG_CRASH = 8,       /* the firmware faulted: program counter, cause */
    KL_LOG_SETTING = 9,     /* set or deleted: number */
    KL_LOG_LIFE_CYCLE = 10, /* new state */
    KL_LOG_PRODUCT = 256,   /* from here on: the product's */
};

enum kl_log_error {
    KL_LOG_OK = 0,
    KL_LOG_FLASH = -180, /* the flash fails, or the area is too small */
    KL_LOG_END = -181,   /* there is no later record */
};

struct kl_log_record {
    uint32_t number;  /* rises; some may be missing */
    uint32_t seconds; /* since the start */
    uint16_t start;   /* which start of the device this was, modulo 2^16 */
    uint16_t event;   /* enum kl_log_event */
    uint32_t a, b;
};

struct kl_log {
    const struct kl_flash_area *area;
    uint32_t sector; /* in use */
    uint32_t row;    /* its place in the row of all sectors that ever were, from 1 on */
    uint32_t place;  /* in the sector, of the next record */
    uint16_t start;  /* of the device, for the records to come */
};

/* Open the log of an area, which lives as long as it does; the device has started once more. 0, or
 * KL_LOG_FLASH. */
int kl_log_open(struct kl_log *log, const struct kl_flash_area *area);

/* 0, or KL_LOG_FLASH. */
int kl_log_add(struct kl_log *log, uint32_t seconds, uint16_t event, uint32_t a, uint32_t b);

/* The first record whose number is at least `from`. 0, KL_LOG_END, KL_LOG_FLASH. */
int kl_log_next(const struct kl_log *log, uint32_t from, struct kl_log_record *record);

#endif
