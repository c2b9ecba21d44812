/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that map one int8 to one int8, as tables of all their values. */
#ifndef KINGLET_GRAPH_FUNCTION_TABLE_H
#define KINGLET_GRAPH_FUNCTION_TABLE_H

#include "graph/graph.h"

/* True for the operators that kl_op_table_s8 knows, when input and output are int8 with one scale
 * each. */
bool kl_op_is_function_s8(const struct kl_op *op);

/*
 * table[i] = the operator's value at i - 128, by its definition in nn/ref/function_s8.h: LOGISTIC,
 * TANH, RELU, RELU6, LEAKY_RELU, HARD_SWISH, ABS, RSQRT, and QUANTIZE from int8 to int8; EXP, LOG,
 * ELU and GELU by kl_fill_real_table_s8. The operator must be one that kl_op_is_function_s8
 * accepts. KL_EUNSUPPORTED, with the operator's name, for scales that its arithmetic cannot
 * represent.
 */
enum kl_err kl_op_table_s8(const struct kl_op *op, int8_t table[256],
                           struct kl_diag *diag) KL_MUST_CHECK;

/* Refuse (KL_EUNSUPPORTED) an int8 output without this scale (to 0.1 %) and zero point. */
enum kl_err kl_op_need_out_quant(const struct kl_op *op, float scale, int32_t zero_point,
                                 struct kl_diag *diag) KL_MUST_CHECK;

#endif
