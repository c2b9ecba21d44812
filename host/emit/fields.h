/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of the kernels' parameter structs, so that plans can be written out. */
#ifndef KINGLET_EMIT_FIELDS_H
#define KINGLET_EMIT_FIELDS_H

#include <stddef.h>

#include "kinglet/kernels.h"

enum kl_field_type {
    KL_FIELD_I32,
    KL_FIELD_F32,
    KL_FIELD_POINTER, /* to constant data */
    KL_FIELD_STRUCT
};

/* One field; a table ends with a NULL name. */
struct kl_field {
    const char *name;
    enum kl_field_type type;
    size_t offset;
    int32_t count;                 /* elements of an array, else 1 */
    int32_t inner;                 /* > 0: a two-dimensional array with rows of this length */
    const struct kl_field *fields; /* of a KL_FIELD_STRUCT */
};

const struct kl_field *kl_kernel_fields(enum kl_kernel_id kernel);

/* Name of the parameter struct, e.g. "kl_conv2d_s8", and the header that defines the kernel. */
const char *kl_kernel_struct(enum kl_kernel_id kernel);
const char *kl_kernel_header(enum kl_kernel_id kernel);

#endif
