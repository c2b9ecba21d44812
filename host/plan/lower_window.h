/* SPDX-License-Identifier: Apache-2.0 */
/* What the lowerings of sliding windows and weights share. Private to plan/. */
#ifndef KINGLET_PLAN_LOWER_WINDOW_H
#define KINGLET_PLAN_LOWER_WINDOW_H

#include "plan/lower.h"

/* The window's geometry over the shapes of the operator's image and its output. */
struct kl_window kl_lower_window(const struct kl_op *op, int32_t k_h, int32_t k_w);

/* Add a step over image lines; refuses windows that reach too far for int32 positions. `step` has
 * kernel, parameters, and what else the kernel needs. */
enum kl_err kl_lower_window_rows(struct kl_lowering *l, struct kl_plan_step step,
                                 const struct kl_window *window,
                                 struct kl_diag *diag) KL_MUST_CHECK;

/* The same of a kernel that needs nothing else. */
enum kl_err kl_lower_window_step(struct kl_lowering *l, enum kl_kernel_id kernel,
                                 const void *params, const struct kl_window *window,
                                 struct kl_diag *diag) KL_MUST_CHECK;

/* The float bias at input `place`; zeros when there is none. */
enum kl_err kl_lower_bias_f32(struct kl_lowering *l, int32_t place, int32_t channels,
                              const float **bias, struct kl_diag *diag) KL_MUST_CHECK;

/* Quantisation of the weights: per tensor or per output channel. */
enum kl_err kl_lower_weight_quant(const struct kl_lowering *l, int32_t channels, int32_t axis,
                                  struct kl_diag *diag) KL_MUST_CHECK;

/* New tables of the multiplier and shift from the accumulator to the output, one per channel. */
enum kl_err kl_lower_multipliers(struct kl_lowering *l, int32_t channels, int32_t **multiplier,
                                 int8_t **shift, struct kl_diag *diag) KL_MUST_CHECK;

/* Requantisation to int8: the operator's quantisation checked, and new tables. */
enum kl_err kl_lower_requant_s8(struct kl_lowering *l, int32_t channels, int32_t axis,
                                enum kl_activation activation, struct kl_requant *rq,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of other types than int8 and float32. */
enum kl_err kl_lower_convolve(struct kl_lowering *l, struct kl_diag *diag) KL_MUST_CHECK;

#endif
