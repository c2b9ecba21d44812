/* SPDX-License-Identifier: Apache-2.0 */
/* Executing a validated pack in place. */
#include <stddef.h>
#include <string.h>

#include "nn/pack/read.h"

/* A part of the pack as a pointer that kernels take; they only read through it. */
static unsigned char *constant_at(const unsigned char *pack, uint32_t offset)
{
    const unsigned char *address = pack + offset;
    unsigned char *pointer;
    memcpy(&pointer, &address, sizeof pointer);
    return pointer;
}

bool kl_params_unpack(const struct kl_params_layout *layout, const uint32_t *words,
                      const unsigned char *pack, uint32_t pack_bytes, union kl_any_params *params)
{
    unsigned char *to = (unsigned char *)params;
    uint32_t at = 0;
    for (uint32_t i = 0; i < layout->pointer_count; i++) {
        const uint32_t plain = layout->pointers[i] - at;
        const uint32_t offset = words[layout->pointers[i]];
        if (offset > pack_bytes) {
            return false;
        }
        const unsigned char *pointer = offset ? pack + offset : NULL;
        memcpy(to, words + at, 4 * plain);
        to += 4 * plain;
        to += (uintptr_t)to & (sizeof pointer - 4); /* alignment, on 64-bit machines */
        memcpy(to, &pointer, sizeof pointer);
        to += sizeof pointer;
        at += plain + 1;
    }
    memcpy(to, words + at, 4 * (layout->words - at));
    return true;
}

static struct kl_rows rows_at(const struct kl_pack *pack, const struct kl_pack_rows *packed,
                              unsigned char *arena)
{
    struct kl_rows rows = {.stride = packed->stride, .count = packed->count};
    if (packed->place & KL_PACK_PLACE_CONSTANT) {
        rows.base = constant_at((const unsigned char *)pack, packed->place & INT32_MAX);
    } else {
        rows.base = arena + packed->place;
    }
    return rows;
}

/* The kernel's parameters, rows and scratch memory, made on the stack. */
static void run_step(const struct kl_pack *pack, const struct kl_pack_step *step,
                     const struct kl_engine_kernel *kernel, unsigned char *arena)
{
    union kl_any_params params;
    struct kl_rows in[KL_PACK_MAX_INPUTS], out[KL_PACK_MAX_OUTPUTS];
    const struct kl_pack_rows *rows = kl_step_rows(step);
    for (uint32_t i = 0; i < step->inputs; i++) {
        in[i] = rows_at(pack, rows++, arena);
    }
    for (uint32_t i = 0; i < step->outputs; i++) {
        out[i] = rows_at(pack, rows++, arena);
    }
    void *scratch = step->has_scratch ? arena + kl_step_scratch(step)->offset : NULL;
    kl_params_unpack(kernel->layout, kl_step_params(step), (const unsigned char *)pack, pack->bytes,
                     &params);
    kernel->run(&params, in, out, scratch);
}

/* The record of step `index`, searched from the first one on. */
static const struct kl_pack_step *find_step(const struct kl_pack *pack, uint32_t index)
{
    const unsigned char *steps = (const unsigned char *)pack + pack->steps;
    const struct kl_pack_step *step = (const struct kl_pack_step *)(const void *)steps;
    for (; index > 0; index--) {
        step = kl_step_next(step);
    }
    return step;
}

static void run_in_order(const struct kl_pack *pack, const struct kl_engine *engine, void *arena,
                         uint32_t first, uint32_t count)
{
    const struct kl_pack_step *step = find_step(pack, first);
    for (; count > 0; count--) {
        run_step(pack, step, engine->kernels[step->kernel], arena);
        step = kl_step_next(step);
    }
}

uint32_t kl_pack_step(const struct kl_pack *pack, const struct kl_engine *engine, void *arena,
                      uint32_t step)
{
    const struct kl_pack_step *record = find_step(pack, step);
    if (pack->next_offset == KL_PACK_NO_BRANCHES) {
        run_step(pack, record, engine->kernels[record->kernel], arena);
        return step + 1;
    }
    uint32_t *next = (uint32_t *)(void *)((unsigned char *)arena + pack->next_offset);
    *next = step + 1;
    run_step(pack, record, engine->kernels[record->kernel], arena);
    return *next;
}

uint32_t kl_pack_run_steps(const struct kl_pack *pack, const struct kl_engine *engine, void *arena,
                           uint32_t first, uint32_t count)
{
    if (pack->next_offset == KL_PACK_NO_BRANCHES) {
        run_in_order(pack, engine, arena, first, count);
        return first + count;
    }
    uint32_t step = first;
    while (step >= first && step - first < count) {
        step = kl_pack_step(pack, engine, arena, step);
    }
    return step;
}

bool kl_pack_run(const struct kl_pack *pack, const struct kl_engine *engine, void *arena)
{
    return kl_pack_run_steps(pack, engine, arena, 0, pack->step_count) == pack->step_count;
}

void kl_pack_reset(const struct kl_pack *pack, const struct kl_engine *engine, void *arena)
{
    run_in_order(pack, engine, arena, pack->step_count, pack->reset_count);
}

const struct kl_pack_tensor *kl_pack_tensor(const struct kl_pack *pack, uint32_t index)
{
    const unsigned char *at = (const unsigned char *)pack + pack->tensors;
    const struct kl_pack_tensor *tensor = (const struct kl_pack_tensor *)(const void *)at;
    for (; index > 0; index--) {
        const int32_t *end = kl_pack_dims(tensor) + tensor->rank;
        tensor = (const struct kl_pack_tensor *)(const void *)end;
    }
    return tensor;
}
