/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/label_errors.h"

#include <stdlib.h>

/* Mean probability of each class in the items of its label; no item reaches that of a class
 * without any. */
static void find_thresholds(const float *probabilities, const int32_t *labels, int32_t items,
                            int32_t classes, int64_t *counts, double *thresholds)
{
    for (int32_t i = 0; i < items; i++) {
        if (labels[i] >= 0) {
            counts[labels[i]]++;
            thresholds[labels[i]] += (double)probabilities[(int64_t)i * classes + labels[i]];
        }
    }
    for (int32_t c = 0; c < classes; c++) {
        thresholds[c] = counts[c] > 0 ? thresholds[c] / (double)counts[c] : 2;
    }
}

/* The most probable class whose threshold is reached, or -1. */
static int32_t confident_class(const float *probabilities, const double *thresholds,
                               int32_t classes)
{
    int32_t best = -1;
    for (int32_t c = 0; c < classes; c++) {
        if ((double)probabilities[c] >= thresholds[c] &&
            (best < 0 || probabilities[c] > probabilities[best])) {
            best = c;
        }
    }
    return best;
}

static int compare(const void *a, const void *b)
{
    const struct kl_label_suspect *x = a, *y = b;
    double p = x->confidence - x->probability, q = y->confidence - y->probability;
    return p != q ? (p > q) - (p < q) : (x->item > y->item) - (x->item < y->item);
}

/* How many items each cell of the joint stands for, when its rows are scaled to the items of each
 * label; the sum off the diagonal. */
static double scale_joint(const struct kl_label_errors *errors, const int64_t *counts,
                          int32_t classes, double *scaled)
{
    double sum = 0;
    for (int32_t c = 0; c < classes; c++) {
        const int64_t *row = errors->joint + (int64_t)c * classes;
        int64_t all = 0;
        for (int32_t k = 0; k < classes; k++) {
            all += row[k];
        }
        for (int32_t k = 0; all > 0 && k < classes; k++) {
            double cell = (double)row[k] / (double)all * (double)counts[c];
            scaled[(int64_t)c * classes + k] = cell;
            sum += k != c ? cell : 0;
        }
    }
    return sum;
}

/* Items for which another class is more probable than their label, the farthest first. */
static void list_candidates(const float *probabilities, const int32_t *labels, int32_t items,
                            int32_t classes, struct kl_label_errors *errors)
{
    for (int32_t i = 0; i < items; i++) {
        const float *row = probabilities + (int64_t)i * classes;
        int32_t best = 0;
        for (int32_t c = 1; c < classes; c++) {
            best = row[c] > row[best] ? c : best;
        }
        if (labels[i] >= 0 && row[best] > row[labels[i]]) {
            errors->suspects[errors->count++] = (struct kl_label_suspect){
                i, labels[i], best, (double)row[labels[i]], (double)row[best]};
        }
    }
    if (errors->count > 0) {
        qsort(errors->suspects, (size_t)errors->count, sizeof errors->suspects[0], compare);
    }
}

/* Keep as many of each pair of classes as the joint says that there are. */
static void prune(int32_t classes, double *scaled, struct kl_label_errors *errors)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < errors->count; i++) {
        const struct kl_label_suspect *s = &errors->suspects[i];
        double *room = &scaled[(int64_t)s->given * classes + s->likely];
        if (*room >= 0.5) {
            *room -= 1;
            errors->suspects[kept++] = *s;
        }
    }
    errors->count = kept;
}

enum kl_err kl_label_errors_find(const float *probabilities, const int32_t *labels, int32_t items,
                                 int32_t classes, struct kl_arena *arena,
                                 struct kl_label_errors *errors, struct kl_diag *diag)
{
    size_t cells = (size_t)classes * (size_t)classes;
    double *thresholds = KL_NEW(arena, double, (size_t)classes);
    double *scaled = KL_NEW(arena, double, cells);
    int64_t *counts = KL_NEW(arena, int64_t, (size_t)classes);
    *errors =
        (struct kl_label_errors){.suspects = KL_NEW(arena, struct kl_label_suspect, (size_t)items),
                                 .joint = KL_NEW(arena, int64_t, cells)};
    if (!thresholds || !scaled || !counts || !errors->suspects || !errors->joint) {
        return KL_FAIL_MEMORY(diag);
    }
    find_thresholds(probabilities, labels, items, classes, counts, thresholds);
    for (int32_t i = 0; i < items; i++) {
        const float *row = probabilities + (int64_t)i * classes;
        int32_t likely = labels[i] >= 0 ? confident_class(row, thresholds, classes) : -1;
        errors->items += labels[i] >= 0;
        if (likely >= 0) {
            errors->joint[(int64_t)labels[i] * classes + likely]++;
        }
    }
    errors->estimated = scale_joint(errors, counts, classes, scaled);
    list_candidates(probabilities, labels, items, classes, errors);
    prune(classes, scaled, errors);
    return KL_OK;
}
