/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a tree against tables of fields. Goes as deep as the tree, which the reader limits. */
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/utf8.h"
#include "playbook/expression.h"
#include "playbook/fields/tables.h"
#include "playbook/file/load.h"

enum { TEXT_BYTES = 1000, NAME_BYTES = 80, WHERE_BYTES = 160, MOST_NAMES = 64, MOST_WORDS = 256 };

/* Where a value stands, for messages: "chapters.data.conditions[2].name". */
struct place {
    const struct place *outer;
    const char *name; /* NULL: entry `number` of a list */
    size_t number;    /* from 1, as people count */
};

struct checker {
    struct kl_arena *arena;
    struct kl_findings *findings;
};

static void check_value(const struct checker *c, const struct kl_yaml *node,
                        const struct kl_field *field, const struct place *place);

/* The last parts of a place that fit. */
static const char *where(const struct place *place, char text[WHERE_BYTES])
{
    size_t at = WHERE_BYTES - 1;
    text[at] = '\0';
    for (; place; place = place->outer) {
        char part[NAME_BYTES];
        if (place->name) {
            snprintf(part, sizeof part, "%s%.*s", place->outer ? "." : "",
                     (int)kl_utf8_cut(place->name, 60), place->name);
        } else {
            snprintf(part, sizeof part, "[%zu]", place->number);
        }
        size_t length = strlen(part);
        if (length > at) {
            break;
        }
        at -= length;
        memcpy(text + at, part, length);
    }
    return text + at;
}

__attribute__((format(printf, 5, 6))) static void report(const struct checker *c, int kind,
                                                         const struct kl_yaml *node,
                                                         const struct place *place,
                                                         const char *format, ...)
{
    char text[TEXT_BYTES];
    char path[WHERE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    kl_findings_add(c->findings, c->arena, kind, node, "%s: %s", where(place, path), text);
}

#define wrong(c, node, place, ...) report(c, KL_FINDING_ERROR, node, place, __VA_ARGS__)

/* The start of a text, for quoting. */
static int quoted(const struct kl_yaml *node)
{
    return (int)kl_utf8_cut(node->text, 60);
}

bool kl_playbook_is_name(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_-.";
    size_t length = strlen(text);
    bool good = length > 0 && length < NAME_BYTES && strspn(text, letters) == length;
    return good && !strchr("-.", text[0]) && !strchr("-.", text[length - 1]) && !strstr(text, "..");
}

static void check_name(const struct checker *c, const struct kl_yaml *node,
                       const struct place *place)
{
    if (!kl_playbook_is_name(node->text)) {
        wrong(c, node, place,
              "'%.*s' is no name; write letters, digits, '_', '-' and '.', at most %d, with a "
              "letter or digit at both ends",
              quoted(node), node->text, NAME_BYTES - 1);
    }
}

static void check_text(const struct checker *c, const struct kl_yaml *node,
                       const struct place *place)
{
    size_t length = strlen(node->text);
    if (length == 0) {
        wrong(c, node, place, "the text is empty; write something or remove the line");
    } else if (strchr(node->text, '\n')) {
        wrong(c, node, place, "expected one line; this has several");
    } else if (length > TEXT_BYTES) {
        wrong(c, node, place, "the text is longer than %d bytes; shorten it", TEXT_BYTES);
    }
}

static bool read_value(const struct kl_yaml *node, struct kl_value *value)
{
    return kl_value_parse(node->text, strlen(node->text), value);
}

static void check_number(const struct checker *c, const struct kl_yaml *node,
                         const struct place *place)
{
    struct kl_value value;
    if (!read_value(node, &value) || !kl_dimension_equal(value.dimension, KL_PLAIN)) {
        wrong(c, node, place, "expected a number without a unit, not '%.*s'", quoted(node),
              node->text);
    }
}

static void check_share(const struct checker *c, const struct kl_yaml *node,
                        const struct place *place)
{
    struct kl_value value;
    bool plain = read_value(node, &value) && kl_dimension_equal(value.dimension, KL_PLAIN);
    if (!plain || !(value.value >= 0 && value.value <= 1)) {
        wrong(c, node, place, "expected a share such as 95 %% or 0.95, not '%.*s'", quoted(node),
              node->text);
    }
}

/* Is it a quantity of the field's dimension? Reports when not. */
static bool check_quantity(const struct checker *c, const struct kl_yaml *node,
                           const struct kl_field *field, const struct place *place, double *number)
{
    struct kl_value value;
    const char *example = kl_field_example(field);
    if (!read_value(node, &value)) {
        wrong(c, node, place, "expected %s, not '%.*s'", example, quoted(node), node->text);
        return false;
    }
    if (kl_dimension_equal(value.dimension, *field->dimension)) {
        *number = value.value;
        return true;
    }
    bool bare = kl_dimension_equal(value.dimension, KL_PLAIN);
    wrong(c, node, place, "expected %s, '%.*s' has %s unit", example, quoted(node), node->text,
          bare ? "no" : "another");
    return false;
}

static bool may_be_negative(const struct kl_field *field)
{
    return kl_dimension_equal(*field->dimension, KL_CELSIUS);
}

static void check_positive(const struct checker *c, const struct kl_yaml *node,
                           const struct kl_field *field, const struct place *place)
{
    double number;
    bool read = check_quantity(c, node, field, place, &number);
    if (read && number < 0 && !may_be_negative(field)) {
        wrong(c, node, place, "'%.*s' is below zero, which makes no sense here", quoted(node),
              node->text);
    }
}

static void check_range(const struct checker *c, const struct kl_yaml *node,
                        const struct kl_field *field, const struct place *place)
{
    double limits[2];
    bool two = node->kind == KL_YAML_LIST && node->count == 2 &&
               node->items[0]->kind == KL_YAML_SCALAR && node->items[1]->kind == KL_YAML_SCALAR;
    if (!two) {
        wrong(c, node, place, "expected a list of two values, from low to high: [low, high]");
        return;
    }
    bool read = check_quantity(c, node->items[0], field, place, &limits[0]);
    read = check_quantity(c, node->items[1], field, place, &limits[1]) && read;
    if (read && limits[0] > limits[1]) {
        wrong(c, node, place, "the low end '%.*s' lies above the high end '%.*s'; exchange them",
              quoted(node->items[0]), node->items[0]->text, quoted(node->items[1]),
              node->items[1]->text);
    }
}

static void check_date(const struct checker *c, const struct kl_yaml *node,
                       const struct place *place)
{
    struct kl_date date;
    if (!kl_date_parse(node->text, &date)) {
        wrong(c, node, place, "expected a day such as 2027-01-31, not '%.*s'", quoted(node),
              node->text);
    }
}

static void check_flag(const struct checker *c, const struct kl_yaml *node,
                       const struct place *place)
{
    bool value;
    if (!kl_yaml_flag(node, &value)) {
        wrong(c, node, place, "expected true or false, not '%.*s'", quoted(node), node->text);
    }
}

/* The words of a field of choices, cut into an array. */
static size_t split_words(const char *choices, char text[TEXT_BYTES], const char *words[MOST_NAMES])
{
    size_t count = 0;
    char *rest;
    snprintf(text, TEXT_BYTES, "%s", choices);
    for (char *word = strtok_r(text, " ", &rest); word && count < MOST_NAMES;
         word = strtok_r(NULL, " ", &rest)) {
        words[count++] = word;
    }
    return count;
}

static void check_choice(const struct checker *c, const struct kl_yaml *node,
                         const struct kl_field *field, const struct place *place)
{
    char text[TEXT_BYTES];
    const char *words[MOST_NAMES];
    size_t count = split_words(field->choices, text, words);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], node->text) == 0) {
            return;
        }
    }
    const char *near = kl_nearest(node->text, words, count);
    wrong(c, node, place, "unknown word '%.*s'; %s%s%schoose one of: %s", quoted(node), node->text,
          near ? "did you mean '" : "", near ? near : "", near ? "'? " : "", field->choices);
}

static void check_expression(const struct checker *c, const struct kl_yaml *node,
                             const struct place *place)
{
    const struct kl_expression *expression;
    struct kl_diag diag = {0};
    if (kl_expression_parse(node->text, c->arena, &expression, &diag) != KL_OK) {
        wrong(c, node, place, "%s", diag.message);
    }
}

static void check_command(const struct checker *c, const struct kl_yaml *node,
                          const struct place *place)
{
    if (node->kind == KL_YAML_SCALAR) {
        if (node->text[strspn(node->text, " \t\n")] == '\0') {
            wrong(c, node, place, "the command is empty");
        }
        return;
    }
    bool texts = node->kind == KL_YAML_LIST && node->count > 0 && node->count <= MOST_WORDS;
    for (size_t i = 0; texts && i < node->count; i++) {
        texts = node->items[i]->kind == KL_YAML_SCALAR;
    }
    if (!texts || node->items[0]->text[0] == '\0') {
        wrong(c, node, place, "expected a command as a text, or as a list of 1 to %d texts",
              MOST_WORDS);
    }
}

/* The templates mark by these words what a person must decide. */
static void check_gap(const struct checker *c, const struct kl_yaml *node,
                      const struct place *place)
{
    const char *gap = strstr(node->text, "Fill in");
    if (gap && (gap[7] == ':' || gap[7] == '\0')) {
        report(c, KL_FINDING_MISSING, node, place, "still to be decided: '%.*s'",
               (int)kl_utf8_cut(gap, 120), gap);
    }
}

static void check_scalar(const struct checker *c, const struct kl_yaml *node,
                         const struct kl_field *field, const struct place *place)
{
    if (field->kind == KL_FIELD_TEXT || field->kind == KL_FIELD_PROSE) {
        check_gap(c, node, place);
    }
    switch (field->kind) {
    case KL_FIELD_NAME: check_name(c, node, place); break;
    case KL_FIELD_TEXT:
    case KL_FIELD_PATH: check_text(c, node, place); break;
    case KL_FIELD_NUMBER: check_number(c, node, place); break;
    case KL_FIELD_SHARE: check_share(c, node, place); break;
    case KL_FIELD_QUANTITY: check_positive(c, node, field, place); break;
    case KL_FIELD_DATE: check_date(c, node, place); break;
    case KL_FIELD_FLAG: check_flag(c, node, place); break;
    case KL_FIELD_CHOICE: check_choice(c, node, field, place); break;
    case KL_FIELD_EXPRESSION: check_expression(c, node, place); break;
    default: break; /* prose: any text */
    }
}

/* An unknown key, with the known one that is most like it. */
static void check_unknown(const struct checker *c, const struct kl_yaml *key,
                          const struct kl_field *own, const struct kl_field *common,
                          const struct place *place)
{
    const char *names[MOST_NAMES];
    char path[WHERE_BYTES];
    size_t count = 0;
    for (const struct kl_field *row = own; row && row->name && count < MOST_NAMES; row++) {
        names[count++] = row->name;
    }
    for (const struct kl_field *row = common; row && row->name && count < MOST_NAMES; row++) {
        names[count++] = row->name;
    }
    const char *near = kl_nearest(key->text, names, count);
    const char *inside = where(place, path);
    kl_findings_add(c->findings, c->arena, KL_FINDING_ERROR, key,
                    "unknown key '%.*s'%s%s; %s%s%s`kinglet playbook schema --markdown` lists all",
                    quoted(key), key->text, inside[0] ? " in " : "", inside,
                    near ? "did you mean '" : "", near ? near : "", near ? "'? " : "");
}

/* What is not there although it must or should be. */
static void check_absent(const struct checker *c, const struct kl_yaml *map,
                         const struct kl_field *row, const struct place *place)
{
    for (; row && row->name; row++) {
        const struct kl_yaml *value = kl_yaml_get(map, row->name);
        bool absent = !value || kl_load_is_empty(value);
        struct place here = {.outer = place, .name = row->name};
        if (absent && row->required) {
            report(c, KL_FINDING_ERROR, value ? value : map, &here, "must be stated: %s",
                   row->help);
        } else if (absent && row->expected) {
            report(c, KL_FINDING_MISSING, value ? value : map, &here, "not stated yet: %s",
                   row->help);
        }
    }
}

static void check_map_of(const struct checker *c, const struct kl_yaml *map,
                         const struct kl_field *own, const struct kl_field *common, bool open,
                         const struct place *place)
{
    for (size_t i = 0; i < map->count && !kl_findings_full(c->findings); i++) {
        const struct kl_yaml *key = map->keys[i];
        const struct kl_field *row = kl_fields_row(own, key->text, strlen(key->text));
        row = row ? row : kl_fields_row(common, key->text, strlen(key->text));
        struct place here = {.outer = place, .name = key->text};
        if (row) {
            check_value(c, map->items[i], row, &here);
        } else if (!open) {
            check_unknown(c, key, own, common, place);
        }
    }
    check_absent(c, map, own, place);
}

static const char *expected_form(const struct kl_field *field)
{
    switch (field->kind) {
    case KL_FIELD_RECORD:
    case KL_FIELD_MAP: return "keys with values";
    case KL_FIELD_LIST: return "a list; put a '-' before each entry, or all in [ ]";
    default: return "one value";
    }
}

/* Entries of a list that carry a name must differ in it. */
static void check_names(const struct checker *c, const struct kl_yaml *list,
                        const struct kl_field *item, const struct place *place)
{
    const struct kl_field *name = kl_fields_row(item->fields, "name", strlen("name"));
    for (size_t i = 1; name && name->kind == KL_FIELD_TEXT && i < list->count; i++) {
        const struct kl_yaml *one = kl_yaml_get(list->items[i], "name");
        for (size_t k = 0; one && k < i; k++) {
            const struct kl_yaml *other = kl_yaml_get(list->items[k], "name");
            if (strcmp(kl_yaml_text(one, "?"), kl_yaml_text(other, "")) == 0) {
                struct place here = {.outer = place, .number = i + 1};
                wrong(c, one, &here, "'%.*s' appears twice (first on line %u); rename one",
                      quoted(one), one->text, other->line);
                break;
            }
        }
    }
}

static void check_list(const struct checker *c, const struct kl_yaml *list,
                       const struct kl_field *field, const struct place *place)
{
    if (list->count > KL_MAX_LIST) {
        wrong(c, list, place, "more than %d entries", KL_MAX_LIST);
        return;
    }
    for (size_t i = 0; i < list->count && !kl_findings_full(c->findings); i++) {
        struct place here = {.outer = place, .number = i + 1};
        if (kl_load_is_empty(list->items[i])) {
            wrong(c, list->items[i], &here, "the entry is empty; fill it in or remove it");
        } else {
            check_value(c, list->items[i], field->item, &here);
        }
    }
    check_names(c, list, field->item, place);
}

static void check_map(const struct checker *c, const struct kl_yaml *map,
                      const struct kl_field *field, const struct place *place)
{
    for (size_t i = 0; i < map->count && !kl_findings_full(c->findings); i++) {
        struct place here = {.outer = place, .name = map->keys[i]->text};
        check_name(c, map->keys[i], &here);
        check_value(c, map->items[i], field->item, &here);
    }
}

/* A chapter that is none of the twelve is one of the user's own, which it shows by a title. */
static void check_own_chapter(const struct checker *c, const struct kl_yaml *key,
                              const struct kl_yaml *node, const struct place *place)
{
    const char *names[MOST_NAMES];
    for (size_t i = 0; i < kl_chapter_count; i++) {
        names[i] = kl_chapters[i].id;
    }
    const char *near = kl_nearest(key->text, names, kl_chapter_count);
    if (node->kind == KL_YAML_MAP && kl_yaml_get(node, "title")) {
        check_name(c, key, place);
        check_map_of(c, node, kl_own_chapter_fields, kl_chapter_common_fields, true, place);
        return;
    }
    wrong(c, key, place,
          "unknown chapter; %s%s%sa chapter of your own has a title: and, if it is not the last "
          "one, after: CHAPTER",
          near ? "did you mean '" : "", near ? near : "", near ? "'? " : "");
}

static void check_chapters(const struct checker *c, const struct kl_yaml *map,
                           const struct place *place)
{
    for (size_t i = 0; i < map->count && !kl_findings_full(c->findings); i++) {
        const struct kl_yaml *key = map->keys[i];
        const struct kl_field *row =
            kl_fields_row(kl_chapter_records, key->text, strlen(key->text));
        struct place here = {.outer = place, .name = key->text};
        if (row) {
            check_value(c, map->items[i], row, &here);
        } else {
            check_own_chapter(c, key, map->items[i], &here);
        }
    }
    for (const struct kl_chapter_fields *row = kl_chapters; row < kl_chapters + kl_chapter_count;
         row++) {
        struct place here = {.outer = place, .name = row->id};
        const struct kl_yaml *chapter = kl_yaml_get(map, row->id);
        if (!chapter || kl_load_is_empty(chapter)) {
            report(c, KL_FINDING_MISSING, chapter ? chapter : map, &here,
                   "not begun yet: it answers \"%s\"", row->question);
        }
    }
}

static void check_record(const struct checker *c, const struct kl_yaml *map,
                         const struct kl_field *field, const struct place *place)
{
    if (field->fields == kl_chapter_records) {
        check_chapters(c, map, place);
        return;
    }
    bool chapter = kl_fields_are_chapter(field->fields);
    check_map_of(c, map, field->fields, chapter ? kl_chapter_common_fields : NULL, false, place);
}

static void check_value(const struct checker *c, const struct kl_yaml *node,
                        const struct kl_field *field, const struct place *place)
{
    if (kl_load_is_empty(node) || field->kind == KL_FIELD_ANY) {
        return; /* what must not be empty is found by check_absent */
    }
    if (field->kind == KL_FIELD_COMMAND) {
        check_command(c, node, place);
    } else if (field->kind == KL_FIELD_RANGE) {
        check_range(c, node, field, place);
    } else if (field->kind == KL_FIELD_RECORD && node->kind == KL_YAML_MAP) {
        check_record(c, node, field, place);
    } else if (field->kind == KL_FIELD_MAP && node->kind == KL_YAML_MAP) {
        check_map(c, node, field, place);
    } else if (field->kind == KL_FIELD_LIST && node->kind == KL_YAML_LIST) {
        check_list(c, node, field, place);
    } else if (node->kind == KL_YAML_SCALAR && field->kind != KL_FIELD_RECORD &&
               field->kind != KL_FIELD_MAP && field->kind != KL_FIELD_LIST) {
        check_scalar(c, node, field, place);
    } else {
        wrong(c, node, place, "expected %s, not %s", expected_form(field),
              node->kind == KL_YAML_SCALAR ? "one value"
              : node->kind == KL_YAML_LIST ? "a list"
                                           : "keys with values");
    }
}

void kl_fields_check(const struct kl_yaml *node, const struct kl_field *fields, const char *what,
                     struct kl_arena *arena, struct kl_findings *findings)
{
    const struct checker c = {.arena = arena, .findings = findings};
    const struct kl_field field = {.kind = KL_FIELD_RECORD, .fields = fields};
    const struct place place = {.name = what};
    check_value(&c, node, &field, what[0] ? &place : NULL);
}
