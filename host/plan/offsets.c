/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/offsets.h"

#include <string.h>

/*
 * Exact search. Any placement can be pushed down until each buffer rests on offset 0 or on
 * the end of a conflicting buffer, and its buffers can be listed by rising offset. So it is
 * enough to extend a partial placement by one buffer at its lowest free offset not below
 * the previous one, and to try all choices. A branch dies when its top reaches the best
 * known height.
 */

struct search {
    struct kl_plan_buffer *buffers;
    int32_t count;
    int32_t *order;  /* exact search: placed buffers by offset, then the unplaced ones */
    int32_t *placed; /* greedy placement: placed buffers by offset */
    size_t *offset;  /* current offsets, by buffer */
    size_t *best;    /* offsets of the best complete placement */
    size_t best_height;
    size_t lower_bound;
    int64_t effort_left; /* comparisons of two buffers */
};

static size_t aligned(size_t bytes)
{
    return (bytes + KL_PLAN_ALIGN - 1) / KL_PLAN_ALIGN * KL_PLAN_ALIGN;
}

static size_t height_of(const struct kl_plan_buffer *buffer)
{
    return aligned(buffer->bytes);
}

static bool conflict(const struct kl_plan_buffer *a, const struct kl_plan_buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* Lowest offset >= floor at which buffer `b` meets no conflicting buffer of `placed`, which is
 * sorted by offset: so one sweep over it is enough. */
static size_t lowest_offset(const struct search *s, int32_t b, const int32_t *placed, int32_t count,
                            size_t floor)
{
    size_t offset = floor;
    for (int32_t i = 0; i < count; i++) {
        const struct kl_plan_buffer *other = &s->buffers[placed[i]];
        size_t end = s->offset[placed[i]] + height_of(other);
        if (conflict(&s->buffers[b], other) && offset < end &&
            s->offset[placed[i]] < offset + height_of(&s->buffers[b])) {
            offset = end;
        }
    }
    return offset;
}

static void keep_if_better(struct search *s, size_t height)
{
    if (height < s->best_height) {
        s->best_height = height;
        memcpy(s->best, s->offset, (size_t)s->count * sizeof s->offset[0]);
    }
}

static void insert_by_offset(const struct search *s, int32_t *placed, int32_t count, int32_t b)
{
    int32_t i = count;
    for (; i > 0 && s->offset[placed[i - 1]] > s->offset[b]; i--) {
        placed[i] = placed[i - 1];
    }
    placed[i] = b;
}

/* Place all buffers in the given order, each as low as it fits. */
static void place_in_order(struct search *s)
{
    size_t height = 0;
    for (int32_t i = 0; i < s->count; i++) {
        int32_t b = s->order[i];
        s->offset[b] = lowest_offset(s, b, s->placed, i, 0);
        insert_by_offset(s, s->placed, i, b);
        size_t end = s->offset[b] + height_of(&s->buffers[b]);
        height = end > height ? end : height;
    }
    keep_if_better(s, height);
}

static bool comes_before(const struct kl_plan_buffer *a, const struct kl_plan_buffer *b, int rule)
{
    int32_t span_a = a->last - a->first;
    int32_t span_b = b->last - b->first;
    switch (rule) {
    case 0: return a->bytes != b->bytes ? a->bytes > b->bytes : a->first < b->first;
    case 1: return span_a != span_b ? span_a > span_b : a->bytes > b->bytes;
    case 2: return a->first != b->first ? a->first < b->first : a->bytes > b->bytes;
    default: return a->last != b->last ? a->last > b->last : a->bytes > b->bytes;
    }
}

enum { ORDER_RULES = 4 };

static void sort_order(struct search *s, int rule)
{
    for (int32_t i = 0; i < s->count; i++) {
        int32_t k = i;
        for (; k > 0 && comes_before(&s->buffers[i], &s->buffers[s->order[k - 1]], rule); k--) {
            s->order[k] = s->order[k - 1];
        }
        s->order[k] = i;
    }
}

static void branch(struct search *s, int32_t placed, size_t floor, size_t height)
{
    if (placed == s->count) {
        keep_if_better(s, height);
        return;
    }
    for (int32_t i = placed; i < s->count; i++) {
        if (s->effort_left <= 0 || s->best_height <= s->lower_bound) {
            return;
        }
        s->effort_left -= placed + 1;
        int32_t b = s->order[i];
        size_t offset = lowest_offset(s, b, s->order, placed, floor);
        size_t end = offset + height_of(&s->buffers[b]);
        if (end >= s->best_height) {
            continue;
        }
        s->order[i] = s->order[placed];
        s->order[placed] = b;
        s->offset[b] = offset;
        branch(s, placed + 1, offset, end > height ? end : height);
        s->order[placed] = s->order[i];
        s->order[i] = b;
    }
}

/* The sum of live buffers can only grow where one begins. */
static size_t most_live(const struct kl_plan_buffer *buffers, int32_t count)
{
    size_t most = 0;
    for (int32_t i = 0; i < count; i++) {
        size_t live = 0;
        for (int32_t k = 0; k < count; k++) {
            if (buffers[k].first <= buffers[i].first && buffers[i].first <= buffers[k].last) {
                live += height_of(&buffers[k]);
            }
        }
        most = live > most ? live : most;
    }
    return most;
}

/* Deeper recursion than this is not worth its stack; the greedy result stands. */
enum { EXACT_MAX_BUFFERS = 2000 };

enum kl_err kl_plan_offsets(struct kl_plan_buffer *buffers, int32_t count, int64_t search_effort,
                            struct kl_arena *arena, struct kl_offsets_result *result,
                            struct kl_diag *diag)
{
    size_t n = (size_t)count;
    struct search s = {.buffers = buffers,
                       .count = count,
                       .order = KL_NEW(arena, int32_t, n),
                       .offset = KL_NEW(arena, size_t, n),
                       .best = KL_NEW(arena, size_t, n),
                       .best_height = SIZE_MAX,
                       .lower_bound = most_live(buffers, count),
                       .placed = KL_NEW(arena, int32_t, n),
                       .effort_left = search_effort};
    if (!s.order || !s.offset || !s.best || !s.placed) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int rule = 0; rule < ORDER_RULES; rule++) {
        sort_order(&s, rule);
        place_in_order(&s);
    }
    if (s.best_height > s.lower_bound && count <= EXACT_MAX_BUFFERS) {
        sort_order(&s, 0);
        branch(&s, 0, 0, 0);
    }
    for (int32_t i = 0; i < count; i++) {
        buffers[i].offset = s.best[i];
    }
    *result = (struct kl_offsets_result){
        .arena_bytes = s.best_height,
        .live_bytes = s.lower_bound,
        .proven =
            s.best_height <= s.lower_bound || (s.effort_left > 0 && count <= EXACT_MAX_BUFFERS),
    };
    return KL_OK;
}
