/* SPDX-License-Identifier: Apache-2.0 */
/* The evaluators of the slow reference, one per operator. */
#ifndef KINGLET_TESTS_SLOW_OPS_H
#define KINGLET_TESTS_SLOW_OPS_H

#include "slow_value.h"

/* Compute all outputs of `o` from its inputs. */
typedef void slow_fn(const struct slow_op *o);

slow_fn slow_transpose_conv;
slow_fn slow_conv_2d, slow_depthwise_conv_2d, slow_fully_connected;
slow_fn slow_add, slow_sub, slow_mul, slow_prelu;
slow_fn slow_average_pool, slow_max_pool, slow_mean, slow_softmax;
slow_fn slow_relu, slow_relu6, slow_leaky_relu, slow_logistic, slow_tanh, slow_hard_swish;
slow_fn slow_quantize, slow_dequantize;
slow_fn slow_pad, slow_copy, slow_transpose, slow_strided_slice, slow_concatenation;
slow_fn slow_split, slow_split_v, slow_pack, slow_unpack, slow_shape, slow_resize_nearest;
slow_fn slow_slice, slow_reverse, slow_mirror_pad, slow_space_to_depth, slow_depth_to_space;
slow_fn slow_space_to_batch, slow_batch_to_space, slow_fill, slow_zeros, slow_broadcast_args;
slow_fn slow_embedding_lookup;
slow_fn slow_log_softmax, slow_l2_normalise, slow_resize_bilinear, slow_squared_difference;
slow_fn slow_l2_pool, slow_add_n, slow_cumsum, slow_gelu, slow_relu_range, slow_circular_buffer;
slow_fn slow_function, slow_arithmetic, slow_compare, slow_logical_not, slow_select, slow_cast;
slow_fn slow_reduce_number, slow_arg, slow_gather, slow_gather_nd, slow_topk, slow_repeat;

/* Quantised forms; the operators without them call these. */
slow_fn slow_function_int, slow_div_int, slow_batch_matmul;

/* An operand of a comparison of int8, in units of 1/256. */
int64_t slow_compared_int(const struct slow_value *value, int64_t i);

/* The sum of `count` quantised integers as an output element of o. */
int64_t slow_rescaled_sum(const struct slow_op *o, int64_t sum, int64_t count);

/* `count` floats from element `first` on, quantised by their own range into the same elements of
 * `to`, and their scale; with a zero point when `asymmetric`. */
float slow_quantise_image(const struct slow_value *in, int64_t first, int64_t count,
                          bool asymmetric, struct slow_value *to, int64_t *zero_point);

slow_fn slow_svdf, slow_lstm;
slow_fn slow_signal_window, slow_signal_auto_scale, slow_signal_rfft, slow_signal_energy;
slow_fn slow_signal_filter_bank, slow_signal_root, slow_signal_noise, slow_signal_pcan;
slow_fn slow_signal_log, slow_signal_delay, slow_signal_framer, slow_signal_stacker;
slow_fn slow_signal_overlap_add, slow_signal_irfft;

/* Q0.15 of the logistic function and of tanh at x / (3 * 4096), by a table of 256 values. */
int64_t slow_logistic_on_table(int64_t x);
int64_t slow_tanh_on_table(int64_t x);

#endif
