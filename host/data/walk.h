/* SPDX-License-Identifier: Apache-2.0 */
/* The files below a folder. */
#ifndef KINGLET_DATA_WALK_H
#define KINGLET_DATA_WALK_H

#include "data/dataset.h"

struct kl_files {
    const char *folder;       /* that the names are below; "." for a file without one */
    const char *const *names; /* sorted by bytes, parts separated by '/' */
    int32_t count;
};

/*
 * All regular files below `path`, or the one that it is. Hidden files and folders, folders that are
 * data sets, and links to folders are left out. At most KL_DATA_ITEMS files, 32 levels.
 */
enum kl_err kl_files_below(const char *path, struct kl_arena *arena, struct kl_files *files,
                           struct kl_diag *diag) KL_MUST_CHECK;

#endif
