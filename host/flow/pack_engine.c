/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/pack_engine.h"

static const struct kl_engine_kernel *const kernels[] = {
#define KL_KERNEL(id, function, params, inputs, header) [KL_KERNEL_##id] = &kl_engine_kernel_##id,
#include "kinglet/kernels.def"
#undef KL_KERNEL
};

const struct kl_engine kl_host_engine = {.magic = KL_ENGINE_MAGIC,
                                         .abi = KL_ENGINE_ABI,
                                         .kernel_count = KL_KERNEL_COUNT,
                                         .arena_bytes = KL_PACK_MAX_BYTES,
                                         .kernels = kernels};

const char *kl_kernel_id_name(enum kl_kernel_id kernel)
{
    static const char *const names[] = {
#define KL_KERNEL(id, function, params, inputs, header) [KL_KERNEL_##id] = #id,
#include "kinglet/kernels.def"
#undef KL_KERNEL
    };
    return names[kernel];
}

const char *kl_pack_error_text(enum kl_pack_error error)
{
    /* A switch without default: the compiler names an error that has no line here. */
    switch (error) {
    case KL_PACK_OK: return "valid";
    case KL_PACK_ERROR_SIZE: return "it is truncated, too large, or not aligned in memory";
    case KL_PACK_ERROR_MAGIC: return "it is not a model pack";
    case KL_PACK_ERROR_VERSION: return "it is of another version of the format";
    case KL_PACK_ERROR_ABI: return "it is made for another engine";
    case KL_PACK_ERROR_ARENA: return "it needs a larger arena than there is";
    case KL_PACK_ERROR_LAYOUT: return "a part of it lies outside, or a reserved field is not 0";
    case KL_PACK_ERROR_TENSOR: return "an input or output is malformed or outside the arena";
    case KL_PACK_ERROR_KERNEL: return "it needs a kernel that the engine does not have";
    case KL_PACK_ERROR_STEP: return "the step's record is malformed";
    case KL_PACK_ERROR_PARAMS:
        return "the step's parameters are out of range, or reach out of bounds";
    }
    return "unknown error";
}
