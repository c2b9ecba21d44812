/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the writer of .tflite files. Private to host/emit. */
#ifndef KINGLET_EMIT_TFLITE_INTERNAL_H
#define KINGLET_EMIT_TFLITE_INTERNAL_H

#include "emit/tflite.h"

/* Make the paddings of all windows SAME or VALID, by operators in front of them. */
enum kl_err tfl_make_paddings(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

/* enum tfl_padding of a window; -1: neither of them. */
int32_t tfl_padding_of(const struct kl_op *op);

/* Why files cannot hold the operator; NULL: they can. */
const char *tfl_inexpressible(const struct kl_op *op);

/* The version of the builtin operator that computes this: the least one that knows its types and
 * options. 1 for custom operators. */
int32_t tfl_version(const struct kl_op *op);

/* Write the table of the options of an operator whose kind has one; its position. */
size_t tfl_write_options(struct fb *b, const struct kl_graph *graph, const struct kl_op *op);

/* Write a custom operator's options, a FlexBuffers map, as a vector of bytes; its position. */
size_t tfl_write_numbers(struct fb *b, const struct kl_op *op);

/* A field that refers to a child; linked when the child is written. */
static inline struct fb_field tfl_reference(int32_t id)
{
    return (struct fb_field){.id = id, .bytes = 4};
}

static inline struct fb_field tfl_field(int32_t id, int32_t bytes, int64_t value)
{
    return (struct fb_field){.id = id, .bytes = bytes, .value = (uint64_t)value};
}

#endif
