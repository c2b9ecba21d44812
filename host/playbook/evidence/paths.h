/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as a playbook writes them, compared without looking at the disk. */
#ifndef KINGLET_PLAYBOOK_EVIDENCE_PATHS_H
#define KINGLET_PLAYBOOK_EVIDENCE_PATHS_H

#include <stdbool.h>

#include "base/arena.h"

/* `path` without "." parts, doubled or trailing slashes, and with "name/.." taken out: "a//b/./c/"
 * is "a/b/c", "" and "./" are ".". Symbolic links are not looked at. NULL: no memory. */
const char *kl_path_normal(struct kl_arena *arena, const char *path);

/* Is `path` that folder, or something below it? Both are normal; "." holds every path that is
 * neither absolute nor begins with "..". */
bool kl_path_within(const char *path, const char *folder);

/* Does a normal path lead to something below the current folder? */
bool kl_path_is_below(const char *path);

#endif
