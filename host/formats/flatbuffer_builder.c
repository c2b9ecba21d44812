/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/flatbuffer_builder.h"

#include <stdlib.h>
#include <string.h>

static bool reserve(struct fb *b, size_t bytes)
{
    if (b->failed || bytes > FB_MAX_BYTES - b->size) {
        b->failed = true;
        return false;
    }
    if (b->size + bytes <= b->capacity) {
        return true;
    }
    size_t capacity = 2 * (b->size + bytes) + 1024;
    unsigned char *data = realloc(b->data, capacity);
    if (!data) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->capacity = capacity;
    return true;
}

void fb_free(struct fb *b)
{
    free(b->data);
    *b = (struct fb){0};
}

void fb_align(struct fb *b, size_t ahead, size_t alignment)
{
    while (!b->failed && (b->size + ahead) % alignment != 0) {
        fb_put(b, 0, 1);
    }
}

static void store(struct fb *b, size_t at, uint64_t value, int32_t bytes)
{
    for (int32_t i = 0; i < bytes && !b->failed; i++) {
        b->data[at + (size_t)i] = (unsigned char)(value >> (8 * i));
    }
}

size_t fb_put(struct fb *b, uint64_t value, int32_t bytes)
{
    size_t at = b->size;
    if (reserve(b, (size_t)bytes)) {
        store(b, at, value, bytes);
        b->size += (size_t)bytes;
    }
    return at;
}

static int32_t slot_count(const struct fb_field *fields, int32_t count)
{
    int32_t slots = 0;
    for (int32_t i = 0; i < count; i++) {
        slots = fields[i].id + 1 > slots ? fields[i].id + 1 : slots;
    }
    return slots;
}

size_t fb_table(struct fb *b, struct fb_field *fields, int32_t count)
{
    int32_t slots = slot_count(fields, count);
    fb_align(b, 0, 2);
    size_t vtable = b->size;
    for (int32_t i = 0; i < slots + 2; i++) {
        fb_put(b, 0, 2);
    }
    fb_align(b, 0, 4);
    size_t table = b->size;
    fb_put(b, table - vtable, 4);
    for (int32_t i = 0; i < count; i++) {
        fb_align(b, 0, (size_t)fields[i].bytes);
        fields[i].at = fb_put(b, fields[i].value, fields[i].bytes);
        store(b, vtable + 4 + 2 * (size_t)fields[i].id, fields[i].at - table, 2);
    }
    store(b, vtable, 4 + 2 * (uint64_t)slots, 2);
    store(b, vtable + 2, b->size - table, 2);
    return table;
}

size_t fb_vector(struct fb *b, size_t count, size_t element, size_t alignment, const void *data)
{
    fb_align(b, 4, alignment < 4 ? 4 : alignment);
    size_t vector = fb_put(b, count, 4);
    if (!reserve(b, count * element)) {
        return vector;
    }
    if (count * element > 0) {
        if (data) {
            memcpy(b->data + b->size, data, count * element);
        } else {
            memset(b->data + b->size, 0, count * element);
        }
    }
    b->size += count * element;
    return vector;
}

size_t fb_string(struct fb *b, const char *text)
{
    size_t vector = fb_vector(b, strlen(text), 1, 1, text);
    fb_put(b, 0, 1);
    return vector;
}

void fb_link(struct fb *b, size_t at, size_t target)
{
    store(b, at, target - at, 4);
}

size_t fb_slot(size_t vector, size_t index)
{
    return vector + 4 + 4 * index;
}
