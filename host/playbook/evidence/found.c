/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/evidence/found.h"

#include <string.h>

#include "base/file.h"
#include "playbook/evidence/clean.h"
#include "playbook/evidence/fingerprint.h"
#include "playbook/evidence/head.h"
#include "playbook/evidence/paths.h"

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static bool is_listed(const json_t *list, const char *path)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        if (strcmp(text_of(item, "path"), path) == 0) {
            return true;
        }
    }
    return false;
}

/* What is there now: its hash, or "" when there is nothing that can be read. */
static void hash_now(const struct kl_standing *standing, const char *path,
                     char sha256[KL_SHA256_HEX_BYTES])
{
    struct kl_content_budget budget = {0};
    struct kl_diag ignored = {0};
    const char *file = kl_playbook_file(standing->playbook, path);
    if (!file ||
        kl_content_hash(standing->content, file, path, NULL, &budget, sha256, &ignored) != KL_OK) {
        sha256[0] = '\0';
    }
}

/* Does the folder hold a data set whose version, or whose content, has that hash? Both are in its
 * dataset.json. */
static bool holds_data_set(const char *folder, const char *sha256)
{
    enum { FACTS_BYTES = 16 << 20 };
    struct kl_diag ignored = {0};
    struct kl_bytes bytes;
    struct kl_arena *arena = kl_arena_create(2 * FACTS_BYTES);
    const char *path = arena ? kl_arena_printf(arena, "%s/dataset.json", folder) : NULL;
    json_t *facts = path && kl_file_read(path, FACTS_BYTES, arena, &bytes, &ignored) == KL_OK
                        ? json_loadb((const char *)bytes.data, bytes.size, 0, NULL)
                        : NULL;
    bool holds = strcmp(text_of(facts, "version"), sha256) == 0 ||
                 strcmp(text_of(facts, "content"), sha256) == 0;
    json_decref(facts);
    kl_arena_free(arena);
    return holds;
}

/* Is it another thing than the result says that was read? `now`: the hash of what lies there. */
static bool is_changed(const struct kl_standing *standing, const json_t *item, const char *path,
                       const char *now)
{
    const char *sha256 = text_of(item, "sha256");
    if (strcmp(text_of(item, "of"), "data set") == 0) {
        return !holds_data_set(kl_playbook_file(standing->playbook, path), sha256);
    }
    return strcmp(now, sha256) != 0;
}

/* Is it a file that nobody else looks after? */
static bool is_of_interest(const struct kl_standing *standing, const struct kl_step *step,
                           const json_t *inputs, const char *path)
{
    const struct kl_playbook *playbook = standing->playbook;
    const char *file = kl_playbook_file(playbook, path);
    return file && kl_is_clean_text(path) && kl_path_is_below(path) && strcmp(path, ".") != 0 &&
           !kl_path_within(path, "evidence") && !is_listed(inputs, path) &&
           !kl_step_makes(step, playbook->arena, path) &&
           !kl_step_reads_in_parts(playbook, step, file);
}

json_t *kl_found_inputs(const struct kl_standing *standing, const struct kl_step *step,
                        const json_t *result, const json_t *inputs, const char **changed)
{
    const json_t *named = json_object_get(result, "inputs");
    json_t *found = json_array();
    int failed = !found;
    *changed = NULL;
    for (size_t i = 0; i < json_array_size(named) && i < KL_FOUND_MAX && !failed; i++) {
        const json_t *item = json_array_get(named, i);
        const char *sha256 = text_of(item, "sha256");
        const char *path = kl_path_normal(standing->playbook->arena, text_of(item, "path"));
        char now[KL_SHA256_HEX_BYTES];
        failed |= !path;
        if (!path || !kl_is_sha256(sha256) || !is_of_interest(standing, step, inputs, path) ||
            is_listed(found, path)) {
            continue;
        }
        hash_now(standing, path, now);
        if (now[0] && !*changed && is_changed(standing, item, path, now)) {
            *changed = path;
        }
        if (now[0]) {
            failed |=
                json_array_append_new(found, json_pack("{s:s, s:s}", "path", path, "sha256", now));
        }
    }
    if (failed) {
        json_decref(found);
        return NULL;
    }
    return found;
}

const char *kl_found_change(const struct kl_standing *standing, const struct kl_record *record)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(record->json, "found"), i, item)
    {
        char now[KL_SHA256_HEX_BYTES];
        hash_now(standing, text_of(item, "path"), now);
        if (strcmp(now, text_of(item, "sha256")) != 0) {
            return text_of(item, "path");
        }
    }
    return NULL;
}
