/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a described model as a .tflite file. */
#ifndef KINGLET_TESTS_TFLITE_WRITER_H
#define KINGLET_TESTS_TFLITE_WRITER_H

#include "base/file.h"
#include "model.h"

/*
 * The file's bytes, in memory of the model's arena. What the model says is written as it
 * is, sensible or not; only list lengths are bounded by the description's own arrays.
 */
struct kl_bytes kt_write(struct kt_model *model);

#endif
