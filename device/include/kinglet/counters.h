/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The security counter of the device, against old images: a number that only rises. It lies in the
 * first two sectors of the area `security`, as a log of records of 8 bytes, the number and a check
 * of it; the largest valid one counts. When a sector is full the log goes on in the other one,
 * after that was erased.
 *
 * A record that power cut short may be read at one time and not at another: the counter is then the
 * new number or the old one. So each number is written twice, and whoever raises it does so again
 * until that has succeeded.
 */
#ifndef KINGLET_COUNTERS_H
#define KINGLET_COUNTERS_H

#include "kinglet/flash.h"

enum kl_counter_error {
    KL_COUNTER_OK = 0,
    KL_COUNTER_FLASH = -72, /* the flash fails, or the area has less than two sectors */
};

/* 0 where none was ever written. 0, or an enum kl_counter_error. */
int kl_counter_read(const struct kl_flash_area *security, uint32_t *counter);

/* Raise it to at least this number. */
int kl_counter_raise(const struct kl_flash_area *security, uint32_t counter);

#endif
