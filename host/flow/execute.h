/* SPDX-License-Identifier: Apache-2.0 */
/* The engine on the host: runs a plan with the kernels that it names, in C. */
#ifndef KINGLET_FLOW_EXECUTE_H
#define KINGLET_FLOW_EXECUTE_H

#include "plan/plan.h"

/* Largest arena that the host allocates for a run. */
#define KL_EXECUTE_ARENA_LIMIT ((size_t)1 << 30)

/* Most steps that the host runs in one inference: no loop of a real model gets near. */
#define KL_EXECUTE_STEPS_LIMIT ((int64_t)10000000)

/* A zeroed arena for the plan, in memory of `arena`, with the initial state; refused past the
 * limit. */
enum kl_err kl_execute_arena(const struct kl_plan *plan, struct kl_arena *arena,
                             unsigned char **memory, struct kl_diag *diag) KL_MUST_CHECK;

/* Where model input or output lies in that memory. */
unsigned char *kl_execute_io(const struct kl_plan *plan, const struct kl_plan_io *io,
                             unsigned char *memory);

/* Copy all model inputs, given back to back, to their places. */
void kl_execute_load(const struct kl_plan *plan, const unsigned char *inputs,
                     unsigned char *memory);

/* Copy all model outputs, back to back, to `outputs`. */
void kl_execute_store(const struct kl_plan *plan, unsigned char *memory, unsigned char *outputs);

/* Run one step and return the step to go on with; step_count ends the inference. The memory is
 * plan->arena_bytes long and aligned to 16. */
int32_t kl_execute_step(const struct kl_plan *plan, int32_t step, unsigned char *memory);

/* Run one inference. KL_ELIMIT when it does not come to an end. */
enum kl_err kl_execute(const struct kl_plan *plan, unsigned char *memory,
                       struct kl_diag *diag) KL_MUST_CHECK;

/* Did the last inference come to its end? Else one of the model's operators ended it before, and
 * the outputs are still those of the inference before, or the initial ones. */
bool kl_execute_has_new_outputs(const struct kl_plan *plan, const unsigned char *memory);

/* Give all state its initial value; what else is in the arena is lost. */
void kl_execute_reset(const struct kl_plan *plan, unsigned char *memory);

#endif
