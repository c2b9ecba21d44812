/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs of a release, and whether they belong together. */
#include <stdio.h>
#include <string.h>

#include "emulate/elf.h"
#include "kinglet/trailer.h"
#include "release/image_file.h"
#include "release/release_internal.h"
#include "target/board.h"

enum { PACK_FILE_LIMIT = KL_IMAGE_FILE_MAX, BUNDLE_FILE_LIMIT = KL_TAR_LIMIT };

const char *kl_release_path(struct kl_arena *arena, const char *folder, const char *path)
{
    return folder && path[0] != '/' ? kl_arena_printf(arena, "%s/%s", folder, path) : path;
}

static enum kl_err read_input(const struct kl_release *release, const char *path, size_t limit,
                              struct kl_arena *arena, struct kl_bytes *file, struct kl_diag *diag)
{
    const char *found = kl_release_path(arena, release->wish->folder, path);
    return found ? kl_file_read(found, limit, arena, file, diag) : KL_FAIL_MEMORY(diag);
}

static enum kl_err missing(const char *option, struct kl_diag *diag)
{
    return kl_fail(diag, KL_EUSAGE, "%s is missing: a release says what it is for", option);
}

/* A text of the base release, which what was asked for may repeat and not contradict. */
static enum kl_err inherit(const char *base, const char *asked, const char *what,
                           const char **value, struct kl_diag *diag)
{
    *value = asked ? asked : base;
    return !base || !asked || strcmp(base, asked) == 0
               ? KL_OK
               : kl_fail(diag, KL_ECHECK,
                         "the release that these models are for is of %s '%.60s', "
                         "not '%.60s'",
                         what, base, asked);
}

static const char *nested_text(struct kl_arena *arena, const json_t *object, const char *name,
                               const char *member)
{
    const char *text = kl_manifest_text(json_object_get(object, name), member);
    return *text ? kl_arena_printf(arena, "%s", text) : NULL;
}

/* Vendor, product, board and engine of the release that models are for. */
static enum kl_err read_base(struct kl_release *release, struct kl_arena *arena,
                             struct kl_diag *diag)
{
    const struct kl_release_wish *wish = release->wish;
    struct kl_release_file base;
    struct kl_bytes file;
    if (!wish->for_bundle) {
        release->vendor_text = wish->vendor;
        release->product_text = wish->product;
        release->board = wish->board;
        return KL_OK;
    }
    KL_TRY(read_input(release, wish->for_bundle, BUNDLE_FILE_LIMIT, arena, &file, diag));
    KL_TRY(kl_release_open(file, wish->for_bundle, &base, diag));
    kl_sha256_hex(file.data, file.size, release->base_sha256);
    release->has_engine = kl_manifest_engine(base.manifest, &release->engine);
    const char *board = kl_manifest_text(base.manifest, "board");
    const char *of_base[] = {nested_text(arena, base.manifest, "vendor", "name"),
                             nested_text(arena, base.manifest, "product", "name"),
                             *board ? kl_arena_printf(arena, "%s", board) : NULL};
    kl_release_file_free(&base);
    KL_TRY(inherit(of_base[0], wish->vendor, "vendor", &release->vendor_text, diag));
    KL_TRY(inherit(of_base[1], wish->product, "product", &release->product_text, diag));
    KL_TRY(inherit(of_base[2], wish->board, "board", &release->board, diag));
    return release->has_engine
               ? KL_OK
               : kl_fail(diag, KL_ECHECK, "%.300s: its firmware has no engine for packs",
                         wish->for_bundle);
}

static enum kl_err settle_identity(struct kl_release *release, struct kl_arena *arena,
                                   struct kl_diag *diag)
{
    struct kl_diag unknown = {0}; /* a board of the user's own that nobody described */
    const struct kl_release_wish *wish = release->wish;
    if (!release->vendor_text || !release->product_text || !release->board || !wish->version) {
        return missing(!wish->version           ? "--version V"
                       : !release->vendor_text  ? "--vendor DOMAIN"
                       : !release->product_text ? "--product NAME"
                                                : "--board B",
                       diag);
    }
    release->name = wish->name ? wish->name : release->product_text;
    if (!kl_tar_name_ok(release->name) || strchr(release->name, '/') ||
        strlen(release->name) > KL_IMAGE_TEXT_MAX) {
        return kl_fail(diag, KL_EUSAGE,
                       "'%.80s' cannot be a part of file names: give another with --name",
                       release->name);
    }
    if (kl_board_find(release->board, arena, &release->facts, &unknown) != KL_OK) {
        release->facts = NULL;
    }
    KL_TRY(kl_version_parse(wish->version, &release->version, diag));
    KL_TRY(kl_vendor_uuid(release->vendor_text, release->vendor, diag));
    KL_TRY(kl_product_uuid(release->product_text, release->vendor, release->product, diag));
    if (wish->security_counter < 0 || wish->security_counter > UINT32_MAX) {
        return kl_fail(diag, KL_EUSAGE, "a security counter has 32 bits");
    }
    release->security_counter = (uint32_t)wish->security_counter;
    release->made = wish->made;
    return wish->has_made ? KL_OK
                          : kl_made_time(wish->folder ? wish->folder : ".", &release->made, diag);
}

/* What all images of a release say. */
static struct kl_image_spec common_spec(const struct kl_release *release, enum kl_image_kind kind)
{
    return (struct kl_image_spec){
        .kind = kind,
        .version = release->version,
        .header_bytes = KL_IMAGE_HEADER_BYTES,
        .is_encrypted = release->wish->is_encrypted,
        .vendor = release->vendor,
        .product = release->product,
        .board = release->board,
        .name = release->name,
        .security_counter = release->security_counter,
        .made = release->made,
    };
}

/* Entries behind what is hashed: info, hash, key, signature, and the envelope. */
enum { SEAL_BYTES = 4 + 3 * 4 + 2 * KL_IMAGE_HASH_BYTES + KL_P256_SIGNATURE_MAX };
enum { ENVELOPE_BYTES = 4 + 113 };

/* Is there room for the image in its slot? */
static enum kl_err check_room(const struct kl_release *release, const struct kl_release_part *part,
                              struct kl_diag *diag)
{
    if (!release->facts || !release->facts->device.driver) {
        return KL_OK;
    }
    const struct kl_board_device *d = &release->facts->device;
    const struct kl_flash flash = {
        .bytes = d->flash.bytes, .sector_bytes = d->sector_bytes, .write_bytes = d->write_bytes};
    const struct kl_flash_area slot = {&flash, 0, d->image_bytes};
    bool is_firmware = part->spec.kind == KL_IMAGE_FIRMWARE;
    uint32_t room = is_firmware ? kl_image_room(&slot) : d->model_bytes;
    size_t bytes = part->hashed.size + SEAL_BYTES + (part->spec.is_encrypted ? ENVELOPE_BYTES : 0);
    return bytes <= room
               ? KL_OK
               : kl_fail(diag, KL_EFIT,
                         "%.300s: its image takes up to %zu bytes, and a slot for %s of board "
                         "'%.60s' has room for %u",
                         part->source, bytes, is_firmware ? "firmware" : "models", release->board,
                         (unsigned)room);
}

uint32_t kl_release_slot_address(const struct kl_release *release)
{
    const struct kl_board *board = release->facts;
    return board && board->device.driver ? board->device.flash.origin + board->device.header_bytes
                                         : 0;
}

static enum kl_err write_part(const struct kl_release *release, struct kl_release_part *part,
                              struct kl_arena *arena, struct kl_diag *diag)
{
    struct kl_buffer hashed = KL_BUFFER(KL_IMAGE_FILE_MAX);
    enum kl_err err = kl_image_write(&part->spec, &hashed, diag);
    if (err != KL_OK) {
        kl_buffer_free(&hashed);
        return err;
    }
    KL_TRY(kl_take_buffer(&hashed, arena, &part->hashed, diag));
    return check_room(release, part, diag);
}

static void set_engine(struct kl_image_spec *spec, uint32_t abi, const bool *kernels)
{
    spec->has_engine = true;
    spec->engine_abi = (uint16_t)abi;
    memcpy(spec->kernels, kernels, sizeof spec->kernels);
}

static bool is_elf(struct kl_bytes file)
{
    return file.size >= 4 && memcmp(file.data, "\177ELF", 4) == 0;
}

/* A firmware for Arm is no firmware for a board with RISC-V, and the other way round. */
static enum kl_err check_machine(const struct kl_release *release, const char *path,
                                 struct kl_bytes file, struct kl_arena *arena, struct kl_diag *diag)
{
    const struct kl_board *board = release->facts;
    struct kl_elf_code code;
    if (!is_elf(file) || !board) {
        return KL_OK;
    }
    KL_TRY(kl_elf_code(file, arena, &code, diag));
    bool wants_arm = strncmp(board->core, "rv32", 4) != 0;
    return code.is_arm == wants_arm
               ? KL_OK
               : kl_fail(diag, KL_ECHECK, "%.300s: firmware for %s, but board '%.60s' has a %.40s",
                         path, code.is_arm ? "Arm" : "RISC-V", release->board, board->core);
}

static bool has_engine_symbol(struct kl_bytes file)
{
    struct kl_diag ignored = {0};
    uint32_t address;
    return is_elf(file) && kl_elf_symbol(file, "kl_engine", &address, &ignored) == KL_OK;
}

/* What the firmware executes: from its own file, or as stated for one that cannot say so. */
static enum kl_err read_engine(struct kl_release *release, struct kl_bytes file,
                               struct kl_arena *arena, struct kl_diag *diag)
{
    const struct kl_release_wish *wish = release->wish;
    const char *source = wish->engine ? wish->engine : wish->firmware;
    if (!wish->engine && !has_engine_symbol(file)) {
        return KL_OK;
    }
    const char *path = kl_release_path(arena, wish->folder, source);
    if (!path) {
        return KL_FAIL_MEMORY(diag);
    }
    release->has_engine = true;
    return kl_engine_claim_read(path, arena, &release->engine, diag);
}

static enum kl_err load_firmware(struct kl_release_part *part, struct kl_arena *arena,
                                 struct kl_diag *diag)
{
    struct kl_image_spec *spec = &part->spec;
    if (!is_elf(part->source_file)) {
        spec->body = part->source_file;
        return KL_OK;
    }
    KL_TRY(kl_elf_load(part->source_file, KL_IMAGE_FILE_MAX, arena, &spec->load_address,
                       &spec->body, diag));
    part->is_linked = true;
    part->linked_at = spec->load_address;
    if (spec->load_address >= spec->header_bytes) { /* where the image lies */
        spec->load_address -= spec->header_bytes;
    }
    return KL_OK;
}

static int64_t default_header(const struct kl_release *release)
{
    return release->facts && release->facts->device.driver ? release->facts->device.header_bytes
                                                           : KL_FIRMWARE_HEADER_BYTES;
}

static enum kl_err add_firmware(struct kl_release *release, struct kl_arena *arena,
                                struct kl_diag *diag)
{
    const struct kl_release_wish *wish = release->wish;
    struct kl_release_part *part = &release->parts[release->part_count];
    if (!wish->firmware) {
        return KL_OK;
    }
    *part = (struct kl_release_part){.file = "firmware.img",
                                     .source = wish->firmware,
                                     .spec = common_spec(release, KL_IMAGE_FIRMWARE)};
    if (wish->header_bytes < 0 || wish->header_bytes > UINT16_MAX) {
        return kl_fail(diag, KL_EUSAGE, "--header-bytes is at most %d", UINT16_MAX);
    }
    part->spec.header_bytes =
        (uint16_t)(wish->header_bytes ? wish->header_bytes : default_header(release));
    KL_TRY(read_input(release, wish->firmware, PACK_FILE_LIMIT, arena, &part->source_file, diag));
    if (kl_is_image(part->source_file)) {
        return kl_fail(diag, KL_EUSAGE, "%.300s: an image already: give the ELF file or raw bytes",
                       wish->firmware);
    }
    kl_sha256_hex(part->source_file.data, part->source_file.size, part->source_sha256);
    KL_TRY(check_machine(release, wish->firmware, part->source_file, arena, diag));
    KL_TRY(read_engine(release, part->source_file, arena, diag));
    if (release->has_engine) {
        set_engine(&part->spec, release->engine.abi, release->engine.kernels);
    }
    KL_TRY(load_firmware(part, arena, diag));
    release->part_count++;
    return write_part(release, part, arena, diag);
}

static enum kl_err check_stated(const struct kl_image_file *image, enum kl_tlv_type type,
                                const void *wanted, uint32_t bytes, const char *path,
                                const char *what, struct kl_diag *diag)
{
    uint8_t stated[KL_IMAGE_TEXT_MAX];
    bool same = bytes <= sizeof stated &&
                kl_image_get(&image->image, (uint16_t)type, stated, bytes) == KL_IMAGE_OK &&
                memcmp(stated, wanted, bytes) == 0;
    return same ? KL_OK
                : kl_fail(diag, KL_ECHECK, "%.300s: it is for another %s than this release", path,
                          what);
}

/* The pack in an image that belongs here. */
static enum kl_err unwrap_pack(const struct kl_release *release, const char *path,
                               struct kl_bytes *file, struct kl_diag *diag)
{
    struct kl_image_file image;
    uint8_t test[8], kind = KL_IMAGE_MODEL;
    if (!kl_is_image(*file)) {
        return KL_OK;
    }
    KL_TRY(kl_image_file_open(*file, path, &image, diag));
    if (image.image.header.flags & KL_IMAGE_ENCRYPTED_AES128) {
        return kl_fail(diag, KL_EUSAGE, "%.300s: encrypted: give the pack itself", path);
    }
    KL_TRY(check_stated(&image, KL_TLV_KIND, &kind, 1, path, "kind, no model,", diag));
    KL_TRY(check_stated(&image, KL_TLV_VENDOR_UUID, release->vendor, KL_IMAGE_UUID_BYTES, path,
                        "vendor", diag));
    KL_TRY(check_stated(&image, KL_TLV_CLASS_UUID, release->product, KL_IMAGE_UUID_BYTES, path,
                        "product", diag));
    KL_TRY(check_stated(&image, KL_TLV_BOARD, release->board, (uint32_t)strlen(release->board),
                        path, "board", diag));
    uint32_t bytes = image.image.header.body_bytes;
    if (kl_image_get(&image.image, KL_TLV_SELF_TEST, test, sizeof test) == KL_IMAGE_OK) {
        uint32_t offset = (uint32_t)(test[0] | test[1] << 8 | test[2] << 16) | (uint32_t)test[3]
                                                                                   << 24;
        bytes = offset < bytes ? offset : bytes;
    }
    *file = (struct kl_bytes){file->data + image.image.header.header_bytes, bytes};
    return KL_OK;
}

/* A name for a file: the pack's own, with '_' for what file names do not have. */
static void name_part(struct kl_release_part *part, char name[KL_IMAGE_TEXT_MAX + 1])
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    const char *text = part->pack->name ? (const char *)part->pack + part->pack->name : "";
    size_t length = strnlen(text, KL_IMAGE_TEXT_MAX);
    memcpy(name, text, length);
    name[length] = '\0';
    for (char *c = name; *c; c++) {
        *c = strchr(allowed, *c) ? *c : '_';
    }
    if (length == 0 || name[0] == '.') {
        snprintf(name, KL_IMAGE_TEXT_MAX + 1, "model");
    }
    snprintf(part->file, sizeof part->file, "models/%s.img", name);
}

static enum kl_err check_fit(const struct kl_release *release, const struct kl_release_part *part,
                             struct kl_diag *diag)
{
    struct kl_diag why = {0};
    if (!release->has_engine) {
        return kl_fail(
            diag, KL_ECHECK,
            release->wish->firmware
                ? "%.300s: the firmware has no engine for packs: its symbol kl_engine is "
                  "missing; --engine F says what a raw firmware executes"
                : "%.300s: for which firmware? Give --firmware F, --for RELEASE or "
                  "--engine F",
            part->source);
    }
    return kl_pack_check_claim(part->pack, &release->engine, &why) == KL_OK
               ? KL_OK
               : kl_fail(diag, why.err, "%.300s: %s", part->source, why.message);
}

static enum kl_err add_pack(struct kl_release *release, const char *path, struct kl_arena *arena,
                            struct kl_diag *diag)
{
    struct kl_release_part *part = &release->parts[release->part_count];
    struct kl_model_body body;
    struct kl_bytes file;
    bool kernels[KL_KERNEL_COUNT];
    char name[KL_IMAGE_TEXT_MAX + 1];
    *part = (struct kl_release_part){.source = path, .spec = common_spec(release, KL_IMAGE_MODEL)};
    KL_TRY(read_input(release, path, PACK_FILE_LIMIT, arena, &file, diag));
    kl_sha256_hex(file.data, file.size, part->source_sha256);
    KL_TRY(unwrap_pack(release, path, &file, diag));
    KL_TRY(kl_pack_read_bytes(path, file, arena, &part->pack, diag));
    KL_TRY(check_fit(release, part, diag));
    KL_TRY(kl_model_body_make(part->pack, arena, &body, diag));
    kl_pack_kernels(part->pack, kernels);
    set_engine(&part->spec, part->pack->abi, kernels);
    name_part(part, name);
    part->spec.name = kl_arena_printf(arena, "%s", name);
    part->spec.body = body.bytes;
    part->spec.self_test_offset = body.self_test_offset;
    part->spec.self_test_bytes = body.self_test_bytes;
    release->part_count++;
    return part->spec.name ? write_part(release, part, arena, diag) : KL_FAIL_MEMORY(diag);
}

static enum kl_err check_wish(const struct kl_release_wish *wish, struct kl_diag *diag)
{
    if (!wish->firmware && wish->pack_count == 0) {
        return kl_fail(diag, KL_EUSAGE, "nothing to release: give --firmware F, --pack F, or both");
    }
    if (wish->firmware && wish->for_bundle) {
        return kl_fail(diag, KL_EUSAGE, "--for is for models without a firmware");
    }
    return wish->pack_count <= KL_RELEASE_MODELS_MAX
               ? KL_OK
               : kl_fail(diag, KL_ELIMIT, "a release has at most %d models", KL_RELEASE_MODELS_MAX);
}

enum kl_err kl_release_collect(const struct kl_release_wish *wish, struct kl_arena *arena,
                               struct kl_release *release, struct kl_diag *diag)
{
    *release = (struct kl_release){.wish = wish};
    KL_TRY(check_wish(wish, diag));
    KL_TRY(read_base(release, arena, diag));
    KL_TRY(settle_identity(release, arena, diag));
    KL_TRY(add_firmware(release, arena, diag));
    if (!wish->firmware && wish->engine) {
        KL_TRY(read_engine(release, (struct kl_bytes){NULL, 0}, arena, diag));
    }
    for (int i = 0; i < wish->pack_count; i++) {
        KL_TRY(add_pack(release, wish->packs[i], arena, diag));
    }
    return KL_OK;
}
