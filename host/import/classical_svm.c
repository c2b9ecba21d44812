/* SPDX-License-Identifier: Apache-2.0 */
/* Classical models of kind "svm": support vector machines with a kernel. */
#include "import/classical_model.h"

enum { MAX_DEGREE = 8 };

struct svm {
    struct cm_model *model;
    const struct cj_value *kernel;
    float *vectors, *zeros;
    int32_t vector_count;
    float gamma, offset;
};

/* The member `key` of the kernel as a constant [1, 1]. */
static enum kl_err kernel_number(const struct svm *s, const char *key, float factor,
                                 struct kl_tensor **tensor)
{
    struct cj_value member;
    float *number = KL_NEW(s->kernel->arena, float, 1);
    if (!number) {
        return KL_FAIL_MEMORY(s->model->diag);
    }
    KL_TRY(cj_need(s->kernel, key, &member));
    KL_TRY(cj_float(&member, number));
    *number *= factor;
    return cm_matrix(s->model, key, 1, 1, number, tensor);
}

/* tensor = tensor OP constant. */
static enum kl_err apply(const struct svm *s, enum kl_op_kind kind, struct kl_tensor *constant,
                         struct kl_tensor **tensor)
{
    struct kl_tensor *in[2] = {*tensor, constant};
    struct kl_op *op;
    KL_TRY(cm_op(s->model, kind, "kernel", s->vector_count, constant ? 2 : 1, in, &op));
    *tensor = op->outputs[0];
    return KL_OK;
}

/* exp(-gamma * squared distance) */
static enum kl_err add_rbf(const struct svm *s, struct kl_tensor **values)
{
    struct kl_tensor *gamma;
    KL_TRY(cm_distances(s->model, s->vector_count, s->vectors, values));
    KL_TRY(kernel_number(s, "gamma", -1.0f, &gamma));
    KL_TRY(apply(s, KL_OP_MUL, gamma, values));
    return apply(s, KL_OP_EXP, NULL, values);
}

static enum kl_err add_products(const struct svm *s, struct kl_tensor **values)
{
    return cm_linear(s->model, "products", s->model->features, s->vector_count, s->vectors,
                     s->zeros, values);
}

/* gamma * product + offset */
static enum kl_err add_scaled_products(const struct svm *s, struct kl_tensor **values)
{
    struct kl_tensor *constant;
    KL_TRY(add_products(s, values));
    KL_TRY(kernel_number(s, "gamma", 1.0f, &constant));
    KL_TRY(apply(s, KL_OP_MUL, constant, values));
    KL_TRY(kernel_number(s, "offset", 1.0f, &constant));
    return apply(s, KL_OP_ADD, constant, values);
}

static enum kl_err add_sigmoid(const struct svm *s, struct kl_tensor **values)
{
    KL_TRY(add_scaled_products(s, values));
    return apply(s, KL_OP_TANH, NULL, values);
}

/* The scaled product to a whole power, by multiplying with it again and again. */
static enum kl_err add_polynomial(const struct svm *s, struct kl_tensor **values)
{
    struct cj_value member;
    int32_t degree;
    KL_TRY(add_scaled_products(s, values));
    KL_TRY(cj_need(s->kernel, "degree", &member));
    KL_TRY(cj_int(&member, 1, MAX_DEGREE, &degree));
    struct kl_tensor *base = *values;
    for (int32_t i = 1; i < degree; i++) {
        KL_TRY(apply(s, KL_OP_MUL, base, values));
    }
    return KL_OK;
}

static enum kl_err add_kernel(struct svm *s, struct kl_tensor **values)
{
    static const char *const known[] = {"type", "gamma", "offset", "degree", NULL};
    static const char *const types[] = {"linear", "rbf", "polynomial", "sigmoid", NULL};
    int32_t type;
    KL_TRY(cj_only(s->kernel, known));
    KL_TRY(cj_word(s->kernel, "type", types, &type));
    switch (type) {
    case 1: return add_rbf(s, values);
    case 2: return add_polynomial(s, values);
    case 3: return add_sigmoid(s, values);
    default: return add_products(s, values);
    }
}

/* Stumps that vote: decision <= 0 for the second class of the pair, else for the first. */
struct stumps {
    int32_t *feature, *left, *right, *root, *column;
    float *threshold, *leaves, *base;
};

static enum kl_err make_stumps(struct stumps *t, struct kl_arena *arena, int32_t count,
                               int32_t classes, struct kl_diag *diag)
{
    size_t nodes = 3 * (size_t)count;
    t->feature = KL_NEW(arena, int32_t, nodes);
    t->threshold = KL_NEW(arena, float, nodes);
    t->left = KL_NEW(arena, int32_t, nodes);
    t->right = KL_NEW(arena, int32_t, nodes);
    t->root = KL_NEW(arena, int32_t, (size_t)count);
    t->column = KL_NEW(arena, int32_t, (size_t)count);
    t->leaves = KL_NEW(arena, float, (size_t)classes *(size_t)classes);
    t->base = KL_NEW(arena, float, (size_t)classes);
    if (!t->feature || !t->threshold || !t->left || !t->right || !t->root || !t->column ||
        !t->leaves || !t->base) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < classes; c++) {
        t->leaves[c * classes + c] = 1.0f; /* leaf c: a vote for class c */
    }
    return KL_OK;
}

static enum kl_err read_pair(struct stumps *t, const struct cj_value *pairs, int32_t index,
                             int32_t classes)
{
    struct cj_value pair = cj_element(pairs, (size_t)index);
    int32_t count, class[2], root = 3 * index;
    KL_TRY(cj_array(&pair, 2, &count));
    if (count != 2) {
        return cj_fail(&pair, "must be a list of two classes");
    }
    for (int32_t i = 0; i < 2; i++) {
        struct cj_value value = cj_element(&pair, (size_t)i);
        KL_TRY(cj_int(&value, 0, classes - 1, &class[i]));
    }
    t->root[index] = root;
    t->feature[root] = index;
    t->left[root] = root + 1;
    t->right[root] = root + 2;
    t->feature[root + 1] = t->feature[root + 2] = -1;
    t->left[root + 1] = class[1];
    t->left[root + 2] = class[0];
    return KL_OK;
}

static enum kl_err add_votes(struct cm_model *model, const struct cj_value *json,
                             const struct cj_value *pairs, int32_t count,
                             struct kl_tensor **decisions)
{
    struct cj_value member;
    struct stumps t;
    struct kl_tensor *in[9] = {*decisions};
    struct kl_op *op;
    int32_t classes, pair_count;
    KL_TRY(cj_need(json, "classes", &member));
    KL_TRY(cj_int(&member, 2, CM_MAX_VOTERS, &classes));
    KL_TRY(cj_array(pairs, CM_MAX_OUTPUTS, &pair_count));
    if (pair_count != count) {
        return cj_fail(pairs, "must be a list of %d pairs, one per decision", count);
    }
    KL_TRY(make_stumps(&t, json->arena, count, classes, model->diag));
    for (int32_t i = 0; i < count; i++) {
        KL_TRY(read_pair(&t, pairs, i, classes));
    }
    KL_TRY(cm_ints(model, "decision", 3 * count, t.feature, &in[1]));
    KL_TRY(cm_vector(model, "threshold", 3 * count, t.threshold, &in[2]));
    KL_TRY(cm_ints(model, "left", 3 * count, t.left, &in[3]));
    KL_TRY(cm_ints(model, "right", 3 * count, t.right, &in[4]));
    KL_TRY(cm_ints(model, "root", count, t.root, &in[5]));
    KL_TRY(cm_ints(model, "column", count, t.column, &in[6]));
    KL_TRY(cm_matrix(model, "vote", classes, classes, t.leaves, &in[7]));
    KL_TRY(cm_vector(model, "base", classes, t.base, &in[8]));
    KL_TRY(cm_op(model, KL_OP_TREE_ENSEMBLE, "votes", classes, 9, in, &op));
    *decisions = op->outputs[0];
    return KL_OK;
}

enum kl_err cm_read_svm(struct cm_model *model, const struct cj_value *json)
{
    static const char *const known[] = {"kind",      "kernel",  "vectors", "coefficients",
                                        "intercept", "classes", "pairs",   NULL};
    struct cj_value member, kernel, pairs = cj_member(json, "pairs");
    struct svm s = {.model = model, .kernel = &kernel};
    struct kl_tensor *values;
    float *coefficients, *intercept;
    int32_t decisions;
    KL_TRY(cj_only(json, known));
    KL_TRY(cj_need(json, "kernel", &kernel));
    KL_TRY(cj_need(json, "vectors", &member));
    KL_TRY(cj_matrix(&member, CM_MAX_ROWS, model->feature_count, &s.vector_count, &s.vectors));
    s.zeros = KL_NEW(json->arena, float, (size_t)s.vector_count);
    if (!s.zeros) {
        return KL_FAIL_MEMORY(model->diag);
    }
    KL_TRY(cj_need(json, "coefficients", &member));
    KL_TRY(cj_matrix(&member, CM_MAX_OUTPUTS, s.vector_count, &decisions, &coefficients));
    KL_TRY(cj_need(json, "intercept", &member));
    KL_TRY(cj_vector(&member, decisions, &intercept));
    KL_TRY(add_kernel(&s, &values));
    KL_TRY(cm_linear(model, "decisions", values, decisions, coefficients, intercept, &values));
    if (pairs.json) {
        KL_TRY(add_votes(model, json, &pairs, decisions, &values));
    }
    return cm_output(model, values, pairs.json ? "votes" : "decisions");
}
