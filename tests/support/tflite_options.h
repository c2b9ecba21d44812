/* SPDX-License-Identifier: Apache-2.0 */
/* The option tables of the operators, as fields for the builder. */
#ifndef KINGLET_TESTS_TFLITE_OPTIONS_H
#define KINGLET_TESTS_TFLITE_OPTIONS_H

#include "formats/flatbuffer_builder.h"
#include "model.h"

enum { KT_MAX_OPTION_FIELDS = 8 };

/* Number of the operator's table in the union BuiltinOptions; 0: it has none. */
int32_t kt_options_kind(int32_t code);

/* Write the operator's option table; returns its position. */
size_t kt_options_write(struct fb *b, int32_t code, const struct kt_options *options);

#endif
