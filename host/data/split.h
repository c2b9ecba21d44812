/* SPDX-License-Identifier: Apache-2.0 */
/* Splits that keep groups together and do not change when data are added. */
#ifndef KINGLET_DATA_SPLIT_H
#define KINGLET_DATA_SPLIT_H

#include "data/near.h"

enum kl_split_method { KL_BY_FRACTIONS, KL_BY_FOLDS, KL_BY_EACH_GROUP };
extern const char *const kl_split_methods[3]; /* as in dataset.json */

struct kl_split_request {
    enum kl_split_method method;
    double fractions[3]; /* train, validation, test; they sum to 1 */
    int32_t folds;
    uint64_t seed;        /* 0: choose the best of 256 */
    bool join_duplicates; /* groups that share an item count as one */
    bool missing_classes; /* a class may be missing on a side */
};

struct kl_split_report {
    struct kl_data_rule rule;   /* with the seed that was taken */
    struct kl_data_item *items; /* one per item of the data set; only split and fold are set */
    int32_t groups;             /* after joining */
    int32_t sides;              /* 3, or the folds */
    int32_t *counts;            /* [sides][classes + 1]: items; the last column has no label */
    int32_t copies_left_out;    /* by augmentation, of items in validation or test */
    double worst; /* largest difference of a class's share on a side from that wanted */
    struct kl_near_pair *leaks; /* pairs on two sides; exact ones first */
    int32_t leak_count, exact_leaks;
};

/*
 * Decide the side of every group: with u = hash of its name and the seed, from 0 to 1, by where u
 * lies among the fractions, or which of `folds` equal parts it lies in. So groups that are added
 * later do not move those that were there, as long as rule and seed are the same. Without a seed
 * the best of 1 .. 256 is taken: the one whose sides have the classes most nearly in their shares.
 * With KL_BY_EACH_GROUP every group is a fold, in the order of their names.
 *
 * KL_EINPUT when there are too few groups for the sides, a side is empty, or a class is missing in
 * training or test. KL_ECHECK when the same samples are on two sides; the report then has the
 * leaks.
 */
enum kl_err kl_split_run(const struct kl_dataset *dataset, const struct kl_split_request *request,
                         struct kl_arena *arena, struct kl_split_report *report,
                         struct kl_diag *diag) KL_MUST_CHECK;

#endif
