/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "playbook/evidence/clean.h"
#include "playbook/run/internal.h"

/* Take empty lines and blanks before ends of lines out. */
static size_t squeeze(char *text, size_t bytes)
{
    size_t used = 0;
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '\n') {
            while (used > 0 && strchr(" \t", text[used - 1])) {
                used--;
            }
            if (used == 0 || text[used - 1] == '\n') {
                continue;
            }
        }
        text[used++] = text[i];
    }
    while (used > 0 && strchr(" \t\n", text[used - 1])) {
        used--;
    }
    return used;
}

const char *kl_run_tail(struct kl_arena *arena, const struct kl_buffer *text, size_t limit)
{
    size_t start = text->size > limit ? text->size - limit : 0;
    /* Begin with a whole line, when there is one to begin with. */
    const char *end = start ? memchr(text->data + start, '\n', text->size - start) : NULL;
    if (end && (size_t)(end - text->data) + 1 < text->size) {
        start = (size_t)(end - text->data) + 1;
    }
    size_t bytes = text->size - start;
    char *out = kl_arena_alloc(arena, bytes + 1, 1);
    if (out && bytes) {
        bytes = squeeze(out, kl_clean_text(text->data + start, bytes, out));
    }
    if (out) {
        out[bytes] = '\0';
    }
    return out;
}
