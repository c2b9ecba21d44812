/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of the kinds of classical models share. Private to host/import. */
#ifndef KINGLET_IMPORT_CLASSICAL_MODEL_H
#define KINGLET_IMPORT_CLASSICAL_MODEL_H

#include "graph/build.h"
#include "import/classical_json.h"

/* Limits of one file; see docs/spec/classical-model.md. */
enum {
    CM_MAX_FEATURES = 4096,
    CM_MAX_OUTPUTS = 4096,
    CM_MAX_VOTERS = 256, /* classes of a vote between pairs */
    CM_MAX_ROWS = 65535, /* trees, prototypes, support vectors */
    CM_MAX_NODES = 1 << 20
};

/* The model that is being built, one operator after the other. */
struct cm_model {
    struct kl_graph *graph;
    struct kl_subgraph *subgraph;
    struct kl_diag *diag;
    struct kl_tensor *features; /* [1, feature_count], scaled if the file asks for it */
    int32_t feature_count;
};

/* Constants: a matrix [rows, columns], a vector [count]. *tensor is the new tensor. */
enum kl_err cm_matrix(struct cm_model *model, const char *name, int32_t rows, int32_t columns,
                      const float *data, struct kl_tensor **tensor) KL_MUST_CHECK;
enum kl_err cm_vector(struct cm_model *model, const char *name, int32_t count, const float *data,
                      struct kl_tensor **tensor) KL_MUST_CHECK;
enum kl_err cm_ints(struct cm_model *model, const char *name, int32_t count, const int32_t *data,
                    struct kl_tensor **tensor) KL_MUST_CHECK;

/* An operator whose output is [1, width] of float32; *op may be used to set attributes. */
enum kl_err cm_op(struct cm_model *model, enum kl_op_kind kind, const char *name, int32_t width,
                  int32_t input_count, struct kl_tensor *const *inputs,
                  struct kl_op **op) KL_MUST_CHECK;

/* weights * input + bias; weights [rows, width of the input]. */
enum kl_err cm_linear(struct cm_model *model, const char *name, struct kl_tensor *input,
                      int32_t rows, const float *weights, const float *bias,
                      struct kl_tensor **output) KL_MUST_CHECK;

/* Squared distances from the features to each of `rows` points [rows, feature_count]. */
enum kl_err cm_distances(struct cm_model *model, int32_t rows, const float *points,
                         struct kl_tensor **distances) KL_MUST_CHECK;

/* The member "link" of `json`: *tensor becomes the result of no function, LOGISTIC or SOFTMAX. */
enum kl_err cm_link(struct cm_model *model, const struct cj_value *json,
                    struct kl_tensor **tensor) KL_MUST_CHECK;

/* One reader per kind: reads `json`, adds operators, and gives the outputs to the subgraph. */
typedef enum kl_err cm_reader(struct cm_model *model, const struct cj_value *json);
cm_reader cm_read_trees, cm_read_linear, cm_read_svm, cm_read_kmeans, cm_read_gmm, cm_read_knn;

/* `tensor` is an output of the model, called `name`. */
enum kl_err cm_output(struct cm_model *model, struct kl_tensor *tensor,
                      const char *name) KL_MUST_CHECK;

#endif
