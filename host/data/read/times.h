/* SPDX-License-Identifier: Apache-2.0 */
/* What time stamps say of a recording. */
#ifndef KINGLET_DATA_TIMES_H
#define KINGLET_DATA_TIMES_H

#include "data/dataset.h"

struct times {
    double rate;   /* frames per second: one over the mean of the intervals without a gap */
    double jitter; /* standard deviation of those intervals over their mean */
    int32_t lost;  /* samples that fit into the gaps: intervals above 1.5 times the median */
};

/* From `count` stamps in steps of `unit` seconds; a single one gives zeros. KL_EINPUT when they do
 * not increase. */
enum kl_err times_read(const double *stamps, int32_t count, double unit, struct kl_arena *arena,
                       struct times *times, struct kl_diag *diag) KL_MUST_CHECK;

#endif
