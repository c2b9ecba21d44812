/* SPDX-License-Identifier: Apache-2.0 */
#include "link/upload.h"

#include "base/hash.h"

enum { CHUNK_BYTES = 512 };

static void put_packet(struct request *request, const struct upload_wish *wish, uint32_t offset,
                       const uint8_t hash[KL_IMAGE_HASH_BYTES])
{
    uint32_t left = (uint32_t)wish->file.size - offset;
    bool has_entry = offset == 0 && wish->entry.size > 0;
    struct kl_cbor_writer *map = request_begin(request, offset == 0 ? 4 + (uint32_t)has_entry : 2);
    if (offset == 0) {
        kl_cbor_put_text(map, "len");
        kl_cbor_put_uint(map, wish->file.size);
        kl_cbor_put_text(map, "sha");
        kl_cbor_put_bytes(map, hash, KL_IMAGE_HASH_BYTES);
    }
    if (has_entry) {
        kl_cbor_put_text(map, "enc");
        kl_cbor_put_bytes(map, wish->entry.data, (uint32_t)wish->entry.size);
    }
    kl_cbor_put_text(map, "off");
    kl_cbor_put_uint(map, offset);
    kl_cbor_put_text(map, "data");
    kl_cbor_put_bytes(map, wish->file.data + offset, left < CHUNK_BYTES ? left : CHUNK_BYTES);
}

enum kl_err upload_file(struct kl_channel *channel, const struct upload_wish *wish,
                        const struct kl_upload_progress *progress, struct kl_smp_reply *reply,
                        struct kl_diag *diag)
{
    const struct request_kind send = {"upload", KL_SMP_WRITE, wish->group, wish->command};
    uint8_t hash[KL_IMAGE_HASH_BYTES];
    uint32_t offset = 0, next = 0, size = (uint32_t)wish->file.size;
    kl_sha256(wish->file.data, wish->file.size, hash);
    reply->body = NULL;
    while (offset < size) {
        struct request request;
        put_packet(&request, wish, offset, hash);
        KL_TRY(request_call(channel, &send, &request, reply, diag));
        if (!kl_cbor_map_uint(reply->body, reply->body_bytes, "off", &next) || next > size ||
            (next <= offset && offset > 0)) {
            return kl_fail(diag, KL_EINPUT, "the device asks for byte %u behind byte %u", next,
                           offset);
        }
        offset = next;
        if (progress && progress->show) {
            progress->show(progress->context, offset, size);
        }
    }
    const struct kl_cbor_reader map = {reply->body, reply->body_bytes, 0};
    struct kl_cbor_reader value;
    bool says = kl_cbor_map_find(reply->body, reply->body_bytes, "match", &value);
    return !says || reply_bool(&map, "match")
               ? KL_OK
               : kl_fail(diag, KL_EIO,
                         "what the device has stored is not what was sent; try again");
}
