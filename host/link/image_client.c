/* SPDX-License-Identifier: Apache-2.0 */
#include "link/image_client.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "kinglet/image_group.h"
#include "link/smp_client.h"

enum { CHUNK_BYTES = 512, BODY_BYTES = KL_SMP_PACKET_MAX - KL_SMP_HEADER_BYTES, TRUE_VALUE = 21 };

/* A request under construction. */
struct request {
    uint8_t body[BODY_BYTES];
    struct kl_cbor_writer map;
};

static struct kl_cbor_writer *begin(struct request *request, uint32_t pairs)
{
    request->map = (struct kl_cbor_writer){.data = request->body, .capacity = sizeof request->body};
    kl_cbor_put_map(&request->map, pairs);
    return &request->map;
}

static enum kl_err call(struct kl_channel *channel, const char *name, enum kl_smp_op op,
                        uint16_t group, uint8_t command, const struct request *request,
                        struct kl_smp_reply *reply, struct kl_diag *diag)
{
    const struct kl_smp_call smp = {.name = name,
                                    .op = op,
                                    .group = group,
                                    .command = command,
                                    .body = request->body,
                                    .body_bytes = request->map.bytes,
                                    .may_repeat = true};
    return kl_smp_call(channel, &smp, reply, diag);
}

static bool get_bool(const struct kl_cbor_reader *map, const char *key)
{
    struct kl_cbor_reader value;
    struct kl_cbor_item item;
    return kl_cbor_map_find(map->data + map->offset, map->bytes - map->offset, key, &value) &&
           kl_cbor_next(&value, &item) && item.type == KL_CBOR_SIMPLE && item.value == TRUE_VALUE;
}

static bool read_image(const struct kl_cbor_reader *map, struct kl_device_image *image)
{
    const uint8_t *data = map->data + map->offset, *text, *hash;
    uint32_t bytes = map->bytes - map->offset, text_bytes, hash_bytes;
    *image = (struct kl_device_image){.bootable = get_bool(map, "bootable"),
                                      .pending = get_bool(map, "pending"),
                                      .confirmed = get_bool(map, "confirmed"),
                                      .active = get_bool(map, "active"),
                                      .permanent = get_bool(map, "permanent")};
    if (!kl_cbor_map_uint(data, bytes, "slot", &image->slot) ||
        !kl_cbor_map_string(data, bytes, "version", KL_CBOR_TEXT, &text, &text_bytes) ||
        text_bytes >= sizeof image->version) {
        return false;
    }
    for (uint32_t i = 0; i < text_bytes; i++) {
        image->version[i] = (char)(isprint(text[i]) ? text[i] : '?');
    }
    image->has_hash = kl_cbor_map_string(data, bytes, "hash", KL_CBOR_BYTES, &hash, &hash_bytes) &&
                      hash_bytes == sizeof image->hash;
    if (image->has_hash) {
        memcpy(image->hash, hash, sizeof image->hash);
    }
    return true;
}

static enum kl_err read_images(const struct kl_smp_reply *reply, struct kl_device_images *images,
                               struct kl_diag *diag)
{
    struct kl_cbor_reader reader;
    struct kl_cbor_item item;
    *images = (struct kl_device_images){.count = 0};
    bool is_list = kl_cbor_map_find(reply->body, reply->body_bytes, "images", &reader) &&
                   kl_cbor_next(&reader, &item) && item.type == KL_CBOR_ARRAY;
    for (uint64_t i = 0; is_list && i < item.value; i++) {
        struct kl_cbor_reader at = reader;
        is_list = images->count < KL_DEVICE_IMAGES_MAX &&
                  read_image(&at, &images->images[images->count]) && kl_cbor_skip(&reader);
        images->count += is_list;
    }
    return is_list ? KL_OK : kl_fail(diag, KL_EINPUT, "the device's list of images is malformed");
}

enum kl_err kl_device_images(struct kl_channel *channel, struct kl_device_images *images,
                             struct kl_diag *diag)
{
    struct request request;
    struct kl_smp_reply reply;
    (void)begin(&request, 0);
    KL_TRY(call(channel, "list images", KL_SMP_READ, KL_SMP_GROUP_IMAGE, KL_SMP_IMAGE_STATE,
                &request, &reply, diag));
    return read_images(&reply, images, diag);
}

enum kl_err kl_device_set_image(struct kl_channel *channel, const uint8_t *hash, bool confirm,
                                struct kl_device_images *images, struct kl_diag *diag)
{
    struct request request;
    struct kl_smp_reply reply;
    struct kl_cbor_writer *map = begin(&request, hash ? 2 : 1);
    if (hash) {
        kl_cbor_put_text(map, "hash");
        kl_cbor_put_bytes(map, hash, KL_IMAGE_HASH_BYTES);
    }
    kl_cbor_put_text(map, "confirm");
    kl_cbor_put_bool(map, confirm);
    enum kl_err err = call(channel, hash ? "ask for the image" : "confirm the image", KL_SMP_WRITE,
                           KL_SMP_GROUP_IMAGE, KL_SMP_IMAGE_STATE, &request, &reply, diag);
    if (err != KL_OK) {
        *images = (struct kl_device_images){.refusal = err == KL_ECHECK ? reply.why : 0};
        return err;
    }
    return read_images(&reply, images, diag);
}

static void put_packet(struct request *request, struct kl_bytes image, uint32_t offset,
                       const uint8_t hash[KL_IMAGE_HASH_BYTES])
{
    uint32_t left = (uint32_t)image.size - offset;
    struct kl_cbor_writer *map = begin(request, offset == 0 ? 4 : 2);
    if (offset == 0) {
        kl_cbor_put_text(map, "len");
        kl_cbor_put_uint(map, image.size);
        kl_cbor_put_text(map, "sha");
        kl_cbor_put_bytes(map, hash, KL_IMAGE_HASH_BYTES);
    }
    kl_cbor_put_text(map, "off");
    kl_cbor_put_uint(map, offset);
    kl_cbor_put_text(map, "data");
    kl_cbor_put_bytes(map, image.data + offset, left < CHUNK_BYTES ? left : CHUNK_BYTES);
}

enum kl_err kl_device_upload(struct kl_channel *channel, struct kl_bytes image,
                             const struct kl_upload_progress *progress, struct kl_diag *diag)
{
    uint8_t hash[KL_IMAGE_HASH_BYTES];
    uint32_t offset = 0, next = 0;
    struct kl_smp_reply reply = {.body = NULL};
    kl_sha256(image.data, image.size, hash);
    while (offset < image.size) {
        struct request request;
        put_packet(&request, image, offset, hash);
        KL_TRY(call(channel, "upload", KL_SMP_WRITE, KL_SMP_GROUP_IMAGE, KL_SMP_IMAGE_UPLOAD,
                    &request, &reply, diag));
        if (!kl_cbor_map_uint(reply.body, reply.body_bytes, "off", &next) || next > image.size ||
            (next <= offset && offset > 0)) {
            return kl_fail(diag, KL_EINPUT, "the device asks for byte %u behind byte %u", next,
                           offset);
        }
        offset = next;
        if (progress && progress->show) {
            progress->show(progress->context, offset, (uint32_t)image.size);
        }
    }
    const struct kl_cbor_reader map = {reply.body, reply.body_bytes, 0};
    struct kl_cbor_reader value;
    bool says = kl_cbor_map_find(reply.body, reply.body_bytes, "match", &value);
    return !says || get_bool(&map, "match")
               ? KL_OK
               : kl_fail(diag, KL_EIO,
                         "what the device has stored is not what was sent; try again");
}

enum kl_err kl_device_restart(struct kl_channel *channel, struct kl_diag *diag)
{
    struct request request;
    struct kl_smp_reply reply;
    (void)begin(&request, 0);
    return call(channel, "reset", KL_SMP_WRITE, KL_SMP_GROUP_OS, KL_SMP_OS_RESET, &request, &reply,
                diag);
}
