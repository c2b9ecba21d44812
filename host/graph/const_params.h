/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters that TFLite passes as constant tensors (axes, permutations, paddings, slice
 * bounds), decoded and checked. Shared by the shape rules and the planner.
 *
 * Each function fails with KL_EUNSUPPORTED when the tensor is not constant, and with
 * KL_EINPUT when its content makes no sense; messages name the operator.
 */
#ifndef KINGLET_GRAPH_CONST_PARAMS_H
#define KINGLET_GRAPH_CONST_PARAMS_H

#include "graph/graph.h"

/* Integers of constant int32 or int64 input `index`, at most `max`; *count of them. */
enum kl_err kl_op_ints(const struct kl_op *op, int32_t index, int64_t *values, int32_t max,
                       int32_t *count, struct kl_diag *diag) KL_MUST_CHECK;

/* `axis` of a tensor of that rank, from -rank..rank-1 to 0..rank-1. */
enum kl_err kl_op_axis(const struct kl_op *op, int64_t axis, int32_t rank, int32_t *normal,
                       struct kl_diag *diag) KL_MUST_CHECK;

/* MEAN: which dimensions of input 0 are reduced. */
enum kl_err kl_op_reduced(const struct kl_op *op, bool reduced[KL_MAX_RANK],
                          struct kl_diag *diag) KL_MUST_CHECK;

/* TRANSPOSE: output dimension i is input dimension perm[i]. */
enum kl_err kl_op_permutation(const struct kl_op *op, int32_t perm[KL_MAX_RANK],
                              struct kl_diag *diag) KL_MUST_CHECK;

/* PAD, PADV2, MIRROR_PAD: elements added before and after each dimension, >= 0. */
enum kl_err kl_op_paddings(const struct kl_op *op, int32_t before[KL_MAX_RANK],
                           int32_t after[KL_MAX_RANK], struct kl_diag *diag) KL_MUST_CHECK;

/* STRIDED_SLICE and SLICE: per input dimension the first index, the step (may be negative), and how
 * many are taken (>= 1); `shrink` dimensions vanish from the output. */
struct kl_slice {
    int32_t begin[KL_MAX_RANK];
    int32_t step[KL_MAX_RANK];
    int32_t size[KL_MAX_RANK];
    bool shrink[KL_MAX_RANK];
};
enum kl_err kl_op_slice(const struct kl_op *op, struct kl_slice *slice,
                        struct kl_diag *diag) KL_MUST_CHECK;

/* SPACE_TO_BATCH_ND, BATCH_TO_SPACE_ND: the blocks along the dimensions behind the batch, and what
 * is padded or cropped there, >= 0. */
struct kl_block_params {
    int32_t sides; /* 1 or 2 */
    int32_t block[2];
    int32_t before[2], after[2];
};
enum kl_err kl_op_blocks(const struct kl_op *op, struct kl_block_params *params,
                         struct kl_diag *diag) KL_MUST_CHECK;

/* SPLIT, SPLIT_V: the axis along which the outputs lie, and which input is split. */
enum kl_err kl_op_split_axis(const struct kl_op *op, const struct kl_tensor **input, int32_t *axis,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Inputs of UNIDIRECTIONAL_SEQUENCE_LSTM: four gates (input, forget, cell, output) each. The other
 * inputs belong to variants: peepholes, a projection, layer normalisation. */
enum {
    KL_LSTM_INPUT_WEIGHTS = 1,
    KL_LSTM_RECURRENT_WEIGHTS = 5,
    KL_LSTM_BIAS = 12,
    KL_LSTM_HIDDEN = 18,
    KL_LSTM_CELL = 19,
    KL_LSTM_INPUTS = 24,
    KL_LSTM_GATES = 4
};

/* The message prefix "operator 3 (CONV_2D)" for an operator, into `text`; returns `text`. */
enum { KL_OP_TEXT_BYTES = 96 };
char *kl_op_text(const struct kl_op *op, char text[KL_OP_TEXT_BYTES]);

/* kl_fail with "operator N (NAME): " in front. */
enum kl_err kl_op_fail(const struct kl_op *op, struct kl_diag *diag, enum kl_err err,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
