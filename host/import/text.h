/* SPDX-License-Identifier: Apache-2.0 */
/* Names from model files, made safe to print. */
#ifndef KINGLET_IMPORT_TEXT_H
#define KINGLET_IMPORT_TEXT_H

#include "base/file.h"

/* Longest name that is kept, in characters; longer ones end in "...". */
enum { KL_IMPORT_NAME_LIMIT = 255 };

/*
 * Copy of `text` in the arena, NUL-terminated: each byte that is not printable ASCII becomes
 * '?', and it is cut to KL_IMPORT_NAME_LIMIT. NULL when memory is short.
 */
const char *import_name(struct kl_arena *arena, struct kl_bytes text);

#endif
