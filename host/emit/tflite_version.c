/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of builtin operators: for each kind rules in the order in which they are tried. */
#include "emit/tflite_internal.h"

typedef bool test_fn(const struct kl_op *op);

static enum kl_dtype input_type(const struct kl_op *op, int32_t index)
{
    return index < op->input_count && op->inputs[index] ? op->inputs[index]->dtype : KL_DTYPE_NONE;
}

static enum kl_dtype output_type(const struct kl_op *op)
{
    return op->output_count > 0 ? op->outputs[0]->dtype : KL_DTYPE_NONE;
}

static int32_t rank_of(const struct kl_op *op, int32_t index)
{
    return index < op->input_count && op->inputs[index] ? op->inputs[index]->shape.rank : 0;
}

static bool s8(const struct kl_op *op)
{
    return input_type(op, 0) == KL_S8;
}

static bool s8_or_u8(const struct kl_op *op)
{
    return s8(op) || input_type(op, 0) == KL_U8;
}

static bool s16(const struct kl_op *op)
{
    return input_type(op, 0) == KL_S16;
}

static bool s8_or_s16(const struct kl_op *op)
{
    return s8(op) || s16(op);
}

static bool s32(const struct kl_op *op)
{
    return input_type(op, 0) == KL_S32;
}

static bool s64(const struct kl_op *op)
{
    return input_type(op, 0) == KL_S64;
}

static bool u32(const struct kl_op *op)
{
    return input_type(op, 0) == KL_U32;
}

static bool f32(const struct kl_op *op)
{
    return input_type(op, 0) == KL_F32;
}

static bool boolean(const struct kl_op *op)
{
    return input_type(op, 0) == KL_BOOL;
}

static bool text(const struct kl_op *op)
{
    return input_type(op, 0) == KL_STRING;
}

static bool s16_or_f16(const struct kl_op *op)
{
    return s16(op) || input_type(op, 0) == KL_F16;
}

static bool second_s8(const struct kl_op *op)
{
    return input_type(op, 1) == KL_S8;
}

static bool second_s16(const struct kl_op *op)
{
    return input_type(op, 1) == KL_S16;
}

static bool second_s32(const struct kl_op *op)
{
    return input_type(op, 1) == KL_S32;
}

static bool second_s8_or_s16(const struct kl_op *op)
{
    return second_s8(op) || second_s16(op);
}

static bool second_bool(const struct kl_op *op)
{
    return input_type(op, 1) == KL_BOOL || input_type(op, 1) == KL_STRING;
}

static bool second_f16(const struct kl_op *op)
{
    return input_type(op, 1) == KL_F16;
}

static bool to_s16(const struct kl_op *op)
{
    return output_type(op) == KL_S16;
}

static bool to_s8(const struct kl_op *op)
{
    return output_type(op) == KL_S8;
}

static bool either(const struct kl_op *op, enum kl_dtype dtype)
{
    return input_type(op, 0) == dtype || output_type(op) == dtype;
}

static bool either_bf16(const struct kl_op *op)
{
    return either(op, KL_BF16);
}

static bool either_f64(const struct kl_op *op)
{
    return either(op, KL_F64) || either(op, KL_F16);
}

static bool either_u16(const struct kl_op *op)
{
    return either(op, KL_U16);
}

static bool either_s8(const struct kl_op *op)
{
    return either(op, KL_S8);
}

static bool either_u32(const struct kl_op *op)
{
    return either(op, KL_U32);
}

static bool above_4(const struct kl_op *op)
{
    return rank_of(op, 0) > 4;
}

static bool above_5(const struct kl_op *op)
{
    return rank_of(op, 0) > 5;
}

static bool not_4(const struct kl_op *op)
{
    return rank_of(op, 0) != 4;
}

static bool any_5(const struct kl_op *op)
{
    return rank_of(op, 0) == 5 || rank_of(op, 1) == 5 || rank_of(op, 2) == 5;
}

static bool broadcast_above_4(const struct kl_op *op)
{
    return op->input_count >= 2 && (rank_of(op, 0) > 4 || rank_of(op, 1) > 4) &&
           !kl_shape_equal(&op->inputs[0]->shape, &op->inputs[1]->shape);
}

/* Of operators with weights. */
static bool all_s8(const struct kl_op *op)
{
    return s8(op) && second_s8(op) && to_s8(op);
}

static bool hybrid(const struct kl_op *op)
{
    return f32(op) && second_s8(op) && output_type(op) == KL_F32;
}

static bool hybrid_channels(const struct kl_op *op)
{
    return hybrid(op) && op->inputs[1]->quant.count > 1;
}

static bool hybrid_asymmetric(const struct kl_op *op)
{
    return hybrid(op) && op->attr.fully_connected.asymmetric;
}

static bool lstm_hybrid(const struct kl_op *op)
{
    return f32(op) && input_type(op, 2) == KL_S8;
}

static bool lstm_asymmetric(const struct kl_op *op)
{
    return lstm_hybrid(op) && op->attr.lstm.asymmetric;
}

static bool grouped(const struct kl_op *op)
{
    return rank_of(op, 0) == 4 && rank_of(op, 1) == 4 &&
           op->inputs[0]->shape.dim[3] != op->inputs[1]->shape.dim[3];
}

static bool dilated(const struct kl_op *op)
{
    return op->attr.window.dilation_h != 1 || op->attr.window.dilation_w != 1;
}

static bool activated(const struct kl_op *op)
{
    return op->attr.window.activation != KL_ACT_NONE;
}

static bool with_bias(const struct kl_op *op)
{
    return kl_op_bias(op) != NULL;
}

static bool two_inputs(const struct kl_op *op)
{
    return op->input_count == 2;
}

static bool keeps_dims(const struct kl_op *op)
{
    return op->outputs[0]->shape.rank == op->inputs[0]->shape.rank && rank_of(op, 0) > 2;
}

static bool batched(const struct kl_op *op)
{
    return op->attr.gather.batch_dims != 0;
}

static bool plain_s16(const struct kl_op *op)
{
    return s16(op) && op->inputs[0]->quant.count == 0;
}

static bool s16_or_u32(const struct kl_op *op)
{
    return plain_s16(op) || u32(op);
}

static bool enlarges(const struct kl_op *op)
{
    const struct kl_quant *a = &op->inputs[0]->quant, *b = &op->inputs[1]->quant,
                          *out = &op->outputs[0]->quant;
    return a->count && b->count && out->count &&
           (double)a->scale[0] * (double)b->scale[0] / (double)out->scale[0] >= 1;
}

static bool channels(const struct kl_op *op)
{
    return op->inputs[0]->quant.count > 1 || op->outputs[0]->quant.count > 1;
}

static bool s8_channels(const struct kl_op *op)
{
    return s8(op) && channels(op);
}

static bool half_pixels(const struct kl_op *op)
{
    return op->attr.resize.half_pixel_centers;
}

static bool pixels(const struct kl_op *op)
{
    return op->attr.resize.half_pixel_centers || op->attr.resize.align_corners;
}

static bool relative(const struct kl_op *op)
{
    return op->attr.strided_slice.offset;
}

static bool masked(const struct kl_op *op)
{
    return op->attr.strided_slice.ellipsis_mask != 0 || op->attr.strided_slice.new_axis_mask != 0;
}

static bool always(const struct kl_op *op)
{
    (void)op;
    return true;
}

/* The first rule that holds gives the version; none: 1. */
struct rule {
    int32_t version;
    test_fn *test;
};

enum { MAX_RULES = 8 };

#define S8_2      \
    {             \
        {         \
            2, s8 \
        }         \
    }
#define S16_3_S8_2 \
    {              \
        {3, s16},  \
        {          \
            2, s8  \
        }          \
    }

static const struct {
    enum kl_op_kind kind;
    struct rule rules[MAX_RULES];
} table[] = {
    {KL_OP_CONV_2D, {{6, grouped}, {3, all_s8}, {5, hybrid_channels}, {2, hybrid}}},
    {KL_OP_DEPTHWISE_CONV_2D, {{6, hybrid_channels}, {4, hybrid}, {3, all_s8}, {2, dilated}}},
    {KL_OP_TRANSPOSE_CONV, {{4, activated}, {3, with_bias}, {2, second_s8}}},
    {KL_OP_FULLY_CONNECTED,
     {{12, hybrid_channels},
      {6, two_inputs},
      {5, keeps_dims},
      {4, all_s8},
      {9, hybrid_asymmetric},
      {3, hybrid}}},
    {KL_OP_ADD, {{5, plain_s16}, {4, s64}, {3, s16}, {2, s8}}},
    {KL_OP_SUB, {{5, s16}, {4, s64}, {3, broadcast_above_4}, {2, s8}}},
    {KL_OP_MUL, {{7, s16_or_u32}, {5, s64}, {4, s16}, {3, enlarges}, {2, s8}}},
    {KL_OP_DIV, {{2, broadcast_above_4}}},
    {KL_OP_SQUARED_DIFFERENCE, S8_2},
    {KL_OP_AVERAGE_POOL_2D, S16_3_S8_2},
    {KL_OP_MAX_POOL_2D, S16_3_S8_2},
    {KL_OP_MEAN, S16_3_S8_2},
    {KL_OP_SOFTMAX, S16_3_S8_2},
    {KL_OP_LOG_SOFTMAX, S8_2},
    {KL_OP_L2_NORMALIZATION, {{2, to_s8}}},
    {KL_OP_LOGISTIC, S16_3_S8_2},
    {KL_OP_TANH, S16_3_S8_2},
    {KL_OP_RELU, {{3, s16}, {2, s8_or_u8}}},
    {KL_OP_RELU6, S16_3_S8_2},
    {KL_OP_LEAKY_RELU, {{2, s16}}},
    {KL_OP_QUANTIZE, {{3, channels}, {2, to_s16}}},
    {KL_OP_DEQUANTIZE, {{3, s16_or_f16}, {5, s8_channels}, {2, s8}}},
    {KL_OP_PAD, {{4, above_4}, {3, s16}, {2, s8}}},
    {KL_OP_PADV2, {{4, above_4}, {3, s16}, {2, s8}}},
    {KL_OP_MIRROR_PAD, S16_3_S8_2},
    {KL_OP_SQUEEZE, {{2, text}}},
    {KL_OP_TRANSPOSE, {{6, above_5}, {5, s16}, {4, above_4}, {3, boolean}, {2, s8}}},
    {KL_OP_STRIDED_SLICE,
     {{8, relative}, {7, u32}, {6, masked}, {5, text}, {4, above_4}, {3, boolean}, {2, s8}}},
    {KL_OP_SLICE, {{6, u32}, {5, above_4}, {4, s16}, {3, text}, {2, s8}}},
    {KL_OP_REVERSE_V2, {{3, s8}, {2, boolean}}},
    {KL_OP_SPACE_TO_DEPTH, S8_2},
    {KL_OP_DEPTH_TO_SPACE, S8_2},
    {KL_OP_SPACE_TO_BATCH_ND, {{4, s16}, {3, not_4}, {2, s8}}},
    {KL_OP_BATCH_TO_SPACE_ND, {{4, s16}, {3, not_4}, {2, s8}}},
    {KL_OP_CONCATENATION, {{4, u32}, {3, s16}, {2, s8}}},
    {KL_OP_SPLIT, {{4, second_s16}, {3, second_s32}, {2, second_s8}}},
    {KL_OP_SPLIT_V, S8_2},
    {KL_OP_PACK, {{2, s8}, {3, s16}, {4, u32}}},
    {KL_OP_UNPACK, {{2, s8_or_u8}, {3, boolean}, {4, s16}}},
    {KL_OP_RESIZE_NEAREST_NEIGHBOR, {{4, s16}, {3, pixels}, {2, s8}}},
    {KL_OP_RESIZE_BILINEAR, {{4, s16}, {3, half_pixels}, {2, s8}}},
    {KL_OP_ABS, {{5, s32}, {4, plain_s16}, {3, s16}, {2, s8_or_u8}}},
    {KL_OP_SIGN, {{2, s32}}},
    {KL_OP_RSQRT, S16_3_S8_2},
    {KL_OP_EXP, {{2, s8_or_s16}}},
    {KL_OP_LOG, {{2, s8_or_s16}}},
    {KL_OP_SQRT, {{2, s8_or_s16}}},
    {KL_OP_GELU, {{2, s8_or_u8}}},
    {KL_OP_MAXIMUM, {{4, s16}, {3, broadcast_above_4}, {2, s8}}},
    {KL_OP_MINIMUM, {{4, s16}, {3, broadcast_above_4}, {2, s8}}},
    {KL_OP_FLOOR_MOD, {{2, s8_or_s16}}},
    {KL_OP_FLOOR_DIV, {{3, s8_or_s16}, {2, f32}}},
    {KL_OP_EQUAL, {{5, s16}, {3, text}, {2, s8}}},
    {KL_OP_NOT_EQUAL, {{4, s16}, {3, text}, {2, s8}}},
    {KL_OP_LESS, S16_3_S8_2},
    {KL_OP_LESS_EQUAL, S8_2},
    {KL_OP_GREATER, S8_2},
    {KL_OP_GREATER_EQUAL, S16_3_S8_2},
    {KL_OP_SELECT_V2, {{2, u32}}},
    {KL_OP_SELECT, {{4, u32}, {3, any_5}, {2, s8}}},
    {KL_OP_CAST,
     {{7, either_bf16}, {5, either_f64}, {4, either_u16}, {3, either_s8}, {2, either_u32}}},
    {KL_OP_SUM, S8_2},
    {KL_OP_REDUCE_PROD, {{2, s8_or_s16}}},
    {KL_OP_REDUCE_MAX, S16_3_S8_2},
    {KL_OP_REDUCE_MIN, S16_3_S8_2},
    {KL_OP_ARG_MAX, {{3, boolean}, {2, s8}}},
    {KL_OP_ARG_MIN, {{3, boolean}, {2, s8}}},
    {KL_OP_GATHER, {{6, second_s16}, {5, batched}, {4, s16}, {3, boolean}, {2, s8}}},
    {KL_OP_GATHER_ND, {{5, boolean}, {4, second_s16}, {3, s16}, {2, text}}},
    {KL_OP_BATCH_MATMUL, S16_3_S8_2},
    {KL_OP_TOPK_V2, S16_3_S8_2},
    {KL_OP_TILE, {{3, s8}, {2, text}}},
    {KL_OP_BROADCAST_TO, {{3, s8_or_s16}, {2, always}}},
    {KL_OP_FILL, {{4, second_f16}, {3, second_s8_or_s16}, {2, second_bool}}},
    {KL_OP_SVDF, {{3, s8}, {2, hybrid}}},
    {KL_OP_UNIDIRECTIONAL_SEQUENCE_LSTM, {{3, lstm_asymmetric}, {2, lstm_hybrid}}},
};

int32_t tfl_version(const struct kl_op *op)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (int k = 0; table[i].kind == op->kind && k < MAX_RULES && table[i].rules[k].test; k++) {
            if (table[i].rules[k].test(op)) {
                return table[i].rules[k].version;
            }
        }
    }
    return 1;
}
