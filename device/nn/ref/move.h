/* SPDX-License-Identifier: Apache-2.0 */
/* Copy between strided arrays of up to six dimensions. */
#ifndef KINGLET_NN_REF_MOVE_H
#define KINGLET_NN_REF_MOVE_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"

/* `count` pieces of `bytes` bytes, evenly spaced on both sides. */
struct kl_move_line {
    int32_t count, bytes;
    int32_t in_step, out_step;
};

/* Pieces of one size known to the C compiler, so that a copy is a load and a store. */
__attribute__((always_inline)) static inline void kl_move_pieces(const struct kl_move_line *line,
                                                                 const unsigned char *from,
                                                                 unsigned char *to, int32_t bytes)
{
    for (int32_t i = 0; i < line->count; i++) {
        memcpy(to, from, (uint32_t)bytes);
        from += line->in_step;
        to += line->out_step;
    }
}

static inline void kl_move_line(const struct kl_move_line *line, const unsigned char *from,
                                unsigned char *to)
{
    switch (line->bytes) {
    case 1: kl_move_pieces(line, from, to, 1); break;
    case 2: kl_move_pieces(line, from, to, 2); break;
    case 4: kl_move_pieces(line, from, to, 4); break;
    case 8: kl_move_pieces(line, from, to, 8); break;
    default: kl_move_pieces(line, from, to, line->bytes); break;
    }
}

/*
 * The innermost dimensions as one line: those that are dense on both sides become one
 * piece, the next one counts the pieces. Returns how many dimensions are left outside.
 */
static inline int32_t kl_move_inner(const struct kl_move *p, struct kl_move_line *line)
{
    int32_t d = KL_MOVE_RANK;
    *line = (struct kl_move_line){1, p->elem_bytes, 0, 0};
    while (d > 0 && (p->dim[d - 1] == 1 ||
                     (p->in_step[d - 1] == line->bytes && p->out_step[d - 1] == line->bytes))) {
        line->bytes *= p->dim[--d];
    }
    if (d > 0) {
        d--;
        line->count = p->dim[d];
        line->in_step = p->in_step[d];
        line->out_step = p->out_step[d];
    }
    return d;
}

/* in, out: one row each; they must not overlap. No scratch. */
static inline void kl_move_elements(const struct kl_move *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    const unsigned char *from = kl_row(in, out->first);
    unsigned char *to = kl_row(out, out->first);
    int32_t index[KL_MOVE_RANK] = {0};
    struct kl_move_line line;
    const int32_t outer = kl_move_inner(p, &line);
    (void)scratch;
    for (int32_t d = 0; d >= 0;) {
        kl_move_line(&line, from, to);
        /* Count up like an odometer, the innermost outer dimension first. */
        for (d = outer - 1; d >= 0; d--) {
            from += p->in_step[d];
            to += p->out_step[d];
            if (++index[d] < p->dim[d]) {
                break;
            }
            from -= p->in_step[d] * p->dim[d];
            to -= p->out_step[d] * p->dim[d];
            index[d] = 0;
        }
    }
}

#endif
