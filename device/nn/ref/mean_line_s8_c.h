/* SPDX-License-Identifier: Apache-2.0 */
/* kl_mean_line_s8 in C: its definition. */
#ifndef KINGLET_NN_REF_MEAN_LINE_S8_C_H
#define KINGLET_NN_REF_MEAN_LINE_S8_C_H

/* The int8 means of one line, x being the first input of the first one. */
static inline void kl_mean_line_s8(const struct kl_mean_s8 *p, const char *x, char *y)
{
    kl_mean_line(p, x, y, 1);
}

#endif
