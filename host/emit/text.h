/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of C text: numbers, arrays, parameter structs. Private to emit/. */
#ifndef KINGLET_EMIT_TEXT_H
#define KINGLET_EMIT_TEXT_H

#include "emit/fields.h"
#include "plan/plan.h"

/* C name of an element type, e.g. "int8_t". */
const char *kl_emit_ctype(enum kl_dtype dtype);

/* A float constant that reads back to the same bits (hexadecimal). */
void kl_emit_float(struct kl_buffer *text, float value);

/* `static const TYPE name[N] = {...};`, wrapped lines. */
void kl_emit_array(struct kl_buffer *text, const struct kl_plan_constant *constant,
                   const char *name);

/* The names given to constants, by index; NULL: not used yet. */
struct kl_emit_names {
    const struct kl_plan *plan;
    const char **names;
};

/* Name of the constant that `data` points to. */
const char *kl_emit_constant_name(const struct kl_emit_names *names, const void *data);

/* `{.a = 1, ...}` for a parameter struct; continuation lines are indented by `indent`. */
void kl_emit_struct(struct kl_buffer *text, const struct kl_emit_names *names,
                    const struct kl_field *fields, const void *data, int indent);

#endif
