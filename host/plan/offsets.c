/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/offsets.h"

#include <assert.h>
#include <string.h>

/*
 * Two buffers that conflict must lie one above the other, with a gap from the lower one's offset
 * to the upper one's: the height of the lower one, or less where a link lets the upper one begin
 * inside it.
 *
 * Exact search. List a placement's buffers by rising offset (a link's output before its input
 * where they are equal), and put each as low as its gaps to the buffers before it allow, but not
 * below the one before it: then none goes up. So it is enough to extend a partial placement by
 * one buffer at its lowest free offset not below the previous one, and to try all choices. A
 * branch dies when a buffer that is still to come would already reach the best known height: the
 * offsets that are left to it only rise.
 */

/* What a buffer that is a link's output may lie under. */
struct under {
    int32_t count;
    int32_t in[KL_PLAN_MAX_INPUTS];
    size_t gap[KL_PLAN_MAX_INPUTS];
};

struct search {
    const struct kl_plan_buffer *buffers;
    const struct under *under; /* by buffer */
    int32_t count;
    int32_t *order;  /* exact search: placed buffers by offset, then the unplaced ones */
    int32_t *placed; /* greedy placement: placed buffers by offset */
    int32_t *tried;  /* the order that the best placement came from */
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

/* From the offset of `below` to that of `above`, which conflicts with it: at least so much. */
static size_t gap_between(const struct search *s, int32_t below, int32_t above)
{
    const struct under *under = &s->under[below];
    for (int32_t i = 0; i < under->count; i++) {
        if (under->in[i] == above) {
            return under->gap[i];
        }
    }
    return height_of(&s->buffers[below]);
}

/* Lowest offset >= floor at which buffer `b` suits all buffers of `placed`. */
static size_t lowest_offset(struct search *s, int32_t b, const int32_t *placed, int32_t count,
                            size_t floor)
{
    size_t offset = floor;
    bool moved = true;
    while (moved) {
        moved = false;
        s->effort_left -= count + 1;
        for (int32_t i = 0; i < count; i++) {
            int32_t p = placed[i];
            if (!conflict(&s->buffers[b], &s->buffers[p])) {
                continue;
            }
            size_t above = s->offset[p] + gap_between(s, p, b);
            if (offset < above && s->offset[p] < offset + gap_between(s, b, p)) {
                offset = above;
                moved = true;
            }
        }
    }
    return offset;
}

static void keep_if_better(struct search *s, size_t height)
{
    if (height < s->best_height) {
        s->best_height = height;
        memcpy(s->best, s->offset, (size_t)s->count * sizeof s->offset[0]);
        memcpy(s->tried, s->order, (size_t)s->count * sizeof s->order[0]);
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

/* Place all buffers in the given order, each as low as it fits; returns the height. */
static size_t place_in_order(struct search *s)
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
    return height;
}

static bool comes_before(const struct kl_plan_buffer *a, const struct kl_plan_buffer *b, int rule)
{
    int32_t span_a = a->last - a->first;
    int32_t span_b = b->last - b->first;
    switch (rule) {
    case 0: return a->bytes != b->bytes ? a->bytes > b->bytes : a->first < b->first;
    case 1: return span_a != span_b ? span_a > span_b : a->bytes > b->bytes;
    case 2: return a->first != b->first ? a->first < b->first : a->bytes > b->bytes;
    case 3: return a->last != b->last ? a->last > b->last : a->bytes > b->bytes;
    default: return a->bytes != b->bytes ? a->bytes > b->bytes : a->first > b->first;
    }
}

enum { ORDER_RULES = 5 };

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

static void swap(int32_t *a, int32_t *b)
{
    int32_t kept = *a;
    *a = *b;
    *b = kept;
}

/*
 * Swap two buffers of the best order, place again, and go on from there unless that is worse. The
 * generator is Knuth's linear congruential one (MMIX): the same changes on every machine.
 */
static void improve(struct search *s, int64_t effort)
{
    uint64_t random = 1;
    s->effort_left = effort;
    size_t height = s->best_height;
    memcpy(s->order, s->tried, (size_t)s->count * sizeof s->order[0]);
    while (s->count > 1 && s->effort_left > 0 && s->best_height > s->lower_bound) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int32_t i = (int32_t)((random >> 33) % (uint64_t)s->count);
        int32_t k = (int32_t)((random >> 12 & 0xfffff) % (uint64_t)s->count);
        swap(&s->order[i], &s->order[k]);
        size_t changed = place_in_order(s);
        if (changed <= height) {
            height = changed;
        } else {
            swap(&s->order[i], &s->order[k]);
        }
    }
}

static size_t end_at(const struct search *s, int32_t b, size_t offset)
{
    return offset + height_of(&s->buffers[b]);
}

/* Can all buffers that are not placed yet still stay below the best height? */
static bool has_room(struct search *s, int32_t placed, size_t floor)
{
    for (int32_t i = placed; i < s->count; i++) {
        int32_t b = s->order[i];
        if (end_at(s, b, lowest_offset(s, b, s->order, placed, floor)) >= s->best_height) {
            return false;
        }
    }
    return true;
}

static void branch(struct search *s, int32_t placed, size_t floor, size_t height)
{
    if (placed == s->count) {
        keep_if_better(s, height);
        return;
    }
    if (!has_room(s, placed, floor)) {
        return;
    }
    for (int32_t i = placed; i < s->count; i++) {
        if (s->effort_left <= 0 || s->best_height <= s->lower_bound) {
            return;
        }
        int32_t b = s->order[i];
        size_t offset = lowest_offset(s, b, s->order, placed, floor);
        size_t end = end_at(s, b, offset);
        if (end >= s->best_height) {
            return; /* a better placement was found meanwhile */
        }
        swap(&s->order[i], &s->order[placed]);
        s->offset[b] = offset;
        branch(s, placed + 1, offset, end > height ? end : height);
        swap(&s->order[i], &s->order[placed]);
    }
}

/*
 * Bytes that the inputs of buffer `out` can at most share with it. None of them reaches below its
 * gap, so together they share no more than what lies above the lowest gap, and each no more than
 * lies above its own.
 */
static size_t most_shared(const struct search *s, int32_t out)
{
    const struct under *under = &s->under[out];
    size_t height = height_of(&s->buffers[out]);
    size_t lowest = height;
    size_t sum = 0;
    for (int32_t i = 0; i < under->count; i++) {
        size_t in = height_of(&s->buffers[under->in[i]]);
        size_t above = height - under->gap[i];
        lowest = under->gap[i] < lowest ? under->gap[i] : lowest;
        sum += in < above ? in : above;
    }
    return sum < height - lowest ? sum : height - lowest;
}

/* The bytes in use can only grow where a buffer begins. At one step one buffer is an output. */
static size_t most_live(const struct search *s)
{
    size_t most = 0;
    for (int32_t i = 0; i < s->count; i++) {
        const struct kl_plan_buffer *begins = &s->buffers[i];
        size_t live = 0;
        size_t shared = 0;
        for (int32_t k = 0; k < s->count; k++) {
            const struct kl_plan_buffer *b = &s->buffers[k];
            if (b->first <= begins->first && begins->first <= b->last) {
                live += height_of(b);
                shared += b->first == begins->first ? most_shared(s, k) : 0;
            }
        }
        most = live - shared > most ? live - shared : most;
    }
    return most;
}

/* Links by their outputs. */
static struct under *find_under(const struct kl_offsets_problem *problem, struct kl_arena *arena)
{
    struct under *all = KL_NEW(arena, struct under, (size_t)problem->count);
    for (int32_t i = 0; all && i < problem->link_count; i++) {
        const struct kl_offsets_link *link = &problem->links[i];
        struct under *under = &all[link->out];
        size_t height = height_of(&problem->buffers[link->out]);
        size_t lead = aligned(link->lead);
        assert(problem->buffers[link->in].last == problem->buffers[link->out].first &&
               problem->buffers[link->in].first < problem->buffers[link->out].first &&
               under->count < KL_PLAN_MAX_INPUTS);
        under->in[under->count] = link->in;
        under->gap[under->count++] = lead < height ? lead : height;
    }
    return all;
}

/* Deeper recursion than this is not worth its stack; the greedy result stands. */
enum { EXACT_MAX_BUFFERS = 2000 };

/* Search for so much effort; true when no placement is better than the best. */
static bool search_exactly(struct search *s, int64_t effort)
{
    if (s->best_height <= s->lower_bound) {
        return true;
    }
    if (s->count > EXACT_MAX_BUFFERS) {
        return false;
    }
    s->effort_left = effort;
    sort_order(s, 0);
    branch(s, 0, 0, 0);
    return s->effort_left > 0;
}

/* True when the placement is proven to be the best. Small problems are solved with little effort;
 * larger ones first get a better placement to beat. */
static bool find_best(struct search *s, int64_t effort)
{
    s->best_height = SIZE_MAX;
    s->lower_bound = most_live(s);
    for (int rule = 0; rule < ORDER_RULES; rule++) {
        sort_order(s, rule);
        place_in_order(s);
    }
    if (search_exactly(s, effort / 8)) {
        return true;
    }
    improve(s, effort / 8);
    return search_exactly(s, effort - effort / 4);
}

enum kl_err kl_plan_offsets(const struct kl_offsets_problem *problem, int64_t search_effort,
                            struct kl_arena *arena, struct kl_offsets_result *result,
                            struct kl_diag *diag)
{
    size_t n = (size_t)problem->count;
    struct search s = {.buffers = problem->buffers,
                       .under = find_under(problem, arena),
                       .count = problem->count,
                       .order = KL_NEW(arena, int32_t, n),
                       .placed = KL_NEW(arena, int32_t, n),
                       .tried = KL_NEW(arena, int32_t, n),
                       .offset = KL_NEW(arena, size_t, n),
                       .best = KL_NEW(arena, size_t, n)};
    if (!s.under || !s.order || !s.placed || !s.tried || !s.offset || !s.best) {
        return KL_FAIL_MEMORY(diag);
    }
    bool proven = find_best(&s, search_effort);
    for (int32_t i = 0; i < problem->count; i++) {
        problem->buffers[i].offset = s.best[i];
    }
    *result = (struct kl_offsets_result){
        .arena_bytes = s.best_height,
        .live_bytes = s.lower_bound,
        .proven = proven,
    };
    return KL_OK;
}
