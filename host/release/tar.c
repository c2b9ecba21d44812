/* SPDX-License-Identifier: Apache-2.0 */
#include "release/tar.h"

#include <stdio.h>
#include <string.h>

/* Places in the header of a file. */
enum {
    BLOCK = 512,
    NAME_AT = 0,
    MODE_AT = 100,
    UID_AT = 108,
    GID_AT = 116,
    SIZE_AT = 124,
    TIME_AT = 136,
    SUM_AT = 148,
    TYPE_AT = 156,
    MAGIC_AT = 257,
    DEVICE_AT = 329,
    SUM_BYTES = 8
};
#define MAX_SECONDS UINT64_C(077777777777)

static const unsigned char zeros[2 * BLOCK];

bool kl_tar_name_ok(const char *name)
{
    const char *part = name;
    if (strlen(name) > KL_TAR_NAME_MAX) {
        return false;
    }
    for (const char *c = name;; c++) {
        if (*c == '/' || *c == '\0') {
            size_t length = (size_t)(c - part);
            bool is_dots = length <= 2 && memcmp(part, "..", length) == 0;
            if (is_dots) { /* also the empty part */
                return false;
            }
            part = c + 1;
        } else if (*c <= ' ' || *c > '~' || *c == '\\') {
            return false;
        }
        if (*c == '\0') {
            return true;
        }
    }
}

static unsigned checksum(const unsigned char header[BLOCK])
{
    unsigned sum = SUM_BYTES * ' ';
    for (int i = 0; i < BLOCK; i++) {
        sum += i < SUM_AT || i >= SUM_AT + SUM_BYTES ? header[i] : 0;
    }
    return sum;
}

/* The one header that a file can have. */
static void make_header(const struct kl_tar_file *file, uint64_t seconds,
                        unsigned char header[BLOCK])
{
    char *text = (char *)header;
    memset(header, 0, BLOCK);
    memcpy(text + NAME_AT, file->name, strlen(file->name));
    snprintf(text + MODE_AT, 8, "%07o", 0644u);
    snprintf(text + UID_AT, 8, "%07o", 0u);
    snprintf(text + GID_AT, 8, "%07o", 0u);
    snprintf(text + SIZE_AT, 12, "%011llo", (unsigned long long)file->content.size);
    snprintf(text + TIME_AT, 12, "%011llo", (unsigned long long)seconds);
    text[TYPE_AT] = '0';
    memcpy(text + MAGIC_AT, "ustar\00000", 8);
    snprintf(text + DEVICE_AT, 8, "%07o", 0u);
    snprintf(text + DEVICE_AT + 8, 8, "%07o", 0u);
    snprintf(text + SUM_AT, 7, "%06o", checksum(header));
    text[SUM_AT + 7] = ' ';
}

static size_t padding(size_t bytes)
{
    return (BLOCK - bytes % BLOCK) % BLOCK;
}

enum kl_err kl_tar_write(const struct kl_tar *tar, uint64_t seconds, struct kl_buffer *archive,
                         struct kl_diag *diag)
{
    unsigned char header[BLOCK];
    for (uint32_t i = 0; i < tar->count; i++) {
        const struct kl_tar_file *file = &tar->files[i];
        make_header(file, seconds < MAX_SECONDS ? seconds : MAX_SECONDS, header);
        kl_buffer_append(archive, header, sizeof header);
        kl_buffer_append(archive, file->content.data, file->content.size);
        kl_buffer_append(archive, zeros, padding(file->content.size));
    }
    kl_buffer_append(archive, zeros, sizeof zeros);
    return archive->failed
               ? kl_fail(diag, KL_ELIMIT, "a release has at most %d bytes", KL_TAR_LIMIT)
               : KL_OK;
}

/* A number of `digits` octal digits that ends with a zero byte. */
static bool read_octal(const unsigned char *text, int digits, uint64_t *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '7') {
            return false;
        }
        *value = *value << 3 | (unsigned)(text[i] - '0');
    }
    return text[digits] == '\0';
}

static enum kl_err malformed(const char *name, size_t at, const char *what, struct kl_diag *diag)
{
    return kl_fail(diag, KL_EINPUT, "%.300s: byte %zu: %s", name, at, what);
}

/* The file at *at, which moves behind it. What would be written for it is what must be there. */
static enum kl_err read_file(struct kl_bytes archive, const char *name, size_t *at,
                             struct kl_tar *tar, struct kl_diag *diag)
{
    const unsigned char *header = archive.data + *at;
    unsigned char wanted[BLOCK];
    struct kl_tar_file file = {.name = ""};
    uint64_t bytes, seconds;
    memcpy(file.name, header + NAME_AT, KL_TAR_NAME_MAX);
    if (!kl_tar_name_ok(file.name) || !read_octal(header + SIZE_AT, 11, &bytes) ||
        !read_octal(header + TIME_AT, 11, &seconds)) {
        return malformed(name, *at, "not a file of a release", diag);
    }
    if (bytes > archive.size - *at - BLOCK) {
        return malformed(name, *at, "it is truncated", diag);
    }
    file.content = (struct kl_bytes){header + BLOCK, (size_t)bytes};
    make_header(&file, seconds, wanted);
    if (memcmp(header, wanted, BLOCK) != 0) {
        return malformed(name, *at, "not a file of a release: another kind, owner or checksum",
                         diag);
    }
    size_t rest = padding(file.content.size);
    if (rest > archive.size - *at - BLOCK - file.content.size ||
        memcmp(header + BLOCK + file.content.size, zeros, rest) != 0) {
        return malformed(name, *at, "what fills up the last block of a file is not 0", diag);
    }
    *at += BLOCK + file.content.size + rest;
    return kl_tar_add(tar, file.name, file.content, diag);
}

enum kl_err kl_tar_read(struct kl_bytes archive, const char *name, struct kl_tar *tar,
                        struct kl_diag *diag)
{
    size_t at = 0;
    tar->count = 0;
    for (;;) {
        if (archive.size - at < BLOCK) {
            return malformed(name, at, "not a release, or a truncated one", diag);
        }
        if (memcmp(archive.data + at, zeros, BLOCK) == 0) {
            break;
        }
        KL_TRY(read_file(archive, name, &at, tar, diag));
    }
    return archive.size - at == sizeof zeros && memcmp(archive.data + at, zeros, sizeof zeros) == 0
               ? KL_OK
               : malformed(name, at, "more, or less, than its end follows", diag);
}

const struct kl_tar_file *kl_tar_find(const struct kl_tar *tar, const char *name)
{
    for (uint32_t i = 0; i < tar->count; i++) {
        if (strcmp(tar->files[i].name, name) == 0) {
            return &tar->files[i];
        }
    }
    return NULL;
}

enum kl_err kl_tar_add(struct kl_tar *tar, const char *name, struct kl_bytes content,
                       struct kl_diag *diag)
{
    if (tar->count == KL_TAR_FILES_MAX) {
        return kl_fail(diag, KL_ELIMIT, "a release has at most %d files", KL_TAR_FILES_MAX);
    }
    if (!kl_tar_name_ok(name) || kl_tar_find(tar, name)) {
        return kl_fail(
            diag, KL_EINPUT,
            "'%.100s': a file of a release has a name of its own, of at most %d printable "
            "characters",
            name, KL_TAR_NAME_MAX);
    }
    struct kl_tar_file *file = &tar->files[tar->count++];
    *file = (struct kl_tar_file){.content = content};
    memcpy(file->name, name, strlen(name));
    return KL_OK;
}
