/* SPDX-License-Identifier: Apache-2.0 */
/* Tensor values of the slow reference, element by element. */
#ifndef KINGLET_TESTS_SLOW_VALUE_H
#define KINGLET_TESTS_SLOW_VALUE_H

#include "model.h"

enum { SLOW_MAX_RANK = 6, SLOW_STATE_BYTES = 4096 };

struct slow_value {
    const struct kt_tensor *tensor;
    unsigned char *data; /* NULL: omitted */
};

/* One operator with its values; what every evaluator gets. */
struct slow_op {
    const struct kt_op *op;
    struct slow_value in[KT_MAX_IO];
    struct slow_value out[KT_MAX_IO];
    /* Of operators of the entry: SLOW_STATE_BYTES that last from run to run, zeros at first. */
    unsigned char *state;
    bool *ends_run; /* set: nothing more is computed, and the outputs stay as they were */
};

/* Element `index` of an integer or float tensor, and the same for writing. */
int64_t slow_get(const struct slow_value *value, int64_t index);
float slow_getf(const struct slow_value *value, int64_t index);
void slow_put(const struct slow_value *value, int64_t index, int64_t x);
void slow_putf(const struct slow_value *value, int64_t index, float x);

bool slow_is_float(const struct slow_value *value);
int64_t slow_elements(const struct slow_value *value);

/* Size along dimension `d` counted from the end (-1: the last); 1 beyond the rank. */
int32_t slow_dim_back(const struct slow_value *value, int32_t d);

/* Coordinates of element `index`, and back. */
void slow_coordinates(const struct slow_value *value, int64_t index, int32_t at[SLOW_MAX_RANK]);
int64_t slow_index(const struct slow_value *value, const int32_t at[SLOW_MAX_RANK]);

/* Index of element (n,y,x,c) of a rank 4 tensor. */
int64_t slow_at4(const struct slow_value *value, int32_t n, int32_t y, int32_t x, int32_t c);

/* Index in `value` of the element that is broadcast to element `index` of `out`. */
int64_t slow_broadcast(const struct slow_value *value, const struct slow_value *out, int64_t index);

/* Copy one element between tensors of one type. */
void slow_move(const struct slow_value *to, int64_t to_index, const struct slow_value *from,
               int64_t from_index);

/* Scale and zero point (of that channel, when there is one per channel). */
float slow_tensor_scale(const struct slow_value *value, int32_t channel);
int64_t slow_zero_point(const struct slow_value *value);

/* An axis counted from the end made positive. */
int32_t slow_axis(int32_t axis, int32_t rank);

/* The fused activation's bounds. */
void slow_float_range(int32_t activation, float *low, float *high);
void slow_int_range(int32_t activation, const struct slow_value *out, int64_t *low, int64_t *high);
/* x limited to the range of an integer tensor's type. */
int64_t slow_saturate(const struct slow_value *value, int64_t x);
float slow_clampf(float x, float low, float high);

#endif
