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

/*
 * The period of a buffer whose options do not say it: two models of TensorFlow Lite Micro have such
 * buffers, and are told by their shapes (micro/kernels/circular_buffer_common.cc).
 */
static int32_t period_by_shape(struct tfl_import *import, const struct kl_shape *out)
{
    enum { MARKED = 5 }; /* the place of a buffer that its shape alone does not tell */
    int32_t place = ++import->unsaid_periods;
    bool is_last = out->rank == 4 && (out->dim[1] == 5 || out->dim[1] == 13 || out->dim[1] == 25 ||
                                      (place == MARKED && out->dim[2] == 2 && out->dim[3] == 96));
    if (is_last) {
        import->unsaid_periods = 0;
    }
    return is_last ? 1 : 2;
}

enum kl_err tfl_read_circular_buffer(struct tfl_import *import, struct flat_table table,
                                     struct kl_op *op)
{
    struct flat_vector stored = flat_vector(&import->fb, table, TFL_OPERATOR_CUSTOM_OPTIONS, 1);
    int32_t *period = &op->attr.circular_buffer.period;
    KL_TRY(import->fb.err);
    if (stored.count > 0) {
        KL_TRY(tfl_read_numbers(import, table, op));
    }
    if (*period < 1) {
        *period = period_by_shape(import, &op->outputs[0]->shape);
    }
    op->outputs[0]->is_variable = true; /* what a run leaves there the next one goes on with */
    return KL_OK;
}
