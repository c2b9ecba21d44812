/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: bounded reading, atomic writing, folders. */
#ifndef KINGLET_BASE_FILE_H
#define KINGLET_BASE_FILE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/diag.h"

struct kl_bytes {
    const unsigned char *data;
    size_t size;
};

/* How many bytes differ; those of the longer one beyond the shorter one do. */
size_t kl_bytes_different(struct kl_bytes a, struct kl_bytes b);

/* Read a regular file of at most `limit` bytes into the arena. */
enum kl_err kl_file_read(const char *path, size_t limit, struct kl_arena *arena,
                         struct kl_bytes *bytes, struct kl_diag *diag) KL_MUST_CHECK;

/* Write through a temporary name beside it and rename, so that readers see the old or the
 * new content, never a part. What exists and is neither file nor folder (a device, a pipe) is
 * written to directly. */
enum kl_err kl_file_write(const char *path, const void *data, size_t bytes,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* Create the folder and its missing parents; an existing folder is fine. */
enum kl_err kl_dir_create(const char *path, struct kl_diag *diag) KL_MUST_CHECK;

/* The same for the folder in which a file of this path will lie. */
enum kl_err kl_dir_create_above(const char *path, struct kl_diag *diag) KL_MUST_CHECK;

#endif
