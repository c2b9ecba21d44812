/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The integer front end of TensorFlow Lite Micro (signal/, and experimental/microfrontend before
 * it): window, transform, mel filters, noise suppression, gain control, logarithm. The values of
 * the parameters are those of its micro_speech example; the tables follow the formulas of
 * window_util.c, filterbank_util.c and pcan_gain_control_util.c of that front end.
 */
#include <math.h>

#include "features/builder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    WINDOW_BITS = 12,
    WEIGHT_BITS = 12,
    GAIN_VALUES = 125,
    MAX_BANDS = 128,
    MIN_LENGTH = 33, /* a transform of 64: logarithms are not shifted to the right */
    MAX_LENGTH = 1 << 12
};

struct front_end {
    int32_t bands, length, fft_length, bins;
    double low, high;
    int32_t start, end; /* bins that filters read */
    struct kl_tensor *bits;
};

static struct kl_shape vector(int32_t count)
{
    return (struct kl_shape){1, {count}};
}

/* A constant of int16; `values` may be NULL after a failed allocation. */
static enum kl_err table(struct builder *b, const int16_t *values, int32_t count,
                         struct kl_tensor **tensor)
{
    return values ? features_constant(b, KL_S16, vector(count), values, tensor) : KL_ELIMIT;
}

/* Hann, its values in the middle between samples, in Q12. */
static enum kl_err add_window(struct builder *b, const struct front_end *f)
{
    const double pi = 3.141592653589793;
    int16_t *values = features_alloc(b, (size_t)f->length, sizeof *values);
    struct kl_tensor *window;
    struct kl_op *op;
    for (int32_t i = 0; values && i < f->length; i++) {
        double value = 0.5 - 0.5 * cos(2.0 * pi / f->length * (i + 0.5));
        values[i] = (int16_t)floor(value * (1 << WINDOW_BITS) + 0.5);
    }
    KL_TRY(table(b, values, f->length, &window));
    KL_TRY(features_op(b, KL_OP_SIGNAL_WINDOW, 2, (struct kl_tensor *[]){b->x, window}, KL_S16,
                       vector(f->length), &op));
    op->attr.signal.shift = WINDOW_BITS;
    return KL_OK;
}

static enum kl_err add_second_output(struct builder *b, struct kl_op *op, enum kl_dtype dtype,
                                     struct kl_shape shape, struct kl_tensor **second)
{
    *second = kl_tensor_add(b->graph, b->subgraph, b->name, dtype, shape);
    return *second ? features_more_outputs(b, op, 1, second) : KL_FAIL_MEMORY(b->diag);
}

/* Scaled up as far as it fits, transformed, and the energy of each bin. */
static enum kl_err add_energy(struct builder *b, struct front_end *f)
{
    struct kl_op *op;
    KL_TRY(features_op(b, KL_OP_SIGNAL_FFT_AUTO_SCALE, 1, &b->x, KL_S16, vector(f->length), &op));
    KL_TRY(add_second_output(b, op, KL_S32, (struct kl_shape){0}, &f->bits));
    KL_TRY(features_op(b, KL_OP_SIGNAL_RFFT, 1, &b->x, KL_S16, vector(f->fft_length + 2), &op));
    op->attr.signal.length = f->fft_length;
    KL_TRY(features_op(b, KL_OP_SIGNAL_ENERGY, 1, &b->x, KL_U32, vector(f->bins), &op));
    op->attr.signal.start = f->start;
    op->attr.signal.end = f->end;
    return KL_OK;
}

static float mel(float hertz)
{
    return 1127.0f * log1pf(hertz / 700.0f);
}

/* The bands 0 .. bands: where they begin, how many bins, and the falling side of each as weights;
 * what is missing to 1 is the rising side of the next. */
struct bank {
    int16_t *first, *start, *count; /* [bands + 1]: bin, weight */
    int16_t *weight, *rest;         /* [bins] */
    int32_t weights;
};

static enum kl_err alloc_bank(struct builder *b, const struct front_end *f, struct bank *bank)
{
    size_t bands = (size_t)f->bands + 1;
    *bank = (struct bank){.first = features_alloc(b, bands, sizeof(int16_t)),
                          .start = features_alloc(b, bands, sizeof(int16_t)),
                          .count = features_alloc(b, bands, sizeof(int16_t)),
                          .weight = features_alloc(b, (size_t)f->bins, sizeof(int16_t)),
                          .rest = features_alloc(b, (size_t)f->bins, sizeof(int16_t))};
    return bank->first && bank->start && bank->count && bank->weight && bank->rest ? KL_OK
                                                                                   : KL_ELIMIT;
}

static void fill_bank(struct front_end *f, struct bank *bank, float bin_width)
{
    const float low = mel((float)f->low);
    const float step = (mel((float)f->high) - low) / (float)(f->bands + 1);
    int32_t bin = (int32_t)(1.5f + (float)f->low / bin_width);
    f->start = bin;
    for (int32_t band = 0; band <= f->bands; band++) {
        const float before = low + step * (float)band, peak = low + step * (float)(band + 1);
        bank->first[band] = (int16_t)bin;
        bank->start[band] = (int16_t)bank->weights;
        for (; bin < f->bins && mel((float)bin * bin_width) <= peak; bin++) {
            const float weight = (peak - mel((float)bin * bin_width)) / (peak - before);
            const float one = (float)(1 << WEIGHT_BITS);
            bank->weight[bank->weights] = (int16_t)floorf(weight * one);
            bank->rest[bank->weights++] = (int16_t)floorf((1.0f - weight) * one);
        }
        bank->count[band] = (int16_t)(bank->weights - bank->start[band]);
    }
    f->end = bin;
}

static enum kl_err add_filters(struct builder *b, const struct front_end *f,
                               const struct bank *bank)
{
    struct kl_tensor *inputs[6] = {b->x};
    KL_TRY(table(b, bank->weight, bank->weights, &inputs[1]));
    KL_TRY(table(b, bank->rest, bank->weights, &inputs[2]));
    KL_TRY(table(b, bank->first, f->bands + 1, &inputs[3]));
    KL_TRY(table(b, bank->start, f->bands + 1, &inputs[4]));
    KL_TRY(table(b, bank->count, f->bands + 1, &inputs[5]));
    KL_TRY(features_op(b, KL_OP_SIGNAL_FILTER_BANK, 6, inputs, KL_U64, vector(f->bands), NULL));
    return features_op(b, KL_OP_SIGNAL_FILTER_BANK_SQUARE_ROOT, 2,
                       (struct kl_tensor *[]){b->x, f->bits}, KL_U32, vector(f->bands), NULL);
}

/* Shares as Q14, by truncation. */
static int32_t share(float value)
{
    return (int32_t)(value * (float)(1 << 14));
}

/* Takes away the noise, which is estimated over the frames; *noise is the estimate. */
static enum kl_err suppress_noise(struct builder *b, const struct front_end *f,
                                  struct kl_tensor **noise)
{
    struct kl_tensor *inputs[2] = {b->x};
    struct kl_op *op;
    int32_t kept = -1;
    if (!b->stream) {
        KL_TRY(features_carry(b, KL_U32, vector(f->bands), &inputs[1], &kept));
    }
    KL_TRY(features_op(b, KL_OP_SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION, b->stream ? 1 : 2, inputs,
                       KL_U32, vector(f->bands), &op));
    KL_TRY(add_second_output(b, op, KL_U32, vector(f->bands), noise));
    (*noise)->is_variable = b->stream;
    features_carry_on(b, kept, *noise);
    const int32_t even = share(0.025f), odd = share(0.06f), one = 1 << 14;
    op->attr.signal = (struct kl_attr_signal){.smoothing = {even, odd},
                                              .one_minus_smoothing = {one - even, one - odd},
                                              .min_signal_remaining = share(0.05f),
                                              .smoothing_bits = 10,
                                              .bits = 14};
    return KL_OK;
}

enum { SMOOTHING_BITS = 10, GAIN_BITS = 21, SNR_BITS = 12 };

static int16_t gain_at(uint32_t noise, int32_t input_bits)
{
    const float level = (float)noise / (float)(UINT32_C(1) << input_bits);
    const float gain = (float)(UINT32_C(1) << GAIN_BITS) * powf(level + 80.0f, -0.95f);
    return gain > 32767.0f ? INT16_MAX : (int16_t)(gain + 0.5f);
}

/* In each octave of the noise a polynomial through its begin, middle and end. */
static void fill_gains(int16_t *gains, int32_t input_bits)
{
    gains[0] = gain_at(0, input_bits);
    gains[1] = gain_at(1, input_bits);
    for (int32_t octave = 2; octave <= 32; octave++) {
        uint32_t begin = UINT32_C(1) << (octave - 1), middle = begin + begin / 2;
        uint32_t end = octave == 32 ? UINT32_MAX : 2 * begin;
        int32_t y = gain_at(begin, input_bits);
        int32_t half = gain_at(middle, input_bits) - y, whole = gain_at(end, input_bits) - y;
        int16_t *polynomial = gains + 4 * octave - 6;
        polynomial[0] = (int16_t)y;
        polynomial[1] = (int16_t)(4 * half - whole);
        polynomial[2] = (int16_t)(whole - (4 * half - whole));
    }
}

static int32_t log2_of(int32_t power)
{
    int32_t bits = 0;
    for (; power > 1; power /= 2) {
        bits++;
    }
    return bits;
}

static enum kl_err add_gain_and_log(struct builder *b, const struct front_end *f,
                                    struct kl_tensor *noise)
{
    const int32_t correction = log2_of(f->fft_length) - WEIGHT_BITS / 2;
    int16_t *gains = features_alloc(b, GAIN_VALUES, sizeof *gains);
    struct kl_tensor *gain;
    struct kl_op *op;
    if (gains) {
        fill_gains(gains, SMOOTHING_BITS - correction);
    }
    KL_TRY(table(b, gains, GAIN_VALUES, &gain));
    KL_TRY(features_op(b, KL_OP_SIGNAL_PCAN, 3, (struct kl_tensor *[]){b->x, noise, gain}, KL_U32,
                       vector(f->bands), &op));
    op->attr.signal.shift = GAIN_BITS - correction - SNR_BITS;
    KL_TRY(features_op(b, KL_OP_SIGNAL_FILTER_BANK_LOG, 1, &b->x, KL_S16, vector(f->bands), &op));
    op->attr.signal.output_scale = 1 << 6;
    op->attr.signal.correction_bits = correction;
    return KL_OK;
}

/* From logarithms of 0 .. 670 to int8: (x * 256 + 333) / 666 - 128. A step of int8 is then
 * 666 / 256 logarithms, of which 25.6 are one unit of the model. */
static enum kl_err add_int8(struct builder *b)
{
    static const float scale = 666.0f / 256.0f / 25.6f;
    static const int32_t zero_point = -128;
    KL_TRY(features_op(b, KL_OP_CAST, 1, &b->x, KL_S32, b->x->shape, NULL));
    KL_TRY(features_with_scalar(b, KL_OP_MUL, 256));
    KL_TRY(features_with_scalar(b, KL_OP_ADD, 333));
    KL_TRY(features_with_scalar(b, KL_OP_DIV, 666));
    KL_TRY(features_with_scalar(b, KL_OP_ADD, -128));
    KL_TRY(features_with_scalar(b, KL_OP_MINIMUM, 127));
    KL_TRY(features_with_scalar(b, KL_OP_MAXIMUM, -128));
    KL_TRY(features_op(b, KL_OP_CAST, 1, &b->x, KL_S8, b->x->shape, NULL));
    KL_TRY(features_reshape(b, (struct kl_shape){2, {1, b->x->shape.dim[0]}}));
    b->x->quant = (struct kl_quant){1, 0, &scale, &zero_point};
    return KL_OK;
}

static enum kl_err check(struct builder *b, const struct kl_yaml *node, const struct front_end *f)
{
    if (b->form != FORM_VECTORS || b->x->dtype != KL_S16 || features_rows(b) != 1 ||
        b->rate <= 0.0) {
        return features_refuse(b, node,
                               "it takes frames of one channel of int16 with a rate, without a "
                               "window: 'frame: {length: 30 ms, hop: 20 ms}'");
    }
    if (f->length < MIN_LENGTH || f->length > MAX_LENGTH || f->bands > MAX_BANDS ||
        !(f->low < f->high)) {
        return features_refuse(b, node,
                               "expected frames of %d to %d samples, up to %d bands, and low below "
                               "high",
                               MIN_LENGTH, MAX_LENGTH, MAX_BANDS);
    }
    if (f->high > b->rate / 2.0) {
        return features_refuse(b, node, "high: %g Hz is above half the rate, which is %g Hz",
                               f->high, b->rate / 2.0);
    }
    return KL_OK;
}

enum kl_err step_micro_frontend(struct builder *b, const struct kl_yaml *node)
{
    struct front_end f = {.bands = 40, .low = 125.0, .high = 7500.0, .fft_length = 16};
    struct bank bank;
    struct kl_tensor *noise;
    const struct option options[] = {{"bands", OPTION_COUNT, &f.bands, false, NULL},
                                     {"low", OPTION_FREQUENCY, &f.low, false, NULL},
                                     {"high", OPTION_FREQUENCY, &f.high, false, NULL}};
    KL_TRY(features_options(b, node, options, COUNT(options)));
    f.length = features_width(b);
    KL_TRY(check(b, node, &f));
    while (f.fft_length < f.length) {
        f.fft_length *= 2;
    }
    f.bins = f.fft_length / 2 + 1;
    KL_TRY(alloc_bank(b, &f, &bank));
    fill_bank(&f, &bank, (float)(b->rate / f.fft_length));
    if (bank.weights == 0) {
        return features_refuse(b, node, "no bin of the spectrum lies between low and high");
    }
    KL_TRY(features_reshape(b, vector(f.length)));
    KL_TRY(add_window(b, &f));
    KL_TRY(add_energy(b, &f));
    KL_TRY(add_filters(b, &f, &bank));
    KL_TRY(suppress_noise(b, &f, &noise));
    KL_TRY(add_gain_and_log(b, &f, noise));
    return add_int8(b);
}
