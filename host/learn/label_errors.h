/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels that are probably wrong, by confident learning. Source: C. Northcutt, L. Jiang, I. Chuang,
 * Confident learning: estimating uncertainty in dataset labels, JAIR 70 (2021).
 */
#ifndef KINGLET_LEARN_LABEL_ERRORS_H
#define KINGLET_LEARN_LABEL_ERRORS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"

/* An item whose label is doubted. */
struct kl_label_suspect {
    int32_t item;
    int32_t given, likely;
    double confidence;  /* the probability of the given label */
    double probability; /* of the likely one */
};

struct kl_label_errors {
    int32_t items; /* with a label, that were looked at */
    int32_t count;
    struct kl_label_suspect *suspects; /* by their margin, confidence - probability: worst first */
    int64_t *joint;                    /* [given][likely] counts, classes * classes */
    double estimated; /* wrong labels among the items, by the joint with its rows scaled to how many
                       * items have each label */
};

/*
 * Find them. probabilities [items][classes] come from models that have not seen the item; items
 * with a label below 0 are passed over. A class's threshold is the mean probability that it has in
 * the items of its label. An item counts in the joint for the most probable of the classes whose
 * threshold it reaches. The joint's rows, scaled to the items of each label, say how many items of
 * one class are called another; so many of those for which that other class is the most probable
 * are doubted, the farthest from their label first (the paper's pruning by noise rate).
 */
enum kl_err kl_label_errors_find(const float *probabilities, const int32_t *labels, int32_t items,
                                 int32_t classes, struct kl_arena *arena,
                                 struct kl_label_errors *errors,
                                 struct kl_diag *diag) KL_MUST_CHECK;

#endif
