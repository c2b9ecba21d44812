/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers that put layers with random weights and sensible scales into a described model. */
#ifndef KINGLET_TESTS_BUILD_H
#define KINGLET_TESTS_BUILD_H

#include "model.h"
#include "random.h"

/* A model under construction. */
struct kt_build {
    struct kt_model *model;
    struct kt_random *random;
};

/* Weights: of float layers; int8 per tensor; int8 per channel; int8 per channel of int16 layers,
 * with a bias of 64 or 32 bits. */
enum kt_weights {
    KT_WEIGHTS_F32,
    KT_WEIGHTS_TENSOR,
    KT_WEIGHTS_CHANNEL,
    KT_WEIGHTS_S16,
    KT_WEIGHTS_S16_NARROW,
    KT_WEIGHTS_HYBRID, /* int8 of a float layer: per tensor, per channel */
    KT_WEIGHTS_HYBRID_CHANNEL,
    KT_WEIGHTS_S4, /* int4 of an int8 layer: per channel, per tensor */
    KT_WEIGHTS_S4_TENSOR,
    KT_WEIGHTS_U8, /* uint8 with a zero point of a uint8 layer */
    KT_WEIGHTS_COUNT
};

/* The type of a layer's activations, and a name for labels. */
int32_t kt_layer_type(enum kt_weights weights);
const char *kt_weights_name(enum kt_weights weights);

/* A tensor without content; int8 with a random scale and zero point, int16 with a random scale. */
int32_t kt_build_tensor(struct kt_build *b, const char *name, int32_t type, int32_t rank,
                        const int32_t *dim);

/* The same with a given quantisation (ignored for other types than int8). int16 takes a finer scale
 * and the zero point 0. */
int32_t kt_build_quantized(struct kt_build *b, const char *name, int32_t type, float scale,
                           int32_t zero_point, int32_t rank, const int32_t *dim);

/* A tensor of this shape, quantised like tensor `like`. */
int32_t kt_build_like(struct kt_build *b, const char *name, int32_t like, int32_t rank,
                      const int32_t *dim);

/* Give a tensor random content. */
void kt_build_fill(struct kt_build *b, int32_t tensor);

struct kt_layer {
    int32_t code; /* KT_CONV_2D, KT_DEPTHWISE_CONV_2D, KT_TRANSPOSE_CONV or KT_FULLY_CONNECTED */
    int32_t out_c, k_h, k_w;
    int32_t groups; /* of KT_CONV_2D */
    enum kt_weights weights;
    bool no_bias;
    float out_scale; /* of an int8 output; 0: random. Of an int16 output 256 times as much */
    struct kt_options options;
};

/* Add a layer with random weights on tensor `input`; returns its output tensor. The weights'
 * scale suits the output's, so that little saturates. */
int32_t kt_build_layer(struct kt_build *b, const struct kt_layer *layer, int32_t input);

/* Add a pool (filter, stride, padding from the options); returns its output tensor. */
int32_t kt_build_pool(struct kt_build *b, int32_t code, struct kt_options options, int32_t input);

/* Add a softmax over the last axis; returns its output tensor. */
int32_t kt_build_softmax(struct kt_build *b, float beta, int32_t input);

/* "float32", "int8" or "int16", for labels. */
const char *kt_type_name(int32_t type);

/* Output size of a sliding window along one side. */
int32_t kt_window_out(int32_t padding, int32_t in, int32_t filter, int32_t stride,
                      int32_t dilation);

#endif
