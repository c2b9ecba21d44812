/* SPDX-License-Identifier: Apache-2.0 */
#include "link/image_client.h"

#include "kinglet/image_group.h"
#include "link/request.h"
#include "link/upload.h"

static bool read_image(void *context, const struct kl_cbor_reader *map)
{
    struct kl_device_images *images = context;
    struct kl_device_image image = {.bootable = reply_bool(map, "bootable"),
                                    .pending = reply_bool(map, "pending"),
                                    .confirmed = reply_bool(map, "confirmed"),
                                    .active = reply_bool(map, "active"),
                                    .permanent = reply_bool(map, "permanent")};
    if (images->count == KL_DEVICE_IMAGES_MAX || !reply_uint(map, "slot", &image.slot) ||
        !reply_text(map, "version", image.version, sizeof image.version)) {
        return false;
    }
    image.has_hash = reply_hash(map, image.hash);
    images->images[images->count++] = image;
    return true;
}

static enum kl_err read_images(const struct kl_smp_reply *reply, struct kl_device_images *images,
                               struct kl_diag *diag)
{
    *images = (struct kl_device_images){.count = 0};
    return reply_list(reply, "images", read_image, images, diag);
}

enum kl_err kl_device_images(struct kl_channel *channel, struct kl_device_images *images,
                             struct kl_diag *diag)
{
    struct request request;
    struct kl_smp_reply reply;
    (void)request_begin(&request, 0);
    const struct request_kind list = {"list images", KL_SMP_READ, KL_SMP_GROUP_IMAGE,
                                      KL_SMP_IMAGE_STATE};
    KL_TRY(request_call(channel, &list, &request, &reply, diag));
    return read_images(&reply, images, diag);
}

enum kl_err kl_device_set_image(struct kl_channel *channel, const uint8_t *hash, bool confirm,
                                struct kl_device_images *images, struct kl_diag *diag)
{
    struct request request;
    struct kl_smp_reply reply;
    struct kl_cbor_writer *map = request_begin(&request, hash ? 2 : 1);
    if (hash) {
        kl_cbor_put_text(map, "hash");
        kl_cbor_put_bytes(map, hash, KL_IMAGE_HASH_BYTES);
    }
    kl_cbor_put_text(map, "confirm");
    kl_cbor_put_bool(map, confirm);
    const struct request_kind set = {hash ? "ask for the image" : "confirm the image", KL_SMP_WRITE,
                                     KL_SMP_GROUP_IMAGE, KL_SMP_IMAGE_STATE};
    enum kl_err err = request_call(channel, &set, &request, &reply, diag);
    if (err != KL_OK) {
        *images = (struct kl_device_images){.refusal = err == KL_ECHECK ? reply.why : 0};
        return err;
    }
    return read_images(&reply, images, diag);
}

enum kl_err kl_device_upload(struct kl_channel *channel, struct kl_bytes image,
                             const struct kl_upload_progress *progress, struct kl_diag *diag)
{
    const struct upload_wish wish = {
        .group = KL_SMP_GROUP_IMAGE, .command = KL_SMP_IMAGE_UPLOAD, .file = image};
    struct kl_smp_reply reply;
    return upload_file(channel, &wish, progress, &reply, diag);
}

enum kl_err kl_device_restart(struct kl_channel *channel, struct kl_diag *diag)
{
    struct request request;
    struct kl_smp_reply reply;
    (void)request_begin(&request, 0);
    const struct request_kind reset = {"reset", KL_SMP_WRITE, KL_SMP_GROUP_OS, KL_SMP_OS_RESET};
    return request_call(channel, &reset, &request, &reply, diag);
}
