/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of control flow: which step is next. */
#ifndef KINGLET_NN_REF_BRANCH_H
#define KINGLET_NN_REF_BRANCH_H

#include <stdint.h>

#include "kinglet/nn.h"

/* in: one row of one bool, or nothing. out: one row of one uint32. No scratch. */
static inline void kl_branch(const struct kl_branch *p, const struct kl_rows *in,
                             const struct kl_rows *out, void *scratch)
{
    uint32_t *next = (uint32_t *)(void *)kl_row(out, 0);
    (void)scratch;
    if (!p->conditional || *kl_row(in, 0) == 0) {
        *next = (uint32_t)p->target;
    }
}

#endif
