/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct kl_buffer *buffer, size_t extra)
{
    if (buffer->failed || extra > buffer->max || buffer->size > buffer->max - extra) {
        buffer->failed = true;
        return false;
    }
    size_t need = buffer->size + extra + 1;
    if (need <= buffer->capacity) {
        return true;
    }
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    while (capacity < need) {
        capacity *= 2;
    }
    char *data = realloc(buffer->data, capacity);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void kl_buffer_append(struct kl_buffer *buffer, const void *data, size_t bytes)
{
    if (!reserve(buffer, bytes)) {
        return;
    }
    if (bytes) {
        memcpy(buffer->data + buffer->size, data, bytes);
    }
    buffer->size += bytes;
    buffer->data[buffer->size] = '\0';
}

void kl_buffer_printf(struct kl_buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0 || !reserve(buffer, (size_t)length)) {
        buffer->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(buffer->data + buffer->size, (size_t)length + 1, format, args);
    va_end(args);
    buffer->size += (size_t)length;
}

void kl_buffer_free(struct kl_buffer *buffer)
{
    size_t max = buffer->max;
    free(buffer->data);
    *buffer = KL_BUFFER(max);
}
