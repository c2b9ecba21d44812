/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the kernels for the DSP extension of ARMv7E-M. */
#include "emit/fields_internal.h"

static const struct kl_field pairs_fields[] = {
    POINTER(kl_pairs_s8, stream), I32(kl_pairs_s8, inputs), I32(kl_pairs_s8, out_zero_point),
    I32(kl_pairs_s8, min),        I32(kl_pairs_s8, max),    END};

const struct kl_field kl_conv2d_pairs_s8_fields[] = {
    STRUCT(kl_conv2d_pairs_s8, win, kl_window_fields), I32(kl_conv2d_pairs_s8, groups),
    I32(kl_conv2d_pairs_s8, in_zero_point), STRUCT(kl_conv2d_pairs_s8, pairs, pairs_fields), END};

const struct kl_field kl_conv2d_pairs_s4_fields[] = {
    STRUCT(kl_conv2d_pairs_s4, win, kl_window_fields),
    I32(kl_conv2d_pairs_s4, in_zero_point),
    I32(kl_conv2d_pairs_s4, block),
    I32(kl_conv2d_pairs_s4, block_words),
    STRUCT(kl_conv2d_pairs_s4, pairs, pairs_fields),
    END};

const struct kl_field kl_fully_connected_pairs_s8_fields[] = {
    I32(kl_fully_connected_pairs_s8, in_c), I32(kl_fully_connected_pairs_s8, out_c),
    STRUCT(kl_fully_connected_pairs_s8, pairs, pairs_fields), END};

const struct kl_field kl_fully_connected_pairs_s4_fields[] = {
    I32(kl_fully_connected_pairs_s4, in_c),
    I32(kl_fully_connected_pairs_s4, out_c),
    I32(kl_fully_connected_pairs_s4, block),
    I32(kl_fully_connected_pairs_s4, block_words),
    STRUCT(kl_fully_connected_pairs_s4, pairs, pairs_fields),
    END};

const struct kl_field kl_depthwise_3x3_s8_fields[] = {
    STRUCT(kl_depthwise_3x3_s8, win, kl_window_fields),
    I32(kl_depthwise_3x3_s8, in_zero_point),
    I32(kl_depthwise_3x3_s8, columns),
    I32(kl_depthwise_3x3_s8, band),
    POINTER(kl_depthwise_3x3_s8, records),
    I32(kl_depthwise_3x3_s8, min),
    I32(kl_depthwise_3x3_s8, max),
    END};
