/* SPDX-License-Identifier: Apache-2.0 */
/* Write classical models as JSON, and run them or have them refused; failures end the test. */
#ifndef KINGLET_TESTS_CLASSICAL_TRY_H
#define KINGLET_TESTS_CLASSICAL_TRY_H

#include <stdint.h>

#include "base/buffer.h"

/* Text of a model with these features and a kind, as far as the kind's own members. Two braces
 * close it. */
void classical_begin(struct kl_buffer *text, int32_t features, const char *kind);

/* A member `name` with a list, and a comma; a list alone. */
void classical_print_ints(struct kl_buffer *text, const char *name, const int32_t *list,
                          int32_t count);
void classical_print_floats(struct kl_buffer *text, const float *list, int32_t count);

/* Plan the text and compute `output` from `input`. */
void classical_compute(const char *text, const float *input, float *output);

/* Bit for bit. */
void classical_expect_same(const float *actual, const float *expected, int32_t count);

/* The text is refused with a message that holds the words. */
void classical_refuse(const char *text, const char *words);

#endif
