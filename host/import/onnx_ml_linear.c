/* SPDX-License-Identifier: Apache-2.0 */
/* ai.onnx.ml: linear models, and what prepares features. */
#include <math.h>
#include <string.h>

#include "import/classical_model.h"
#include "import/onnx_ml.h"

/* x times the coefficients of `targets` rows, and the intercepts, if there are any. */
static enum kl_err linear(struct onnx_node *node, struct onnx_value x, int32_t targets,
                          struct onnx_value *y)
{
    struct onnx_numbers coefficients, intercepts;
    struct onnx_value bias;
    KL_TRY(onnx_ml_need_numbers(node, "coefficients", (int64_t)targets * onnx_shape(&x).dim[1],
                                &coefficients));
    KL_TRY(onnx_ml_numbers(node, "intercepts", &intercepts));
    KL_TRY(onnx_ml_product(node->import, x, targets, coefficients.at, y));
    if (intercepts.count <= 0) {
        return KL_OK;
    }
    if (intercepts.count != targets) {
        return onnx_fail(node, KL_EINPUT, "'intercepts' has %d numbers for %d targets",
                         intercepts.count, targets);
    }
    KL_TRY(onnx_ml_matrix(node->import, 1, targets, intercepts.at, 1.0, &bias));
    return onnx_binary(node->import, KL_OP_ADD, *y, bias, KL_F32, y);
}

enum kl_err onnx_op_linear_regressor(struct onnx_node *node)
{
    struct onnx_value x, y;
    int64_t targets = onnx_int(node, "targets", 1);
    if (targets < 1 || targets > CM_MAX_OUTPUTS) {
        return onnx_fail(node, KL_EINPUT, "%lld targets; 1 to %d make sense", (long long)targets,
                         CM_MAX_OUTPUTS);
    }
    KL_TRY(onnx_ml_rows(node, &x));
    KL_TRY(linear(node, x, (int32_t)targets, &y));
    return onnx_ml_transform(node, y, &node->out[0]);
}

/* One row of coefficients is for the second of two classes. */
enum kl_err onnx_op_linear_classifier(struct onnx_node *node)
{
    struct onnx_value x, y;
    struct onnx_numbers coefficients;
    int32_t classes = onnx_ml_label_count(node);
    KL_TRY(onnx_ml_rows(node, &x));
    KL_TRY(onnx_ml_numbers(node, "coefficients", &coefficients));
    int32_t features = onnx_shape(&x).dim[1];
    if (classes < 2 || classes > CM_MAX_OUTPUTS) {
        return onnx_refuse(node, "%d class labels; 2 to %d are supported", classes, CM_MAX_OUTPUTS);
    }
    bool single = classes == 2 && coefficients.count == features;
    KL_TRY(linear(node, x, single ? 1 : classes, &y));
    if (single) {
        KL_TRY(onnx_ml_two_classes(node->import, y, false, &y));
    }
    return onnx_ml_classify(node, y, y);
}

/* A constant row of the attribute `name`: one number per feature, or one for all. */
static enum kl_err feature_row(struct onnx_node *node, const char *name, int32_t features,
                               struct onnx_value *row)
{
    struct onnx_numbers numbers;
    KL_TRY(onnx_ml_numbers(node, name, &numbers));
    if (numbers.count != 1 && numbers.count != features) {
        return onnx_fail(node, KL_EINPUT, "'%s' has %d numbers for %d features", name,
                         numbers.count < 0 ? 0 : numbers.count, features);
    }
    return onnx_ml_matrix(node->import, 1, numbers.count, numbers.at, 1.0, row);
}

/* (x - offset) * scale */
enum kl_err onnx_op_scaler(struct onnx_node *node)
{
    struct onnx_value x, row;
    KL_TRY(onnx_ml_rows(node, &x));
    int32_t features = onnx_shape(&x).dim[1];
    if (onnx_attribute(node, "offset")) {
        KL_TRY(feature_row(node, "offset", features, &row));
        KL_TRY(onnx_binary(node->import, KL_OP_SUB, x, row, KL_F32, &x));
    }
    if (onnx_attribute(node, "scale")) {
        KL_TRY(feature_row(node, "scale", features, &row));
        KL_TRY(onnx_binary(node->import, KL_OP_MUL, x, row, KL_F32, &x));
    }
    node->out[0] = x;
    return KL_OK;
}

/* Rows over their largest size, sum of sizes, or length; rows of zeros stay. */
enum kl_err onnx_op_normalizer(struct onnx_node *node)
{
    static const char *const words[] = {"MAX", "L1", "L2", NULL};
    static const bool columns[KL_MAX_RANK] = {[1] = true};
    struct onnx_value x, size;
    int32_t norm;
    KL_TRY(onnx_ml_word(node, "norm", words, 0, &norm));
    KL_TRY(onnx_ml_rows(node, &x));
    KL_TRY(onnx_unary(node->import, norm == 2 ? KL_OP_SQUARE : KL_OP_ABS, x, &size));
    KL_TRY(onnx_reduce(node->import, norm == 0 ? KL_OP_REDUCE_MAX : KL_OP_SUM, size, columns, true,
                       &size));
    KL_TRY(onnx_with_number(node->import, KL_OP_MAXIMUM, size, 1e-30, &size));
    if (norm == 2) {
        KL_TRY(onnx_unary(node->import, KL_OP_SQRT, size, &size));
    }
    return onnx_binary(node->import, KL_OP_DIV, x, size, KL_F32, &node->out[0]);
}

/* Which features of x are `number`; what is no number stands for itself. */
static enum kl_err equal_to(struct onnx_import *import, struct onnx_value x, float number,
                            struct onnx_value *y)
{
    struct kl_tensor *scalar;
    if (isnan(number)) {
        return onnx_binary(import, KL_OP_NOT_EQUAL, x, x, KL_BOOL, y);
    }
    KL_TRY(onnx_scalar(import, x.tensor->dtype, (double)number, &scalar));
    return onnx_binary(import, KL_OP_EQUAL, x, onnx_value_of(scalar), KL_BOOL, y);
}

static enum kl_err impute_integers(struct onnx_node *node)
{
    int32_t count;
    const int64_t *values = onnx_ml_ints(node, "imputed_value_int64s", &count);
    struct onnx_value x = node->in[0], which, row;
    struct kl_tensor *tensor, *scalar;
    void *data;
    int32_t features = onnx_rank(&x) ? onnx_shape(&x).dim[onnx_rank(&x) - 1] : 1;
    if (count != 1 && count != features) {
        return onnx_fail(node, KL_EINPUT, "'imputed_value_int64s' must have 1 or %d entries",
                         features);
    }
    struct kl_shape shape = {1, {count}};
    KL_TRY(onnx_constant(node->import, KL_S64, &shape, &data, &tensor));
    memcpy(data, values, tensor->bytes);
    KL_TRY(onnx_cast(node->import, onnx_value_of(tensor), x.tensor->dtype, &row));
    KL_TRY(onnx_scalar(node->import, x.tensor->dtype,
                       (double)onnx_int(node, "replaced_value_int64", 0), &scalar));
    KL_TRY(onnx_binary(node->import, KL_OP_EQUAL, x, onnx_value_of(scalar), KL_BOOL, &which));
    return onnx_select(node->import, which, row, x, &node->out[0]);
}

enum kl_err onnx_op_imputer(struct onnx_node *node)
{
    struct onnx_value x, which, row;
    KL_TRY(onnx_need_inputs(node, 1));
    if (node->in[0].tensor->dtype != KL_F32) {
        return impute_integers(node);
    }
    KL_TRY(onnx_ml_rows(node, &x));
    KL_TRY(feature_row(node, "imputed_value_floats", onnx_shape(&x).dim[1], &row));
    KL_TRY(equal_to(node->import, x, onnx_float(node, "replaced_value_float", 0.0f), &which));
    return onnx_select(node->import, which, row, x, &node->out[0]);
}

/* 1 where a feature is above the threshold, else 0. */
enum kl_err onnx_op_binarizer(struct onnx_node *node)
{
    struct onnx_value above;
    struct kl_tensor *scalar;
    KL_TRY(onnx_need_inputs(node, 1));
    struct onnx_value x = node->in[0];
    if (x.tensor->dtype != KL_F32) {
        return onnx_refuse(node, "an input of type %s", kl_dtype_name(x.tensor->dtype));
    }
    KL_TRY(onnx_scalar(node->import, KL_F32, (double)onnx_float(node, "threshold", 0.0f), &scalar));
    KL_TRY(onnx_binary(node->import, KL_OP_GREATER, x, onnx_value_of(scalar), KL_BOOL, &above));
    return onnx_cast(node->import, above, KL_F32, &node->out[0]);
}

/* All inputs side by side, as float32. */
enum kl_err onnx_op_feature_vectorizer(struct onnx_node *node)
{
    struct onnx_value parts[ONNX_MAX_OPERANDS];
    KL_TRY(onnx_need_inputs(node, node->input_count));
    struct onnx_value first = node->in[0];
    for (int32_t i = 0; i < node->input_count; i++) {
        node->in[0] = i == 0 ? first : node->in[i];
        KL_TRY(onnx_ml_rows(node, &parts[i]));
        if (onnx_shape(&parts[i]).dim[0] != onnx_shape(&parts[0]).dim[0]) {
            return onnx_fail(node, KL_EINPUT, "its inputs have different numbers of rows");
        }
    }
    return onnx_concat(node->import, node->input_count, parts, 1, &node->out[0]);
}
