/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of kernels that move elements: copies, indexed places, images of another size. */
#include "emit/fields_internal.h"

const struct kl_field kl_move_fields[] = {
    I32(kl_move, elem_bytes), I32_ARRAY(kl_move, dim, KL_MOVE_RANK),
    I32_ARRAY(kl_move, in_step, KL_MOVE_RANK), I32_ARRAY(kl_move, out_step, KL_MOVE_RANK), END};

const struct kl_field kl_fill_fields[] = {I32(kl_fill, elem_bytes), I32(kl_fill, width),
                                          I32(kl_fill, value), END};

const struct kl_field kl_indexed_fields[] = {I32_ARRAY(kl_indexed, dim, KL_MOVE_RANK),
                                             I32_ARRAY(kl_indexed, data_step, KL_MOVE_RANK),
                                             I32_ARRAY(kl_indexed, index_step, KL_MOVE_RANK),
                                             I32(kl_indexed, depth),
                                             I32(kl_indexed, index_dtype),
                                             I32_ARRAY(kl_indexed, place_count, KL_INDEX_DEPTH),
                                             I32_ARRAY(kl_indexed, place_step, KL_INDEX_DEPTH),
                                             I32(kl_indexed, bytes),
                                             END};

const struct kl_field kl_scatter_fields[] = {STRUCT(kl_scatter, at, kl_indexed_fields),
                                             I32(kl_scatter, function), I32(kl_scatter, dtype),
                                             END};

const struct kl_field kl_resize_nearest_fields[] = {I32(kl_resize_nearest, in_h),
                                                    I32(kl_resize_nearest, out_h),
                                                    I32(kl_resize_nearest, out_w),
                                                    I32(kl_resize_nearest, pixel_bytes),
                                                    POINTER(kl_resize_nearest, row),
                                                    POINTER(kl_resize_nearest, col),
                                                    END};

const struct kl_field kl_resize_bilinear_fields[] = {I32(kl_resize_bilinear, in_h),
                                                     I32(kl_resize_bilinear, out_h),
                                                     I32(kl_resize_bilinear, out_w),
                                                     I32(kl_resize_bilinear, channels),
                                                     POINTER(kl_resize_bilinear, row),
                                                     POINTER(kl_resize_bilinear, col),
                                                     POINTER(kl_resize_bilinear, row_part),
                                                     POINTER(kl_resize_bilinear, col_part),
                                                     END};
