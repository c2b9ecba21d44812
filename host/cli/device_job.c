/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/device_job.h"

#include <stdio.h>

#include "base/hash.h"

enum { TIMEOUT_MS = 10000 };

static enum kl_err connect_and(struct kl_device_job *job, kl_device_act *act, struct kl_diag *diag)
{
    if (!job->port) {
        return kl_fail(diag, KL_EUSAGE,
                       "missing: --port P, a serial port such as /dev/ttyACM0 or a unix socket");
    }
    job->arena = kl_arena_create((size_t)KL_DEVICE_FILE_MAX * 2);
    KL_TRY(job->arena ? KL_OK : KL_FAIL_MEMORY(diag));
    KL_TRY(kl_port_open(job->port, TIMEOUT_MS, &job->channel, diag));
    return act(job, diag);
}

int kl_device_job_run(struct kl_device_job *job, const struct kl_command *self, int argc,
                      char **argv, const struct kl_option *options, int words, kl_device_act *act)
{
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &job->common, &job->path, words, &status)) {
        return status;
    }
    job->channel = (struct kl_channel){.read_fd = -1, .write_fd = -1};
    kl_result_init(&job->result, self->name);
    enum kl_err err = connect_and(job, act, &diag);
    kl_port_close(&job->channel);
    status = kl_finish(&job->result, &job->common, err, false, &diag);
    kl_arena_free(job->arena);
    return status;
}

enum kl_err kl_device_read_file(struct kl_device_job *job, struct kl_bytes *file,
                                struct kl_diag *diag)
{
    char sha256[KL_SHA256_HEX_BYTES];
    KL_TRY(kl_file_read(job->path, KL_DEVICE_FILE_MAX, job->arena, file, diag));
    kl_sha256_hex(file->data, file->size, sha256);
    kl_result_input(&job->result, job->path, sha256);
    return KL_OK;
}

enum kl_err kl_device_image_hash(const struct kl_device_job *job, const struct kl_image_file *image,
                                 uint8_t hash[KL_IMAGE_HASH_BYTES], struct kl_diag *diag)
{
    struct kl_tlv tlv;
    if (kl_image_find(&image->image, KL_TLV_SHA256, false, &tlv) != KL_IMAGE_OK ||
        tlv.bytes != KL_IMAGE_HASH_BYTES ||
        kl_area_read(image->image.area, tlv.offset, hash, tlv.bytes) != KL_FLASH_OK) {
        return kl_fail(diag, KL_EINPUT, "%s: states no hash: sign it with `kinglet release`",
                       job->path);
    }
    return KL_OK;
}

void kl_device_hash_hex(const uint8_t hash[KL_IMAGE_HASH_BYTES], char hex[KL_DEVICE_HASH_HEX])
{
    for (size_t i = 0; i < KL_IMAGE_HASH_BYTES; i++) {
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
}

void kl_device_show_upload(void *context, uint32_t done, uint32_t total)
{
    const struct kl_device_job *job = context;
    kl_progress(&job->common, "uploading: %u of %u KiB ...", done / 1024, (total + 1023) / 1024);
}

enum kl_err kl_device_explain(const struct kl_device_job *job, int refusal, enum kl_err err,
                              struct kl_diag *diag)
{
    kl_progress(&job->common, "%s", "");
    if (err != KL_ECHECK || refusal == 0) {
        return err;
    }
    kl_diag_clear(diag);
    return kl_fail(diag, KL_ECHECK, "%s: the device does not take it: %s (%s)", job->path,
                   kl_image_error_text(refusal), kl_image_error_name(refusal));
}
