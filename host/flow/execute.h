/* SPDX-License-Identifier: Apache-2.0 */
/* The engine on the host: runs a plan with the kernels that it names, in C. */
#ifndef KINGLET_FLOW_EXECUTE_H
#define KINGLET_FLOW_EXECUTE_H

#include "plan/plan.h"

/* Largest arena that the host allocates for a run. */
#define KL_EXECUTE_ARENA_LIMIT ((size_t)1 << 30)

/* A zeroed arena for the plan, in memory of `arena`; refused past the limit. */
enum kl_err kl_execute_arena(const struct kl_plan *plan, struct kl_arena *arena,
                             unsigned char **memory, struct kl_diag *diag) KL_MUST_CHECK;

/* Where model input or output lies in that memory. */
unsigned char *kl_execute_io(const struct kl_plan *plan, const struct kl_plan_io *io,
                             unsigned char *memory);

/* Copy all model inputs, given back to back, to their places. */
void kl_execute_load(const struct kl_plan *plan, const unsigned char *inputs,
                     unsigned char *memory);

/* Run one step, or all. The memory is plan->arena_bytes long and aligned to 16. */
void kl_execute_step(const struct kl_plan *plan, int32_t step, unsigned char *memory);
void kl_execute(const struct kl_plan *plan, unsigned char *memory);

#endif
