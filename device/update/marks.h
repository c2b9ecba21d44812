/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks: places in flash of 8 bytes each, of which some say the same word. They settle that
 * something is so, such as that a record before them is complete.
 *
 * A mark that power cut short may be seen at one time and not at another. So what marks say counts
 * when one is seen, and is acted upon only after KL_MARKS_NEEDED are seen: whoever sees fewer
 * writes more. One of them was then written whole, unless power failed at three marks in a row.
 */
#ifndef KINGLET_UPDATE_MARKS_H
#define KINGLET_UPDATE_MARKS_H

#include "kinglet/flash.h"

enum { KL_MARK_BYTES = 8, KL_MARKS_NEEDED = 3 };

struct kl_marks {
    const struct kl_flash_area *area;
    uint32_t offset, places; /* in the area; a multiple of 8 */
    uint32_t seed;           /* of the check: what the marks are about */
    uint32_t word;           /* what they say */
    uint32_t seen;           /* that say it */
    uint32_t used;           /* places up to the last one that does not seem erased */
};

/* Count the marks that say marks->word. 0, or an enum kl_flash_error. */
int kl_marks_read(struct kl_marks *marks);

/* The same, for the word that the first valid mark says. Without one nothing is seen. */
int kl_marks_find(struct kl_marks *marks);

/* Write marks until enough are seen. 0, or KL_FLASH_FAILED: the places are used up. */
int kl_marks_complete(struct kl_marks *marks);

#endif
