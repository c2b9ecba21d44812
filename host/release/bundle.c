/* SPDX-License-Identifier: Apache-2.0 */
/* Puts a release together, opens it, and signs it anew. */
#include <stdio.h>
#include <string.h>

#include "release/image_file.h"
#include "release/release_internal.h"

enum { EVIDENCE_LIMIT = 8 << 20, NOTES_LIMIT = 1 << 20 };

void kl_pack_source_hex(const struct kl_pack *pack, char hex[KL_SHA256_HEX_BYTES])
{
    kl_key_id_hex(pack->source_sha256, hex);
}

static enum kl_err seal(struct kl_bytes hashed, const struct kl_key *signer,
                        const struct kl_public_key *reader, struct kl_arena *arena,
                        struct kl_bytes *sealed, struct kl_diag *diag)
{
    struct kl_buffer image = KL_BUFFER(KL_IMAGE_FILE_MAX);
    kl_buffer_append(&image, hashed.data, hashed.size);
    enum kl_err err =
        image.failed ? KL_FAIL_MEMORY(diag) : kl_image_seal(&image, signer, reader, diag);
    if (err != KL_OK) {
        kl_buffer_free(&image);
        return err;
    }
    return kl_take_buffer(&image, arena, sealed, diag);
}

static enum kl_err add_images(const struct kl_release *release, const struct kl_key *signer,
                              const struct kl_public_key *reader, struct kl_arena *arena,
                              struct kl_tar *files, json_t *rows, struct kl_diag *diag)
{
    for (int i = 0; i < release->part_count; i++) {
        const struct kl_release_part *part = &release->parts[i];
        struct kl_bytes sealed;
        KL_TRY(seal(part->hashed, signer, reader, arena, &sealed, diag));
        KL_TRY(kl_tar_add(files, part->file, sealed, diag));
        json_array_append_new(rows, kl_release_image_row(part));
    }
    return KL_OK;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static enum kl_err add_one_evidence(const struct kl_release *release, const char *path,
                                    struct kl_arena *arena, struct kl_tar *files, json_t **parsed,
                                    struct kl_diag *diag)
{
    struct kl_bytes file;
    json_error_t error;
    char name[KL_TAR_NAME_MAX + 1];
    const char *found = kl_release_path(arena, release->wish->folder, path);
    if (!found) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_file_read(found, EVIDENCE_LIMIT, arena, &file, diag));
    *parsed = json_loadb((const char *)file.data, file.size, JSON_REJECT_DUPLICATES, &error);
    if (strcmp(kl_manifest_text(*parsed, "schema"), "kinglet.result/1") != 0) {
        return kl_fail(diag, KL_EINPUT, "%.300s: not what a command prints with --json", path);
    }
    if (snprintf(name, sizeof name, "evidence/%s", last_part(path)) >= (int)sizeof name) {
        return kl_fail(diag, KL_EUSAGE, "%.300s: the name is too long", path);
    }
    return kl_tar_add(files, name, file, diag);
}

/* What is said about the images: evidence, notes, bill of materials, model cards. */
static enum kl_err add_documents(const struct kl_release *release, struct kl_arena *arena,
                                 struct kl_tar *files, json_t **evidence, struct kl_diag *diag)
{
    const struct kl_release_wish *wish = release->wish;
    struct kl_bytes text;
    char name[KL_TAR_NAME_MAX + 1];
    for (int i = 0; i < wish->evidence_count; i++) {
        KL_TRY(add_one_evidence(release, wish->evidence[i], arena, files, &evidence[i], diag));
    }
    KL_TRY(kl_release_sbom(release, evidence, arena, &text, diag));
    KL_TRY(kl_tar_add(files, "sbom.cdx.json", text, diag));
    for (int i = 0; i < release->part_count; i++) {
        const struct kl_release_part *part = &release->parts[i];
        if (part->pack) {
            snprintf(name, sizeof name, "models/%.64s.md", part->spec.name);
            KL_TRY(kl_release_card(release, part, evidence, arena, &text, diag));
            KL_TRY(kl_tar_add(files, name, text, diag));
        }
    }
    if (wish->notes) {
        const char *found = kl_release_path(arena, wish->folder, wish->notes);
        KL_TRY(found ? kl_file_read(found, NOTES_LIMIT, arena, &text, diag) : KL_FAIL_MEMORY(diag));
        KL_TRY(kl_tar_add(files, "notes.md", text, diag));
    }
    return KL_OK;
}

static enum kl_err check_reader(const struct kl_release *release,
                                const struct kl_public_key *reader, struct kl_diag *diag)
{
    return release->wish->is_encrypted == (reader != NULL)
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE, "images are encrypted to a key: --encrypt-for F");
}

enum kl_err kl_release_bundle(const struct kl_release *release, const struct kl_key *signer,
                              const struct kl_public_key *reader, struct kl_arena *arena,
                              struct kl_tar *tar, struct kl_diag *diag)
{
    json_t *evidence[KL_RELEASE_FILES_MAX] = {0};
    KL_TRY(check_reader(release, reader, diag));
    struct kl_tar *files = KL_NEW(arena, struct kl_tar, 1);
    json_t *manifest = kl_release_manifest(release), *rows = json_array();
    enum kl_err err = files && manifest && rows ? KL_OK : KL_FAIL_MEMORY(diag);
    if (err == KL_OK) {
        err = add_images(release, signer, reader, arena, files, rows, diag);
    }
    if (err == KL_OK) {
        err = add_documents(release, arena, files, evidence, diag);
    }
    json_object_set_new(manifest, "images", rows);
    if (err == KL_OK) {
        err = kl_release_finish(manifest, files, signer, arena, tar, diag);
    }
    for (int i = 0; i < KL_RELEASE_FILES_MAX; i++) {
        json_decref(evidence[i]);
    }
    json_decref(manifest);
    return err;
}

static enum kl_err check_file(const json_t *row, const struct kl_tar *tar, const char *name,
                              struct kl_diag *diag)
{
    char sha256[KL_SHA256_HEX_BYTES];
    const char *path = kl_manifest_text(row, "file");
    const struct kl_tar_file *file = kl_tar_find(tar, path);
    if (!file) {
        return kl_fail(diag, KL_EINPUT, "%.300s: %.100s is in the manifest, and is not there", name,
                       path);
    }
    kl_sha256_hex(file->content.data, file->content.size, sha256);
    return strcmp(sha256, kl_manifest_text(row, "sha256")) == 0
               ? KL_OK
               : kl_fail(diag, KL_ECHECK,
                         "%.300s: %.100s is not what its manifest says: it was "
                         "altered or damaged",
                         name, path);
}

/* Every file is stated once, since names in the archive are each there once. */
static enum kl_err check_files(const struct kl_release_file *release, const char *name,
                               struct kl_diag *diag)
{
    const json_t *rows = json_object_get(release->manifest, "files"), *row;
    size_t i, extra = kl_tar_find(&release->tar, KL_SIGNATURE_FILE) ? 2 : 1;
    json_array_foreach(rows, i, row)
    {
        KL_TRY(check_file(row, &release->tar, name, diag));
        for (size_t k = 0; k < i; k++) {
            if (strcmp(kl_manifest_text(json_array_get(rows, k), "file"),
                       kl_manifest_text(row, "file")) == 0) {
                return kl_fail(diag, KL_EINPUT, "%.300s: its manifest states a file twice", name);
            }
        }
    }
    return json_array_size(rows) + extra == release->tar.count
               ? KL_OK
               : kl_fail(diag, KL_EINPUT, "%.300s: it holds files that are not in its manifest",
                         name);
}

static enum kl_err check_images(const struct kl_release_file *release, const char *name,
                                struct kl_diag *diag)
{
    const json_t *rows = json_object_get(release->manifest, "images"), *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        const struct kl_tar_file *file = kl_tar_find(&release->tar, kl_manifest_text(row, "file"));
        struct kl_image_file image;
        if (!file) {
            return kl_fail(diag, KL_EINPUT, "%.300s: an image of its manifest is not there", name);
        }
        KL_TRY(kl_image_file_open(file->content, file->name, &image, diag));
    }
    return i > 0 ? KL_OK : kl_fail(diag, KL_EINPUT, "%.300s: it has no image", name);
}

/* Text that a terminal shows and does not obey: UTF-8, which JSON is, without controls. */
static bool is_shown(const json_t *value)
{
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (!text || length == 0 || length > 1024 || strlen(text) != length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i], next = (unsigned char)text[i + 1];
        if (c < ' ' || c == 0x7f || (c == 0xc2 && next < 0xa0)) { /* C0, delete, C1 */
            return false;
        }
    }
    return true;
}

static bool has_texts(const json_t *object, const char *const *names)
{
    while (*names && is_shown(json_object_get(object, *names))) {
        names++;
    }
    return *names == NULL;
}

/* All that is shown or relied on later is there. */
static enum kl_err check_manifest(const json_t *manifest, const char *name, struct kl_diag *diag)
{
    static const char *const texts[] = {"name", "version", "board", "made", NULL};
    static const char *const identity[] = {"name", "uuid", NULL};
    static const char *const image[] = {"file",   "kind",          "name", "image_sha256",
                                        "source", "source_sha256", NULL};
    static const char *const file[] = {"file", "sha256", NULL};
    const json_t *signer = json_object_get(manifest, "signer"), *row;
    size_t i;
    bool ok = has_texts(manifest, texts) &&
              has_texts(json_object_get(manifest, "vendor"), identity) &&
              has_texts(json_object_get(manifest, "product"), identity) &&
              (!signer || is_shown(signer)) &&
              json_integer_value(json_object_get(manifest, "made_seconds")) >= 0;
    json_array_foreach(json_object_get(manifest, "images"), i, row)
    {
        ok = ok && has_texts(row, image);
    }
    json_array_foreach(json_object_get(manifest, "files"), i, row)
    {
        ok = ok && has_texts(row, file);
    }
    return ok ? KL_OK
              : kl_fail(diag, KL_EINPUT,
                        "%.300s: its manifest lacks a text, or has one that cannot "
                        "be shown",
                        name);
}

enum kl_err kl_release_open(struct kl_bytes file, const char *name, struct kl_release_file *release,
                            struct kl_diag *diag)
{
    json_error_t error;
    release->manifest = NULL;
    KL_TRY(kl_tar_read(file, name, &release->tar, diag));
    const struct kl_tar_file *first = &release->tar.files[0];
    if (release->tar.count == 0 || strcmp(first->name, KL_MANIFEST_FILE) != 0) {
        return kl_fail(diag, KL_EINPUT,
                       "%.300s: not a release: it does not begin with "
                       "manifest.json",
                       name);
    }
    release->manifest = json_loadb((const char *)first->content.data, first->content.size,
                                   JSON_REJECT_DUPLICATES, &error);
    enum kl_err err = KL_OK;
    if (strcmp(kl_manifest_text(release->manifest, "schema"), KL_RELEASE_SCHEMA) != 0) {
        err =
            kl_fail(diag, KL_EINPUT, "%.300s: its manifest is none of %s", name, KL_RELEASE_SCHEMA);
    }
    if (err == KL_OK) {
        err = check_manifest(release->manifest, name, diag);
    }
    if (err == KL_OK) {
        err = check_files(release, name, diag);
    }
    if (err == KL_OK) {
        err = check_images(release, name, diag);
    }
    if (err != KL_OK) {
        kl_release_file_free(release);
    }
    return err;
}

void kl_release_file_free(struct kl_release_file *release)
{
    json_decref(release->manifest);
    release->manifest = NULL;
}

static bool is_image_of(const json_t *manifest, const char *name)
{
    const json_t *row;
    size_t i;
    json_array_foreach(json_object_get(manifest, "images"), i, row)
    {
        if (strcmp(kl_manifest_text(row, "file"), name) == 0) {
            return true;
        }
    }
    return false;
}

static enum kl_err sign_image(struct kl_bytes file, const struct kl_key *signer,
                              struct kl_arena *arena, struct kl_bytes *sealed, struct kl_diag *diag)
{
    struct kl_buffer image = KL_BUFFER(KL_IMAGE_FILE_MAX);
    enum kl_err err = kl_image_unseal(file, &image, diag);
    struct kl_bytes hashed = {(unsigned char *)image.data, image.size};
    if (err == KL_OK) {
        err = seal(hashed, signer, NULL, arena, sealed, diag);
    }
    kl_buffer_free(&image);
    return err;
}

enum kl_err kl_release_sign(struct kl_release_file *release, const struct kl_key *signer,
                            struct kl_arena *arena, struct kl_tar *tar, struct kl_diag *diag)
{
    struct kl_tar *files = KL_NEW(arena, struct kl_tar, 1);
    if (!files) {
        return KL_FAIL_MEMORY(diag);
    }
    for (uint32_t i = 0; i < release->tar.count; i++) {
        const struct kl_tar_file *file = &release->tar.files[i];
        struct kl_bytes content = file->content;
        if (strcmp(file->name, KL_MANIFEST_FILE) == 0 ||
            strcmp(file->name, KL_SIGNATURE_FILE) == 0) {
            continue;
        }
        if (is_image_of(release->manifest, file->name)) {
            KL_TRY(sign_image(file->content, signer, arena, &content, diag));
        }
        KL_TRY(kl_tar_add(files, file->name, content, diag));
    }
    return kl_release_finish(release->manifest, files, signer, arena, tar, diag);
}
