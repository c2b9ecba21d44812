/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TREE_ENSEMBLE: decision forests and boosted trees.
 *
 * Floats are compared as integers: for numbers, the order of their keys is the order of their
 * values, so no core needs an FPU or a soft-float call for a comparison. Each feature is looked
 * up once among the thresholds that the ensemble compares it with; after that a node compares
 * two small numbers, its threshold's place in that list and the feature's.
 */
#ifndef KINGLET_NN_REF_TREE_ENSEMBLE_H
#define KINGLET_NN_REF_TREE_ENSEMBLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "nn/ref/row.h"

/*
 * A key that orders like the float of these bits: a < b exactly when key(a) < key(b), and both
 * zeros have one key. Any NaN has nan_key.
 */
static inline int32_t kl_float_key(int32_t bits, int32_t nan_key)
{
    if ((bits & INT32_MAX) > 0x7f800000) {
        return nan_key;
    }
    return bits >= 0 ? bits : INT32_MIN - bits;
}

/* How many of the ascending keys are smaller than `key`. */
static inline int32_t kl_keys_below(const int32_t *keys, int32_t count, int32_t key)
{
    const int32_t *first = keys;
    while (count > 0) {
        const int32_t half = count / 2;
        if (first[half] < key) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return (int32_t)(first - keys);
}

/* The place of each column of the row among its thresholds. */
static inline void kl_tree_ranks(const struct kl_tree_ensemble *p, const float *x, uint16_t *rank)
{
    for (int32_t i = 0; i < p->columns; i++) {
        const bool again = i >= p->features;
        const int32_t nan_key = again ? ~p->nan_key : p->nan_key;
        const int32_t first = (int32_t)p->key_start[i];
        const int32_t count = (int32_t)p->key_start[i + 1] - first;
        int32_t bits;
        memcpy(&bits, &x[again ? i - p->features : i], sizeof bits);
        rank[i] = (uint16_t)kl_keys_below(p->keys + first, count, kl_float_key(bits, nan_key));
    }
}

/* The leaf that a row of ranks reaches from node `at`. Nodes: see struct kl_tree_ensemble. */
static inline uint32_t kl_tree_leaf_16(const struct kl_tree_ensemble *p, uint32_t at,
                                       const uint16_t *rank)
{
    const uint16_t *node = (const uint16_t *)p->nodes + at;
    const uint32_t mask = (1u << p->rank_bits) - 1;
    while (!(node[0] & 0x8000u)) {
        node += rank[node[0] >> p->rank_bits] <= (node[0] & mask) ? 2u : node[1];
    }
    return node[0] & 0x7fffu;
}

static inline uint32_t kl_tree_leaf_32(const struct kl_tree_ensemble *p, uint32_t at,
                                       const uint16_t *rank)
{
    const uint32_t *node = (const uint32_t *)p->nodes + at;
    const uint32_t mask = (1u << p->rank_bits) - 1;
    while (!(node[0] & 0x80000000u)) {
        node += rank[node[0] >> p->rank_bits] <= (node[0] & mask) ? 2u : node[1];
    }
    return node[0] & 0x7fffffffu;
}

/* One row: the base values, and then the leaves of all trees, added one after the other. */
static inline void kl_tree_ensemble_row(const struct kl_tree_ensemble *p, const uint16_t *rank,
                                        float *y)
{
    for (int32_t i = 0; i < p->outputs; i++) {
        y[i] = p->base[i];
    }
    for (int32_t tree = 0; tree < p->trees; tree++) {
        const uint32_t root = p->root[tree];
        const uint32_t leaf =
            p->node_bytes == 2 ? kl_tree_leaf_16(p, root, rank) : kl_tree_leaf_32(p, root, rank);
        const float *value = p->leaves + leaf * (uint32_t)p->leaf_width;
        float *to = y + p->column[tree];
        for (int32_t i = 0; i < p->leaf_width; i++) {
            to[i] += value[i];
        }
    }
}

/* in: rows of `features` floats. out: rows of `outputs` floats. scratch: columns * 2 bytes,
 * aligned to 2. */
static inline void kl_tree_ensemble(const struct kl_tree_ensemble *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    uint16_t *rank = (uint16_t *)scratch;
    for (int32_t row = out->first; row < out->first + out->count; row++) {
        kl_tree_ranks(p, kl_row_f32(in, row), rank);
        kl_tree_ensemble_row(p, rank, kl_row_f32(out, row));
    }
}

#endif
