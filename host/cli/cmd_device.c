/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet device`: what firmware a device has, and how it gets another. */
#include <stdio.h>

#include "cli/device_job.h"
#include "link/image_client.h"

static json_t *image_json(const struct kl_device_image *image)
{
    char hex[KL_DEVICE_HASH_HEX] = "";
    if (image->has_hash) {
        kl_device_hash_hex(image->hash, hex);
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
            char hex[KL_DEVICE_HASH_HEX] = "no hash";
            if (image->has_hash) {
                kl_device_hash_hex(image->hash, hex);
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

static enum kl_err update(struct kl_device_job *job, struct kl_diag *diag)
{
    const struct kl_upload_progress progress = {kl_device_show_upload, job};
    struct kl_device_images images;
    struct kl_image_file image;
    struct kl_bytes file;
    uint8_t hash[KL_IMAGE_HASH_BYTES];
    KL_TRY(kl_device_read_file(job, &file, diag));
    KL_TRY(kl_image_file_open(file, job->path, &image, diag));
    KL_TRY(kl_device_image_hash(job, &image, hash, diag));
    KL_TRY(kl_device_upload(&job->channel, file, &progress, diag));
    enum kl_err err = kl_device_set_image(&job->channel, hash, job->permanent, &images, diag);
    KL_TRY(kl_device_explain(job, images.refusal, err, diag));
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
        {"device log", "[options]", "Show what happened on a device.", kl_cmd_device_log},
        {"device model", "[PACK] [options]", "Show a device's models, or send it another.",
         kl_cmd_device_model},
        {"device boot", "-o DIR [options]", "Make a bootloader, and what applications need of it.",
         kl_cmd_device_boot},
        {"device capture", "[options]", "Record what a device's sensor measures, with a label.",
         kl_cmd_device_capture},
        {"device run", "[options]", "Run emulated devices that keep their flash.",
         kl_cmd_device_run},
    };
    return kl_run_subcommand(argc, argv, self, commands, sizeof commands / sizeof commands[0]);
}
