/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of kernels of several operands, element by element. */
#ifndef KINGLET_NN_ELEMENTWISE_H
#define KINGLET_NN_ELEMENTWISE_H

#include <stdint.h>

/*
 * Elementwise operators with broadcast: one row holds dim[0]*dim[1]*dim[2] output
 * elements, dense; input i advances by step[i][d] elements (0 = broadcast) along dim d.
 */
struct kl_elementwise {
    int32_t dim[3];
    int32_t step[2][3];
};

/*
 * ADD and SUB int8 and int16 (in[0] + in[1] or in[0] - in[1]). Each input is widened by
 * left_shift, scaled by its own multiplier, summed, and scaled to the output.
 * SUB subtracts the second scaled input instead (sign = -1).
 */
struct kl_add_s8 {
    struct kl_elementwise ew;
    int32_t zero_point[2]; /* of the inputs */
    int32_t multiplier[2]; /* Q0.31 */
    int32_t shift[2];      /* <= 0 */
    int32_t sign;          /* +1: ADD, -1: SUB */
    int32_t left_shift;    /* 20 for int8, 15 for int16 */
    int32_t out_multiplier;
    int32_t out_shift; /* <= 0 */
    int32_t out_zero_point;
    int32_t min, max;
};

/*
 * ADD and SUB int8, where constants were found that give the same results:
 * clamp((in[0] * factor[0] + in[1] * factor[1] + constant) >> shift). The sum fits int32.
 */
struct kl_add_linear_s8 {
    struct kl_elementwise ew;
    int32_t factor[2];
    int32_t constant;
    int32_t shift; /* 0 .. 31 */
    int32_t min, max;
};

/* MUL int8 and int16, and DIV int8, whose out_shift is 23 or less. */
struct kl_mul_s8 {
    struct kl_elementwise ew;
    int32_t zero_point[2];
    int32_t out_multiplier;
    int32_t out_shift;
    int32_t out_zero_point;
    int32_t min, max;
};

/* PRELU int8: in[0] = input, in[1] = alpha. */
struct kl_prelu_s8 {
    struct kl_elementwise ew;
    int32_t zero_point[2];
    int32_t pos_multiplier, pos_shift; /* input >= zero point */
    int32_t neg_multiplier, neg_shift; /* input * alpha */
    int32_t out_zero_point;
};

/* ADD, SUB, MUL float32. */
struct kl_binary_f32 {
    struct kl_elementwise ew;
    float min, max;
};

/* PRELU float32: in[0] = input, in[1] = alpha. */
struct kl_prelu_f32 {
    struct kl_elementwise ew;
};

/*
 * Plain numbers: not quantised. `dtype` is an enum kl_dtype: float32, bool, or an integer type but
 * uint64.
 */
enum kl_binary_function {
    KL_BINARY_NONE, /* the second operand */
    KL_BINARY_ADD,
    KL_BINARY_SUB,
    KL_BINARY_MUL,
    KL_BINARY_DIV,
    KL_BINARY_FLOOR_MOD,
    KL_BINARY_POW,
    KL_BINARY_MAXIMUM,
    KL_BINARY_MINIMUM,
    KL_BINARY_AND,
    KL_BINARY_OR,
    KL_BINARY_XOR,
    KL_BINARY_FLOOR_DIV
};

/* Arithmetic and logic of two integers or bools. */
struct kl_binary_int {
    struct kl_elementwise ew;
    int32_t function; /* enum kl_binary_function */
    int32_t dtype;    /* of both operands and the result */
};

enum kl_compare_function {
    KL_COMPARE_EQUAL,
    KL_COMPARE_NOT_EQUAL,
    KL_COMPARE_LESS,
    KL_COMPARE_LESS_EQUAL,
    KL_COMPARE_GREATER,
    KL_COMPARE_GREATER_EQUAL
};

/* Comparison of two plain numbers; the result is bool. */
struct kl_compare {
    struct kl_elementwise ew;
    int32_t function; /* enum kl_compare_function */
    int32_t dtype;    /* of the operands */
};

/* Comparison of two int8, as multiples of 1/256: (x - zero_point) * 2^8, requantised. */
struct kl_compare_s8 {
    struct kl_elementwise ew;
    int32_t function; /* enum kl_compare_function */
    int32_t zero_point[2];
    int32_t multiplier[2], shift[2]; /* scales: shift <= 0 */
};

/* SELECT_V2: in[1] where in[0] is true, else in[2]. Output [dim], dense; steps in bytes. */
struct kl_select {
    int32_t dim[4];
    int32_t step[3][4];
    int32_t elem_bytes; /* of in[1] and in[2] */
};

#endif
