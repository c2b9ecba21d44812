/* SPDX-License-Identifier: Apache-2.0 */
/* kl_add_linear_dense_s8 in C: its definition. */
#ifndef KINGLET_NN_REF_ADD_LINEAR_DENSE_S8_C_H
#define KINGLET_NN_REF_ADD_LINEAR_DENSE_S8_C_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/limit_s8.h"
#include "nn/ref/strided.h"

/* A line of two dense inputs. Out of line: the loop needs all registers. */
KL_NOINLINE __attribute__((unused)) static void
kl_add_linear_dense_s8(const struct kl_add_linear_s8 *params, const struct kl_line *line)
{
    /* A copy, which the stores of results cannot change: it stays in registers. */
    const struct kl_add_linear_s8 p = *params;
    const int8_t *a = line->a, *b = line->b;
    int8_t *out = line->out;
    int32_t left = line->count;
    for (; left >= 4; left -= 4, a += 4, b += 4, out += 4) {
        out[0] = kl_add_linear_one_s8(&p, a[0], b[0]);
        out[1] = kl_add_linear_one_s8(&p, a[1], b[1]);
        out[2] = kl_add_linear_one_s8(&p, a[2], b[2]);
        out[3] = kl_add_linear_one_s8(&p, a[3], b[3]);
    }
    for (; left > 0; left--) {
        *out++ = kl_add_linear_one_s8(&p, *a++, *b++);
    }
    kl_limit_s8(line->out, line->count, p.min, p.max);
}

#endif
