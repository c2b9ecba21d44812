/* SPDX-License-Identifier: Apache-2.0 */
#include "tflite_options.h"

#include <string.h>

enum option_type { OPTION_END, OPTION_I8, OPTION_I32, OPTION_F32, OPTION_LIST, OPTION_TEXT };

/* One field of an option table and the member of struct kt_options that holds it. */
struct option_field {
    enum option_type type;
    int32_t id;
    size_t member;
};

struct option_table {
    int32_t code;
    int32_t kind; /* in union BuiltinOptions */
    struct option_field fields[KT_MAX_OPTION_FIELDS];
};

#define FIELD(type, id, name)                                  \
    {                                                          \
        OPTION_##type, (id), offsetof(struct kt_options, name) \
    }

static const struct option_table tables[] = {
    {KT_CONV_2D,
     1,
     {FIELD(I8, 0, padding), FIELD(I32, 1, stride_w), FIELD(I32, 2, stride_h),
      FIELD(I8, 3, activation), FIELD(I32, 4, dilation_w), FIELD(I32, 5, dilation_h)}},
    {KT_DEPTHWISE_CONV_2D,
     2,
     {FIELD(I8, 0, padding), FIELD(I32, 1, stride_w), FIELD(I32, 2, stride_h),
      FIELD(I32, 3, depth_multiplier), FIELD(I8, 4, activation), FIELD(I32, 5, dilation_w),
      FIELD(I32, 6, dilation_h)}},
    {KT_AVERAGE_POOL_2D,
     5,
     {FIELD(I8, 0, padding), FIELD(I32, 1, stride_w), FIELD(I32, 2, stride_h),
      FIELD(I32, 3, filter_w), FIELD(I32, 4, filter_h), FIELD(I8, 5, activation)}},
    {KT_MAX_POOL_2D,
     5,
     {FIELD(I8, 0, padding), FIELD(I32, 1, stride_w), FIELD(I32, 2, stride_h),
      FIELD(I32, 3, filter_w), FIELD(I32, 4, filter_h), FIELD(I8, 5, activation)}},
    {KT_L2_POOL_2D,
     5,
     {FIELD(I8, 0, padding), FIELD(I32, 1, stride_w), FIELD(I32, 2, stride_h),
      FIELD(I32, 3, filter_w), FIELD(I32, 4, filter_h), FIELD(I8, 5, activation)}},
    {KT_SVDF, 6, {FIELD(I32, 0, rank), FIELD(I8, 1, activation)}},
    {KT_FULLY_CONNECTED, 8, {FIELD(I8, 0, activation), FIELD(I8, 2, keep_num_dims)}},
    {KT_SOFTMAX, 9, {FIELD(F32, 0, beta)}},
    {KT_CONCATENATION, 10, {FIELD(I32, 0, axis), FIELD(I8, 1, activation)}},
    {KT_ADD, 11, {FIELD(I8, 0, activation)}},
    {KT_L2_NORMALIZATION, 12, {FIELD(I8, 0, activation)}},
    {KT_RESIZE_BILINEAR, 15, {FIELD(I8, 2, align_corners), FIELD(I8, 3, half_pixel_centers)}},
    {KT_RESHAPE, 17, {FIELD(LIST, 0, list)}},
    {KT_SPACE_TO_DEPTH, 19, {FIELD(I32, 0, block)}},
    {KT_MUL, 21, {FIELD(I8, 0, activation)}},
    {KT_PAD, 22, {{OPTION_END, 0, 0}}},
    {KT_TRANSPOSE, 26, {{OPTION_END, 0, 0}}},
    {KT_GATHER, 23, {FIELD(I32, 0, axis), FIELD(I32, 1, count)}}, /* count: batch dimensions */
    {KT_MEAN, 27, {FIELD(I8, 0, keep_dims)}},
    {KT_SUM, 27, {FIELD(I8, 0, keep_dims)}},
    {KT_REDUCE_PROD, 27, {FIELD(I8, 0, keep_dims)}},
    {KT_REDUCE_MAX, 27, {FIELD(I8, 0, keep_dims)}},
    {KT_REDUCE_MIN, 27, {FIELD(I8, 0, keep_dims)}},
    {KT_DIV, 29, {FIELD(I8, 0, activation)}},
    {KT_SUB, 28, {FIELD(I8, 0, activation)}},
    {KT_SQUEEZE, 30, {FIELD(LIST, 0, list)}},
    {KT_STRIDED_SLICE,
     32,
     {FIELD(I32, 0, begin_mask), FIELD(I32, 1, end_mask), FIELD(I32, 2, ellipsis_mask),
      FIELD(I32, 3, new_axis_mask), FIELD(I32, 4, shrink_axis_mask), FIELD(I8, 5, offset)}},
    {KT_SPLIT, 35, {FIELD(I32, 0, count)}},
    {KT_DEQUANTIZE, 38, {{OPTION_END, 0, 0}}},
    {KT_PADV2, 43, {{OPTION_END, 0, 0}}},
    {KT_TRANSPOSE_CONV,
     49,
     {FIELD(I8, 0, padding), FIELD(I32, 1, stride_w), FIELD(I32, 2, stride_h),
      FIELD(I8, 3, activation)}},
    {KT_EXPAND_DIMS, 52, {{OPTION_END, 0, 0}}},
    {KT_SHAPE, 55, {FIELD(I8, 0, out_type)}},
    {KT_PACK, 59, {FIELD(I32, 0, count), FIELD(I32, 1, axis)}},
    {KT_UNPACK, 64, {FIELD(I32, 0, count), FIELD(I32, 1, axis)}},
    {KT_UNIDIRECTIONAL_SEQUENCE_LSTM,
     71,
     {FIELD(I8, 0, activation), FIELD(F32, 1, cell_clip), FIELD(I8, 3, time_major),
      FIELD(I8, 4, asymmetric)}},
    {KT_RESIZE_NEAREST_NEIGHBOR,
     74,
     {FIELD(I8, 0, align_corners), FIELD(I8, 1, half_pixel_centers)}},
    {KT_LEAKY_RELU, 75, {FIELD(F32, 0, alpha)}},
    {KT_MIRROR_PAD, 77, {FIELD(I8, 0, mode)}},
    {KT_SPLIT_V, 79, {FIELD(I32, 0, count)}},
    {KT_QUANTIZE, 89, {{OPTION_END, 0, 0}}},
    {KT_HARD_SWISH, 91, {{OPTION_END, 0, 0}}},
    {KT_IF, 92, {FIELD(I32, 0, subgraph[0]), FIELD(I32, 1, subgraph[1])}},
    {KT_WHILE, 93, {FIELD(I32, 0, subgraph[0]), FIELD(I32, 1, subgraph[1])}},
    {KT_DEPTH_TO_SPACE, 94, {FIELD(I32, 0, block)}},
    {KT_BATCH_MATMUL, 101, {FIELD(I8, 0, adj_x), FIELD(I8, 1, adj_y)}},
    {KT_CUMSUM, 102, {FIELD(I8, 0, exclusive), FIELD(I8, 1, reverse)}},
    {KT_CALL_ONCE, 103, {FIELD(I32, 0, subgraph[0])}},
    {KT_VAR_HANDLE, 111, {FIELD(TEXT, 1, text)}},
    {KT_GELU, 116, {FIELD(I8, 0, approximate)}},
    {KT_READ_VARIABLE, 112, {{OPTION_END, 0, 0}}},
    {KT_ASSIGN_VARIABLE, 113, {{OPTION_END, 0, 0}}},
};

static const struct option_table *find(int32_t code)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (tables[i].code == code) {
            return &tables[i];
        }
    }
    return NULL;
}

int32_t kt_options_kind(int32_t code)
{
    const struct option_table *table = find(code);
    return table ? table->kind : 0;
}

/* Make the builder's field; false when the option is left out. */
static bool make_field(const struct option_field *from, const struct kt_options *options,
                       struct fb_field *to)
{
    uint32_t value = 0;
    to->id = from->id;
    to->bytes = from->type == OPTION_I8 ? 1 : 4;
    if (from->type == OPTION_LIST) {
        to->value = 0;
        return options->list != NULL;
    }
    if (from->type == OPTION_TEXT) {
        to->value = 0;
        return options->text != NULL;
    }
    memcpy(&value, (const char *)options + from->member, sizeof(value));
    to->value = value;
    return true;
}

size_t kt_options_write(struct fb *b, int32_t code, const struct kt_options *options)
{
    static const struct option_table no_table = {0};
    const struct option_table *table = find(code) ? find(code) : &no_table;
    struct fb_field fields[KT_MAX_OPTION_FIELDS];
    int32_t count = 0, list = -1, text = -1;
    for (int32_t i = 0; i < KT_MAX_OPTION_FIELDS && table->fields[i].type != OPTION_END; i++) {
        if (make_field(&table->fields[i], options, &fields[count])) {
            list = table->fields[i].type == OPTION_LIST ? count : list;
            text = table->fields[i].type == OPTION_TEXT ? count : text;
            count++;
        }
    }
    size_t position = fb_table(b, fields, count);
    if (list >= 0) {
        fb_link(b, fields[list].at, fb_vector(b, (size_t)options->list_count, 4, 4, options->list));
    }
    if (text >= 0) {
        fb_link(b, fields[text].at, fb_string(b, options->text));
    }
    return position;
}
