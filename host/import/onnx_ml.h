/* SPDX-License-Identifier: Apache-2.0 */
/* What the handlers of the domain ai.onnx.ml share. Private to host/import. */
#ifndef KINGLET_IMPORT_ONNX_ML_H
#define KINGLET_IMPORT_ONNX_ML_H

#include "import/onnx_handlers.h"

/* A list of numbers of a node; count -1: the attribute is absent. */
struct onnx_numbers {
    int32_t count;
    const double *at;
};

/* The attribute `name`, a list of floats, or `name`_as_tensor (or `name` itself as a tensor), of
 * float32 or float64, as it stands. */
enum kl_err onnx_ml_any_numbers(const struct onnx_node *node, const char *name,
                                struct onnx_numbers *numbers) KL_MUST_CHECK;

/* The same; not-a-number is refused. */
enum kl_err onnx_ml_numbers(const struct onnx_node *node, const char *name,
                            struct onnx_numbers *numbers) KL_MUST_CHECK;

/* The same, and there must be `count` of them. */
enum kl_err onnx_ml_need_numbers(const struct onnx_node *node, const char *name, int64_t count,
                                 struct onnx_numbers *numbers) KL_MUST_CHECK;

/* A list of integers of the file; *count -1: the attribute is absent. */
const int64_t *onnx_ml_ints(const struct onnx_node *node, const char *name, int32_t *count);

/* The text of an attribute, as one of `words` (NULL ends them); `otherwise` when it is absent. */
enum kl_err onnx_ml_word(const struct onnx_node *node, const char *name, const char *const *words,
                         int32_t otherwise, int32_t *word) KL_MUST_CHECK;

/* Input 0 as float32 rows [n, features]; a vector is one row. */
enum kl_err onnx_ml_rows(struct onnx_node *node, struct onnx_value *rows) KL_MUST_CHECK;

/* A constant matrix [rows, columns] of numbers, times `factor`; infinite ones become the largest
 * float. */
enum kl_err onnx_ml_matrix(struct onnx_import *import, int32_t rows, int32_t columns,
                           const double *at, double factor, struct onnx_value *y) KL_MUST_CHECK;

/* x [n, columns] times the transpose of the matrix [rows, columns]. */
enum kl_err onnx_ml_product(struct onnx_import *import, struct onnx_value x, int32_t rows,
                            const double *matrix, struct onnx_value *y) KL_MUST_CHECK;

/* Columns side by side. */
enum kl_err onnx_ml_beside(struct onnx_import *import, struct onnx_value a, struct onnx_value b,
                           struct onnx_value *y) KL_MUST_CHECK;

/* The place of the largest column of each row: int64 [n]. */
enum kl_err onnx_ml_largest(struct onnx_import *import, struct onnx_value x,
                            struct onnx_value *y) KL_MUST_CHECK;

/* The node's post_transform of scores [n, columns]. */
enum kl_err onnx_ml_transform(const struct onnx_node *node, struct onnx_value scores,
                              struct onnx_value *y) KL_MUST_CHECK;

/* Is there a post_transform but NONE? */
bool onnx_ml_has_transform(const struct onnx_node *node);

/* How many class labels the node has, of integers or text. */
int32_t onnx_ml_label_count(const struct onnx_node *node);

/*
 * The two outputs of a classifier: the label at the largest column of `decisions` [n, classes],
 * and the transformed scores.
 */
enum kl_err onnx_ml_classify(struct onnx_node *node, struct onnx_value decisions,
                             struct onnx_value scores) KL_MUST_CHECK;

/* The scores of two classes from one column s: [1 - s, s] if `shares`, else [-s, s]. */
enum kl_err onnx_ml_two_classes(struct onnx_import *import, struct onnx_value s, bool shares,
                                struct onnx_value *y) KL_MUST_CHECK;

/* Printable names from a list of texts. */
enum kl_err onnx_ml_labels(struct onnx_import *import, size_t count,
                           const ProtobufCBinaryData *texts,
                           const struct kl_labels **labels) KL_MUST_CHECK;

#endif
