/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the kernels for cores whose only multiplication is one of 32 bits. */
#include "emit/fields_internal.h"

const struct kl_field kl_conv2d_mul32_s8_fields[] = {
    STRUCT(kl_conv2d_mul32_s8, win, kl_window_fields),
    I32(kl_conv2d_mul32_s8, groups),
    I32(kl_conv2d_mul32_s8, in_zero_point),
    POINTER(kl_conv2d_mul32_s8, stream),
    POINTER(kl_conv2d_mul32_s8, bias),
    STRUCT(kl_conv2d_mul32_s8, rq, kl_requant_fields),
    END};
