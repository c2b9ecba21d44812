/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet device boot`: a bootloader, and beside it what an application is built with. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/device_job.h"
#include "cli/key_options.h"
#include "flow/boot_firmware.h"
#include "release/identity.h"

enum { ARENA_BYTES = 16 << 20 };

struct boot_job {
    struct kl_common common;
    struct kl_result result;
    struct kl_arena *arena;
    const char *board_name, *vendor, *product, *folder, *key, *keys;
};

static enum kl_err check_options(const struct boot_job *job, struct kl_diag *diag)
{
    const char *missing = !job->board_name ? "--board B, such as mps2-an386"
                          : !job->vendor   ? "--vendor DOMAIN"
                          : !job->product  ? "--product P"
                          : !(job->key || job->keys)
                              ? "--keys F, a key set, or --key F, a public key"
                          : !job->folder ? "-o DIR"
                                         : NULL;
    return missing ? kl_fail(diag, KL_EUSAGE, "missing: %s", missing) : KL_OK;
}

static enum kl_err make(struct boot_job *job, struct kl_diag *diag)
{
    struct kl_key_set trusted = {.count = 0};
    struct kl_device_class class = {.board = ""};
    struct kl_boot_firmware boot = {.device = &class, .watchdog_ms = KL_BOOT_WATCHDOG_MS};
    KL_TRY(check_options(job, diag));
    job->arena = kl_arena_create(ARENA_BYTES);
    KL_TRY(job->arena ? KL_OK : KL_FAIL_MEMORY(diag));
    KL_TRY(kl_board_find(job->board_name, job->arena, &boot.board, diag));
    KL_TRY(kl_note_board_file(&job->result, job->arena, job->board_name, diag));
    KL_TRY(kl_trusted_keys(job->key, job->keys, job->arena, &trusted, diag));
    KL_TRY(kl_vendor_uuid(job->vendor, class.vendor, diag));
    KL_TRY(kl_product_uuid(job->product, class.vendor, class.product, diag));
    snprintf(class.board, sizeof class.board, "%s", boot.board->name);
    boot.keys = job->keys ? NULL : &trusted.keys[0].key;
    boot.key_count = job->keys ? 0 : 1;
    boot.key_set = job->keys ? &trusted : NULL;
    kl_progress(&job->common, "building the bootloader ...");
    KL_TRY(kl_dir_create(job->folder, diag));
    KL_TRY(kl_boot_firmware_build(job->folder, &boot, diag));
    kl_progress(&job->common, "%s", "");
    if (!job->common.json) {
        printf("%s/firmware/boot.elf: the bootloader; beside it what applications are built with\n",
               job->folder);
    }
    return KL_OK;
}

int kl_cmd_device_boot(int argc, char **argv, const struct kl_command *self)
{
    struct boot_job job = {.folder = NULL};
    const struct kl_option options[] = {
        {.name = "--board", .argument = "B", .help = "what it is for", .text = &job.board_name},
        {.name = "--vendor",
         .argument = "DOMAIN",
         .help = "who makes the device, as in releases",
         .text = &job.vendor},
        {.name = "--product",
         .argument = "P",
         .help = "the product, as in releases",
         .text = &job.product},
        KL_TRUSTED_KEYS_OPTIONS(job),
        {.name = "--output-folder",
         .argument = "DIR",
         .help = "folder for all of it",
         .text = &job.folder},
        {.name = NULL},
    };
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &job.common, NULL, 0, &status)) {
        return status;
    }
    kl_result_init(&job.result, self->name);
    enum kl_err err = make(&job, &diag);
    status = kl_finish(&job.result, &job.common, err, false, &diag);
    kl_arena_free(job.arena);
    return status;
}
