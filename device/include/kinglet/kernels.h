/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel ids, and the reference kernels as callable functions (host engine, later model packs). */
#ifndef KINGLET_KERNELS_H
#define KINGLET_KERNELS_H

#include "kinglet/nn.h"

enum kl_kernel_id {
#define KL_KERNEL(id, function, params, inputs, header) KL_KERNEL_##id,
#include "kinglet/kernels.def"
#undef KL_KERNEL
    KL_KERNEL_COUNT
};

/* A kernel whose parameter struct is known only by its id. */
typedef void kl_kernel_fn(const void *params, const struct kl_rows *in, const struct kl_rows *out,
                          void *scratch);

/* The reference kernel of each id; defined in nn/ref/ref.c. */
extern kl_kernel_fn *const kl_ref_kernels[KL_KERNEL_COUNT];

#endif
