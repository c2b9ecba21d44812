/* SPDX-License-Identifier: Apache-2.0 */
/* ai.onnx.ml: lists in attributes, post-transforms, class labels. */
#include "import/onnx_ml.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "import/text.h"

enum { MAX_NAME = 64, TENSOR_F32 = 1, TENSOR_F64 = 11 };

static enum kl_err make_numbers(const struct onnx_node *node, size_t count, double **at)
{
    *at = count <= INT32_MAX ? KL_NEW(node->import->arena, double, count + 1) : NULL;
    return *at ? KL_OK : onnx_no_memory(node->import);
}

/* The content of a tensor of float32 or float64; *count 0 when it is malformed. */
static enum kl_err tensor_numbers(const struct onnx_node *node, const Onnx__TensorProto *t,
                                  size_t *count, double **at)
{
    bool wide = t->data_type == TENSOR_F64;
    size_t bytes = wide ? sizeof(double) : sizeof(float);
    size_t raw = t->has_raw_data ? t->raw_data.len / bytes : 0;
    *count = raw ? raw : wide ? t->n_double_data : t->n_float_data;
    KL_TRY(make_numbers(node, *count, at));
    for (size_t i = 0; i < *count; i++) {
        float narrow = 0;
        if (raw && wide) {
            memcpy(&(*at)[i], t->raw_data.data + i * bytes, bytes);
        } else if (raw) {
            memcpy(&narrow, t->raw_data.data + i * bytes, bytes);
            (*at)[i] = (double)narrow;
        } else {
            (*at)[i] = wide ? t->double_data[i] : (double)t->float_data[i];
        }
    }
    return KL_OK;
}

static const Onnx__AttributeProto *number_attribute(const struct onnx_node *node, const char *name)
{
    char longer[MAX_NAME];
    const Onnx__AttributeProto *a = onnx_attribute(node, name);
    snprintf(longer, sizeof longer, "%s_as_tensor", name);
    return a ? a : onnx_attribute(node, longer);
}

enum kl_err onnx_ml_any_numbers(const struct onnx_node *node, const char *name,
                                struct onnx_numbers *numbers)
{
    const Onnx__AttributeProto *a = number_attribute(node, name);
    double *at = NULL;
    size_t count = a && !a->t ? a->n_floats : 0;
    *numbers = (struct onnx_numbers){.count = -1};
    if (!a) {
        return KL_OK;
    }
    if (a->t && a->t->data_type != TENSOR_F32 && a->t->data_type != TENSOR_F64) {
        return onnx_refuse(node, "'%s' of a type but float and double", name);
    }
    if (a->t) {
        KL_TRY(tensor_numbers(node, a->t, &count, &at));
    } else {
        KL_TRY(make_numbers(node, count, &at));
    }
    for (size_t i = 0; i < count; i++) {
        at[i] = a->t ? at[i] : (double)a->floats[i];
    }
    *numbers = (struct onnx_numbers){(int32_t)count, at};
    return KL_OK;
}

enum kl_err onnx_ml_numbers(const struct onnx_node *node, const char *name,
                            struct onnx_numbers *numbers)
{
    KL_TRY(onnx_ml_any_numbers(node, name, numbers));
    for (int32_t i = 0; i < numbers->count; i++) {
        if (isnan(numbers->at[i])) {
            return onnx_fail(node, KL_EINPUT, "entry %d of '%s' is not a number", i, name);
        }
    }
    return KL_OK;
}

enum kl_err onnx_ml_need_numbers(const struct onnx_node *node, const char *name, int64_t count,
                                 struct onnx_numbers *numbers)
{
    KL_TRY(onnx_ml_numbers(node, name, numbers));
    if (numbers->count != count) {
        return onnx_fail(node, KL_EINPUT, "'%s' has %d numbers, it must have %lld", name,
                         numbers->count < 0 ? 0 : numbers->count, (long long)count);
    }
    return KL_OK;
}

const int64_t *onnx_ml_ints(const struct onnx_node *node, const char *name, int32_t *count)
{
    const Onnx__AttributeProto *a = onnx_attribute(node, name);
    *count = a ? (int32_t)a->n_ints : -1; /* ONNX_MAX_FIELDS bounds it */
    return a ? a->ints : NULL;
}

enum kl_err onnx_ml_word(const struct onnx_node *node, const char *name, const char *const *words,
                         int32_t otherwise, int32_t *word)
{
    const Onnx__AttributeProto *a = onnx_attribute(node, name);
    *word = otherwise;
    for (int32_t i = 0; words[i]; i++) {
        if (onnx_is_text(node, name, words[i], false)) {
            *word = i;
            return KL_OK;
        }
    }
    return a ? onnx_refuse(node, "this value of '%s'", name) : KL_OK;
}

enum kl_err onnx_ml_rows(struct onnx_node *node, struct onnx_value *rows)
{
    KL_TRY(onnx_need_inputs(node, 1));
    KL_TRY(onnx_cast(node->import, node->in[0], KL_F32, rows));
    if (onnx_rank(rows) == 1) {
        KL_TRY(onnx_insert_dim(node->import, *rows, 0, rows));
    }
    if (onnx_rank(rows) != 2) {
        return onnx_refuse(node, "an input of %d dimensions", onnx_rank(rows));
    }
    struct kl_tensor *tensor;
    KL_TRY(onnx_plain(node->import, *rows, &tensor));
    *rows = onnx_value_of(tensor);
    return KL_OK;
}

static float as_float(double number)
{
    return number > (double)FLT_MAX    ? FLT_MAX
           : number < -(double)FLT_MAX ? -FLT_MAX
                                       : (float)number;
}

enum kl_err onnx_ml_matrix(struct onnx_import *import, int32_t rows, int32_t columns,
                           const double *at, double factor, struct onnx_value *y)
{
    struct kl_shape shape = {2, {rows, columns}};
    struct kl_tensor *tensor;
    void *data;
    KL_TRY(onnx_constant(import, KL_F32, &shape, &data, &tensor));
    for (int64_t i = 0; i < (int64_t)rows * columns; i++) {
        ((float *)data)[i] = as_float(at[i] * factor);
    }
    *y = onnx_value_of(tensor);
    return KL_OK;
}

enum kl_err onnx_ml_product(struct onnx_import *import, struct onnx_value x, int32_t rows,
                            const double *matrix, struct onnx_value *y)
{
    static const int32_t exchanged[KL_MAX_RANK] = {1, 0, 2, 3, 4, 5};
    struct onnx_value weights;
    KL_TRY(onnx_ml_matrix(import, rows, onnx_shape(&x).dim[1], matrix, 1.0, &weights));
    return onnx_matmul(import, x, onnx_ordered(weights.tensor, exchanged), y);
}

enum kl_err onnx_ml_beside(struct onnx_import *import, struct onnx_value a, struct onnx_value b,
                           struct onnx_value *y)
{
    const struct onnx_value both[2] = {a, b};
    return onnx_concat(import, 2, both, 1, y);
}

enum kl_err onnx_ml_largest(struct onnx_import *import, struct onnx_value x, struct onnx_value *y)
{
    static const int32_t columns = 1;
    struct kl_shape shape = {1, {onnx_shape(&x).dim[0]}};
    struct kl_tensor *inputs[2];
    KL_TRY(onnx_plain(import, x, &inputs[0]));
    KL_TRY(onnx_ints_tensor(import, 1, &columns, &inputs[1]));
    struct kl_op *op = onnx_new_op(import, KL_OP_ARG_MAX, 2, inputs, KL_S64, &shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *y = onnx_value_of(op->outputs[0]);
    return onnx_finish(import, op);
}

/* sqrt(2) times the inverse error function of 2 x - 1, by Winitzki's approximation with
 * a = 0.147 (S. Winitzki, "A handy approximation for the error function and its inverse"). */
static enum kl_err probit(struct onnx_import *import, struct onnx_value x, struct onnx_value *y)
{
    const double a = 0.147, pi = 3.14159265358979323846;
    struct onnx_value t, sign, log, v, root;
    KL_TRY(onnx_with_number(import, KL_OP_MUL, x, 2.0, &t));
    KL_TRY(onnx_with_number(import, KL_OP_SUB, t, 1.0, &t));
    KL_TRY(onnx_unary(import, KL_OP_SIGN, t, &sign));
    KL_TRY(onnx_binary(import, KL_OP_MUL, t, t, KL_F32, &log)); /* log((1 - t) (1 + t)) */
    KL_TRY(onnx_unary(import, KL_OP_NEG, log, &log));
    KL_TRY(onnx_with_number(import, KL_OP_ADD, log, 1.0, &log));
    KL_TRY(onnx_unary(import, KL_OP_LOG, log, &log));
    KL_TRY(onnx_with_number(import, KL_OP_MUL, log, 0.5, &v));
    KL_TRY(onnx_with_number(import, KL_OP_ADD, v, 2.0 / (pi * a), &v));
    KL_TRY(onnx_with_number(import, KL_OP_MUL, log, 1.0 / a, &log));
    KL_TRY(onnx_binary(import, KL_OP_MUL, v, v, KL_F32, &root));
    KL_TRY(onnx_binary(import, KL_OP_SUB, root, log, KL_F32, &root));
    KL_TRY(onnx_unary(import, KL_OP_SQRT, root, &root));
    KL_TRY(onnx_binary(import, KL_OP_SUB, root, v, KL_F32, &root));
    KL_TRY(onnx_unary(import, KL_OP_SQRT, root, &root));
    KL_TRY(onnx_binary(import, KL_OP_MUL, sign, root, KL_F32, &root));
    return onnx_with_number(import, KL_OP_MUL, root, 1.41421356237309504880, y);
}

/* exp(x) over the sum of those, where x is not zero; zeros stay zero and are in no sum. */
static enum kl_err softmax_zero(struct onnx_import *import, struct onnx_value x,
                                struct onnx_value *y)
{
    static const bool columns[KL_MAX_RANK] = {[1] = true};
    struct kl_tensor *scalar;
    struct onnx_value largest, size, zero, parts, sum;
    KL_TRY(onnx_reduce(import, KL_OP_REDUCE_MAX, x, columns, true, &largest));
    KL_TRY(onnx_binary(import, KL_OP_SUB, x, largest, KL_F32, &parts));
    KL_TRY(onnx_unary(import, KL_OP_EXP, parts, &parts));
    KL_TRY(onnx_unary(import, KL_OP_ABS, x, &size));
    KL_TRY(onnx_scalar(import, KL_F32, 1e-7, &scalar));
    KL_TRY(onnx_binary(import, KL_OP_LESS_EQUAL, size, onnx_value_of(scalar), KL_BOOL, &zero));
    KL_TRY(onnx_scalar(import, KL_F32, 0.0, &scalar));
    KL_TRY(onnx_select(import, zero, onnx_value_of(scalar), parts, &parts));
    KL_TRY(onnx_reduce(import, KL_OP_SUM, parts, columns, true, &sum));
    /* A row of zeros stays one. */
    KL_TRY(onnx_with_number(import, KL_OP_MAXIMUM, sum, (double)FLT_MIN, &sum));
    return onnx_binary(import, KL_OP_DIV, parts, sum, KL_F32, y);
}

enum transform { NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO, PROBIT };

static enum kl_err read_transform(const struct onnx_node *node, int32_t *transform)
{
    static const char *const words[] = {"NONE",         "SOFTMAX", "LOGISTIC",
                                        "SOFTMAX_ZERO", "PROBIT",  NULL};
    const Onnx__AttributeProto *a = onnx_attribute(node, "post_transform");
    if (a && a->has_i) { /* TreeEnsemble has it as a number */
        *transform = a->i >= NONE && a->i <= PROBIT ? (int32_t)a->i : -1;
        return *transform >= 0 ? KL_OK : onnx_refuse(node, "this value of 'post_transform'");
    }
    return onnx_ml_word(node, "post_transform", words, NONE, transform);
}

bool onnx_ml_has_transform(const struct onnx_node *node)
{
    return onnx_attribute(node, "post_transform") &&
           !onnx_is_text(node, "post_transform", "NONE", true);
}

enum kl_err onnx_ml_transform(const struct onnx_node *node, struct onnx_value scores,
                              struct onnx_value *y)
{
    int32_t transform;
    KL_TRY(read_transform(node, &transform));
    *y = scores;
    switch (transform) {
    case SOFTMAX: return onnx_softmax(node->import, scores, 1, y);
    case LOGISTIC: return onnx_unary(node->import, KL_OP_LOGISTIC, scores, y);
    case SOFTMAX_ZERO: return softmax_zero(node->import, scores, y);
    case PROBIT: return probit(node->import, scores, y);
    default: return KL_OK;
    }
}

/* Class labels: text, or integers under one of two names. */
static const Onnx__AttributeProto *label_attribute(const struct onnx_node *node)
{
    static const char *const names[] = {"classlabels_strings", "classlabels_int64s",
                                        "classlabels_ints"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const Onnx__AttributeProto *a = onnx_attribute(node, names[i]);
        if (a && (a->n_strings || a->n_ints)) {
            return a;
        }
    }
    return NULL;
}

int32_t onnx_ml_label_count(const struct onnx_node *node)
{
    const Onnx__AttributeProto *a = label_attribute(node);
    return a ? (int32_t)(a->n_strings ? a->n_strings : a->n_ints) : 0;
}

enum kl_err onnx_ml_labels(struct onnx_import *import, size_t count,
                           const ProtobufCBinaryData *texts, const struct kl_labels **labels)
{
    struct kl_labels *made = KL_NEW(import->arena, struct kl_labels, 1);
    const char **names = KL_NEW(import->arena, const char *, count + 1);
    bool enough = made && names;
    for (size_t i = 0; i < count && enough; i++) {
        names[i] = import_name(import->arena, (struct kl_bytes){texts[i].data, texts[i].len});
        enough = names[i] != NULL;
    }
    if (!enough) {
        return onnx_no_memory(import);
    }
    *made = (struct kl_labels){(int32_t)count, names};
    *labels = made;
    return KL_OK;
}

/* Places become the labels of the node: integers, or text that is known by its place. */
static enum kl_err apply_labels(struct onnx_node *node, struct onnx_value place,
                                struct onnx_value *y)
{
    const Onnx__AttributeProto *a = label_attribute(node);
    *y = place;
    if (a->n_strings) {
        return onnx_ml_labels(node->import, a->n_strings, a->strings, &y->labels);
    }
    bool same = true;
    for (size_t i = 0; i < a->n_ints; i++) {
        same = same && a->ints[i] == (int64_t)i;
    }
    if (same) {
        return KL_OK;
    }
    struct kl_shape shape = {1, {(int32_t)a->n_ints}};
    struct kl_tensor *inputs[2] = {NULL, place.tensor};
    void *data;
    KL_TRY(onnx_constant(node->import, KL_S64, &shape, &data, &inputs[0]));
    memcpy(data, a->ints, inputs[0]->bytes);
    struct kl_op *op =
        onnx_new_op(node->import, KL_OP_GATHER, 2, inputs, KL_S64, &place.tensor->shape);
    if (!op) {
        return onnx_no_memory(node->import);
    }
    *y = onnx_value_of(op->outputs[0]);
    return onnx_finish(node->import, op);
}

enum kl_err onnx_ml_classify(struct onnx_node *node, struct onnx_value decisions,
                             struct onnx_value scores)
{
    struct onnx_value place;
    int32_t classes = onnx_shape(&decisions).dim[1];
    if (classes != onnx_ml_label_count(node)) {
        return onnx_fail(node, KL_EINPUT, "%d class labels for %d classes",
                         onnx_ml_label_count(node), classes);
    }
    KL_TRY(onnx_ml_largest(node->import, decisions, &place));
    KL_TRY(apply_labels(node, place, &node->out[0]));
    return onnx_ml_transform(node, scores, &node->out[1]);
}

enum kl_err onnx_ml_two_classes(struct onnx_import *import, struct onnx_value s, bool shares,
                                struct onnx_value *y)
{
    struct onnx_value other;
    KL_TRY(onnx_unary(import, KL_OP_NEG, s, &other));
    if (shares) {
        KL_TRY(onnx_with_number(import, KL_OP_ADD, other, 1.0, &other));
    }
    return onnx_ml_beside(import, other, s, y);
}
