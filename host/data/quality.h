/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with recordings: faults of sensors, and items unlike the others. */
#ifndef KINGLET_DATA_QUALITY_H
#define KINGLET_DATA_QUALITY_H

#include "data/dataset.h"

enum kl_fault {
    KL_STUCK, /* one value over a fifth of the item, and 32 frames; number: its share of the item */
    KL_CLIPPED, /* values pile up at an extreme; number: share of frames that do */
    KL_DROPPED, /* lost samples by time stamps, or runs of zeros amid a signal; number: samples */
    KL_JITTER,  /* the sampling interval varies by more than 5 %; number: its relative deviation */
    KL_NOISE, /* noise floor 10 dB above the others of its class, and 5 of their robust deviations;
                 number: dB above their median */
    KL_OUTLIER, /* unlike the others of its class in a figure; number: robust deviations */
    KL_FAULTS
};
extern const char *const kl_fault_names[KL_FAULTS];

struct kl_finding {
    enum kl_fault fault;
    int32_t item;
    int32_t channel; /* or -1: all */
    double number;
    const char *what; /* of an outlier: the figure, e.g. "level"; else "" */
};

enum { KL_FINDINGS = 4096 };

struct kl_findings {
    struct kl_finding *list; /* by item */
    int32_t count;           /* at most KL_FINDINGS */
    int64_t of[KL_FAULTS];   /* how many there are of each */
};

/*
 * Look at every item. Series: all faults. Images: outliers in brightness, contrast and detail.
 * Tables: outliers in each column. What compares an item with others needs 8 of them, with the same
 * class, else of all; a robust deviation is 1.4826 times the median of the absolute differences
 * from the median, and outliers are 10 of them away; in tables it counts as at least half of the
 * column's standard deviation.
 */
enum kl_err kl_quality_find(const struct kl_dataset *dataset, struct kl_arena *arena,
                            struct kl_findings *findings, struct kl_diag *diag) KL_MUST_CHECK;

#endif
