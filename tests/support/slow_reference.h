/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slow reference: evaluates a described model one element at a time, from the
 * formulas, sharing nothing with the engine. Integer results are what TensorFlow Lite
 * Micro's reference kernels define, bit for bit. Float results with + - * / only are exact
 * for the order of operations that those kernels have; exp and tanh come from double
 * precision and are right to one rounding, so a comparison needs a tolerance.
 */
#ifndef KINGLET_TESTS_SLOW_REFERENCE_H
#define KINGLET_TESTS_SLOW_REFERENCE_H

#include "base/file.h"
#include "model.h"

/* A model with its state, as it is before the first run; lives as long as the model. */
struct kt_slow;
struct kt_slow *kt_slow_start(struct kt_model *model);

/* The next run: arguments as of kt_slow_run. */
void kt_slow_next(struct kt_slow *slow, const struct kl_bytes *inputs, struct kl_bytes *outputs);

/*
 * The first run. `inputs` has one entry per input, of the tensor's size; `outputs` gets
 * one per output, in memory of the model's arena. A model it cannot run ends the program.
 */
void kt_slow_run(struct kt_model *model, const struct kl_bytes *inputs, struct kl_bytes *outputs);

/* Whether results of this operator on float32 need a tolerance (it uses exp or tanh). */
bool kt_slow_is_elementary(int32_t code);

#endif
