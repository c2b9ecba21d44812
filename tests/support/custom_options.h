/* SPDX-License-Identifier: Apache-2.0 */
/* Options of custom operators: a FlexBuffers map. */
#ifndef KINGLET_TESTS_CUSTOM_OPTIONS_H
#define KINGLET_TESTS_CUSTOM_OPTIONS_H

#include "model.h"

/* Give operator `op` of the model `count` options, sorted by their names, of 32-bit integers. */
void kt_custom_options(struct kt_model *model, int32_t op, int32_t count, const char *const *names,
                       const int32_t *values);

#endif
