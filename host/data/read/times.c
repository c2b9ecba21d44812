/* SPDX-License-Identifier: Apache-2.0 */
#include "data/read/times.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Mean and standard deviation of the intervals up to `limit`, and what the longer ones lost. */
static void measure(const double *intervals, int32_t count, double limit, struct times *times)
{
    double sum = 0;
    double squares = 0;
    double lost = 0;
    int32_t used = 0;
    for (int32_t i = 0; i < count; i++) {
        if (intervals[i] <= limit) {
            sum += intervals[i];
            squares += intervals[i] * intervals[i];
            used++;
        }
    }
    double mean = sum / used;
    for (int32_t i = 0; i < count; i++) {
        lost += intervals[i] > limit ? round(intervals[i] / mean) - 1 : 0;
    }
    times->rate = 1 / mean;
    times->jitter = sqrt(fmax(0, squares / used - mean * mean)) / mean;
    times->lost = lost < INT32_MAX ? (int32_t)lost : INT32_MAX;
}

enum kl_err times_read(const double *stamps, int32_t count, double unit, struct kl_arena *arena,
                       struct times *times, struct kl_diag *diag)
{
    *times = (struct times){0};
    if (count < 2) {
        return KL_OK;
    }
    double *intervals = KL_NEW(arena, double, (size_t)count);
    if (!intervals) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i + 1 < count; i++) {
        intervals[i] = (stamps[i + 1] - stamps[i]) * unit;
        if (!(intervals[i] > 0) || !isfinite(intervals[i])) {
            return kl_fail(diag, KL_EINPUT, "the time does not increase from row %d to %d", i + 1,
                           i + 2);
        }
    }
    qsort(intervals, (size_t)count - 1, sizeof *intervals, compare);
    measure(intervals, count - 1, 1.5 * intervals[(count - 1) / 2], times);
    return times->rate >= 1e-6 && times->rate <= 1e9
               ? KL_OK
               : kl_fail(diag, KL_EINPUT,
                         "%g samples per second by its time stamps; what is their unit? "
                         "--time-unit says it",
                         times->rate);
}
