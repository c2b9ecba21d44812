/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "emit/fields_internal.h"

static const struct {
    const char *name;
    const char *header;
    const struct kl_field *fields;
} kernels[] = {
#define KL_KERNEL(id, function, params, inputs, file) \
    [KL_KERNEL_##id] = {#params, file, params##_fields},
#include "kinglet/kernels.def"
#undef KL_KERNEL
};

const struct kl_field *kl_kernel_fields(enum kl_kernel_id kernel)
{
    assert((unsigned)kernel < KL_KERNEL_COUNT);
    return kernels[kernel].fields;
}

const char *kl_kernel_struct(enum kl_kernel_id kernel)
{
    assert((unsigned)kernel < KL_KERNEL_COUNT);
    return kernels[kernel].name;
}

const char *kl_kernel_header(enum kl_kernel_id kernel)
{
    assert((unsigned)kernel < KL_KERNEL_COUNT);
    return kernels[kernel].header;
}
