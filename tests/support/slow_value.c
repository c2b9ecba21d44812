/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_value.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "slow_fixed.h"

/* Of two in a byte the first lies in the low bits. */
static int64_t get_nibble(const unsigned char *data, int64_t index)
{
    int64_t nibble = index % 2 ? data[index / 2] / 16 : data[index / 2] % 16;
    return nibble >= 8 ? nibble - 16 : nibble;
}

int64_t slow_get(const struct slow_value *value, int64_t index)
{
    const unsigned char *at = value->data + (size_t)index * kt_type_bytes(value->tensor->type);
    int16_t half = 0;
    int32_t word = 0;
    int64_t both = 0;
    switch (value->tensor->type) {
    case KT_I4: return get_nibble(value->data, index);
    case KT_I8: return (int8_t)*at;
    case KT_U8:
    case KT_BOOL: return *at;
    case KT_I16: memcpy(&half, at, sizeof(half)); return half;
    case KT_I32: memcpy(&word, at, sizeof(word)); return word;
    case KT_I64: memcpy(&both, at, sizeof(both)); return both;
    default: kt_die("type %d is no integer", (int)value->tensor->type);
    }
}

void slow_put(const struct slow_value *value, int64_t index, int64_t x)
{
    size_t bytes = kt_type_bytes(value->tensor->type);
    if (slow_is_float(value)) {
        kt_die("integer into a float tensor");
    }
    memcpy(value->data + (size_t)index * bytes, &x, bytes); /* the hosts are little-endian */
}

float slow_getf(const struct slow_value *value, int64_t index)
{
    float x = 0.0f;
    memcpy(&x, value->data + (size_t)index * sizeof(x), sizeof(x));
    return x;
}

void slow_putf(const struct slow_value *value, int64_t index, float x)
{
    memcpy(value->data + (size_t)index * sizeof(x), &x, sizeof(x));
}

bool slow_is_float(const struct slow_value *value)
{
    return value->tensor->type == KT_F32;
}

int64_t slow_elements(const struct slow_value *value)
{
    return kt_elements(value->tensor);
}

int32_t slow_dim_back(const struct slow_value *value, int32_t d)
{
    int32_t index = value->tensor->rank + d;
    return index < 0 ? 1 : value->tensor->dim[index];
}

void slow_coordinates(const struct slow_value *value, int64_t index, int32_t at[SLOW_MAX_RANK])
{
    for (int32_t d = value->tensor->rank - 1; d >= 0; d--) {
        at[d] = (int32_t)(index % value->tensor->dim[d]);
        index /= value->tensor->dim[d];
    }
}

int64_t slow_index(const struct slow_value *value, const int32_t at[SLOW_MAX_RANK])
{
    int64_t index = 0;
    for (int32_t d = 0; d < value->tensor->rank; d++) {
        if (at[d] < 0 || at[d] >= value->tensor->dim[d]) {
            kt_die("coordinate %d outside dimension %d", (int)at[d], (int)d);
        }
        index = index * value->tensor->dim[d] + at[d];
    }
    return index;
}

int64_t slow_at4(const struct slow_value *value, int32_t n, int32_t y, int32_t x, int32_t c)
{
    const int32_t at[SLOW_MAX_RANK] = {n, y, x, c};
    return slow_index(value, at);
}

int64_t slow_broadcast(const struct slow_value *value, const struct slow_value *out, int64_t index)
{
    int32_t out_at[SLOW_MAX_RANK] = {0}, at[SLOW_MAX_RANK] = {0};
    int32_t skip = out->tensor->rank - value->tensor->rank;
    slow_coordinates(out, index, out_at);
    for (int32_t d = 0; d < value->tensor->rank; d++) {
        at[d] = value->tensor->dim[d] == 1 ? 0 : out_at[d + skip];
    }
    return slow_index(value, at);
}

float slow_tensor_scale(const struct slow_value *value, int32_t channel)
{
    if (value->tensor->scale_count == 0) {
        kt_die("tensor %s has no scale", value->tensor->name);
    }
    return value->tensor->scale[value->tensor->scale_count > 1 ? channel : 0];
}

int64_t slow_zero_point(const struct slow_value *value)
{
    return value->tensor->zero_point_count > 0 ? value->tensor->zero_point[0] : 0;
}

int32_t slow_axis(int32_t axis, int32_t rank)
{
    return axis < 0 ? axis + rank : axis;
}

void slow_float_range(int32_t activation, float *low, float *high)
{
    *low = activation == KT_ACT_NONE ? -FLT_MAX : 0.0f;
    *high = FLT_MAX;
    if (activation == KT_ACT_RELU6) {
        *high = 6.0f;
    }
    if (activation == KT_ACT_RELU_N1_TO_1) {
        *low = -1.0f;
        *high = 1.0f;
    }
}

void slow_int_range(int32_t activation, const struct slow_value *out, int64_t *low, int64_t *high)
{
    float real_low = 0.0f, real_high = 0.0f;
    float scale = slow_tensor_scale(out, 0);
    slow_float_range(activation, &real_low, &real_high);
    *low = slow_saturate(out, INT64_MIN);
    *high = slow_saturate(out, INT64_MAX);
    if (real_low > -FLT_MAX) {
        *low = slow_saturate(out, slow_zero_point(out) + llroundf(real_low / scale));
    }
    if (real_high < FLT_MAX) {
        *high = slow_saturate(out, slow_zero_point(out) + llroundf(real_high / scale));
    }
}

int64_t slow_saturate(const struct slow_value *value, int64_t x)
{
    switch (value->tensor->type) {
    case KT_I8: return slow_clamp(x, INT8_MIN, INT8_MAX);
    case KT_U8: return slow_clamp(x, 0, UINT8_MAX);
    case KT_I16: return slow_clamp(x, INT16_MIN, INT16_MAX);
    default: return slow_clamp(x, INT32_MIN, INT32_MAX);
    }
}

float slow_clampf(float x, float low, float high)
{
    x = x < low ? low : x;
    return x > high ? high : x;
}

void slow_move(const struct slow_value *to, int64_t to_index, const struct slow_value *from,
               int64_t from_index)
{
    size_t bytes = kt_type_bytes(from->tensor->type);
    memcpy(to->data + (size_t)to_index * bytes, from->data + (size_t)from_index * bytes, bytes);
}
