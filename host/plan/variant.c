/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/variant.h"

/*
 * The variants of all sets, and the portable kernels for weights of 4 bits. Steps with such weights
 * are offered to the rows for them first. Of several for one kernel, the first that can compute a
 * step does.
 */
static const struct {
    enum kl_kernel_set set;
    enum kl_kernel_id portable;
    bool s4; /* for weights of 4 bits */
    kl_variant_fn *choose;
} variants[] = {
    {KL_KERNELS_MVE, KL_KERNEL_CONV2D_S8, false, kl_variant_conv_mve},
    {KL_KERNELS_MVE, KL_KERNEL_DEPTHWISE_S8, false, kl_variant_depthwise_mve},
    {KL_KERNELS_MVE, KL_KERNEL_FULLY_CONNECTED_S8, false, kl_variant_fully_connected_mve},
    {KL_KERNELS_MVE, KL_KERNEL_CONV2D_S8, true, kl_variant_conv_s4_mve},
    {KL_KERNELS_MVE, KL_KERNEL_FULLY_CONNECTED_S8, true, kl_variant_fully_connected_s4_mve},
    {KL_KERNELS_ARMV7EM, KL_KERNEL_CONV2D_S8, false, kl_variant_conv_armv7em},
    {KL_KERNELS_ARMV7EM, KL_KERNEL_DEPTHWISE_S8, false, kl_variant_depthwise_armv7em},
    {KL_KERNELS_ARMV7EM, KL_KERNEL_FULLY_CONNECTED_S8, false, kl_variant_fully_connected_armv7em},
    {KL_KERNELS_ARMV7EM, KL_KERNEL_CONV2D_S8, true, kl_variant_conv_s4_armv7em},
    {KL_KERNELS_ARMV7EM, KL_KERNEL_FULLY_CONNECTED_S8, true, kl_variant_fully_connected_s4_armv7em},
    {KL_KERNELS_MUL32, KL_KERNEL_CONV2D_S8, false, kl_variant_conv_mul32},
    {KL_KERNELS_MUL32, KL_KERNEL_CONV2D_S8, true, kl_variant_conv_s4_mul32},
    {KL_KERNELS_MUL32, KL_KERNEL_DEPTHWISE_S8, false, kl_variant_depthwise_mul32},
    {KL_KERNELS_PORTABLE, KL_KERNEL_CONV2D_S8, true, kl_variant_conv_s4},
    {KL_KERNELS_PORTABLE, KL_KERNEL_DEPTHWISE_S8, true, kl_variant_depthwise_s4},
    {KL_KERNELS_PORTABLE, KL_KERNEL_FULLY_CONNECTED_S8, true, kl_variant_fully_connected_s4},
};

/* The set whose kernels a core of `set` runs as well. */
static enum kl_kernel_set below(enum kl_kernel_set set)
{
    return set == KL_KERNELS_MVE ? KL_KERNELS_ARMV7EM : KL_KERNELS_PORTABLE;
}

/* Offer the step to the variants of one set that are, or are not, for weights of 4 bits. */
static enum kl_err offer(struct kl_lowering *l, enum kl_kernel_set set, bool s4,
                         struct kl_plan_step *step, bool *taken, struct kl_diag *diag)
{
    const enum kl_kernel_id portable = step->kernel;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0] && !*taken; i++) {
        if (variants[i].set == set && variants[i].portable == portable && variants[i].s4 == s4) {
            KL_TRY(variants[i].choose(l, step, diag));
            *taken = step->kernel != portable;
        }
    }
    return KL_OK;
}

/* Offer it to those of the lowering's set, and of all sets below. */
static enum kl_err offer_all(struct kl_lowering *l, bool s4, struct kl_plan_step *step, bool *taken,
                             struct kl_diag *diag)
{
    for (enum kl_kernel_set set = l->kernels; set != KL_KERNELS_PORTABLE; set = below(set)) {
        KL_TRY(offer(l, set, s4, step, taken, diag));
    }
    return offer(l, KL_KERNELS_PORTABLE, s4, step, taken, diag);
}

enum kl_err kl_lower_variant(struct kl_lowering *l, struct kl_plan_step *step, bool *taken,
                             struct kl_diag *diag)
{
    *taken = false;
    if (kl_step_is_s4(l, step)) {
        KL_TRY(offer_all(l, true, step, taken, diag));
    }
    return *taken ? KL_OK : offer_all(l, false, step, taken, diag);
}
