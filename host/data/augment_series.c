/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "data/augment_internal.h"
#include "data/resample.h"

static const double pi = 3.14159265358979323846;

static float *value_at(const struct augment_copy *c, int32_t frame, int32_t channel)
{
    return &c->values[(size_t)frame * (size_t)c->channels + (size_t)channel];
}

/* Either way, up to `most`. */
static double draw(struct augment_copy *c, double most)
{
    return kl_random_between(&c->random, -most, most);
}

/* Power of a channel without its mean. */
static double power_of(const float *values, int64_t frames, int64_t stride)
{
    double sum = 0;
    double squares = 0;
    for (int64_t i = 0; i < frames; i++) {
        double v = (double)values[i * stride];
        sum += v;
        squares += v * v;
    }
    return fmax(0, (squares - sum * sum / (double)frames) / (double)frames);
}

static enum kl_err stretch(struct augment_copy *c)
{
    double speed = 1 + draw(c, c->augment->stretch);
    float *out;
    int32_t frames;
    struct kl_resampling what = {c->values, c->frames, c->channels, speed, 1};
    KL_TRY(kl_resample(c->kernel, &what, c->arena, &out, &frames, c->diag));
    c->values = out;
    c->frames = frames;
    augment_say(c, "speed", speed, "");
    return KL_OK;
}

static enum kl_err shift(struct augment_copy *c)
{
    double seconds = draw(c, c->augment->shift);
    int64_t by = (int64_t)round(seconds * c->d->facts.rate);
    size_t frame = (size_t)c->channels * sizeof(float);
    float *out = kl_arena_alloc(c->arena, (size_t)c->frames, frame);
    if (!out) {
        return KL_FAIL_MEMORY(c->diag);
    }
    for (int32_t i = 0; i < c->frames; i++) {
        int64_t from = i - by;
        from = from < 0 ? 0 : from < c->frames ? from : c->frames - 1;
        memcpy(out + (size_t)i * (size_t)c->channels, value_at(c, (int32_t)from, 0), frame);
    }
    c->values = out;
    augment_say(c, "shift", (double)by / c->d->facts.rate, " s");
    return KL_OK;
}

/* Rotation about a unit axis by an angle: O. Rodrigues, 1840. */
static void rotation(const double axis[3], double angle, double m[3][3])
{
    double c = cos(angle);
    double s = sin(angle);
    const double cross[3][3] = {
        {0, -axis[2], axis[1]}, {axis[2], 0, -axis[0]}, {-axis[1], axis[0], 0}};
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) {
            m[i][k] = (i == k ? c : 0) + (1 - c) * axis[i] * axis[k] + s * cross[i][k];
        }
    }
}

static void rotate(struct augment_copy *c)
{
    double axis[3];
    double m[3][3];
    double length = 0;
    for (int i = 0; i < 3; i++) { /* a normal vector has no preferred direction */
        axis[i] = kl_random_normal(&c->random);
        length += axis[i] * axis[i];
    }
    for (int i = 0; i < 3; i++) {
        axis[i] = length > 0 ? axis[i] / sqrt(length) : i == 2;
    }
    double degrees = draw(c, c->augment->rotate);
    rotation(axis, degrees * pi / 180, m);
    for (int32_t f = 0; f < c->frames; f++) {
        for (int32_t k = 0; k + 2 < c->channels; k += 3) {
            float *v = value_at(c, f, k);
            const double in[3] = {(double)v[0], (double)v[1], (double)v[2]};
            for (int i = 0; i < 3; i++) {
                v[i] = (float)(m[i][0] * in[0] + m[i][1] * in[1] + m[i][2] * in[2]);
            }
        }
    }
    augment_say(c, "rotate", degrees, " deg");
}

/* Multiply a channel. */
static void multiply(struct augment_copy *c, int32_t channel, double factor)
{
    for (int32_t f = 0; f < c->frames; f++) {
        float *v = value_at(c, f, channel);
        *v = (float)((double)*v * factor);
    }
}

static void scale(struct augment_copy *c)
{
    for (int32_t k = 0; k < c->channels; k++) {
        double factor = 1 + draw(c, c->augment->scale);
        multiply(c, k, factor);
        augment_say(c, "scale", factor, "");
    }
}

static void gain(struct augment_copy *c)
{
    double db = draw(c, c->augment->gain);
    for (int32_t k = 0; k < c->channels; k++) {
        multiply(c, k, pow(10, db / 20));
    }
    augment_say(c, "gain", db, " dB");
}

/* White noise of a standard deviation that is `share` of that of each channel. */
static void add_noise(struct augment_copy *c, double share)
{
    for (int32_t k = 0; k < c->channels; k++) {
        double deviation = share * sqrt(power_of(c->values + k, c->frames, c->channels));
        for (int32_t f = 0; f < c->frames; f++) {
            float *v = value_at(c, f, k);
            *v = (float)((double)*v + deviation * kl_random_normal(&c->random));
        }
    }
}

static void noise(struct augment_copy *c)
{
    double snr =
        kl_random_between(&c->random, c->augment->noise_snr.low, c->augment->noise_snr.high);
    add_noise(c, pow(10, -snr / 20));
    augment_say(c, "noise", snr, " dB");
}

/* Mix in a background recording from a random frame on, again and again if it is shorter. */
static void background(struct augment_copy *c)
{
    int32_t which = c->background[kl_random_next(&c->random) % (uint64_t)c->background_count];
    const struct kl_data_item *item = &c->d->items[which];
    const float *from = kl_dataset_values(c->d, item);
    uint64_t first = kl_random_next(&c->random) % (uint64_t)item->frames;
    double snr = kl_random_between(&c->random, c->augment->background_snr.low,
                                   c->augment->background_snr.high);
    double signal = 0;
    double other = 0;
    for (int32_t k = 0; k < c->channels; k++) {
        signal += power_of(c->values + k, c->frames, c->channels);
        other += power_of(from + k, item->frames, c->channels);
    }
    double factor = other > 0 ? sqrt(signal / other) * pow(10, -snr / 20) : 0;
    for (int32_t f = 0; f < c->frames; f++) {
        size_t at = (size_t)((first + (uint64_t)f) % (uint64_t)item->frames);
        for (int32_t k = 0; k < c->channels; k++) {
            float *v = value_at(c, f, k);
            double b = (double)from[at * (size_t)c->channels + (size_t)k];
            *v = (float)((double)*v + factor * b);
        }
    }
    augment_say(c, "background", snr, " dB");
}

enum kl_err augment_series(struct augment_copy *c)
{
    const struct kl_augment *a = c->augment;
    if (a->stretch > 0) {
        KL_TRY(stretch(c));
    }
    if (a->shift > 0) {
        KL_TRY(shift(c));
    }
    if (a->rotate > 0) {
        rotate(c);
    }
    if (a->scale > 0) {
        scale(c);
    }
    if (a->gain > 0) {
        gain(c);
    }
    if (a->jitter > 0) {
        add_noise(c, a->jitter);
        augment_say(c, "jitter", a->jitter, "");
    }
    if (c->background_count > 0) {
        background(c);
    }
    if (!isnan(a->noise_snr.low)) {
        noise(c);
    }
    return KL_OK;
}
