/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of convolutions and fully connected layers. */
#ifndef KINGLET_NN_CONVOLVE_H
#define KINGLET_NN_CONVOLVE_H

#include <stdint.h>

#include "kinglet/nn/requant.h"
#include "kinglet/nn/window.h"

/* CONV_2D int8. weights [out_c][k_h][k_w][in_c/groups]; groups = in_c / (weight channels). */
struct kl_conv2d_s8 {
    struct kl_window win;
    int32_t groups;        /* >= 1; divides in_c and out_c */
    int32_t in_zero_point; /* padded taps read as this value */
    const int8_t *weights; /* zero point 0 */
    const int32_t *bias;   /* [out_c]; holds bias - in_zero_point * sum(weights), folded */
    struct kl_requant rq;
};

/*
 * DEPTHWISE_CONV_2D int8. weights [k_h][k_w][out_c]; out_c = in_c * multiplier,
 * output channel c reads input channel c / multiplier. bias as in kl_conv2d_s8.
 */
struct kl_depthwise_s8 {
    struct kl_window win;
    int32_t multiplier;
    int32_t in_zero_point;
    const int8_t *weights;
    const int32_t *bias;
    struct kl_requant rq;
};

/* FULLY_CONNECTED int8. One row = one input vector [in_c]; weights [out_c][in_c]. */
struct kl_fully_connected_s8 {
    int32_t in_c, out_c;
    const int8_t *weights; /* zero point 0 */
    const int32_t *bias;   /* [out_c], input zero point folded as in kl_conv2d_s8 */
    struct kl_requant rq;
};

/*
 * CONV_2D int8 without groups, and FULLY_CONNECTED as a convolution of one pixel per row, with
 * weights of 4 bits. `weights` holds blocks of `block` output channels (the last one perhaps
 * fewer), each as words of nn/ref/weights_s4.h in the order of kl_conv2d_s8. In those of the kernel
 * for a multiplication of 32 bits (nn/mul32), whose blocks are multiples of 4, the four channels of
 * an input lie side by side, those that are not there with weights of 0; every four channels begin
 * a word. Bias, multipliers and shifts are bound as those of struct kl_conv2d_mul32_s8.
 */
struct kl_conv2d_s4 {
    struct kl_window win;
    int32_t in_zero_point;
    int32_t block; /* 1 .. out_c */
    const int32_t *weights;
    const int32_t *bias; /* as in kl_conv2d_s8 */
    struct kl_requant rq;
};

/* DEPTHWISE_CONV_2D int8 with weights of 4 bits in the order of kl_depthwise_s8. */
struct kl_depthwise_s4 {
    struct kl_window win;
    int32_t multiplier;
    int32_t in_zero_point;
    const int32_t *weights; /* words of nn/ref/weights_s4.h */
    const int32_t *bias;
    struct kl_requant rq;
};

/* CONV_2D float32. Layouts as int8; bias may not be NULL (zeros are written out). */
struct kl_conv2d_f32 {
    struct kl_window win;
    int32_t groups;
    const float *weights;
    const float *bias;
    float min, max;
};

struct kl_depthwise_f32 {
    struct kl_window win;
    int32_t multiplier;
    const float *weights;
    const float *bias;
    float min, max;
};

struct kl_fully_connected_f32 {
    int32_t in_c, out_c;
    const float *weights;
    const float *bias;
    float min, max;
};

/*
 * CONV_2D int16 with int8 weights; all zero points are 0. Weights as in kl_conv2d_s8. Depthwise and
 * fully connected layers are convolutions, too: with as many groups as input channels, and with
 * a window of one pixel.
 */
struct kl_conv2d_s16 {
    struct kl_window win;
    int32_t groups;
    const int8_t *weights;
    const int64_t *bias; /* [out_c] */
    struct kl_requant_s16 rq16;
};

/*
 * CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED with float32 activations and int8 weights; weights
 * and special cases as in kl_conv2d_s16. Each image is quantised in the scratch memory when the
 * step runs: to -127 .. 127 around 0, or with `asymmetric` to -128 .. 127 around a zero point.
 */
struct kl_hybrid {
    struct kl_window win;
    int32_t groups;
    int32_t asymmetric;
    const int8_t *weights;
    const float *weight_scale; /* [out_c] */
    const float *bias;         /* [out_c] */
    float min, max;
};

/*
 * CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of models that were uint8; weights and special
 * cases as in kl_conv2d_s16. One float scale leads from the sum to the output.
 */
struct kl_conv2d_u8 {
    struct kl_window win;
    int32_t groups;
    int32_t in_zero_point, weight_zero_point; /* -128 .. 127 */
    const int8_t *weights;
    const int32_t *bias; /* [out_c]; holds no zero points */
    float scale;
    int32_t out_zero_point;
    int32_t min, max;
};

#endif
