/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiled model, as the generated model.c describes it, and the calls to run it.
 *
 * All state lives in one arena that the caller owns: KL_ARENA_ALIGN-aligned,
 * kl_model.arena_bytes long. Two arenas are two independent instances of one model.
 * Nothing here allocates, keeps globals or fails: sizes are compile-time constants.
 */
#ifndef KINGLET_MODEL_H
#define KINGLET_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/dtype.h"

/* Alignment in bytes that an arena must have. */
#define KL_ARENA_ALIGN 16

/* One input or output: where it lies in the arena and how to read it. */
struct kl_tensor_info {
    uint32_t offset;    /* bytes from the start of the arena */
    uint32_t bytes;     /* size in bytes */
    float scale;        /* real = scale * (q - zero_point); 0 when the tensor is not quantised */
    int32_t zero_point; /* 0 when the tensor is not quantised */
    const int32_t *dim; /* rank dimensions, outermost first (NHWC for images) */
    uint8_t rank;
    uint8_t dtype; /* enum kl_dtype */
};

/* One step (usually one operator of the model). */
typedef void kl_step_fn(unsigned char *arena);

/*
 * The compiled model. Constant; lives in flash.
 *
 * Inputs share arena memory with later activations: kl_model_run destroys them, and
 * the outputs stay valid until the next input is written or the next run starts.
 *
 * A model with state (reset_count > 0) keeps its variables in the arena, too, from run to
 * run: call kl_model_reset before the first one, and write nothing but inputs.
 */
struct kl_model {
    uint32_t arena_bytes;
    uint16_t input_count;
    uint16_t output_count;
    uint16_t step_count;
    uint16_t reset_count; /* steps that set the initial state; 0: the model keeps none */
    const struct kl_tensor_info *inputs;
    const struct kl_tensor_info *outputs;
    kl_step_fn *const *steps; /* step_count of a run, then reset_count of a reset */
    uint32_t next_offset;     /* uint32 in the arena where a branch leaves the step to go on
                               * with; 0: there are none, and all steps run in order */
};

/* Address of input `index` (< input_count) inside `arena`, to be written before a run. */
static inline void *kl_model_input(const struct kl_model *model, void *arena, uint32_t index)
{
    return (unsigned char *)arena + model->inputs[index].offset;
}

/* Address of output `index` (< output_count) inside `arena`, to be read after a run. */
static inline const void *kl_model_output(const struct kl_model *model, const void *arena,
                                          uint32_t index)
{
    return (const unsigned char *)arena + model->outputs[index].offset;
}

/*
 * Run one step (< step_count) and return the step to go on with: the next one, or where a
 * branch of the model's control flow leads. An inference begins with step 0 and ends when
 * step_count comes back, or a number above it: then the model wants more inputs first, and the
 * outputs are still those of the inference before. A firmware with a watchdog or a cooperative
 * scheduler may do other work between steps.
 */
static inline uint32_t kl_model_step(const struct kl_model *model, void *arena, uint32_t step)
{
    if (model->next_offset == 0) {
        model->steps[step]((unsigned char *)arena);
        return step + 1;
    }
    uint32_t *next = (uint32_t *)(void *)((unsigned char *)arena + model->next_offset);
    *next = step + 1;
    model->steps[step]((unsigned char *)arena);
    return *next;
}

/*
 * One inference: all steps. Cannot fail. Returns whether the outputs are new: a streaming model
 * that works on several inputs at a time says false, and keeps its outputs, until it has all of
 * them. True for every other model.
 */
static inline bool kl_model_run(const struct kl_model *model, void *arena)
{
    uint32_t step = 0;
    while (step < model->step_count) {
        step = kl_model_step(model, arena, step);
    }
    return step == model->step_count;
}

/*
 * Give a model with state its initial values, before the first run and to start afresh. What
 * the arena holds else is lost: write the inputs afterwards. Does nothing without state.
 */
static inline void kl_model_reset(const struct kl_model *model, void *arena)
{
    for (uint32_t i = 0; i < model->reset_count; i++) {
        model->steps[model->step_count + i]((unsigned char *)arena);
    }
}

#endif
