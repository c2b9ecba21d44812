/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tflite_types.h"

#include "formats/tflite_schema.h"

static const enum kl_dtype types[] = {
    [TFL_TYPE_FLOAT32] = KL_F32,
    [TFL_TYPE_FLOAT16] = KL_F16,
    [TFL_TYPE_INT32] = KL_S32,
    [TFL_TYPE_UINT8] = KL_U8,
    [TFL_TYPE_INT64] = KL_S64,
    [TFL_TYPE_STRING] = KL_STRING,
    [TFL_TYPE_BOOL] = KL_BOOL,
    [TFL_TYPE_INT16] = KL_S16,
    [TFL_TYPE_COMPLEX64] = KL_C64,
    [TFL_TYPE_INT8] = KL_S8,
    [TFL_TYPE_FLOAT64] = KL_F64,
    [TFL_TYPE_COMPLEX128] = KL_C128,
    [TFL_TYPE_UINT64] = KL_U64,
    [TFL_TYPE_RESOURCE] = KL_RESOURCE,
    [TFL_TYPE_VARIANT] = KL_VARIANT,
    [TFL_TYPE_UINT32] = KL_U32,
    [TFL_TYPE_UINT16] = KL_U16,
    [TFL_TYPE_INT4] = KL_S4,
    [TFL_TYPE_BFLOAT16] = KL_BF16,
    [TFL_TYPE_INT2] = KL_S2,
    [TFL_TYPE_UINT4] = KL_U4,
    [TFL_TYPE_FLOAT8_E4M3FN] = KL_F8_E4M3FN,
    [TFL_TYPE_FLOAT8_E5M2] = KL_F8_E5M2,
};

enum { TYPE_COUNT = sizeof types / sizeof types[0] };

enum kl_dtype tfl_dtype(int32_t type)
{
    return type >= 0 && type < TYPE_COUNT ? types[type] : KL_DTYPE_NONE;
}

int32_t tfl_type(enum kl_dtype dtype)
{
    for (int32_t type = 0; type < TYPE_COUNT; type++) {
        if (types[type] == dtype) {
            return type;
        }
    }
    return -1;
}
