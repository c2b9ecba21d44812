/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/pack_file.h"

#include <string.h>

#include "emit/pack.h"
#include "flow/pack_engine.h"

/* A pack of the largest size the format allows, in the middle of other things. */
enum { FILE_LIMIT = KL_PACK_MAX_BYTES };

/* The bytes at an address that the validator accepts. */
static const struct kl_pack *aligned_copy(struct kl_arena *arena, const void *data, size_t bytes)
{
    unsigned char *memory = kl_arena_alloc(arena, bytes + KL_PACK_ALIGN, 1);
    if (!memory) {
        return NULL;
    }
    memory += (KL_PACK_ALIGN - (uintptr_t)memory % KL_PACK_ALIGN) % KL_PACK_ALIGN;
    memcpy(memory, data, bytes);
    return (const struct kl_pack *)(const void *)memory;
}

static enum kl_err refuse(int result, enum kl_err err, const char *path, struct kl_diag *diag)
{
    enum kl_pack_error error = kl_pack_error_of(result);
    if (error >= KL_PACK_ERROR_KERNEL) {
        return kl_fail(diag, err, "%.300s: step %u: %s", path, (unsigned)kl_pack_error_step(result),
                       kl_pack_error_text(error));
    }
    return kl_fail(diag, err, "%.300s: %s", path, kl_pack_error_text(error));
}

enum kl_err kl_pack_make(const struct kl_model_job *job, const char *name, struct kl_buffer *bytes,
                         const struct kl_pack **pack, struct kl_diag *diag)
{
    const struct kl_pack_options options = {.name = name, .sha256 = job->sha256};
    KL_TRY(kl_emit_pack(job->plan, &options, bytes, diag));
    *pack = aligned_copy(job->arena, bytes->data, bytes->size);
    if (!*pack) {
        return KL_FAIL_MEMORY(diag);
    }
    int result = kl_pack_validate(*pack, (uint32_t)bytes->size, &kl_host_engine);
    return result == 0 ? KL_OK : refuse(result, KL_EUNSUPPORTED, job->path, diag);
}

enum kl_err kl_pack_read_bytes(const char *name, struct kl_bytes file, struct kl_arena *arena,
                               const struct kl_pack **pack, struct kl_diag *diag)
{
    const struct kl_pack *copy = aligned_copy(arena, file.data, file.size);
    if (!copy) {
        return KL_FAIL_MEMORY(diag);
    }
    int result = kl_pack_validate(copy, (uint32_t)file.size, &kl_host_engine);
    if (result != 0) {
        return refuse(result, KL_EINPUT, name, diag);
    }
    *pack = copy;
    return KL_OK;
}

enum kl_err kl_pack_read(const char *path, struct kl_arena *arena, const struct kl_pack **pack,
                         struct kl_diag *diag)
{
    struct kl_bytes file;
    KL_TRY(kl_file_read(path, FILE_LIMIT, arena, &file, diag));
    return kl_pack_read_bytes(path, file, arena, pack, diag);
}

/* The record behind this one; its length follows from its head. */
static const struct kl_pack_step *next_step(const struct kl_pack_step *step)
{
    size_t bytes = sizeof *step +
                   ((size_t)step->inputs + step->outputs) * sizeof(struct kl_pack_rows) +
                   step->has_scratch * sizeof(struct kl_pack_scratch) + 4 * (size_t)step->words;
    return (const struct kl_pack_step *)(const void *)((const unsigned char *)step + bytes);
}

/* Walks over all steps; notes their kernels unless `kernels` is NULL. Returns where they end. */
static uint32_t walk_steps(const struct kl_pack *pack, bool *kernels)
{
    const unsigned char *begin = (const unsigned char *)pack;
    const struct kl_pack_step *step =
        (const struct kl_pack_step *)(const void *)(begin + pack->steps);
    for (uint32_t i = 0; i < (uint32_t)pack->step_count + pack->reset_count; i++) {
        if (kernels) {
            kernels[step->kernel] = true;
        }
        step = next_step(step);
    }
    return (uint32_t)((const unsigned char *)step - begin);
}

void kl_pack_kernels(const struct kl_pack *pack, bool kernels[KL_KERNEL_COUNT])
{
    memset(kernels, 0, KL_KERNEL_COUNT * sizeof kernels[0]);
    walk_steps(pack, kernels);
}

uint32_t kl_pack_record_bytes(const struct kl_pack *pack)
{
    uint32_t end = walk_steps(pack, NULL);
    return pack->name ? end + (uint32_t)strlen((const char *)pack + pack->name) + 1 : end;
}
