/* SPDX-License-Identifier: Apache-2.0 */
/* The detectors that look at one channel of one recording. */
#ifndef KINGLET_DATA_QUALITY_INTERNAL_H
#define KINGLET_DATA_QUALITY_INTERNAL_H

#include "data/quality.h"

/* One channel: value i is at values[i * stride]. */
struct channel {
    const float *values;
    size_t stride;
    int32_t frames;
};

static inline double channel_at(const struct channel *c, int32_t i)
{
    return (double)c->values[(size_t)i * c->stride];
}

/* Share of the longest run of one value; 0 when it is no fault. */
double channel_stuck(const struct channel *channel);

/* Share of frames that lie at an extreme in runs of 3 or more; 0 when that is no fault. */
double channel_clipped(const struct channel *channel);

/* Frames in runs of 4 or more zeros between values that are no zeros; 0 when that is no fault. */
int32_t channel_dropped(const struct channel *channel);

enum { CHANNEL_NOISE_FRAMES = 2048 };

/* Noise floor in dB: 20 log10 of the smallest standard deviation that second differences suggest in
 * 16 parts of the recording, in up to CHANNEL_NOISE_FRAMES of each, for which `scratch` has room.
 * -HUGE_VAL when it is too short or has none. */
double channel_noise(const struct channel *channel, double *scratch);

#endif
