/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores of some lanes of a vector. GCC 12 takes one for a store of all lanes, and drops what was
 * stored to the others just before. The empty instruction reads the place as far as it knows, so
 * that the earlier store stays.
 */
#ifndef KINGLET_NN_MVE_STORE_H
#define KINGLET_NN_MVE_STORE_H

#include <arm_mve.h>
#include <stdint.h>

__attribute__((always_inline)) static inline void kl_mve_store_16(int8_t *to, int8x16_t values,
                                                                  mve_pred16_t lanes)
{
    __asm__("" : "+m"(*(int8_t(*)[16])to));
    vstrbq_p_s8(to, values, lanes);
}

/* The lower halves of eight values of 16 bits. */
__attribute__((always_inline)) static inline void kl_mve_store_8(int8_t *to, int16x8_t values,
                                                                 mve_pred16_t lanes)
{
    __asm__("" : "+m"(*(int8_t(*)[8])to));
    vstrbq_p_s16(to, values, lanes);
}

/* The lowest bytes of four values of 32 bits. */
__attribute__((always_inline)) static inline void kl_mve_store_4(int8_t *to, int32x4_t values,
                                                                 mve_pred16_t lanes)
{
    __asm__("" : "+m"(*(int8_t(*)[4])to));
    vstrbq_p_s32(to, values, lanes);
}

#endif
