/* SPDX-License-Identifier: Apache-2.0 */
/* The built program, run with --json. */
#ifndef KINGLET_TESTS_PROGRAM_H
#define KINGLET_TESTS_PROGRAM_H

#include <jansson.h>

#include "place.h"

/*
 * Run the program to its end. Returns the result that it printed; the caller calls json_decref.
 * NULL when there is none, or when it says that the work could not be done; then the verdict
 * says why.
 */
json_t *program_result(const char *const *argv, int *status, struct verdict *verdict);

/* metrics.NAME.value of a result; NULL when there is none. */
const json_t *result_metric(const json_t *result, const char *name);

#endif
