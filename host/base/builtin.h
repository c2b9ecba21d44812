/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the source tree that the program carries: device sources and board descriptions. */
#ifndef KINGLET_BASE_BUILTIN_H
#define KINGLET_BASE_BUILTIN_H

#include <stddef.h>

struct kl_builtin {
    const char *path; /* as in the source tree, e.g. "device/include/kinglet/nn.h" */
    const unsigned char *data;
    size_t size;
};

/* All files, sorted by path. */
extern const struct kl_builtin kl_builtins[];
extern const size_t kl_builtin_count;

/* The file of exactly that path, or NULL. */
const struct kl_builtin *kl_builtin_find(const char *path);

#endif
