/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of kernels that go through elements: operands, functions, conversions. */
#include "emit/fields_internal.h"

const struct kl_field kl_elementwise_fields[] = {I32_ARRAY(kl_elementwise, dim, 3),
                                                 I32_ARRAY2(kl_elementwise, step, 2, 3), END};

const struct kl_field kl_add_s8_fields[] = {STRUCT(kl_add_s8, ew, kl_elementwise_fields),
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

const struct kl_field kl_add_linear_s8_fields[] = {
    STRUCT(kl_add_linear_s8, ew, kl_elementwise_fields),
    I32_ARRAY(kl_add_linear_s8, factor, 2),
    I32(kl_add_linear_s8, constant),
    I32(kl_add_linear_s8, shift),
    I32(kl_add_linear_s8, min),
    I32(kl_add_linear_s8, max),
    END};

const struct kl_field kl_mul_s8_fields[] = {STRUCT(kl_mul_s8, ew, kl_elementwise_fields),
                                            I32_ARRAY(kl_mul_s8, zero_point, 2),
                                            I32(kl_mul_s8, out_multiplier),
                                            I32(kl_mul_s8, out_shift),
                                            I32(kl_mul_s8, out_zero_point),
                                            I32(kl_mul_s8, min),
                                            I32(kl_mul_s8, max),
                                            END};

const struct kl_field kl_prelu_s8_fields[] = {STRUCT(kl_prelu_s8, ew, kl_elementwise_fields),
                                              I32_ARRAY(kl_prelu_s8, zero_point, 2),
                                              I32(kl_prelu_s8, pos_multiplier),
                                              I32(kl_prelu_s8, pos_shift),
                                              I32(kl_prelu_s8, neg_multiplier),
                                              I32(kl_prelu_s8, neg_shift),
                                              I32(kl_prelu_s8, out_zero_point),
                                              END};

const struct kl_field kl_binary_f32_fields[] = {STRUCT(kl_binary_f32, ew, kl_elementwise_fields),
                                                F32(kl_binary_f32, min), F32(kl_binary_f32, max),
                                                END};

const struct kl_field kl_prelu_f32_fields[] = {STRUCT(kl_prelu_f32, ew, kl_elementwise_fields),
                                               END};

const struct kl_field kl_binary_int_fields[] = {STRUCT(kl_binary_int, ew, kl_elementwise_fields),
                                                I32(kl_binary_int, function),
                                                I32(kl_binary_int, dtype), END};

const struct kl_field kl_compare_fields[] = {STRUCT(kl_compare, ew, kl_elementwise_fields),
                                             I32(kl_compare, function), I32(kl_compare, dtype),
                                             END};

const struct kl_field kl_compare_s8_fields[] = {STRUCT(kl_compare_s8, ew, kl_elementwise_fields),
                                                I32(kl_compare_s8, function),
                                                I32_ARRAY(kl_compare_s8, zero_point, 2),
                                                I32_ARRAY(kl_compare_s8, multiplier, 2),
                                                I32_ARRAY(kl_compare_s8, shift, 2),
                                                END};

const struct kl_field kl_select_fields[] = {I32_ARRAY(kl_select, dim, 4),
                                            I32_ARRAY2(kl_select, step, 3, 4),
                                            I32(kl_select, elem_bytes), END};

const struct kl_field kl_lookup_s8_fields[] = {I32(kl_lookup_s8, width),
                                               POINTER(kl_lookup_s8, table), END};

const struct kl_field kl_unary_f32_fields[] = {I32(kl_unary_f32, width), F32(kl_unary_f32, alpha),
                                               F32(kl_unary_f32, min), F32(kl_unary_f32, max), END};

const struct kl_field kl_rescale_fields[] = {I32(kl_rescale, width),
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

const struct kl_field kl_sigmoid_s16_fields[] = {
    I32(kl_sigmoid_s16, width), I32(kl_sigmoid_s16, multiplier), I32(kl_sigmoid_s16, right_shift),
    POINTER(kl_sigmoid_s16, table), END};

const struct kl_field kl_quantize_f32_s8_fields[] = {
    I32(kl_quantize_f32_s8, width), F32(kl_quantize_f32_s8, scale),
    I32(kl_quantize_f32_s8, zero_point), I32(kl_quantize_f32_s8, halves_to_even), END};

const struct kl_field kl_dequantize_s8_f32_fields[] = {I32(kl_dequantize_s8_f32, width),
                                                       F32(kl_dequantize_s8_f32, scale),
                                                       I32(kl_dequantize_s8_f32, zero_point), END};

const struct kl_field kl_cast_fields[] = {I32(kl_cast, width), I32(kl_cast, from), I32(kl_cast, to),
                                          END};
