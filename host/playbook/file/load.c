/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a playbook: files, fields, chapters, steps, gates; then what must fit together. */
#include "playbook/file/load.h"

#include <string.h>
#include <unistd.h>

#include "playbook/evidence/paths.h"
#include "playbook/fields.h"

bool kl_load_is_empty(const struct kl_yaml *node)
{
    return node->kind == KL_YAML_SCALAR && node->plain &&
           (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
            strcmp(node->text, "null") == 0);
}

const char *const *kl_load_texts(struct kl_loader *loader, const struct kl_yaml *list)
{
    size_t count = list && list->kind == KL_YAML_LIST ? list->count : 0;
    const char **texts = KL_NEW(loader->arena, const char *, count + 1);
    size_t used = 0;
    for (size_t i = 0; texts && i < count; i++) {
        const char *text = kl_yaml_text(list->items[i], "");
        if (text[0]) {
            texts[used++] = text;
        }
    }
    return texts;
}

const char *kl_load_person(struct kl_loader *loader, const struct kl_yaml *node)
{
    const struct kl_yaml *people = kl_yaml_get(loader->playbook->root, "people");
    const char *text = kl_yaml_text(node, NULL);
    size_t count = people && people->kind == KL_YAML_MAP ? people->count : 0;
    for (size_t i = 0; text && i < count; i++) {
        const char *name = kl_yaml_text(kl_yaml_get(people->items[i], "name"), "");
        if (strcmp(people->keys[i]->text, text) == 0 || strcmp(name, text) == 0) {
            return name[0] ? name : text;
        }
    }
    if (text && text[0] && count > 0) {
        kl_loader_warn(loader, node,
                       "'%.60s' is not among the people; add an entry, or use the id "
                       "of one of them",
                       text);
    }
    return text;
}

bool kl_load_exists(const struct kl_loader *loader, const char *path)
{
    const char *file = kl_playbook_file(loader->playbook, path);
    return file && access(file, F_OK) == 0;
}

const char *kl_load_output(struct kl_loader *loader, const struct kl_yaml *node, const char *path)
{
    const char *normal = kl_path_normal(loader->arena, path);
    if (!normal) {
        return NULL;
    }
    if (!kl_path_is_below(normal) || strcmp(normal, ".") == 0) {
        kl_loader_error(loader, node,
                        "'%.100s' is not below the playbook's folder; write a path such as "
                        "build/result.json",
                        path);
        return NULL;
    }
    if (kl_path_within(normal, "evidence")) {
        kl_loader_error(loader, node,
                        "'%.100s': evidence/ is kept by kinglet alone; choose "
                        "another folder",
                        path);
        return NULL;
    }
    return normal;
}

static void read_product(struct kl_playbook *playbook)
{
    const struct kl_yaml *product = kl_yaml_get(playbook->root, "product");
    const char *name = kl_yaml_text(kl_yaml_get(product, "name"), "");
    const char *title = kl_yaml_text(kl_yaml_get(product, "title"), "");
    const char *version = kl_yaml_text(kl_yaml_get(product, "version"), "");
    const char *currency = kl_yaml_text(kl_yaml_get(product, "currency"), "");
    playbook->name = name[0] ? name : "unnamed";
    playbook->title = title[0] ? title : playbook->name;
    playbook->version = version[0] ? version : "unversioned";
    playbook->currency = currency[0] ? currency : "EUR";
}

static void check_format(struct kl_loader *loader)
{
    const struct kl_yaml *version = kl_yaml_get(loader->playbook->root, "playbook");
    if (version && strcmp(kl_yaml_text(version, ""), "1") != 0) {
        kl_loader_error(loader, version, "this program reads 'playbook: 1', the first format");
    }
}

static enum kl_err load(struct kl_loader *loader, const char *path)
{
    KL_TRY(kl_load_files(loader, path));
    kl_fields_check(loader->playbook->root, kl_playbook_fields, "", loader->arena,
                    loader->findings);
    check_format(loader);
    read_product(loader->playbook);
    KL_TRY(kl_load_chapters(loader));
    KL_TRY(kl_load_steps(loader));
    KL_TRY(kl_load_documents(loader));
    KL_TRY(kl_load_order(loader));
    KL_TRY(kl_load_gates(loader));
    kl_load_contradictions(loader);
    kl_findings_sort(loader->findings, loader->playbook);
    return KL_OK;
}

enum kl_err kl_playbook_load(const char *path, struct kl_date today, struct kl_arena *arena,
                             struct kl_playbook **playbook, struct kl_findings *findings,
                             struct kl_diag *diag)
{
    *findings = (struct kl_findings){.count = 0};
    struct kl_loader loader = {.playbook = KL_NEW(arena, struct kl_playbook, 1),
                               .findings = findings,
                               .arena = arena,
                               .today = today,
                               .diag = diag};
    if (!loader.playbook) {
        return KL_FAIL_MEMORY(diag);
    }
    loader.playbook->arena = arena;
    KL_TRY(load(&loader, path));
    if (findings->errors > 0 && !findings->items) {
        return KL_FAIL_MEMORY(diag);
    }
    *playbook = loader.playbook;
    return KL_OK;
}
