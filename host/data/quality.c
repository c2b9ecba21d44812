/* SPDX-License-Identifier: Apache-2.0 */
#include "data/quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/quality_internal.h"

enum { PEERS = 8 };

static const double most_jitter = 0.05;
static const double noise_db = 10;
static const double noise_deviations = 5;
static const double outlier_deviations = 10;

const char *const kl_fault_names[KL_FAULTS] = {"stuck",  "clipped", "dropped",
                                               "jitter", "noise",   "outlier"};

struct look {
    const struct kl_dataset *d;
    struct kl_findings *findings;
    double *figures; /* [items] of the figure that is compared now; NaN: none */
    double *peers;   /* [items] */
    double *scratch; /* [CHANNEL_NOISE_FRAMES] */
};

static void add(struct look *l, struct kl_finding finding)
{
    l->findings->of[finding.fault]++;
    if (l->findings->count < KL_FINDINGS) {
        l->findings->list[l->findings->count++] = finding;
    }
}

static void look_at_item(struct look *l, int32_t i)
{
    const struct kl_data_item *item = &l->d->items[i];
    size_t channels = (size_t)l->d->facts.channel_count;
    for (size_t c = 0; c < channels; c++) {
        struct channel channel = {kl_dataset_values(l->d, item) + c, channels, item->frames};
        double stuck = channel_stuck(&channel);
        double clipped = stuck > 0 ? 0 : channel_clipped(&channel);
        int32_t dropped = stuck > 0 ? 0 : channel_dropped(&channel);
        if (stuck > 0) {
            add(l, (struct kl_finding){KL_STUCK, i, (int32_t)c, stuck, ""});
        }
        if (clipped > 0) {
            add(l, (struct kl_finding){KL_CLIPPED, i, (int32_t)c, clipped, ""});
        }
        if (dropped > 0) {
            add(l, (struct kl_finding){KL_DROPPED, i, (int32_t)c, dropped, ""});
        }
    }
    if (item->lost > 0) {
        add(l, (struct kl_finding){KL_DROPPED, i, -1, item->lost, ""});
    }
    if (item->jitter > most_jitter) {
        add(l, (struct kl_finding){KL_JITTER, i, -1, item->jitter, ""});
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int32_t count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

struct typical {
    double median, deviation;
    int32_t peers;
};

/* Of the figures of the class, or of all items for -1. */
static struct typical typical_of(struct look *l, int32_t label)
{
    struct typical t = {0};
    for (int32_t i = 0; i < l->d->count; i++) {
        if ((label < 0 || l->d->items[i].label == label) && isfinite(l->figures[i])) {
            l->peers[t.peers++] = l->figures[i];
        }
    }
    if (t.peers < PEERS) {
        return t;
    }
    t.median = median(l->peers, t.peers);
    for (int32_t i = 0; i < t.peers; i++) {
        l->peers[i] = fabs(l->peers[i] - t.median);
    }
    t.deviation = 1.4826 * median(l->peers, t.peers);
    return t;
}

/* Judge one item's figure against its peers. */
static void judge(struct look *l, int32_t i, const struct typical *t, struct kl_finding finding,
                  double floor)
{
    double difference = l->figures[i] - t->median;
    double deviations = difference / fmax(t->deviation, floor);
    bool noise = finding.fault == KL_NOISE;
    if (t->peers < PEERS || !isfinite(l->figures[i])) {
        return;
    }
    finding.item = i;
    finding.number = noise ? difference : deviations;
    if (noise ? difference >= noise_db && deviations >= noise_deviations
              : fabs(deviations) >= outlier_deviations) {
        add(l, finding);
    }
}

/* Compare every item's figure with those of its class, or of all where the class is small. `floor`
 * is the smallest deviation that is taken to be one. */
static void compare_items(struct look *l, struct kl_finding finding, double floor)
{
    struct typical all = typical_of(l, -1);
    for (int32_t class = -1; class < l->d->facts.class_count; class ++) {
        struct typical own = class < 0 ? all : typical_of(l, class);
        for (int32_t i = 0; i < l->d->count; i++) {
            if (l->d->items[i].label == class) {
                judge(l, i, own.peers >= PEERS ? &own : &all, finding, floor);
            }
        }
    }
}

static void compare_noise(struct look *l)
{
    size_t channels = (size_t)l->d->facts.channel_count;
    for (size_t c = 0; c < channels; c++) {
        for (int32_t i = 0; i < l->d->count; i++) {
            const struct kl_data_item *item = &l->d->items[i];
            struct channel channel = {kl_dataset_values(l->d, item) + c, channels, item->frames};
            l->figures[i] = channel_noise(&channel, l->scratch);
        }
        compare_items(l, (struct kl_finding){.fault = KL_NOISE, .channel = (int32_t)c, .what = ""},
                      0.5);
    }
}

/* Level of a recording in dB, all channels, without their means. */
static double level(const struct kl_dataset *d, const struct kl_data_item *item)
{
    size_t channels = (size_t)d->facts.channel_count;
    const float *values = kl_dataset_values(d, item);
    double power = 0;
    for (size_t c = 0; c < channels; c++) {
        double sum = 0;
        double squares = 0;
        for (size_t i = 0; i < (size_t)item->frames; i++) {
            double v = (double)values[i * channels + c];
            sum += v;
            squares += v * v;
        }
        power += squares / item->frames - sum / item->frames * sum / item->frames;
    }
    return power > 0 ? 10 * log10(power) : (double)NAN;
}

static void compare_series(struct look *l)
{
    for (int32_t i = 0; i < l->d->count; i++) {
        l->figures[i] = level(l->d, &l->d->items[i]);
    }
    compare_items(l, (struct kl_finding){.fault = KL_OUTLIER, .channel = -1, .what = "level"}, 0.5);
    for (int32_t i = 0; i < l->d->count; i++) {
        l->figures[i] = log(l->d->items[i].frames);
    }
    compare_items(l, (struct kl_finding){.fault = KL_OUTLIER, .channel = -1, .what = "length"},
                  0.05);
}

/* Brightness, contrast and detail of a picture: mean and standard deviation of its values, and the
 * mean difference of neighbours in a row. */
static double picture_figure(const struct kl_dataset *d, const struct kl_data_item *item, int which)
{
    const uint8_t *p = kl_dataset_pixels(d, item);
    size_t channels = (size_t)d->facts.channel_count;
    size_t values = kl_data_values(&d->facts, item);
    double sum = 0;
    double squares = 0;
    double detail = 0;
    for (size_t i = 0; i < values; i++) {
        sum += p[i];
        squares += (double)p[i] * p[i];
        detail += i >= channels ? fabs((double)p[i] - p[i - channels]) : 0;
    }
    double mean = sum / (double)values;
    return which == 0   ? mean
           : which == 1 ? sqrt(fmax(0, squares / (double)values - mean * mean))
                        : detail / (double)values;
}

static void compare_images(struct look *l)
{
    static const char *const names[] = {"brightness", "contrast", "detail"};
    for (int which = 0; which < 3; which++) {
        for (int32_t i = 0; i < l->d->count; i++) {
            l->figures[i] = picture_figure(l->d, &l->d->items[i], which);
        }
        compare_items(
            l, (struct kl_finding){.fault = KL_OUTLIER, .channel = -1, .what = names[which]}, 1);
    }
}

/* Standard deviation of the figures of all items. */
static double spread(const struct look *l)
{
    double sum = 0;
    double squares = 0;
    for (int32_t i = 0; i < l->d->count; i++) {
        sum += l->figures[i];
    }
    double mean = sum / l->d->count;
    for (int32_t i = 0; i < l->d->count; i++) {
        squares += (l->figures[i] - mean) * (l->figures[i] - mean);
    }
    return sqrt(squares / l->d->count);
}

/* Half of the spread at least, since in columns of few values most may be the same. */
static void compare_rows(struct look *l)
{
    for (int32_t c = 0; c < l->d->facts.channel_count; c++) {
        for (int32_t i = 0; i < l->d->count; i++) {
            l->figures[i] = (double)kl_dataset_values(l->d, &l->d->items[i])[c];
        }
        double floor = spread(l) / 2;
        if (floor > 0) {
            compare_items(
                l, (struct kl_finding){.fault = KL_OUTLIER, .channel = c, .what = "value"}, floor);
        }
    }
}

static int by_item(const void *a, const void *b)
{
    const struct kl_finding *x = a;
    const struct kl_finding *y = b;
    int order = (x->item > y->item) - (x->item < y->item);
    order = order ? order : (x->fault > y->fault) - (x->fault < y->fault);
    return order ? order : (x->channel > y->channel) - (x->channel < y->channel);
}

static enum kl_err prepare(struct look *l, struct kl_arena *arena, struct kl_diag *diag)
{
    l->findings->list = KL_NEW(arena, struct kl_finding, KL_FINDINGS);
    l->figures = KL_NEW(arena, double, (size_t)l->d->count);
    l->peers = KL_NEW(arena, double, (size_t)l->d->count);
    l->scratch = KL_NEW(arena, double, CHANNEL_NOISE_FRAMES);
    return l->findings->list && l->figures && l->peers && l->scratch ? KL_OK : KL_FAIL_MEMORY(diag);
}

enum kl_err kl_quality_find(const struct kl_dataset *d, struct kl_arena *arena,
                            struct kl_findings *findings, struct kl_diag *diag)
{
    struct look l = {.d = d, .findings = findings};
    memset(findings, 0, sizeof *findings);
    KL_TRY(prepare(&l, arena, diag));
    if (d->facts.kind == KL_DATA_SERIES) {
        for (int32_t i = 0; i < d->count; i++) {
            look_at_item(&l, i);
        }
        compare_noise(&l);
        compare_series(&l);
    } else if (d->facts.kind == KL_DATA_IMAGE) {
        compare_images(&l);
    } else {
        compare_rows(&l);
    }
    qsort(findings->list, (size_t)findings->count, sizeof *findings->list, by_item);
    return KL_OK;
}
