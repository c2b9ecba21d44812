/* SPDX-License-Identifier: Apache-2.0 */
/* Looking things up in a playbook. */
#include "playbook/playbook.h"

#include <string.h>

#include "playbook/file/load.h"

const struct kl_step *kl_playbook_step(const struct kl_playbook *playbook, const char *name)
{
    for (size_t i = 0; i < playbook->step_count; i++) {
        if (strcmp(playbook->steps[i].name, name) == 0) {
            return &playbook->steps[i];
        }
    }
    return NULL;
}

const struct kl_chapter *kl_playbook_chapter(const struct kl_playbook *playbook, const char *id)
{
    for (size_t i = 0; i < playbook->chapter_count; i++) {
        if (strcmp(playbook->chapters[i].id, id) == 0) {
            return &playbook->chapters[i];
        }
    }
    return NULL;
}

const struct kl_gate *kl_playbook_gate(const struct kl_playbook *playbook, const char *name)
{
    for (size_t i = 0; i < playbook->gate_count; i++) {
        if (strcmp(playbook->gates[i].name, name) == 0) {
            return &playbook->gates[i];
        }
    }
    return NULL;
}

const struct kl_yaml *kl_playbook_field(const struct kl_playbook *playbook, const char *path)
{
    const struct kl_yaml *node = kl_yaml_path(playbook->root, path);
    if (!node) {
        node = kl_yaml_path(kl_yaml_get(playbook->root, "chapters"), path);
    }
    return node && kl_load_is_empty(node) ? NULL : node;
}

bool kl_playbook_value(const struct kl_playbook *playbook, const char *path, struct kl_value *value)
{
    const char *text = kl_yaml_text(kl_playbook_field(playbook, path), NULL);
    return text && kl_value_parse(text, strlen(text), value);
}

const char *kl_playbook_file(const struct kl_playbook *playbook, const char *path)
{
    bool here = strcmp(playbook->folder, ".") == 0 || path[0] == '/';
    return kl_arena_printf(playbook->arena, "%s%s%s", here ? "" : playbook->folder,
                           here || strcmp(playbook->folder, "/") == 0 ? "" : "/", path);
}
