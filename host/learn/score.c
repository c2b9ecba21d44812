/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/score.h"

#include <math.h>
#include <stdlib.h>

int32_t kl_score_class(const float *values, int32_t classes)
{
    int32_t best = 0;
    for (int32_t c = 1; c < classes; c++) {
        best = values[c] > values[best] ? c : best;
    }
    return best;
}

int64_t kl_score_right(const int64_t *confusion, int32_t classes, int64_t *all)
{
    int64_t right = 0;
    *all = 0;
    for (int32_t i = 0; i < classes * classes; i++) {
        *all += confusion[i];
        right += i / classes == i % classes ? confusion[i] : 0;
    }
    return right;
}

/* Exchange two entries of both lists. */
static void exchange(double *scores, int32_t *labels, int64_t a, int64_t b)
{
    double score = scores[a];
    int32_t label = labels[a];
    scores[a] = scores[b];
    labels[a] = labels[b];
    scores[b] = score;
    labels[b] = label;
}

/* Heap sort by score: no extra memory for the pairs. */
static void sink(double *scores, int32_t *labels, int64_t root, int64_t count)
{
    for (int64_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        child += child + 1 < count && scores[child + 1] > scores[child];
        if (!(scores[child] > scores[root])) {
            return;
        }
        exchange(scores, labels, root, child);
        root = child;
    }
}

static void sort(double *scores, int32_t *labels, int64_t count)
{
    for (int64_t i = count / 2 - 1; i >= 0; i--) {
        sink(scores, labels, i, count);
    }
    for (int64_t end = count - 1; end > 0; end--) {
        exchange(scores, labels, 0, end);
        sink(scores, labels, 0, end);
    }
}

double kl_score_auc(double *scores, int32_t *labels, int64_t count)
{
    int64_t below = 0;
    double pairs = 0, marked = 0;
    for (int64_t i = 0; i < count; i++) {
        if (isnan(scores[i])) {
            return NAN; /* has no place in an order */
        }
    }
    sort(scores, labels, count);
    for (int64_t i = 0, end; i < count; i = end) {
        int64_t here[2] = {0, 0};
        for (end = i; end < count && scores[end] == scores[i]; end++) {
            here[labels[end] != 0]++;
        }
        pairs += (double)here[1] * ((double)below + 0.5 * (double)here[0]);
        below += here[0];
        marked += (double)here[1];
    }
    return below > 0 && marked > 0 ? pairs / ((double)below * marked) : NAN;
}
