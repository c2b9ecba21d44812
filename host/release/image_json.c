/* SPDX-License-Identifier: Apache-2.0 */
/* What can be read of an image, for `inspect` and for the manifest. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "flow/pack_engine.h"
#include "release/identity.h"
#include "release/image_file.h"
#include "update/bytes.h"

static const struct {
    uint16_t type;
    const char *name;
} types[] = {
    {KL_TLV_KEYHASH, "key"},
    {KL_TLV_SHA256, "sha256"},
    {KL_TLV_ECDSA, "signature"},
    {KL_TLV_ENC_EC256, "envelope"},
    {KL_TLV_DEPENDENCY, "dependency"},
    {KL_TLV_SECURITY_COUNTER, "security_counter"},
    {KL_TLV_VENDOR_UUID, "vendor"},
    {KL_TLV_CLASS_UUID, "product"},
    {KL_TLV_BOARD, "board"},
    {KL_TLV_KIND, "kind"},
    {KL_TLV_ENGINE, "engine"},
    {KL_TLV_SELF_TEST, "self_test"},
    {KL_TLV_NAME, "name"},
    {KL_TLV_MADE, "made"},
    {KL_TLV_DELTA_BASE, "delta_base"},
};

static const char *type_name(uint16_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type == type) {
            return types[i].name;
        }
    }
    return "unknown";
}

static json_t *hex_json(const uint8_t *data, size_t bytes)
{
    enum { MOST = 128 };
    static const char digits[] = "0123456789abcdef";
    char text[2 * MOST + 4];
    size_t count = bytes < MOST ? bytes : MOST;
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[data[i] >> 4];
        text[2 * i + 1] = digits[data[i] & 15];
    }
    snprintf(text + 2 * count, sizeof text - 2 * count, "%s", bytes > MOST ? "..." : "");
    return json_string(text);
}

static json_t *uuid_json(const uint8_t *uuid)
{
    char text[KL_UUID_TEXT_BYTES];
    kl_uuid_text(uuid, text);
    return json_string(text);
}

static json_t *text_json(const uint8_t *data, size_t bytes)
{
    char text[KL_IMAGE_TEXT_MAX + 1];
    size_t count = bytes < KL_IMAGE_TEXT_MAX ? bytes : KL_IMAGE_TEXT_MAX;
    for (size_t i = 0; i < count; i++) {
        text[i] = data[i] >= ' ' && data[i] <= '~' ? (char)data[i] : '_';
    }
    text[count] = '\0';
    return json_string(text);
}

static json_t *engine_json(const uint8_t *data, size_t bytes)
{
    json_t *kernels = json_array();
    for (size_t k = 0; k < 8 * (bytes - 2); k++) {
        if (!(data[2 + k / 8] >> k % 8 & 1)) {
            continue;
        }
        char number[24];
        snprintf(number, sizeof number, "#%zu", k);
        json_array_append_new(
            kernels,
            json_string(k < KL_KERNEL_COUNT ? kl_kernel_id_name((enum kl_kernel_id)k) : number));
    }
    return json_pack("{s:i, s:o}", "abi", kl_get_u16(data), "kernels", kernels);
}

/* The content of an entry of a known type and its length; NULL for anything else. */
static json_t *value_json(uint16_t type, const uint8_t *data, size_t bytes)
{
    switch (type) {
    case KL_TLV_SECURITY_COUNTER: return bytes == 4 ? json_integer(kl_get_u32(data)) : NULL;
    case KL_TLV_VENDOR_UUID:
    case KL_TLV_CLASS_UUID: return bytes == KL_IMAGE_UUID_BYTES ? uuid_json(data) : NULL;
    case KL_TLV_BOARD:
    case KL_TLV_NAME: return text_json(data, bytes);
    case KL_TLV_KIND: return bytes == 1 ? json_string(kl_image_kind_name(data[0])) : NULL;
    case KL_TLV_ENGINE: return bytes >= 2 ? engine_json(data, bytes) : NULL;
    case KL_TLV_SELF_TEST:
        return bytes == 8 ? json_pack("{s:I, s:I}", "offset", (json_int_t)kl_get_u32(data), "bytes",
                                      (json_int_t)kl_get_u32(data + 4))
                          : NULL;
    case KL_TLV_MADE:
        return bytes == 8 ? json_integer((json_int_t)(kl_get_u32(data) |
                                                      (uint64_t)kl_get_u32(data + 4) << 32))
                          : NULL;
    default: return NULL;
    }
}

static json_t *entry_json(const struct kl_image_file *file, const struct kl_tlv *tlv)
{
    const uint8_t *data = file->bytes.data + tlv->offset;
    char type[8];
    snprintf(type, sizeof type, "0x%04x", tlv->type);
    json_t *value = value_json(tlv->type, data, tlv->bytes);
    return json_pack("{s:s, s:s, s:b, s:i, s:o}", "type", type, "name", type_name(tlv->type),
                     "protected", tlv->offset < file->image.hashed_bytes, "bytes", (int)tlv->bytes,
                     "value", value ? value : hex_json(data, tlv->bytes));
}

static json_t *entries_json(const struct kl_image_file *file)
{
    json_t *list = json_array();
    struct kl_tlv tlv = {0};
    while (kl_image_next_tlv(&file->image, &tlv) == KL_IMAGE_OK) {
        json_array_append_new(list, entry_json(file, &tlv));
    }
    return list;
}

/* Is the stated hash right? Null for an encrypted body, which has to be decrypted first. */
static json_t *hash_json(const struct kl_image_file *file)
{
    uint8_t digest[KL_IMAGE_HASH_BYTES];
    struct kl_tlv tlv;
    if (file->image.header.flags & KL_IMAGE_ENCRYPTED_AES128) {
        return json_null();
    }
    return json_boolean(kl_image_hash(&file->image, NULL, NULL, digest) == KL_IMAGE_OK &&
                        kl_image_find(&file->image, KL_TLV_SHA256, false, &tlv) == KL_IMAGE_OK &&
                        tlv.bytes == sizeof digest &&
                        memcmp(file->bytes.data + tlv.offset, digest, sizeof digest) == 0);
}

json_t *kl_image_file_json(const struct kl_image_file *file)
{
    const struct kl_image_header *header = &file->image.header;
    char version[KL_VERSION_TEXT_BYTES];
    kl_version_text(&header->version, version);
    return json_pack(
        "{s:s, s:I, s:i, s:I, s:i, s:I, s:b, s:b, s:o, s:o}", "version", version, "load_address",
        (json_int_t)header->load_address, "header_bytes", (int)header->header_bytes, "body_bytes",
        (json_int_t)header->body_bytes, "protected_bytes", (int)header->protected_bytes, "flags",
        (json_int_t)header->flags, "bootable", !(header->flags & KL_IMAGE_NON_BOOTABLE),
        "encrypted", (header->flags & KL_IMAGE_ENCRYPTED_AES128) != 0, "hash_is_right",
        hash_json(file), "entries", entries_json(file));
}
