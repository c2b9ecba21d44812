/* SPDX-License-Identifier: Apache-2.0 */
/* Small ONNX models of several kinds, always the same: for boards, and as seeds of the fuzzer. */
#ifndef KINGLET_TESTS_ONNX_MODELS_H
#define KINGLET_TESTS_ONNX_MODELS_H

#include "onnx_writer.h"

/* The names of all, ended by NULL. */
extern const char *const kt_onnx_model_names[];

/* The model of that name, or NULL. */
struct kt_onnx *kt_onnx_model(const char *name);

#endif
