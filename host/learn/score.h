/* SPDX-License-Identifier: Apache-2.0 */
/* How good outputs are. */
#ifndef KINGLET_LEARN_SCORE_H
#define KINGLET_LEARN_SCORE_H

#include <stdint.h>

#include "base/statistics.h"

/* The place of the largest value; of equal ones the first. */
int32_t kl_score_class(const float *values, int32_t classes);

/* Right answers of a confusion matrix [truth][answer], and all. */
int64_t kl_score_right(const int64_t *confusion, int32_t classes, int64_t *all);

/*
 * Area under the receiver operating characteristic: the probability that an item with label != 0
 * has a higher score than one with label 0, ties counting half (J. Hanley, B. McNeil, 1982). Sorts
 * scores and labels together. NaN when one side is empty.
 */
double kl_score_auc(double *scores, int32_t *labels, int64_t count);

#endif
