/* SPDX-License-Identifier: Apache-2.0 */
/* Thresholds of decision trees, which files keep in any precision. */
#ifndef KINGLET_IMPORT_THRESHOLD_H
#define KINGLET_IMPORT_THRESHOLD_H

#include <stdbool.h>

/*
 * The largest float32 t for which `value <= t` decides like `value <= exact` (`below`: like
 * `value < exact`) for every float32 value: then features go the same way as they do in a tool
 * that compares in double precision. `exact` is a number; the result may be infinite.
 */
float import_threshold(double exact, bool below);

#endif
