/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels as an engine knows them: one object each, so that a linker drops what no engine
 * names. */
#include "nn/pack/check.h"

#define KL_PARAMS(type, words, ...)                                                            \
    static const uint8_t pointers_of_##type[] = {__VA_ARGS__};                                 \
    static const struct kl_params_layout layout_of_##type = {words, sizeof pointers_of_##type, \
                                                             pointers_of_##type};
#define KL_PARAMS_PLAIN(type)                                 \
    static const struct kl_params_layout layout_of_##type = { \
        sizeof(struct type) / sizeof(uint32_t), 0, 0};
#include "nn/pack/params.def"
#undef KL_PARAMS
#undef KL_PARAMS_PLAIN

/* A kernel whose parameter struct has no row in params.def does not compile. */
#define KL_KERNEL(id, function, params, inputs, header)                             \
    static bool check_##id(const void *p, struct kl_check *check)                   \
    {                                                                               \
        return params##_check((const struct params *)p, check);                     \
    }                                                                               \
    const struct kl_engine_kernel kl_engine_kernel_##id = {kl_run_##id, check_##id, \
                                                           &layout_of_##params, inputs};
#include "kinglet/kernels.def"
#undef KL_KERNEL
