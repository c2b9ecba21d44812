/* SPDX-License-Identifier: Apache-2.0 */
/* What all readers of a TFLite file share: errors with their place, limits, names. */
#include <stdarg.h>
#include <stdio.h>

#include "import/text.h"
#include "import/tflite_import.h"

enum kl_err tfl_fail(struct tfl_import *import, enum kl_err err, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct flat_reader *fb = &import->fb;
    if (fb->err == KL_OK) {
        fb->err = kl_fail(fb->diag, err, "%s: %s", fb->where, text);
    }
    return fb->err;
}

enum kl_err tfl_unsupported(struct tfl_import *import, const char *format, ...)
{
    char text[512];
    va_list args;
    if (import->unsupported) {
        return KL_OK;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    import->unsupported = kl_arena_printf(import->arena, "%s", text);
    return import->unsupported ? KL_OK : KL_FAIL_MEMORY(import->fb.diag);
}

enum kl_err tfl_take(struct tfl_import *import, uint32_t *left, uint32_t count, const char *what)
{
    if (count > *left) {
        return tfl_fail(import, KL_ELIMIT, "too many %s: %u more, but the limit leaves %u", what,
                        count, *left);
    }
    *left -= count;
    return KL_OK;
}

enum kl_err tfl_name(struct tfl_import *import, struct flat_table table, unsigned field,
                     const char *fallback, const char **name)
{
    struct flat_vector text = flat_vector(&import->fb, table, field, 1);
    KL_TRY(import->fb.err);
    struct kl_bytes bytes = {import->fb.data + text.at, text.count};
    *name = text.count ? import_name(import->arena, bytes)
                       : kl_arena_printf(import->arena, "%s", fallback);
    return *name ? KL_OK : KL_FAIL_MEMORY(import->fb.diag);
}
