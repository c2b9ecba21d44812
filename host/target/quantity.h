/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with units, as board files write them. */
#ifndef KINGLET_TARGET_QUANTITY_H
#define KINGLET_TARGET_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kl_quantity {
    KL_QUANTITY_NUMBER,   /* without a unit */
    KL_QUANTITY_BYTES,    /* B, KiB, MiB, GiB; without a unit bytes */
    KL_QUANTITY_FREQUENCY /* Hz, kHz, MHz, GHz; without a unit Hz */
};

/*
 * "25 MHz", "4MiB", "0x20000000": a decimal or hexadecimal (0x) integer and, after spaces or
 * none, a unit of the kind. False when the text is something else or the value exceeds 32 bits.
 */
bool kl_quantity_parse(const char *text, size_t length, enum kl_quantity kind, uint32_t *value);

#endif
