/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library's functions on bytes, as small as they can be: those of the toolchain are made for
 * speed and take 1,000 bytes of a bootloader's flash, whose time goes into a signature.
 */
#include <stddef.h>
#include <stdint.h>

/* The compiler knows these loops and would make calls of the functions themselves out of them. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if (t < f) {
        for (size_t i = 0; i < bytes; i++) {
            t[i] = f[i];
        }
    } else {
        while (bytes-- > 0) {
            t[bytes] = f[bytes];
        }
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    /* Not by memmove: the compiler knows that the two do not overlap, and would call memcpy for it.
     */
    uint8_t *t = to;
    const uint8_t *f = from;
    for (size_t i = 0; i < bytes; i++) {
        t[i] = f[i];
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    uint8_t *t = to;
    while (bytes-- > 0) {
        *t++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < bytes; i++) {
        if (x[i] != y[i]) {
            return x[i] - y[i];
        }
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length]) {
        length++;
    }
    return length;
}
