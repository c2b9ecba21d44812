/* SPDX-License-Identifier: Apache-2.0 */
/* Placement of buffers with known lifetimes in one arena: dynamic storage allocation. */
#ifndef KINGLET_PLAN_OFFSETS_H
#define KINGLET_PLAN_OFFSETS_H

#include "plan/plan.h"

/*
 * Two buffers that may lie over each other although both are alive at one step: `in`, which ends
 * at the step that `out` begins at, the only one where they meet. They may share bytes when
 * out's offset + lead <= in's offset.
 */
struct kl_offsets_link {
    int32_t in, out;
    size_t lead;
};

/* What is to be placed. A buffer is `out` of at most KL_PLAN_MAX_INPUTS links. */
struct kl_offsets_problem {
    struct kl_plan_buffer *buffers;
    int32_t count;
    const struct kl_offsets_link *links;
    int32_t link_count;
};

struct kl_offsets_result {
    size_t arena_bytes;
    size_t live_bytes; /* lower bound: the bytes that one step needs at least, its links used */
    bool proven;       /* no smaller placement exists */
};

/*
 * Choose `offset` of each buffer such that buffers alive at the same step do not overlap, unless a
 * link allows it, and the highest end is as small as the search finds. Greedy orders go first;
 * when these do not reach the lower bound, changes of the best order are tried, then exact branch
 * and bound, together for at most `search_effort` comparisons of two buffers; the best placement
 * counts. Deterministic.
 */
enum kl_err kl_plan_offsets(const struct kl_offsets_problem *problem, int64_t search_effort,
                            struct kl_arena *arena, struct kl_offsets_result *result,
                            struct kl_diag *diag) KL_MUST_CHECK;

#endif
