/* SPDX-License-Identifier: Apache-2.0 */
/* What k-means and mixtures of Gaussians share: scaled rows, and heaps of them. Private to
 * host/learn. */
#ifndef KINGLET_LEARN_CLASSICAL_INTERNAL_H
#define KINGLET_LEARN_CLASSICAL_INTERNAL_H

#include "learn/classical.h"

struct kmeans {
    const struct kl_feature_rows *rows;
    int32_t k;
    double *scaled;  /* [count][features] */
    double *centres; /* [k][features] */
    double *nearest; /* squared distance of each row to its centre */
    int32_t *centre; /* of each row */
    float *offset, *factor;
};

/* Scale the rows and divide them into k heaps, as kl_kmeans_train says. */
enum kl_err kmeans_run(const struct kl_feature_rows *rows, int32_t k, uint64_t seed,
                       struct kl_arena *arena, struct kmeans *m, struct kl_diag *diag);

/* A matrix [count][features] as a list of lists. */
json_t *kmeans_matrix(const double *values, int32_t count, int32_t features);

/* The text form of a model of the scaled rows; takes `model` over. */
json_t *kmeans_text(const struct kmeans *m, json_t *model);

#endif
