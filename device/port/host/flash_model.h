/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A NOR flash in memory, with the rules of real ones and with power cuts, for tests and for agents
 * on the host.
 *
 * Rules: an erase sets whole sectors to 0xff; a write takes whole units of write_bytes, and each
 * unit once after an erase (flash with error correction allows no more). What breaks a rule fails
 * with KL_FLASH_FAILED and is counted in `violations`.
 *
 * Operations are counted: a unit written or a sector erased is one. Power can be cut at any of
 * them: before it, behind it, or in its middle. In the middle of a write some of the bits that were
 * to fall have fallen; in the middle of an erase some have risen; and some are unstable: they read
 * differently each time until the sector is erased. After a cut every call fails, and nothing
 * changes any more, until kl_flash_model_power_on.
 *
 * Everything is drawn from `seed`, so that a run with the same cuts is the same run.
 */
#ifndef KINGLET_PORT_FLASH_MODEL_H
#define KINGLET_PORT_FLASH_MODEL_H

#include "kinglet/flash.h"

enum kl_cut_place { KL_CUT_BEFORE, KL_CUT_MIDDLE, KL_CUT_AFTER, KL_CUT_PLACES };

struct kl_flash_model {
    struct kl_flash flash; /* its context is this model */
    uint8_t *data;         /* [bytes] */
    uint8_t *unstable;     /* [bytes]: bits that read differently each time */
    uint8_t *written;      /* [bytes / write_bytes]: 1 since the last erase */
    uint32_t *wear;        /* [bytes / sector_bytes]: erases */
    uint64_t operations;   /* begun so far */
    uint64_t cut_at;       /* number of the operation that power is cut at, from 0 on */
    enum kl_cut_place cut_place;
    bool is_cutting;     /* false: cut_at does not count */
    bool is_off;         /* power was cut */
    bool is_worn;        /* set by a test: writes seem to succeed, and change nothing */
    uint32_t cut_offset; /* in the flash, of the operation that it was cut at last */
    uint32_t violations;
    uint64_t random;
};

/* Bytes of memory for a model: data, unstable, written and wear. */
uint32_t kl_flash_model_bytes(uint32_t bytes, uint32_t sector_bytes, uint32_t write_bytes);

/* An erased flash. `memory` has kl_flash_model_bytes, is aligned to 4, and lives as long as the
 * model. */
void kl_flash_model_init(struct kl_flash_model *model, void *memory, uint32_t bytes,
                         uint32_t sector_bytes, uint32_t write_bytes, uint64_t seed);

/* Cut power at an operation, counted from now on: 0 is the next one. */
void kl_flash_model_cut(struct kl_flash_model *model, uint64_t after, enum kl_cut_place place);

/* Power is back, and no further cut is planned. */
void kl_flash_model_power_on(struct kl_flash_model *model);

#endif
