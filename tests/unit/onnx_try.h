/* SPDX-License-Identifier: Apache-2.0 */
/* Import and run ONNX models that a test has made; failures end the test. */
#ifndef KINGLET_TESTS_ONNX_TRY_H
#define KINGLET_TESTS_ONNX_TRY_H

#include "flow/model_job.h"
#include "onnx_writer.h"

/* Import and optimise; the graph lies in the model's arena. */
struct kl_graph *onnx_try_accept(struct kt_onnx *m);

/* The import fails with that error, and its message holds the words. */
void onnx_try_refuse(struct kt_onnx *m, enum kl_err err, const char *words);

/* Operators of that kind in the graph. */
int32_t onnx_try_count(const struct kl_graph *graph, enum kl_op_kind kind);

/* Plan and run the model with one input; outputs, as many as the model has, are copied to
 * `outputs`. Then the model is freed. */
void onnx_try_run(struct kt_onnx *m, const void *input, void *const *outputs);

#endif
