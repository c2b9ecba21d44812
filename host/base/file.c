/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

static enum kl_err read_all(int fd, const char *path, unsigned char *data, size_t size,
                            struct kl_diag *diag)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = read(fd, data + done, size - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return kl_fail(diag, KL_EIO, "%s: cannot read: %s", path, strerror(errno));
        }
        if (n == 0) {
            return kl_fail(diag, KL_EIO, "%s: file shrank while being read", path);
        }
        done += (size_t)n;
    }
    return KL_OK;
}

static enum kl_err read_open(int fd, const char *path, size_t limit, struct kl_arena *arena,
                             struct kl_bytes *bytes, struct kl_diag *diag)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return kl_fail(diag, KL_EIO, "%s: %s", path, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return kl_fail(diag, KL_EINPUT, "%s: not a regular file", path);
    }
    if ((unsigned long long)status.st_size > limit) {
        return kl_fail(diag, KL_ELIMIT, "%s: %lld bytes, more than the limit of %zu bytes", path,
                       (long long)status.st_size, limit);
    }
    size_t size = (size_t)status.st_size;
    unsigned char *data = kl_arena_alloc(arena, size + 1, 1);
    if (!data) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(read_all(fd, path, data, size, diag));
    *bytes = (struct kl_bytes){data, size};
    return KL_OK;
}

enum kl_err kl_file_read(const char *path, size_t limit, struct kl_arena *arena,
                         struct kl_bytes *bytes, struct kl_diag *diag)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return kl_fail(diag, KL_EIO, "%s: cannot open: %s", path, strerror(errno));
    }
    enum kl_err err = read_open(fd, path, limit, arena, bytes, diag);
    close(fd);
    return err;
}

static int write_all(int fd, const unsigned char *data, size_t bytes)
{
    size_t done = 0;
    while (done < bytes) {
        ssize_t n = write(fd, data + done, bytes - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        done += (size_t)n;
    }
    return 0;
}

/* A device or a pipe is written to; to rename something over it would destroy it. */
static enum kl_err write_special(const char *path, const void *data, size_t bytes,
                                 struct kl_diag *diag)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int failed = fd < 0 ? -1 : write_all(fd, data, bytes);
    int error = errno;
    if (fd >= 0 && close(fd) != 0 && !failed) {
        failed = -1;
        error = errno;
    }
    return failed ? kl_fail(diag, KL_EIO, "%s: cannot write: %s", path, strerror(error)) : KL_OK;
}

static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

enum kl_err kl_file_write(const char *path, const void *data, size_t bytes, struct kl_diag *diag)
{
    if (is_special(path)) {
        return write_special(path, data, bytes, diag);
    }
    char temporary[PATH_BYTES];
    int length = snprintf(temporary, sizeof temporary, "%s.tmp%ld", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary) {
        return kl_fail(diag, KL_EUSAGE, "%.100s...: path too long", path);
    }
    unlink(temporary); /* of an earlier process with this number that was killed */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) {
        return kl_fail(diag, KL_EIO, "%s: cannot create: %s", path, strerror(errno));
    }
    int failed = write_all(fd, data, bytes);
    int error = errno;
    if (close(fd) != 0 && !failed) {
        failed = -1;
        error = errno;
    }
    if (!failed && rename(temporary, path) != 0) {
        failed = -1;
        error = errno;
    }
    if (failed) {
        unlink(temporary);
        return kl_fail(diag, KL_EIO, "%s: cannot write: %s", path, strerror(error));
    }
    return KL_OK;
}

static enum kl_err make_one(const char *path, struct kl_diag *diag)
{
    if (mkdir(path, 0777) == 0) {
        return KL_OK;
    }
    int error = errno;
    struct stat status;
    if (error == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return KL_OK;
    }
    return kl_fail(diag, KL_EIO, "%s: cannot create folder: %s", path,
                   error == EEXIST ? "a file of that name is in the way" : strerror(error));
}

enum kl_err kl_dir_create(const char *path, struct kl_diag *diag)
{
    char part[PATH_BYTES];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part) {
        return kl_fail(diag, KL_EUSAGE, "'%.100s': not a usable folder name", path);
    }
    for (size_t i = 1; i < length; i++) {
        if (path[i] == '/') {
            memcpy(part, path, i);
            part[i] = '\0';
            KL_TRY(make_one(part, diag));
        }
    }
    return make_one(path, diag);
}

enum kl_err kl_dir_create_above(const char *path, struct kl_diag *diag)
{
    char folder[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= sizeof folder) {
        return kl_fail(diag, KL_EUSAGE, "'%.100s': the name of the folder is too long", path);
    }
    memcpy(folder, path, length);
    folder[length] = '\0';
    return length ? kl_dir_create(folder, diag) : KL_OK;
}

size_t kl_bytes_different(struct kl_bytes a, struct kl_bytes b)
{
    size_t both = a.size < b.size ? a.size : b.size;
    size_t different = a.size + b.size - 2 * both;
    for (size_t i = 0; i < both; i++) {
        different += a.data[i] != b.data[i];
    }
    return different;
}
