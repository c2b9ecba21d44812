/* SPDX-License-Identifier: Apache-2.0 */
/* kl_add_linear_dense_s8, defined in nn/ref/add_linear_dense_s8_c.h, four elements at a time. */
#ifndef KINGLET_NN_MVE_ADD_LINEAR_DENSE_S8_H
#define KINGLET_NN_MVE_ADD_LINEAR_DENSE_S8_H

#include <arm_mve.h>
#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/strided.h"

/* The loop ends by itself, with fewer lanes in its last turn; lr counts the elements left. */
KL_NOINLINE __attribute__((unused)) static void
kl_add_linear_dense_s8(const struct kl_add_linear_s8 *p, const struct kl_line *line)
{
    const int8_t *a = line->a, *b = line->b;
    int8_t *out = line->out;
    const int32x4_t factor = vdupq_n_s32(p->factor[0]);
    const int32x4_t min = vdupq_n_s32(p->min), max = vdupq_n_s32(p->max);
    int32x4_t sum, second;
    __asm__ volatile(
        "dlstp.32 lr, %[count]\n"
        "1:  vldrb.s32 %q[sum], [%[a]], #4\n"
        "    vldrb.s32 %q[second], [%[b]], #4\n"
        "    vmlas.u32 %q[sum], %q[factor], %[constant]\n"
        "    vmla.u32 %q[sum], %q[second], %[factor1]\n"
        "    vshl.s32 %q[sum], %[shift]\n"
        "    vmax.s32 %q[sum], %q[sum], %q[min]\n"
        "    vmin.s32 %q[sum], %q[sum], %q[max]\n"
        "    vstrb.32 %q[sum], [%[out]], #4\n"
        "    letp lr, 1b"
        : [a] "+l"(a), [b] "+l"(b), [out] "+l"(out), [sum] "=&w"(sum), [second] "=&w"(second)
        : [count] "r"(line->count), [factor] "w"(factor), [constant] "r"(p->constant),
          [factor1] "r"(p->factor[1]), [shift] "r"(-p->shift), [min] "w"(min), [max] "w"(max)
        : "lr", "memory");
}

#endif
