/* SPDX-License-Identifier: Apache-2.0 */
#include "data/resample.h"

#include <math.h>

#include "data/dataset.h"

enum { CROSSINGS = 64, STEPS = 1024, TABLE = CROSSINGS * STEPS + 2 };

/* The middle of the transition, which ends at the Nyquist frequency. */
static const double cutoff = 0.95;
static const double beta = 9;
static const double pi = 3.14159265358979323846;

/* Modified Bessel function of the first kind, order 0, by its power series. */
static double bessel(double x)
{
    double sum = 1;
    double term = 1;
    for (int k = 1; term > 1e-17 * sum; k++) {
        term *= x * x / (4.0 * k * k);
        sum += term;
    }
    return sum;
}

/* The windowed sinc at 0, 1/STEPS, ... CROSSINGS, its arguments in samples of the lower rate. */
enum kl_err kl_resample_kernel(struct kl_arena *arena, const float **kernel, struct kl_diag *diag)
{
    float *table = KL_NEW(arena, float, TABLE);
    double scale = 1 / bessel(beta);
    for (int i = 0; table && i < TABLE; i++) {
        double t = (double)i / STEPS;
        double place = t / CROSSINGS;
        double sinc = i ? sin(pi * cutoff * t) / (pi * cutoff * t) : 1;
        double window = place < 1 ? scale * bessel(beta * sqrt(1 - place * place)) : 0;
        table[i] = (float)(cutoff * sinc * window);
    }
    *kernel = table;
    return table ? KL_OK : KL_FAIL_MEMORY(diag);
}

static double weight_at(const float *table, double t)
{
    double at = fabs(t) * STEPS;
    int i = (int)at;
    if (i >= TABLE - 1) {
        return 0;
    }
    double part = at - i;
    return (double)table[i] + part * ((double)table[i + 1] - (double)table[i]);
}

struct resampler {
    const struct kl_resampling *what;
    const float *table;
    double ratio; /* of rates, in over out */
    double width; /* of a sample of the lower rate, in samples of the input */
};

static void make_frame(const struct resampler *r, int64_t index, float *out)
{
    double centre = (double)index * r->ratio;
    int64_t first = (int64_t)ceil(centre - CROSSINGS * r->width);
    int64_t last = (int64_t)floor(centre + CROSSINGS * r->width);
    double weights = 0;
    double sums[KL_DATA_CHANNELS];
    for (int32_t c = 0; c < r->what->channels; c++) {
        sums[c] = 0;
    }
    for (int64_t i = first; i <= last; i++) {
        double weight = weight_at(r->table, ((double)i - centre) / r->width);
        int64_t at = i < 0 ? 0 : i < r->what->frames ? i : r->what->frames - 1;
        const float *frame = r->what->in + at * r->what->channels;
        weights += weight;
        for (int32_t c = 0; c < r->what->channels; c++) {
            sums[c] += weight * (double)frame[c];
        }
    }
    for (int32_t c = 0; c < r->what->channels; c++) {
        out[c] = (float)(sums[c] / weights);
    }
}

enum kl_err kl_resample(const float *kernel, const struct kl_resampling *what,
                        struct kl_arena *arena, float **out, int32_t *out_frames,
                        struct kl_diag *diag)
{
    double ratio = what->from / what->to;
    if (!(ratio >= 1e-3 && ratio <= 1e3)) {
        return kl_fail(diag, KL_EUSAGE, "cannot resample from %g Hz to %g Hz: too far apart",
                       what->from, what->to);
    }
    /* A hair more, so that an exact ratio is not cut by rounding. */
    double count = floor((double)(what->frames - 1) / ratio + 1e-9) + 1;
    if (count * what->channels > KL_DATA_ITEM_VALUES) {
        return kl_fail(diag, KL_ELIMIT, "more than 2^28 values at %g Hz", what->to);
    }
    *out = KL_NEW(arena, float, (size_t)count *(size_t)what->channels);
    *out_frames = (int32_t)count;
    if (!*out) {
        return KL_FAIL_MEMORY(diag);
    }
    struct resampler r = {what, kernel, ratio, ratio > 1 ? ratio : 1};
    for (int64_t i = 0; i < *out_frames; i++) {
        make_frame(&r, i, *out + i * what->channels);
    }
    return KL_OK;
}
