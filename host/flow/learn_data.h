/* SPDX-License-Identifier: Apache-2.0 */
/* Items of a data set as training sees them: windows of series, images, rows of tables. */
#ifndef KINGLET_FLOW_LEARN_DATA_H
#define KINGLET_FLOW_LEARN_DATA_H

#include "data/dataset.h"
#include "flow/data_features.h"
#include "learn/train.h"

/* Which parts there are. A part may be empty. */
enum kl_data_part { KL_PART_TRAIN, KL_PART_VALIDATION, KL_PART_TEST, KL_PARTS };
extern const char *const kl_data_part_names[KL_PARTS];

/* What an item must have to be of use. */
enum kl_need { KL_NEED_LABEL, KL_NEED_TARGET, KL_NEED_NOTHING };

struct kl_learn_rule {
    enum kl_need need;
    int32_t window, hop; /* frames of series; 0: items as they are, all of one length; with
                          * features, the window is that of the pipeline */
    struct kl_data_features *features; /* an example is what this pipeline makes of a window or an
                                        * image; NULL: the values as they are */
    struct kl_shape shape;             /* other dimensions for the same values; rank 0: none */
    uint64_t seed;                     /* of the split when the data set has none */
    int32_t folds; /* > 0: cross-validation, with `fold` as the test part and no validation */
    int32_t fold;
    bool untrained;     /* a part for training may be missing */
    bool undivided;     /* all items are tested, whatever split there is */
    const char *normal; /* anomalies: the class that is learnt; NULL: classes stay as they are */
};

/* One part: a list of windows of items. */
struct kl_learn_part {
    struct kl_learn_set set;
    int32_t *item, *window, *labels; /* of each example */
    float *targets;
    int32_t groups; /* that the examples belong to: those of one group depend on each other */
    const struct kl_learn_data *data;
};

struct kl_learn_data {
    const struct kl_dataset *dataset;
    struct kl_learn_rule rule;
    struct kl_window_rule windows;
    bool split_here;  /* the data set has no split; it was made here, by group */
    int32_t left_out; /* items of no part, or without what is needed */
    int32_t padded;   /* examples that are shorter than a window */
    int32_t leaks;    /* items with the very samples of an item of another part; counted once, and
                       * copies by augmentation as what they were made from */
    int32_t shared_groups; /* with items in more than one part */
    int64_t *first;        /* by item: the number of its first example among all */
    struct kl_learn_part part[KL_PARTS];
};

/*
 * Divide the windows of a data set into parts: by its own split; without one by a hash of each
 * item's group and the seed, 70 % for training and 15 % each for validation and test; with `folds`
 * by its own fold numbers, or by such a hash. Copies by augmentation are in no part but training.
 * With `normal` training and validation hold that class only, as label 0, while the test keeps all,
 * others as label 1. An item that is shorter than a window is one example, with zeros on both
 * sides; what is left at the end of a longer one is left out. Labels, places and targets lie in the
 * arena. KL_EINPUT when items differ in size, or nothing is left to train on; KL_ELIMIT when a
 * window has more values than an item may have. Leaks are counted, not refused: a split that came
 * with the data is its author's decision.
 */
enum kl_err kl_learn_data_make(const struct kl_dataset *dataset, const struct kl_learn_rule *rule,
                               struct kl_arena *arena, struct kl_learn_data *data,
                               struct kl_diag *diag) KL_MUST_CHECK;

/* The class that detectors of anomalies learn: `given`, else "normal", else the first one; NULL
 * when the data set has no classes. */
const char *kl_learn_normal(const struct kl_dataset *dataset, const char *given);

/* What is wrong with the parts, in one sentence; false: nothing. */
enum { KL_LEAKS_TEXT_BYTES = 256 };
bool kl_learn_leaks_text(int32_t leaks, int32_t shared_groups, char text[KL_LEAKS_TEXT_BYTES]);

/* What must be known to read figures of a part, as sentences without the last full stop: examples
 * of one group depend on each other, and what kl_learn_leaks_text says. false: nothing. */
enum { KL_CAUTIONS_BYTES = 400 };
bool kl_learn_cautions(const struct kl_learn_data *data, enum kl_data_part part,
                       char text[KL_CAUTIONS_BYTES]);

/* The part, or NULL when it is empty. */
const struct kl_learn_set *kl_learn_part(const struct kl_learn_data *data, enum kl_data_part part);

#endif
