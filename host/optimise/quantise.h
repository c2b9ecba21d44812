/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A graph of floats becomes one of int8 or int16 activations with int8 weights, by the 8-bit
 * quantisation specification of TensorFlow Lite (ai.google.dev/edge/litert/models/
 * quantization_spec). Unlike the exact passes this changes results.
 */
#ifndef KINGLET_OPTIMISE_QUANTISE_H
#define KINGLET_OPTIMISE_QUANTISE_H

#include "graph/graph.h"

/* Values that a tensor takes, as far as they are to be told apart. */
struct kl_range {
    float low, high; /* finite, low <= high */
};

/* One entry of quantisation. */
struct kl_scale {
    float scale;
    int32_t zero_point;
};

/* int8: low .. high and 0 in 255 steps, 0 exactly representable. `wide`: int16, symmetric. */
struct kl_scale kl_scale_of(struct kl_range range, bool wide);

/* round(value / scale) + zero point, halves away from zero, limited to int8 or int16. */
int32_t kl_quantise_value(float value, struct kl_scale scale, bool wide);

struct kl_quantise_options {
    const struct kl_range *ranges; /* by tensor id of subgraph 0; of constants not read */
    const struct kl_scale *scales; /* by tensor id: what to take for it, where the scale is > 0,
                                    * instead of that of its range; NULL: none */
    const struct kl_quant *const *weights; /* by operator position: scales of its weights to take;
                                            * NULL, or NULL entries: those of their magnitudes */
    const char *const *keep; /* by operator position: why it is to stay float, or NULL; or NULL
                              * for all */
    bool wide;               /* int16 activations, int64 biases */
    bool float_io;           /* inputs and outputs of the model stay float */
    bool dense_channels;     /* FULLY_CONNECTED per channel, else per tensor */
};

struct kl_quantised {
    int32_t tensor_count;  /* of the graph before; those keep their ids */
    const int32_t *origin; /* by tensor id: the tensor before whose values it holds; -1: constant */
    const int32_t *before; /* by operator position now: the position before; -1: a conversion */
    int64_t cut_off;       /* weights and biases beyond the scales that were given */
    int32_t integer_ops;   /* that compute in integers now */
    const char *const *stay; /* by operator position before: why it stays float; NULL: it does not,
                              * or had no floats */
};

/*
 * Quantise subgraph 0 of a verified graph, whose constants are finite (the planner refuses others).
 * Operators that have no integer form stay float, between
 * DEQUANTIZE and QUANTIZE. Weights and biases become new constants in writable memory of the
 * graph's arena. The graph is verified afterwards.
 */
enum kl_err kl_quantise(struct kl_graph *graph, const struct kl_quantise_options *options,
                        struct kl_quantised *result, struct kl_diag *diag) KL_MUST_CHECK;

/* The dimension of the weights of an operator along which its output channels lie; -1: it is no
 * layer with weights. */
int32_t kl_weights_axis(const struct kl_op *op);

/*
 * Cross-layer equalisation of a float graph (Nagel et al. 2019): where a channel goes from one
 * layer with weights only into the next, with no activation or RELU between, its weights before and
 * behind are scaled so that their ranges become equal. In real numbers the results stay the same.
 * *pairs: how many pairs of layers were equalised.
 */
enum kl_err kl_equalise(struct kl_graph *graph, int32_t *pairs, struct kl_diag *diag) KL_MUST_CHECK;

#endif
