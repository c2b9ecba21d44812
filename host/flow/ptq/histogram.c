/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/histogram.h"

#include <math.h>
#include <string.h>

enum { BINS = KL_HISTOGRAM_BINS, LEVELS = 256, SHRINKS = 40 };

/* Each end that is tried is this share nearer to 0 than the one before, from the widest on. */
static const double shrink_step = 0.02;

/* Twice as wide: two neighbours become one bin, in the middle half. */
static void grow(struct kl_histogram *h)
{
    int64_t merged[BINS] = {0};
    for (int i = 0; i < BINS; i++) {
        merged[BINS / 4 + i / 2] += h->bins[i];
    }
    memcpy(h->bins, merged, sizeof merged);
    h->limit *= 2;
}

static int bin_of(const struct kl_histogram *h, double value)
{
    int bin = (int)floor((value / h->limit + 1) * BINS / 2);
    return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
}

/* Middle of a bin. */
static double centre(const struct kl_histogram *h, int bin)
{
    return ((bin + 0.5) * 2 / BINS - 1) * h->limit;
}

bool kl_histogram_add(struct kl_histogram *h, const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        float value = values[i];
        if (!isfinite(value)) {
            return false;
        }
        if (h->count == 0) {
            h->low = h->high = value;
            h->limit = value == 0 ? 0x1p-20 : exp2(ceil(log2(fabs((double)value))));
        }
        while (fabs((double)value) > h->limit) {
            grow(h);
        }
        h->low = fminf(h->low, value);
        h->high = fmaxf(h->high, value);
        h->bins[bin_of(h, (double)value)]++;
        h->count++;
    }
    return true;
}

static struct kl_range widest(const struct kl_histogram *h)
{
    return (struct kl_range){h->low, h->high};
}

/* Limits that leave out the share `tail` of all values at each end. */
static struct kl_range without_tails(const struct kl_histogram *h, double tail)
{
    struct kl_range range = widest(h);
    int64_t most = (int64_t)floor(tail * (double)h->count), seen = 0;
    int first = 0, last = BINS - 1;
    while (first < BINS - 1 && seen + h->bins[first] <= most) {
        seen += h->bins[first++];
    }
    for (seen = 0; last > first && seen + h->bins[last] <= most; last--) {
        seen += h->bins[last];
    }
    double width = 2 * h->limit / BINS;
    range.low = fmaxf(range.low, (float)(centre(h, first) - width / 2));
    range.high = fminf(range.high, (float)(centre(h, last) + width / 2));
    return range;
}

static double squared_error(const struct kl_histogram *h, struct kl_range range)
{
    struct kl_scale scale = kl_scale_of(range, false);
    /* Within a bin and a step values lie evenly. */
    double width = 2 * h->limit / BINS, step = (double)scale.scale, sum = 0;
    double inside = fmin(step * step, width * width) / 12;
    for (int i = 0; i < BINS; i++) {
        if (h->bins[i] > 0) {
            double value = centre(h, i);
            int32_t q = kl_quantise_value((float)value, scale, false);
            double error = (q - scale.zero_point) * step - value;
            sum += (double)h->bins[i] * (error * error + inside);
        }
    }
    return sum;
}

/*
 * Generalised Kullback-Leibler divergence, sum of p log(p / q) - p + q, of two measures: p is the
 * histogram with what lies outside put to the ends, q what quantisation makes of its inside alone.
 * Each level spreads its mass over its bins that have any. q keeps its mass: brought to that of p,
 * the best range would be one that leaves nearly everything outside.
 */
static double divergence(const struct kl_histogram *h, struct kl_range range)
{
    struct kl_scale scale = kl_scale_of(range, false);
    double mass[LEVELS] = {0}, used[LEVELS] = {0}, kept[BINS], inside = 0, sum = 0;
    int level[BINS], first = bin_of(h, (double)range.low), last = bin_of(h, (double)range.high);
    for (int i = 0; i < BINS; i++) {
        int to = i < first ? first : i > last ? last : i;
        kept[i] = to == i ? (double)h->bins[i] : 0;
        level[i] = kl_quantise_value((float)centre(h, i), scale, false) + LEVELS / 2;
        mass[level[i]] += kept[i];
        used[level[i]] += kept[i] > 0;
        inside += kept[i];
    }
    for (int i = 0; i < BINS; i++) {
        int to = i < first ? first : i > last ? last : i;
        if (to != i) {
            kept[to] += (double)h->bins[i];
        }
    }
    for (int i = first; i <= last; i++) {
        if (kept[i] > 0) {
            double q = used[level[i]] > 0 ? mass[level[i]] / used[level[i]] : 0.5;
            sum += kept[i] * log(kept[i] / (q > 0 ? q : 0.5));
        }
    }
    double all = (double)h->count;
    return (sum - all + inside) / all;
}

typedef double cost_fn(const struct kl_histogram *h, struct kl_range range);

/* Move one end inwards to where the cost is least; the other stays. */
static void move_end(const struct kl_histogram *h, cost_fn *cost, float *end, float widest_end,
                     struct kl_range *range)
{
    double least = INFINITY;
    float found = widest_end;
    for (int i = 0; i < SHRINKS; i++) {
        *end = widest_end * (float)(1 - i * shrink_step);
        double now = cost(h, *range);
        if (now < least) {
            least = now;
            found = *end;
        }
    }
    *end = found;
}

/* By turns, since the ends depend on each other. */
static struct kl_range best(const struct kl_histogram *h, cost_fn *cost)
{
    enum { TURNS = 2 };
    /* 0 is in every range of int8: an end beyond it would leave nothing between the two. */
    const struct kl_range all = {fminf(h->low, 0), fmaxf(h->high, 0)};
    struct kl_range range = all;
    for (int turn = 0; turn < TURNS; turn++) {
        move_end(h, cost, &range.high, all.high, &range);
        move_end(h, cost, &range.low, all.low, &range);
    }
    return range;
}

struct kl_range kl_histogram_range(const struct kl_histogram *h, enum kl_calibration method,
                                   double percentile, bool wide)
{
    if (h->count == 0 || wide) {
        return widest(h);
    }
    switch (method) {
    case KL_CALIBRATE_PERCENTILE: return without_tails(h, (1 - percentile / 100) / 2);
    case KL_CALIBRATE_MSE: return best(h, squared_error);
    case KL_CALIBRATE_ENTROPY: return best(h, divergence);
    default: return widest(h);
    }
}
