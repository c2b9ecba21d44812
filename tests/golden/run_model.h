/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where the golden tests call the engine. */
#ifndef KINGLET_TESTS_RUN_MODEL_H
#define KINGLET_TESTS_RUN_MODEL_H

#include <stdint.h>

#include "flow/model_job.h"

enum { MAX_MODEL_IO = 64 };

/*
 * Import `model`, plan it for a set of kernels, and run it by the engine on the host. `inputs` has
 * `input_count` tensors in the model's order, raw little-endian; each may hold several values,
 * for runs that follow each other without a reset. `outputs` (room for
 * MAX_MODEL_IO) gets the model's outputs in memory of `arena`, *output_count of them.
 */
enum kl_err run_model(struct kl_bytes model, enum kl_kernel_set kernels,
                      const struct kl_bytes *inputs, int32_t input_count, struct kl_arena *arena,
                      struct kl_bytes *outputs, int32_t *output_count,
                      struct kl_diag *diag) KL_MUST_CHECK;

/* The same for a model that is planned already. */
enum kl_err run_job(const struct kl_model_job *job, const struct kl_bytes *inputs,
                    int32_t input_count, struct kl_arena *arena, struct kl_bytes *outputs,
                    int32_t *output_count, struct kl_diag *diag) KL_MUST_CHECK;

#endif
