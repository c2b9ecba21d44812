/* SPDX-License-Identifier: Apache-2.0 */
/* Fill rows with one value. */
#ifndef KINGLET_NN_REF_FILL_H
#define KINGLET_NN_REF_FILL_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "nn/ref/row.h"

/* out: rows of `width` elements. `in` is not used and may be NULL. No scratch. */
static inline void kl_fill_elements(const struct kl_fill *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    (void)in;
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        unsigned char *to = kl_row(out, row);
        if (p->elem_bytes == 1) {
            memset(to, p->value, (uint32_t)p->width);
            continue;
        }
        for (int32_t i = 0; i < p->width; i++) {
            kl_store_integer(to + i * p->elem_bytes, p->elem_bytes, p->value);
        }
    }
}

#endif
