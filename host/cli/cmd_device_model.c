/* SPDX-License-Identifier: Apache-2.0 */
/* `kinglet device model`: which model packs a device has, and how it gets another. */
#include <stdio.h>
#include <string.h>

#include "cli/device_job.h"
#include "kinglet/decrypt.h"
#include "link/models_client.h"

struct model_job {
    struct kl_device_job job; /* first */
    bool back;
};

static json_t *model_json(const struct kl_device_model *model)
{
    char hex[KL_DEVICE_HASH_HEX] = "";
    if (model->why) {
        return json_pack("{s:i, s:s}", "slot", (int)model->slot, "why",
                         kl_image_error_name(model->why));
    }
    if (model->has_hash) {
        kl_device_hash_hex(model->hash, hex);
    }
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:b}", "slot", (int)model->slot, "name",
                     model->name, "version", model->version, "hash", hex, "test", model->test,
                     "active", (int)model->active);
}

static void print_model(const struct kl_device_model *model)
{
    char hex[KL_DEVICE_HASH_HEX] = "no hash";
    if (model->why == KL_IMAGE_NONE) {
        printf("slot %u  empty\n", model->slot);
        return;
    }
    if (model->why) {
        printf("slot %u  nothing that may run: %s (%s)\n", model->slot,
               kl_image_error_text(model->why), kl_image_error_name(model->why));
        return;
    }
    if (model->has_hash) {
        kl_device_hash_hex(model->hash, hex);
    }
    printf("slot %u  %s%-10s%s  %.16s  self-test %s%s%s%s\n", model->slot,
           model->active ? kl_bold() : "", model->version, model->active ? kl_plain() : "", hex,
           model->test, model->active ? ", runs" : "", model->name[0] ? ": " : "", model->name);
}

static void note_models(struct kl_device_job *job, const struct kl_device_models *models)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < models->count; i++) {
        json_array_append_new(list, model_json(&models->models[i]));
        if (!job->common.json) {
            print_model(&models->models[i]);
        }
    }
    kl_result_detail(&job->result, "models", list);
}

/* The wrapped key of an encrypted pack, which goes ahead of it. */
static enum kl_err find_entry(const struct kl_image_file *file, const char *path,
                              struct kl_model_upload *upload, struct kl_diag *diag)
{
    struct kl_tlv tlv;
    if (!(file->image.header.flags & (KL_IMAGE_ENCRYPTED_AES128 | KL_IMAGE_ENCRYPTED_AES256))) {
        return KL_OK;
    }
    if (kl_image_find(&file->image, KL_TLV_ENC_EC256, false, &tlv) != KL_IMAGE_OK ||
        tlv.bytes != KL_DECRYPT_ENTRY_BYTES) {
        return kl_fail(diag, KL_EINPUT, "%.300s: encrypted in a way that devices do not know",
                       path);
    }
    upload->entry = (struct kl_bytes){upload->file.data + tlv.offset, tlv.bytes};
    return KL_OK;
}

static enum kl_err send_model(struct kl_device_job *job, struct kl_diag *diag)
{
    const struct kl_upload_progress progress = {kl_device_show_upload, job};
    struct kl_model_upload upload = {.entry = {NULL, 0}};
    struct kl_device_models models;
    struct kl_image_file file;
    KL_TRY(kl_device_read_file(job, &upload.file, diag));
    KL_TRY(kl_image_file_open(upload.file, job->path, &file, diag));
    KL_TRY(kl_device_image_hash(job, &file, upload.hash, diag));
    KL_TRY(find_entry(&file, job->path, &upload, diag));
    enum kl_err err = kl_device_send_model(&job->channel, &upload, &progress, &models, diag);
    KL_TRY(kl_device_explain(job, models.refusal, err, diag));
    note_models(job, &models);
    return KL_OK;
}

/* Give up the pack that runs. */
static enum kl_err go_back(struct kl_device_job *job, struct kl_diag *diag)
{
    struct kl_device_models models;
    KL_TRY(kl_device_models(&job->channel, &models, diag));
    for (uint32_t i = 0; i < models.count; i++) {
        if (models.models[i].active && models.models[i].has_hash) {
            uint8_t hash[KL_IMAGE_HASH_BYTES];
            memcpy(hash, models.models[i].hash, sizeof hash);
            KL_TRY(kl_device_fail_model(&job->channel, hash, &models, diag));
            note_models(job, &models);
            return KL_OK;
        }
    }
    return kl_fail(diag, KL_ECHECK, "no model runs on the device");
}

static enum kl_err act(struct kl_device_job *job, struct kl_diag *diag)
{
    const struct model_job *wish = (const struct model_job *)(const void *)job;
    struct kl_device_models models;
    if (job->path && wish->back) {
        return kl_fail(diag, KL_EUSAGE, "give a PACK to send, or --back, not both");
    }
    if (job->path) {
        return send_model(job, diag);
    }
    if (wish->back) {
        return go_back(job, diag);
    }
    KL_TRY(kl_device_models(&job->channel, &models, diag));
    note_models(job, &models);
    return KL_OK;
}

int kl_cmd_device_model(int argc, char **argv, const struct kl_command *self)
{
    struct model_job wish = {.back = false};
    const struct kl_option options[] = {
        KL_DEVICE_PORT_OPTION(wish.job),
        {.name = "--back",
         .help = "give up the model that runs: the one before runs again",
         .flag = &wish.back},
        {.name = NULL},
    };
    return kl_device_job_run(&wish.job, self, argc, argv, options, 1, act);
}
