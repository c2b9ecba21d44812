/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet device`: what firmware a device has, and how it gets another. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "cli/device_job.h"
#include "link/image_client.h"
#include "release/image_file.h"

enum { HASH_HEX = 2 * KL_IMAGE_HASH_BYTES };

static void hash_hex(const uint8_t hash[KL_IMAGE_HASH_BYTES], char hex[HASH_HEX + 1])
{
    for (size_t i = 0; i < KL_IMAGE_HASH_BYTES; i++) {
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
}

static json_t *image_json(const struct kl_device_image *image)
{
    char hex[HASH_HEX + 1] = "";
    if (image->has_hash) {
        hash_hex(image->hash, hex);
    }
    return json_pack("{s:i, s:s, s:s, s:b, s:b, s:b, s:b, s:b}", "slot", (int)image->slot,
                     "version", image->version, "hash", hex, "bootable", (int)image->bootable,
                     "pending", (int)image->pending, "confirmed", (int)image->confirmed, "active",
                     (int)image->active, "permanent", (int)image->permanent);
}

static void note_images(struct kl_device_job *job, const struct kl_device_images *images)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < images->count; i++) {
        const struct kl_device_image *image = &images->images[i];
        json_array_append_new(list, image_json(image));
        if (!job->common.json) {
            char hex[HASH_HEX + 1] = "no hash";
            if (image->has_hash) {
                hash_hex(image->hash, hex);
            }
            printf("slot %u  %s%-12s%s  %.16s  %s%s%s\n", image->slot,
                   image->active ? kl_bold() : "", image->version, image->active ? kl_plain() : "",
                   hex, image->active ? "runs" : "",
                   image->active ? (image->confirmed ? ", confirmed" : ", on trial") : "",
                   image->permanent ? "asked for, to stay"
                   : image->pending ? "asked for, on trial"
                                    : "");
        }
    }
    kl_result_detail(&job->result, "images", list);
}

static enum kl_err show_info(struct kl_device_job *job, struct kl_diag *diag)
{
    struct kl_device_images images;
    KL_TRY(kl_device_images(&job->channel, &images, diag));
    note_images(job, &images);
    return KL_OK;
}

static void show_upload(void *context, uint32_t done, uint32_t total)
{
    const struct kl_device_job *job = context;
    kl_progress(&job->common, "uploading: %u of %u KiB ...", done / 1024, (total + 1023) / 1024);
}

/* Refused by a rule: say which, in the words of the other commands. */
static enum kl_err explain(const struct kl_device_job *job, const struct kl_device_images *images,
                           enum kl_err err, struct kl_diag *diag)
{
    if (err != KL_ECHECK || images->refusal == 0) {
        return err;
    }
    kl_diag_clear(diag);
    return kl_fail(diag, KL_ECHECK, "%s: the device does not take it: %s (%s)", job->path,
                   kl_image_error_text(images->refusal), kl_image_error_name(images->refusal));
}

static enum kl_err read_hash(const struct kl_device_job *job, struct kl_bytes file,
                             uint8_t hash[KL_IMAGE_HASH_BYTES], struct kl_diag *diag)
{
    struct kl_image_file image;
    struct kl_tlv tlv;
    KL_TRY(kl_image_file_open(file, job->path, &image, diag));
    if (kl_image_find(&image.image, KL_TLV_SHA256, false, &tlv) != KL_IMAGE_OK ||
        tlv.bytes != KL_IMAGE_HASH_BYTES ||
        kl_area_read(image.image.area, tlv.offset, hash, tlv.bytes) != KL_FLASH_OK) {
        return kl_fail(diag, KL_EINPUT, "%s: states no hash: sign it with `kinglet release`",
                       job->path);
    }
    return KL_OK;
}

static enum kl_err update(struct kl_device_job *job, struct kl_diag *diag)
{
    struct kl_bytes file;
    uint8_t hash[KL_IMAGE_HASH_BYTES];
    char sha256[KL_SHA256_HEX_BYTES];
    struct kl_device_images images;
    const struct kl_upload_progress progress = {show_upload, job};
    KL_TRY(kl_file_read(job->path, KL_DEVICE_FILE_MAX, job->arena, &file, diag));
    KL_TRY(read_hash(job, file, hash, diag));
    kl_sha256_hex(file.data, file.size, sha256);
    kl_result_input(&job->result, job->path, sha256);
    KL_TRY(kl_device_upload(&job->channel, file, &progress, diag));
    kl_progress(&job->common, "%s", "");
    KL_TRY(explain(job, &images,
                   kl_device_set_image(&job->channel, hash, job->permanent, &images, diag), diag));
    note_images(job, &images);
    return job->no_reset ? KL_OK : kl_device_restart(&job->channel, diag);
}

static enum kl_err confirm(struct kl_device_job *job, struct kl_diag *diag)
{
    struct kl_device_images images;
    KL_TRY(kl_device_set_image(&job->channel, NULL, true, &images, diag));
    note_images(job, &images);
    return KL_OK;
}

static enum kl_err restart(struct kl_device_job *job, struct kl_diag *diag)
{
    return kl_device_restart(&job->channel, diag);
}

static int device_info(int argc, char **argv, const struct kl_command *self)
{
    struct kl_device_job job = {.port = NULL};
    const struct kl_option options[] = {KL_DEVICE_PORT_OPTION(job), {.name = NULL}};
    return kl_device_job_run(&job, self, argc, argv, options, 0, show_info);
}

static int device_update(int argc, char **argv, const struct kl_command *self)
{
    struct kl_device_job job = {.port = NULL};
    const struct kl_option options[] = {
        KL_DEVICE_PORT_OPTION(job),
        {.name = "--permanent",
         .help = "it stays; without, it goes away again unless it is confirmed",
         .flag = &job.permanent},
        {.name = "--no-reset", .help = "let it wait for the next start", .flag = &job.no_reset},
        {.name = NULL},
    };
    return kl_device_job_run(&job, self, argc, argv, options, 1, update);
}

static int device_confirm(int argc, char **argv, const struct kl_command *self)
{
    struct kl_device_job job = {.port = NULL};
    const struct kl_option options[] = {KL_DEVICE_PORT_OPTION(job), {.name = NULL}};
    return kl_device_job_run(&job, self, argc, argv, options, 0, confirm);
}

static int device_reset(int argc, char **argv, const struct kl_command *self)
{
    struct kl_device_job job = {.port = NULL};
    const struct kl_option options[] = {KL_DEVICE_PORT_OPTION(job), {.name = NULL}};
    return kl_device_job_run(&job, self, argc, argv, options, 0, restart);
}

int kl_cmd_device(int argc, char **argv, const struct kl_command *self)
{
    static const struct kl_command commands[] = {
        {"device info", "[options]", "Show which firmware a device has.", device_info},
        {"device update", "IMAGE [options]", "Send signed firmware, and let the device try it.",
         device_update},
        {"device confirm", "[options]", "Keep the firmware that runs on trial.", device_confirm},
        {"device reset", "[options]", "Let the device start again.", device_reset},
        {"device run", "[options]", "Run emulated devices that keep their flash.",
         kl_cmd_device_run},
    };
    return kl_run_subcommand(argc, argv, self, commands, sizeof commands / sizeof commands[0]);
}
