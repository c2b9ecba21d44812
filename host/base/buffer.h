/* SPDX-License-Identifier: Apache-2.0 */
/* Growing byte and text buffer with a stated maximum. */
#ifndef KINGLET_BASE_BUFFER_H
#define KINGLET_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialise with KL_BUFFER(max). `data` is always NUL-terminated once anything was
 * appended. After a failed append (maximum reached, no memory) `failed` stays true and
 * later appends do nothing, so callers may check once at the end. */
struct kl_buffer {
    char *data;
    size_t size;
    size_t capacity;
    size_t max;
    bool failed;
};

#define KL_BUFFER(max_bytes) ((struct kl_buffer){.max = (max_bytes)})

void kl_buffer_append(struct kl_buffer *buffer, const void *data, size_t bytes);
void kl_buffer_printf(struct kl_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Frees the memory and makes the buffer empty again; the maximum stays. */
void kl_buffer_free(struct kl_buffer *buffer);

#endif
