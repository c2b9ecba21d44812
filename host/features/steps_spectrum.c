/* SPDX-License-Identifier: Apache-2.0 */
/* Steps from a signal to frames, spectra and cepstra. */
#include <math.h>
#include <string.h>

#include "features/builder.h"
#include "features/design.h"

enum { MAX_FRAMES = 1 << 14, MAX_WEIGHTS = 1 << 22, MAX_COEFFICIENTS = 512 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The values of a window; int16 samples become shares of 32768 with it. */
static enum kl_err make_window(struct builder *b, enum design_window window, int32_t length,
                               bool symmetric, float **values)
{
    double scale = b->x->dtype == KL_S16 ? 1.0 / 32768.0 : 1.0;
    *values = NULL;
    if (window == WINDOW_NONE) {
        if (b->x->dtype == KL_S16) {
            return KL_OK;
        }
        window = WINDOW_RECTANGULAR;
    }
    *values = features_alloc(b, (size_t)length, sizeof **values);
    for (int32_t i = 0; *values && i < length; i++) {
        (*values)[i] = (float)(scale * design_window(window, i, length, symmetric));
    }
    return *values ? KL_OK : KL_ELIMIT;
}

enum kl_err step_frame(struct builder *b, const struct kl_yaml *node)
{
    static const char *const windows[] = {"none",    "rectangular", "hann",
                                          "hamming", "blackman",    NULL};
    int32_t length = 0, hop = 0, window = WINDOW_NONE;
    bool symmetric = false;
    float *values;
    const struct option options[] = {{"length", OPTION_SAMPLES, &length, true, NULL},
                                     {"hop", OPTION_SAMPLES, &hop, false, NULL},
                                     {"window", OPTION_WORD, &window, false, windows},
                                     {"symmetric", OPTION_FLAG, &symmetric, false, NULL}};
    KL_TRY(features_options(b, node, options, COUNT(options)));
    if (b->form != FORM_SIGNAL) {
        return features_refuse(b, NULL, "only a signal that is not framed yet can be framed");
    }
    int32_t samples = b->x->shape.dim[0];
    if (length > samples) {
        return features_refuse(b, NULL, "a frame of %d samples of an input of %d", length, samples);
    }
    hop = hop ? hop : length;
    int32_t frames = (samples - length) / hop + 1;
    if (frames > MAX_FRAMES) {
        return features_refuse(b, NULL, "%d frames; at most %d are supported", frames, MAX_FRAMES);
    }
    KL_TRY(make_window(b, (enum design_window)window, length, symmetric, &values));
    return features_begin_frames(b, frames, hop, length, values);
}

static int32_t power_of_two(int32_t least)
{
    int32_t length = 8;
    while (length < least) {
        length *= 2;
    }
    return length;
}

enum kl_err step_spectrum(struct builder *b, const struct kl_yaml *node)
{
    enum { MAX_LENGTH = 1 << 16, POWER, MAGNITUDE };
    static const char *const kinds[] = {"power", "magnitude", NULL};
    int32_t length = 0, kind = 0;
    struct kl_op *op;
    const struct option options[] = {{"length", OPTION_COUNT, &length, false, NULL},
                                     {"of", OPTION_WORD, &kind, false, kinds}};
    KL_TRY(features_options(b, node, options, COUNT(options)));
    KL_TRY(features_float_vectors(b));
    int32_t rows = features_rows(b), width = features_width(b);
    length = length ? length : power_of_two(width);
    if (length < width || length > MAX_LENGTH || length != power_of_two(length)) {
        return features_refuse(b, node,
                               "length %d for frames of %d samples; expected a power of two from 8 "
                               "to %d that is not shorter",
                               length, width, MAX_LENGTH);
    }
    int32_t bins = length / 2 + 1;
    KL_TRY(features_op(b, KL_OP_REAL_FFT, 1, &b->x, KL_F32, (struct kl_shape){3, {rows, bins, 2}},
                       &op));
    op->attr.real_fft.length = length;
    KL_TRY(features_op(b, KL_OP_SQUARED_MAGNITUDE, 1, &b->x, KL_F32,
                       (struct kl_shape){2, {rows, bins}}, NULL));
    if (kind + POWER == MAGNITUDE) {
        KL_TRY(features_op(b, KL_OP_SQRT, 1, &b->x, KL_F32, b->x->shape, NULL));
    }
    b->fft_length = length;
    b->bin_width = b->rate > 0.0 ? b->rate / length : 1.0;
    return KL_OK;
}

static enum kl_err need_spectrum(const struct builder *b)
{
    return b->form == FORM_VECTORS && b->bin_width > 0.0
               ? KL_OK
               : features_refuse(b, NULL, "it needs a spectrum: put the step 'spectrum' before it");
}

/* BAND_SUMS; the values are no spectrum any more. */
static enum kl_err sum_bands(struct builder *b, int32_t bands, const float *weights)
{
    struct kl_tensor *constant;
    KL_TRY(features_constant(b, KL_F32, (struct kl_shape){2, {bands, features_width(b)}}, weights,
                             &constant));
    b->bin_width = 0.0;
    return features_op(b, KL_OP_BAND_SUMS, 2, (struct kl_tensor *[]){b->x, constant}, KL_F32,
                       (struct kl_shape){2, {features_rows(b), bands}}, NULL);
}

static enum kl_err alloc_weights(struct builder *b, int32_t bands, float **weights)
{
    int32_t bins = features_width(b);
    if (bands > MAX_WEIGHTS / bins) {
        return features_refuse(b, NULL, "%d bands of %d bins; at most %d together", bands, bins,
                               MAX_WEIGHTS);
    }
    *weights = features_alloc(b, (size_t)bands * (size_t)bins, sizeof **weights);
    return *weights ? KL_OK : KL_ELIMIT;
}

/* A band between two bins has no weights, and would be 0 always. */
static enum kl_err refuse_empty_bands(const struct builder *b, const float *weights, int32_t bands)
{
    int32_t bins = features_width(b);
    for (int32_t band = 0; band < bands; band++) {
        int32_t i = 0;
        while (i < bins && weights[band * bins + i] == 0.0f) {
            i++;
        }
        if (i == bins) {
            return features_refuse(b, NULL,
                                   "band %d of %d has no bin of the spectrum, whose bins are %g Hz "
                                   "apart; take fewer bands, or a longer transform",
                                   band, bands, b->bin_width);
        }
    }
    return KL_OK;
}

enum kl_err step_mel(struct builder *b, const struct kl_yaml *node)
{
    static const char *const scales[] = {"htk", "slaney", NULL};
    static const char *const norms[] = {"none", "area", NULL};
    static const char *const sides[] = {"hertz", "mel", NULL};
    struct design_mel_bank bank = {.low = 0.0, .high = b->rate / 2.0, .bin_width = b->bin_width};
    int32_t scale = MEL_HTK, area = 0, in_mel = 0;
    float *weights;
    const struct option options[] = {{"bands", OPTION_COUNT, &bank.bands, true, NULL},
                                     {"low", OPTION_FREQUENCY, &bank.low, false, NULL},
                                     {"high", OPTION_FREQUENCY, &bank.high, false, NULL},
                                     {"scale", OPTION_WORD, &scale, false, scales},
                                     {"normalise", OPTION_WORD, &area, false, norms},
                                     {"triangles", OPTION_WORD, &in_mel, false, sides}};
    KL_TRY(features_options(b, node, options, COUNT(options)));
    KL_TRY(need_spectrum(b));
    if (b->rate <= 0.0) {
        return features_refuse(b, NULL, "it needs the input's rate");
    }
    if (!(bank.low < bank.high)) {
        return features_refuse(b, node, "low %g Hz is not below high %g Hz", bank.low, bank.high);
    }
    bank.scale = (enum design_mel)scale;
    bank.area = area != 0;
    bank.in_mel = in_mel != 0;
    bank.bins = features_width(b);
    KL_TRY(alloc_weights(b, bank.bands, &weights));
    design_mel_bank(&bank, weights);
    KL_TRY(refuse_empty_bands(b, weights, bank.bands));
    return sum_bands(b, bank.bands, weights);
}

/* The frequencies at which bands begin and end. */
static enum kl_err read_edges(struct builder *b, const struct kl_yaml *node, double *edges,
                              size_t max)
{
    if (!node || node->kind != KL_YAML_LIST || node->count < 2 || node->count > max) {
        return features_refuse(b, node, "expected a list of 2 to %zu frequencies, where bands meet",
                               max);
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct option edge = {"edge", OPTION_FREQUENCY, &edges[i], true, NULL};
        KL_TRY(features_option(b, node->items[i], &edge));
        if (i > 0 && !(edges[i] > edges[i - 1])) {
            return features_refuse(b, node->items[i], "%g Hz is not above %g Hz", edges[i],
                                   edges[i - 1]);
        }
    }
    return KL_OK;
}

enum kl_err step_bands(struct builder *b, const struct kl_yaml *node)
{
    enum { MAX_EDGES = 64 };
    double edges[MAX_EDGES];
    float *weights;
    KL_TRY(need_spectrum(b));
    KL_TRY(read_edges(b, node, edges, MAX_EDGES));
    int32_t bands = (int32_t)node->count - 1, bins = features_width(b);
    KL_TRY(alloc_weights(b, bands, &weights));
    for (int32_t i = 0; i < bins; i++) {
        double hertz = i * b->bin_width;
        for (int32_t band = 0; band < bands; band++) {
            bool last = band == bands - 1 && hertz == edges[bands];
            weights[band * bins + i] =
                (hertz >= edges[band] && hertz < edges[band + 1]) || last ? 1.0f : 0.0f;
        }
    }
    KL_TRY(refuse_empty_bands(b, weights, bands));
    return sum_bands(b, bands, weights);
}

/* The bins between two frequencies, both ends included. */
enum kl_err step_bins(struct builder *b, const struct kl_yaml *node)
{
    double low = 0.0, high = b->rate / 2.0;
    const struct option options[] = {{"low", OPTION_FREQUENCY, &low, false, NULL},
                                     {"high", OPTION_FREQUENCY, &high, false, NULL}};
    KL_TRY(features_options(b, node, options, COUNT(options)));
    KL_TRY(need_spectrum(b));
    if (b->rate <= 0.0) {
        return features_refuse(b, NULL, "it needs the input's rate");
    }
    const double least = 1e-6; /* of a bin: what rounding may have moved */
    int32_t first = (int32_t)ceil(low / b->bin_width - least);
    int32_t end = (int32_t)floor(high / b->bin_width + least) + 1;
    if (first >= end) {
        return features_refuse(b, node, "no bin lies from %g to %g Hz; they are %g Hz apart", low,
                               high, b->bin_width);
    }
    b->bin_width = 0.0;
    return features_slice(b, 1, first, end, 1);
}

enum kl_err step_dct(struct builder *b, const struct kl_yaml *node)
{
    int32_t coefficients = 0;
    double lifter = 0.0;
    struct kl_tensor *matrix;
    const struct option options[] = {{"coefficients", OPTION_COUNT, &coefficients, true, NULL},
                                     {"lifter", OPTION_NUMBER, &lifter, false, NULL}};
    KL_TRY(features_options(b, node, options, COUNT(options)));
    KL_TRY(features_float_vectors(b));
    int32_t values = features_width(b);
    if (coefficients > values || coefficients > MAX_COEFFICIENTS || values > MAX_WEIGHTS / 512) {
        return features_refuse(b, NULL,
                               "%d coefficients of %d values; there are at most as many as values, "
                               "and %d",
                               coefficients, values, MAX_COEFFICIENTS);
    }
    float *data = features_alloc(b, (size_t)coefficients * (size_t)values, sizeof *data);
    if (!data) {
        return KL_ELIMIT;
    }
    design_dct(coefficients, values, lifter, data);
    KL_TRY(
        features_constant(b, KL_F32, (struct kl_shape){2, {coefficients, values}}, data, &matrix));
    b->bin_width = 0.0;
    return features_op(b, KL_OP_FULLY_CONNECTED, 2, (struct kl_tensor *[]){b->x, matrix}, KL_F32,
                       (struct kl_shape){2, {features_rows(b), coefficients}}, NULL);
}

enum kl_err step_peaks(struct builder *b, const struct kl_yaml *node)
{
    enum { MAX_PEAKS = 64 };
    int32_t count = 0;
    double threshold = 0.0;
    struct kl_op *op;
    const struct option options[] = {{"count", OPTION_COUNT, &count, true, NULL},
                                     {"threshold", OPTION_NUMBER, &threshold, false, NULL}};
    KL_TRY(features_options(b, node, options, COUNT(options)));
    KL_TRY(need_spectrum(b));
    if (count > MAX_PEAKS || !(threshold >= 0.0)) {
        return features_refuse(b, node, "expected up to %d peaks above a threshold of 0 or more",
                               MAX_PEAKS);
    }
    int32_t rows = features_rows(b);
    double bin_width = b->bin_width;
    KL_TRY(
        features_op(b, KL_OP_PEAKS, 1, &b->x, KL_F32, (struct kl_shape){3, {rows, count, 2}}, &op));
    op->attr.peaks = (struct kl_attr_peaks){(float)threshold, (float)bin_width};
    b->bin_width = 0.0;
    return features_reshape(b, (struct kl_shape){2, {rows, 2 * count}});
}
