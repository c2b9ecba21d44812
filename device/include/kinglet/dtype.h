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
    KL_DTYPE_COUNT
};

#endif
