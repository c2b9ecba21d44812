/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's side of the memory shared with the counting plugin. */
#ifndef KINGLET_EMULATE_COUNTS_H
#define KINGLET_EMULATE_COUNTS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/diag.h"
#include "emulate/emulator.h"

struct kl_counts {
    int fd;              /* of the shared memory, for the emulator to inherit; -1: none */
    const size_t *order; /* region order[i] is entry i of the shared memory */
    size_t count;
};

/* Create the shared memory for the regions, whose addresses must differ. */
enum kl_err kl_counts_create(const struct kl_count_region *regions, size_t count,
                             struct kl_arena *arena, struct kl_counts *counts,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Read what the plugin counted into result[i] of region i. KL_ETOOL when it did not finish. */
enum kl_err kl_counts_read(const struct kl_counts *counts, struct kl_region_count *result,
                           struct kl_diag *diag) KL_MUST_CHECK;

void kl_counts_close(struct kl_counts *counts);

#endif
