/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels of a set in place of portable ones: one row of the table in variant.c per variant, and
 * one pack_*.c per format that weights are packed into. Private to plan/.
 */
#ifndef KINGLET_PLAN_VARIANT_H
#define KINGLET_PLAN_VARIANT_H

#include "plan/lower.h"

/*
 * Give the step another kernel, or leave it as it is when the variant cannot compute it. The step
 * has the portable kernel, its parameters, and in_count; constants that the parameters point to
 * are not kept in the plan yet. A variant sets kernel, params (whose constants it keeps),
 * scratch_bytes and overlap.
 */
typedef enum kl_err kl_variant_fn(struct kl_lowering *l, struct kl_plan_step *step,
                                  struct kl_diag *diag);
kl_variant_fn kl_variant_conv_armv7em, kl_variant_depthwise_armv7em,
    kl_variant_fully_connected_armv7em, kl_variant_conv_mve, kl_variant_depthwise_mve,
    kl_variant_fully_connected_mve, kl_variant_conv_s4_mve, kl_variant_fully_connected_s4_mve,
    kl_variant_conv_s4, kl_variant_depthwise_s4, kl_variant_fully_connected_s4,
    kl_variant_conv_s4_armv7em, kl_variant_fully_connected_s4_armv7em, kl_variant_conv_mul32,
    kl_variant_conv_s4_mul32, kl_variant_depthwise_mul32;

/*
 * Offer the step to the variants of the lowering's set, then of the sets below it; first to those
 * for weights of 4 bits when it has such. *taken: one has changed it. If none has, the caller keeps
 * the portable parameters' constants.
 */
enum kl_err kl_lower_variant(struct kl_lowering *l, struct kl_plan_step *step, bool *taken,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Are all weights of the step's layer in -8 .. 7, and should they stay in 4 bits? Depthwise layers
 * have few, so that cores with kernels of their own for them keep int8. */
bool kl_step_is_s4(const struct kl_lowering *l, const struct kl_plan_step *step);

#endif
