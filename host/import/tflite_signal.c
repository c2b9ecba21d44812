/* SPDX-License-Identifier: Apache-2.0 */
/* Options of custom operators of TensorFlow Lite Micro: a map of integers. Most are those of its
 * audio front end (signal/micro/kernels/). */
#include "import/flexbuffer.h"
#include "import/tflite_import.h"
#include "import/tflite_schema.h"

/* One number of the options, which must be low .. high. */
struct number {
    const char *name;
    int64_t low, high;
    int32_t *to;
};

static enum kl_err read_numbers(struct tfl_import *import, struct flat_table table,
                                const struct number *numbers, size_t count)
{
    struct flat_vector stored = flat_vector(&import->fb, table, TFL_OPERATOR_CUSTOM_OPTIONS, 1);
    struct flex_map map;
    KL_TRY(import->fb.err);
    struct kl_bytes bytes = {import->fb.data + stored.at, stored.count};
    if (!flex_open(bytes, &map)) {
        return tfl_fail(import, KL_EINPUT, "its options are missing or malformed");
    }
    for (size_t i = 0; i < count; i++) {
        int64_t value;
        if (!flex_integer(&map, numbers[i].name, &value)) {
            return tfl_fail(import, KL_EINPUT, "its option %s is missing or no number",
                            numbers[i].name);
        }
        if (value < numbers[i].low || value > numbers[i].high) {
            return tfl_fail(import, KL_EINPUT, "its option %s is %lld; it must be %lld to %lld",
                            numbers[i].name, (long long)value, (long long)numbers[i].low,
                            (long long)numbers[i].high);
        }
        *numbers[i].to = (int32_t)value;
    }
    return KL_OK;
}

enum { MAX_TRANSFORM = 1 << 15 };

enum kl_err tfl_read_signal_rfft(struct tfl_import *import, struct flat_table table,
                                 struct kl_op *op)
{
    struct kl_attr_signal *a = &op->attr.signal;
    int32_t type;
    const struct number numbers[] = {{"T", 0, INT8_MAX, &type},
                                     {"fft_length", 4, MAX_TRANSFORM, &a->length}};
    KL_TRY(read_numbers(import, table, numbers, 2));
    if ((a->length & (a->length - 1)) != 0) {
        KL_TRY(tfl_unsupported(import, "its length is %d; only powers of two are supported",
                               a->length));
    }
    return KL_OK;
}

enum kl_err tfl_read_signal_energy(struct tfl_import *import, struct flat_table table,
                                   struct kl_op *op)
{
    struct kl_attr_signal *a = &op->attr.signal;
    const struct number numbers[] = {{"start_index", 0, MAX_TRANSFORM, &a->start},
                                     {"end_index", 0, MAX_TRANSFORM, &a->end}};
    KL_TRY(read_numbers(import, table, numbers, 2));
    return a->start <= a->end ? KL_OK
                              : tfl_fail(import, KL_EINPUT, "it begins with bin %d and ends at %d",
                                         a->start, a->end);
}

/* The number of channels, which the output's shape says as well. */
enum kl_err tfl_read_signal_filter_bank(struct tfl_import *import, struct flat_table table,
                                        struct kl_op *op)
{
    int32_t channels;
    const struct number numbers[] = {{"num_channels", 1, INT16_MAX, &channels}};
    KL_TRY(read_numbers(import, table, numbers, 1));
    int64_t outputs = kl_shape_elements(&op->outputs[0]->shape);
    return channels == outputs ? KL_OK
                               : tfl_fail(import, KL_EINPUT, "%d channels, but %lld outputs",
                                          channels, (long long)outputs);
}

enum kl_err tfl_read_signal_noise(struct tfl_import *import, struct flat_table table,
                                  struct kl_op *op)
{
    struct kl_attr_signal *a = &op->attr.signal;
    int32_t clamping;
    const struct number numbers[] = {
        {"alternate_one_minus_smoothing", 0, INT32_MAX, &a->one_minus_smoothing[1]},
        {"alternate_smoothing", 0, INT32_MAX, &a->smoothing[1]},
        {"clamping", 0, 1, &clamping},
        {"min_signal_remaining", 0, INT32_MAX, &a->min_signal_remaining},
        {"one_minus_smoothing", 0, INT32_MAX, &a->one_minus_smoothing[0]},
        {"smoothing", 0, INT32_MAX, &a->smoothing[0]},
        {"smoothing_bits", 0, 31, &a->smoothing_bits},
        {"spectral_subtraction_bits", 0, 31, &a->bits},
    };
    KL_TRY(tfl_read_signal_filter_bank(import, table, op));
    KL_TRY(read_numbers(import, table, numbers, sizeof numbers / sizeof numbers[0]));
    a->clamping = clamping;
    op->outputs[1]->is_variable = true; /* what a run leaves there the next one goes on with */
    return KL_OK;
}

enum kl_err tfl_read_signal_log(struct tfl_import *import, struct flat_table table,
                                struct kl_op *op)
{
    struct kl_attr_signal *a = &op->attr.signal;
    const struct number numbers[] = {{"input_correction_bits", 0, 31, &a->correction_bits},
                                     {"output_scale", 0, INT32_MAX, &a->output_scale}};
    return read_numbers(import, table, numbers, 2);
}

enum kl_err tfl_read_signal_window(struct tfl_import *import, struct flat_table table,
                                   struct kl_op *op)
{
    const struct number shift = {"shift", 0, 31, &op->attr.signal.shift};
    return read_numbers(import, table, &shift, 1);
}

enum kl_err tfl_read_signal_pcan(struct tfl_import *import, struct flat_table table,
                                 struct kl_op *op)
{
    const struct number shift = {"snr_shift", 0, 63, &op->attr.signal.shift};
    return read_numbers(import, table, &shift, 1);
}

/* How often it takes an input. Files without options have models whose periods are known by their
 * shapes (micro/kernels/circular_buffer_common.cc). */
enum kl_err tfl_read_circular_buffer(struct tfl_import *import, struct flat_table table,
                                     struct kl_op *op)
{
    struct flat_vector stored = flat_vector(&import->fb, table, TFL_OPERATOR_CUSTOM_OPTIONS, 1);
    const struct kl_shape *out = &op->outputs[0]->shape;
    int32_t slots = out->rank > 1 ? out->dim[1] : 0;
    int32_t period = slots == 5 || slots == 13 || slots == 25 ? 1 : 2;
    const struct number numbers[] = {{"cycles_max", 1, INT16_MAX, &period}};
    KL_TRY(import->fb.err);
    if (stored.count > 0) {
        KL_TRY(read_numbers(import, table, numbers, 1));
    }
    if (period != 1) {
        KL_TRY(
            tfl_unsupported(import, "it ends all but every %d. run; only 1 is supported", period));
    }
    op->outputs[0]->is_variable = true; /* what a run leaves there the next one goes on with */
    return KL_OK;
}
