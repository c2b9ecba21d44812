/* SPDX-License-Identifier: Apache-2.0 */
/* NEAREST_VOTE: the k nearest prototypes vote for their classes. */
#ifndef KINGLET_NN_REF_NEAREST_VOTE_H
#define KINGLET_NN_REF_NEAREST_VOTE_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/row.h"

/*
 * The prototype that comes next after `last` when they are ordered by distance, and by index
 * where distances are equal; -1 asks for the first. Prototypes whose distance is no number are
 * never next; -1 when none is left.
 */
static inline int32_t kl_next_nearest(const float *distance, int32_t count, int32_t last)
{
    int32_t best = -1;
    for (int32_t j = 0; j < count; j++) {
        const float d = distance[j];
        if (last >= 0 && !(d > distance[last] || (d == distance[last] && j > last))) {
            continue;
        }
        if (d == d && (best < 0 || d < distance[best])) {
            best = j;
        }
    }
    return best;
}

/* in: rows of `count` distances. out: rows of `classes` shares of the k votes. No scratch. */
static inline void kl_nearest_vote(const struct kl_nearest_vote *p, const struct kl_rows *in,
                                   const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        const float *distance = kl_row_f32(in, row);
        float *share = kl_row_f32(out, row);
        int32_t nearest = -1;
        for (int32_t i = 0; i < p->classes; i++) {
            share[i] = 0.0f;
        }
        for (int32_t i = 0; i < p->k; i++) {
            nearest = kl_next_nearest(distance, p->count, nearest);
            if (nearest < 0) {
                break;
            }
            share[p->label[nearest]] += 1.0f;
        }
        for (int32_t i = 0; i < p->classes; i++) {
            share[i] = share[i] / (float)p->k;
        }
    }
}

#endif
