/* SPDX-License-Identifier: Apache-2.0 */
/* Operators of TFLite files by their codes and names, and what ops.def says of each kind. */
#ifndef KINGLET_FORMATS_TFLITE_OPERATORS_H
#define KINGLET_FORMATS_TFLITE_OPERATORS_H

#include "graph/graph.h"

/* The name of a builtin operator, or NULL when the schema does not know the code. */
const char *tfl_builtin_name(int32_t code);

/* The operator kind for a builtin code; KL_OP_UNKNOWN when ops.def does not have it. */
enum kl_op_kind tfl_kind(int32_t code);

/* The operator kind of a custom operator's name; KL_OP_UNKNOWN when ops.def does not have it. */
enum kl_op_kind tfl_custom_kind(const char *name);

/* How files call operators of that kind: a builtin code, or a custom operator's name. False: not in
 * TFLite files. */
bool tfl_code(enum kl_op_kind kind, int32_t *code, const char **custom);

/* Newest version of a kind's options that is understood; 0: any (KL_OP_UNKNOWN). */
int32_t tfl_newest_version(enum kl_op_kind kind);

/* enum tfl_options_type of the kind. */
uint8_t tfl_options_of(enum kl_op_kind kind);

#endif
