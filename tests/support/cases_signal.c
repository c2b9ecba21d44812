/* SPDX-License-Identifier: Apache-2.0 */
/* Signal operators of audio front ends, which are custom operators with a map of options. */
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "custom_options.h"

enum { RUNS = 3 };

/* The operator `name`, whose code for the slow reference is `code`. */
static int32_t add_op(struct kt_build *b, int32_t code, const char *name, struct kt_options options,
                      int32_t input_count, const int32_t *inputs, int32_t output_count,
                      const int32_t *outputs)
{
    int32_t op = kt_op_add(b->model, code, options, input_count, inputs, output_count, outputs);
    kt_op_at(b->model, op)->custom_code = name;
    return op;
}

static int32_t table16(struct kt_build *b, int32_t count, int32_t low, int32_t high)
{
    int32_t tensor = kt_tensor_add(b->model, "table", KT_I16, KT_LIST(count));
    int16_t *data = kt_alloc(b->model, (size_t)count, sizeof(*data));
    for (int32_t i = 0; i < count; i++) {
        data[i] = (int16_t)kt_random_between(b->random, low, high);
    }
    kt_data(b->model, tensor, data, (size_t)count * sizeof(*data));
    return tensor;
}

static void deliver(struct kt_sink *sink, struct kt_case *c, const char *what, int32_t input,
                    int32_t output)
{
    c->runs = RUNS;
    snprintf(c->label, sizeof(c->label), "%s", what);
    kt_case_end(sink, c, input, output);
}

static void window(struct kt_sink *sink, int32_t shift)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SIGNAL_WINDOW);
    struct kt_options options = kt_options_default();
    int32_t in = kt_tensor_add(b.model, "in", KT_I16, KT_LIST(2, 30));
    int32_t out = kt_tensor_add(b.model, "out", KT_I16, KT_LIST(2, 30));
    options.shift = shift;
    int32_t op = add_op(&b, c.code, "SignalWindow", options,
                        KT_LIST(in, table16(&b, 30, -32768, 32767)), KT_LIST(out));
    kt_custom_options(b.model, op, 1, (const char *const[]){"shift"}, &shift);
    deliver(sink, &c, "window", in, out);
}

static void auto_scale(struct kt_sink *sink)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SIGNAL_FFT_AUTO_SCALE);
    int32_t in = kt_tensor_add(b.model, "in", KT_I16, KT_LIST(40));
    int32_t out = kt_tensor_add(b.model, "out", KT_I16, KT_LIST(40));
    int32_t bits = kt_tensor_add(b.model, "bits", KT_I32, 0, NULL);
    add_op(&b, c.code, "SignalFftAutoScale", kt_options_default(), KT_LIST(in), KT_LIST(out, bits));
    kt_outputs(c.model, KT_LIST(out, bits));
    deliver(sink, &c, "scale", in, out);
}

/* Small inputs lose everything in the divisions, so the input is scaled first. */
static void rfft(struct kt_sink *sink, int32_t width, int32_t length)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SIGNAL_RFFT);
    struct kt_options options = kt_options_default();
    int32_t in = kt_tensor_add(b.model, "in", KT_I16, KT_LIST(width));
    int32_t scaled = kt_tensor_add(b.model, "scaled", KT_I16, KT_LIST(width));
    int32_t bits = kt_tensor_add(b.model, "bits", KT_I32, 0, NULL);
    int32_t out = kt_tensor_add(b.model, "out", KT_I16, KT_LIST(length + 2));
    const int32_t values[] = {7, length};
    options.length = length;
    add_op(&b, KT_SIGNAL_FFT_AUTO_SCALE, "SignalFftAutoScale", options, KT_LIST(in),
           KT_LIST(scaled, bits));
    int32_t op = add_op(&b, c.code, "SignalRfft", options, KT_LIST(scaled), KT_LIST(out));
    kt_custom_options(b.model, op, 2, (const char *const[]){"T", "fft_length"}, values);
    deliver(sink, &c, "transform", in, out);
}

static void energy(struct kt_sink *sink, int32_t start, int32_t end)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SIGNAL_ENERGY);
    struct kt_options options = kt_options_default();
    int32_t in = kt_tensor_add(b.model, "in", KT_I16, KT_LIST(34));
    int32_t out = kt_tensor_add(b.model, "out", KT_U32, KT_LIST(17));
    const int32_t values[] = {end, start};
    options.start = start;
    options.end = end;
    int32_t op = add_op(&b, c.code, "SignalEnergy", options, KT_LIST(in), KT_LIST(out));
    kt_custom_options(b.model, op, 2, (const char *const[]){"end_index", "start_index"}, values);
    deliver(sink, &c, "energy", in, out);
}

static int32_t list16(struct kt_build *b, int32_t count, const int16_t *values)
{
    int32_t tensor = kt_tensor_add(b->model, "list", KT_I16, KT_LIST(count));
    kt_data(b->model, tensor, values, (size_t)count * sizeof(*values));
    return tensor;
}

static void filter_bank(struct kt_sink *sink)
{
    static const int16_t bins[] = {0, 3, 5, 9}, first[] = {0, 3, 5, 9}, widths[] = {3, 2, 4, 0};
    const int32_t channels = 3;
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SIGNAL_FILTER_BANK);
    int32_t in = kt_tensor_add(b.model, "in", KT_U32, KT_LIST(9));
    int32_t out = kt_tensor_add(b.model, "out", KT_U64, KT_LIST(channels));
    int32_t op = add_op(&b, c.code, "SignalFilterBank", kt_options_default(),
                        KT_LIST(in, table16(&b, 9, 0, 4096), table16(&b, 9, 0, 4096),
                                list16(&b, 4, bins), list16(&b, 4, first), list16(&b, 4, widths)),
                        KT_LIST(out));
    kt_custom_options(b.model, op, 1, (const char *const[]){"num_channels"}, &channels);
    deliver(sink, &c, "filter bank", in, out);
}

static void root(struct kt_sink *sink, int32_t bits)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SIGNAL_FILTER_BANK_SQUARE_ROOT);
    int32_t in = kt_tensor_add(b.model, "in", KT_U64, KT_LIST(40));
    int32_t out = kt_tensor_add(b.model, "out", KT_U32, KT_LIST(40));
    add_op(&b, c.code, "SignalFilterBankSquareRoot", kt_options_default(),
           KT_LIST(in, kt_scalar_i32(b.model, "bits", bits)), KT_LIST(out));
    deliver(sink, &c, "square root", in, out);
}

static void noise(struct kt_sink *sink, int32_t clamping)
{
    static const char *const names[] = {"alternate_one_minus_smoothing",
                                        "alternate_smoothing",
                                        "clamping",
                                        "min_signal_remaining",
                                        "num_channels",
                                        "one_minus_smoothing",
                                        "smoothing",
                                        "smoothing_bits",
                                        "spectral_subtraction_bits"};
    const int32_t values[] = {15401, 983, clamping, 819, 10, 15975, 409, 4, 14};
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION);
    struct kt_options options = kt_options_default();
    int32_t in = kt_tensor_add(b.model, "in", KT_U32, KT_LIST(10));
    int32_t out = kt_tensor_add(b.model, "out", KT_U32, KT_LIST(10));
    int32_t kept = kt_tensor_add(b.model, "noise", KT_U32, KT_LIST(10));
    options.one_minus_smoothing[0] = 15975, options.one_minus_smoothing[1] = 15401;
    options.smoothing[0] = 409, options.smoothing[1] = 983;
    options.min_signal_remaining = 819, options.smoothing_bits = 4, options.bits = 14;
    options.clamping = clamping;
    int32_t op = add_op(&b, c.code, "SignalFilterBankSpectralSubtraction", options, KT_LIST(in),
                        KT_LIST(out, kept));
    kt_custom_options(b.model, op, 9, names, values);
    kt_outputs(c.model, KT_LIST(out, kept));
    deliver(sink, &c, "noise", in, out);
}

static void pcan(struct kt_sink *sink, int32_t shift)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SIGNAL_PCAN);
    struct kt_options options = kt_options_default();
    int32_t in = kt_tensor_add(b.model, "in", KT_U32, KT_LIST(20));
    int32_t heard = kt_tensor_add(b.model, "noise", KT_U32, KT_LIST(20));
    int32_t out = kt_tensor_add(b.model, "out", KT_U32, KT_LIST(20));
    options.shift = shift;
    int32_t op = add_op(&b, c.code, "SignalPCAN", options,
                        KT_LIST(in, heard, table16(&b, 125, -2000, 32767)), KT_LIST(out));
    kt_custom_options(b.model, op, 1, (const char *const[]){"snr_shift"}, &shift);
    kt_inputs(c.model, KT_LIST(in, heard));
    deliver(sink, &c, "gain", in, out);
}

static void logarithm(struct kt_sink *sink, int32_t correction, int32_t scale)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SIGNAL_FILTER_BANK_LOG);
    struct kt_options options = kt_options_default();
    int32_t in = kt_tensor_add(b.model, "in", KT_U32, KT_LIST(60));
    int32_t out = kt_tensor_add(b.model, "out", KT_I16, KT_LIST(60));
    const int32_t values[] = {correction, scale};
    options.correction_bits = correction;
    options.output_scale = scale;
    int32_t op = add_op(&b, c.code, "SignalFilterBankLog", options, KT_LIST(in), KT_LIST(out));
    kt_custom_options(b.model, op, 2,
                      (const char *const[]){"input_correction_bits", "output_scale"}, values);
    deliver(sink, &c, "logarithm", in, out);
}

void kt_generate_signal(struct kt_sink *sink)
{
    window(sink, 0);
    window(sink, 12);
    auto_scale(sink);
    rfft(sink, 16, 16);
    rfft(sink, 25, 32);
    rfft(sink, 100, 128);
    rfft(sink, 480, 512);
    energy(sink, 0, 17);
    energy(sink, 3, 9);
    filter_bank(sink);
    root(sink, 0);
    root(sink, 5);
    noise(sink, 0);
    noise(sink, 1);
    pcan(sink, 6);
    pcan(sink, 20);
    logarithm(sink, 3, 64);
    logarithm(sink, 0, 1600);
}
