/* SPDX-License-Identifier: Apache-2.0 */
#include "import/text.h"

#include <stdbool.h>
#include <string.h>

const char *import_name(struct kl_arena *arena, struct kl_bytes text)
{
    bool cut = text.size > KL_IMPORT_NAME_LIMIT;
    size_t length = cut ? KL_IMPORT_NAME_LIMIT : text.size;
    char *name = KL_NEW(arena, char, length + 1);
    if (!name) {
        return NULL;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char c = text.data[i];
        name[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
    }
    if (cut) {
        memcpy(name + length - 3, "...", 3);
    }
    return name;
}
