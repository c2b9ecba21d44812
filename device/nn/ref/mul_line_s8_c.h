/* SPDX-License-Identifier: Apache-2.0 */
/* kl_mul_line_s8 in C: its definition. */
#ifndef KINGLET_NN_REF_MUL_LINE_S8_C_H
#define KINGLET_NN_REF_MUL_LINE_S8_C_H

/* One line of int8 products. */
static inline void kl_mul_line_s8(const struct kl_line *line)
{
    kl_mul_line(line, 1);
}

#endif
