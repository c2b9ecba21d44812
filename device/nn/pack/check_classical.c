/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of trees, distances and votes. */
#include "nn/pack/check.h"

/* The words of an ensemble's nodes. Their number is not known: they end with the last tree, and in
 * the pack. */
struct nodes {
    const struct kl_tree_ensemble *p;
    uint32_t room;         /* words up to the pack's end */
    uint32_t largest_leaf; /* index, of all leaves so far */
};

static uint32_t node_word(const struct nodes *nodes, uint32_t at)
{
    return nodes->p->node_bytes == 2 ? ((const uint16_t *)nodes->p->nodes)[at]
                                     : ((const uint32_t *)nodes->p->nodes)[at];
}

/* Note a leaf; false when the word at `at` is none. */
static bool take_leaf(struct nodes *nodes, uint32_t at)
{
    const uint32_t flag = 1u << (8 * nodes->p->node_bytes - 1), word = node_word(nodes, at);
    const uint32_t leaf = word & (flag - 1);
    if (!(word & flag)) {
        return false;
    }
    nodes->largest_leaf = leaf > nodes->largest_leaf ? leaf : nodes->largest_leaf;
    return true;
}

/* The split at `at` compares a column that exists. */
static bool is_split(const struct nodes *nodes, uint32_t at)
{
    return nodes->room - at >= 2 &&
           node_word(nodes, at) >> nodes->p->rank_bits < (uint32_t)nodes->p->columns;
}

/* Where the split at `at` leads for values above. */
static uint32_t upper_of(const struct nodes *nodes, uint32_t at)
{
    return kl_plus(at, node_word(nodes, at + 1));
}

/*
 * The lower side of the innermost split ends at `end`: its upper side begins there. Splits before
 * it may lead to the same node, or to its lower side, which is a node that was walked. Returns how
 * many splits are open still, or -1.
 */
static int32_t close_splits(const struct nodes *nodes, const uint32_t *open, int32_t depth,
                            uint32_t end)
{
    const uint32_t lower = open[--depth] + 2;
    if (upper_of(nodes, open[depth]) != end) {
        return -1;
    }
    while (depth > 0 &&
           (upper_of(nodes, open[depth - 1]) == end || upper_of(nodes, open[depth - 1]) == lower)) {
        depth--;
    }
    return depth;
}

/*
 * Walk the tree at `root` from its first word to its last. Where the walk turns to the upper side
 * of a split, the split must point: then whatever its comparisons say, a row meets only nodes, and
 * further ones with each step. Returns the first word behind the tree, or 0 when it is malformed.
 */
static uint32_t tree_end(struct nodes *nodes, uint32_t root)
{
    uint32_t open[KL_TREE_MAX_DEPTH];
    int32_t depth = 0;
    for (uint32_t at = root; at < nodes->room;) {
        if (!take_leaf(nodes, at)) {
            if (depth == KL_TREE_MAX_DEPTH || !is_split(nodes, at)) {
                return 0;
            }
            open[depth++] = at;
            at += 2;
            continue;
        }
        at++;
        if (depth == 0) {
            return at;
        }
        depth = close_splits(nodes, open, depth, at);
        if (depth < 0) {
            return 0;
        }
    }
    return 0;
}

/* Trees lie one behind the other, so that each word is looked at once, and add their leaves to
 * outputs that exist. */
static bool check_trees(struct nodes *nodes)
{
    const struct kl_tree_ensemble *p = nodes->p;
    uint32_t end = 0;
    for (int32_t tree = 0; tree < p->trees; tree++) {
        if (p->root[tree] < end || p->column[tree] > p->outputs - p->leaf_width) {
            return false;
        }
        end = tree_end(nodes, p->root[tree]);
        if (end == 0) {
            return false;
        }
    }
    return true;
}

/* Each column's keys follow those of the column before. */
static bool check_keys(const struct kl_tree_ensemble *p, const struct kl_check *check)
{
    for (int32_t i = 0; i < p->columns; i++) {
        if (p->key_start[i] > p->key_start[i + 1]) {
            return false;
        }
    }
    return kl_check_constant(check, p->keys, p->key_start[p->columns], 4);
}

static bool check_tree_constants(const struct kl_tree_ensemble *p, const struct kl_check *check)
{
    return (p->columns == p->features || (p->columns % 2 == 0 && p->columns / 2 == p->features)) &&
           (p->node_bytes == 2 || p->node_bytes == 4) &&
           kl_within(p->rank_bits, 0, 8 * p->node_bytes - 1) &&
           kl_check_constant(check, p->key_start, kl_plus((uint32_t)p->columns, 1), 2) &&
           kl_check_constant(check, p->root, (uint32_t)p->trees, 4) &&
           kl_check_constant(check, p->column, (uint32_t)p->trees, 2) &&
           kl_check_constant(check, p->base, (uint32_t)p->outputs, 4);
}

/* Rows of floats on both sides. */
static bool check_vectors(struct kl_check *check, int32_t in, int32_t out)
{
    return in >= 1 && out >= 1 &&
           kl_check_in(check, 0, kl_out_rows(check), kl_times((uint32_t)in, 4), 4) &&
           kl_check_out(check, 0, kl_times((uint32_t)out, 4), 4);
}

bool kl_tree_ensemble_check(const struct kl_tree_ensemble *p, struct kl_check *check)
{
    if (!check_vectors(check, p->features, p->outputs) || p->trees < 1 ||
        !kl_within(p->leaf_width, 1, p->outputs) || !check_tree_constants(p, check) ||
        !check_keys(p, check) || kl_times((uint32_t)p->columns, 2) > check->scratch_bytes) {
        return false;
    }
    const uint32_t bytes = (uint32_t)p->node_bytes;
    struct nodes nodes = {.p = p, .room = kl_constant_room(check, p->nodes, bytes) / bytes};
    return check_trees(&nodes) &&
           kl_check_constant(check, p->leaves,
                             kl_times(nodes.largest_leaf + 1, (uint32_t)p->leaf_width), 4);
}

/* A table of `count` vectors of `width` floats. */
static bool check_table(const struct kl_check *check, const float *table, int32_t count,
                        int32_t width)
{
    return kl_check_constant(check, table, kl_times((uint32_t)count, (uint32_t)width), 4);
}

bool kl_distance_f32_check(const struct kl_distance_f32 *p, struct kl_check *check)
{
    return check_vectors(check, p->in_c, p->count) &&
           check_table(check, p->centres, p->count, p->in_c);
}

bool kl_weighted_distance_f32_check(const struct kl_weighted_distance_f32 *p,
                                    struct kl_check *check)
{
    return check_vectors(check, p->in_c, p->count) &&
           check_table(check, p->centres, p->count, p->in_c) &&
           check_table(check, p->weights, p->count, p->in_c) &&
           check_table(check, p->bias, p->count, 1);
}

bool kl_nearest_vote_check(const struct kl_nearest_vote *p, struct kl_check *check)
{
    if (!check_vectors(check, p->count, p->classes) || !kl_within(p->k, 1, p->count) ||
        !kl_check_constant(check, p->label, (uint32_t)p->count, 2)) {
        return false;
    }
    for (int32_t i = 0; i < p->count; i++) {
        if (p->label[i] >= p->classes) {
            return false;
        }
    }
    return true;
}
