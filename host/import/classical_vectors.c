/* SPDX-License-Identifier: Apache-2.0 */
/* Classical models of kinds "linear", "kmeans", "knn": vectors against the rows of a matrix. */
#include "import/classical_model.h"

/* Member `key`, a matrix with as many columns as there are features. */
static enum kl_err need_rows(struct cm_model *model, const struct cj_value *json, const char *key,
                             int32_t *rows, float **numbers)
{
    struct cj_value member;
    KL_TRY(cj_need(json, key, &member));
    return cj_matrix(&member, CM_MAX_ROWS, model->feature_count, rows, numbers);
}

enum kl_err cm_read_linear(struct cm_model *model, const struct cj_value *json)
{
    static const char *const known[] = {"kind", "weights", "bias", "link", NULL};
    struct cj_value bias;
    struct kl_tensor *scores;
    float *weights, *biases;
    int32_t rows;
    KL_TRY(cj_only(json, known));
    KL_TRY(need_rows(model, json, "weights", &rows, &weights));
    KL_TRY(cj_need(json, "bias", &bias));
    KL_TRY(cj_vector(&bias, rows, &biases));
    KL_TRY(cm_linear(model, "scores", model->features, rows, weights, biases, &scores));
    KL_TRY(cm_link(model, json, &scores));
    return cm_output(model, scores, "scores");
}

enum kl_err cm_distances(struct cm_model *model, int32_t rows, const float *points,
                         struct kl_tensor **distances)
{
    struct kl_tensor *in[2] = {model->features};
    struct kl_op *op;
    KL_TRY(cm_matrix(model, "points", rows, model->feature_count, points, &in[1]));
    KL_TRY(cm_op(model, KL_OP_SQUARED_DISTANCE, "distances", rows, 2, in, &op));
    *distances = op->outputs[0];
    return KL_OK;
}

enum kl_err cm_read_kmeans(struct cm_model *model, const struct cj_value *json)
{
    static const char *const known[] = {"kind", "centres", NULL};
    struct kl_tensor *distances;
    float *centres;
    int32_t rows;
    KL_TRY(cj_only(json, known));
    KL_TRY(need_rows(model, json, "centres", &rows, &centres));
    KL_TRY(cm_distances(model, rows, centres, &distances));
    return cm_output(model, distances, "distances");
}

/* The class of every prototype. */
static enum kl_err read_labels(struct cm_model *model, const struct cj_value *json, int32_t rows,
                               int32_t classes, struct kl_tensor **tensor)
{
    struct cj_value list;
    int32_t *labels = KL_NEW(json->arena, int32_t, (size_t)rows);
    int32_t count;
    if (!labels) {
        return KL_FAIL_MEMORY(model->diag);
    }
    KL_TRY(cj_need(json, "labels", &list));
    KL_TRY(cj_array(&list, CM_MAX_ROWS, &count));
    if (count != rows) {
        return cj_fail(&list, "must be a list of %d classes, one per prototype", rows);
    }
    for (int32_t i = 0; i < rows; i++) {
        struct cj_value label = cj_element(&list, (size_t)i);
        KL_TRY(cj_int(&label, 0, classes - 1, &labels[i]));
    }
    return cm_ints(model, "labels", rows, labels, tensor);
}

enum kl_err cm_read_knn(struct cm_model *model, const struct cj_value *json)
{
    static const char *const known[] = {"kind", "classes", "k", "prototypes", "labels", NULL};
    struct cj_value member;
    struct kl_tensor *in[2];
    struct kl_op *op;
    float *prototypes;
    int32_t rows, k, classes;
    KL_TRY(cj_only(json, known));
    KL_TRY(need_rows(model, json, "prototypes", &rows, &prototypes));
    KL_TRY(cj_need(json, "classes", &member));
    KL_TRY(cj_int(&member, 1, CM_MAX_OUTPUTS, &classes));
    KL_TRY(cj_need(json, "k", &member));
    KL_TRY(cj_int(&member, 1, rows, &k));
    KL_TRY(cm_distances(model, rows, prototypes, &in[0]));
    KL_TRY(read_labels(model, json, rows, classes, &in[1]));
    KL_TRY(cm_op(model, KL_OP_NEAREST_VOTE, "votes", classes, 2, in, &op));
    op->attr.nearest_vote.k = k;
    op->attr.nearest_vote.classes = classes;
    return cm_output(model, op->outputs[0], "votes");
}
