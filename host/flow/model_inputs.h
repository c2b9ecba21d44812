/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs and outputs of a model, each kind back to back in one piece of memory. */
#ifndef KINGLET_FLOW_MODEL_INPUTS_H
#define KINGLET_FLOW_MODEL_INPUTS_H

#include "plan/plan.h"

/* Bytes of all inputs, or all outputs, of a plan. */
size_t kl_plan_input_bytes(const struct kl_plan *plan);
size_t kl_plan_output_bytes(const struct kl_plan *plan);

/* Random content for all inputs from a seed: full range for integers, -1 .. 1 for floats. */
void kl_random_inputs(const struct kl_plan *plan, uint64_t seed, unsigned char *inputs);

/* The same for `runs` runs, one set behind the other; the first is that of the seed itself. */
void kl_random_sequence(const struct kl_plan *plan, uint64_t seed, int64_t runs,
                        unsigned char *inputs);

#endif
