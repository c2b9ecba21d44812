/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the kernels for the vector extension of ARMv8.1-M. */
#include "emit/fields_internal.h"

static const struct kl_field channels_fields[] = {POINTER(kl_channels_mve, bias),
                                                  POINTER(kl_channels_mve, multiplier),
                                                  POINTER(kl_channels_mve, shift),
                                                  I32(kl_channels_mve, out_zero_point),
                                                  I32(kl_channels_mve, min),
                                                  I32(kl_channels_mve, max),
                                                  END};

const struct kl_field kl_conv2d_mve_s8_fields[] = {
    STRUCT(kl_conv2d_mve_s8, win, kl_window_fields),
    I32(kl_conv2d_mve_s8, in_zero_point),
    I32(kl_conv2d_mve_s8, inputs),
    I32(kl_conv2d_mve_s8, direct),
    POINTER(kl_conv2d_mve_s8, weights),
    STRUCT(kl_conv2d_mve_s8, channels, channels_fields),
    END};

const struct kl_field kl_fully_connected_mve_s8_fields[] = {
    I32(kl_fully_connected_mve_s8, in_c),
    I32(kl_fully_connected_mve_s8, out_c),
    I32(kl_fully_connected_mve_s8, inputs),
    POINTER(kl_fully_connected_mve_s8, weights),
    STRUCT(kl_fully_connected_mve_s8, channels, channels_fields),
    END};

const struct kl_field kl_depthwise_mve_s8_fields[] = {
    STRUCT(kl_depthwise_mve_s8, win, kl_window_fields), I32(kl_depthwise_mve_s8, in_zero_point),
    POINTER(kl_depthwise_mve_s8, weights), STRUCT(kl_depthwise_mve_s8, channels, channels_fields),
    END};
