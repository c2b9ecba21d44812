/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bill of materials of a release: CycloneDX 1.5, JSON. What is in the firmware is told from its
 * functions, the compiler from its comment; what neither tells, whoever releases says with
 * --component. The serial number follows from the content, and the time is the release's.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "emulate/elf.h"
#include "flow/pack_engine.h"
#include "graph/graph.h"
#include "release/release_internal.h"

struct sbom {
    const struct kl_release *release;
    struct kl_arena *arena;
    json_t *components, *references;
};

/* A library is there when one of its functions is. */
static const struct {
    const char *function; /* its name, or with '*' at its end how it begins */
    const char *name, *licence, *description;
} libraries[] = {
    {"kl_*", "kinglet", "Apache-2.0", "engine, kernels and device services"},
    {"br_*", "bearssl", "MIT", "cryptography"},
    {"ip4_input", "lwip", "BSD-3-Clause", "network"},
    {"memcpy", "libc", NULL, "C library of the toolchain"},
    {"__aeabi_*", "libgcc", "GPL-3.0-or-later WITH GCC-exception-3.1", "support of the compiler"},
};
enum { LIBRARY_COUNT = sizeof libraries / sizeof libraries[0] };

static bool is_function_of(const char *name, const char *pattern)
{
    size_t length = strlen(pattern);
    return pattern[length - 1] == '*' ? strncmp(name, pattern, length - 1) == 0
                                      : strcmp(name, pattern) == 0;
}

static void set_licence(json_t *component, const char *licence, size_t length)
{
    if (length > 0) {
        json_object_set_new(component, "licenses",
                            json_pack("[{s:s%}]", "expression", licence, length));
    }
}

/* Takes `component`, which has a bom-ref. */
static void add(struct sbom *sbom, json_t *component)
{
    json_array_append(sbom->references, json_object_get(component, "bom-ref"));
    json_array_append_new(sbom->components, component);
}

/* "NAME@VERSION:LICENCE" of what was asked for; NULL: there is none of that name. */
static const char *stated(const struct kl_release_wish *wish, const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; i < wish->component_count; i++) {
        const char *text = wish->components[i];
        if (strncmp(text, name, length) == 0 && text[length] == '@') {
            return text;
        }
    }
    return NULL;
}

static void state(json_t *component, const char *text)
{
    const char *version = strchr(text, '@') + 1;
    const char *licence = strchr(version, ':');
    size_t length = licence ? (size_t)(licence - version) : strlen(version);
    json_object_set_new(component, "version", json_stringn(version, length));
    if (licence) {
        set_licence(component, licence + 1, strlen(licence + 1));
    }
}

static void add_library(struct sbom *sbom, int i)
{
    const char *name = libraries[i].name, *text = stated(sbom->release->wish, name);
    const char *licence = libraries[i].licence;
    json_t *component = json_pack("{s:s, s:s, s:s, s:s}", "type", "library", "bom-ref", name,
                                  "name", name, "description", libraries[i].description);
    set_licence(component, licence, licence ? strlen(licence) : 0);
    if (strcmp(name, "kinglet") == 0) {
        json_object_set_new(component, "version", json_string(KINGLET_VERSION));
    }
    if (text) {
        state(component, text);
    }
    add(sbom, component);
}

static bool is_known(const char *text, size_t length)
{
    for (int i = 0; i < LIBRARY_COUNT; i++) {
        if (strlen(libraries[i].name) == length && memcmp(libraries[i].name, text, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Parts that only people know of. */
static enum kl_err add_stated(struct sbom *sbom, struct kl_diag *diag)
{
    const struct kl_release_wish *wish = sbom->release->wish;
    for (int i = 0; i < wish->component_count; i++) {
        const char *text = wish->components[i], *at = strchr(text, '@');
        if (!at || at == text || at[1] == '\0' || at[1] == ':') {
            return kl_fail(diag, KL_EUSAGE,
                           "'%.80s': a component is NAME@VERSION, or NAME@VERSION:LICENCE with an "
                           "SPDX expression",
                           text);
        }
        if (!is_known(text, (size_t)(at - text))) {
            json_t *component = json_pack("{s:s, s:s%, s:s%}", "type", "library", "bom-ref", text,
                                          (size_t)(at - text), "name", text, (size_t)(at - text));
            state(component, text);
            add(sbom, component);
        }
    }
    return KL_OK;
}

static void add_compiler(struct sbom *sbom, struct kl_bytes file)
{
    const char *comment = kl_elf_comment(file);
    const char *colon = comment ? strstr(comment, ": ") : NULL;
    if (!colon || strlen(colon) > 200) {
        return;
    }
    json_t *component = json_pack("{s:s, s:s, s:s%, s:s, s:s}", "type", "application", "bom-ref",
                                  "compiler", "name", comment, (size_t)(colon - comment), "version",
                                  colon + 2, "scope", "excluded");
    if (component) {
        add(sbom, component);
    }
}

/* Libraries and compiler of a firmware that still has its symbols. */
static void add_parts_of(struct sbom *sbom, struct kl_bytes file)
{
    struct kl_elf_code code;
    struct kl_diag ignored = {0}; /* raw bytes tell nothing */
    if (kl_elf_code(file, sbom->arena, &code, &ignored) != KL_OK) {
        return;
    }
    for (int i = 0; i < LIBRARY_COUNT; i++) {
        size_t f = 0;
        while (f < code.function_count &&
               !is_function_of(code.functions[f].name, libraries[i].function)) {
            f++;
        }
        if (f < code.function_count) {
            add_library(sbom, i);
        }
    }
    add_compiler(sbom, file);
}

/* {"format": "int8 [1, 49, 10, 1]"} of each. */
static json_t *tensors(const struct kl_pack *pack, uint32_t first, uint32_t count)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) {
        const struct kl_pack_tensor *tensor = kl_pack_tensor(pack, first + i);
        struct kl_buffer text = KL_BUFFER(512);
        kl_buffer_printf(&text, "%s [", kl_dtype_name((enum kl_dtype)tensor->dtype));
        for (uint32_t d = 0; d < tensor->rank; d++) {
            kl_buffer_printf(&text, "%s%d", d ? ", " : "", kl_pack_dims(tensor)[d]);
        }
        kl_buffer_printf(&text, "]");
        json_array_append_new(list,
                              json_pack("{s:s}", "format", text.data ? text.data : "unknown"));
        kl_buffer_free(&text);
    }
    return list;
}

/* Figures that commands found for exactly this model. */
static json_t *figures(const struct kl_release *release, const struct kl_pack *pack,
                       json_t *const *evidence)
{
    json_t *list = json_array(), *metric;
    const char *name;
    for (int i = 0; i < release->wish->evidence_count; i++) {
        if (!kl_evidence_is_of(evidence[i], pack)) {
            continue;
        }
        json_object_foreach(json_object_get(evidence[i], "metrics"), name, metric)
        {
            char *value = json_dumps(json_object_get(metric, "value"), JSON_ENCODE_ANY);
            json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "type", name, "value",
                                                  value ? value : "", "slice",
                                                  kl_manifest_text(evidence[i], "command")));
            free(value);
        }
    }
    return list;
}

static void add_model(struct sbom *sbom, const struct kl_release_part *part,
                      json_t *const *evidence, const char *version)
{
    const struct kl_pack *pack = part->pack;
    const char *reference = kl_arena_printf(sbom->arena, "model:%s", part->spec.name);
    add(sbom,
        json_pack("{s:s, s:s, s:s, s:s, s:[{s:s, s:s}], s:{s:{s:o, s:o}, s:{s:o}}}", "type",
                  "machine-learning-model", "bom-ref", reference ? reference : "model", "name",
                  part->spec.name, "version", version, "hashes", "alg", "SHA-256", "content",
                  part->source_sha256, "modelCard", "modelParameters", "inputs",
                  tensors(pack, 0, pack->input_count), "outputs",
                  tensors(pack, pack->input_count, pack->output_count), "quantitativeAnalysis",
                  "performanceMetrics", figures(sbom->release, pack, evidence)));
}

/* The first half of the hash of everything else, as a UUID of version 8 (RFC 9562, section 5.8). */
static json_t *serial_number(const json_t *document, struct kl_arena *arena)
{
    char text[KL_UUID_TEXT_BYTES];
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char *all = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);
    if (!all) {
        return NULL;
    }
    SHA256((const unsigned char *)all, strlen(all), digest);
    free(all);
    digest[6] = (uint8_t)(0x80 | (digest[6] & 0x0f));
    digest[8] = (uint8_t)(0x80 | (digest[8] & 0x3f));
    kl_uuid_text(digest, text);
    const char *urn = kl_arena_printf(arena, "urn:uuid:%s", text);
    return urn ? json_string(urn) : NULL;
}

static json_t *document_of(struct sbom *sbom, const char *version)
{
    const struct kl_release *release = sbom->release;
    char date[KL_DATE_TEXT_BYTES];
    kl_date_text(release->made, date);
    json_t *document = json_pack(
        "{s:s, s:s, s:i, s:{s:s, s:{s:[{s:s, s:s, s:s}]}, s:{s:s, s:s, s:s, s:s}}, s:O, s:[{s:s, "
        "s:O}]}",
        "bomFormat", "CycloneDX", "specVersion", "1.5", "version", 1, "metadata", "timestamp", date,
        "tools", "components", "type", "application", "name", "kinglet", "version", KINGLET_VERSION,
        "component", "type", "firmware", "bom-ref", "release", "name", release->name, "version",
        version, "components", sbom->components, "dependencies", "ref", "release", "dependsOn",
        sbom->references);
    json_t *serial = document ? serial_number(document, sbom->arena) : NULL;
    json_object_set_new(document, "serialNumber", serial);
    return document;
}

enum kl_err kl_release_sbom(const struct kl_release *release, json_t *const *evidence,
                            struct kl_arena *arena, struct kl_bytes *text, struct kl_diag *diag)
{
    struct sbom sbom = {release, arena, json_array(), json_array()};
    char version[KL_VERSION_TEXT_BYTES];
    kl_version_text(&release->version, version);
    for (int i = 0; i < release->part_count; i++) {
        const struct kl_release_part *part = &release->parts[i];
        if (part->pack) {
            add_model(&sbom, part, evidence, version);
        } else {
            add_parts_of(&sbom, part->source_file);
        }
    }
    enum kl_err err = add_stated(&sbom, diag);
    json_t *document = err == KL_OK ? document_of(&sbom, version) : NULL;
    json_decref(sbom.components);
    json_decref(sbom.references);
    return err == KL_OK ? kl_json_text(document, arena, text, diag) : err;
}
