/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

#include <stdbool.h>
#include <string.h>

enum { MAX_NAME = 64 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Edit distance in which two exchanged neighbours are one edit. Longer names are cut. */
static size_t distance(const char *left, const char *right)
{
    size_t rows[3][MAX_NAME + 1]; /* of the last three letters of `left` */
    size_t left_length = strnlen(left, MAX_NAME);
    size_t right_length = strnlen(right, MAX_NAME);
    for (size_t j = 0; j <= right_length; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= left_length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= right_length; j++) {
            size_t change = left[i - 1] == right[j - 1] ? 0 : 1;
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + change);
            bool exchanged =
                i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if (exchanged) {
                row[j] = smallest(row[j], rows[(i - 2) % 3][j - 2] + 1, row[j]);
            }
        }
    }
    return rows[left_length % 3][right_length];
}

const char *kl_nearest(const char *name, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t best_distance = 0;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(name, names[i]);
        size_t third = strlen(names[i]) / 3;
        if (d <= (third > 2 ? third : 2) && (!best || d < best_distance)) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}
