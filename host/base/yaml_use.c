/* SPDX-License-Identifier: Apache-2.0 */
/* Looking things up in a tree of YAML, and the tree as JSON. */
#include "base/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct kl_yaml *kl_yaml_get(const struct kl_yaml *map, const char *key)
{
    if (!map || map->kind != KL_YAML_MAP) {
        return NULL;
    }
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0) {
            return map->items[i];
        }
    }
    return NULL;
}

/* The value of the longest key that the path starts with; *used is that key's length. */
static const struct kl_yaml *step_into_map(const struct kl_yaml *map, const char *path,
                                           size_t *used)
{
    const struct kl_yaml *found = NULL;
    *used = 0;
    for (size_t i = 0; i < map->count; i++) {
        size_t length = strlen(map->keys[i]->text);
        bool fits = length > *used && strncmp(map->keys[i]->text, path, length) == 0 &&
                    (path[length] == '.' || path[length] == '\0');
        if (fits) {
            found = map->items[i];
            *used = length;
        }
    }
    return found;
}

static const struct kl_yaml *step_into_list(const struct kl_yaml *list, const char *path,
                                            size_t *used)
{
    size_t number = 0;
    size_t digits = 0;
    while (isdigit((unsigned char)path[digits]) && number < list->count) {
        number = number * 10 + (size_t)(path[digits++] - '0');
    }
    *used = digits;
    return digits > 0 && number < list->count ? list->items[number] : NULL;
}

const struct kl_yaml *kl_yaml_path(const struct kl_yaml *map, const char *path)
{
    const struct kl_yaml *node = map;
    while (node && node->kind != KL_YAML_SCALAR) {
        size_t used;
        node = node->kind == KL_YAML_MAP ? step_into_map(node, path, &used)
                                         : step_into_list(node, path, &used);
        if (!node || path[used] == '\0') {
            return node;
        }
        if (path[used] != '.') {
            return NULL;
        }
        path += used + 1;
    }
    return NULL;
}

const char *kl_yaml_text(const struct kl_yaml *node, const char *otherwise)
{
    return node && node->kind == KL_YAML_SCALAR ? node->text : otherwise;
}

bool kl_yaml_flag(const struct kl_yaml *node, bool *value)
{
    const char *text = node && node->plain ? kl_yaml_text(node, "") : "";
    bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0) {
        return false;
    }
    *value = yes;
    return true;
}

static size_t digits_at(const char *text)
{
    return strspn(text, "0123456789");
}

/* Is it a number as JSON writes them? *whole: without fraction and exponent. */
static bool is_json_number(const char *text, bool *whole)
{
    text += text[0] == '-';
    size_t digits = digits_at(text);
    if (digits == 0 || (digits > 1 && text[0] == '0')) {
        return false;
    }
    text += digits;
    *whole = text[0] == '\0';
    if (text[0] == '.') {
        digits = digits_at(text + 1);
        text += 1 + digits;
    }
    if (digits > 0 && (text[0] == 'e' || text[0] == 'E')) {
        text += 1 + (text[1] == '+' || text[1] == '-');
        digits = digits_at(text);
        text += digits;
    }
    return digits > 0 && text[0] == '\0';
}

/* A number that JSON cannot carry without changing it stays a text. */
static json_t *plain_json(const char *text)
{
    bool whole;
    if (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0) {
        return json_null();
    }
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        return json_boolean(text[0] == 't');
    }
    if (!is_json_number(text, &whole)) {
        return json_string(text);
    }
    errno = 0;
    if (whole) {
        long long integer = strtoll(text, NULL, 10);
        return errno ? json_string(text) : json_integer(integer);
    }
    double real = strtod(text, NULL);
    return isfinite(real) ? json_real(real) : json_string(text);
}

/* The parser limits how deep this goes. */
static json_t *collection_json(const struct kl_yaml *node)
{
    bool map = node->kind == KL_YAML_MAP;
    json_t *json = map ? json_object() : json_array();
    for (size_t i = 0; json && i < node->count; i++) {
        json_t *item = kl_yaml_json(node->items[i]);
        int failed = map ? json_object_set_new(json, node->keys[i]->text, item)
                         : json_array_append_new(json, item);
        if (failed) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

json_t *kl_yaml_json(const struct kl_yaml *node)
{
    if (!node) {
        return json_null();
    }
    if (node->kind != KL_YAML_SCALAR) {
        return collection_json(node);
    }
    return node->plain ? plain_json(node->text) : json_string(node->text);
}
