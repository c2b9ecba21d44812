/* SPDX-License-Identifier: Apache-2.0 */
/* Models that the tests of the importer read and spoil. */
#ifndef KINGLET_TESTS_IMPORT_MODELS_H
#define KINGLET_TESTS_IMPORT_MODELS_H

#include "model.h"

/* Tensors and operators of small_model, by index. */
enum {
    T_IN,
    T_FILTER,
    T_BIAS,
    T_CONV,
    T_POOL,
    T_SHAPE,
    T_FLAT,
    T_WEIGHTS,
    T_FC_BIAS,
    T_FC,
    T_OUT,
    SMALL_TENSORS
};
enum { O_CONV, O_POOL, O_RESHAPE, O_FC, O_SOFTMAX, SMALL_OPS };

/*
 * int8: [1,8,8,2] -> CONV_2D 3x3 stride 2 SAME relu -> MAX_POOL_2D 2x2 -> RESHAPE ->
 * FULLY_CONNECTED -> SOFTMAX [1,3]. The caller frees it with kt_model_free.
 */
struct kt_model *small_model(void);

/* One operator over int8 tensors of these shapes; tensors 0..inputs-1 are its inputs, the
 * following ones its outputs. `constant` (or -1): this input holds zeros. */
struct one_op {
    int32_t code;
    struct kt_options options;
    int32_t input_count, output_count;
    int32_t rank[6];
    int32_t dim[6][7];
    int32_t constant;
};
struct kt_model *one_op_model(const struct one_op *op);

#endif
