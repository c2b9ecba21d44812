/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small FlatBuffers builder that writes forwards: a parent is written first and its
 * references are patched when the children follow, so every reference points ahead, as
 * the format demands (flatbuffers.dev, "FlatBuffers Internals").
 */
#ifndef KINGLET_FORMATS_FLATBUFFER_BUILDER_H
#define KINGLET_FORMATS_FLATBUFFER_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialise; fb_free releases it. Without memory, or past FB_MAX_BYTES, `failed` is set and
 * later calls do nothing, so that callers check once at the end. */
struct fb {
    unsigned char *data;
    size_t size, capacity;
    bool failed;
};

#define FB_MAX_BYTES ((size_t)INT32_MAX) /* references are 32 bits wide, some of them signed */

/* One field of a table. */
struct fb_field {
    int32_t id;     /* number of the field in its table's schema */
    int32_t bytes;  /* 1, 2, 4 or 8; a reference has 4 */
    uint64_t value; /* little-endian bit pattern; 0 for a reference that is patched later */
    size_t at;      /* out: where it was written */
};

void fb_free(struct fb *b);

/* Pad with zeros until (size + ahead) is a multiple of `alignment`. */
void fb_align(struct fb *b, size_t ahead, size_t alignment);

/* Append `bytes` low bytes of `value`, little-endian; returns their position. */
size_t fb_put(struct fb *b, uint64_t value, int32_t bytes);

/* Write a vtable and its table with these fields; returns the table's position. */
size_t fb_table(struct fb *b, struct fb_field *fields, int32_t count);

/* Write a vector of `count` elements of `element` bytes; the content starts at a multiple of
 * `alignment`. `data` NULL: zeros (references to patch). Returns the vector's position. */
size_t fb_vector(struct fb *b, size_t count, size_t element, size_t alignment, const void *data);

/* Write a string. */
size_t fb_string(struct fb *b, const char *text);

/* Make the reference at position `at` point to `target`. */
void fb_link(struct fb *b, size_t at, size_t target);

/* Position of element `index` of a vector of references. */
size_t fb_slot(size_t vector, size_t index);

#endif
