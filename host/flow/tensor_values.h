/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers into the elements of a tensor, and back: as they are, or by its quantisation. */
#ifndef KINGLET_FLOW_TENSOR_VALUES_H
#define KINGLET_FLOW_TENSOR_VALUES_H

#include "graph/graph.h"

/* Can floats become its elements: float32, or int8 or int16 with one scale? */
bool kl_tensor_takes_floats(const struct kl_tensor *tensor);

/* All elements, from floats that are finite or go to a float tensor. */
void kl_tensor_put_floats(const struct kl_tensor *tensor, const float *from, void *to);

/* Element `index` as a number. */
double kl_tensor_number(const struct kl_tensor *tensor, const void *values, int64_t index);

#endif
