/* SPDX-License-Identifier: Apache-2.0 */
/* The files and versions of a release; shared by the assessments bundle and sbom. */
#ifndef KINGLET_PLAYBOOK_ASSESS_BUNDLE_FILES_H
#define KINGLET_PLAYBOOK_ASSESS_BUNDLE_FILES_H

#include <stdint.h>

#include "base/hash.h"
#include "playbook/assess/tools.h"

enum { KL_BUNDLE_FILES = 1000 };

/* Largest file of a bundle. */
#define KL_BUNDLE_FILE_BYTES (UINT64_C(4) << 30)

struct kl_bundle_file {
    const char *path; /* as written, below the playbook's folder */
    uint64_t bytes;
    char sha256[KL_SHA256_HEX_BYTES];
    bool model; /* by its name: .tflite, .onnx, .klm */
};

struct kl_bundle {
    /* release.bundle; then hardware.models, and sources among the outputs of steps, as far as
     * they are not in it. */
    struct kl_bundle_file *files;
    size_t count;
    size_t shipped;                   /* of them, those of release.bundle */
    char sha256[KL_SHA256_HEX_BYTES]; /* of the lines "sha256  path" of those that are shipped */
};

/* Read and hash the files. KL_EINPUT with the place in the playbook for one that is missing, no
 * regular file, or outside of the playbook's folder. Memory of the playbook's arena. */
enum kl_err kl_bundle_read(const struct kl_playbook *playbook, struct kl_bundle *bundle,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* What `git describe` says about the playbook's folder; "" when it is no git tree. Memory of the
 * playbook's arena. */
const char *kl_bundle_git_version(const struct kl_playbook *playbook);

/* The first line that a program prints when asked for its version; "" when there is none. */
const char *kl_bundle_tool_version(const struct kl_playbook *playbook, const char *program);

#endif
