/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software bill of materials: CycloneDX 1.5 (ECMA-424 is its later form), JSON,
 * https://cyclonedx.org/docs/1.5/json/. It carries no time and a serial number made from the
 * hashes, so that the same release gives the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "playbook/assess/bundle_files.h"
#include "playbook/evidence/paths.h"

struct sbom {
    const struct kl_playbook *playbook;
    struct kl_result *result;
    json_t *components, *references, *rows;
};

/* Takes `component`, which has a type, a name and a bom-ref. */
static void add_component(struct sbom *sbom, json_t *component, const char *sha256)
{
    const char *version = json_string_value(json_object_get(component, "version"));
    if (sha256) {
        json_object_set_new(component, "hashes",
                            json_pack("[{s:s, s:s}]", "alg", "SHA-256", "content", sha256));
    }
    json_array_append(sbom->references, json_object_get(component, "bom-ref"));
    json_array_append_new(
        sbom->rows, json_pack("{s:O, s:O, s:s, s:s}", "name", json_object_get(component, "name"),
                              "type", json_object_get(component, "type"), "version",
                              version ? version : "", "sha256", sha256 ? sha256 : ""));
    json_array_append_new(sbom->components, component);
}

static const char *type_of(const struct kl_bundle_file *file)
{
    static const char *const images[] = {".bin", ".elf", ".hex", ".uf2"};
    size_t length = strlen(file->path);
    if (file->model) {
        return "machine-learning-model";
    }
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        if (length > 4 && strcmp(file->path + length - 4, images[i]) == 0) {
            return "firmware";
        }
    }
    return "file";
}

static void add_files(struct sbom *sbom, const struct kl_bundle *bundle)
{
    const char *version =
        kl_yaml_text(kl_playbook_field(sbom->playbook, "release.versions.model"), "");
    for (size_t i = 0; i < bundle->count; i++) {
        const struct kl_bundle_file *file = &bundle->files[i];
        json_t *component = json_pack("{s:s, s:s, s:o}", "type", type_of(file), "name", file->path,
                                      "bom-ref", kl_assess_printf("file:%.900s", file->path));
        if (file->model && *version) {
            json_object_set_new(component, "version", json_string(version));
        }
        add_component(sbom, component, file->sha256);
    }
}

/* The part of kinglet that is linked into firmware. */
static void add_runtime(struct sbom *sbom)
{
    add_component(sbom,
                  json_pack("{s:s, s:s, s:s, s:s, s:s, s:[{s:{s:s}}]}", "type", "library", "name",
                            "kinglet device library", "version", KINGLET_VERSION, "bom-ref",
                            "kinglet-device", "description",
                            "kernels and support that generated models call", "licenses", "license",
                            "id", "Apache-2.0"),
                  NULL);
}

/* The compiler of the chosen board, when it is here to say its version. */
static void add_compiler(struct sbom *sbom)
{
    const struct kl_yaml *chosen = kl_playbook_field(sbom->playbook, "hardware.chosen");
    const struct kl_board *board = NULL;
    struct kl_diag ignored = {0}; /* without a known board there is no compiler to name */
    if (!chosen ||
        kl_assess_board(sbom->playbook, chosen, sbom->result, &board, &ignored) != KL_OK ||
        !board->toolchain) {
        return;
    }
    const char *program = kl_arena_printf(sbom->playbook->arena, "%sgcc", board->toolchain);
    const char *version = program ? kl_bundle_tool_version(sbom->playbook, program) : "";
    if (*version) {
        add_component(sbom,
                      json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "application", "name", program,
                                "version", version, "bom-ref", "compiler", "scope", "excluded"),
                      NULL);
    }
}

/* A serial number has the form of a UUID; this one is the first half of the hash of the product,
 * its version and all parts, with the version and variant of a custom UUID (RFC 9562, section
 * 5.8). */
static json_t *serial_number(const struct sbom *sbom)
{
    char h[KL_SHA256_HEX_BYTES];
    json_t *all =
        json_pack("[s, s, O]", sbom->playbook->name, sbom->playbook->version, sbom->components);
    char *text = all ? json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(all);
    if (!text) {
        return NULL;
    }
    kl_sha256_hex(text, strlen(text), h);
    free(text);
    return kl_assess_printf("urn:uuid:%.8s-%.4s-8%.3s-8%.3s-%.12s", h, h + 8, h + 13, h + 17,
                            h + 20);
}

static json_t *product_component(const struct kl_playbook *playbook)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "type", "firmware", "name", playbook->name, "version",
                     playbook->version, "bom-ref", "product");
}

static json_t *build_document(struct sbom *sbom, const struct kl_bundle *bundle)
{
    add_files(sbom, bundle);
    add_runtime(sbom);
    add_compiler(sbom);
    return json_pack("{s:s, s:s, s:o, s:i, s:{s:{s:[{s:s, s:s, s:s}]}, s:o}, s:O, s:[{s:s, s:O}]}",
                     "bomFormat", "CycloneDX", "specVersion", "1.5", "serialNumber",
                     serial_number(sbom), "version", 1, "metadata", "tools", "components", "type",
                     "application", "name", "kinglet", "version", KINGLET_VERSION, "component",
                     product_component(sbom->playbook), "components", sbom->components,
                     "dependencies", "ref", "product", "dependsOn", sbom->references);
}

/* Write it to release.sbom when the playbook names a file. */
static enum kl_err write_document(const struct kl_playbook *playbook, const json_t *document,
                                  struct kl_result *result, struct kl_diag *diag)
{
    const struct kl_yaml *node = kl_playbook_field(playbook, "release.sbom");
    if (!node) {
        return KL_OK;
    }
    const char *path = kl_path_normal(playbook->arena, kl_yaml_text(node, ""));
    const char *here = path ? kl_playbook_file(playbook, path) : NULL;
    if (!here) {
        return KL_FAIL_MEMORY(diag);
    }
    if (!kl_path_is_below(path)) {
        return kl_yaml_fail(node, diag, "%s is outside of the playbook's folder", path);
    }
    char *text = json_dumps(document, JSON_INDENT(2));
    char *slash = strrchr(here, '/');
    if (!text) {
        return KL_FAIL_MEMORY(diag);
    }
    enum kl_err err = KL_OK;
    if (slash && slash > here) {
        const char *folder = kl_arena_printf(playbook->arena, "%.*s", (int)(slash - here), here);
        err = folder ? kl_dir_create(folder, diag) : KL_FAIL_MEMORY(diag);
    }
    if (err == KL_OK) {
        err = kl_file_write(here, text, strlen(text), diag);
    }
    free(text);
    kl_result_detail(result, "file", json_string(path));
    return err;
}

enum kl_err kl_assess_sbom(const struct kl_playbook *playbook, const struct kl_evidence *evidence,
                           struct kl_result *result, struct kl_diag *diag)
{
    (void)evidence;
    struct kl_bundle bundle;
    KL_TRY(kl_bundle_read(playbook, &bundle, diag));
    struct sbom sbom = {playbook, result, json_array(), json_array(), json_array()};
    json_t *document = build_document(&sbom, &bundle);
    json_decref(sbom.components);
    json_decref(sbom.references);
    if (!document) {
        json_decref(sbom.rows);
        return KL_FAIL_MEMORY(diag);
    }
    size_t models = 0;
    for (size_t i = 0; i < bundle.count; i++) {
        models += bundle.files[i].model ? 1 : 0;
        kl_result_input(result, bundle.files[i].path, bundle.files[i].sha256);
    }
    kl_assess_count(result, "components", json_array_size(sbom.rows));
    kl_assess_count(result, "models", models);
    enum kl_err err = write_document(playbook, document, result, diag);
    kl_assess_table(result, "parts", sbom.rows);
    kl_result_detail(result, "sbom", document);
    return err;
}
