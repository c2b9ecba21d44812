/* SPDX-License-Identifier: Apache-2.0 */
/* SVMRegressor and SVMClassifier. */
#include <math.h>

#include "import/classical_model.h"
#include "import/onnx_ml.h"

enum kernel { LINEAR, POLY, RBF, SIGMOID };
enum { MAX_DEGREE = 8 };

/* The squared distance of each row to each of `count` vectors. */
static enum kl_err distances(struct onnx_import *import, struct onnx_value x, int32_t count,
                             const double *vectors, struct onnx_value *y)
{
    struct onnx_value points;
    KL_TRY(onnx_ml_matrix(import, count, onnx_shape(&x).dim[1], vectors, 1.0, &points));
    struct kl_shape shape = {2, {onnx_shape(&x).dim[0], count}};
    struct kl_tensor *inputs[2] = {x.tensor, points.tensor};
    struct kl_op *op = onnx_new_op(import, KL_OP_SQUARED_DISTANCE, 2, inputs, KL_F32, &shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *y = onnx_value_of(op->outputs[0]);
    return onnx_finish(import, op);
}

/* A whole power by multiplication; others by POW. */
static enum kl_err power(struct onnx_import *import, struct onnx_value x, double degree,
                         struct onnx_value *y)
{
    if (degree != floor(degree) || degree < 1 || degree > MAX_DEGREE) {
        return onnx_with_number(import, KL_OP_POW, x, degree, y);
    }
    *y = x;
    for (int32_t i = 1; i < (int32_t)degree; i++) {
        KL_TRY(onnx_binary(import, KL_OP_MUL, *y, x, KL_F32, y));
    }
    return KL_OK;
}

/* The kernel of each row with each of `count` vectors. */
static enum kl_err kernel_values(struct onnx_node *node, struct onnx_value x, int32_t count,
                                 const double *vectors, struct onnx_value *y)
{
    static const char *const words[] = {"LINEAR", "POLY", "RBF", "SIGMOID", NULL};
    struct onnx_import *import = node->import;
    struct onnx_numbers p;
    int32_t kernel;
    KL_TRY(onnx_ml_word(node, "kernel_type", words, LINEAR, &kernel));
    if (kernel != LINEAR) { /* gamma, coef0, degree */
        KL_TRY(onnx_ml_need_numbers(node, "kernel_params", 3, &p));
    }
    if (kernel == RBF) {
        KL_TRY(distances(import, x, count, vectors, y));
        KL_TRY(onnx_with_number(import, KL_OP_MUL, *y, -p.at[0], y));
        return onnx_unary(import, KL_OP_EXP, *y, y);
    }
    KL_TRY(onnx_ml_product(import, x, count, vectors, y));
    if (kernel == LINEAR) {
        return KL_OK;
    }
    KL_TRY(onnx_with_number(import, KL_OP_MUL, *y, p.at[0], y));
    KL_TRY(onnx_with_number(import, KL_OP_ADD, *y, p.at[1], y));
    return kernel == POLY ? power(import, *y, p.at[2], y) : onnx_unary(import, KL_OP_TANH, *y, y);
}

/* The support vectors, `count` of them, and the kernel of each row with each. */
static enum kl_err by_vectors(struct onnx_node *node, struct onnx_value x, int64_t count,
                              struct onnx_value *y)
{
    struct onnx_numbers vectors;
    if (count < 1 || count > CM_MAX_ROWS) {
        return onnx_fail(node, KL_EINPUT, "%lld support vectors; 1 to %d are read",
                         (long long)count, CM_MAX_ROWS);
    }
    KL_TRY(onnx_ml_need_numbers(node, "support_vectors", count * onnx_shape(&x).dim[1], &vectors));
    return kernel_values(node, x, (int32_t)count, vectors.at, y);
}

/* 1 above zero, else -1: is the row one of the class? */
static enum kl_err one_class(struct onnx_node *node, struct onnx_value x, struct onnx_value *y)
{
    struct kl_tensor *zero, *yes, *no;
    struct onnx_value above;
    KL_TRY(onnx_scalar(node->import, KL_F32, 0.0, &zero));
    KL_TRY(onnx_scalar(node->import, KL_F32, 1.0, &yes));
    KL_TRY(onnx_scalar(node->import, KL_F32, -1.0, &no));
    KL_TRY(onnx_binary(node->import, KL_OP_GREATER, x, onnx_value_of(zero), KL_BOOL, &above));
    return onnx_select(node->import, above, onnx_value_of(yes), onnx_value_of(no), y);
}

enum kl_err onnx_op_svm_regressor(struct onnx_node *node)
{
    struct onnx_value x, y;
    struct onnx_numbers coefficients, rho;
    int64_t count = onnx_int(node, "n_supports", 0);
    KL_TRY(onnx_ml_rows(node, &x));
    KL_TRY(onnx_ml_numbers(node, "rho", &rho));
    if (rho.count < 1) {
        return onnx_fail(node, KL_EINPUT, "'rho' is missing");
    }
    if (count > 0) {
        KL_TRY(by_vectors(node, x, count, &x));
    }
    KL_TRY(onnx_ml_need_numbers(node, "coefficients", onnx_shape(&x).dim[1], &coefficients));
    KL_TRY(onnx_ml_product(node->import, x, 1, coefficients.at, &y));
    KL_TRY(onnx_with_number(node->import, KL_OP_ADD, y, rho.at[0], &y));
    if (onnx_int(node, "one_class", 0)) {
        return one_class(node, y, &node->out[0]);
    }
    return onnx_ml_transform(node, y, &node->out[0]);
}

/* A classifier with support vectors: one decision for each pair of classes. */
struct pairs {
    struct onnx_node *node;
    int32_t classes, count, vectors;
    const int64_t *per_class;
};

/* Row of the pair (i, j): coefficients of the vectors of i against j, and of j against i. */
static void fill_pair(const struct pairs *p, int32_t i, int32_t j, const double *coefficients,
                      double *row)
{
    int64_t at = 0;
    for (int32_t class = 0; class < p->classes; class ++) {
        const double *from = coefficients + (size_t)(class == i ? j - 1 : i) * (size_t)p->vectors;
        for (int64_t v = 0; v < p->per_class[class]; v++, at++) {
            row[at] = class == i || class == j ? from[at] : 0.0;
        }
    }
}

static enum kl_err decide(const struct pairs *p, struct onnx_value kernels, struct onnx_value *y)
{
    struct onnx_import *import = p->node->import;
    struct onnx_numbers coefficients, rho;
    struct onnx_value bias;
    KL_TRY(onnx_ml_need_numbers(p->node, "coefficients", (int64_t)(p->classes - 1) * p->vectors,
                                &coefficients));
    KL_TRY(onnx_ml_need_numbers(p->node, "rho", p->count, &rho));
    int64_t bytes = (int64_t)p->count * p->vectors * (int64_t)sizeof(float);
    if (bytes > import->constant_bytes_left) {
        return onnx_fail(p->node, KL_ELIMIT, "its coefficients take too much memory");
    }
    double *rows = KL_NEW(import->arena, double, (size_t)p->count *(size_t)p->vectors);
    if (!rows) {
        return onnx_no_memory(import);
    }
    for (int32_t i = 0, at = 0; i < p->classes; i++) {
        for (int32_t j = i + 1; j < p->classes; j++, at++) {
            fill_pair(p, i, j, coefficients.at, rows + (size_t)at * (size_t)p->vectors);
        }
    }
    KL_TRY(onnx_ml_product(import, kernels, p->count, rows, y));
    KL_TRY(onnx_ml_matrix(import, 1, p->count, rho.at, 1.0, &bias));
    return onnx_binary(import, KL_OP_ADD, *y, bias, KL_F32, y);
}

/* Votes by class: a decision above zero is one for the first class of its pair, else one for the
 * second. All numbers are whole. */
static enum kl_err count_votes(const struct pairs *p, struct onnx_value decisions,
                               struct onnx_value *votes)
{
    struct onnx_import *import = p->node->import;
    struct kl_tensor *zero;
    struct onnx_value above, bias;
    double *rows = KL_NEW(import->arena, double, (size_t)p->classes *(size_t)p->count);
    double *seconds = KL_NEW(import->arena, double, (size_t)p->classes);
    if (!rows || !seconds) {
        return onnx_no_memory(import);
    }
    for (int32_t i = 0, at = 0; i < p->classes; i++) {
        for (int32_t j = i + 1; j < p->classes; j++, at++) {
            rows[i * p->count + at] = 1.0;
            rows[j * p->count + at] = -1.0;
            seconds[j] += 1.0;
        }
    }
    KL_TRY(onnx_scalar(import, KL_F32, 0.0, &zero));
    KL_TRY(onnx_binary(import, KL_OP_GREATER, decisions, onnx_value_of(zero), KL_BOOL, &above));
    KL_TRY(onnx_cast(import, above, KL_F32, &above));
    KL_TRY(onnx_ml_product(import, above, p->classes, rows, votes));
    KL_TRY(onnx_ml_matrix(import, 1, p->classes, seconds, 1.0, &bias));
    return onnx_binary(import, KL_OP_ADD, *votes, bias, KL_F32, votes);
}

/* Platt's probability of the first of two classes: 1 / (1 + exp(a * decision + b)). */
static enum kl_err probabilities(const struct pairs *p, struct onnx_value decision,
                                 struct onnx_value *y)
{
    struct onnx_import *import = p->node->import;
    struct onnx_numbers a, b;
    struct onnx_value first, second;
    if (p->classes > 2) {
        return onnx_refuse(p->node,
                           "probabilities of %d classes, which are found by iteration; "
                           "convert the model without probabilities",
                           p->classes);
    }
    KL_TRY(onnx_ml_need_numbers(p->node, "prob_a", 1, &a));
    KL_TRY(onnx_ml_need_numbers(p->node, "prob_b", 1, &b));
    KL_TRY(onnx_with_number(import, KL_OP_MUL, decision, -a.at[0], &first));
    KL_TRY(onnx_with_number(import, KL_OP_SUB, first, b.at[0], &first));
    KL_TRY(onnx_unary(import, KL_OP_LOGISTIC, first, &first));
    KL_TRY(onnx_with_number(import, KL_OP_MAXIMUM, first, 1e-7, &first));
    KL_TRY(onnx_with_number(import, KL_OP_MINIMUM, first, 1.0 - 1e-7, &first));
    KL_TRY(onnx_unary(import, KL_OP_NEG, first, &second));
    KL_TRY(onnx_with_number(import, KL_OP_ADD, second, 1.0, &second));
    return onnx_ml_beside(import, first, second, y);
}

/* Without support vectors: one linear decision per class, and one bias for all. */
static enum kl_err by_classes(struct onnx_node *node, struct onnx_value x, int32_t classes)
{
    struct onnx_value y;
    struct onnx_numbers coefficients, rho;
    KL_TRY(onnx_ml_need_numbers(node, "coefficients", (int64_t)classes * onnx_shape(&x).dim[1],
                                &coefficients));
    KL_TRY(onnx_ml_numbers(node, "rho", &rho));
    if (rho.count < 1) {
        return onnx_fail(node, KL_EINPUT, "'rho' is missing");
    }
    KL_TRY(onnx_ml_product(node->import, x, classes, coefficients.at, &y));
    KL_TRY(onnx_with_number(node->import, KL_OP_ADD, y, rho.at[0], &y));
    return onnx_ml_classify(node, y, y);
}

/* Read how many vectors each class has; *total 0: none. */
static enum kl_err read_counts(struct pairs *p, int64_t *total)
{
    int32_t count;
    p->per_class = onnx_ml_ints(p->node, "vectors_per_class", &count);
    *total = 0;
    for (int32_t i = 0; i < count; i++) {
        if (p->per_class[i] < 0 || p->per_class[i] > CM_MAX_ROWS) {
            return onnx_fail(p->node, KL_EINPUT, "class %d has %lld vectors", i,
                             (long long)p->per_class[i]);
        }
        *total += p->per_class[i];
    }
    if (*total > 0 && count != p->classes) {
        return onnx_fail(p->node, KL_EINPUT, "'vectors_per_class' has %d entries for %d classes",
                         count, p->classes);
    }
    return KL_OK;
}

enum kl_err onnx_op_svm_classifier(struct onnx_node *node)
{
    struct pairs p = {.node = node, .classes = onnx_ml_label_count(node)};
    struct onnx_value x, decisions, votes, scores;
    struct onnx_numbers prob_a;
    int64_t total;
    KL_TRY(onnx_ml_rows(node, &x));
    if (p.classes < 2 || p.classes > CM_MAX_VOTERS) {
        return onnx_refuse(node, "%d class labels; 2 to %d are supported", p.classes,
                           CM_MAX_VOTERS);
    }
    KL_TRY(read_counts(&p, &total));
    if (total == 0) {
        return by_classes(node, x, p.classes);
    }
    p.count = p.classes * (p.classes - 1) / 2;
    KL_TRY(by_vectors(node, x, total, &x));
    p.vectors = (int32_t)total;
    KL_TRY(decide(&p, x, &decisions));
    KL_TRY(count_votes(&p, decisions, &votes));
    KL_TRY(onnx_ml_numbers(node, "prob_a", &prob_a));
    scores = decisions;
    if (prob_a.count > 0) {
        KL_TRY(probabilities(&p, decisions, &scores));
    } else if (p.classes == 2) {
        KL_TRY(onnx_ml_two_classes(node->import, decisions, false, &scores));
    }
    return onnx_ml_classify(node, votes, scores);
}
