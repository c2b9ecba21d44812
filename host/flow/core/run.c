/* SPDX-License-Identifier: Apache-2.0 */
#include "base/command.h"
#include "emulate/plugin_path.h"
#include "flow/core_sample.h"

enum { PLUGIN_LIMIT = 16 << 20 };

enum kl_err core_run_identity(const struct kl_board *board, struct kl_arena *arena,
                              const char **hash, struct kl_diag *diag)
{
    char hex[KL_SHA256_HEX_BYTES];
    const char *path;
    struct kl_bytes plugin;
    if (!kl_command_exists(board->emulation.program)) {
        return kl_fail(diag, KL_ETOOL, "%s is not installed", board->emulation.program);
    }
    KL_TRY(kl_plugin_path(KL_PLUGIN_COUNT, arena, &path, diag));
    KL_TRY(kl_file_read(path, PLUGIN_LIMIT, arena, &plugin, diag));
    kl_sha256_hex(plugin.data, plugin.size, hex);
    *hash = kl_arena_copy(arena, hex, sizeof hex);
    return *hash ? KL_OK : KL_FAIL_MEMORY(diag);
}

enum kl_err core_run(const struct core_build *build, struct core_sample *sample,
                     struct kl_diag *diag)
{
    struct kl_profile profile;
    struct kl_board board = *build->host;
    board.core = build->timing;
    KL_TRY(kl_profile_run(build->model->job, &board, build->folder, "model", build->model->inputs,
                          &profile, diag));
    sample->memory = kl_profile_memory(&profile);
    sample->instructions = profile.total.instructions;
    sample->cycles = profile.total.cycles;
    sample->taken_branches = profile.total.taken_branches;
    return KL_OK;
}
