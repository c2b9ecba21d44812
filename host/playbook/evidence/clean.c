/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/evidence/clean.h"

#include <string.h>

#include "base/utf8.h"

size_t kl_clean_text(const char *text, size_t bytes, char *out)
{
    size_t used = 0;
    while (bytes > 0) {
        const char *fault;
        size_t good = kl_utf8_check(text, bytes, &fault);
        memmove(out + used, text, good);
        used += good;
        text += good;
        bytes -= good;
        if (bytes > 0) {
            out[used++] = (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : '?';
            text++;
            bytes--;
        }
    }
    for (size_t i = 0; i < used; i++) {
        out[i] = out[i] == '\r' ? '\n' : out[i];
    }
    return used;
}

bool kl_is_clean_text(const char *text)
{
    const char *fault;
    return text && kl_utf8_check(text, strlen(text), &fault) == strlen(text);
}
