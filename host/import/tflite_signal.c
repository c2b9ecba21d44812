/* SPDX-License-Identifier: Apache-2.0 */
/* Options of custom operators of TensorFlow Lite Micro: a map of integers. Most are those of its
 * audio front end (signal/micro/kernels/). */
#include "formats/tflite_fields.h"
#include "formats/tflite_schema.h"
#include "import/flexbuffer.h"
#include "import/tflite_import.h"

static enum kl_err open_map(struct tfl_import *import, struct flat_table table,
                            struct flex_map *map)
{
    struct flat_vector stored = flat_vector(&import->fb, table, TFL_OPERATOR_CUSTOM_OPTIONS, 1);
    KL_TRY(import->fb.err);
    struct kl_bytes bytes = {import->fb.data + stored.at, stored.count};
    return flex_open(bytes, map)
               ? KL_OK
               : tfl_fail(import, KL_EINPUT, "its options are missing or malformed");
}

/* The number of that name, which must be low .. high. */
static enum kl_err read_number(struct tfl_import *import, const struct flex_map *map,
                               const char *name, int64_t low, int64_t high, int32_t *number)
{
    int64_t value;
    if (!flex_integer(map, name, &value)) {
        return tfl_fail(import, KL_EINPUT, "its option %s is missing or no number", name);
    }
    if (value < low || value > high) {
        return tfl_fail(import, KL_EINPUT, "its option %s is %lld; it must be %lld to %lld", name,
                        (long long)value, (long long)low, (long long)high);
    }
    *number = (int32_t)value;
    return KL_OK;
}

/* Those of tflite_numbers.def. */
enum kl_err tfl_read_numbers(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    size_t count;
    struct flex_map map;
    const struct tfl_number *numbers = tfl_numbers(op->kind, &count);
    KL_TRY(open_map(import, table, &map));
    for (size_t i = 0; i < count; i++) {
        const struct tfl_number *n = &numbers[i];
        void *to = (char *)&op->attr + n->offset;
        int32_t value;
        KL_TRY(read_number(import, &map, n->name, n->low, n->high, &value));
        if (n->type == TFL_FIELD_BOOL) {
            *(bool *)to = value != 0;
        } else {
            *(int32_t *)to = value;
        }
    }
    return KL_OK;
}

enum kl_err tfl_read_signal_rfft(struct tfl_import *import, struct flat_table table,
                                 struct kl_op *op)
{
    const struct kl_attr_signal *a = &op->attr.signal;
    struct flex_map map;
    int32_t type;
    KL_TRY(open_map(import, table, &map));
    KL_TRY(read_number(import, &map, "T", 0, INT8_MAX, &type));
    KL_TRY(tfl_read_numbers(import, table, op));
    if ((a->length & (a->length - 1)) != 0) {
        KL_TRY(tfl_unsupported(import, "its length is %d; only powers of two are supported",
                               a->length));
    }
    return KL_OK;
}

enum kl_err tfl_read_signal_energy(struct tfl_import *import, struct flat_table table,
                                   struct kl_op *op)
{
    const struct kl_attr_signal *a = &op->attr.signal;
    KL_TRY(tfl_read_numbers(import, table, op));
    return a->start <= a->end ? KL_OK
                              : tfl_fail(import, KL_EINPUT, "it begins with bin %d and ends at %d",
                                         a->start, a->end);
}

/* The number of channels, which the output's shape says as well. */
enum kl_err tfl_read_signal_filter_bank(struct tfl_import *import, struct flat_table table,
                                        struct kl_op *op)
{
    struct flex_map map;
    int32_t channels;
    KL_TRY(open_map(import, table, &map));
    KL_TRY(read_number(import, &map, "num_channels", 1, INT16_MAX, &channels));
    int64_t outputs = kl_shape_elements(&op->outputs[0]->shape);
    return channels == outputs ? KL_OK
                               : tfl_fail(import, KL_EINPUT, "%d channels, but %lld outputs",
                                          channels, (long long)outputs);
}

enum kl_err tfl_read_signal_noise(struct tfl_import *import, struct flat_table table,
                                  struct kl_op *op)
{
    KL_TRY(tfl_read_signal_filter_bank(import, table, op));
    KL_TRY(tfl_read_numbers(import, table, op));
    op->outputs[1]->is_variable = true; /* what a run leaves there the next one goes on with */
    return KL_OK;
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
    struct flex_map map;
    KL_TRY(import->fb.err);
    if (stored.count > 0) {
        KL_TRY(open_map(import, table, &map));
        KL_TRY(read_number(import, &map, "cycles_max", 1, INT16_MAX, &period));
    }
    if (period != 1) {
        KL_TRY(
            tfl_unsupported(import, "it ends all but every %d. run; only 1 is supported", period));
    }
    op->outputs[0]->is_variable = true; /* what a run leaves there the next one goes on with */
    return KL_OK;
}
