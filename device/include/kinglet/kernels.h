/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel ids, sets of kernels, and the kernels as callable functions (host engine, later model
 * packs). */
#ifndef KINGLET_KERNELS_H
#define KINGLET_KERNELS_H

#include "kinglet/nn.h"
#include "kinglet/nn/armv7em.h"
#include "kinglet/nn/mul32.h"
#include "kinglet/nn/mve.h"

enum kl_kernel_id {
#define KL_KERNEL(id, function, params, inputs, header) KL_KERNEL_##id,
#include "kinglet/kernels.def"
#undef KL_KERNEL
    KL_KERNEL_COUNT
};

/*
 * Sets of kernels. A core uses one (boards/cores/NAME.yaml, `kernels`); a step that its set has no
 * kernel for takes that of the set below it, and in the end the portable one. Only append.
 */
enum kl_kernel_set {
    KL_KERNELS_PORTABLE, /* nn/ref: C for any core, and the definition of every result */
    KL_KERNELS_ARMV7EM,  /* nn/armv7em: the DSP extension of ARMv7E-M and ARMv8-M */
    KL_KERNELS_MVE,      /* nn/mve: vectors of ARMv8.1-M; below it armv7em */
    KL_KERNELS_MUL32,    /* nn/mul32: a multiplication of 32 bits and nothing else */
    KL_KERNEL_SET_COUNT
};

/* A kernel whose parameter struct is known only by its id. */
typedef void kl_kernel_fn(const void *params, const struct kl_rows *in, const struct kl_rows *out,
                          void *scratch);

/* One callable instance of each kernel, e.g. kl_run_CONV2D_S8, of a set for other cores in its C
 * definition; defined in nn/kernels.c. */
#define KL_KERNEL(id, function, params, inputs, header) extern kl_kernel_fn kl_run_##id;
#include "kinglet/kernels.def"
#undef KL_KERNEL

/* The same by id. */
extern kl_kernel_fn *const kl_kernels[KL_KERNEL_COUNT];

#endif
