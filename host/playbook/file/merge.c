/* SPDX-License-Identifier: Apache-2.0 */
/* Joins the main file with what it includes. Nodes never change: what is joined is made anew. */
#include <string.h>

#include "playbook/fields/tables.h"
#include "playbook/file/load.h"

struct joint {
    struct kl_loader *loader;
    bool failed; /* memory ran out */
};

static const struct kl_yaml *join(struct joint *joint, const struct kl_yaml *main,
                                  const struct kl_yaml *other, const struct kl_field *field);

/* A new collection with room for the entries of both. */
static struct kl_yaml *start(struct joint *joint, const struct kl_yaml *main,
                             const struct kl_yaml *other, const struct kl_yaml ***items,
                             const struct kl_yaml ***keys)
{
    struct kl_arena *arena = joint->loader->arena;
    struct kl_yaml *node = kl_arena_copy(arena, main, sizeof *main);
    *items = KL_NEW(arena, const struct kl_yaml *, main->count + other->count);
    *keys = KL_NEW(arena, const struct kl_yaml *, main->count + other->count);
    if (!node || !*items || !*keys) {
        joint->failed = true;
        return NULL;
    }
    node->items = *items;
    node->keys = *keys;
    return node;
}

static const struct kl_yaml *join_lists(struct joint *joint, const struct kl_yaml *main,
                                        const struct kl_yaml *other)
{
    const struct kl_yaml **items;
    const struct kl_yaml **keys;
    struct kl_yaml *list = start(joint, main, other, &items, &keys);
    if (!list) {
        return main;
    }
    memcpy(items, main->items, main->count * sizeof(const struct kl_yaml *));
    memcpy(items + main->count, other->items, other->count * sizeof(const struct kl_yaml *));
    list->keys = NULL;
    list->count = main->count + other->count;
    return list;
}

/* The field of a key, as far as it is known. */
static const struct kl_field *field_of(const struct kl_field *map, const char *key)
{
    if (!map || map->kind == KL_FIELD_MAP) {
        return map ? map->item : NULL;
    }
    const struct kl_field *row = kl_fields_row(map->fields, key, strlen(key));
    return row ? row : kl_fields_row(kl_chapter_common_fields, key, strlen(key));
}

/* Only the main file says which format it has and what is included. */
static bool is_for_one_file(const struct kl_field *map, const char *key)
{
    return map && map->fields == kl_playbook_fields &&
           (strcmp(key, "playbook") == 0 || strcmp(key, "include") == 0);
}

static const struct kl_yaml *join_maps(struct joint *joint, const struct kl_yaml *main,
                                       const struct kl_yaml *other, const struct kl_field *field)
{
    const struct kl_yaml **items;
    const struct kl_yaml **keys;
    struct kl_yaml *map = start(joint, main, other, &items, &keys);
    if (!map) {
        return main;
    }
    for (size_t i = 0; i < main->count; i++) {
        const char *key = main->keys[i]->text;
        const struct kl_yaml *second = kl_yaml_get(other, key);
        keys[i] = main->keys[i];
        items[i] = second && !is_for_one_file(field, key)
                       ? join(joint, main->items[i], second, field_of(field, key))
                       : main->items[i];
    }
    map->count = main->count;
    for (size_t i = 0; i < other->count; i++) {
        const char *key = other->keys[i]->text;
        if (!kl_yaml_get(main, key) && !is_for_one_file(field, key)) {
            keys[map->count] = other->keys[i];
            items[map->count++] = other->items[i];
        }
    }
    return map;
}

static const char *kind_name(const struct kl_yaml *node)
{
    return node->kind == KL_YAML_SCALAR ? "one value"
           : node->kind == KL_YAML_LIST ? "a list"
                                        : "keys with values";
}

static const struct kl_yaml *join(struct joint *joint, const struct kl_yaml *main,
                                  const struct kl_yaml *other, const struct kl_field *field)
{
    if (kl_load_is_empty(main) || kl_load_is_empty(other)) {
        return kl_load_is_empty(main) ? other : main;
    }
    if (main->kind != other->kind) {
        kl_loader_error(joint->loader, other,
                        "this is %s, but %s:%u states %s; make them alike to join them",
                        kind_name(other), main->origin, main->line, kind_name(main));
        return main;
    }
    bool whole = field && (field->kind == KL_FIELD_RANGE || field->kind == KL_FIELD_COMMAND);
    if (main->kind == KL_YAML_SCALAR || whole) {
        return main;
    }
    return main->kind == KL_YAML_LIST ? join_lists(joint, main, other)
                                      : join_maps(joint, main, other, field);
}

const struct kl_yaml *kl_merge(struct kl_loader *loader, const struct kl_yaml *main,
                               const struct kl_yaml *other)
{
    static const struct kl_field whole = {.kind = KL_FIELD_RECORD, .fields = kl_playbook_fields};
    struct joint joint = {.loader = loader};
    const struct kl_yaml *joined = join(&joint, main, other, &whole);
    return joint.failed ? NULL : joined;
}
