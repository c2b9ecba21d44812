/* SPDX-License-Identifier: Apache-2.0 */
/* Is a release genuine, of one piece, and the same when it is built again? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "flow/pack_engine.h"
#include "release/image_file.h"
#include "release/release_internal.h"
#include "update/bytes.h"

static unsigned kind_of(const struct kl_image_file *file)
{
    uint8_t kind = 0;
    return kl_image_get(&file->image, KL_TLV_KIND, &kind, 1) == KL_IMAGE_OK ? kind : 0;
}

static enum kl_key_role role_of(unsigned kind)
{
    return kind == KL_IMAGE_MODEL  ? KL_ROLE_MODELS
           : kind == KL_IMAGE_KEYS ? KL_ROLE_KEYS
                                   : KL_ROLE_FIRMWARE;
}

/* What the image states where nothing else is asked for: only the rest is then compared. */
static enum kl_err device_of(const struct kl_image_file *file, const struct kl_release_trust *trust,
                             struct kl_device_class *device, struct kl_diag *diag)
{
    uint8_t none[KL_IMAGE_UUID_BYTES];
    *device = (struct kl_device_class){.board = ""};
    if (trust->vendor) {
        KL_TRY(kl_vendor_uuid(trust->vendor, device->vendor, diag));
    } else if (kl_image_get(&file->image, KL_TLV_VENDOR_UUID, device->vendor, sizeof none)) {
        memset(device->vendor, 0, sizeof device->vendor);
    }
    if (trust->product) {
        KL_TRY(kl_product_uuid(trust->product, device->vendor, device->product, diag));
    } else if (kl_image_get(&file->image, KL_TLV_CLASS_UUID, device->product, sizeof none)) {
        memset(device->product, 0, sizeof device->product);
    }
    struct kl_tlv tlv;
    if (trust->board) {
        snprintf(device->board, sizeof device->board, "%s", trust->board);
    } else if (kl_image_find(&file->image, KL_TLV_BOARD, true, &tlv) == KL_IMAGE_OK &&
               tlv.bytes <= KL_IMAGE_TEXT_MAX) {
        memcpy(device->board, file->bytes.data + tlv.offset, tlv.bytes);
    }
    return KL_OK;
}

static enum kl_err verify_open(const struct kl_image_file *file, const char *name,
                               const struct kl_release_trust *trust, int *code,
                               struct kl_diag *diag)
{
    struct kl_public_key keys[KL_KEY_SET_MAX];
    struct kl_device_class device;
    unsigned kind = kind_of(file);
    KL_TRY(device_of(file, trust, &device, diag));
    const struct kl_verify_rules rules = {
        .keys = keys,
        .key_count = kl_key_set_keys(&trust->keys, role_of(kind), keys),
        .device = kind == KL_IMAGE_KEYS ? NULL : &device,
        .kind = kind ? (enum kl_image_kind)kind : KL_IMAGE_FIRMWARE,
        .least_counter = (uint32_t)trust->least_counter,
    };
    return kl_image_file_verify(file, name, &rules, trust->reader, code, diag);
}

/* A readable model's self-test, and the pack in it. */
static enum kl_err check_model(const struct kl_image_file *file, const char *name,
                               struct kl_arena *arena, const struct kl_pack **pack,
                               struct kl_diag *diag)
{
    uint8_t test[8];
    *pack = NULL;
    if (kind_of(file) != KL_IMAGE_MODEL || (file->image.header.flags & KL_IMAGE_ENCRYPTED_AES128)) {
        return KL_OK;
    }
    if (kl_image_get(&file->image, KL_TLV_SELF_TEST, test, sizeof test) != KL_IMAGE_OK) {
        return kl_fail(diag, KL_EINPUT, "%.300s: a model without a self-test", name);
    }
    const struct kl_model_body body = {
        {file->bytes.data + file->image.header.header_bytes, file->image.header.body_bytes},
        kl_get_u32(test),
        kl_get_u32(test + 4)};
    return kl_model_body_check(&body, name, arena, pack, diag);
}

enum kl_err kl_release_verify_image(struct kl_bytes image, const char *name,
                                    const struct kl_release_trust *trust, struct kl_arena *arena,
                                    int *code, struct kl_diag *diag)
{
    struct kl_image_file file;
    const struct kl_pack *pack;
    *code = 0;
    KL_TRY(kl_image_file_open(image, name, &file, diag));
    KL_TRY(verify_open(&file, name, trust, code, diag));
    return check_model(&file, name, arena, &pack, diag);
}

/* The key that signed the manifest, which signs what the release holds. */
static enum kl_err check_signature(const struct kl_release_file *release, const char *name,
                                   const struct kl_release_trust *trust, int *code,
                                   struct kl_diag *diag)
{
    const struct kl_tar_file *signature = kl_tar_find(&release->tar, KL_SIGNATURE_FILE);
    const struct kl_bytes manifest = release->tar.files[0].content;
    const char *signer = kl_manifest_text(release->manifest, "signer");
    uint8_t digest[KL_IMAGE_HASH_BYTES];
    *code = KL_VERIFY_UNSIGNED;
    if (signature && *signer) {
        *code = KL_VERIFY_UNKNOWN_KEY;
        SHA256(manifest.data, manifest.size, digest);
    }
    for (uint32_t i = 0; i < trust->keys.count && signature; i++) {
        const struct kl_key_entry *entry = &trust->keys.keys[i];
        char hex[KL_KEY_ID_HEX_BYTES];
        kl_key_id_hex(entry->key.id, hex);
        if (strcmp(hex, signer) == 0 && (entry->roles & (KL_ROLE_FIRMWARE | KL_ROLE_MODELS))) {
            *code = entry->key.is_revoked ? KL_VERIFY_REVOKED_KEY
                    : kl_key_verify(&entry->key, digest, signature->content.data,
                                    signature->content.size)
                        ? 0
                        : KL_VERIFY_SIGNATURE;
        }
    }
    return *code ? kl_fail(diag, KL_ECHECK, "%.300s: its manifest: %s (%s)", name,
                           kl_image_error_text(*code), kl_image_error_name(*code))
                 : KL_OK;
}

/* Does the image say what the manifest says of it? */
static enum kl_err check_row(const struct kl_release_file *release, const json_t *row,
                             const struct kl_image_file *file, const char *name,
                             struct kl_diag *diag)
{
    struct kl_tlv tlv;
    char hex[KL_KEY_ID_HEX_BYTES], version[KL_VERSION_TEXT_BYTES], board[KL_IMAGE_TEXT_MAX + 1];
    if (kl_image_find(&file->image, KL_TLV_SHA256, false, &tlv) != KL_IMAGE_OK ||
        tlv.bytes != KL_IMAGE_HASH_BYTES) {
        return kl_fail(diag, KL_EINPUT, "%.300s: it has no hash", name);
    }
    kl_key_id_hex(file->bytes.data + tlv.offset, hex);
    kl_version_text(&file->image.header.version, version);
    kl_image_file_text(file, KL_TLV_BOARD, board);
    bool agrees = strcmp(kl_image_kind_name(kind_of(file)), kl_manifest_text(row, "kind")) == 0 &&
                  strcmp(hex, kl_manifest_text(row, "image_sha256")) == 0 &&
                  strcmp(version, kl_manifest_text(release->manifest, "version")) == 0 &&
                  strcmp(board, kl_manifest_text(release->manifest, "board")) == 0;
    return agrees ? KL_OK
                  : kl_fail(diag, KL_ECHECK,
                            "%.300s: it is not the image of the manifest: another kind, version, "
                            "board or hash",
                            name);
}

/* The trust of a release's images: what the manifest says it is for, where nothing else is asked
 * for. So images of two products are never in one release. */
static struct kl_release_trust trust_inside(const struct kl_release_file *release,
                                            const struct kl_release_trust *trust)
{
    struct kl_release_trust inside = *trust;
    const json_t *manifest = release->manifest;
    const char *vendor = kl_manifest_text(json_object_get(manifest, "vendor"), "uuid");
    const char *product = kl_manifest_text(json_object_get(manifest, "product"), "uuid");
    inside.vendor = inside.vendor ? inside.vendor : vendor;
    inside.product = inside.product ? inside.product : product;
    inside.board = inside.board ? inside.board : kl_manifest_text(manifest, "board");
    return inside;
}

static enum kl_err verify_row(const struct kl_release_file *release, const json_t *row,
                              const struct kl_release_trust *trust,
                              const struct kl_engine_claim *engine, struct kl_arena *arena,
                              int *code, struct kl_diag *diag)
{
    const struct kl_tar_file *member = kl_tar_find(&release->tar, kl_manifest_text(row, "file"));
    const struct kl_pack *pack;
    struct kl_image_file file;
    struct kl_diag why = {0};
    KL_TRY(kl_image_file_open(member->content, member->name, &file, diag));
    KL_TRY(verify_open(&file, member->name, trust, code, diag));
    KL_TRY(check_row(release, row, &file, member->name, diag));
    KL_TRY(check_model(&file, member->name, arena, &pack, diag));
    if (pack && engine && kl_pack_check_claim(pack, engine, &why) != KL_OK) {
        return kl_fail(diag, why.err, "%.100s: %s", member->name, why.message);
    }
    return KL_OK;
}

enum kl_err kl_release_verify(const struct kl_release_file *release, const char *name,
                              const struct kl_release_trust *trust, struct kl_arena *arena,
                              int *code, struct kl_diag *diag)
{
    const struct kl_release_trust inside = trust_inside(release, trust);
    struct kl_engine_claim engine;
    bool has_engine = kl_manifest_engine(release->manifest, &engine);
    const json_t *row;
    size_t i;
    KL_TRY(check_signature(release, name, trust, code, diag));
    json_array_foreach(json_object_get(release->manifest, "images"), i, row)
    {
        KL_TRY(verify_row(release, row, &inside, has_engine ? &engine : NULL, arena, code, diag));
    }
    return KL_OK;
}

/* Texts of a list of the manifest. */
static int texts(const json_t *list, const char **items, int most)
{
    const json_t *item;
    size_t i;
    int count = 0;
    json_array_foreach(list, i, item)
    {
        if (json_is_string(item) && count < most) {
            items[count++] = json_string_value(item);
        }
    }
    return count;
}

static const char *text_or_none(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* Which part of an image does byte `at` belong to? */
static const char *part_at(const struct kl_image_file *file, size_t at)
{
    const struct kl_image_header *header = &file->image.header;
    return at < header->header_bytes                        ? "header"
           : at < header->header_bytes + header->body_bytes ? "body"
                                                            : "protected TLVs";
}

static enum kl_err compare(const struct kl_release_file *release,
                           const struct kl_release_part *part, struct kl_diag *diag)
{
    const struct kl_tar_file *member = kl_tar_find(&release->tar, part->file);
    struct kl_image_file file;
    struct kl_tlv tlv;
    uint8_t digest[KL_IMAGE_HASH_BYTES];
    if (!member) {
        return kl_fail(diag, KL_ECHECK, "%.100s is not in the release", part->file);
    }
    KL_TRY(kl_image_file_open(member->content, member->name, &file, diag));
    if (file.image.header.flags & KL_IMAGE_ENCRYPTED_AES128) { /* its hash is of what is readable */
        SHA256(part->hashed.data, part->hashed.size, digest);
        return kl_image_find(&file.image, KL_TLV_SHA256, false, &tlv) == KL_IMAGE_OK &&
                       tlv.bytes == sizeof digest &&
                       memcmp(file.bytes.data + tlv.offset, digest, sizeof digest) == 0
                   ? KL_OK
                   : kl_fail(diag, KL_ECHECK, "%.100s: built anew it has another hash", part->file);
    }
    size_t at = 0, all = file.image.hashed_bytes;
    while (at < all && at < part->hashed.size && file.bytes.data[at] == part->hashed.data[at]) {
        at++;
    }
    return at == all && all == part->hashed.size
               ? KL_OK
               : kl_fail(diag, KL_ECHECK,
                         "%.100s: built anew from %.300s it differs from byte %zu on, in its %s",
                         part->file, part->source, at, part_at(&file, at));
}

enum kl_err kl_release_rebuild(const struct kl_release_file *release, const char *folder,
                               struct kl_arena *arena, struct kl_diag *diag)
{
    const json_t *manifest = release->manifest, *recipe = json_object_get(manifest, "recipe");
    const char *packs[KL_RELEASE_MODELS_MAX];
    const struct kl_release_wish wish = {
        .name = text_or_none(manifest, "name"),
        .version = text_or_none(manifest, "version"),
        .vendor = text_or_none(json_object_get(manifest, "vendor"), "name"),
        .product = text_or_none(json_object_get(manifest, "product"), "name"),
        .board = text_or_none(manifest, "board"),
        .security_counter = json_integer_value(json_object_get(manifest, "security_counter")),
        .header_bytes = json_integer_value(json_object_get(recipe, "header_bytes")),
        .firmware = text_or_none(recipe, "firmware"),
        .engine = text_or_none(recipe, "engine"),
        .for_bundle = text_or_none(recipe, "for"),
        .packs = packs,
        .pack_count = texts(json_object_get(recipe, "packs"), packs, KL_RELEASE_MODELS_MAX),
        .is_encrypted = json_is_true(json_object_get(recipe, "encrypted")),
        .has_made = true,
        .made = (uint64_t)json_integer_value(json_object_get(manifest, "made_seconds")),
        .folder = folder,
    };
    struct kl_release *rebuilt = KL_NEW(arena, struct kl_release, 1);
    if (!rebuilt) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_release_collect(&wish, arena, rebuilt, diag));
    for (int i = 0; i < rebuilt->part_count; i++) {
        KL_TRY(compare(release, &rebuilt->parts[i], diag));
    }
    return json_array_size(json_object_get(manifest, "images")) == (size_t)rebuilt->part_count
               ? KL_OK
               : kl_fail(diag, KL_ECHECK, "built anew it has another number of images");
}
