/* SPDX-License-Identifier: Apache-2.0 */
#include "data/near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/spectrum.h"

enum {
    BANDS = 17,
    WORDS = 64,
    LANE = 4, /* words that are compared at a time */
    LAGS = 4,
    LEAST_BITS = 80,
    COMPARED = 4096,
    SIDE = 16,
    THUMB = SIDE * SIDE
};

static const double MOST_DIFFERENT = 0.25; /* share of bits of items that are near */

/* What an item is compared by. */
struct print {
    int32_t words;               /* series: steps that have bits */
    int32_t loud_bits;           /* that can be compared */
    uint16_t bits[WORDS + LANE]; /* one per pair of neighbouring bands */
    uint16_t loud[WORDS + LANE]; /* bits of bands that hold a thousandth of the energy or more; 0
                                  * behind the last word */
    float thumb[THUMB];          /* images: mean 0, length 1; all 0 when it has one colour */
};

static int compare_ids(const void *a, const void *b)
{
    const struct kl_data_item *const *x = a;
    const struct kl_data_item *const *y = b;
    int order = strcmp((*x)->id, (*y)->id);
    return order ? order : (*x > *y) - (*x < *y);
}

static void add_pair(struct kl_near *near, struct kl_near_pair pair)
{
    near->exact += pair.exact;
    near->near += !pair.exact;
    if (pair.exact || near->near <= KL_NEAR_PAIRS) {
        near->pairs[near->count++] = pair;
    }
}

static enum kl_err find_exact(const struct kl_dataset *d, struct kl_arena *arena,
                              struct kl_near *near, struct kl_diag *diag)
{
    const struct kl_data_item **sorted = kl_dataset_sorted(d, compare_ids, arena);
    if (!sorted) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i + 1 < d->count; i++) {
        if (strcmp(sorted[i]->id, sorted[i + 1]->id) == 0) {
            add_pair(near, (struct kl_near_pair){(int32_t)(sorted[i] - d->items),
                                                 (int32_t)(sorted[i + 1] - d->items), true, 0});
        }
    }
    return KL_OK;
}

static int compare_frames(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Values of a spectrum: a sixteenth of the median length, so that a typical item has 30 steps. */
static enum kl_err choose_size(const struct kl_dataset *d, struct kl_arena *arena, size_t *size,
                               struct kl_diag *diag)
{
    int32_t *frames = KL_NEW(arena, int32_t, (size_t)d->count);
    if (!frames) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < d->count; i++) {
        frames[i] = d->items[i].frames;
    }
    qsort(frames, (size_t)d->count, sizeof *frames, compare_frames);
    int32_t wanted = d->count ? frames[d->count / 2] / 16 : 0;
    *size = 64;
    while (*size < KL_SPECTRUM_MOST && 2 * *size <= (size_t)wanted) {
        *size *= 2;
    }
    return KL_OK;
}

/* Energy in bands of equal width on a logarithmic scale of frequency, all channels together. */
static void band_energies(const float *frames, size_t channels, size_t size, double energy[BANDS])
{
    double values[KL_SPECTRUM_MOST];
    double power[KL_SPECTRUM_MOST / 2];
    memset(energy, 0, BANDS * sizeof *energy);
    for (size_t c = 0; c < channels; c++) {
        for (size_t i = 0; i < size; i++) {
            values[i] = (double)frames[i * channels + c];
        }
        kl_spectrum(values, size, power);
        size_t bin = 1;
        for (size_t b = 0; b < BANDS; b++) {
            double end = pow((double)size / 2, (double)(b + 1) / BANDS);
            /* At least one bin each: low bands of small spectra would be empty. */
            do {
                energy[b] += bin < size / 2 ? power[bin] : 0;
                bin++;
            } while ((double)bin < end && bin < size / 2);
        }
    }
}

static double total(const double energy[BANDS])
{
    double sum = 0;
    for (int b = 0; b < BANDS; b++) {
        sum += energy[b];
    }
    return sum;
}

static void print_series(const struct kl_dataset *d, const struct kl_data_item *item, size_t size,
                         struct print *print)
{
    double energy[2][BANDS];
    double loudness[WORDS];
    double most = 0;
    size_t channels = (size_t)d->facts.channel_count;
    size_t hop = size / 2;
    const float *values = kl_dataset_values(d, item);
    for (size_t step = 0; step <= WORDS && step * hop + size <= (size_t)item->frames; step++) {
        double *now = energy[step % 2];
        const double *before = energy[1 - step % 2];
        band_energies(values + step * hop * channels, channels, size, now);
        if (step == 0) {
            continue;
        }
        uint16_t bits = 0;
        uint16_t loud = 0;
        double least = (total(now) + total(before)) / 1000;
        for (int b = 0; b + 1 < BANDS; b++) {
            double change = now[b] - now[b + 1] - (before[b] - before[b + 1]);
            double sum = now[b] + now[b + 1] + before[b] + before[b + 1];
            bits = (uint16_t)(bits << 1 | (change > 0));
            loud = (uint16_t)(loud << 1 | (sum >= least && sum > 0));
        }
        print->loud[print->words] = loud;
        loudness[print->words] = total(now);
        most = fmax(most, total(now));
        print->bits[print->words++] = bits;
    }
    for (int32_t w = 0; w < print->words; w++) {
        print->loud[w] = loudness[w] > 1e-6 * most ? print->loud[w] : 0; /* a pause */
        print->loud_bits += __builtin_popcount(print->loud[w]);
    }
}

/* Grey value of the area of the picture that one pixel of the small one stands for. */
static double area_mean(const struct kl_dataset *d, const struct kl_data_item *item, int y, int x)
{
    const uint8_t *pixels = kl_dataset_pixels(d, item);
    int64_t channels = d->facts.channel_count;
    int64_t top = (int64_t)item->frames * y / SIDE;
    int64_t left = (int64_t)item->width * x / SIDE;
    int64_t bottom = (int64_t)item->frames * (y + 1) / SIDE;
    int64_t right = (int64_t)item->width * (x + 1) / SIDE;
    double sum = 0;
    bottom = bottom > top ? bottom : top + 1;
    right = right > left ? right : left + 1;
    for (int64_t r = top; r < bottom; r++) {
        for (int64_t i = (r * item->width + left) * channels;
             i < (r * item->width + right) * channels; i++) {
            sum += pixels[i];
        }
    }
    return sum / (double)((bottom - top) * (right - left) * channels);
}

static void print_image(const struct kl_dataset *d, const struct kl_data_item *item,
                        struct print *print)
{
    double values[THUMB];
    double mean = 0;
    double length = 0;
    for (int i = 0; i < THUMB; i++) {
        values[i] = area_mean(d, item, i / SIDE, i % SIDE);
        mean += values[i] / THUMB;
    }
    for (int i = 0; i < THUMB; i++) {
        length += (values[i] - mean) * (values[i] - mean);
    }
    /* One colour, or hardly more: nothing to compare. */
    for (int i = 0; i < THUMB && length > THUMB; i++) {
        print->thumb[i] = (float)((values[i] - mean) / sqrt(length));
    }
}

/* LANE words from there on. */
static uint64_t lane(const uint16_t *words)
{
    uint64_t all;
    memcpy(&all, words, sizeof all);
    return all;
}

/* How many bits are 1: sums of 2, 4, 8 bits side by side, then of all bytes. */
static int32_t ones(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (int32_t)(x * 0x0101010101010101u >> 56);
}

/* Share of bits that differ when b begins `lag` steps later than a; 1 when too few can be compared,
 * or when it is above MOST_DIFFERENT, whatever else comes. */
static double differ(const struct print *a, const struct print *b, int32_t lag, int32_t *bits)
{
    const int32_t least = a->loud_bits < b->loud_bits ? a->loud_bits : b->loud_bits;
    const int32_t most = (int32_t)(MOST_DIFFERENT * least);
    int32_t different = 0;
    *bits = 0;
    for (int32_t i = lag > 0 ? lag : 0; i < a->words && i - lag < b->words; i += LANE) {
        uint64_t both = lane(a->loud + i) & lane(b->loud + i - lag);
        different += ones(both & (lane(a->bits + i) ^ lane(b->bits + i - lag)));
        *bits += ones(both);
        if (different > most) {
            return 1;
        }
    }
    return *bits >= LEAST_BITS ? (double)different / *bits : 1;
}

/* Could they be near, and how many steps later does b begin? */
static bool is_candidate(const struct print *a, const struct print *b, int32_t *lag)
{
    int32_t longer = a->loud_bits > b->loud_bits ? a->loud_bits : b->loud_bits;
    for (*lag = -LAGS; *lag <= LAGS; (*lag)++) {
        int32_t bits;
        double distance = differ(a, b, *lag, &bits);
        /* Most of the longer one must be in both. */
        if (distance <= fmin(MOST_DIFFERENT, 0.5 - 2.75 / sqrt(bits / 2.0 + 1e-9)) &&
            2 * bits >= longer) {
            return true;
        }
    }
    return false;
}

/* Correlation of a's frames from `from` on with b's from `from - shift` on, all channels. */
static double correlate(const struct kl_dataset *d, const struct kl_data_item *a,
                        const struct kl_data_item *b, int64_t from, int64_t shift, int64_t frames)
{
    int64_t channels = d->facts.channel_count;
    double product = 0;
    double power_a = 0;
    double power_b = 0;
    for (int64_t c = 0; c < channels; c++) {
        const float *x = kl_dataset_values(d, a) + from * channels + c;
        const float *y = kl_dataset_values(d, b) + (from - shift) * channels + c;
        double sum_x = 0;
        double sum_y = 0;
        for (int64_t i = 0; i < frames; i++) {
            double u = (double)x[i * channels];
            double v = (double)y[i * channels];
            sum_x += u;
            sum_y += v;
            product += u * v;
            power_a += u * u;
            power_b += v * v;
        }
        product -= sum_x * sum_y / (double)frames;
        power_a -= sum_x * sum_x / (double)frames;
        power_b -= sum_y * sum_y / (double)frames;
    }
    return power_a > 0 && power_b > 0 ? product / sqrt(power_a * power_b) : 0;
}

/* Are the samples themselves alike, when b is shifted by `lag` steps, or up to one more or less? */
static bool is_near_series(const struct kl_dataset *d, const struct kl_data_item *a,
                           const struct kl_data_item *b, int64_t lag, int64_t hop, double *distance)
{
    double most = -1;
    for (int64_t shift = (lag - 1) * hop; shift <= (lag + 1) * hop; shift++) {
        int64_t begin = shift > 0 ? shift : 0;
        int64_t end = a->frames < b->frames + shift ? a->frames : b->frames + shift;
        int64_t frames = end - begin < COMPARED ? end - begin : COMPARED;
        if (frames > 0) {
            int64_t from = begin + (end - begin - frames) / 2;
            most = fmax(most, correlate(d, a, b, from, shift, frames));
        }
    }
    *distance = 1 - most;
    return most > 0.9;
}

static bool is_near_image(const struct print *a, const struct print *b, double *distance)
{
    double product = 0;
    for (int i = 0; i < THUMB; i++) {
        product += (double)a->thumb[i] * (double)b->thumb[i];
    }
    *distance = 1 - product;
    return product > 0.99;
}

/* Was one made from the other, or both from a third? That is no discovery. */
static bool is_related(const struct kl_data_item *a, const struct kl_data_item *b)
{
    return strcmp(a->origin, b->id) == 0 || strcmp(b->origin, a->id) == 0 ||
           (a->origin[0] && strcmp(a->origin, b->origin) == 0);
}

static enum kl_err find_near(const struct kl_dataset *d, struct kl_arena *arena,
                             struct kl_near *near, struct kl_diag *diag)
{
    size_t size = 0;
    bool image = d->facts.kind == KL_DATA_IMAGE;
    struct print *prints = KL_NEW(arena, struct print, (size_t)d->count);
    if (!prints) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(choose_size(d, arena, &size, diag));
    for (int32_t i = 0; i < d->count; i++) {
        if (image) {
            print_image(d, &d->items[i], &prints[i]);
        } else {
            print_series(d, &d->items[i], size, &prints[i]);
        }
    }
    for (int32_t a = 0; a < d->count; a++) {
        for (int32_t b = a + 1; b < d->count; b++) {
            double distance;
            int32_t lag;
            bool is_near = image ? is_near_image(&prints[a], &prints[b], &distance)
                                 : is_candidate(&prints[a], &prints[b], &lag) &&
                                       is_near_series(d, &d->items[a], &d->items[b], lag,
                                                      (int64_t)size / 2, &distance);
            if (is_near && !is_related(&d->items[a], &d->items[b]) &&
                strcmp(d->items[a].id, d->items[b].id) != 0) {
                add_pair(near, (struct kl_near_pair){a, b, false, distance});
            }
        }
    }
    return KL_OK;
}

enum kl_err kl_near_find(const struct kl_dataset *d, struct kl_arena *arena, struct kl_near *near,
                         struct kl_diag *diag)
{
    size_t most = (size_t)d->count + KL_NEAR_PAIRS;
    *near = (struct kl_near){.pairs = KL_NEW(arena, struct kl_near_pair, most)};
    if (!near->pairs) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(find_exact(d, arena, near, diag));
    near->searched = d->facts.kind != KL_DATA_TABLE && d->count <= KL_NEAR_ITEMS;
    return near->searched ? find_near(d, arena, near, diag) : KL_OK;
}
