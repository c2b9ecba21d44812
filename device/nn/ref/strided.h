/* SPDX-License-Identifier: Apache-2.0 */
/* Walking over the outer dimensions of elementwise operators and reductions. */
#ifndef KINGLET_NN_REF_STRIDED_H
#define KINGLET_NN_REF_STRIDED_H

#include <stdint.h>

#include "kinglet/nn.h"

/* Element offset of line `line`, 0 .. dim[0]*dim[1]-1, of a three-dimensional array. */
static inline int32_t kl_line_offset(const int32_t dim[3], const int32_t step[3], int32_t line)
{
    return line / dim[1] * step[0] + line % dim[1] * step[1];
}

/*
 * One line of a binary operator: out[i] = f(a[i * a_step], b[i * b_step]), i < count.
 * `params` is the kernel's parameter struct.
 */
struct kl_line {
    const void *params;
    const void *a;
    const void *b;
    void *out;
    int32_t a_step, b_step; /* elements */
    int32_t count;
};

typedef void kl_line_fn(const struct kl_line *line);

/*
 * Apply `fn` to all lines of all rows of a binary operator with broadcast. An input of
 * the output's shape may be the output itself: every element is read before it is written.
 */
__attribute__((always_inline)) static inline void
kl_for_each_line(const struct kl_elementwise *ew, struct kl_line line, const struct kl_rows *in,
                 const struct kl_rows *out, int32_t elem_bytes, kl_line_fn *fn)
{
    const int32_t *dim = ew->dim;
    line.a_step = ew->step[0][2];
    line.b_step = ew->step[1][2];
    line.count = dim[2];
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        for (int32_t i = 0; i < dim[0] * dim[1]; i++) {
            line.a = kl_row(&in[0], row) + kl_line_offset(dim, ew->step[0], i) * elem_bytes;
            line.b = kl_row(&in[1], row) + kl_line_offset(dim, ew->step[1], i) * elem_bytes;
            line.out = kl_row(out, row) + i * dim[2] * elem_bytes;
            fn(&line);
        }
    }
}

#endif
