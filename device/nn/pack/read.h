/* SPDX-License-Identifier: Apache-2.0 */
/* Finding one's way in a pack. Private to nn/pack. */
#ifndef KINGLET_NN_PACK_READ_H
#define KINGLET_NN_PACK_READ_H

#include "kinglet/pack.h"

/* Room for the parameters of any kernel. */
union kl_any_params {
#define KL_KERNEL(id, function, params, inputs, header) struct params params_of_##id;
#include "kinglet/kernels.def"
#undef KL_KERNEL
};

/* How a parameter struct is packed; params.def has the numbers. */
struct kl_params_layout {
    uint8_t words; /* of the struct on a 32-bit machine */
    uint8_t pointer_count;
    const uint8_t *pointers; /* the words that are pointers, ascending */
};

struct kl_check;

struct kl_engine_kernel {
    kl_kernel_fn *run;
    bool (*check)(const void *params, struct kl_check *check); /* see check.h */
    const struct kl_params_layout *layout;
    uint8_t inputs;
};

/* The parts of a step's record. */
static inline const struct kl_pack_rows *kl_step_rows(const struct kl_pack_step *step)
{
    return (const struct kl_pack_rows *)(const void *)(step + 1);
}

static inline const struct kl_pack_scratch *kl_step_scratch(const struct kl_pack_step *step)
{
    return (const struct kl_pack_scratch *)(const void *)(kl_step_rows(step) + step->inputs +
                                                          step->outputs);
}

static inline const uint32_t *kl_step_params(const struct kl_pack_step *step)
{
    return (const uint32_t *)(const void *)(kl_step_scratch(step) + step->has_scratch);
}

static inline const struct kl_pack_step *kl_step_next(const struct kl_pack_step *step)
{
    return (const struct kl_pack_step *)(const void *)(kl_step_params(step) + step->words);
}

/*
 * Make a parameter struct from its packed words: a copy in which offsets became pointers, 0
 * becoming NULL. False when an offset lies outside `pack_bytes`.
 */
bool kl_params_unpack(const struct kl_params_layout *layout, const uint32_t *words,
                      const unsigned char *pack, uint32_t pack_bytes, union kl_any_params *params);

#endif
