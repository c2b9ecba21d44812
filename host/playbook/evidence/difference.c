/* SPDX-License-Identifier: Apache-2.0 */
/* Why a record does not belong to a step as it is now, in words. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "playbook/evidence/fingerprint.h"

enum { MOST_REASONS = 3, REASON_BYTES = 300 };

struct reasons {
    char texts[MOST_REASONS][REASON_BYTES];
    size_t count; /* also of those that are not kept */
};

static void add_reason(struct reasons *reasons, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_reason(struct reasons *reasons, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (reasons->count < MOST_REASONS) {
        vsnprintf(reasons->texts[reasons->count], REASON_BYTES, format, args);
    }
    reasons->count++;
    va_end(args);
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

/* The hash that a list of {key, sha256} gives for a name, or NULL. */
static const char *hash_in(const json_t *list, const char *key, const char *name)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        if (strcmp(text_of(item, key), name) == 0) {
            return text_of(item, "sha256");
        }
    }
    return NULL;
}

/* How to say what happened to an entry of a list; %s is its name. */
struct wording {
    const char *list, *key, *before, *changed, *added, *removed;
};

static const struct wording wordings[] = {
    {"inputs", "path", "input ", " changed", " is new", " is no input any more"},
    {"reads", "path", "", " changed in the playbook", " is read now", " is not read any more"},
    {"needs", "step", "step ", " gave another result", " is needed now", " is not needed any more"},
};

static void compare_lists(struct reasons *reasons, const json_t *was, const json_t *is,
                          const struct wording *w)
{
    size_t i;
    const json_t *item;
    const json_t *list = json_object_get(is, w->list);
    const json_t *old = json_object_get(was, w->list);
    json_array_foreach(list, i, item)
    {
        const char *name = text_of(item, w->key);
        const char *before = hash_in(old, w->key, name);
        if (before && strcmp(w->list, "reads") == 0 && strcmp(name, "evidence") == 0 &&
            strcmp(before, text_of(item, "sha256")) != 0) {
            add_reason(reasons, "there are other results before it");
        } else if (!before || strcmp(before, text_of(item, "sha256")) != 0) {
            add_reason(reasons, "%s%s%s", w->before, name, before ? w->changed : w->added);
        }
    }
    json_array_foreach(old, i, item)
    {
        if (!hash_in(list, w->key, text_of(item, w->key))) {
            add_reason(reasons, "%s%s%s", w->before, text_of(item, w->key), w->removed);
        }
    }
}

static bool differs(const json_t *was, const json_t *is, const char *key)
{
    const json_t *a = json_object_get(was, key);
    const json_t *b = json_object_get(is, key);
    return a != b && !json_equal(a, b); /* both may be missing */
}

static void compare_deeds(struct reasons *reasons, const json_t *was, const json_t *is)
{
    if (differs(was, is, "kind")) {
        add_reason(reasons, "it is of another kind now");
    } else if (differs(was, is, "command")) {
        add_reason(reasons, "the command changed");
    } else if (differs(was, is, "text") || differs(was, is, "by") || differs(was, is, "date") ||
               differs(was, is, "stated")) {
        add_reason(reasons, "the statement changed");
    }
    if (differs(was, is, "definition")) {
        add_reason(reasons, "its outputs, or how its metrics are read, changed");
    }
    if (differs(was, is, "tool")) {
        add_reason(reasons, "kinglet %s -> %s", text_of(was, "tool"), text_of(is, "tool"));
    }
}

const char *kl_basis_difference(const struct kl_standing *standing, const struct kl_basis *basis,
                                const struct kl_record *record)
{
    struct kl_arena *arena = standing->playbook->arena;
    struct reasons reasons = {0};
    compare_deeds(&reasons, record->json, basis->json);
    for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++) {
        compare_lists(&reasons, record->json, basis->json, &wordings[i]);
    }
    if (reasons.count == 0) {
        /* Only a record that another program wrote: its fingerprint is not that of its keys. */
        return kl_arena_printf(arena, "its record has another fingerprint");
    }
    const char *text = reasons.texts[0];
    for (size_t i = 1; text && i < reasons.count && i < MOST_REASONS; i++) {
        text = kl_arena_printf(arena, "%s; %s", text, reasons.texts[i]);
    }
    size_t more = reasons.count > MOST_REASONS ? reasons.count - MOST_REASONS : 0;
    return !text  ? NULL
           : more ? kl_arena_printf(arena, "%s; and %zu more", text, more)
                  : kl_arena_printf(arena, "%s", text);
}
