/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of int8 lines. */
#ifndef KINGLET_NN_REF_COPY_S8_H
#define KINGLET_NN_REF_COPY_S8_H

#include <stdint.h>
#include <string.h>

/*
 * `count` bytes; by words where both sides are aligned to them. The memcpy of a small C library
 * copies byte by byte.
 */
static inline void kl_copy_s8(int8_t *to, const int8_t *from, int32_t count)
{
    if ((((uintptr_t)to | (uintptr_t)from | (uint32_t)count) & 3u) != 0) {
        memcpy(to, from, (uint32_t)count);
        return;
    }
    for (const int8_t *end = from + count; from < end; to += 4, from += 4) {
        memcpy(__builtin_assume_aligned(to, 4), __builtin_assume_aligned(from, 4), 4);
    }
}

#endif
