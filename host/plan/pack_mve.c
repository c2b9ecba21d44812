/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pack_mve.h"

enum { INPUTS = 16, LANES = 8 };

void kl_pack_mve_rows(const int8_t *weights, int32_t channels, int32_t taps, int32_t group,
                      int8_t *packed)
{
    const int64_t padded = kl_mve_padded(taps, INPUTS);
    for (int32_t c = 0; c < channels; c++) {
        int8_t *block = packed + c / group * group * padded + c % group * INPUTS;
        for (int32_t t = 0; t < taps; t++) {
            block[t / INPUTS * INPUTS * group + t % INPUTS] = weights[(int64_t)c * taps + t];
        }
    }
}

void kl_pack_mve_rows_s4(const int8_t *weights, int32_t channels, int32_t taps, int32_t group,
                         int8_t *packed)
{
    const int64_t padded = kl_mve_padded(taps, INPUTS);
    const int32_t pairs = group / 2;
    for (int32_t c = 0; c < channels; c++) {
        int8_t *block = packed + c / group * pairs * padded + c % group / 2 * INPUTS;
        for (int32_t t = 0; t < taps; t++) {
            int8_t *both = &block[t / INPUTS * INPUTS * pairs + t % INPUTS];
            const uint32_t half = (uint32_t)weights[(int64_t)c * taps + t] & 15u;
            *both = (int8_t)((uint32_t)*both | half << 4 * (c % 2));
        }
    }
}

void kl_pack_mve_depthwise(const int8_t *weights, int32_t channels, int32_t taps, int8_t *packed)
{
    for (int32_t c = 0; c < channels; c++) {
        int8_t *block = packed + (int64_t)(c / LANES) * taps * LANES + c % LANES;
        for (int32_t t = 0; t < taps; t++) {
            block[t * LANES] = weights[(int64_t)t * channels + c];
        }
    }
}

void kl_pack_mve_table(const int32_t *values, int32_t channels, int split, int32_t *packed)
{
    for (int32_t c = 0; c < channels; c++) {
        int32_t at = split ? c / LANES * LANES + c % 2 * LANES / 2 + c % LANES / 2 : c;
        packed[at] = values[c];
    }
}
