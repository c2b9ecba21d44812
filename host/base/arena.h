/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arena: memory of one job, freed all at once. Not thread-safe; one per job.
 */
#ifndef KINGLET_BASE_ARENA_H
#define KINGLET_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct kl_arena;

/*
 * New arena that hands out at most `limit` bytes in total; NULL when memory is short.
 * The owner calls kl_arena_free.
 */
struct kl_arena *kl_arena_create(size_t limit);

/* Free the arena and all it handed out. NULL is allowed. */
void kl_arena_free(struct kl_arena *arena);

/*
 * `count` zeroed elements of `size` bytes, aligned to 16, valid until kl_arena_free.
 * NULL when count*size overflows, exceeds the limit, or memory is short.
 * A zero-sized request gives a valid pointer.
 */
void *kl_arena_alloc(struct kl_arena *arena, size_t count, size_t size)
    __attribute__((warn_unused_result));

/* Copy of `bytes` bytes, or NULL as above. */
void *kl_arena_copy(struct kl_arena *arena, const void *data, size_t bytes)
    __attribute__((warn_unused_result));

/* Formatted, NUL-terminated string, or NULL as above. */
char *kl_arena_printf(struct kl_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), warn_unused_result));

/* Bytes handed out so far. */
size_t kl_arena_used(const struct kl_arena *arena);

/* Typed allocation: KL_NEW(arena, struct kl_op, 3). */
#define KL_NEW(arena, type, count) ((type *)kl_arena_alloc((arena), (count), sizeof(type)))

/* The message for every failed allocation, so that they all read alike. */
#define KL_FAIL_MEMORY(diag) \
    kl_fail((diag), KL_ELIMIT, "out of memory: the input needs more than this job's memory limit")

#endif
