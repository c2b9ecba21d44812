/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/execute.h"

#include <string.h>

unsigned char *kl_execute_io(const struct kl_plan *plan, const struct kl_plan_io *io,
                             unsigned char *memory)
{
    return memory + plan->buffers[io->buffer].offset + io->offset;
}

void kl_execute_load(const struct kl_plan *plan, const unsigned char *inputs, unsigned char *memory)
{
    for (int32_t i = 0; i < plan->input_count; i++) {
        size_t bytes = plan->inputs[i].tensor->bytes;
        memcpy(kl_execute_io(plan, &plan->inputs[i], memory), inputs, bytes);
        inputs += bytes;
    }
}

void kl_execute_store(const struct kl_plan *plan, unsigned char *memory, unsigned char *outputs)
{
    for (int32_t i = 0; i < plan->output_count; i++) {
        size_t bytes = plan->outputs[i].tensor->bytes;
        memcpy(outputs, kl_execute_io(plan, &plan->outputs[i], memory), bytes);
        outputs += bytes;
    }
}

static struct kl_rows rows_at(const struct kl_plan *plan, const struct kl_plan_rows *rows,
                              unsigned char *memory)
{
    return (struct kl_rows){.base = kl_plan_rows_base(plan, rows, memory),
                            .stride = rows->stride,
                            .count = rows->count};
}

static void run_step(const struct kl_plan *plan, int32_t step, unsigned char *memory)
{
    const struct kl_plan_step *s = &plan->steps[step];
    struct kl_rows in[KL_PLAN_MAX_INPUTS] = {0};
    for (int32_t i = 0; i < s->in_count; i++) {
        in[i] = rows_at(plan, &s->in[i], memory);
    }
    struct kl_rows out[KL_PLAN_MAX_OUTPUTS] = {0};
    for (int32_t i = 0; i < s->out_count; i++) {
        out[i] = rows_at(plan, &s->out[i], memory);
    }
    kl_kernels[s->kernel](s->params, in, out, kl_plan_scratch(plan, s, memory));
}

int32_t kl_execute_step(const struct kl_plan *plan, int32_t step, unsigned char *memory)
{
    uint32_t next = (uint32_t)step + 1;
    if (plan->next_buffer < 0) {
        run_step(plan, step, memory);
        return step + 1;
    }
    unsigned char *place = memory + plan->buffers[plan->next_buffer].offset;
    memcpy(place, &next, sizeof next);
    run_step(plan, step, memory);
    memcpy(&next, place, sizeof next);
    return (int32_t)next;
}

enum kl_err kl_execute(const struct kl_plan *plan, unsigned char *memory, struct kl_diag *diag)
{
    int64_t left = KL_EXECUTE_STEPS_LIMIT;
    for (int32_t step = 0; step < plan->step_count;) {
        if (left-- == 0) {
            return kl_fail(diag, KL_ELIMIT,
                           "the run was ended after %lld steps; a WHILE of the model may have no "
                           "end for these inputs",
                           (long long)KL_EXECUTE_STEPS_LIMIT);
        }
        step = kl_execute_step(plan, step, memory);
    }
    return KL_OK;
}

bool kl_execute_has_new_outputs(const struct kl_plan *plan, const unsigned char *memory)
{
    uint32_t next = (uint32_t)plan->step_count;
    if (plan->next_buffer >= 0) {
        memcpy(&next, memory + plan->buffers[plan->next_buffer].offset, sizeof next);
    }
    return next == (uint32_t)plan->step_count;
}

void kl_execute_reset(const struct kl_plan *plan, unsigned char *memory)
{
    for (int32_t i = 0; i < plan->reset_count; i++) {
        run_step(plan, plan->step_count + i, memory);
    }
}

enum kl_err kl_execute_arena(const struct kl_plan *plan, struct kl_arena *arena,
                             unsigned char **memory, struct kl_diag *diag)
{
    if (plan->arena_bytes > KL_EXECUTE_ARENA_LIMIT) {
        return kl_fail(diag, KL_ELIMIT,
                       "the model needs %zu bytes of activations; the limit is %zu",
                       plan->arena_bytes, KL_EXECUTE_ARENA_LIMIT);
    }
    *memory = kl_arena_alloc(arena, plan->arena_bytes, 1);
    if (!*memory) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_execute_reset(plan, *memory);
    return KL_OK;
}
