/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, CHUNK_BYTES = 64 * 1024 };

struct chunk {
    struct chunk *next;
    size_t capacity;
    size_t used;
    _Alignas(ALIGN) unsigned char data[];
};

struct kl_arena {
    struct chunk *chunks; /* the one being filled comes first */
    size_t limit;
    size_t used;
};

struct kl_arena *kl_arena_create(size_t limit)
{
    struct kl_arena *arena = calloc(1, sizeof *arena);
    if (arena) {
        arena->limit = limit;
    }
    return arena;
}

void kl_arena_free(struct kl_arena *arena)
{
    if (!arena) {
        return;
    }
    for (struct chunk *chunk = arena->chunks; chunk;) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(arena);
}

static struct chunk *add_chunk(struct kl_arena *arena, size_t bytes)
{
    size_t capacity = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
    struct chunk *chunk = malloc(sizeof *chunk + capacity);
    if (!chunk) {
        return NULL;
    }
    chunk->capacity = capacity;
    chunk->used = 0;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

void *kl_arena_alloc(struct kl_arena *arena, size_t count, size_t size)
{
    if (size && count > (SIZE_MAX - ALIGN) / size) {
        return NULL;
    }
    size_t bytes = (count * size + ALIGN - 1) / ALIGN * ALIGN;
    if (bytes > arena->limit - arena->used) {
        return NULL;
    }
    struct chunk *chunk = arena->chunks;
    if (!chunk || bytes > chunk->capacity - chunk->used) {
        chunk = add_chunk(arena, bytes);
        if (!chunk) {
            return NULL;
        }
    }
    void *memory = chunk->data + chunk->used;
    chunk->used += bytes;
    arena->used += bytes;
    return memset(memory, 0, bytes);
}

void *kl_arena_copy(struct kl_arena *arena, const void *data, size_t bytes)
{
    void *copy = kl_arena_alloc(arena, bytes, 1);
    if (copy && bytes) {
        memcpy(copy, data, bytes);
    }
    return copy;
}

char *kl_arena_printf(struct kl_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) {
        return NULL;
    }
    char *text = kl_arena_alloc(arena, (size_t)length + 1, 1);
    if (text) {
        va_start(args, format);
        vsnprintf(text, (size_t)length + 1, format, args);
        va_end(args);
    }
    return text;
}

size_t kl_arena_used(const struct kl_arena *arena)
{
    return arena->used;
}
