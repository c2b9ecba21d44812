/* SPDX-License-Identifier: Apache-2.0 */
/* Images as files on the host, read by the code that reads them on the device. */
#ifndef KINGLET_RELEASE_IMAGE_FILE_H
#define KINGLET_RELEASE_IMAGE_FILE_H

#include <jansson.h>

#include "base/file.h"
#include "kinglet/verify.h"
#include "release/key.h"

/* An image in memory. It points to itself: do not copy. */
struct kl_image_file {
    struct kl_bytes bytes;
    struct kl_flash flash;
    struct kl_flash_area area;
    struct kl_image image;
};

/* Does it begin as an image does? */
bool kl_is_image(struct kl_bytes file);

/* Open an image that fills the file exactly. `name` begins the message. KL_EINPUT. */
enum kl_err kl_image_file_open(struct kl_bytes bytes, const char *name, struct kl_image_file *file,
                               struct kl_diag *diag) KL_MUST_CHECK;

/* What an error of kinglet/image.h or kinglet/verify.h means, for people; follows "FILE: ". */
const char *kl_image_error_text(int error);

/* Its symbol, such as "KL_VERIFY_HASH", for scripts. */
const char *kl_image_error_name(int error);

/* Verify an open image by the rules of a device. KL_ECHECK, and *code is why; an encrypted body is
 * read by `reader`, the key that it is for, and without one only its envelope is looked at. */
enum kl_err kl_image_file_verify(const struct kl_image_file *file, const char *name,
                                 const struct kl_verify_rules *rules, const struct kl_key *reader,
                                 int *code, struct kl_diag *diag) KL_MUST_CHECK;

/* Texts, with what a terminal might obey replaced. `text` has KL_IMAGE_TEXT_MAX + 1 bytes; empty
 * when there is no such protected entry. */
void kl_image_file_text(const struct kl_image_file *file, enum kl_tlv_type type, char *text);

/* Everything that can be read of it: header, entries, sizes. NULL when memory is short. */
json_t *kl_image_file_json(const struct kl_image_file *file);

/* "firmware", "model" or "keys" of an enum kl_image_kind; "unknown". */
const char *kl_image_kind_name(unsigned kind);

/* "1.2.3+4" */
enum { KL_VERSION_TEXT_BYTES = 32 };
void kl_version_text(const struct kl_image_version *version, char text[KL_VERSION_TEXT_BYTES]);

/* From text: 1.2.3, or 1.2.3+4 with a build number. KL_EUSAGE. */
enum kl_err kl_version_parse(const char *text, struct kl_image_version *version,
                             struct kl_diag *diag) KL_MUST_CHECK;

#endif
