/* SPDX-License-Identifier: Apache-2.0 */
/* What a firmware claims to execute: read from its ELF file or a manifest, and compared. */
#include <string.h>

#include "emulate/elf.h"
#include "flow/pack_engine.h"
#include "flow/pack_file.h"

enum { FILE_LIMIT = 256 << 20, ENGINE_BYTES = 16 }; /* of struct kl_engine on a 32-bit target */

static uint32_t word_at(const unsigned char *data)
{
    return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
           (uint32_t)data[3] << 24;
}

static enum kl_err read_elf(const char *path, struct kl_bytes file, struct kl_engine_claim *claim,
                            struct kl_diag *diag)
{
    struct kl_diag found = {0};
    uint32_t address;
    const unsigned char *engine;
    const unsigned char *table;
    if (kl_elf_symbol(file, "kl_engine", &address, &found) != KL_OK) {
        return kl_fail(diag, KL_EINPUT, "%.300s: the firmware has no engine: %s", path,
                       found.message);
    }
    KL_TRY(kl_elf_data(file, address, ENGINE_BYTES, &engine, diag));
    uint32_t count = word_at(engine + 4) >> 16;
    if (word_at(engine) != KL_ENGINE_MAGIC) {
        return kl_fail(diag, KL_EINPUT, "%.300s: its symbol kl_engine is no engine", path);
    }
    claim->abi = word_at(engine + 4) & 0xffff;
    claim->arena_bytes = word_at(engine + 8);
    KL_TRY(kl_elf_data(file, word_at(engine + 12), 4 * count, &table, diag));
    for (uint32_t k = 0; k < count && k < KL_KERNEL_COUNT; k++) {
        claim->kernels[k] = word_at(table + 4 * (size_t)k) != 0;
    }
    return KL_OK;
}

/* Kernels of a later kinglet may be there: nothing that this one packs needs them. */
static void note_kernel(const char *name, struct kl_engine_claim *claim)
{
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        if (strcmp(name, kl_kernel_id_name((enum kl_kernel_id)k)) == 0) {
            claim->kernels[k] = true;
        }
    }
}

static enum kl_err read_json(const char *path, struct kl_bytes file, struct kl_engine_claim *claim,
                             struct kl_diag *diag)
{
    json_error_t error;
    json_int_t abi = 0, arena_bytes = 0;
    json_t *kernels = NULL;
    json_t *root = json_loadb((const char *)file.data, file.size, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        return kl_fail(diag, KL_EINPUT, "%.300s: neither an ELF file nor JSON: line %d: %.100s",
                       path, error.line, error.text);
    }
    bool ok = json_unpack(root, "{s:I, s:I, s:o}", "abi", &abi, "arena_bytes", &arena_bytes,
                          "kernels", &kernels) == 0 &&
              json_is_array(kernels) && abi >= 0 && abi <= UINT16_MAX && arena_bytes >= 0 &&
              arena_bytes <= UINT32_MAX;
    size_t count = ok ? json_array_size(kernels) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(kernels, i));
        ok = ok && name;
        note_kernel(name ? name : "", claim);
    }
    claim->abi = (uint32_t)abi;
    claim->arena_bytes = (uint32_t)arena_bytes;
    json_decref(root);
    return ok ? KL_OK
              : kl_fail(diag, KL_EINPUT,
                        "%.300s: an engine is {\"abi\": number, \"arena_bytes\": number, "
                        "\"kernels\": [names]}",
                        path);
}

enum kl_err kl_engine_claim_read(const char *path, struct kl_arena *arena,
                                 struct kl_engine_claim *claim, struct kl_diag *diag)
{
    struct kl_bytes file;
    *claim = (struct kl_engine_claim){0};
    KL_TRY(kl_file_read(path, FILE_LIMIT, arena, &file, diag));
    if (file.size >= 4 && memcmp(file.data, "\177ELF", 4) == 0) {
        return read_elf(path, file, claim, diag);
    }
    return read_json(path, file, claim, diag);
}

json_t *kl_engine_claim_json(const struct kl_engine_claim *claim)
{
    json_t *kernels = json_array();
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        if (claim->kernels[k]) {
            json_array_append_new(kernels, json_string(kl_kernel_id_name((enum kl_kernel_id)k)));
        }
    }
    return json_pack("{s:I, s:I, s:o}", "abi", (json_int_t)claim->abi, "arena_bytes",
                     (json_int_t)claim->arena_bytes, "kernels", kernels);
}

/* ", NAME" of each kernel that the pack needs and the engine does not have. */
static int32_t list_missing(const struct kl_pack *pack, const struct kl_engine_claim *claim,
                            struct kl_buffer *text)
{
    bool needed[KL_KERNEL_COUNT];
    int32_t count = 0;
    kl_pack_kernels(pack, needed);
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        if (needed[k] && !claim->kernels[k]) {
            kl_buffer_printf(text, "%s%s", count++ ? ", " : "",
                             kl_kernel_id_name((enum kl_kernel_id)k));
        }
    }
    return count;
}

enum kl_err kl_pack_check_claim(const struct kl_pack *pack, const struct kl_engine_claim *claim,
                                struct kl_diag *diag)
{
    struct kl_buffer missing = KL_BUFFER(16 * 1024);
    if (pack->abi != claim->abi) {
        return kl_fail(diag, KL_ECHECK,
                       "the pack is for engine ABI %u, the firmware has %u: rebuild one of them",
                       pack->abi, (unsigned)claim->abi);
    }
    if (pack->arena_bytes > claim->arena_bytes) {
        return kl_fail(diag, KL_ECHECK, "the pack needs an arena of %u bytes, the firmware has %u",
                       (unsigned)pack->arena_bytes, (unsigned)claim->arena_bytes);
    }
    enum kl_err err = KL_OK;
    if (list_missing(pack, claim, &missing) > 0) {
        err =
            kl_fail(diag, KL_ECHECK,
                    "the firmware's engine lacks kernels that the pack needs: %.600s; add them to "
                    "its table and rebuild it",
                    missing.data ? missing.data : "");
    }
    kl_buffer_free(&missing);
    return err;
}
