/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings: short values under numbers, in a flash area of two or more sectors. One sector is in
 * use; a new value is written behind the last one, and when the sector is full what still counts is
 * copied into the next one, so that all sectors wear alike.
 *
 * Why power cuts do no harm. A value is written whole, and then a mark that it is: a cut leaves
 * behind a last value without its mark, which may read right at one time and not at another. Who
 * opens the settings and sees no mark on the last value first moves everything, as it then reads,
 * into the next sector. Before that the old sector is marked as closed, so that nobody believes it
 * as it is any more; behind that the new one is marked as complete. Both are settled as
 * device/update/marks.h says, before anything is erased or written on the word of them. So what was
 * read once is read ever after, and a value that was being set is the old one or the new one.
 */
#ifndef KINGLET_SETTINGS_H
#define KINGLET_SETTINGS_H

#include "kinglet/flash.h"

enum { KL_SETTING_BYTES_MAX = 64 };

enum kl_settings_error {
    KL_SETTINGS_OK = 0,
    KL_SETTINGS_FLASH = -176, /* the flash fails, or the area is too small */
    KL_SETTINGS_NONE = -177,  /* nothing is set under that number */
    KL_SETTINGS_SIZE = -178,  /* a value of more bytes than there may be, or than there is room for
                               */
    KL_SETTINGS_FULL = -179,  /* no sector has room for all values */
};

/* Open settings. All else is in flash. */
struct kl_settings {
    struct kl_flash_area sector; /* that is in use */
    const struct kl_flash_area *area;
    uint32_t generation; /* of the sector: how often they were moved */
    uint32_t end;        /* of what is written in the sector */
    uint32_t whole;      /* entries before it are known to be whole; behind it, if marked so */
};

/* Open the settings of an area, which lives as long as they do; erased or unknown flash becomes
 * empty settings. 0, or KL_SETTINGS_FLASH. */
int kl_settings_open(struct kl_settings *settings, const struct kl_flash_area *area);

/* The value under a number. Returns its length, 0 to KL_SETTING_BYTES_MAX; or KL_SETTINGS_NONE,
 * _SIZE, _FLASH. */
int kl_settings_get(const struct kl_settings *settings, uint16_t number, void *value,
                    uint32_t capacity);

/* 0: it is set, and will be after any power cut. A value that is set already is not written again.
 * KL_SETTINGS_SIZE, _FULL, _FLASH: the old value remains. */
int kl_settings_set(struct kl_settings *settings, uint16_t number, const void *value,
                    uint32_t bytes);

/* 0, KL_SETTINGS_NONE, or as kl_settings_set. */
int kl_settings_delete(struct kl_settings *settings, uint16_t number);

/* The first number at or above `from` under which something is set; or KL_SETTINGS_NONE, _FLASH. */
int kl_settings_next(const struct kl_settings *settings, uint32_t from);

#endif
