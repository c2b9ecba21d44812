/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.json: what a release says of itself (docs/spec/release.md). */
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "flow/pack_engine.h"
#include "release/image_file.h"
#include "release/release_internal.h"

const char *kl_manifest_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

enum kl_err kl_take_buffer(struct kl_buffer *buffer, struct kl_arena *arena, struct kl_bytes *bytes,
                           struct kl_diag *diag)
{
    void *copy = buffer->failed ? NULL : kl_arena_copy(arena, buffer->data, buffer->size);
    *bytes = (struct kl_bytes){copy, buffer->size};
    kl_buffer_free(buffer);
    return copy ? KL_OK : KL_FAIL_MEMORY(diag);
}

enum kl_err kl_json_text(json_t *value, struct kl_arena *arena, struct kl_bytes *text,
                         struct kl_diag *diag)
{
    char *dumped = value ? json_dumps(value, JSON_INDENT(2)) : NULL;
    char *copy = dumped ? kl_arena_printf(arena, "%s\n", dumped) : NULL;
    json_decref(value);
    free(dumped);
    *text = (struct kl_bytes){(unsigned char *)copy, copy ? strlen(copy) : 0};
    return copy ? KL_OK : KL_FAIL_MEMORY(diag);
}

static json_t *named(const char *name, const uint8_t uuid[KL_IMAGE_UUID_BYTES])
{
    char text[KL_UUID_TEXT_BYTES];
    kl_uuid_text(uuid, text);
    return json_pack("{s:s, s:s}", "name", name, "uuid", text);
}

/* What the images can be built from again. */
static json_t *recipe(const struct kl_release *release)
{
    const struct kl_release_wish *wish = release->wish;
    json_t *packs = json_array();
    for (int i = 0; i < wish->pack_count; i++) {
        json_array_append_new(packs, json_string(wish->packs[i]));
    }
    return json_pack("{s:s*, s:s*, s:s*, s:o, s:I, s:b}", "firmware", wish->firmware, "engine",
                     wish->engine, "for", wish->for_bundle, "packs", packs, "header_bytes",
                     (json_int_t)wish->header_bytes, "encrypted", wish->is_encrypted);
}

json_t *kl_release_manifest(const struct kl_release *release)
{
    char version[KL_VERSION_TEXT_BYTES], date[KL_DATE_TEXT_BYTES];
    kl_version_text(&release->version, version);
    kl_date_text(release->made, date);
    json_t *manifest = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:s, s:I, s:s, s:I, s:{s:s, s:s}, s:o*}", "schema",
        KL_RELEASE_SCHEMA, "name", release->name, "version", version, "vendor",
        named(release->vendor_text, release->vendor), "product",
        named(release->product_text, release->product), "board", release->board, "security_counter",
        (json_int_t)release->security_counter, "made", date, "made_seconds",
        (json_int_t)release->made, "tool", "name", "kinglet", "version", KINGLET_VERSION, "engine",
        release->has_engine ? kl_engine_claim_json(&release->engine) : NULL);
    if (manifest && release->base_sha256[0]) {
        json_object_set_new(manifest, "for_sha256", json_string(release->base_sha256));
    }
    json_object_set_new(manifest, "recipe", recipe(release));
    return manifest;
}

json_t *kl_release_image_row(const struct kl_release_part *part)
{
    uint8_t digest[KL_IMAGE_HASH_BYTES];
    char hex[KL_KEY_ID_HEX_BYTES], source[KL_SHA256_HEX_BYTES];
    SHA256(part->hashed.data, part->hashed.size, digest);
    kl_key_id_hex(digest, hex);
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:s}", "file", part->file, "kind",
                            kl_image_kind_name((unsigned)part->spec.kind), "name", part->spec.name,
                            "image_sha256", hex, "encrypted", part->spec.is_encrypted, "source",
                            part->source, "source_sha256", part->source_sha256);
    if (part->pack) {
        kl_pack_source_hex(part->pack, source);
        json_object_set_new(row, "model_sha256", json_string(source));
        json_object_set_new(row, "arena_bytes", json_integer((json_int_t)part->pack->arena_bytes));
    }
    return row;
}

bool kl_manifest_engine(const json_t *manifest, struct kl_engine_claim *claim)
{
    const json_t *engine = json_object_get(manifest, "engine"), *kernel;
    size_t i;
    *claim = (struct kl_engine_claim){
        .abi = (uint32_t)json_integer_value(json_object_get(engine, "abi")),
        .arena_bytes = (uint32_t)json_integer_value(json_object_get(engine, "arena_bytes"))};
    json_array_foreach(json_object_get(engine, "kernels"), i, kernel)
    {
        const char *name = json_string_value(kernel);
        for (int32_t k = 0; name && k < KL_KERNEL_COUNT; k++) {
            claim->kernels[k] =
                claim->kernels[k] || strcmp(name, kl_kernel_id_name((enum kl_kernel_id)k)) == 0;
        }
    }
    return json_is_object(engine);
}

/* Every file but the manifest and its signature, with its hash. */
static json_t *file_rows(const struct kl_tar *files)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < files->count; i++) {
        char sha256[KL_SHA256_HEX_BYTES];
        kl_sha256_hex(files->files[i].content.data, files->files[i].content.size, sha256);
        json_array_append_new(rows, json_pack("{s:s, s:I, s:s}", "file", files->files[i].name,
                                              "bytes", (json_int_t)files->files[i].content.size,
                                              "sha256", sha256));
    }
    return rows;
}

static void set_signer(json_t *manifest, const struct kl_key *signer)
{
    char hex[KL_KEY_ID_HEX_BYTES];
    if (signer) {
        kl_key_id_hex(signer->public_key.id, hex);
        json_object_set_new(manifest, "signer", json_string(hex));
    } else {
        json_object_del(manifest, "signer");
    }
}

static enum kl_err add_signature(struct kl_bytes manifest, const struct kl_key *signer,
                                 struct kl_arena *arena, struct kl_tar *tar, struct kl_diag *diag)
{
    uint8_t digest[KL_IMAGE_HASH_BYTES], signature[KL_P256_SIGNATURE_MAX];
    SHA256(manifest.data, manifest.size, digest);
    size_t bytes = kl_key_sign(signer, digest, signature);
    void *copy = kl_arena_copy(arena, signature, bytes);
    return copy ? kl_tar_add(tar, KL_SIGNATURE_FILE, (struct kl_bytes){copy, bytes}, diag)
                : KL_FAIL_MEMORY(diag);
}

enum kl_err kl_release_finish(json_t *manifest, const struct kl_tar *files,
                              const struct kl_key *signer, struct kl_arena *arena,
                              struct kl_tar *tar, struct kl_diag *diag)
{
    struct kl_bytes text;
    /* In this order, so that it does not matter whether a release is signed when it is built. */
    json_object_del(manifest, "files");
    set_signer(manifest, signer);
    json_object_set_new(manifest, "files", file_rows(files));
    tar->count = 0;
    KL_TRY(kl_json_text(json_incref(manifest), arena, &text, diag));
    KL_TRY(kl_tar_add(tar, KL_MANIFEST_FILE, text, diag));
    if (signer) {
        KL_TRY(add_signature(text, signer, arena, tar, diag));
    }
    for (uint32_t i = 0; i < files->count; i++) {
        KL_TRY(kl_tar_add(tar, files->files[i].name, files->files[i].content, diag));
    }
    return KL_OK;
}
