/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet device run`: emulated devices, each with its flash in a file and its UART on a socket.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/device_job.h"
#include "cli/interrupt.h"
#include "cli/key_options.h"
#include "flow/boot_firmware.h"
#include "flow/emulated_device.h"
#include "release/image_file.h"

enum { DEVICES_MAX = 100, LOOK_MS = 100, ARENA_BYTES = KL_DEVICE_FILE_MAX + (16 << 20) };

struct run_job {
    struct kl_common common;
    struct kl_result result;
    struct kl_arena *arena;
    const char *board_name, *folder, *firmware_path, *bootloader, *key, *keys;
    int64_t count;
    const struct kl_board *board;
    struct kl_key_set trusted;
    struct kl_device_class device_class;
    struct kl_image_file firmware; /* where firmware_path is given */
    struct kl_emulated_device devices[DEVICES_MAX];
};

static enum kl_err check_options(const struct run_job *job, struct kl_diag *diag)
{
    if (!job->board_name) {
        return kl_fail(diag, KL_EUSAGE, "missing: --board B, such as mps2-an386");
    }
    if (job->count < 1 || job->count > DEVICES_MAX) {
        return kl_fail(diag, KL_EUSAGE, "-n takes 1 to %d devices", (int)DEVICES_MAX);
    }
    if (job->firmware_path && !job->bootloader && !job->key && !job->keys) {
        return kl_fail(diag, KL_EUSAGE,
                       "whom does the bootloader trust? Give --keys F, a key set, or --key F, a "
                       "public key; or --bootloader F, which is built already");
    }
    if (!job->firmware_path && (job->key || job->keys)) {
        return kl_fail(diag, KL_EUSAGE,
                       "missing: --firmware F, for whose vendor and product the bootloader is");
    }
    return KL_OK;
}

/* What the bootloader would refuse is refused here, with the reason. */
static enum kl_err check_firmware(struct run_job *job, struct kl_diag *diag)
{
    struct kl_public_key keys[KL_KEY_SET_MAX];
    const struct kl_verify_rules rules = {
        .keys = keys,
        .key_count = kl_key_set_keys(&job->trusted, KL_ROLE_FIRMWARE, keys),
        .device = &job->device_class,
        .kind = KL_IMAGE_FIRMWARE,
    };
    int code;
    if (job->firmware.image.header.flags &
        (KL_IMAGE_ENCRYPTED_AES128 | KL_IMAGE_ENCRYPTED_AES256)) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: is encrypted, which only updates can be: it runs where it lies",
                       job->firmware_path);
    }
    if (job->bootloader) { /* whose keys are not known */
        return KL_OK;
    }
    return kl_image_file_verify(&job->firmware, job->firmware_path, &rules, NULL, &code, diag);
}

static enum kl_err read_firmware(struct run_job *job, struct kl_diag *diag)
{
    struct kl_bytes file;
    struct kl_device_class *c = &job->device_class;
    KL_TRY(kl_trusted_keys(job->key, job->keys, job->arena, &job->trusted, diag));
    KL_TRY(kl_file_read(job->firmware_path, KL_DEVICE_FILE_MAX, job->arena, &file, diag));
    KL_TRY(kl_image_file_open(file, job->firmware_path, &job->firmware, diag));
    snprintf(c->board, sizeof c->board, "%s", job->board->name);
    if (kl_image_get(&job->firmware.image, KL_TLV_VENDOR_UUID, c->vendor, sizeof c->vendor) ||
        kl_image_get(&job->firmware.image, KL_TLV_CLASS_UUID, c->product, sizeof c->product)) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: states no vendor and product: make it with `kinglet release`",
                       job->firmware_path);
    }
    return check_firmware(job, diag);
}

/* The bootloader's ELF file: the one given, or one for the keys, or that of the last run. */
static enum kl_err find_bootloader(struct run_job *job, const char **elf, struct kl_diag *diag)
{
    const char *folder = kl_arena_printf(job->arena, "%s/boot", job->folder);
    const char *built = kl_arena_printf(job->arena, "%s/boot/firmware/boot.elf", job->folder);
    if (!folder || !built) {
        return KL_FAIL_MEMORY(diag);
    }
    *elf = job->bootloader ? job->bootloader : built;
    if (job->firmware_path && !job->bootloader) {
        const struct kl_boot_firmware boot = {
            .board = job->board,
            .keys = job->keys ? NULL : &job->trusted.keys[0].key,
            .key_count = job->keys ? 0 : 1,
            .key_set = job->keys ? &job->trusted : NULL,
            .device = &job->device_class,
            .watchdog_ms = KL_BOOT_WATCHDOG_MS,
        };
        kl_progress(&job->common, "building the bootloader ...");
        KL_TRY(kl_dir_create(folder, diag));
        KL_TRY(kl_boot_firmware_build(folder, &boot, diag));
        kl_progress(&job->common, "%s", "");
    }
    if (access(*elf, R_OK)) {
        return kl_fail(diag, KL_EUSAGE,
                       "%s: there is no bootloader: give --firmware F and --keys F or --key F",
                       *elf);
    }
    return KL_OK;
}

static enum kl_err open_devices(struct run_job *job, struct kl_diag *diag)
{
    for (int64_t i = 0; i < job->count; i++) {
        struct kl_emulated_device *device = &job->devices[i];
        const char *folder = kl_arena_printf(job->arena, "%s/%d", job->folder, (int)i + 1);
        if (!folder) {
            return KL_FAIL_MEMORY(diag);
        }
        KL_TRY(kl_emulated_device_open(job->board, folder, job->arena, device, diag));
        if (!device->has_firmware && !job->firmware_path) {
            return kl_fail(diag, KL_EUSAGE,
                           "%s: this device is new: give --firmware F, a signed image", folder);
        }
    }
    return KL_OK;
}

static enum kl_err start_devices(struct run_job *job, const char *bootloader, struct kl_diag *diag)
{
    json_t *ports = json_array();
    enum kl_err err = KL_OK;
    for (int64_t i = 0; i < job->count && err == KL_OK; i++) {
        struct kl_emulated_device *device = &job->devices[i];
        bool is_new = !device->has_firmware;
        if (is_new) {
            err = kl_emulated_device_program(device, job->firmware.bytes, diag);
        }
        if (err == KL_OK) {
            err = kl_emulated_device_start(device, bootloader, job->arena, diag);
        }
        if (err == KL_OK) {
            json_array_append_new(ports, json_string(device->port));
        }
        if (err == KL_OK && !job->common.json) {
            printf("%s%s%s  %s\n", kl_bold(), device->port, kl_plain(),
                   is_new ? "new" : "goes on with its flash");
        }
    }
    kl_result_detail(&job->result, "ports", ports);
    return err;
}

/* Until Ctrl-C. One device that ends leaves the others running; without any there is no reason to
 * stay. */
static enum kl_err wait_for_end(struct run_job *job, struct kl_diag *diag)
{
    int64_t running = job->count;
    enum kl_err err = KL_OK;
    while (!kl_interrupted && running > 0) {
        struct kl_emulated_device *device =
            kl_emulated_device_ended(job->devices, (size_t)job->count, LOOK_MS);
        if (!device || kl_interrupted) {
            continue;
        }
        kl_diag_clear(diag);
        err = kl_emulated_device_stop(device, diag);
        fprintf(stderr, "kinglet: %s: ended by itself%s%s; what it sent: %s\n", device->folder,
                err == KL_OK ? "" : ": ", err == KL_OK ? "" : diag->message, device->log);
        running--;
    }
    kl_diag_clear(diag);
    return running > 0
               ? KL_OK
               : kl_fail(diag, KL_ECHECK, "no device runs any more: all ended by themselves");
}

static enum kl_err run_devices(struct run_job *job, struct kl_diag *diag)
{
    const char *bootloader = NULL;
    KL_TRY(check_options(job, diag));
    job->arena = kl_arena_create(ARENA_BYTES);
    KL_TRY(job->arena ? KL_OK : KL_FAIL_MEMORY(diag));
    KL_TRY(kl_board_find(job->board_name, job->arena, &job->board, diag));
    KL_TRY(kl_note_board_file(&job->result, job->arena, job->board_name, diag));
    KL_TRY(kl_dir_create(job->folder, diag));
    KL_TRY(open_devices(job, diag));
    if (job->firmware_path) {
        KL_TRY(read_firmware(job, diag));
    }
    KL_TRY(find_bootloader(job, &bootloader, diag));
    kl_catch_interrupts();
    KL_TRY(start_devices(job, bootloader, diag));
    if (!job->common.json) {
        printf("Ctrl-C ends %s; the flash stays in %s.\n", job->count == 1 ? "it" : "them",
               job->folder);
    }
    (void)fflush(stdout);
    return wait_for_end(job, diag);
}

static void close_devices(struct run_job *job)
{
    for (int64_t i = 0; i < job->count && i < DEVICES_MAX; i++) {
        kl_emulated_device_close(&job->devices[i]);
    }
}

int kl_cmd_device_run(int argc, char **argv, const struct kl_command *self)
{
    struct run_job job = {.folder = "devices", .count = 1};
    const struct kl_option options[] = {
        {.name = "--board", .argument = "B", .help = "what they are", .text = &job.board_name},
        {.name = "-n", .argument = "N", .help = "how many (1)", .number = &job.count},
        {.name = "--dir",
         .argument = "DIR",
         .help = "where they keep their flash (devices)",
         .text = &job.folder},
        {.name = "--firmware",
         .argument = "F",
         .help = "a signed image, for those that are new",
         .text = &job.firmware_path},
        KL_TRUSTED_KEYS_OPTIONS(job),
        {.name = "--bootloader",
         .argument = "F",
         .help = "an ELF file, instead of one that is built for the keys",
         .text = &job.bootloader},
        {.name = NULL},
    };
    struct kl_diag diag = {0};
    int status;
    for (int i = 0; i < DEVICES_MAX; i++) {
        job.devices[i].lock = -1;
    }
    if (!kl_options_begin(self, argc, argv, options, &job.common, NULL, 0, &status)) {
        return status;
    }
    kl_result_init(&job.result, self->name);
    enum kl_err err = run_devices(&job, &diag);
    close_devices(&job);
    status = kl_finish(&job.result, &job.common, err, false, &diag);
    kl_arena_free(job.arena);
    return status;
}
