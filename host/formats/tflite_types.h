/* SPDX-License-Identifier: Apache-2.0 */
/* Element types of TFLite files (enum tfl_tensor_type) and of the graph. */
#ifndef KINGLET_FORMATS_TFLITE_TYPES_H
#define KINGLET_FORMATS_TFLITE_TYPES_H

#include "graph/graph.h"

/* The graph's type; KL_DTYPE_NONE when the schema does not know the file's. */
enum kl_dtype tfl_dtype(int32_t type);

/* The file's type; -1: files have none for it. */
int32_t tfl_type(enum kl_dtype dtype);

#endif
