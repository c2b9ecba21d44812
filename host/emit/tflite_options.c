/* SPDX-License-Identifier: Apache-2.0 */
/* Options of builtin operators: the rows of tflite_fields.def, and what the graph says otherwise.
 */
#include <string.h>

#include "emit/tflite_internal.h"
#include "formats/tflite_fields.h"
#include "formats/tflite_operators.h"
#include "formats/tflite_schema.h"
#include "formats/tflite_types.h"

enum { MAX_OPTION_FIELDS = TFL_MAX_FIELDS + 2 };

/* An options table before it is written. */
struct options {
    struct fb_field fields[MAX_OPTION_FIELDS];
    int32_t count;
    /* The content of the one field that is a vector or a text. */
    int32_t child; /* its index; -1: none */
    const char *text;
    int32_t list[KL_MAX_RANK];
    int32_t list_count;
};

/* Fields that have the schema's default are left out, as by other writers. */
static void add(struct options *o, int32_t id, int32_t bytes, int64_t value, int64_t standard)
{
    if (value != standard) {
        o->fields[o->count++] = tfl_field(id, bytes, value);
    }
}

static void add_child(struct options *o, int32_t id)
{
    o->child = o->count;
    o->fields[o->count++] = tfl_reference(id);
}

static int32_t activation_code(enum kl_activation activation)
{
    switch (activation) {
    case KL_ACT_RELU: return TFL_ACTIVATION_RELU;
    case KL_ACT_RELU6: return TFL_ACTIVATION_RELU6;
    case KL_ACT_RELU_N1_TO_1: return TFL_ACTIVATION_RELU_N1_TO_1;
    default: return TFL_ACTIVATION_NONE;
    }
}

static void add_row(struct options *o, const struct tfl_field *row, const union kl_attr *attr)
{
    const void *from = (const char *)attr + row->offset;
    uint32_t bits;
    switch (row->type) {
    case TFL_FIELD_BOOL: add(o, row->id, 1, *(const bool *)from, row->standard); break;
    case TFL_FIELD_I32: add(o, row->id, 4, *(const int32_t *)from, row->standard); break;
    case TFL_FIELD_F32:
        memcpy(&bits, from, sizeof bits);
        add(o, row->id, 4, bits, 0);
        break;
    case TFL_FIELD_ACTIVATION:
        add(o, row->id, 1, activation_code(*(const enum kl_activation *)from), row->standard);
        break;
    }
}

/* The dimensions of 1 that the output has no more; of several in a row the first ones. */
static void list_squeezed(struct options *o, const struct kl_shape *in, const struct kl_shape *out)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < in->rank; i++) {
        if (kept < out->rank && in->dim[i] == out->dim[kept] &&
            (in->dim[i] != 1 || in->rank - i <= out->rank - kept)) {
            kept++;
        } else {
            o->list[o->list_count++] = i;
        }
    }
}

static void add_shape(struct options *o, const struct kl_shape *shape)
{
    o->list_count = shape->rank;
    memcpy(o->list, shape->dim, sizeof o->list[0] * (size_t)shape->rank);
    add_child(o, TFL_RESHAPE_SHAPE);
}

/* What types, shapes and names of the graph say. */
static void add_derived(struct options *o, const struct kl_graph *graph, const struct kl_op *op)
{
    const struct kl_tensor *in = op->input_count > 0 ? op->inputs[0] : NULL;
    const struct kl_tensor *out = op->output_count > 0 ? op->outputs[0] : NULL;
    switch (tfl_options_of(op->kind)) {
    case TFL_OPTIONS_DEPTHWISE_CONV_2D:
        add(o, TFL_DEPTHWISE_MULTIPLIER, 4, out->shape.dim[3] / in->shape.dim[3], 0);
        add(o, TFL_WINDOW_PADDING, 1, tfl_padding_of(op), TFL_PADDING_SAME);
        break;
    case TFL_OPTIONS_CONV_2D:
    case TFL_OPTIONS_TRANSPOSE_CONV:
    case TFL_OPTIONS_POOL_2D:
        add(o, TFL_WINDOW_PADDING, 1, tfl_padding_of(op), TFL_PADDING_SAME);
        break;
    case TFL_OPTIONS_FULLY_CONNECTED:
        add(o, TFL_FULLY_CONNECTED_KEEP_DIMS, 1,
            out->shape.rank == in->shape.rank && in->shape.rank > 2, 0);
        break;
    case TFL_OPTIONS_ADD:
    case TFL_OPTIONS_SUB: add(o, TFL_BINARY_POWER_OF_TWO_SCALE, 1, in->dtype != KL_S16, 1); break;
    case TFL_OPTIONS_RESHAPE: add_shape(o, &out->shape); break;
    case TFL_OPTIONS_SQUEEZE:
        list_squeezed(o, &in->shape, &out->shape);
        add_child(o, TFL_SQUEEZE_DIMS);
        break;
    case TFL_OPTIONS_SPLIT:
    case TFL_OPTIONS_SPLIT_V: add(o, TFL_SPLIT_COUNT, 4, op->output_count, 0); break;
    case TFL_OPTIONS_PACK: add(o, TFL_PACK_COUNT, 4, op->input_count, 0); break;
    case TFL_OPTIONS_UNPACK: add(o, TFL_PACK_COUNT, 4, op->output_count, 0); break;
    case TFL_OPTIONS_CAST:
        add(o, TFL_CAST_FROM, 1, tfl_type(in->dtype), 0);
        add(o, TFL_CAST_TO, 1, tfl_type(out->dtype), 0);
        break;
    case TFL_OPTIONS_ARG_MAX:
    case TFL_OPTIONS_ARG_MIN: add(o, TFL_ARG_TYPE, 1, tfl_type(out->dtype), 0); break;
    case TFL_OPTIONS_SHAPE: add(o, TFL_SHAPE_TYPE, 1, tfl_type(out->dtype), 0); break;
    case TFL_OPTIONS_MIRROR_PAD:
        add(o, TFL_MIRROR_PAD_MODE, 1,
            op->attr.mirror.reflect ? TFL_MIRROR_REFLECT : TFL_MIRROR_SYMMETRIC,
            TFL_MIRROR_REFLECT);
        break;
    case TFL_OPTIONS_UNIDIRECTIONAL_SEQUENCE_LSTM:
        add(o, TFL_LSTM_ACTIVATION, 1, TFL_ACTIVATION_TANH, TFL_ACTIVATION_NONE);
        break;
    case TFL_OPTIONS_VAR_HANDLE:
        o->text = graph->variables[op->attr.variable.variable]->name;
        add_child(o, TFL_VAR_HANDLE_NAME);
        break;
    default: break;
    }
}

size_t tfl_write_options(struct fb *b, const struct kl_graph *graph, const struct kl_op *op)
{
    struct options o = {.child = -1};
    size_t count;
    uint8_t type = tfl_options_of(op->kind);
    const struct tfl_field *rows = tfl_fields(type, &count);
    for (size_t i = 0; i < count; i++) {
        add_row(&o, &rows[i], &op->attr);
    }
    add_derived(&o, graph, op);
    size_t table = fb_table(b, o.fields, o.count);
    if (o.child >= 0) {
        size_t child =
            o.text ? fb_string(b, o.text) : fb_vector(b, (size_t)o.list_count, 4, 4, o.list);
        fb_link(b, o.fields[o.child].at, child);
    }
    return table;
}
