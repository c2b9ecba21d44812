/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/fields.h"

#include <assert.h>

#define I32(type, field)                                               \
    {                                                                  \
#field, KL_FIELD_I32, offsetof(struct type, field), 1, 0, NULL \
    }
#define I32_ARRAY(type, field, n)                                      \
    {                                                                  \
#field, KL_FIELD_I32, offsetof(struct type, field), n, 0, NULL \
    }
#define I32_ARRAY2(type, field, n, m)                                          \
    {                                                                          \
#field, KL_FIELD_I32, offsetof(struct type, field), (n) * (m), m, NULL \
    }
#define F32(type, field)                                               \
    {                                                                  \
#field, KL_FIELD_F32, offsetof(struct type, field), 1, 0, NULL \
    }
#define POINTER(type, field)                                               \
    {                                                                      \
#field, KL_FIELD_POINTER, offsetof(struct type, field), 1, 0, NULL \
    }
#define STRUCT(type, field, table)                                         \
    {                                                                      \
#field, KL_FIELD_STRUCT, offsetof(struct type, field), 1, 0, table \
    }
#define END                               \
    {                                     \
        NULL, KL_FIELD_I32, 0, 0, 0, NULL \
    }

static const struct kl_field window_fields[] = {
    I32(kl_window, in_h),     I32(kl_window, in_w),     I32(kl_window, in_c),
    I32(kl_window, out_h),    I32(kl_window, out_w),    I32(kl_window, out_c),
    I32(kl_window, k_h),      I32(kl_window, k_w),      I32(kl_window, stride_h),
    I32(kl_window, stride_w), I32(kl_window, dil_h),    I32(kl_window, dil_w),
    I32(kl_window, pad_top),  I32(kl_window, pad_left), END};

static const struct kl_field requant_fields[] = {POINTER(kl_requant, multiplier),
                                                 POINTER(kl_requant, shift),
                                                 I32(kl_requant, out_zero_point),
                                                 I32(kl_requant, min),
                                                 I32(kl_requant, max),
                                                 END};

static const struct kl_field elementwise_fields[] = {I32_ARRAY(kl_elementwise, dim, 3),
                                                     I32_ARRAY2(kl_elementwise, step, 2, 3), END};

static const struct kl_field reduce_fields[] = {
    I32_ARRAY(kl_reduce, out_dim, 3), I32_ARRAY(kl_reduce, out_step, 3),
    I32_ARRAY(kl_reduce, red_dim, 3), I32_ARRAY(kl_reduce, red_step, 3), END};

static const struct kl_field kl_conv2d_s8_fields[] = {STRUCT(kl_conv2d_s8, win, window_fields),
                                                      I32(kl_conv2d_s8, groups),
                                                      I32(kl_conv2d_s8, in_zero_point),
                                                      POINTER(kl_conv2d_s8, weights),
                                                      POINTER(kl_conv2d_s8, bias),
                                                      STRUCT(kl_conv2d_s8, rq, requant_fields),
                                                      END};

static const struct kl_field kl_depthwise_s8_fields[] = {
    STRUCT(kl_depthwise_s8, win, window_fields),
    I32(kl_depthwise_s8, multiplier),
    I32(kl_depthwise_s8, in_zero_point),
    POINTER(kl_depthwise_s8, weights),
    POINTER(kl_depthwise_s8, bias),
    STRUCT(kl_depthwise_s8, rq, requant_fields),
    END};

static const struct kl_field kl_conv2d_s4_fields[] = {STRUCT(kl_conv2d_s4, win, window_fields),
                                                      I32(kl_conv2d_s4, in_zero_point),
                                                      I32(kl_conv2d_s4, block),
                                                      POINTER(kl_conv2d_s4, weights),
                                                      POINTER(kl_conv2d_s4, bias),
                                                      STRUCT(kl_conv2d_s4, rq, requant_fields),
                                                      END};

static const struct kl_field kl_depthwise_s4_fields[] = {
    STRUCT(kl_depthwise_s4, win, window_fields),
    I32(kl_depthwise_s4, multiplier),
    I32(kl_depthwise_s4, in_zero_point),
    POINTER(kl_depthwise_s4, weights),
    POINTER(kl_depthwise_s4, bias),
    STRUCT(kl_depthwise_s4, rq, requant_fields),
    END};

static const struct kl_field kl_fully_connected_s8_fields[] = {
    I32(kl_fully_connected_s8, in_c),
    I32(kl_fully_connected_s8, out_c),
    POINTER(kl_fully_connected_s8, weights),
    POINTER(kl_fully_connected_s8, bias),
    STRUCT(kl_fully_connected_s8, rq, requant_fields),
    END};

static const struct kl_field kl_add_linear_s8_fields[] = {
    STRUCT(kl_add_linear_s8, ew, elementwise_fields),
    I32_ARRAY(kl_add_linear_s8, factor, 2),
    I32(kl_add_linear_s8, constant),
    I32(kl_add_linear_s8, shift),
    I32(kl_add_linear_s8, min),
    I32(kl_add_linear_s8, max),
    END};

static const struct kl_field kl_add_s8_fields[] = {STRUCT(kl_add_s8, ew, elementwise_fields),
                                                   I32_ARRAY(kl_add_s8, zero_point, 2),
                                                   I32_ARRAY(kl_add_s8, multiplier, 2),
                                                   I32_ARRAY(kl_add_s8, shift, 2),
                                                   I32(kl_add_s8, sign),
                                                   I32(kl_add_s8, left_shift),
                                                   I32(kl_add_s8, out_multiplier),
                                                   I32(kl_add_s8, out_shift),
                                                   I32(kl_add_s8, out_zero_point),
                                                   I32(kl_add_s8, min),
                                                   I32(kl_add_s8, max),
                                                   END};

static const struct kl_field kl_mul_s8_fields[] = {STRUCT(kl_mul_s8, ew, elementwise_fields),
                                                   I32_ARRAY(kl_mul_s8, zero_point, 2),
                                                   I32(kl_mul_s8, out_multiplier),
                                                   I32(kl_mul_s8, out_shift),
                                                   I32(kl_mul_s8, out_zero_point),
                                                   I32(kl_mul_s8, min),
                                                   I32(kl_mul_s8, max),
                                                   END};

static const struct kl_field kl_prelu_s8_fields[] = {STRUCT(kl_prelu_s8, ew, elementwise_fields),
                                                     I32_ARRAY(kl_prelu_s8, zero_point, 2),
                                                     I32(kl_prelu_s8, pos_multiplier),
                                                     I32(kl_prelu_s8, pos_shift),
                                                     I32(kl_prelu_s8, neg_multiplier),
                                                     I32(kl_prelu_s8, neg_shift),
                                                     I32(kl_prelu_s8, out_zero_point),
                                                     END};

static const struct kl_field kl_pool_s8_fields[] = {STRUCT(kl_pool_s8, win, window_fields),
                                                    I32(kl_pool_s8, offset), I32(kl_pool_s8, min),
                                                    I32(kl_pool_s8, max), END};

static const struct kl_field kl_mean_s8_fields[] = {
    STRUCT(kl_mean_s8, rd, reduce_fields), I32(kl_mean_s8, in_zero_point_sum),
    I32(kl_mean_s8, multiplier),           I32(kl_mean_s8, shift),
    I32(kl_mean_s8, out_zero_point),       END};

static const struct kl_field kl_softmax_s8_fields[] = {
    I32(kl_softmax_s8, width), I32(kl_softmax_s8, multiplier), I32(kl_softmax_s8, left_shift),
    I32(kl_softmax_s8, diff_min), END};

static const struct kl_field kl_lookup_s8_fields[] = {I32(kl_lookup_s8, width),
                                                      POINTER(kl_lookup_s8, table), END};

static const struct kl_field kl_quantize_f32_s8_fields[] = {
    I32(kl_quantize_f32_s8, width), F32(kl_quantize_f32_s8, scale),
    I32(kl_quantize_f32_s8, zero_point), I32(kl_quantize_f32_s8, halves_to_even), END};

static const struct kl_field kl_dequantize_s8_f32_fields[] = {
    I32(kl_dequantize_s8_f32, width), F32(kl_dequantize_s8_f32, scale),
    I32(kl_dequantize_s8_f32, zero_point), END};

static const struct kl_field kl_conv2d_f32_fields[] = {STRUCT(kl_conv2d_f32, win, window_fields),
                                                       I32(kl_conv2d_f32, groups),
                                                       POINTER(kl_conv2d_f32, weights),
                                                       POINTER(kl_conv2d_f32, bias),
                                                       F32(kl_conv2d_f32, min),
                                                       F32(kl_conv2d_f32, max),
                                                       END};

static const struct kl_field kl_depthwise_f32_fields[] = {
    STRUCT(kl_depthwise_f32, win, window_fields),
    I32(kl_depthwise_f32, multiplier),
    POINTER(kl_depthwise_f32, weights),
    POINTER(kl_depthwise_f32, bias),
    F32(kl_depthwise_f32, min),
    F32(kl_depthwise_f32, max),
    END};

static const struct kl_field kl_fully_connected_f32_fields[] = {
    I32(kl_fully_connected_f32, in_c),
    I32(kl_fully_connected_f32, out_c),
    POINTER(kl_fully_connected_f32, weights),
    POINTER(kl_fully_connected_f32, bias),
    F32(kl_fully_connected_f32, min),
    F32(kl_fully_connected_f32, max),
    END};

static const struct kl_field kl_binary_f32_fields[] = {
    STRUCT(kl_binary_f32, ew, elementwise_fields), F32(kl_binary_f32, min), F32(kl_binary_f32, max),
    END};

static const struct kl_field kl_prelu_f32_fields[] = {STRUCT(kl_prelu_f32, ew, elementwise_fields),
                                                      END};

static const struct kl_field kl_pool_f32_fields[] = {
    STRUCT(kl_pool_f32, win, window_fields), F32(kl_pool_f32, min), F32(kl_pool_f32, max), END};

static const struct kl_field kl_mean_f32_fields[] = {STRUCT(kl_mean_f32, rd, reduce_fields), END};

static const struct kl_field kl_softmax_f32_fields[] = {I32(kl_softmax_f32, width),
                                                        F32(kl_softmax_f32, beta), END};

static const struct kl_field kl_unary_f32_fields[] = {
    I32(kl_unary_f32, width), F32(kl_unary_f32, alpha), F32(kl_unary_f32, min),
    F32(kl_unary_f32, max), END};

static const struct kl_field kl_move_fields[] = {
    I32(kl_move, elem_bytes), I32_ARRAY(kl_move, dim, KL_MOVE_RANK),
    I32_ARRAY(kl_move, in_step, KL_MOVE_RANK), I32_ARRAY(kl_move, out_step, KL_MOVE_RANK), END};

static const struct kl_field kl_fill_fields[] = {I32(kl_fill, elem_bytes), I32(kl_fill, width),
                                                 I32(kl_fill, value), END};

static const struct kl_field kl_resize_bilinear_fields[] = {I32(kl_resize_bilinear, in_h),
                                                            I32(kl_resize_bilinear, out_h),
                                                            I32(kl_resize_bilinear, out_w),
                                                            I32(kl_resize_bilinear, channels),
                                                            POINTER(kl_resize_bilinear, row),
                                                            POINTER(kl_resize_bilinear, col),
                                                            POINTER(kl_resize_bilinear, row_part),
                                                            POINTER(kl_resize_bilinear, col_part),
                                                            END};

static const struct kl_field kl_circular_buffer_fields[] = {
    I32(kl_circular_buffer, slots), I32(kl_circular_buffer, slot_bytes), END};

static const struct kl_field kl_l2_normalise_fields[] = {I32(kl_l2_normalise, width),
                                                         I32(kl_l2_normalise, in_zero_point), END};

static const struct kl_field kl_log_softmax_s8_fields[] = {
    I32(kl_log_softmax_s8, width),
    I32(kl_log_softmax_s8, multiplier),
    I32(kl_log_softmax_s8, left_shift),
    I32(kl_log_softmax_s8, diff_min),
    I32(kl_log_softmax_s8, reverse_multiplier),
    I32(kl_log_softmax_s8, reverse_shift),
    END};

static const struct kl_field kl_resize_nearest_fields[] = {I32(kl_resize_nearest, in_h),
                                                           I32(kl_resize_nearest, out_h),
                                                           I32(kl_resize_nearest, out_w),
                                                           I32(kl_resize_nearest, pixel_bytes),
                                                           POINTER(kl_resize_nearest, row),
                                                           POINTER(kl_resize_nearest, col),
                                                           END};

static const struct kl_field pairs_fields[] = {
    POINTER(kl_pairs_s8, stream), I32(kl_pairs_s8, inputs), I32(kl_pairs_s8, out_zero_point),
    I32(kl_pairs_s8, min),        I32(kl_pairs_s8, max),    END};

static const struct kl_field kl_conv2d_pairs_s8_fields[] = {
    STRUCT(kl_conv2d_pairs_s8, win, window_fields), I32(kl_conv2d_pairs_s8, groups),
    I32(kl_conv2d_pairs_s8, in_zero_point), STRUCT(kl_conv2d_pairs_s8, pairs, pairs_fields), END};

static const struct kl_field kl_conv2d_pairs_s4_fields[] = {
    STRUCT(kl_conv2d_pairs_s4, win, window_fields),
    I32(kl_conv2d_pairs_s4, in_zero_point),
    I32(kl_conv2d_pairs_s4, block),
    I32(kl_conv2d_pairs_s4, block_words),
    STRUCT(kl_conv2d_pairs_s4, pairs, pairs_fields),
    END};

static const struct kl_field kl_fully_connected_pairs_s4_fields[] = {
    I32(kl_fully_connected_pairs_s4, in_c),
    I32(kl_fully_connected_pairs_s4, out_c),
    I32(kl_fully_connected_pairs_s4, block),
    I32(kl_fully_connected_pairs_s4, block_words),
    STRUCT(kl_fully_connected_pairs_s4, pairs, pairs_fields),
    END};

static const struct kl_field kl_depthwise_3x3_s8_fields[] = {
    STRUCT(kl_depthwise_3x3_s8, win, window_fields),
    I32(kl_depthwise_3x3_s8, in_zero_point),
    I32(kl_depthwise_3x3_s8, columns),
    I32(kl_depthwise_3x3_s8, band),
    POINTER(kl_depthwise_3x3_s8, records),
    I32(kl_depthwise_3x3_s8, min),
    I32(kl_depthwise_3x3_s8, max),
    END};

static const struct kl_field kl_fully_connected_pairs_s8_fields[] = {
    I32(kl_fully_connected_pairs_s8, in_c), I32(kl_fully_connected_pairs_s8, out_c),
    STRUCT(kl_fully_connected_pairs_s8, pairs, pairs_fields), END};
static const struct kl_field kl_binary_int_fields[] = {
    STRUCT(kl_binary_int, ew, elementwise_fields), I32(kl_binary_int, function),
    I32(kl_binary_int, dtype), END};

static const struct kl_field kl_compare_fields[] = {STRUCT(kl_compare, ew, elementwise_fields),
                                                    I32(kl_compare, function),
                                                    I32(kl_compare, dtype), END};

static const struct kl_field kl_compare_s8_fields[] = {
    STRUCT(kl_compare_s8, ew, elementwise_fields),
    I32(kl_compare_s8, function),
    I32_ARRAY(kl_compare_s8, zero_point, 2),
    I32_ARRAY(kl_compare_s8, multiplier, 2),
    I32_ARRAY(kl_compare_s8, shift, 2),
    END};

static const struct kl_field kl_select_fields[] = {I32_ARRAY(kl_select, dim, 4),
                                                   I32_ARRAY2(kl_select, step, 3, 4),
                                                   I32(kl_select, elem_bytes), END};

static const struct kl_field kl_cast_fields[] = {I32(kl_cast, width), I32(kl_cast, from),
                                                 I32(kl_cast, to), END};

static const struct kl_field kl_reduce_number_fields[] = {
    STRUCT(kl_reduce_number, rd, reduce_fields), I32(kl_reduce_number, function),
    I32(kl_reduce_number, dtype), END};

static const struct kl_field kl_arg_extreme_fields[] = {STRUCT(kl_arg_extreme, rd, reduce_fields),
                                                        I32(kl_arg_extreme, dtype),
                                                        I32(kl_arg_extreme, out_dtype),
                                                        I32(kl_arg_extreme, sign),
                                                        I32(kl_arg_extreme, last),
                                                        END};

static const struct kl_field kl_indexed_fields[] = {
    I32_ARRAY(kl_indexed, dim, KL_MOVE_RANK),
    I32_ARRAY(kl_indexed, data_step, KL_MOVE_RANK),
    I32_ARRAY(kl_indexed, index_step, KL_MOVE_RANK),
    I32(kl_indexed, depth),
    I32(kl_indexed, index_dtype),
    I32_ARRAY(kl_indexed, place_count, KL_INDEX_DEPTH),
    I32_ARRAY(kl_indexed, place_step, KL_INDEX_DEPTH),
    I32(kl_indexed, bytes),
    END};

static const struct kl_field kl_scatter_fields[] = {STRUCT(kl_scatter, at, kl_indexed_fields),
                                                    I32(kl_scatter, function),
                                                    I32(kl_scatter, dtype), END};

static const struct kl_field kl_matmul_fields[] = {I32(kl_matmul, rows),
                                                   I32(kl_matmul, inner),
                                                   I32(kl_matmul, columns),
                                                   I32_ARRAY(kl_matmul, a_step, 2),
                                                   I32_ARRAY(kl_matmul, b_step, 2),
                                                   STRUCT(kl_matmul, batch, elementwise_fields),
                                                   END};

static const struct kl_field kl_matmul_s8_fields[] = {STRUCT(kl_matmul_s8, shape, kl_matmul_fields),
                                                      I32_ARRAY(kl_matmul_s8, zero_point, 2),
                                                      I32(kl_matmul_s8, multiplier),
                                                      I32(kl_matmul_s8, shift),
                                                      I32(kl_matmul_s8, out_zero_point),
                                                      END};

static const struct kl_field kl_cumsum_fields[] = {I32(kl_cumsum, outer),
                                                   I32(kl_cumsum, count),
                                                   I32(kl_cumsum, inner),
                                                   I32(kl_cumsum, exclusive),
                                                   I32(kl_cumsum, reverse),
                                                   I32(kl_cumsum, dtype),
                                                   END};

static const struct kl_field kl_topk_fields[] = {
    I32(kl_topk, outer), I32(kl_topk, count), I32(kl_topk, inner),     I32(kl_topk, taken),
    I32(kl_topk, sign),  I32(kl_topk, dtype), I32(kl_topk, out_dtype), END};

static const struct kl_field kl_resample_f32_fields[] = {
    I32(kl_resample_f32, outer),      I32(kl_resample_f32, count),
    I32(kl_resample_f32, out_count),  I32(kl_resample_f32, inner),
    I32(kl_resample_f32, taps),       POINTER(kl_resample_f32, first),
    POINTER(kl_resample_f32, weight), END};

static const struct kl_field kl_svdf_s8_fields[] = {I32(kl_svdf_s8, inputs),
                                                    I32(kl_svdf_s8, units),
                                                    I32(kl_svdf_s8, rank),
                                                    I32(kl_svdf_s8, memory),
                                                    POINTER(kl_svdf_s8, features),
                                                    POINTER(kl_svdf_s8, feature_bias),
                                                    POINTER(kl_svdf_s8, time),
                                                    POINTER(kl_svdf_s8, bias),
                                                    I32(kl_svdf_s8, state_multiplier),
                                                    I32(kl_svdf_s8, state_shift),
                                                    I32(kl_svdf_s8, state_zero_point),
                                                    I32(kl_svdf_s8, state_min),
                                                    I32(kl_svdf_s8, state_max),
                                                    I32(kl_svdf_s8, out_multiplier),
                                                    I32(kl_svdf_s8, out_shift),
                                                    I32(kl_svdf_s8, out_zero_point),
                                                    END};

static const struct kl_field kl_svdf_f32_fields[] = {
    I32(kl_svdf_f32, inputs),       I32(kl_svdf_f32, units),
    I32(kl_svdf_f32, rank),         I32(kl_svdf_f32, memory),
    POINTER(kl_svdf_f32, features), POINTER(kl_svdf_f32, time),
    POINTER(kl_svdf_f32, bias),     F32(kl_svdf_f32, min),
    F32(kl_svdf_f32, max),          END};

static const struct kl_field kl_lstm_s8_fields[] = {I32(kl_lstm_s8, batches),
                                                    I32(kl_lstm_s8, times),
                                                    I32(kl_lstm_s8, batch_rows),
                                                    I32(kl_lstm_s8, time_rows),
                                                    I32(kl_lstm_s8, inputs),
                                                    I32(kl_lstm_s8, cells),
                                                    POINTER(kl_lstm_s8, weights),
                                                    POINTER(kl_lstm_s8, recurrent),
                                                    POINTER(kl_lstm_s8, bias),
                                                    POINTER(kl_lstm_s8, recurrent_bias),
                                                    POINTER(kl_lstm_s8, table),
                                                    I32_ARRAY(kl_lstm_s8, multiplier, 4),
                                                    I32_ARRAY(kl_lstm_s8, shift, 4),
                                                    I32_ARRAY(kl_lstm_s8, recurrent_multiplier, 4),
                                                    I32_ARRAY(kl_lstm_s8, recurrent_shift, 4),
                                                    I32(kl_lstm_s8, forget_multiplier),
                                                    I32(kl_lstm_s8, forget_shift),
                                                    I32(kl_lstm_s8, input_multiplier),
                                                    I32(kl_lstm_s8, input_shift),
                                                    I32(kl_lstm_s8, hidden_multiplier),
                                                    I32(kl_lstm_s8, hidden_shift),
                                                    I32(kl_lstm_s8, hidden_zero_point),
                                                    I32(kl_lstm_s8, tanh_multiplier),
                                                    I32(kl_lstm_s8, tanh_right_shift),
                                                    I32(kl_lstm_s8, clip),
                                                    END};

static const struct kl_field kl_lstm_f32_fields[] = {I32(kl_lstm_f32, batches),
                                                     I32(kl_lstm_f32, times),
                                                     I32(kl_lstm_f32, batch_rows),
                                                     I32(kl_lstm_f32, time_rows),
                                                     I32(kl_lstm_f32, inputs),
                                                     I32(kl_lstm_f32, cells),
                                                     POINTER(kl_lstm_f32, weights),
                                                     POINTER(kl_lstm_f32, recurrent),
                                                     POINTER(kl_lstm_f32, bias),
                                                     F32(kl_lstm_f32, clip),
                                                     END};

static const struct kl_field kl_lstm_hybrid_fields[] = {I32(kl_lstm_hybrid, batches),
                                                        I32(kl_lstm_hybrid, times),
                                                        I32(kl_lstm_hybrid, batch_rows),
                                                        I32(kl_lstm_hybrid, time_rows),
                                                        I32(kl_lstm_hybrid, inputs),
                                                        I32(kl_lstm_hybrid, cells),
                                                        I32(kl_lstm_hybrid, asymmetric),
                                                        POINTER(kl_lstm_hybrid, weights),
                                                        POINTER(kl_lstm_hybrid, recurrent),
                                                        POINTER(kl_lstm_hybrid, bias),
                                                        POINTER(kl_lstm_hybrid, weight_scale),
                                                        F32(kl_lstm_hybrid, clip),
                                                        END};

static const struct kl_field kl_signal_window_fields[] = {I32(kl_signal_window, width),
                                                          I32(kl_signal_window, shift),
                                                          POINTER(kl_signal_window, window), END};

static const struct kl_field kl_signal_auto_scale_fields[] = {I32(kl_signal_auto_scale, width),
                                                              END};

static const struct kl_field kl_rfft_s16_fields[] = {
    I32(kl_rfft_s16, width), I32(kl_rfft_s16, length), POINTER(kl_rfft_s16, twiddle),
    POINTER(kl_rfft_s16, join), END};

static const struct kl_field kl_signal_energy_fields[] = {
    I32(kl_signal_energy, bins), I32(kl_signal_energy, start), I32(kl_signal_energy, end), END};

static const struct kl_field kl_filter_bank_fields[] = {I32(kl_filter_bank, channels),
                                                        POINTER(kl_filter_bank, weights),
                                                        POINTER(kl_filter_bank, counterweights),
                                                        POINTER(kl_filter_bank, first_bin),
                                                        POINTER(kl_filter_bank, first_weight),
                                                        POINTER(kl_filter_bank, widths),
                                                        END};

static const struct kl_field kl_filter_bank_root_fields[] = {I32(kl_filter_bank_root, channels),
                                                             END};

static const struct kl_field kl_noise_subtraction_fields[] = {
    I32(kl_noise_subtraction, channels),
    I32_ARRAY(kl_noise_subtraction, smoothing, 2),
    I32_ARRAY(kl_noise_subtraction, one_minus_smoothing, 2),
    I32(kl_noise_subtraction, min_signal_remaining),
    I32(kl_noise_subtraction, smoothing_bits),
    I32(kl_noise_subtraction, bits),
    I32(kl_noise_subtraction, clamping),
    END};

static const struct kl_field kl_pcan_fields[] = {I32(kl_pcan, channels), I32(kl_pcan, snr_shift),
                                                 POINTER(kl_pcan, gain), END};

static const struct kl_field kl_filter_bank_log_fields[] = {
    I32(kl_filter_bank_log, channels), I32(kl_filter_bank_log, output_scale),
    I32(kl_filter_bank_log, correction_bits), POINTER(kl_filter_bank_log, table), END};

static const struct kl_field kl_branch_fields[] = {I32(kl_branch, target),
                                                   I32(kl_branch, conditional), END};

static const struct kl_field requant_s16_fields[] = {POINTER(kl_requant_s16, multiplier),
                                                     POINTER(kl_requant_s16, shift),
                                                     I32(kl_requant_s16, narrow),
                                                     I32(kl_requant_s16, min),
                                                     I32(kl_requant_s16, max),
                                                     END};

static const struct kl_field kl_conv2d_s16_fields[] = {
    STRUCT(kl_conv2d_s16, win, window_fields),
    I32(kl_conv2d_s16, groups),
    POINTER(kl_conv2d_s16, weights),
    POINTER(kl_conv2d_s16, bias),
    STRUCT(kl_conv2d_s16, rq16, requant_s16_fields),
    END};

static const struct kl_field kl_conv2d_u8_fields[] = {STRUCT(kl_conv2d_u8, win, window_fields),
                                                      I32(kl_conv2d_u8, groups),
                                                      I32(kl_conv2d_u8, in_zero_point),
                                                      I32(kl_conv2d_u8, weight_zero_point),
                                                      POINTER(kl_conv2d_u8, weights),
                                                      POINTER(kl_conv2d_u8, bias),
                                                      F32(kl_conv2d_u8, scale),
                                                      I32(kl_conv2d_u8, out_zero_point),
                                                      I32(kl_conv2d_u8, min),
                                                      I32(kl_conv2d_u8, max),
                                                      END};

static const struct kl_field kl_hybrid_fields[] = {STRUCT(kl_hybrid, win, window_fields),
                                                   I32(kl_hybrid, groups),
                                                   I32(kl_hybrid, asymmetric),
                                                   POINTER(kl_hybrid, weights),
                                                   POINTER(kl_hybrid, weight_scale),
                                                   POINTER(kl_hybrid, bias),
                                                   F32(kl_hybrid, min),
                                                   F32(kl_hybrid, max),
                                                   END};

static const struct kl_field kl_rescale_fields[] = {I32(kl_rescale, width),
                                                    I32(kl_rescale, in_bytes),
                                                    I32(kl_rescale, out_bytes),
                                                    I32(kl_rescale, in_zero_point),
                                                    I32(kl_rescale, multiplier),
                                                    I32(kl_rescale, shift),
                                                    I32(kl_rescale, below_multiplier),
                                                    I32(kl_rescale, below_shift),
                                                    I32(kl_rescale, out_zero_point),
                                                    I32(kl_rescale, min),
                                                    I32(kl_rescale, max),
                                                    END};

static const struct kl_field kl_sigmoid_s16_fields[] = {
    I32(kl_sigmoid_s16, width), I32(kl_sigmoid_s16, multiplier), I32(kl_sigmoid_s16, right_shift),
    POINTER(kl_sigmoid_s16, table), END};

static const struct kl_field kl_softmax_s16_fields[] = {
    I32(kl_softmax_s16, width),   I32(kl_softmax_s16, multiplier),     I32(kl_softmax_s16, shift),
    POINTER(kl_softmax_s16, exp), POINTER(kl_softmax_s16, reciprocal), END};

static const struct kl_field kl_tree_ensemble_fields[] = {
    I32(kl_tree_ensemble, features),   I32(kl_tree_ensemble, columns),
    I32(kl_tree_ensemble, trees),      I32(kl_tree_ensemble, outputs),
    I32(kl_tree_ensemble, leaf_width), I32(kl_tree_ensemble, node_bytes),
    I32(kl_tree_ensemble, rank_bits),  I32(kl_tree_ensemble, nan_key),
    POINTER(kl_tree_ensemble, keys),   POINTER(kl_tree_ensemble, key_start),
    POINTER(kl_tree_ensemble, nodes),  POINTER(kl_tree_ensemble, root),
    POINTER(kl_tree_ensemble, column), POINTER(kl_tree_ensemble, leaves),
    POINTER(kl_tree_ensemble, base),   END};

static const struct kl_field kl_distance_f32_fields[] = {I32(kl_distance_f32, in_c),
                                                         I32(kl_distance_f32, count),
                                                         POINTER(kl_distance_f32, centres), END};

static const struct kl_field kl_weighted_distance_f32_fields[] = {
    I32(kl_weighted_distance_f32, in_c),        I32(kl_weighted_distance_f32, count),
    POINTER(kl_weighted_distance_f32, centres), POINTER(kl_weighted_distance_f32, weights),
    POINTER(kl_weighted_distance_f32, bias),    END};

static const struct kl_field kl_nearest_vote_fields[] = {
    I32(kl_nearest_vote, count), I32(kl_nearest_vote, k), I32(kl_nearest_vote, classes),
    POINTER(kl_nearest_vote, label), END};

static const struct kl_field kl_conv2d_mul32_s8_fields[] = {
    STRUCT(kl_conv2d_mul32_s8, win, window_fields),
    I32(kl_conv2d_mul32_s8, groups),
    I32(kl_conv2d_mul32_s8, in_zero_point),
    POINTER(kl_conv2d_mul32_s8, stream),
    POINTER(kl_conv2d_mul32_s8, bias),
    STRUCT(kl_conv2d_mul32_s8, rq, requant_fields),
    END};

static const struct kl_field channels_fields[] = {POINTER(kl_channels_mve, bias),
                                                  POINTER(kl_channels_mve, multiplier),
                                                  POINTER(kl_channels_mve, shift),
                                                  I32(kl_channels_mve, out_zero_point),
                                                  I32(kl_channels_mve, min),
                                                  I32(kl_channels_mve, max),
                                                  END};

static const struct kl_field kl_conv2d_mve_s8_fields[] = {
    STRUCT(kl_conv2d_mve_s8, win, window_fields),
    I32(kl_conv2d_mve_s8, in_zero_point),
    I32(kl_conv2d_mve_s8, inputs),
    I32(kl_conv2d_mve_s8, direct),
    POINTER(kl_conv2d_mve_s8, weights),
    STRUCT(kl_conv2d_mve_s8, channels, channels_fields),
    END};

static const struct kl_field kl_depthwise_mve_s8_fields[] = {
    STRUCT(kl_depthwise_mve_s8, win, window_fields), I32(kl_depthwise_mve_s8, in_zero_point),
    POINTER(kl_depthwise_mve_s8, weights), STRUCT(kl_depthwise_mve_s8, channels, channels_fields),
    END};

static const struct kl_field kl_fully_connected_mve_s8_fields[] = {
    I32(kl_fully_connected_mve_s8, in_c),
    I32(kl_fully_connected_mve_s8, out_c),
    I32(kl_fully_connected_mve_s8, inputs),
    POINTER(kl_fully_connected_mve_s8, weights),
    STRUCT(kl_fully_connected_mve_s8, channels, channels_fields),
    END};

static const struct {
    const char *name;
    const char *header;
    const struct kl_field *fields;
} kernels[] = {
#define KL_KERNEL(id, function, params, inputs, file) \
    [KL_KERNEL_##id] = {#params, file, params##_fields},
#include "kinglet/kernels.def"
#undef KL_KERNEL
};

const struct kl_field *kl_kernel_fields(enum kl_kernel_id kernel)
{
    assert((unsigned)kernel < KL_KERNEL_COUNT);
    return kernels[kernel].fields;
}

const char *kl_kernel_struct(enum kl_kernel_id kernel)
{
    assert((unsigned)kernel < KL_KERNEL_COUNT);
    return kernels[kernel].name;
}

const char *kl_kernel_header(enum kl_kernel_id kernel)
{
    assert((unsigned)kernel < KL_KERNEL_COUNT);
    return kernels[kernel].header;
}
