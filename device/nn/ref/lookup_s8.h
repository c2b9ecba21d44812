/* SPDX-License-Identifier: Apache-2.0 */
/* Any function of one int8 by a table of 256 entries; nn/ref/function_s8.h defines the functions.
 */
#ifndef KINGLET_NN_REF_LOOKUP_S8_H
#define KINGLET_NN_REF_LOOKUP_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/row.h"

/* in, out: rows of `width` elements. In place allowed. No scratch. */
static inline void kl_lookup_s8(const struct kl_lookup_s8 *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    const int8_t *zero = p->table + 128; /* entry of the value 0 */
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const int8_t *x = kl_row_s8(in, row);
        int8_t *y = kl_row_s8(out, row);
        for (int32_t i = 0; i < p->width; i++) {
            y[i] = zero[x[i]];
        }
    }
}

#endif
