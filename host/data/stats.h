/* SPDX-License-Identifier: Apache-2.0 */
/* What a data set holds: balance of classes, splits, coverage of conditions. */
#ifndef KINGLET_DATA_STATS_H
#define KINGLET_DATA_STATS_H

#include "data/near.h"
#include "data/quality.h"

/* Of a class; the last row of `classes` is for items without a label. */
struct kl_class_stats {
    const char *name; /* "" for the last */
    int32_t items, groups;
    int64_t frames;
    int32_t splits[4]; /* by enum kl_data_split; items in folds count as none */
};

/* A value of a tag: a condition under which was recorded. */
struct kl_tag_stats {
    const char *key, *value;
    int32_t items;
    int32_t *classes; /* [class_count] items of each */
};

struct kl_stats {
    struct kl_class_stats *classes; /* [class_count + 1] */
    int32_t groups, folds;
    double imbalance; /* items of the largest class over those of the smallest; 0 without classes */
    struct kl_tag_stats *tags; /* sorted by key and value */
    int32_t tag_count;         /* at most KL_STATS_TAGS */
    int32_t uncovered;         /* pairs of a tag's value and a class of which there is no item */
    struct kl_near near;
    struct kl_findings findings;
};

enum { KL_STATS_TAGS = 1024 };

/* Count and look at everything. Samples are read once per detector. */
enum kl_err kl_stats_run(const struct kl_dataset *dataset, struct kl_arena *arena,
                         struct kl_stats *stats, struct kl_diag *diag) KL_MUST_CHECK;

#endif
