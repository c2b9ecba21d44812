/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pack_s4.h"

bool kl_fit_s4(const int8_t *weights, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (weights[i] < -8 || weights[i] > 7) {
            return false;
        }
    }
    return true;
}

int32_t kl_pack_s4(const int8_t *weights, int64_t count, int32_t *words)
{
    for (int64_t i = 0; i < count; i++) {
        const uint32_t at = (uint32_t)(i % 4 * 8 + i % 8 / 4 * 4);
        words[i / 8] = (int32_t)((uint32_t)words[i / 8] | (uint32_t)(weights[i] + 8) << at);
    }
    return (int32_t)((count + 7) / 8);
}

/* The bytes of a word of weights, each 8 more: see kl_signed_halves_s4. */
static uint32_t nibbles_of(int32_t halves)
{
    return ((uint32_t)halves ^ 0x80008000u) - 0x77f877f8u;
}

size_t kl_pack_pairs_s4(const int32_t *stream, size_t words, int32_t inputs, int32_t group,
                        int32_t *packed)
{
    const size_t front = 2 * (size_t)group, behind = 3 * (size_t)group;
    const size_t weights = (size_t)inputs / 2 * (size_t)group;
    size_t used = 0;
    for (size_t block = 0; block < words; block += front + weights + behind) {
        for (size_t i = 0; i < front; i++) {
            packed[used++] = stream[block + i];
        }
        for (size_t i = front; i < front + weights; i += 2) {
            packed[used++] =
                (int32_t)(nibbles_of(stream[block + i]) | nibbles_of(stream[block + i + 1]) << 4);
        }
        for (size_t i = front + weights; i < front + weights + behind; i++) {
            packed[used++] = stream[block + i];
        }
    }
    return used;
}
