/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of kernels along axes: reductions, normalisation, sorting, products of matrices. */
#include "emit/fields_internal.h"

static const struct kl_field reduce_fields[] = {
    I32_ARRAY(kl_reduce, out_dim, 3), I32_ARRAY(kl_reduce, out_step, 3),
    I32_ARRAY(kl_reduce, red_dim, 3), I32_ARRAY(kl_reduce, red_step, 3), END};

const struct kl_field kl_mean_s8_fields[] = {
    STRUCT(kl_mean_s8, rd, reduce_fields), I32(kl_mean_s8, in_zero_point_sum),
    I32(kl_mean_s8, multiplier),           I32(kl_mean_s8, shift),
    I32(kl_mean_s8, out_zero_point),       END};

const struct kl_field kl_mean_f32_fields[] = {STRUCT(kl_mean_f32, rd, reduce_fields), END};

const struct kl_field kl_reduce_number_fields[] = {STRUCT(kl_reduce_number, rd, reduce_fields),
                                                   I32(kl_reduce_number, function),
                                                   I32(kl_reduce_number, dtype), END};

const struct kl_field kl_arg_extreme_fields[] = {STRUCT(kl_arg_extreme, rd, reduce_fields),
                                                 I32(kl_arg_extreme, dtype),
                                                 I32(kl_arg_extreme, out_dtype),
                                                 I32(kl_arg_extreme, sign),
                                                 I32(kl_arg_extreme, last),
                                                 END};

const struct kl_field kl_softmax_s8_fields[] = {
    I32(kl_softmax_s8, width), I32(kl_softmax_s8, multiplier), I32(kl_softmax_s8, left_shift),
    I32(kl_softmax_s8, diff_min), END};

const struct kl_field kl_softmax_f32_fields[] = {I32(kl_softmax_f32, width),
                                                 F32(kl_softmax_f32, beta), END};

const struct kl_field kl_softmax_s16_fields[] = {
    I32(kl_softmax_s16, width),   I32(kl_softmax_s16, multiplier),     I32(kl_softmax_s16, shift),
    POINTER(kl_softmax_s16, exp), POINTER(kl_softmax_s16, reciprocal), END};

const struct kl_field kl_l2_normalise_fields[] = {I32(kl_l2_normalise, width),
                                                  I32(kl_l2_normalise, in_zero_point), END};

const struct kl_field kl_log_softmax_s8_fields[] = {
    STRUCT(kl_log_softmax_s8, softmax, kl_softmax_s8_fields),
    I32(kl_log_softmax_s8, reverse_multiplier), I32(kl_log_softmax_s8, reverse_shift), END};

const struct kl_field kl_cumsum_fields[] = {I32(kl_cumsum, outer),
                                            I32(kl_cumsum, count),
                                            I32(kl_cumsum, inner),
                                            I32(kl_cumsum, exclusive),
                                            I32(kl_cumsum, reverse),
                                            I32(kl_cumsum, dtype),
                                            END};

const struct kl_field kl_topk_fields[] = {
    I32(kl_topk, outer), I32(kl_topk, count), I32(kl_topk, inner),     I32(kl_topk, taken),
    I32(kl_topk, sign),  I32(kl_topk, dtype), I32(kl_topk, out_dtype), END};

const struct kl_field kl_resample_f32_fields[] = {
    I32(kl_resample_f32, outer),      I32(kl_resample_f32, count),
    I32(kl_resample_f32, out_count),  I32(kl_resample_f32, inner),
    I32(kl_resample_f32, taps),       POINTER(kl_resample_f32, first),
    POINTER(kl_resample_f32, weight), END};

const struct kl_field kl_matmul_fields[] = {I32(kl_matmul, rows),
                                            I32(kl_matmul, inner),
                                            I32(kl_matmul, columns),
                                            I32_ARRAY(kl_matmul, a_step, 2),
                                            I32_ARRAY(kl_matmul, b_step, 2),
                                            STRUCT(kl_matmul, batch, kl_elementwise_fields),
                                            END};

const struct kl_field kl_matmul_s8_fields[] = {STRUCT(kl_matmul_s8, shape, kl_matmul_fields),
                                               I32_ARRAY(kl_matmul_s8, zero_point, 2),
                                               I32(kl_matmul_s8, multiplier),
                                               I32(kl_matmul_s8, shift),
                                               I32(kl_matmul_s8, out_zero_point),
                                               END};
