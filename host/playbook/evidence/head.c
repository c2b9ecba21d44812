/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/evidence/head.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

enum { PATH_BYTES = 4096, HEAD_BYTES = 96 };

const char *kl_evidence_folder(const struct kl_playbook *playbook, struct kl_arena *arena)
{
    return strcmp(playbook->folder, ".") == 0
               ? "evidence"
               : kl_arena_printf(arena, "%s/evidence", playbook->folder);
}

bool kl_is_sha256(const char *text)
{
    return text && strlen(text) == KL_SHA256_HEX_BYTES - 1 &&
           strspn(text, "0123456789abcdef") == KL_SHA256_HEX_BYTES - 1;
}

bool kl_head_equal(const struct kl_head *a, const struct kl_head *b)
{
    return a->state == b->state && a->number == b->number && strcmp(a->sha256, b->sha256) == 0;
}

/* "17 <hash>", with or without the end of the line. */
static void parse_head(char *text, struct kl_head *head)
{
    char *end;
    head->state = KL_HEAD_BROKEN;
    text[strcspn(text, "\r\n")] = '\0';
    unsigned long number = text[0] >= '1' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    if (number >= 1 && number <= KL_EVIDENCE_MAX_RECORDS && *end == ' ' && kl_is_sha256(end + 1)) {
        head->state = KL_HEAD_SOUND;
        head->number = (uint32_t)number;
        memcpy(head->sha256, end + 1, KL_SHA256_HEX_BYTES);
    }
}

static enum kl_err head_path(const char *folder, char path[PATH_BYTES], struct kl_diag *diag)
{
    int length = snprintf(path, PATH_BYTES, "%s/HEAD", folder);
    if (length < 0 || length >= PATH_BYTES) {
        return kl_fail(diag, KL_EUSAGE, "%.100s...: path too long", folder);
    }
    return KL_OK;
}

enum kl_err kl_head_read(const char *folder, struct kl_head *head, struct kl_diag *diag)
{
    char path[PATH_BYTES], text[HEAD_BYTES] = "";
    *head = (struct kl_head){.state = KL_HEAD_NONE};
    KL_TRY(head_path(folder, path, diag));
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return KL_OK;
    }
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (length < 0 && error != ELOOP && error != EISDIR) {
        return kl_fail(diag, KL_EIO, "%s: cannot be read: %s", path, strerror(error));
    }
    text[length < 0 ? 0 : length] = '\0';
    parse_head(text, head);
    return KL_OK;
}

static int sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 ? -1 : fsync(fd);
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    return failed ? error : 0;
}

/* The bytes come to the disk before the name does: after a power cut a file is whole or absent. */
static int put_in_place(const char *path, const char *temporary)
{
    int error = sync_path(temporary);
    if (!error && rename(temporary, path) != 0) {
        error = errno;
    }
    if (error) {
        unlink(temporary);
        return error;
    }
    /* The name, too, if the file system can do that; the file is there in any case. */
    char folder[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    int length = snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1,
                          slash ? path : ".");
    if (length > 0 && (size_t)length < sizeof folder) {
        (void)sync_path(folder);
    }
    return 0;
}

enum kl_err kl_evidence_write(const char *path, const void *data, size_t bytes,
                              struct kl_diag *diag)
{
    char temporary[PATH_BYTES];
    int length = snprintf(temporary, sizeof temporary, "%s.tmp%ld", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary) {
        return kl_fail(diag, KL_EUSAGE, "%.100s...: path too long", path);
    }
    KL_TRY(kl_file_write(temporary, data, bytes, diag));
    int error = put_in_place(path, temporary);
    return error ? kl_fail(diag, KL_EIO, "%s: cannot be written: %s", path, strerror(error))
                 : KL_OK;
}

enum kl_err kl_head_write(const char *folder, uint32_t number, const char *sha256,
                          struct kl_diag *diag)
{
    char path[PATH_BYTES], text[HEAD_BYTES];
    KL_TRY(head_path(folder, path, diag));
    int length = snprintf(text, sizeof text, "%u %s\n", number, sha256);
    return kl_evidence_write(path, text, (size_t)length, diag);
}
