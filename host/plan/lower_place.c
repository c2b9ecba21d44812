/* SPDX-License-Identifier: Apache-2.0 */
/* Places of values, and the steps that compute them. */
#include "plan/lower.h"

#include <string.h>

#include "base/hash.h"

/* Placing buffers is quadratic and worse in their number. */
enum { MAX_BUFFERS = 4096, MAX_STEPS = 16384 };

bool kl_lower_grow(struct kl_arena *arena, void **array, int32_t count, int32_t *capacity,
                   size_t elem_bytes)
{
    if (count < *capacity) {
        return true;
    }
    int32_t larger = *capacity ? *capacity * 2 : 16;
    void *copy = kl_arena_alloc(arena, (size_t)larger, elem_bytes);
    if (!copy) {
        return false;
    }
    if (count) {
        memcpy(copy, *array, (size_t)count * elem_bytes);
    }
    *array = copy;
    *capacity = larger;
    return true;
}

void *kl_lower_alloc(struct kl_lowering *l, size_t count, size_t size)
{
    size_t left = KL_PLAN_CONSTANTS_LIMIT - l->made_bytes;
    if (size && count > left / size) {
        return NULL;
    }
    l->made_bytes += count * size;
    return kl_arena_alloc(l->arena, count, size);
}

enum kl_err kl_lower_constant(struct kl_lowering *l, const void *data, size_t bytes,
                              enum kl_dtype dtype, const void **kept, struct kl_diag *diag)
{
    struct kl_plan *plan = l->plan;
    uint64_t hash = kl_fnv1a(KL_FNV1A, data, bytes);
    if (bytes > KL_PLAN_CONSTANTS_LIMIT - plan->constant_bytes) {
        return kl_op_fail(l->op, diag, KL_ELIMIT, "the model's constants exceed %zu bytes in all",
                          KL_PLAN_CONSTANTS_LIMIT);
    }
    for (int32_t i = 0; i < plan->constant_count; i++) {
        const struct kl_plan_constant *c = &plan->constants[i];
        if (c->bytes == bytes && c->dtype == dtype && c->hash == hash &&
            (c->data == data || memcmp(c->data, data, bytes) == 0)) {
            *kept = c->data;
            return KL_OK;
        }
        if (c->data == data) {
            /* One piece of the file under two types: constants are told apart by address. */
            data = kl_arena_copy(l->arena, data, bytes);
            if (!data) {
                return KL_FAIL_MEMORY(diag);
            }
        }
    }
    void *array = plan->constants;
    if (!kl_lower_grow(l->arena, &array, plan->constant_count, &l->constant_capacity,
                       sizeof plan->constants[0])) {
        return KL_FAIL_MEMORY(diag);
    }
    plan->constants = array;
    plan->constants[plan->constant_count++] = (struct kl_plan_constant){data, bytes, dtype, hash};
    plan->constant_bytes += bytes;
    *kept = data;
    return KL_OK;
}

static int32_t constant_index(const struct kl_plan *plan, const void *kept)
{
    int32_t i = 0;
    while (plan->constants[i].data != kept) {
        i++;
    }
    return i;
}

struct kl_plan_rows kl_lower_constant_rows(const struct kl_lowering *l, const void *kept)
{
    int32_t index = constant_index(l->plan, kept);
    return (struct kl_plan_rows){.buffer = -1,
                                 .constant = index,
                                 .stride = (int32_t)l->plan->constants[index].bytes,
                                 .count = 1};
}

enum kl_err kl_lower_place(struct kl_lowering *l, const struct kl_tensor *tensor,
                           struct kl_location *place, struct kl_diag *diag)
{
    *place = l->locations[tensor->id];
    if (tensor->data) {
        const void *kept;
        KL_TRY(kl_lower_need_finite(l, tensor, diag));
        KL_TRY(kl_lower_constant(l, tensor->data, tensor->bytes, tensor->dtype, &kept, diag));
        place->constant = constant_index(l->plan, kept);
    } else if (place->buffer < 0 && place->constant < 0) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "'%.100s' keeps state inside a subgraph that is run by another",
                          tensor->name);
    }
    return KL_OK;
}

enum kl_err kl_lower_input(struct kl_lowering *l, int32_t index, int32_t row_bytes, int32_t count,
                           struct kl_plan_rows *rows, struct kl_diag *diag)
{
    struct kl_location where;
    KL_TRY(kl_lower_place(l, l->op->inputs[index], &where, diag));
    *rows = (struct kl_plan_rows){where.buffer, where.constant, where.offset, row_bytes, count};
    return KL_OK;
}

enum kl_err kl_lower_buffer(struct kl_lowering *l, size_t bytes, const char *name, int32_t last_use,
                            int32_t *index, struct kl_diag *diag)
{
    struct kl_plan *plan = l->plan;
    void *buffers = plan->buffers;
    void *uses = l->buffer_last_use;
    if (plan->buffer_count == MAX_BUFFERS) {
        return kl_fail(diag, KL_ELIMIT, "the model needs more than %d buffers", MAX_BUFFERS);
    }
    if (!kl_lower_grow(l->arena, &uses, plan->buffer_count, &l->buffer_use_capacity,
                       sizeof l->buffer_last_use[0]) ||
        !kl_lower_grow(l->arena, &buffers, plan->buffer_count, &l->buffer_capacity,
                       sizeof plan->buffers[0])) {
        return KL_FAIL_MEMORY(diag);
    }
    plan->buffers = buffers;
    l->buffer_last_use = uses;
    *index = plan->buffer_count++;
    plan->buffers[*index] =
        (struct kl_plan_buffer){.bytes = bytes, .first = INT32_MAX, .last = -1, .name = name};
    l->buffer_last_use[*index] = last_use;
    return KL_OK;
}

enum kl_err kl_lower_own_buffer(struct kl_lowering *l, const struct kl_tensor *tensor,
                                struct kl_diag *diag)
{
    int32_t index;
    KL_TRY(kl_lower_buffer(l, tensor->bytes, tensor->name, l->last_use[tensor->id], &index, diag));
    l->locations[tensor->id] = (struct kl_location){index, -1, 0};
    return KL_OK;
}

void kl_lower_share(struct kl_lowering *l, const struct kl_tensor *tensor,
                    const struct kl_tensor *other, size_t offset)
{
    struct kl_location where = l->locations[other->id];
    where.offset += offset;
    l->locations[tensor->id] = where;
    if (where.buffer >= l->first_buffer &&
        l->buffer_last_use[where.buffer] < l->last_use[tensor->id]) {
        l->buffer_last_use[where.buffer] = l->last_use[tensor->id];
    }
}

bool kl_lower_may_overwrite(const struct kl_lowering *l, const struct kl_tensor *input)
{
    struct kl_location where = l->locations[input->id];
    return !input->data && where.buffer >= l->first_buffer &&
           l->buffer_last_use[where.buffer] == l->op->position;
}

/* Does the output fill the input's buffer? A smaller one would keep all of it alive. */
static bool same_size(const struct kl_lowering *l, const struct kl_tensor *input,
                      const struct kl_tensor *output)
{
    int32_t buffer = l->locations[input->id].buffer;
    return buffer >= 0 && l->plan->buffers[buffer].bytes == output->bytes;
}

enum kl_err kl_lower_output(struct kl_lowering *l, int32_t index, int32_t reuse, int32_t row_bytes,
                            int32_t count, struct kl_plan_rows *rows, struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->op->outputs[index];
    l->written = tensor;
    if (l->locations[tensor->id].buffer < 0) {
        const struct kl_tensor *input = reuse >= 0 ? l->op->inputs[reuse] : NULL;
        if (input && same_size(l, input, tensor) && kl_lower_may_overwrite(l, input)) {
            kl_lower_share(l, tensor, input, 0);
        } else {
            KL_TRY(kl_lower_own_buffer(l, tensor, diag));
        }
    }
    struct kl_location where = l->locations[tensor->id];
    l->written_offset = where.offset;
    *rows = (struct kl_plan_rows){where.buffer, -1, where.offset, row_bytes, count};
    return KL_OK;
}

enum kl_err kl_lower_step(struct kl_lowering *l, struct kl_plan_step step, struct kl_diag *diag)
{
    struct kl_plan *plan = l->plan;
    void *array = plan->steps;
    int32_t number = kl_plan_all_steps(plan);
    if (number == MAX_STEPS) {
        return kl_fail(diag, KL_ELIMIT, "the model needs more than %d steps", MAX_STEPS);
    }
    if (!kl_lower_grow(l->arena, &array, number, &l->step_capacity, sizeof plan->steps[0])) {
        return KL_FAIL_MEMORY(diag);
    }
    plan->steps = array;
    step.op = l->op;
    step.written = step.kernel == KL_KERNEL_BRANCH ? NULL : l->written;
    step.written_offset = l->written_offset;
    step.out_count += step.out_count == 0; /* most kernels have one output, and need not say so */
    step.scratch = -1;
    if (step.scratch_bytes) {
        KL_TRY(kl_lower_buffer(l, step.scratch_bytes, "scratch", INT32_MAX, &step.scratch, diag));
    }
    plan->steps[number] = step;
    if (l->resetting) {
        plan->reset_count++;
    } else {
        plan->step_count++;
        plan->macs = kl_macs_sum(plan->macs, step.macs);
    }
    return KL_OK;
}

enum kl_err kl_lower_whole_step(struct kl_lowering *l, enum kl_kernel_id kernel, const void *params,
                                int32_t in, int32_t out, struct kl_plan_overlap overlap,
                                struct kl_diag *diag)
{
    struct kl_plan_step step = {.kernel = kernel, .params = params, .in_count = 1};
    int32_t in_bytes = (int32_t)l->op->inputs[in]->bytes;
    int32_t out_bytes = (int32_t)l->op->outputs[out]->bytes;
    KL_TRY(kl_lower_input(l, in, in_bytes, 1, &step.in[0], diag));
    step.overlap[0] = overlap;
    int32_t reuse = overlap.allowed && overlap.lead <= 0 ? in : -1;
    KL_TRY(kl_lower_output(l, out, reuse, out_bytes, 1, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

static struct kl_plan_rows one_row(struct kl_location at, size_t bytes)
{
    return (struct kl_plan_rows){at.buffer, at.constant, at.offset, (int32_t)bytes, 1};
}

enum kl_err kl_lower_copy(struct kl_lowering *l, const struct kl_tensor *tensor,
                          struct kl_location from, struct kl_location to, struct kl_diag *diag)
{
    struct kl_move *p = KL_LOWER_NEW(l, struct kl_move, 1);
    struct kl_plan_step step = {.kernel = KL_KERNEL_MOVE, .params = p, .in_count = 1};
    if (from.buffer >= 0 && from.buffer == to.buffer && from.offset == to.offset) {
        return KL_OK;
    }
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct kl_move){1, {1, 1, 1, 1, 1, (int32_t)tensor->bytes}, {0}, {0}};
    p->in_step[KL_MOVE_RANK - 1] = p->out_step[KL_MOVE_RANK - 1] = 1;
    step.in[0] = one_row(from, tensor->bytes);
    step.out[0] = one_row(to, tensor->bytes);
    l->written = tensor;
    l->written_offset = to.offset;
    return kl_lower_step(l, step, diag);
}
