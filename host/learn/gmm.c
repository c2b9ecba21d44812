/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "learn/classical_internal.h"

enum { ROUNDS = 300 };

static const double log_two_pi = 1.8378770664093453;
static const double least_variance = 1e-3; /* of features whose deviation is 1 */
static const double least_weight = 1e-9;
static const double least_gain = 1e-6;

struct mixture {
    const struct kmeans *data; /* its rows; its centres are the means */
    double *variances;         /* [k][features] */
    double *weights;           /* [k] */
    double *constant;          /* of the logarithm of each weighted density */
    double *share;             /* [count][k]: of a row in each component */
};

static const double *row_at(const struct mixture *g, int32_t row)
{
    return g->data->scaled + (ptrdiff_t)row * g->data->rows->features;
}

/* What does not depend on the row: log(weight / sqrt(product of 2 pi variance)). */
static void find_constants(struct mixture *g)
{
    int32_t features = g->data->rows->features;
    for (int32_t c = 0; c < g->data->k; c++) {
        const double *variance = g->variances + (ptrdiff_t)c * features;
        double sum = 0;
        for (int32_t f = 0; f < features; f++) {
            sum += log_two_pi + log(variance[f]);
        }
        g->constant[c] = log(g->weights[c]) - sum / 2;
    }
}

/* The logarithm of a component's weighted density at a row. */
static double log_density(const struct mixture *g, int32_t row, int32_t component)
{
    int32_t features = g->data->rows->features;
    const double *x = row_at(g, row);
    const double *mean = g->data->centres + (ptrdiff_t)component * features;
    const double *variance = g->variances + (ptrdiff_t)component * features;
    double sum = 0;
    for (int32_t f = 0; f < features; f++) {
        sum += (x[f] - mean[f]) * (x[f] - mean[f]) / variance[f];
    }
    return g->constant[component] - sum / 2;
}

/* Shares of each row in the components; returns the mean log-likelihood. */
static double expect(struct mixture *g)
{
    int32_t k = g->data->k, count = g->data->rows->count;
    double all = 0;
    find_constants(g);
    for (int32_t r = 0; r < count; r++) {
        double *share = g->share + (ptrdiff_t)r * k;
        double most = -INFINITY, sum = 0;
        for (int32_t c = 0; c < k; c++) {
            share[c] = log_density(g, r, c);
            most = fmax(most, share[c]);
        }
        for (int32_t c = 0; c < k; c++) {
            share[c] = exp(share[c] - most);
            sum += share[c];
        }
        for (int32_t c = 0; c < k; c++) {
            share[c] /= sum;
        }
        all += most + log(sum);
    }
    return all / count;
}

/* Mean and variance of one feature, by the shares of the rows in a component. */
static void fit_feature(struct mixture *g, int32_t component, int32_t feature, double sum)
{
    const struct kmeans *d = g->data;
    ptrdiff_t at = (ptrdiff_t)component * d->rows->features + feature;
    double mean = 0, variance = 0;
    for (int32_t r = 0; r < d->rows->count; r++) {
        mean += g->share[(ptrdiff_t)r * d->k + component] * row_at(g, r)[feature];
    }
    mean /= sum;
    for (int32_t r = 0; r < d->rows->count; r++) {
        double apart = row_at(g, r)[feature] - mean;
        variance += g->share[(ptrdiff_t)r * d->k + component] * apart * apart;
    }
    d->centres[at] = mean;
    g->variances[at] = fmax(variance / sum, least_variance);
}

/* Weights, means and variances from the shares. A component without rows stays where it is. */
static void maximise(struct mixture *g)
{
    int32_t k = g->data->k, count = g->data->rows->count;
    for (int32_t c = 0; c < k; c++) {
        double sum = 0;
        for (int32_t r = 0; r < count; r++) {
            sum += g->share[(ptrdiff_t)r * k + c];
        }
        g->weights[c] = fmax(sum / count, least_weight);
        for (int32_t f = 0; sum > least_weight * count && f < g->data->rows->features; f++) {
            fit_feature(g, c, f, sum);
        }
    }
}

/* Each row belongs to its heap alone. */
static void begin(struct mixture *g)
{
    int32_t k = g->data->k, features = g->data->rows->features;
    for (int32_t r = 0; r < g->data->rows->count; r++) {
        for (int32_t c = 0; c < k; c++) {
            g->share[(ptrdiff_t)r * k + c] = g->data->centre[r] == c ? 1 : 0;
        }
    }
    for (int32_t i = 0; i < k * features; i++) {
        g->variances[i] = 1;
    }
    maximise(g);
}

static json_t *weights_json(const struct mixture *g)
{
    json_t *list = json_array();
    for (int32_t c = 0; c < g->data->k; c++) {
        json_array_append_new(list, json_real(g->weights[c]));
    }
    return list;
}

json_t *kl_gmm_train(const struct kl_feature_rows *rows, int32_t k, uint64_t seed,
                     struct kl_arena *arena, struct kl_diag *diag)
{
    struct kmeans data;
    struct mixture g = {.data = &data};
    if (kmeans_run(rows, k, seed, arena, &data, diag) != KL_OK) {
        return NULL;
    }
    g.variances = KL_NEW(arena, double, (size_t)k *(size_t)rows->features);
    g.weights = KL_NEW(arena, double, (size_t)k);
    g.constant = KL_NEW(arena, double, (size_t)k);
    g.share = KL_NEW(arena, double, (size_t)rows->count *(size_t)k);
    if (!g.variances || !g.weights || !g.constant || !g.share) {
        KL_FAIL_MEMORY(diag);
        return NULL;
    }
    begin(&g);
    double before = -INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        double now = expect(&g);
        if (now - before < least_gain) {
            break;
        }
        before = now;
        maximise(&g);
    }
    return kmeans_text(&data,
                       json_pack("{s:s, s:o, s:o, s:o}", "kind", "gmm", "weights", weights_json(&g),
                                 "means", kmeans_matrix(data.centres, k, rows->features),
                                 "variances", kmeans_matrix(g.variances, k, rows->features)));
}
