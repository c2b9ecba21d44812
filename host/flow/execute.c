/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/execute.h"

#include <string.h>

enum kl_err kl_execute_arena(const struct kl_plan *plan, struct kl_arena *arena,
                             unsigned char **memory, struct kl_diag *diag)
{
    if (plan->arena_bytes > KL_EXECUTE_ARENA_LIMIT) {
        return kl_fail(diag, KL_ELIMIT,
                       "the model needs %zu bytes of activations; the limit is %zu",
                       plan->arena_bytes, KL_EXECUTE_ARENA_LIMIT);
    }
    *memory = kl_arena_alloc(arena, plan->arena_bytes, 1);
    return *memory ? KL_OK : KL_FAIL_MEMORY(diag);
}

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

static struct kl_rows rows_at(const struct kl_plan *plan, const struct kl_plan_rows *rows,
                              unsigned char *memory)
{
    return (struct kl_rows){.base = kl_plan_rows_base(plan, rows, memory),
                            .stride = rows->stride,
                            .count = rows->count};
}

void kl_execute_step(const struct kl_plan *plan, int32_t step, unsigned char *memory)
{
    const struct kl_plan_step *s = &plan->steps[step];
    struct kl_rows in[KL_PLAN_MAX_INPUTS] = {0};
    for (int32_t i = 0; i < s->in_count; i++) {
        in[i] = rows_at(plan, &s->in[i], memory);
    }
    struct kl_rows out = rows_at(plan, &s->out, memory);
    kl_kernels[s->kernel](s->params, in, &out, kl_plan_scratch(plan, s, memory));
}

void kl_execute(const struct kl_plan *plan, unsigned char *memory)
{
    for (int32_t i = 0; i < plan->step_count; i++) {
        kl_execute_step(plan, i, memory);
    }
}
