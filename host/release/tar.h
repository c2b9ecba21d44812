/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives in the ustar format (POSIX.1-1988, IEEE Std 1003.1, pax, "ustar Interchange Format"), so
 * that `tar` unpacks a release. Only regular files with names of at most 100 bytes; owner 0, mode
 * 644 and one date, so that the same files give the same bytes.
 */
#ifndef KINGLET_RELEASE_TAR_H
#define KINGLET_RELEASE_TAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/file.h"

enum { KL_TAR_NAME_MAX = 100, KL_TAR_FILES_MAX = 64, KL_TAR_LIMIT = 256 << 20 };

struct kl_tar_file {
    char name[KL_TAR_NAME_MAX + 1]; /* relative, without "..", of printable characters */
    struct kl_bytes content;
};

struct kl_tar {
    uint32_t count;
    struct kl_tar_file files[KL_TAR_FILES_MAX];
};

/* Is this name safe to unpack: relative, printable, without empty parts, "." and ".."? */
bool kl_tar_name_ok(const char *name);

/* Append all files, in their order, and the end. `seconds` since 1970. */
enum kl_err kl_tar_write(const struct kl_tar *tar, uint64_t seconds, struct kl_buffer *archive,
                         struct kl_diag *diag) KL_MUST_CHECK;

/* Read an archive: contents point into it. Anything but what kl_tar_write writes is refused. `name`
 * begins the message. KL_EINPUT, KL_ELIMIT. */
enum kl_err kl_tar_read(struct kl_bytes archive, const char *name, struct kl_tar *tar,
                        struct kl_diag *diag) KL_MUST_CHECK;

/* The file of that name; NULL: there is none. */
const struct kl_tar_file *kl_tar_find(const struct kl_tar *tar, const char *name);

/* Append a file that is not there yet; its content stays the caller's. */
enum kl_err kl_tar_add(struct kl_tar *tar, const char *name, struct kl_bytes content,
                       struct kl_diag *diag) KL_MUST_CHECK;

#endif
