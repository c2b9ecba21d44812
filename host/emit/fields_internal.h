/* SPDX-License-Identifier: Apache-2.0 */
/* The tables behind fields.h: one file fields_*.c for one or some headers of kinglet/nn/. */
#ifndef KINGLET_EMIT_FIELDS_INTERNAL_H
#define KINGLET_EMIT_FIELDS_INTERNAL_H

#include "emit/fields.h"

/* Rows of a table: members of struct `type` in the order of their declaration, then END. */
#define I32(type, field)                                               \
    {                                                                  \
#field, KL_FIELD_I32, offsetof(struct type, field), 1, 0, NULL \
    }
#define I32_ARRAY(type, field, n)                                      \
    {                                                                  \
#field, KL_FIELD_I32, offsetof(struct type, field), n, 0, NULL \
    }
#define I32_ARRAY2(type, field, n, m)                                          \
    {                                                                          \
#field, KL_FIELD_I32, offsetof(struct type, field), (n) * (m), m, NULL \
    }
#define F32(type, field)                                               \
    {                                                                  \
#field, KL_FIELD_F32, offsetof(struct type, field), 1, 0, NULL \
    }
#define POINTER(type, field)                                               \
    {                                                                      \
#field, KL_FIELD_POINTER, offsetof(struct type, field), 1, 0, NULL \
    }
#define STRUCT(type, field, table)                                         \
    {                                                                      \
#field, KL_FIELD_STRUCT, offsetof(struct type, field), 1, 0, table \
    }
#define END                               \
    {                                     \
        NULL, KL_FIELD_I32, 0, 0, 0, NULL \
    }

/* Of each parameter struct: kl_conv2d_s8_fields and so on. */
#define KL_KERNEL(id, function, params, inputs, file) \
    extern const struct kl_field params##_fields[];
#include "kinglet/kernels.def"
#undef KL_KERNEL

/* Of structs that parameter structs of several files hold. */
extern const struct kl_field kl_window_fields[];
extern const struct kl_field kl_requant_fields[];
extern const struct kl_field kl_elementwise_fields[];

#endif
