/* SPDX-License-Identifier: Apache-2.0 */
/* Moving firmware between the slots, sector by sector. */
#ifndef KINGLET_BOOT_SWAP_H
#define KINGLET_BOOT_SWAP_H

#include "kinglet/boot.h"

/*
 * The update as one piece, whatever part of it was moved already: its first `moved` sectors lie in
 * the primary slot, the others in the secondary slot, one sector further.
 */
struct kl_update_view {
    const struct kl_flash_map *map;
    uint32_t moved;
    struct kl_flash flash; /* read-only; its context is this view */
    struct kl_flash_area area;
};

void kl_update_view_init(struct kl_update_view *view, const struct kl_flash_map *map,
                         uint32_t moved);

/* Do what is left of the swap that the journal describes. 0, or an enum kl_boot_error. */
int kl_swap_resume(const struct kl_boot *boot, struct kl_journal *journal);

#endif
