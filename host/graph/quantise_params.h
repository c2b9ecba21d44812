/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integer parameters of the int8 and int16 kernels from the scales and zero points of tensors. The
 * steps in float and in double are those of TensorFlow Lite Micro, so that the integers
 * are the same; each function names the file its formula is from, below tensorflow/lite/.
 *
 * Scales are finite and > 0, zero points -128 .. 127 (the importer guarantees both).
 * Functions that can meet scales that the arithmetic cannot represent return
 * KL_EUNSUPPORTED with a message; the message does not name the operator.
 */
#ifndef KINGLET_GRAPH_QUANTISE_PARAMS_H
#define KINGLET_GRAPH_QUANTISE_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "graph/graph.h"
#include "kinglet/nn.h"
#include "nn/ref/function_s8.h"

/* Quantisation of one int8 tensor, or with `wide` of an int16 tensor. */
struct kl_quant_s8 {
    float scale;
    int32_t zero_point;
    bool wide;
};

/* Of a tensor that is quantised per tensor. */
struct kl_quant_s8 kl_quant_of(const struct kl_tensor *tensor);

/*
 * real = multiplier * 2^(shift - 31), multiplier 0 or of magnitude 2^30 .. 2^31-1, shift
 * -31 .. 30. A magnitude below 2^-32 becomes 0; one that needs a larger shift saturates,
 * infinity too.
 * kernels/internal/quantization_util.cc, QuantizeMultiplier.
 */
void kl_quantize_multiplier(double real, int32_t *multiplier, int32_t *shift);

/* A Q0.31 multiplier in 16 bits. quantization_util.h, DownScaleInt32ToInt16Multiplier; also
 * common.h, MultiplyByQuantizedMultiplier of int64. */
int16_t kl_multiplier_s16(int32_t multiplier);

/*
 * Scale from an accumulator to the output: in * weight / out in double, or with
 * `float_product` the product in float first. The first is CONV_2D's, DEPTHWISE_CONV_2D's
 * and per-channel FULLY_CONNECTED's (kernels/kernel_util.cc,
 * PopulateConvolutionQuantizationParams), the second per-tensor FULLY_CONNECTED's
 * (GetQuantizedConvolutionMultipler there).
 */
double kl_requant_scale(float in_scale, float weight_scale, float out_scale, bool float_product);

/* Multiplier and shift from the accumulator of output channel `channel` to the output, of a
 * quantised layer with weights. */
void kl_op_multiplier(const struct kl_op *op, int32_t channel, int32_t *multiplier, int32_t *shift);

/* Range of an output with a fused activation, inside its type.
 * kernels/kernel_util.cc, CalculateActivationRangeQuantized. */
void kl_activation_range_s8(enum kl_activation activation, struct kl_quant_s8 out, int32_t *min,
                            int32_t *max);

/* Range of a float output with a fused activation. kernels/kernel_util.h,
 * CalculateActivationRange. */
void kl_activation_range_f32(enum kl_activation activation, float *min, float *max);

/* ADD: all but `ew`. micro/kernels/add_common.cc. */
enum kl_err kl_prepare_add_s8(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                              enum kl_activation activation, struct kl_add_s8 *params,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* SUB: all but `ew`; unlike ADD its ratios are taken in float. micro/kernels/sub_common.cc. */
enum kl_err kl_prepare_sub_s8(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                              enum kl_activation activation, struct kl_add_s8 *params,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* MUL: all but `ew`. micro/kernels/mul_common.cc. */
void kl_prepare_mul_s8(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                       enum kl_activation activation, struct kl_mul_s8 *params);

/* DIV int8: all but `ew`; its ratio is taken in float. micro/kernels/div.cc. */
enum kl_err kl_prepare_div_s8(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                              enum kl_activation activation, struct kl_mul_s8 *params,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* Comparisons of int8: all but `ew` and function. Scales must be below 1.
 * micro/kernels/comparisons.cc. */
enum kl_err kl_prepare_compare_s8(const struct kl_quant_s8 in[2], struct kl_compare_s8 *params,
                                  struct kl_diag *diag) KL_MUST_CHECK;

/* BATCH_MATMUL of `inner` products int8 or int16: all but `shape`; the product of the input scales
 * is taken in float. micro/kernels/batch_matmul.cc. */
enum kl_err kl_prepare_matmul_s8(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                                 int32_t inner, struct kl_matmul_s8 *params,
                                 struct kl_diag *diag) KL_MUST_CHECK;

/* PRELU: all but `ew`; in[1] is the slopes. micro/kernels/prelu_common.cc. */
void kl_prepare_prelu_s8(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                         struct kl_prelu_s8 *params);

/* MEAN of `count` >= 1 elements per output: all but `rd`. Refuses counts whose sum could
 * leave int32. micro/kernels/reduce_common.cc, kernels/internal/reference/reduce.h. */
enum kl_err kl_prepare_mean_s8(struct kl_quant_s8 in, struct kl_quant_s8 out, int64_t count,
                               struct kl_mean_s8 *params, struct kl_diag *diag) KL_MUST_CHECK;

/* SUM: the same without the division. */
enum kl_err kl_prepare_sum_s8(struct kl_quant_s8 in, struct kl_quant_s8 out, int64_t count,
                              struct kl_mean_s8 *params, struct kl_diag *diag) KL_MUST_CHECK;

/* SOFTMAX over `width` elements. Output scale 1/256, zero point -128 is the caller's check.
 * micro/kernels/softmax_common.cc, kernels/internal/quantization_util.cc. */
enum kl_err kl_prepare_softmax_s8(float in_scale, float beta, int32_t width,
                                  struct kl_softmax_s8 *params, struct kl_diag *diag) KL_MUST_CHECK;

/* LOG_SOFTMAX over `width` elements. Output scale 1/16, zero point 127 is the caller's check.
 * micro/kernels/log_softmax.cc, kernels/internal/quantization_util.cc. */
enum kl_err kl_prepare_log_softmax_s8(float in_scale, int32_t width,
                                      struct kl_log_softmax_s8 *params,
                                      struct kl_diag *diag) KL_MUST_CHECK;

/* SQUARED_DIFFERENCE: all but `ew`; `sign` is not used. micro/kernels/squared_difference.cc. */
void kl_prepare_squared_difference(const struct kl_quant_s8 in[2], struct kl_quant_s8 out,
                                   struct kl_add_s8 *params);

/* LOGISTIC (output scale 1/256, zero point -128) and TANH (1/128, 0), which the caller
 * checks. micro/kernels/logistic_common.cc, tanh.cc. */
void kl_prepare_logistic_s8(struct kl_quant_s8 in, struct kl_logistic_s8 *params);

/* HARD_SWISH. micro/kernels/hard_swish_common.cc. */
enum kl_err kl_prepare_hard_swish_s8(struct kl_quant_s8 in, struct kl_quant_s8 out,
                                     struct kl_hard_swish_s8 *params,
                                     struct kl_diag *diag) KL_MUST_CHECK;

/* LEAKY_RELU. micro/kernels/leaky_relu_common.cc. */
void kl_prepare_leaky_relu_s8(struct kl_quant_s8 in, struct kl_quant_s8 out, float alpha,
                              struct kl_leaky_relu_s8 *params);

/* QUANTIZE int8 to int8. micro/kernels/quantize_common.cc. */
void kl_prepare_requantize_s8(struct kl_quant_s8 in, struct kl_quant_s8 out,
                              struct kl_requantize_s8 *params);

/* RSQRT. micro/kernels/elementwise.cc. */
enum kl_err kl_prepare_rsqrt_s8(struct kl_quant_s8 in, struct kl_quant_s8 out,
                                struct kl_requantize_s8 *params,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* RELU. micro/kernels/activations_common.cc. */
void kl_prepare_relu_s8(struct kl_quant_s8 in, struct kl_quant_s8 out,
                        struct kl_requantize_s8 *params);

/* RELU_N1_TO_1 and RELU_0_TO_1: limits low .. 1. kernels/activations.cc, ReluOpData and
 * QuantizedReluX. */
void kl_prepare_relu_range_s8(struct kl_quant_s8 in, struct kl_quant_s8 out, float low,
                              struct kl_requantize_s8 *params);

/* RELU6: limits the input as it is; the output's quantisation plays no part, as in the
 * source. micro/kernels/activations_common.cc, activations.cc. */
void kl_prepare_relu6_s8(struct kl_quant_s8 in, struct kl_requantize_s8 *params);

/* RELU6 int16, which limits the input as it is; as kl_prepare_rescale. */
void kl_prepare_relu6_rescale(struct kl_quant_s8 in, struct kl_rescale *params);

/* ABS int16, as kl_prepare_rescale. micro/kernels/elementwise.cc. */
void kl_prepare_abs_rescale(struct kl_quant_s8 in, struct kl_quant_s8 out,
                            struct kl_rescale *params);

/* QUANTIZE between integer types and RELU int16: all but width, in_bytes and out_bytes.
 * micro/kernels/quantize_common.cc, activations_common.cc. */
void kl_prepare_rescale(struct kl_quant_s8 in, struct kl_quant_s8 out, struct kl_rescale *params);

/* LEAKY_RELU int16, as kl_prepare_rescale. micro/kernels/leaky_relu_common.cc. */
void kl_prepare_leaky_rescale(struct kl_quant_s8 in, struct kl_quant_s8 out, float alpha,
                              struct kl_rescale *params);

/* LOGISTIC and TANH int16: all but width and table. micro/kernels/logistic_common.cc, tanh.cc. */
enum kl_err kl_prepare_sigmoid_s16(float in_scale, bool is_tanh, struct kl_sigmoid_s16 *params,
                                   struct kl_diag *diag) KL_MUST_CHECK;

/* 2^16 / (1 + exp(-i / 24)), rounded. kernels/internal/common.cc, sigmoid_table_uint16. */
void kl_fill_logistic_table(uint16_t table[256]);

/* The tables of SOFTMAX int16. micro/kernels/softmax_common.cc; kernels/internal/common.h,
 * LUTPopulate. */
void kl_fill_softmax_tables(int16_t exponential[513], int16_t reciprocal[513]);

/*
 * A table of a function of floats: table[i] is function(x) for the input i - 128, rounded in float
 * to the output's scale. Where the function has no finite value the table has the output's least
 * one. kernels/internal/common.h, LUTPopulateInt8.
 */
void kl_fill_real_table_s8(struct kl_quant_s8 in, struct kl_quant_s8 out,
                           double (*function)(double), int8_t table[256]);

/* A function of nn/ref/function_s8.h with its parameters as kl_lookup_s8's table: table[i]
 * is its value at i - 128. */
void kl_fill_table_s8(kl_function_s8 *function, const void *params, int8_t table[256]);

#endif
