/* SPDX-License-Identifier: Apache-2.0 */
/* Trees as lists of nodes become the words that the TREE_ENSEMBLE kernel walks. */
#ifndef KINGLET_PLAN_PACK_TREES_H
#define KINGLET_PLAN_PACK_TREES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "kinglet/nn.h"

/* All trees of an ensemble. A node with feature < 0 is a leaf, and left is its row of `leaves`. */
struct kl_tree_nodes {
    int32_t node_count, tree_count, feature_count;
    int32_t leaf_count, leaf_width;
    const int32_t *feature; /* [node_count] */
    const float *threshold; /* [node_count] value <= threshold goes left */
    const int32_t *left;    /* [node_count] */
    const int32_t *right;   /* [node_count] */
    const int32_t *root;    /* [tree_count] */
    const float *leaves;    /* [leaf_count][leaf_width] */
};

/* What struct kl_tree_ensemble of kinglet/nn/classical.h points to, with the lengths. */
struct kl_packed_trees {
    int32_t node_bytes, rank_bits;
    int32_t word_count, key_count, leaf_count;
    int32_t *keys;
    uint16_t *key_start; /* [feature_count + 1] */
    void *nodes;
    uint32_t *root;
    float *leaves; /* equal ones are kept once */
};

/*
 * Pack the trees into `arena`. Words are 2 bytes wide when features, thresholds, leaves and
 * distances fit, else 4. Splits on the way to a split may share its two sides as their right sides;
 * these are kept once. Fails with KL_EINPUT on nodes that do not form trees (any other node with
 * two parents, one without, a loop, an index outside its list, a threshold that is no number) and
 * with KL_ELIMIT on more than KL_TREE_MAX_DEPTH splits in a row, 65,535 different thresholds.
 */
enum kl_err kl_pack_trees(const struct kl_tree_nodes *trees, struct kl_arena *arena,
                          struct kl_packed_trees *packed, struct kl_diag *diag) KL_MUST_CHECK;

#endif
