/* SPDX-License-Identifier: Apache-2.0 */
#include "emulate/plugin_path.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* The folder of this program, or an empty text. */
static void program_folder(char folder[PATH_BYTES])
{
    ssize_t length = readlink("/proc/self/exe", folder, PATH_BYTES - 1);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash) {
        *slash = '\0';
    }
}

static enum kl_err not_found(const char *name, const char *folder, struct kl_diag *diag)
{
    return kl_fail(diag, KL_ETOOL,
                   "%s is not in %s: build kinglet with KINGLET_EMULATION, or set "
                   "KINGLET_PLUGIN_DIR to its folder",
                   name, folder);
}

enum kl_err kl_plugin_path(const char *name, struct kl_arena *arena, const char **path,
                           struct kl_diag *diag)
{
    static const char *const places[] = {"", "/lib/kinglet", "/../lib/kinglet"};
    char program[PATH_BYTES];
    program_folder(program);
    const char *given = getenv("KINGLET_PLUGIN_DIR");
    const char *folder = given ? given : program;
    size_t count = given ? 1 : sizeof places / sizeof places[0];
    for (size_t i = 0; i < count; i++) {
        *path = kl_arena_printf(arena, "%s%s/%s", folder, places[i], name);
        if (!*path) {
            return KL_FAIL_MEMORY(diag);
        }
        if (access(*path, R_OK) == 0) {
            return KL_OK;
        }
    }
    return not_found(name, folder, diag);
}
