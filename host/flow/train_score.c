/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "flow/train_internal.h"
#include "learn/score.h"

struct kl_train_score train_score_open(int32_t classes, struct kl_arena *arena)
{
    struct kl_train_score score = {.accuracy = NAN, .low = NAN, .high = NAN, .auc = NAN};
    if (classes > 0) {
        score.confusion = KL_NEW(arena, int64_t, (size_t)classes * (size_t)classes);
        score.error = NAN;
    }
    return score;
}

void train_score_classes(const struct kl_learn_set *set, const float *outputs, int32_t size,
                         struct kl_train_score *score)
{
    for (int32_t i = 0; i < set->count; i++) {
        int32_t answer = kl_score_class(outputs + (ptrdiff_t)i * size, size);
        if (answer < set->classes) {
            score->confusion[set->labels[i] * set->classes + answer]++;
        }
    }
}

void train_score_finish(struct kl_train_score *score, int32_t classes)
{
    int64_t all;
    if (score->confusion) {
        double right = (double)kl_score_right(score->confusion, classes, &all);
        struct kl_interval interval = kl_wilson(right, score->count, 0.95);
        score->accuracy = score->count > 0 ? right / score->count : NAN;
        score->low = interval.low;
        score->high = interval.high;
    }
}
