/* SPDX-License-Identifier: Apache-2.0 */
/* The folder that a command builds in. */
#ifndef KINGLET_CLI_WORK_FOLDER_H
#define KINGLET_CLI_WORK_FOLDER_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/diag.h"

/* Zero-initialise; close in any case. */
struct kl_work_folder {
    const char *path; /* where to build */
    char made[1024];  /* the same when it is temporary, else empty */
    pid_t guard;      /* removes a temporary folder when this program ends before it could */
    int guard_fd;     /* closed by the end of this program, whatever ends it */
};

/* Use `folder`, created when missing, or a new temporary one below TMPDIR (/tmp) when it is
 * NULL. A temporary folder goes away in any case: also when the program is interrupted. */
enum kl_err kl_work_folder_open(struct kl_work_folder *work, const char *folder,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* Remove the folder with all that is in it if it is temporary. */
void kl_work_folder_close(struct kl_work_folder *work);

/* Where counts of cores are kept: below XDG_CACHE_HOME or ~/.cache (XDG Base Directory
 * Specification); NULL when there is no such place. */
const char *kl_cache_folder(struct kl_arena *arena);

#endif
