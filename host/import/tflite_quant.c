/* SPDX-License-Identifier: Apache-2.0 */
/* Quantisation parameters of a TFLite tensor. */
#include <math.h>

#include "formats/tflite_schema.h"
#include "import/tflite_import.h"

/* Zero points that a type can have; false for types whose quantisation means nothing. */
static bool zero_point_range(enum kl_dtype dtype, int64_t *low, int64_t *high)
{
    switch (dtype) {
    case KL_S8: *low = INT8_MIN, *high = INT8_MAX; return true;
    case KL_U8: *low = 0, *high = UINT8_MAX; return true;
    case KL_S4: *low = -8, *high = 7; return true;
    case KL_U4: *low = 0, *high = 15; return true;
    case KL_S2: *low = -2, *high = 1; return true;
    case KL_S16: *low = INT16_MIN, *high = INT16_MAX; return true;
    case KL_S32:
    case KL_S64: *low = INT32_MIN, *high = INT32_MAX; return true;
    default: return false;
    }
}

/* Converters may leave a single scale of 0 on integers that are not quantised (shapes, axes). */
static bool is_placeholder(const struct flat_reader *fb, struct flat_vector scales,
                           enum kl_dtype dtype)
{
    return scales.count == 1 && (dtype == KL_S32 || dtype == KL_S64) &&
           flat_f32_at(fb, scales, 0) == 0.0f;
}

/* The dimension along which the scales lie. Converters leave the weights' dimension on biases,
 * which have only one; that one is meant. */
static enum kl_err read_axis(struct tfl_import *import, struct flat_table quant, uint32_t count,
                             struct kl_tensor *tensor)
{
    int32_t axis = flat_i32(&import->fb, quant, TFL_QUANT_DIMENSION, 0);
    KL_TRY(import->fb.err);
    const struct kl_shape *shape = &tensor->shape;
    if (count == 1) {
        return KL_OK;
    }
    if (shape->rank == 1) {
        axis = 0;
    }
    if (axis < 0 || axis >= shape->rank) {
        return tfl_fail(import, KL_EINPUT, "quantised along dimension %d, but it has %d", axis,
                        shape->rank);
    }
    if ((uint32_t)shape->dim[axis] != count) {
        return tfl_fail(import, KL_EINPUT, "%u scales for dimension %d, which has %d entries",
                        count, axis, shape->dim[axis]);
    }
    tensor->quant.axis = axis;
    return KL_OK;
}

static enum kl_err read_values(struct tfl_import *import, struct flat_vector scales,
                               struct flat_vector zero_points, struct kl_tensor *tensor)
{
    float *scale = KL_NEW(import->arena, float, scales.count);
    int32_t *zero_point = KL_NEW(import->arena, int32_t, scales.count);
    int64_t low = 0;
    int64_t high = 0;
    if (!scale || !zero_point) {
        return KL_FAIL_MEMORY(import->fb.diag);
    }
    zero_point_range(tensor->dtype, &low, &high);
    for (uint32_t i = 0; i < scales.count; i++) {
        scale[i] = flat_f32_at(&import->fb, scales, i);
        if (!isfinite(scale[i]) || scale[i] <= 0) {
            return tfl_fail(import, KL_EINPUT, "scale %u is %g; it must be finite and above 0", i,
                            (double)scale[i]);
        }
        int64_t value = zero_points.count ? flat_i64_at(&import->fb, zero_points, i) : 0;
        if (value < low || value > high) {
            return tfl_fail(import, KL_EINPUT,
                            "zero point %u is %lld, outside the range of its type %s", i,
                            (long long)value, kl_dtype_name(tensor->dtype));
        }
        zero_point[i] = (int32_t)value;
    }
    tensor->quant.count = (int32_t)scales.count;
    tensor->quant.scale = scale;
    tensor->quant.zero_point = zero_point;
    return KL_OK;
}

enum kl_err tfl_quant(struct tfl_import *import, struct flat_table table, struct kl_tensor *tensor)
{
    struct flat_reader *fb = &import->fb;
    int64_t low;
    int64_t high;
    struct flat_table quant = flat_table(fb, table, TFL_TENSOR_QUANTIZATION);
    struct flat_vector scales = flat_vector(fb, quant, TFL_QUANT_SCALE, 4);
    struct flat_vector zero_points = flat_vector(fb, quant, TFL_QUANT_ZERO_POINT, 8);
    uint8_t details = flat_u8(fb, quant, TFL_QUANT_DETAILS_TYPE, 0);
    KL_TRY(fb->err);
    if (details != 0) {
        return tfl_fail(import, KL_EUNSUPPORTED,
                        "custom, blockwise and multi-axis quantisation are not supported");
    }
    if (scales.count == 0 || !zero_point_range(tensor->dtype, &low, &high) ||
        is_placeholder(fb, scales, tensor->dtype)) {
        return KL_OK;
    }
    if (zero_points.count != 0 && zero_points.count != scales.count) {
        return tfl_fail(import, KL_EINPUT, "%u scales, but %u zero points", scales.count,
                        zero_points.count);
    }
    KL_TRY(read_axis(import, quant, scales.count, tensor));
    KL_TRY(tfl_take(import, &import->quant_values_left, scales.count, "scales"));
    return read_values(import, scales, zero_points, tensor);
}
