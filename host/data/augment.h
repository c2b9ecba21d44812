/* SPDX-License-Identifier: Apache-2.0 */
/* Further training items, made from those that were recorded. */
#ifndef KINGLET_DATA_AUGMENT_H
#define KINGLET_DATA_AUGMENT_H

#include "data/writer.h"

/* Each figure that is drawn lies between low and high; a range that is not asked for has NaN. */
struct kl_augment_range {
    double low, high;
};

/* What is done to a copy, in this order; 0, false, NaN and NULL leave a step out. */
struct kl_augment {
    int32_t copies; /* of each training item, 1 or more */
    uint64_t seed;
    /* Series. */
    double stretch;         /* faster or slower by up to this share; the pitch changes along */
    double shift;           /* seconds, earlier or later; the first or last frame fills the gap */
    double rotate;          /* degrees about a random axis; each three channels are x, y, z */
    double scale;           /* share by which each channel is scaled, up or down */
    double gain;            /* dB, up or down, all channels alike */
    double jitter;          /* noise of this share of each channel's standard deviation */
    const char *background; /* class whose training items are mixed in at `background_snr` dB */
    struct kl_augment_range background_snr;
    struct kl_augment_range noise_snr; /* white noise, dB below the signal of each channel */
    /* Images. */
    double crop;       /* share of height and width that is cut off at most; the rest is enlarged */
    bool flip;         /* left and right, in half of the copies */
    double turn;       /* degrees, either way; the border is continued */
    double brightness; /* share, up or down */
};

struct kl_augment_report {
    int32_t kept, made;
};

/*
 * Append all items of the data set as they are, and `copies` of each training item that was not
 * made by augmentation itself; of folds all are training items, and who tests on a fold leaves its
 * copies out. A copy has the group, label, split and fold of its origin, the id of that in
 * `origin`, and a tag "augment" with what was done. A background is one of the same fold. What is
 * drawn depends on the seed, the id of the origin and the number of the copy only: not on other
 * items. KL_EINPUT when nothing is in the training split or a fold, KL_EUSAGE when a step does not
 * fit the kind of data.
 */
enum kl_err kl_augment_run(const struct kl_dataset *dataset, const struct kl_augment *augment,
                           struct kl_data_writer *writer, struct kl_augment_report *report,
                           struct kl_diag *diag) KL_MUST_CHECK;

#endif
