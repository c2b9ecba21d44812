/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trailer at the end of a firmware slot: what is asked of the boot, how far it has come, and
 * whether an image has proved itself. docs/spec/image.md has the bytes: flags where MCUboot keeps
 * them, so that its requests and confirmations are understood, and a journal in the place of its
 * status.
 *
 * The journal is a log of entries of 8 bytes, each with a round and a check. The last valid entry
 * of the newest round is the state. A write that power cut short may read as valid at one time and
 * as nothing at another; so whoever is about to act on a state first makes sure that it is settled:
 * that two equal entries stand at the end and nothing torn behind them, or that it is appended once
 * more. What is torn is never the state then.
 *
 * It has two halves. A new round begins in the half that the running one does not use, after that
 * is erased: no erase ever touches a state that is needed.
 */
#ifndef KINGLET_TRAILER_H
#define KINGLET_TRAILER_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/flash.h"

/* What the boot is asked for, by the trailer of the secondary slot. Numbers as MCUboot's. */
enum kl_swap_type {
    KL_SWAP_NONE = 1,
    KL_SWAP_TEST = 2,      /* return unless it is confirmed */
    KL_SWAP_PERMANENT = 3, /* confirmed already */
    KL_SWAP_REVERT = 4,
};

enum kl_journal_kind {
    KL_JOURNAL_NONE = 0,    /* there is no entry */
    KL_JOURNAL_BEGIN = 1,   /* value: sectors to swap */
    KL_JOURNAL_STEP = 2,    /* value: how many steps are done, at least 1 */
    KL_JOURNAL_SWAPPED = 3, /* all are done */
    KL_JOURNAL_STARTED = 4, /* value: how often the new image was started without being confirmed */
    KL_JOURNAL_CONFIRMED = 5,
};

struct kl_journal_entry {
    uint8_t kind, type; /* enum kl_journal_kind, enum kl_swap_type */
    uint16_t value;
};

enum kl_trailer_error {
    KL_TRAILER_OK = 0,
    KL_TRAILER_FLASH = -48, /* the flash fails */
    KL_TRAILER_FULL = -49,  /* no room for another entry */
};

enum { KL_JOURNAL_ENTRY_BYTES = 8 };

/* The journal of a slot; kl_journal_open fills it in. */
struct kl_journal {
    const struct kl_flash_area *slot;
    uint32_t capacity; /* entries of each half */
    uint32_t half;     /* that the newest round stands in: 0 or 1 */
    uint32_t used;     /* entries of that half up to the last one that is not erased */
    uint32_t sectors;  /* of the swap that began last; 0: none */
    uint8_t round;
    bool is_settled;
    struct kl_journal_entry last;
};

/* Sectors at the end of a slot that the trailer takes; and bytes that are left for an image, with
 * one sector to spare for the swap. 0 when the slot is too small. */
uint32_t kl_trailer_sectors(const struct kl_flash_area *slot);
uint32_t kl_image_room(const struct kl_flash_area *slot);

/* What the trailer of the secondary slot asks for: KL_SWAP_NONE, _TEST or _PERMANENT. */
enum kl_swap_type kl_trailer_request(const struct kl_flash_area *secondary);

/* Has the running image written image_ok, as applications for MCUboot do? */
bool kl_trailer_is_ok(const struct kl_flash_area *primary);

/* Ask for the image in the secondary slot, which begins at its second sector. 0 or an enum
 * kl_trailer_error. */
int kl_trailer_ask(const struct kl_flash_area *secondary, enum kl_swap_type type);

/* Erase the sector of the flags, and with it what was asked for. */
int kl_trailer_erase_flags(const struct kl_flash_area *slot);

/* Set a flag of the primary slot, for tools that know MCUboot's trailer; best effort. */
void kl_trailer_note(const struct kl_flash_area *primary, enum kl_journal_kind kind);

/* Confirm the running image: from now on it stays. Call it after the self-test. */
int kl_trailer_confirm(const struct kl_flash_area *primary);

int kl_journal_open(const struct kl_flash_area *slot, struct kl_journal *journal);

/* Begin a new round with this entry, in the other half, and settle it. */
int kl_journal_begin(struct kl_journal *journal, struct kl_journal_entry entry);

/* Append an entry, and read it back. */
int kl_journal_append(struct kl_journal *journal, struct kl_journal_entry entry);

/* Append the last entry once more unless it is settled. Each power cut takes one entry in this way:
 * a swap that has no more of them than it needs for its own steps goes on without. */
int kl_journal_settle(struct kl_journal *journal);

#endif
