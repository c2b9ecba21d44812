/* SPDX-License-Identifier: Apache-2.0 */
/* Classical models of kind "gmm": mixtures of Gaussians, for densities and anomalies. */
#include <math.h>

#include "import/classical_model.h"

struct mixture {
    struct cm_model *model;
    int32_t components;
    float *weights, *means;
    float *bias; /* per component: logarithm of its weight and of its density's factor */
};

static const double log_two_pi = 1.8378770664093453;

/* -1/2 per squared distance, over the variance: [components, features]. */
static enum kl_err add_diagonal(struct mixture *m, const struct cj_value *variances,
                                struct kl_tensor **densities)
{
    struct cm_model *model = m->model;
    struct kl_tensor *in[4] = {model->features};
    struct kl_op *op;
    float *factor;
    int32_t rows, features = model->feature_count;
    KL_TRY(cj_matrix(variances, m->components, features, &rows, &factor));
    if (rows != m->components) {
        return cj_fail(variances, "must be a list of %d lists", m->components);
    }
    for (int32_t k = 0; k < m->components; k++) {
        double logs = 0;
        for (int32_t i = 0; i < features; i++) {
            double variance = (double)factor[k * features + i];
            if (variance <= 0) {
                return cj_fail(variances, "entry %d of component %d is not above 0", i, k);
            }
            logs += log(variance);
            factor[k * features + i] = (float)(-0.5 / variance);
        }
        m->bias[k] = (float)(log((double)m->weights[k]) - 0.5 * (features * log_two_pi + logs));
    }
    KL_TRY(cm_matrix(model, "means", m->components, features, m->means, &in[1]));
    KL_TRY(cm_matrix(model, "precisions", m->components, features, factor, &in[2]));
    KL_TRY(cm_vector(model, "bias", m->components, m->bias, &in[3]));
    KL_TRY(cm_op(model, KL_OP_SQUARED_DISTANCE, "log_densities", m->components, 4, in, &op));
    *densities = op->outputs[0];
    return KL_OK;
}

/* One component's rows of the map y = (x - mean) * U, and its constant. */
static enum kl_err read_factor(struct mixture *m, const struct cj_value *list, int32_t k,
                               float *rows, float *offsets)
{
    struct cj_value value = cj_element(list, (size_t)k);
    int32_t count, features = m->model->feature_count;
    double logs = 0;
    float *u;
    KL_TRY(cj_matrix(&value, features, features, &count, &u));
    if (count != features) {
        return cj_fail(&value, "must be a square matrix of %d rows", features);
    }
    for (int32_t i = 0; i < features; i++) {
        double offset = 0;
        double diagonal = (double)u[i * features + i];
        if (diagonal <= 0) {
            return cj_fail(&value, "entry %d of the diagonal is not above 0", i);
        }
        logs += log(diagonal);
        for (int32_t f = 0; f < features; f++) {
            rows[i * features + f] = u[f * features + i];
            offset -= (double)m->means[k * features + f] * (double)u[f * features + i];
        }
        offsets[i] = (float)offset;
    }
    m->bias[k] = (float)(log((double)m->weights[k]) - 0.5 * features * log_two_pi + logs);
    return KL_OK;
}

/* tensor = kind(tensor, constant) */
static enum kl_err apply(struct cm_model *model, enum kl_op_kind kind, struct kl_tensor *other,
                         struct kl_tensor **tensor)
{
    struct kl_tensor *in[2] = {*tensor, other};
    struct kl_op *op;
    KL_TRY(cm_op(model, kind, "log_densities", (*tensor)->shape.dim[1], 2, in, &op));
    *tensor = op->outputs[0];
    return KL_OK;
}

/* Sums (or largest values) over the last axis: [rows, columns] to [1, rows]. */
static enum kl_err reduce(struct cm_model *model, enum kl_op_kind kind, int32_t rows,
                          struct kl_tensor **tensor)
{
    int32_t *axis = KL_NEW(model->graph->arena, int32_t, 1);
    struct kl_tensor *in[2] = {*tensor};
    struct kl_op *op;
    if (!axis) {
        return KL_FAIL_MEMORY(model->diag);
    }
    *axis = 2;
    struct kl_shape cube = {3, {1, rows, (int32_t)(kl_shape_elements(&in[0]->shape) / rows)}};
    KL_TRY(cm_op(model, KL_OP_RESHAPE, "rows", 1, 1, in, &op));
    op->outputs[0]->shape = cube;
    op->outputs[0]->bytes = in[0]->bytes;
    in[0] = op->outputs[0];
    KL_TRY(cm_ints(model, "axis", 1, axis, &in[1]));
    KL_TRY(cm_op(model, kind, "reduced", rows, 2, in, &op));
    *tensor = op->outputs[0];
    return KL_OK;
}

static enum kl_err constant(struct cm_model *model, float value, struct kl_tensor **tensor)
{
    float *number = KL_NEW(model->graph->arena, float, 1);
    if (!number) {
        return KL_FAIL_MEMORY(model->diag);
    }
    *number = value;
    return cm_matrix(model, "constant", 1, 1, number, tensor);
}

/* Any covariance, by the Cholesky factor of its inverse. */
static enum kl_err add_full(struct mixture *m, const struct cj_value *factors,
                            struct kl_tensor **densities)
{
    struct cm_model *model = m->model;
    const int32_t features = model->feature_count;
    const size_t lines = (size_t)m->components * (size_t)features;
    float *rows = KL_NEW(factors->arena, float, lines *(size_t)features);
    float *offsets = KL_NEW(factors->arena, float, lines);
    struct kl_tensor *half, *bias;
    int32_t count;
    if (!rows || !offsets) {
        return KL_FAIL_MEMORY(model->diag);
    }
    KL_TRY(cj_array(factors, CM_MAX_OUTPUTS, &count));
    if (count != m->components) {
        return cj_fail(factors, "must be a list of %d matrices", m->components);
    }
    for (int32_t k = 0; k < m->components; k++) {
        KL_TRY(read_factor(m, factors, k, rows + (size_t)k * (size_t)(features * features),
                           offsets + (size_t)k * (size_t)features));
    }
    KL_TRY(cm_linear(model, "whitened", model->features, (int32_t)lines, rows, offsets, densities));
    KL_TRY(apply(model, KL_OP_MUL, *densities, densities));
    KL_TRY(reduce(model, KL_OP_SUM, m->components, densities));
    KL_TRY(constant(model, -0.5f, &half));
    KL_TRY(apply(model, KL_OP_MUL, half, densities));
    KL_TRY(cm_matrix(model, "bias", 1, m->components, m->bias, &bias));
    return apply(model, KL_OP_ADD, bias, densities);
}

/* log(sum(exp(densities))), by way of the largest, so that nothing overflows. */
static enum kl_err add_likelihood(struct cm_model *model, struct kl_tensor *densities,
                                  struct kl_tensor **likelihood)
{
    struct kl_tensor *largest = densities, *sum = densities;
    struct kl_op *op;
    KL_TRY(reduce(model, KL_OP_REDUCE_MAX, 1, &largest));
    KL_TRY(apply(model, KL_OP_SUB, largest, &sum));
    KL_TRY(cm_op(model, KL_OP_EXP, "shares", densities->shape.dim[1], 1, &sum, &op));
    sum = op->outputs[0];
    KL_TRY(reduce(model, KL_OP_SUM, 1, &sum));
    KL_TRY(cm_op(model, KL_OP_LOG, "log of sum", 1, 1, &sum, &op));
    *likelihood = op->outputs[0];
    return apply(model, KL_OP_ADD, largest, likelihood);
}

static enum kl_err check_weights(const struct cj_value *value, const struct mixture *m)
{
    for (int32_t k = 0; k < m->components; k++) {
        if (m->weights[k] <= 0) {
            return cj_fail(value, "entry %d is not above 0", k);
        }
    }
    return KL_OK;
}

enum kl_err cm_read_gmm(struct cm_model *model, const struct cj_value *json)
{
    static const char *const known[] = {
        "kind", "weights", "means", "variances", "precisions_cholesky", NULL};
    struct cj_value member, variances = cj_member(json, "variances");
    struct mixture m = {.model = model};
    struct kl_tensor *densities, *likelihood;
    KL_TRY(cj_only(json, known));
    KL_TRY(cj_need(json, "means", &member));
    KL_TRY(cj_matrix(&member, CM_MAX_OUTPUTS, model->feature_count, &m.components, &m.means));
    KL_TRY(cj_need(json, "weights", &member));
    KL_TRY(cj_vector(&member, m.components, &m.weights));
    KL_TRY(check_weights(&member, &m));
    m.bias = KL_NEW(json->arena, float, (size_t)m.components);
    if (!m.bias) {
        return KL_FAIL_MEMORY(model->diag);
    }
    if (variances.json) {
        KL_TRY(add_diagonal(&m, &variances, &densities));
    } else {
        KL_TRY(cj_need(json, "precisions_cholesky", &member));
        KL_TRY(add_full(&m, &member, &densities));
    }
    KL_TRY(add_likelihood(model, densities, &likelihood));
    KL_TRY(cm_output(model, likelihood, "log_likelihood"));
    return cm_output(model, densities, "log_densities");
}
