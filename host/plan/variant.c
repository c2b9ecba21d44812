/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/variant.h"

/* The variants of all sets; those of the portable set are for any core. Of several for one kernel,
 * the first that can compute a step does. */
static const struct {
    enum kl_kernel_set set;
    enum kl_kernel_id portable;
    kl_variant_fn *choose;
} variants[] = {
    {KL_KERNELS_PORTABLE, KL_KERNEL_CONV2D_S8, kl_variant_conv_s4},
    {KL_KERNELS_PORTABLE, KL_KERNEL_DEPTHWISE_S8, kl_variant_depthwise_s4},
    {KL_KERNELS_PORTABLE, KL_KERNEL_FULLY_CONNECTED_S8, kl_variant_fully_connected_s4},
    {KL_KERNELS_MVE, KL_KERNEL_CONV2D_S8, kl_variant_conv_mve},
    {KL_KERNELS_MVE, KL_KERNEL_DEPTHWISE_S8, kl_variant_depthwise_mve},
    {KL_KERNELS_MVE, KL_KERNEL_FULLY_CONNECTED_S8, kl_variant_fully_connected_mve},
    {KL_KERNELS_ARMV7EM, KL_KERNEL_CONV2D_S8, kl_variant_conv_armv7em},
    {KL_KERNELS_ARMV7EM, KL_KERNEL_DEPTHWISE_S8, kl_variant_depthwise_armv7em},
    {KL_KERNELS_ARMV7EM, KL_KERNEL_FULLY_CONNECTED_S8, kl_variant_fully_connected_armv7em},
};

/* The set whose kernels a core of `set` runs as well. */
static enum kl_kernel_set below(enum kl_kernel_set set)
{
    return set == KL_KERNELS_MVE ? KL_KERNELS_ARMV7EM : KL_KERNELS_PORTABLE;
}

/* Offer the step to the variants of one set. */
static enum kl_err offer(struct kl_lowering *l, enum kl_kernel_set set, struct kl_plan_step *step,
                         bool *taken, struct kl_diag *diag)
{
    const enum kl_kernel_id portable = step->kernel;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0] && !*taken; i++) {
        if (variants[i].set == set && variants[i].portable == portable) {
            KL_TRY(variants[i].choose(l, step, diag));
            *taken = step->kernel != portable;
        }
    }
    return KL_OK;
}

enum kl_err kl_lower_variant(struct kl_lowering *l, struct kl_plan_step *step, bool *taken,
                             struct kl_diag *diag)
{
    *taken = false;
    KL_TRY(offer(l, KL_KERNELS_PORTABLE, step, taken, diag));
    for (enum kl_kernel_set set = l->kernels; set != KL_KERNELS_PORTABLE; set = below(set)) {
        KL_TRY(offer(l, set, step, taken, diag));
    }
    return KL_OK;
}
