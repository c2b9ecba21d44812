/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of classical models. */
#ifndef KINGLET_NN_CLASSICAL_H
#define KINGLET_NN_CLASSICAL_H

#include <stdint.h>

/*
 * TREE_ENSEMBLE: forests and boosted trees over rows of floats.
 *
 * A column is a feature as nodes see it: column f < features is feature f with nan_key in place of
 * what is no number; column features + f, if there is one, is feature f with ~nan_key.
 *
 * keys: for each column the different thresholds it is compared with, ascending, as
 * kl_float_key gives them; key_start[c] is where those of column c begin. The rank of a value is
 * how many of them are below it: value <= threshold i exactly when rank <= i.
 *
 * nodes: words of node_bytes bytes (2 or 4). A leaf is one word, top bit set, the rest its index
 * in `leaves`. A split is two words: column << rank_bits | threshold's index, and the distance in
 * words to the node for values above the threshold; the node for the others follows at once. So
 * trees lie in preorder; one follows the other. On no way down are more than KL_TREE_MAX_DEPTH
 * splits. A split whose node for values above begins at B and whose node for the others begins at
 * A may be the last one of a chain: the splits before it lead to A or B for values above, too.
 */
enum { KL_TREE_MAX_DEPTH = 64 };
struct kl_tree_ensemble {
    int32_t features, columns, trees, outputs;
    int32_t leaf_width; /* values per leaf, added to outputs column[tree] and on */
    int32_t node_bytes;
    int32_t rank_bits;
    int32_t nan_key; /* for what is no number: INT32_MAX goes right, INT32_MIN left */
    const int32_t *keys;
    const uint16_t *key_start; /* [columns + 1] */
    const void *nodes;
    const uint32_t *root;   /* [trees] first word of each tree */
    const uint16_t *column; /* [trees] */
    const float *leaves;    /* [..][leaf_width] */
    const float *base;      /* [outputs] */
};

/* SQUARED_DISTANCE float32. centres [count][in_c]. */
struct kl_distance_f32 {
    int32_t in_c, count;
    const float *centres;
};

/* SQUARED_DISTANCE float32 with weights [count][in_c] and bias [count]. */
struct kl_weighted_distance_f32 {
    int32_t in_c, count;
    const float *centres;
    const float *weights;
    const float *bias;
};

/* NEAREST_VOTE: label [count] 0 .. classes-1; 1 <= k <= count. */
struct kl_nearest_vote {
    int32_t count, k, classes;
    const uint16_t *label;
};

#endif
