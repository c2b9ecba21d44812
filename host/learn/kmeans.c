/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "learn/classical_internal.h"

enum { ROUNDS = 300 };

static double distance(const struct kmeans *m, int32_t row, int32_t centre)
{
    double sum = 0;
    const double *x = m->scaled + (ptrdiff_t)row * m->rows->features;
    const double *c = m->centres + (ptrdiff_t)centre * m->rows->features;
    for (int32_t i = 0; i < m->rows->features; i++) {
        sum += (x[i] - c[i]) * (x[i] - c[i]);
    }
    return sum;
}

/* Features to mean 0 and deviation 1, as the model will do it: (x - offset) * factor. */
static void scale(struct kmeans *m)
{
    int32_t features = m->rows->features, count = m->rows->count;
    for (int32_t f = 0; f < features; f++) {
        double sum = 0, squares = 0;
        for (int32_t r = 0; r < count; r++) {
            sum += (double)m->rows->values[(ptrdiff_t)r * features + f];
        }
        double mean = sum / count;
        for (int32_t r = 0; r < count; r++) {
            squares += pow((double)m->rows->values[(ptrdiff_t)r * features + f] - mean, 2);
        }
        double deviation = sqrt(squares / count);
        m->offset[f] = (float)mean;
        m->factor[f] = deviation > 1e-9 * (fabs(mean) + 1e-9) ? (float)(1 / deviation) : 1.0f;
        for (int32_t r = 0; r < count; r++) {
            ptrdiff_t at = (ptrdiff_t)r * features + f;
            m->scaled[at] =
                ((double)m->rows->values[at] - (double)m->offset[f]) * (double)m->factor[f];
        }
    }
}

/* Rows far from all centres are likely to become the next one. */
static void begin(struct kmeans *m, uint64_t seed)
{
    size_t bytes = (size_t)m->rows->features * sizeof m->centres[0];
    int32_t chosen = (int32_t)kl_random_below(seed, 0, (uint32_t)m->rows->count);
    for (int32_t c = 0; c < m->k; c++) {
        memcpy(m->centres + (ptrdiff_t)c * m->rows->features,
               m->scaled + (ptrdiff_t)chosen * m->rows->features, bytes);
        double sum = 0;
        for (int32_t r = 0; r < m->rows->count; r++) {
            double d = distance(m, r, c);
            m->nearest[r] = c == 0 || d < m->nearest[r] ? d : m->nearest[r];
            sum += m->nearest[r];
        }
        double place = (double)kl_random_unit(seed, (uint64_t)c + 1) * sum;
        chosen = 0;
        while (chosen < m->rows->count - 1 && place >= m->nearest[chosen]) {
            place -= m->nearest[chosen++];
        }
    }
}

/* Each row to its nearest centre; did any change? */
static bool assign(struct kmeans *m, bool first)
{
    bool changed = first;
    for (int32_t r = 0; r < m->rows->count; r++) {
        int32_t best = 0;
        double least = distance(m, r, 0);
        for (int32_t c = 1; c < m->k; c++) {
            double d = distance(m, r, c);
            best = d < least ? c : best;
            least = d < least ? d : least;
        }
        changed = changed || best != m->centre[r];
        m->centre[r] = best;
    }
    return changed;
}

/* Centres become the means of their rows; one without rows stays. */
static void move(struct kmeans *m)
{
    int32_t features = m->rows->features;
    for (int32_t c = 0; c < m->k; c++) {
        double *centre = m->centres + (ptrdiff_t)c * features;
        int32_t count = 0;
        for (int32_t r = 0; r < m->rows->count; r++) {
            const double *row = m->scaled + (ptrdiff_t)r * features;
            if (m->centre[r] != c) {
                continue;
            }
            for (int32_t f = 0; f < features; f++) {
                centre[f] = count == 0 ? row[f] : centre[f] + row[f];
            }
            count++;
        }
        for (int32_t f = 0; count > 0 && f < features; f++) {
            centre[f] /= count;
        }
    }
}

static json_t *numbers(const float *values, int32_t count)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++) {
        json_array_append_new(list, json_real((double)values[i]));
    }
    return list;
}

json_t *kmeans_matrix(const double *values, int32_t count, int32_t features)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++) {
        json_t *row = json_array();
        for (int32_t f = 0; f < features; f++) {
            json_array_append_new(row, json_real(values[(ptrdiff_t)i * features + f]));
        }
        json_array_append_new(list, row);
    }
    return list;
}

json_t *kmeans_text(const struct kmeans *m, json_t *model)
{
    return json_pack("{s:i, s:i, s:{s:o, s:o}, s:o}", "kinglet_classical", 1, "features",
                     m->rows->features, "scale", "offset", numbers(m->offset, m->rows->features),
                     "factor", numbers(m->factor, m->rows->features), "model", model);
}

enum kl_err kmeans_run(const struct kl_feature_rows *rows, int32_t k, uint64_t seed,
                       struct kl_arena *arena, struct kmeans *m, struct kl_diag *diag)
{
    size_t values = (size_t)rows->count * (size_t)rows->features;
    *m = (struct kmeans){.rows = rows, .k = k};
    if (rows->features > KL_CLASSICAL_FEATURES || k > rows->count) {
        return kl_fail(diag, KL_EINPUT,
                       "the model takes at most %d features, and no more centres or components "
                       "than there are items to train on; there are %d features and %d items",
                       KL_CLASSICAL_FEATURES, rows->features, rows->count);
    }
    m->scaled = KL_NEW(arena, double, values);
    m->centres = KL_NEW(arena, double, (size_t)k *(size_t)rows->features);
    m->nearest = KL_NEW(arena, double, (size_t)rows->count);
    m->centre = KL_NEW(arena, int32_t, (size_t)rows->count);
    m->offset = KL_NEW(arena, float, (size_t)rows->features);
    m->factor = KL_NEW(arena, float, (size_t)rows->features);
    if (!m->scaled || !m->centres || !m->nearest || !m->centre || !m->offset || !m->factor) {
        return KL_FAIL_MEMORY(diag);
    }
    scale(m);
    begin(m, kl_random_stream(seed, 1));
    for (int round = 0; round < ROUNDS && assign(m, round == 0); round++) {
        move(m);
    }
    return KL_OK;
}

json_t *kl_kmeans_train(const struct kl_feature_rows *rows, int32_t k, uint64_t seed,
                        struct kl_arena *arena, struct kl_diag *diag)
{
    struct kmeans m;
    if (kmeans_run(rows, k, seed, arena, &m, diag) != KL_OK) {
        return NULL;
    }
    return kmeans_text(&m, json_pack("{s:s, s:o}", "kind", "kmeans", "centres",
                                     kmeans_matrix(m.centres, k, rows->features)));
}
