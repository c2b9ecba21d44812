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
