/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of a type that is known at run time, for the kernels of plain integers. */
#ifndef KINGLET_NN_REF_ELEMENT_H
#define KINGLET_NN_REF_ELEMENT_H

#include <stdint.h>
#include <string.h>

#include "kinglet/dtype.h"
#include "kinglet/nn.h"

/* Bytes of an element of a type that kl_load_int or kl_load_f32 reads. */
static inline int32_t kl_element_bytes(int32_t dtype)
{
    switch (dtype) {
    case KL_S8:
    case KL_U8:
    case KL_BOOL: return 1;
    case KL_S16:
    case KL_U16: return 2;
    case KL_S64: return 8;
    default: return 4; /* KL_S32, KL_U32, KL_F32 */
    }
}

/* Any type of int8 to int64 but uint64, and bool. */
static inline int64_t kl_load_int(int32_t dtype, const void *at)
{
    union {
        int8_t s8;
        uint8_t u8;
        int16_t s16;
        uint16_t u16;
        int32_t s32;
        uint32_t u32;
        int64_t s64;
    } value = {.s64 = 0};
    memcpy(&value, at, (uint32_t)kl_element_bytes(dtype));
    switch (dtype) {
    case KL_S8: return value.s8;
    case KL_S16: return value.s16;
    case KL_S32: return value.s32;
    case KL_U8:
    case KL_BOOL: return value.u8;
    case KL_U16: return value.u16;
    case KL_U32: return value.u32;
    default: return value.s64;
    }
}

/* The low bytes of the value: integers wrap. */
static inline void kl_store_int(int32_t dtype, void *at, int64_t value)
{
    const int8_t s8 = (int8_t)value;
    const int16_t s16 = (int16_t)value;
    const int32_t s32 = (int32_t)value;
    switch (kl_element_bytes(dtype)) {
    case 1: memcpy(at, &s8, 1); break;
    case 2: memcpy(at, &s16, 2); break;
    case 4: memcpy(at, &s32, 4); break;
    default: memcpy(at, &value, 8); break;
    }
}

static inline float kl_load_f32(const void *at)
{
    float value;
    memcpy(&value, at, sizeof value);
    return value;
}

/*
 * A number that orders elements of one type as their values do. Of floats both zeros are equal
 * and not-a-number is above infinity.
 */
static inline int64_t kl_element_order(int32_t dtype, const void *at)
{
    if (dtype != KL_F32) {
        return kl_load_int(dtype, at);
    }
    const int64_t bits = kl_load_int(KL_U32, at);
    const int64_t size = bits & 0x7fffffff;
    return size > 0x7f800000 || bits < 0x80000000 ? size : -size;
}

/* The same with sign 1, the other way round with sign -1: the complement has no overflow. */
static inline int64_t kl_signed_order(int32_t dtype, const void *at, int32_t sign)
{
    const int64_t order = kl_element_order(dtype, at);
    return sign < 0 ? ~order : order;
}

#endif
