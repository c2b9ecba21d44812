/* SPDX-License-Identifier: Apache-2.0 */
/* Items that are the same, or nearly. */
#ifndef KINGLET_DATA_NEAR_H
#define KINGLET_DATA_NEAR_H

#include "data/dataset.h"

enum { KL_NEAR_PAIRS = 4096 /* near ones that are kept */, KL_NEAR_ITEMS = 20000 };

struct kl_near_pair {
    int32_t a, b;    /* items, a < b */
    bool exact;      /* the same samples */
    double distance; /* else: 1 - correlation */
};

struct kl_near {
    struct kl_near_pair *pairs; /* exact ones first */
    int32_t count;              /* all exact ones, and near ones up to KL_NEAR_PAIRS */
    int64_t exact, near;        /* how many there are */
    bool searched; /* for near ones: not in tables, nor among more than KL_NEAR_ITEMS */
};

/*
 * Exact duplicates have the same id; of n equal items n - 1 pairs are given. Near ones are found by
 * fingerprints that do not see gain, offset, weak noise or lossy coding, nor that one is a bit
 * longer or begins a few steps later.
 *
 * Series: for 16 neighbours of 17 bands the sign of how their difference in energy changes from one
 * step to the next, where they hold a thousandth of the energy (J. Haitsma and T. Kalker, A highly
 * robust audio fingerprinting system, ISMIR 2002). Where at most a quarter of the bits differs
 * (less for short ones: of n bits, half of them taken to be independent, at most 0.5 - 2.75 /
 * sqrt(n / 2)), the samples are compared: near when their correlation at the best shift is above
 * 0.9, in up to 4096 frames from the middle. What repeats itself steadily has no such bits, and is
 * not found.
 *
 * Items made by augmentation are not near to their origin, nor to each other.
 *
 * Images: 16 x 16 grey values without mean and scale; near when their correlation is above 0.99.
 */
enum kl_err kl_near_find(const struct kl_dataset *dataset, struct kl_arena *arena,
                         struct kl_near *near, struct kl_diag *diag) KL_MUST_CHECK;

#endif
