/* SPDX-License-Identifier: Apache-2.0 */
#include "link/request.h"

#include <ctype.h>
#include <string.h>

enum { TRUE_VALUE = 21 };

struct kl_cbor_writer *request_begin(struct request *request, uint32_t pairs)
{
    request->map = (struct kl_cbor_writer){.data = request->body, .capacity = sizeof request->body};
    kl_cbor_put_map(&request->map, pairs);
    return &request->map;
}

enum kl_err request_call(struct kl_channel *channel, const struct request_kind *kind,
                         struct request *request, struct kl_smp_reply *reply, struct kl_diag *diag)
{
    const struct kl_smp_call call = {.name = kind->name,
                                     .op = kind->op,
                                     .group = kind->group,
                                     .command = kind->command,
                                     .body = request->body,
                                     .body_bytes = request->map.bytes,
                                     .may_repeat = true};
    return kl_smp_call(channel, &call, reply, diag);
}

bool reply_bool(const struct kl_cbor_reader *map, const char *key)
{
    struct kl_cbor_reader value;
    struct kl_cbor_item item;
    return kl_cbor_map_find(map->data + map->offset, map->bytes - map->offset, key, &value) &&
           kl_cbor_next(&value, &item) && item.type == KL_CBOR_SIMPLE && item.value == TRUE_VALUE;
}

bool reply_text(const struct kl_cbor_reader *map, const char *key, char *text, size_t capacity)
{
    const uint8_t *found;
    uint32_t bytes;
    if (!kl_cbor_map_string(map->data + map->offset, map->bytes - map->offset, key, KL_CBOR_TEXT,
                            &found, &bytes) ||
        bytes >= capacity) {
        return false;
    }
    for (uint32_t i = 0; i < bytes; i++) {
        text[i] = (char)(isprint(found[i]) ? found[i] : '?');
    }
    text[bytes] = '\0';
    return true;
}

bool reply_hash(const struct kl_cbor_reader *map, uint8_t hash[KL_IMAGE_HASH_BYTES])
{
    const uint8_t *found;
    uint32_t bytes;
    bool is_there = kl_cbor_map_string(map->data + map->offset, map->bytes - map->offset, "hash",
                                       KL_CBOR_BYTES, &found, &bytes) &&
                    bytes == KL_IMAGE_HASH_BYTES;
    if (is_there) {
        memcpy(hash, found, KL_IMAGE_HASH_BYTES);
    }
    return is_there;
}

bool reply_uint(const struct kl_cbor_reader *map, const char *key, uint32_t *value)
{
    return kl_cbor_map_uint(map->data + map->offset, map->bytes - map->offset, key, value);
}

enum kl_err reply_list(const struct kl_smp_reply *reply, const char *key, reply_entry_fn *take,
                       void *context, struct kl_diag *diag)
{
    struct kl_cbor_reader reader;
    struct kl_cbor_item item;
    bool is_list = kl_cbor_map_find(reply->body, reply->body_bytes, key, &reader) &&
                   kl_cbor_next(&reader, &item) && item.type == KL_CBOR_ARRAY;
    for (uint64_t i = 0; is_list && i < item.value; i++) {
        struct kl_cbor_reader at = reader;
        is_list = take(context, &at) && kl_cbor_skip(&reader);
    }
    return is_list ? KL_OK : kl_fail(diag, KL_EINPUT, "the device's list of %s is malformed", key);
}
