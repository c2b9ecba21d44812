/* SPDX-License-Identifier: Apache-2.0 */
/* The chapters in the order of the report: the twelve, and the user's own at their places. */
#include <string.h>

#include "base/nearest.h"
#include "playbook/fields.h"
#include "playbook/file/load.h"

/* A chapter of the user's own, until it has its place. */
struct own {
    const struct kl_yaml *key, *node;
    const char *after; /* NULL: the end */
    bool placed;
};

static bool is_one_of_the_twelve(const char *id)
{
    for (size_t i = 0; i < kl_chapter_count; i++) {
        if (strcmp(kl_chapters[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static void append(struct kl_playbook *playbook, const char *id, const char *title,
                   const struct kl_yaml *node)
{
    struct kl_chapter *chapter = &playbook->chapters[playbook->chapter_count++];
    *chapter = (struct kl_chapter){.id = id,
                                   .title = title,
                                   .number = (int32_t)playbook->chapter_count,
                                   .node = node && node->kind == KL_YAML_MAP ? node : NULL};
}

/* The user's own chapters behind `id` (NULL: those at the end), and what comes behind them. */
static void append_own(struct kl_playbook *playbook, struct own *own, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++) {
        bool here = id && own[i].after ? strcmp(own[i].after, id) == 0 : !id && !own[i].after;
        if (here && !own[i].placed) {
            own[i].placed = true;
            append(playbook, own[i].key->text,
                   kl_yaml_text(kl_yaml_get(own[i].node, "title"), own[i].key->text), own[i].node);
            append_own(playbook, own, count, own[i].key->text);
        }
    }
}

/* Own chapters whose place does not exist, or that stand behind each other in a circle. */
static void append_rest(struct kl_loader *loader, struct own *own, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (own[i].placed) {
            continue;
        }
        const char *names[KL_MAX_CHAPTERS];
        size_t known = 0;
        for (; known < loader->playbook->chapter_count; known++) {
            names[known] = loader->playbook->chapters[known].id;
        }
        const char *near = kl_nearest(own[i].after, names, known);
        kl_loader_error(loader, kl_yaml_get(own[i].node, "after"),
                        "there is no chapter '%.60s' before this one%s%s%s", own[i].after,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        own[i].after = NULL;
        append_own(loader->playbook, &own[i], 1, NULL);
    }
}

/* Keys that are none of the twelve and have the title that makes them chapters. */
static size_t find_own(struct kl_loader *loader, const struct kl_yaml *map, struct own *own)
{
    size_t count = 0;
    for (size_t i = 0; map && i < map->count; i++) {
        const char *id = map->keys[i]->text;
        bool good = !is_one_of_the_twelve(id) && kl_playbook_is_name(id) &&
                    kl_yaml_get(map->items[i], "title");
        if (!good) {
            continue;
        }
        if (kl_chapter_count + count == KL_MAX_CHAPTERS) {
            kl_loader_error(loader, map->keys[i], "more than %d chapters", KL_MAX_CHAPTERS);
            break;
        }
        if (strchr(id, '.') || kl_fields_find(id)) {
            kl_loader_error(loader, map->keys[i],
                            "'%.60s' cannot name a chapter: paths such as %.60s.title would mean "
                            "something else; choose another id, without dots",
                            id, id);
        }
        const char *after = kl_yaml_text(kl_yaml_get(map->items[i], "after"), NULL);
        own[count++] = (struct own){.key = map->keys[i], .node = map->items[i], .after = after};
    }
    return count;
}

enum kl_err kl_load_chapters(struct kl_loader *loader)
{
    struct kl_playbook *playbook = loader->playbook;
    const struct kl_yaml *map = kl_yaml_get(playbook->root, "chapters");
    struct own own[KL_MAX_CHAPTERS];
    if (map && map->kind != KL_YAML_MAP) {
        map = NULL; /* found by the check of the fields */
    }
    playbook->chapters = KL_NEW(loader->arena, struct kl_chapter, KL_MAX_CHAPTERS);
    if (!playbook->chapters) {
        return KL_FAIL_MEMORY(loader->diag);
    }
    size_t count = find_own(loader, map, own);
    for (size_t i = 0; i < kl_chapter_count; i++) {
        append(playbook, kl_chapters[i].id, kl_chapters[i].title,
               kl_yaml_get(map, kl_chapters[i].id));
        append_own(playbook, own, count, kl_chapters[i].id);
    }
    append_own(playbook, own, count, NULL);
    append_rest(loader, own, count);
    return KL_OK;
}
