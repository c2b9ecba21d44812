/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which range of the old image each byte of the new one is copied from.
 *
 * Candidates are shifts, "old = new + shift": those at which many bytes agree, by an index of the
 * old image's sequences of SEED_BYTES. Then the cheapest way through the new image is found by
 * dynamic programming (R. Bellman) over shifts and literal bytes, with estimated costs: so weights
 * that have all changed a little stay copies, and code that was inserted becomes literal.
 */
#include <stdlib.h>
#include <string.h>

#include "release/delta_internal.h"

enum { SEED_BYTES = 6, CHAIN_MAX = 32, SHIFTS_MAX = 1024, INDEX_BITS = 18 };
enum { TABLE_BYTES_MAX = 256 << 20 };

/* Costs in 1/64 bit, from what the coder takes on the average. */
enum {
    COST_SAME = 2,
    COST_SMALL = 5 * 64,   /* a difference of at most SMALL */
    COST_CHANGED = 9 * 64, /* any other */
    COST_LITERAL = 7 * 64,
    COST_COPY = 26 * 64, /* to begin one */
    COST_BEGIN_LITERAL = 8 * 64,
    SMALL = 4
};

/* Positions of the old image by what stands there. 0: none, else position + 1. */
struct seed_index {
    uint32_t *first; /* [1 << INDEX_BITS] */
    uint32_t *next;  /* [old bytes] */
};

struct vote {
    int64_t shift;
    uint32_t count;
};

struct matcher {
    struct kl_bytes old_image, new_image;
    struct seed_index index;
    struct vote *votes;
    uint32_t vote_count, shift_count;
    int64_t *shifts;
};

static uint32_t hash_of(const unsigned char *bytes)
{
    uint64_t word = 0;
    for (uint32_t i = 0; i < SEED_BYTES; i++) {
        word = word << 8 | bytes[i];
    }
    return (uint32_t)(word * UINT64_C(0x9e3779b97f4a7c15) >> (64 - INDEX_BITS));
}

/* Erased bytes and zeros agree with themselves anywhere: they tell nothing. */
static bool is_plain(const unsigned char *bytes)
{
    for (uint32_t i = 1; i < SEED_BYTES; i++) {
        if (bytes[i] != bytes[0]) {
            return false;
        }
    }
    return true;
}

static void index_old(struct matcher *m)
{
    for (size_t i = m->old_image.size; i-- > 0;) {
        if (i + SEED_BYTES <= m->old_image.size && !is_plain(m->old_image.data + i)) {
            uint32_t hash = hash_of(m->old_image.data + i);
            m->index.next[i] = m->index.first[hash];
            m->index.first[hash] = (uint32_t)i + 1;
        }
    }
}

static size_t shift_slot(const struct matcher *m, int64_t shift)
{
    return (size_t)(shift + (int64_t)m->new_image.size);
}

static void vote_for(struct matcher *m, size_t at)
{
    const unsigned char *here = m->new_image.data + at;
    uint32_t tries = 0;
    if (is_plain(here)) {
        return;
    }
    for (uint32_t i = m->index.first[hash_of(here)]; i && tries < CHAIN_MAX;
         i = m->index.next[i - 1], tries++) {
        if (memcmp(m->old_image.data + i - 1, here, SEED_BYTES) == 0) {
            m->votes[shift_slot(m, (int64_t)i - 1 - (int64_t)at)].count++;
        }
    }
}

/* More votes first; then smaller shifts, so that the order is always the same. */
static int compare_votes(const void *left, const void *right)
{
    const struct vote *a = left, *b = right;
    if (a->count != b->count) {
        return a->count < b->count ? 1 : -1;
    }
    int64_t x = llabs(a->shift), y = llabs(b->shift);
    return x != y ? (x > y) - (x < y) : (a->shift > b->shift) - (a->shift < b->shift);
}

/* All shifts that are possible in the tables' memory, the best first; 0 is always one. */
static void choose_shifts(struct matcher *m)
{
    size_t slots = m->old_image.size + m->new_image.size;
    size_t most = TABLE_BYTES_MAX / (m->new_image.size / 8 + 1);
    most = most < SHIFTS_MAX ? most : SHIFTS_MAX;
    for (size_t i = 0; i < slots; i++) {
        m->votes[i].shift = (int64_t)i - (int64_t)m->new_image.size;
    }
    m->votes[shift_slot(m, 0)].count = UINT32_MAX;
    uint32_t used = 0;
    for (size_t i = 0; i < slots; i++) {
        if (m->votes[i].count > 0) {
            m->votes[used++] = m->votes[i];
        }
    }
    qsort(m->votes, used, sizeof *m->votes, compare_votes);
    m->shift_count = used < most ? used : (uint32_t)most;
    for (uint32_t i = 0; i < m->shift_count; i++) {
        m->shifts[i] = m->votes[i].shift;
    }
}

static uint32_t copy_cost(const struct matcher *m, size_t at, int64_t shift)
{
    int64_t from = (int64_t)at + shift;
    if (from < 0 || from >= (int64_t)m->old_image.size) {
        return UINT32_MAX;
    }
    int difference = (int8_t)(m->new_image.data[at] - m->old_image.data[from]);
    return difference == 0 ? COST_SAME : abs(difference) <= SMALL ? COST_SMALL : COST_CHANGED;
}

/* The cheapest ways to each byte: by state, whether it came from the best state of the byte before;
 * and which state was best. The last state is that of literal bytes. */
struct ways {
    uint64_t *costs;   /* [states], in 1/64 bit */
    uint8_t *switched; /* [new bytes][states], bits */
    uint32_t *best;    /* [new bytes]: which state was the best up to this byte */
};

static void set_switched(struct ways *w, size_t bit)
{
    w->switched[bit / 8] |= (uint8_t)(1 << bit % 8);
}

static bool is_switched(const struct ways *w, size_t bit)
{
    return w->switched[bit / 8] >> bit % 8 & 1;
}

static void find_ways(const struct matcher *m, struct ways *w)
{
    uint32_t states = m->shift_count + 1;
    uint64_t best_cost = 0;
    for (size_t at = 0; at < m->new_image.size; at++) {
        uint64_t before = best_cost;
        best_cost = UINT64_MAX;
        for (uint32_t s = 0; s < states; s++) {
            bool is_copy = s < m->shift_count;
            uint32_t cost = is_copy ? copy_cost(m, at, m->shifts[s]) : COST_LITERAL;
            uint64_t begun = before + (is_copy ? COST_COPY : COST_BEGIN_LITERAL);
            if (at == 0 || begun < w->costs[s]) {
                w->costs[s] = begun;
                set_switched(w, at * states + s);
            }
            w->costs[s] = cost == UINT32_MAX ? UINT64_MAX / 2 : w->costs[s] + cost;
            if (w->costs[s] < best_cost) {
                best_cost = w->costs[s];
                w->best[at] = s;
            }
        }
    }
}

/* Back from the end: ranges in their order, into `ranges`, which has room for one a byte. */
static void trace(const struct matcher *m, const struct ways *w, struct kl_delta_ranges *found)
{
    uint32_t states = m->shift_count + 1, count = 0, bytes = 0;
    uint32_t state = w->best[m->new_image.size - 1];
    for (size_t at = m->new_image.size; at-- > 0;) {
        bytes++;
        if (!is_switched(w, at * states + state)) {
            continue;
        }
        found->ranges[count++] = (struct kl_delta_range){
            bytes, state == m->shift_count ? KL_DELTA_NOWHERE
                                           : (uint32_t)((int64_t)at + m->shifts[state])};
        bytes = 0;
        state = at > 0 ? w->best[at - 1] : 0;
    }
    for (uint32_t i = 0; i < count / 2; i++) {
        struct kl_delta_range swap = found->ranges[i];
        found->ranges[i] = found->ranges[count - 1 - i];
        found->ranges[count - 1 - i] = swap;
    }
    found->count = count;
}

enum kl_err kl_delta_match(struct kl_bytes old_image, struct kl_bytes new_image,
                           struct kl_arena *arena, struct kl_delta_ranges *found,
                           struct kl_diag *diag)
{
    struct matcher m = {.old_image = old_image, .new_image = new_image};
    m.index.first = KL_NEW(arena, uint32_t, (size_t)1 << INDEX_BITS);
    m.index.next = KL_NEW(arena, uint32_t, old_image.size);
    m.votes = KL_NEW(arena, struct vote, old_image.size + new_image.size + 1);
    m.shifts = KL_NEW(arena, int64_t, SHIFTS_MAX);
    if (!m.index.first || !m.index.next || !m.votes || !m.shifts) {
        return KL_FAIL_MEMORY(diag);
    }
    index_old(&m);
    for (size_t at = 0; at + SEED_BYTES <= new_image.size; at++) {
        vote_for(&m, at);
    }
    choose_shifts(&m);
    size_t states = m.shift_count + 1;
    struct ways w = {KL_NEW(arena, uint64_t, states),
                     KL_NEW(arena, uint8_t, new_image.size * states / 8 + 1),
                     KL_NEW(arena, uint32_t, new_image.size)};
    found->ranges = KL_NEW(arena, struct kl_delta_range, new_image.size);
    if (!w.costs || !w.switched || !w.best || !found->ranges) {
        return KL_FAIL_MEMORY(diag);
    }
    find_ways(&m, &w);
    trace(&m, &w, found);
    return KL_OK;
}
