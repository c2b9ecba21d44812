/* SPDX-License-Identifier: Apache-2.0 */
/* Placement of buffers with known lifetimes in one arena: dynamic storage allocation. */
#ifndef KINGLET_PLAN_OFFSETS_H
#define KINGLET_PLAN_OFFSETS_H

#include "plan/plan.h"

struct kl_offsets_result {
    size_t arena_bytes;
    size_t live_bytes; /* the largest sum of buffers alive at one step: a lower bound */
    bool proven;       /* no smaller placement exists */
};

/*
 * Choose `offset` of each buffer such that buffers alive at the same step do not overlap and
 * the highest end is as small as the search finds: greedy orders first; when these do not
 * reach the lower bound, exact branch and bound for at most `search_effort` comparisons of two
 * buffers, keeping the best placement found. Deterministic.
 */
enum kl_err kl_plan_offsets(struct kl_plan_buffer *buffers, int32_t count, int64_t search_effort,
                            struct kl_arena *arena, struct kl_offsets_result *result,
                            struct kl_diag *diag) KL_MUST_CHECK;

#endif
