/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "data/quality_internal.h"

enum { STUCK_FRAMES = 32, CLIP_RUN = 3, ZERO_RUN = 4, BLOCKS = 16 };

static int32_t run_length(const struct channel *c, int32_t from)
{
    int32_t end = from + 1;
    while (end < c->frames && channel_at(c, end) == channel_at(c, from)) {
        end++;
    }
    return end - from;
}

double channel_stuck(const struct channel *c)
{
    int32_t longest = 0;
    for (int32_t i = 0; i < c->frames;) {
        int32_t run = run_length(c, i);
        longest = run > longest ? run : longest;
        i += run;
    }
    bool fault = longest >= STUCK_FRAMES && longest * 5.0 >= c->frames;
    return fault ? (double)longest / c->frames : 0;
}

struct extremes {
    double low, high, step; /* step: the smallest difference of two neighbours that is not 0 */
};

static struct extremes find_extremes(const struct channel *c)
{
    struct extremes e = {HUGE_VAL, -HUGE_VAL, HUGE_VAL};
    for (int32_t i = 0; i < c->frames; i++) {
        double value = channel_at(c, i);
        double step = i ? fabs(value - channel_at(c, i - 1)) : 0;
        e.low = fmin(e.low, value);
        e.high = fmax(e.high, value);
        e.step = step > 0 ? fmin(e.step, step) : e.step;
    }
    return e;
}

/* Frames at `extreme` in runs, when they are three times those that lie in a narrow band beside it:
 * what a signal that turns around there would not do, not even a sine of 8 bits. */
static int32_t piled_up(const struct channel *c, double extreme, double range, double step)
{
    double band = fmax(0.005 * range, 1.5 * step);
    int32_t runs = 0;
    int32_t at = 0;
    int32_t beside = 0;
    for (int32_t i = 0; i < c->frames;) {
        int32_t run = run_length(c, i);
        double distance = fabs(channel_at(c, i) - extreme);
        if (distance == 0 && run >= CLIP_RUN) {
            at += run;
            runs++;
        }
        beside += distance > 0 && distance <= band ? run : 0;
        i += run;
    }
    return (runs >= 3 || at >= 2 * CLIP_RUN) && at >= 3 * beside ? at : 0;
}

double channel_clipped(const struct channel *c)
{
    struct extremes e = find_extremes(c);
    double range = e.high - e.low;
    /* With few levels between the extremes, runs there say nothing. */
    if (!(range > 0) || range < 64 * e.step) {
        return 0;
    }
    int32_t frames = piled_up(c, e.low, range, e.step) + piled_up(c, e.high, range, e.step);
    return (double)frames / c->frames;
}

static double deviation(const struct channel *c)
{
    double sum = 0;
    double squares = 0;
    for (int32_t i = 0; i < c->frames; i++) {
        sum += channel_at(c, i);
        squares += channel_at(c, i) * channel_at(c, i);
    }
    double mean = sum / c->frames;
    return sqrt(fmax(0, squares / c->frames - mean * mean));
}

int32_t channel_dropped(const struct channel *c)
{
    double jump = deviation(c) / 2;
    int32_t dropped = 0;
    for (int32_t i = 0; i < c->frames;) {
        int32_t run = run_length(c, i);
        bool inside = i > 0 && i + run < c->frames;
        /* Zeros between small values are a pause, not a gap. */
        if (channel_at(c, i) == 0 && run >= ZERO_RUN && inside &&
            (fabs(channel_at(c, i - 1)) > jump || fabs(channel_at(c, i + run)) > jump)) {
            dropped += run;
        }
        i += run;
    }
    return dropped;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double channel_noise(const struct channel *c, double *scratch)
{
    int32_t hop = (c->frames - 2) / BLOCKS;
    int32_t block = hop < CHANNEL_NOISE_FRAMES ? hop : CHANNEL_NOISE_FRAMES;
    double lowest = HUGE_VAL;
    for (int b = 0; block >= 4 && b < BLOCKS; b++) {
        for (int32_t i = 0; i < block; i++) {
            int32_t at = b * hop + i;
            scratch[i] =
                fabs(channel_at(c, at) - 2 * channel_at(c, at + 1) + channel_at(c, at + 2));
        }
        qsort(scratch, (size_t)block, sizeof *scratch, compare);
        double median = scratch[block / 2];
        lowest = median > 0 ? fmin(lowest, median) : lowest;
    }
    /* The second difference of white noise has 6 times its variance; 0.6745 is the median of the
     * absolute value of a standard normal. */
    return lowest < HUGE_VAL ? 20 * log10(lowest / (0.6745 * sqrt(6))) : -HUGE_VAL;
}
