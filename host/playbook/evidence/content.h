/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What files and folders hold, as SHA-256. A file is its bytes; name, mode and times do not matter.
 * A folder is the sorted list of all files below it (docs/spec/evidence.md).
 */
#ifndef KINGLET_PLAYBOOK_EVIDENCE_CONTENT_H
#define KINGLET_PLAYBOOK_EVIDENCE_CONTENT_H

#include "base/diag.h"
#include "base/hash.h"

/* Of all inputs of one step together. */
enum { KL_CONTENT_MAX_FILES = 100000 };
#define KL_CONTENT_MAX_BYTES ((uint64_t)4 << 30)

/* Remembers the hashes of files that did not change since, for the time of one command. */
struct kl_content;

/* NULL when memory is short. */
struct kl_content *kl_content_create(void);
void kl_content_free(struct kl_content *content);

/* How much was hashed for one step; begin with zeros. */
struct kl_content_budget {
    uint32_t files;
    uint64_t bytes;
};

/*
 * Hash what is at `path`: a regular file, or a folder with all that is below it but the paths of
 * `skip` (normal, as seen from `path`; NULL-terminated, or NULL) and folders named ".git". The path
 * itself may be a symbolic link; those inside a folder count as the text that they hold, and are
 * not followed.
 * KL_EINPUT: there is nothing, or what is there is neither file nor folder; KL_ELIMIT: the budget
 * is spent; KL_EIO: it cannot be read. Messages begin with `shown`, the path as people know it.
 */
enum kl_err kl_content_hash(struct kl_content *content, const char *path, const char *shown,
                            const char *const *skip, struct kl_content_budget *budget,
                            char sha256[KL_SHA256_HEX_BYTES], struct kl_diag *diag) KL_MUST_CHECK;

#endif
