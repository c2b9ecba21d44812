/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pack_trees.h"

#include <stdlib.h>
#include <string.h>

#include "nn/ref/tree_ensemble.h"

enum { MAX_KEYS = UINT16_MAX };

struct packing {
    const struct kl_tree_nodes *trees;
    struct kl_packed_trees *packed;
    struct kl_arena *arena;
    struct kl_diag *diag;
    int32_t *word_of; /* by node: 1 + its first word; 0: not reached yet */
    int32_t *leaf_at; /* by leaf of the input: its row after equal ones were joined */
    uint32_t *words;  /* as wide as need be; narrowed at the end */
};

static int32_t key_of(float threshold)
{
    int32_t bits;
    memcpy(&bits, &threshold, sizeof bits);
    return kl_float_key(bits, INT32_MAX);
}

static enum kl_err check_nodes(const struct kl_tree_nodes *t, struct kl_diag *diag)
{
    for (int32_t i = 0; i < t->node_count; i++) {
        bool leaf = t->feature[i] < 0;
        int32_t limit = leaf ? t->leaf_count : t->node_count;
        if (t->feature[i] >= t->feature_count || t->left[i] < 0 || t->left[i] >= limit ||
            (!leaf && (t->right[i] < 0 || t->right[i] >= limit))) {
            return kl_fail(diag, KL_EINPUT,
                           "node %d points to a feature, node or leaf that is "
                           "not there",
                           i);
        }
        if (!leaf && t->threshold[i] != t->threshold[i]) {
            return kl_fail(diag, KL_EINPUT, "the threshold of node %d is not a number", i);
        }
    }
    return KL_OK;
}

struct feature_key {
    int32_t feature, key;
};

static int compare_keys(const void *a, const void *b)
{
    const struct feature_key *x = a, *y = b;
    if (x->feature != y->feature) {
        return x->feature < y->feature ? -1 : 1;
    }
    return x->key < y->key ? -1 : x->key > y->key;
}

/* The different thresholds of all splits, by feature and size. */
static enum kl_err collect_keys(struct packing *p)
{
    const struct kl_tree_nodes *t = p->trees;
    struct feature_key *all = KL_NEW(p->arena, struct feature_key, (size_t)t->node_count);
    p->packed->keys = KL_NEW(p->arena, int32_t, (size_t)t->node_count + 1);
    p->packed->key_start = KL_NEW(p->arena, uint16_t, (size_t)t->feature_count + 1);
    if (!all || !p->packed->keys || !p->packed->key_start) {
        return KL_FAIL_MEMORY(p->diag);
    }
    int32_t count = 0, kept = 0;
    for (int32_t i = 0; i < t->node_count; i++) {
        if (t->feature[i] >= 0) {
            all[count++] = (struct feature_key){t->feature[i], key_of(t->threshold[i])};
        }
    }
    qsort(all, (size_t)count, sizeof all[0], compare_keys);
    for (int32_t i = 0; i < count; i++) {
        if (i > 0 && compare_keys(&all[i - 1], &all[i]) == 0) {
            continue;
        }
        if (kept == MAX_KEYS) {
            return kl_fail(p->diag, KL_ELIMIT, "more than %d different thresholds", MAX_KEYS);
        }
        p->packed->keys[kept++] = all[i].key;
        p->packed->key_start[all[i].feature + 1] = (uint16_t)kept;
    }
    for (int32_t f = 1; f <= t->feature_count; f++) { /* features without thresholds */
        if (p->packed->key_start[f] < p->packed->key_start[f - 1]) {
            p->packed->key_start[f] = p->packed->key_start[f - 1];
        }
    }
    p->packed->key_count = kept;
    return KL_OK;
}

static int32_t bits_for(int32_t count)
{
    int32_t bits = 0;
    while (count > 1 << bits) {
        bits++;
    }
    return bits;
}

/* Feature and threshold share a word with the flag of a leaf. */
static enum kl_err choose_rank_bits(struct packing *p)
{
    int32_t most = 1;
    for (int32_t f = 0; f < p->trees->feature_count; f++) {
        int32_t keys = p->packed->key_start[f + 1] - p->packed->key_start[f];
        most = keys > most ? keys : most;
    }
    p->packed->rank_bits = bits_for(most);
    if (bits_for(p->trees->feature_count) + p->packed->rank_bits > 31) {
        return kl_fail(p->diag, KL_ELIMIT, "%d features with up to %d thresholds each",
                       p->trees->feature_count, most);
    }
    return KL_OK;
}

struct leaf_order {
    const struct kl_tree_nodes *trees;
    int32_t leaf;
};

static int compare_leaves(const void *a, const void *b)
{
    const struct leaf_order *x = a, *y = b;
    size_t width = (size_t)x->trees->leaf_width;
    int order = memcmp(x->trees->leaves + (size_t)x->leaf * width,
                       x->trees->leaves + (size_t)y->leaf * width, width * sizeof(float));
    return order ? order : (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

/* Leaves with equal values are kept once. */
static enum kl_err join_leaves(struct packing *p)
{
    const struct kl_tree_nodes *t = p->trees;
    size_t width = (size_t)t->leaf_width;
    struct leaf_order *order = KL_NEW(p->arena, struct leaf_order, (size_t)t->leaf_count);
    p->leaf_at = KL_NEW(p->arena, int32_t, (size_t)t->leaf_count);
    p->packed->leaves = KL_NEW(p->arena, float, (size_t)t->leaf_count *width);
    if (!order || !p->leaf_at || !p->packed->leaves) {
        return KL_FAIL_MEMORY(p->diag);
    }
    for (int32_t i = 0; i < t->leaf_count; i++) {
        order[i] = (struct leaf_order){t, i};
    }
    qsort(order, (size_t)t->leaf_count, sizeof order[0], compare_leaves);
    int32_t kept = 0;
    for (int32_t i = 0; i < t->leaf_count; i++) {
        const float *values = t->leaves + (size_t)order[i].leaf * width;
        float *last = p->packed->leaves + (size_t)(kept > 0 ? kept - 1 : 0) * width;
        if (kept == 0 || memcmp(last, values, width * sizeof(float)) != 0) {
            memcpy(p->packed->leaves + (size_t)kept++ * width, values, width * sizeof(float));
        }
        p->leaf_at[order[i].leaf] = kept - 1;
    }
    p->packed->leaf_count = kept;
    return KL_OK;
}

static const uint32_t leaf_flag = 0x80000000u;

/* The words of a split: its feature and threshold, and room for the distance. */
static void put_split(struct packing *p, int32_t node)
{
    const struct kl_tree_nodes *t = p->trees;
    const struct kl_packed_trees *k = p->packed;
    int32_t first = k->key_start[t->feature[node]];
    int32_t count = k->key_start[t->feature[node] + 1] - first;
    int32_t rank = kl_keys_below(k->keys + first, count, key_of(t->threshold[node]));
    p->words[p->packed->word_count] = (uint32_t)t->feature[node] << k->rank_bits | (uint32_t)rank;
    p->packed->word_count += 2;
}

/* A split on the way down, whose right side is still to be written. */
struct open_split {
    int32_t node, word;
};

static enum kl_err reached_twice(const struct packing *p, int32_t node)
{
    return kl_fail(p->diag, KL_EINPUT, "node %d is reached twice: trees do not share nodes", node);
}

/*
 * The left side of the innermost split is written: its right side begins here. Splits before it
 * whose right side is that node, or the left one, lead there, too. *node is what comes next, -1
 * when the tree ends.
 */
static enum kl_err close_splits(struct packing *p, const struct open_split *open, int32_t *depth,
                                int32_t *node)
{
    const struct kl_tree_nodes *t = p->trees;
    *node = -1;
    if (*depth == 0) {
        return KL_OK;
    }
    const struct open_split *split = &open[--*depth];
    const int32_t left = t->left[split->node], right = t->right[split->node];
    p->words[split->word + 1] = (uint32_t)(p->packed->word_count - split->word);
    while (*depth > 0) {
        const struct open_split *outer = &open[*depth - 1];
        int32_t to = t->right[outer->node];
        if (to != left && to != right) {
            break;
        }
        int32_t at = to == left ? p->word_of[left] - 1 : p->packed->word_count;
        p->words[outer->word + 1] = (uint32_t)(at - outer->word);
        --*depth;
    }
    *node = right;
    return p->word_of[right] ? reached_twice(p, right) : KL_OK;
}

/* One tree in preorder: each split, then all of its left side, then all of its right side. */
static enum kl_err put_tree(struct packing *p, int32_t root)
{
    const struct kl_tree_nodes *t = p->trees;
    struct open_split open[KL_TREE_MAX_DEPTH];
    int32_t depth = 0;
    int32_t node = root;
    while (node >= 0) {
        if (p->word_of[node]) {
            return reached_twice(p, node);
        }
        p->word_of[node] = p->packed->word_count + 1;
        if (t->feature[node] >= 0) {
            if (depth == KL_TREE_MAX_DEPTH) {
                return kl_fail(p->diag, KL_ELIMIT, "a tree has more than %d splits in a row",
                               KL_TREE_MAX_DEPTH);
            }
            open[depth++] = (struct open_split){node, p->packed->word_count};
            put_split(p, node);
            node = t->left[node];
            continue;
        }
        p->words[p->packed->word_count++] = leaf_flag | (uint32_t)p->leaf_at[t->left[node]];
        KL_TRY(close_splits(p, open, &depth, &node));
    }
    return KL_OK;
}

/* Does every word fit 16 bits, 15 for what follows the flag of a leaf? */
static bool is_narrow(const struct packing *p)
{
    if (bits_for(p->trees->feature_count) + p->packed->rank_bits > 15 ||
        p->packed->leaf_count > 1 << 15) {
        return false;
    }
    for (int32_t i = 0; i < p->packed->word_count; i++) {
        if (!(p->words[i] & leaf_flag) && p->words[i] > UINT16_MAX) {
            return false; /* a distance */
        }
    }
    return true;
}

static enum kl_err finish_words(struct packing *p)
{
    struct kl_packed_trees *k = p->packed;
    k->node_bytes = is_narrow(p) ? 2 : 4;
    k->nodes = p->words;
    if (k->node_bytes == 4) {
        return KL_OK;
    }
    uint16_t *narrow = KL_NEW(p->arena, uint16_t, (size_t)k->word_count);
    if (!narrow) {
        return KL_FAIL_MEMORY(p->diag);
    }
    for (int32_t i = 0; i < k->word_count; i++) {
        narrow[i] = (uint16_t)(p->words[i] & leaf_flag ? p->words[i] | 0x8000u : p->words[i]);
    }
    k->nodes = narrow;
    return KL_OK;
}

static enum kl_err put_trees(struct packing *p)
{
    const struct kl_tree_nodes *t = p->trees;
    p->word_of = KL_NEW(p->arena, int32_t, (size_t)t->node_count);
    p->words = KL_NEW(p->arena, uint32_t, 2 * (size_t)t->node_count);
    p->packed->root = KL_NEW(p->arena, uint32_t, (size_t)t->tree_count);
    if (!p->word_of || !p->words || !p->packed->root) {
        return KL_FAIL_MEMORY(p->diag);
    }
    for (int32_t i = 0; i < t->tree_count; i++) {
        if (t->root[i] < 0 || t->root[i] >= t->node_count) {
            return kl_fail(p->diag, KL_EINPUT, "the root of tree %d is not there", i);
        }
        p->packed->root[i] = (uint32_t)p->packed->word_count;
        KL_TRY(put_tree(p, t->root[i]));
    }
    for (int32_t i = 0; i < t->node_count; i++) {
        if (!p->word_of[i]) {
            return kl_fail(p->diag, KL_EINPUT, "node %d belongs to no tree", i);
        }
    }
    return finish_words(p);
}

enum kl_err kl_pack_trees(const struct kl_tree_nodes *trees, struct kl_arena *arena,
                          struct kl_packed_trees *packed, struct kl_diag *diag)
{
    struct packing p = {.trees = trees, .packed = packed, .arena = arena, .diag = diag};
    *packed = (struct kl_packed_trees){0};
    KL_TRY(check_nodes(trees, diag));
    KL_TRY(collect_keys(&p));
    KL_TRY(choose_rank_bits(&p));
    KL_TRY(join_leaves(&p));
    return put_trees(&p);
}
