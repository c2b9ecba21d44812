/* SPDX-License-Identifier: Apache-2.0 */
/* Little-endian numbers in bytes, whatever machine this is. */
#ifndef KINGLET_UPDATE_BYTES_H
#define KINGLET_UPDATE_BYTES_H

#include <stdint.h>

static inline uint16_t kl_get_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t kl_get_u32(const uint8_t *bytes)
{
    return kl_get_u16(bytes) | (uint32_t)kl_get_u16(bytes + 2) << 16;
}

static inline void kl_put_u16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

static inline void kl_put_u32(uint8_t *bytes, uint32_t value)
{
    kl_put_u16(bytes, value);
    kl_put_u16(bytes + 2, value >> 16);
}

/* A check that neither erased bytes nor a half-written word have. The factor is odd and has many
 * bits (2^32 / golden ratio), so that each bit of the word changes about half of the check;
 * different records have different seeds, so that none is taken for another. */
static inline uint32_t kl_check_word(uint32_t word, uint32_t seed)
{
    word = (word ^ seed) * 0x9e3779b1;
    return word ^ word >> 15;
}

#endif
