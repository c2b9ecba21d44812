/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Training of classical models. The result is the text form that the importer reads
 * (docs/spec/classical-model.md), as JSON; a new reference, or NULL after a message.
 */
#ifndef KINGLET_LEARN_CLASSICAL_H
#define KINGLET_LEARN_CLASSICAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"

/* Rows of features with a label each. */
struct kl_feature_rows {
    int32_t count, features, classes;
    const float *values;   /* [count][features], finite */
    const int32_t *labels; /* 0 .. classes - 1 */
};

/* Largest number of features, of nodes of a forest, and of shares of classes in its leaves, that
 * the text form can have. */
enum { KL_CLASSICAL_FEATURES = 4096, KL_FOREST_NODES = 1 << 20, KL_FOREST_SHARES = 1 << 21 };

struct kl_forest_options {
    int32_t trees; /* 1 .. 1000 */
    int32_t depth; /* most splits on a path, 1 .. 32 */
    int32_t leaf;  /* fewest items of a leaf, >= 1 */
    uint64_t seed;
};

/*
 * A random forest (L. Breiman, Random forests, 2001): each tree on as many items as there are,
 * drawn with replacement; each split the best by Gini impurity among the root of the number of
 * features, drawn anew. Outputs are the mean shares of the classes in the leaves.
 */
json_t *kl_forest_train(const struct kl_feature_rows *rows, const struct kl_forest_options *options,
                        struct kl_arena *arena, struct kl_diag *diag);

/*
 * k centres (S. Lloyd, 1982), begun by k-means++ (D. Arthur, S. Vassilvitskii, 2007), of features
 * that are scaled to mean 0 and deviation 1; the scale is part of the model. Ends when no item
 * changes its centre, or after 300 rounds.
 */
json_t *kl_kmeans_train(const struct kl_feature_rows *rows, int32_t k, uint64_t seed,
                        struct kl_arena *arena, struct kl_diag *diag);

/*
 * A mixture of k Gaussians with diagonal covariances, by expectation and maximisation (A. Dempster,
 * N. Laird, D. Rubin, 1977), begun with the heaps of k-means, of features that are scaled as there.
 * A variance is never below a thousandth of the feature's own. Ends when the mean log-likelihood of
 * the rows grows by less than 1e-6, or after 300 rounds.
 */
json_t *kl_gmm_train(const struct kl_feature_rows *rows, int32_t k, uint64_t seed,
                     struct kl_arena *arena, struct kl_diag *diag);

#endif
