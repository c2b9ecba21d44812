/* SPDX-License-Identifier: Apache-2.0 */
/* A feature pipeline from its text to its features, for tests. What fails fails the test. */
#ifndef KINGLET_TESTS_FEATURES_RUN_H
#define KINGLET_TESTS_FEATURES_RUN_H

#include <stdint.h>

#include "base/file.h"

enum { FEATURES_RUN_VALUES = 4096 }; /* at most, of 4 bytes */

/* The text without its end. */
struct kl_bytes features_bytes(const char *text);

/* Plan the text and run it on `input`; the output, of *bytes bytes, is copied into `out`, which has
 * room for FEATURES_RUN_VALUES. */
void features_run(struct kl_bytes text, const void *input, void *out, size_t *bytes);

/* The same, for a text whose features are `count` floats. */
void features_run_text(const char *text, const void *input, float *out, int32_t count);

#endif
