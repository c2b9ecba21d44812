/* SPDX-License-Identifier: Apache-2.0 */
/* Element types of tensors, shared by the device, the host tools and the formats. */
#ifndef KINGLET_DTYPE_H
#define KINGLET_DTYPE_H

/* The numbers are part of the formats: never renumber, only append. */
enum kl_dtype {
    KL_DTYPE_NONE = 0,
    KL_F32 = 1,
    KL_S8 = 2,
    KL_U8 = 3,
    KL_S16 = 4,
    KL_S32 = 5,
    KL_S64 = 6,
    KL_BOOL = 7,
    KL_F16 = 8,
    KL_RESOURCE = 9, /* a handle of a variable; has no bytes of its own */
    KL_U16 = 10,
    KL_U32 = 11,
    KL_U64 = 12,
    KL_F64 = 13,
    /* Types that models may store but nothing computes with; they have no bytes per element. */
    KL_S4 = 14,
    KL_U4 = 15,
    KL_S2 = 16,
    KL_BF16 = 17,
    KL_F8_E4M3FN = 18,
    KL_F8_E5M2 = 19,
    KL_C64 = 20,
    KL_C128 = 21,
    KL_STRING = 22,
    KL_VARIANT = 23,
    KL_DTYPE_COUNT
};

#endif
