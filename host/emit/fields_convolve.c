/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of windows: convolutions, fully connected layers and pools. */
#include "emit/fields_internal.h"

const struct kl_field kl_window_fields[] = {
    I32(kl_window, in_h),     I32(kl_window, in_w),     I32(kl_window, in_c),
    I32(kl_window, out_h),    I32(kl_window, out_w),    I32(kl_window, out_c),
    I32(kl_window, k_h),      I32(kl_window, k_w),      I32(kl_window, stride_h),
    I32(kl_window, stride_w), I32(kl_window, dil_h),    I32(kl_window, dil_w),
    I32(kl_window, pad_top),  I32(kl_window, pad_left), END};

const struct kl_field kl_requant_fields[] = {POINTER(kl_requant, multiplier),
                                             POINTER(kl_requant, shift),
                                             I32(kl_requant, out_zero_point),
                                             I32(kl_requant, min),
                                             I32(kl_requant, max),
                                             END};

static const struct kl_field requant_s16_fields[] = {POINTER(kl_requant_s16, multiplier),
                                                     POINTER(kl_requant_s16, shift),
                                                     I32(kl_requant_s16, narrow),
                                                     I32(kl_requant_s16, min),
                                                     I32(kl_requant_s16, max),
                                                     END};

const struct kl_field kl_conv2d_s8_fields[] = {STRUCT(kl_conv2d_s8, win, kl_window_fields),
                                               I32(kl_conv2d_s8, groups),
                                               I32(kl_conv2d_s8, in_zero_point),
                                               POINTER(kl_conv2d_s8, weights),
                                               POINTER(kl_conv2d_s8, bias),
                                               STRUCT(kl_conv2d_s8, rq, kl_requant_fields),
                                               END};

const struct kl_field kl_depthwise_s8_fields[] = {STRUCT(kl_depthwise_s8, win, kl_window_fields),
                                                  I32(kl_depthwise_s8, multiplier),
                                                  I32(kl_depthwise_s8, in_zero_point),
                                                  POINTER(kl_depthwise_s8, weights),
                                                  POINTER(kl_depthwise_s8, bias),
                                                  STRUCT(kl_depthwise_s8, rq, kl_requant_fields),
                                                  END};

const struct kl_field kl_fully_connected_s8_fields[] = {
    I32(kl_fully_connected_s8, in_c),
    I32(kl_fully_connected_s8, out_c),
    POINTER(kl_fully_connected_s8, weights),
    POINTER(kl_fully_connected_s8, bias),
    STRUCT(kl_fully_connected_s8, rq, kl_requant_fields),
    END};

const struct kl_field kl_conv2d_s4_fields[] = {STRUCT(kl_conv2d_s4, win, kl_window_fields),
                                               I32(kl_conv2d_s4, in_zero_point),
                                               I32(kl_conv2d_s4, block),
                                               POINTER(kl_conv2d_s4, weights),
                                               POINTER(kl_conv2d_s4, bias),
                                               STRUCT(kl_conv2d_s4, rq, kl_requant_fields),
                                               END};

const struct kl_field kl_depthwise_s4_fields[] = {STRUCT(kl_depthwise_s4, win, kl_window_fields),
                                                  I32(kl_depthwise_s4, multiplier),
                                                  I32(kl_depthwise_s4, in_zero_point),
                                                  POINTER(kl_depthwise_s4, weights),
                                                  POINTER(kl_depthwise_s4, bias),
                                                  STRUCT(kl_depthwise_s4, rq, kl_requant_fields),
                                                  END};

const struct kl_field kl_conv2d_f32_fields[] = {STRUCT(kl_conv2d_f32, win, kl_window_fields),
                                                I32(kl_conv2d_f32, groups),
                                                POINTER(kl_conv2d_f32, weights),
                                                POINTER(kl_conv2d_f32, bias),
                                                F32(kl_conv2d_f32, min),
                                                F32(kl_conv2d_f32, max),
                                                END};

const struct kl_field kl_depthwise_f32_fields[] = {STRUCT(kl_depthwise_f32, win, kl_window_fields),
                                                   I32(kl_depthwise_f32, multiplier),
                                                   POINTER(kl_depthwise_f32, weights),
                                                   POINTER(kl_depthwise_f32, bias),
                                                   F32(kl_depthwise_f32, min),
                                                   F32(kl_depthwise_f32, max),
                                                   END};

const struct kl_field kl_fully_connected_f32_fields[] = {I32(kl_fully_connected_f32, in_c),
                                                         I32(kl_fully_connected_f32, out_c),
                                                         POINTER(kl_fully_connected_f32, weights),
                                                         POINTER(kl_fully_connected_f32, bias),
                                                         F32(kl_fully_connected_f32, min),
                                                         F32(kl_fully_connected_f32, max),
                                                         END};

const struct kl_field kl_conv2d_s16_fields[] = {STRUCT(kl_conv2d_s16, win, kl_window_fields),
                                                I32(kl_conv2d_s16, groups),
                                                POINTER(kl_conv2d_s16, weights),
                                                POINTER(kl_conv2d_s16, bias),
                                                STRUCT(kl_conv2d_s16, rq16, requant_s16_fields),
                                                END};

const struct kl_field kl_hybrid_fields[] = {STRUCT(kl_hybrid, win, kl_window_fields),
                                            I32(kl_hybrid, groups),
                                            I32(kl_hybrid, asymmetric),
                                            POINTER(kl_hybrid, weights),
                                            POINTER(kl_hybrid, weight_scale),
                                            POINTER(kl_hybrid, bias),
                                            F32(kl_hybrid, min),
                                            F32(kl_hybrid, max),
                                            END};

const struct kl_field kl_conv2d_u8_fields[] = {STRUCT(kl_conv2d_u8, win, kl_window_fields),
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

const struct kl_field kl_pool_s8_fields[] = {STRUCT(kl_pool_s8, win, kl_window_fields),
                                             I32(kl_pool_s8, offset), I32(kl_pool_s8, min),
                                             I32(kl_pool_s8, max), END};

const struct kl_field kl_pool_f32_fields[] = {STRUCT(kl_pool_f32, win, kl_window_fields),
                                              F32(kl_pool_f32, min), F32(kl_pool_f32, max), END};
