/* SPDX-License-Identifier: Apache-2.0 */
#include "base/builtin.h"

#include <string.h>

const struct kl_builtin *kl_builtin_find(const char *path)
{
    size_t low = 0;
    size_t high = kl_builtin_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(kl_builtins[middle].path, path);
        if (order == 0) {
            return &kl_builtins[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}
