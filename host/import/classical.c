/* SPDX-License-Identifier: Apache-2.0 */
/* Classical models from JSON: the file as a whole. Format: docs/spec/classical-model.md. */
#include <string.h>

#include "import/classical_model.h"
#include "import/import.h"
#include "import/text.h"

/* Largest file; a parsed number takes many times its text. */
#define FILE_LIMIT ((size_t)32 << 20)

enum kl_err cm_matrix(struct cm_model *model, const char *name, int32_t rows, int32_t columns,
                      const float *data, struct kl_tensor **tensor)
{
    struct kl_shape shape = {2, {rows, columns}};
    *tensor = kl_constant_add(model->graph, model->subgraph, name, KL_F32, shape, data);
    return *tensor ? KL_OK : KL_FAIL_MEMORY(model->diag);
}

enum kl_err cm_vector(struct cm_model *model, const char *name, int32_t count, const float *data,
                      struct kl_tensor **tensor)
{
    struct kl_shape shape = {1, {count}};
    *tensor = kl_constant_add(model->graph, model->subgraph, name, KL_F32, shape, data);
    return *tensor ? KL_OK : KL_FAIL_MEMORY(model->diag);
}

enum kl_err cm_ints(struct cm_model *model, const char *name, int32_t count, const int32_t *data,
                    struct kl_tensor **tensor)
{
    struct kl_shape shape = {1, {count}};
    *tensor = kl_constant_add(model->graph, model->subgraph, name, KL_S32, shape, data);
    return *tensor ? KL_OK : KL_FAIL_MEMORY(model->diag);
}

enum kl_err cm_op(struct cm_model *model, enum kl_op_kind kind, const char *name, int32_t width,
                  int32_t input_count, struct kl_tensor *const *inputs, struct kl_op **op)
{
    struct kl_shape shape = {2, {1, width}};
    struct kl_tensor *out = kl_tensor_add(model->graph, model->subgraph, name, KL_F32, shape);
    *op = out ? kl_op_add(model->graph, model->subgraph, kind, input_count, inputs, out) : NULL;
    return *op ? KL_OK : KL_FAIL_MEMORY(model->diag);
}

enum kl_err cm_linear(struct cm_model *model, const char *name, struct kl_tensor *input,
                      int32_t rows, const float *weights, const float *bias,
                      struct kl_tensor **output)
{
    struct kl_tensor *in[3] = {input};
    struct kl_op *op;
    KL_TRY(cm_matrix(model, "weights", rows, input->shape.dim[1], weights, &in[1]));
    KL_TRY(cm_vector(model, "bias", rows, bias, &in[2]));
    KL_TRY(cm_op(model, KL_OP_FULLY_CONNECTED, name, rows, 3, in, &op));
    *output = op->outputs[0];
    return KL_OK;
}

enum kl_err cm_link(struct cm_model *model, const struct cj_value *json, struct kl_tensor **tensor)
{
    static const char *const words[] = {"none", "logistic", "softmax", NULL};
    static const enum kl_op_kind kinds[] = {KL_OP_UNKNOWN, KL_OP_LOGISTIC, KL_OP_SOFTMAX};
    struct kl_op *op;
    int32_t link;
    KL_TRY(cj_word(json, "link", words, &link));
    if (link == 0) {
        return KL_OK;
    }
    KL_TRY(cm_op(model, kinds[link], words[link], (*tensor)->shape.dim[1], 1, tensor, &op));
    if (kinds[link] == KL_OP_SOFTMAX) {
        op->attr.softmax.beta = 1.0f;
    }
    *tensor = op->outputs[0];
    return KL_OK;
}

enum kl_err cm_output(struct cm_model *model, struct kl_tensor *tensor, const char *name)
{
    tensor->name = name;
    bool added = kl_subgraph_add_output(model->graph, model->subgraph, tensor);
    return added ? KL_OK : KL_FAIL_MEMORY(model->diag);
}

static enum kl_err read_input(struct cm_model *model, const struct cj_value *root)
{
    struct cj_value features;
    KL_TRY(cj_need(root, "features", &features));
    KL_TRY(cj_int(&features, 1, CM_MAX_FEATURES, &model->feature_count));
    struct kl_shape shape = {2, {1, model->feature_count}};
    model->features = kl_tensor_add(model->graph, model->subgraph, "features", KL_F32, shape);
    if (!model->features ||
        !kl_subgraph_add_input(model->graph, model->subgraph, model->features)) {
        return KL_FAIL_MEMORY(model->diag);
    }
    return KL_OK;
}

/* (features - offset) * factor. */
static enum kl_err read_scaling(struct cm_model *model, const struct cj_value *root)
{
    static const char *const known[] = {"offset", "factor", NULL};
    struct cj_value scale = cj_member(root, "scale");
    struct cj_value member;
    float *values;
    struct kl_tensor *in[2] = {model->features};
    struct kl_op *op;
    if (!scale.json) {
        return KL_OK;
    }
    KL_TRY(cj_only(&scale, known));
    KL_TRY(cj_need(&scale, "offset", &member));
    KL_TRY(cj_vector(&member, model->feature_count, &values));
    KL_TRY(cm_matrix(model, "offset", 1, model->feature_count, values, &in[1]));
    KL_TRY(cm_op(model, KL_OP_SUB, "centred", model->feature_count, 2, in, &op));
    KL_TRY(cj_need(&scale, "factor", &member));
    KL_TRY(cj_vector(&member, model->feature_count, &values));
    in[0] = op->outputs[0];
    KL_TRY(cm_matrix(model, "factor", 1, model->feature_count, values, &in[1]));
    KL_TRY(cm_op(model, KL_OP_MUL, "scaled", model->feature_count, 2, in, &op));
    model->features = op->outputs[0];
    return KL_OK;
}

static enum kl_err read_model(struct cm_model *model, const struct cj_value *root)
{
    static const char *const kinds[] = {"trees", "linear", "svm", "kmeans", "gmm", "knn", NULL};
    static cm_reader *const readers[] = {cm_read_trees,  cm_read_linear, cm_read_svm,
                                         cm_read_kmeans, cm_read_gmm,    cm_read_knn};
    struct cj_value json, kind;
    int32_t index;
    KL_TRY(cj_need(root, "model", &json));
    KL_TRY(cj_need(&json, "kind", &kind));
    KL_TRY(cj_word(&json, "kind", kinds, &index));
    return readers[index](model, &json);
}

static enum kl_err read_root(struct cm_model *model, const struct cj_value *root,
                             struct kl_arena *arena)
{
    static const char *const known[] = {
        "kinglet_classical", "name", "description", "features", "scale", "model", NULL};
    struct cj_value version, name = cj_member(root, "name");
    int32_t number;
    const char *text = json_is_string(name.json) ? json_string_value(name.json) : "classical";
    KL_TRY(cj_only(root, known));
    KL_TRY(cj_need(root, "kinglet_classical", &version));
    KL_TRY(cj_int(&version, 1, 1, &number));
    struct kl_bytes bytes = {(const unsigned char *)text, strlen(text)};
    text = import_name(arena, bytes);
    model->graph = text ? kl_graph_create(arena, text) : NULL;
    if (!model->graph) {
        return KL_FAIL_MEMORY(model->diag);
    }
    model->subgraph = model->graph->subgraphs[0];
    KL_TRY(read_input(model, root));
    KL_TRY(read_scaling(model, root));
    KL_TRY(read_model(model, root));
    return kl_graph_verify(model->graph, model->diag);
}

enum kl_err kl_import_classical(struct kl_bytes file, struct kl_arena *arena,
                                struct kl_graph **graph, struct kl_diag *diag)
{
    struct cm_model model = {.diag = diag};
    json_error_t error;
    if (file.size > FILE_LIMIT) {
        return kl_fail(diag, KL_ELIMIT, "%zu bytes; at most %zu of a classical model are read",
                       file.size, FILE_LIMIT);
    }
    json_t *json = json_loadb((const char *)file.data, file.size, JSON_REJECT_DUPLICATES, &error);
    if (!json) {
        return kl_fail(diag, KL_EINPUT, "line %d, column %d: %s", error.line, error.column,
                       error.text);
    }
    struct cj_value root = {json, arena, diag, ""};
    enum kl_err err = read_root(&model, &root, arena);
    json_decref(json);
    if (err == KL_OK) {
        *graph = model.graph;
    }
    return err;
}

bool kl_is_classical(struct kl_bytes file)
{
    size_t i = 0;
    while (i < file.size && strchr(" \t\r\n", file.data[i]) && file.data[i]) {
        i++;
    }
    return i < file.size && file.data[i] == '{';
}
