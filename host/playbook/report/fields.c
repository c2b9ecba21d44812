/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the playbook says, shown by its table of fields: single values as definitions, lists of
 * records as tables, the rest below headings of their own.
 */
#include <stdint.h>
#include <string.h>

#include "playbook/fields.h"
#include "playbook/report/page.h"

enum { MOST_COLUMNS = 7, MOST_KEYS = 256, DEEPEST_HEADING = 6 };

/* The field of a key; NULL for one that no table knows. */
static const struct kl_field *field_of(const struct kl_field *fields, const char *key)
{
    for (; fields && fields->name; fields++) {
        if (strcmp(fields->name, key) == 0) {
            return fields;
        }
    }
    return NULL;
}

static const char *label_of(struct page *page, const struct kl_field *field, const char *key)
{
    return field && field->label && *field->label ? field->label : page_label(page, key);
}

static bool in_words(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += length) {
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

static bool has_scalars_only(const struct kl_yaml *node)
{
    for (size_t i = 0; i < node->count; i++) {
        if (node->items[i]->kind != KL_YAML_SCALAR) {
            return false;
        }
    }
    return true;
}

/* Can it stand behind its label, or does it need a place of its own? */
static bool is_simple(const struct kl_yaml *node)
{
    return node->kind == KL_YAML_SCALAR || (node->kind == KL_YAML_LIST && has_scalars_only(node));
}

static bool is_list_of_maps(const struct kl_yaml *node)
{
    for (size_t i = 0; node->kind == KL_YAML_LIST && i < node->count; i++) {
        if (node->items[i]->kind != KL_YAML_MAP) {
            return false;
        }
    }
    return node->kind == KL_YAML_LIST && node->count > 0;
}

static bool is_map_of_maps(const struct kl_yaml *node)
{
    for (size_t i = 0; node->kind == KL_YAML_MAP && i < node->count; i++) {
        if (node->items[i]->kind != KL_YAML_MAP) {
            return false;
        }
    }
    return node->kind == KL_YAML_MAP && node->count > 0;
}

/* Anything in one line: "a, b", or "Label: value; Label: value". */
static const char *in_line(struct page *page, const struct kl_yaml *node,
                           const struct kl_field *field)
{
    if (node->kind == KL_YAML_SCALAR) {
        return node->text;
    }
    bool range = field && field->kind == KL_FIELD_RANGE && node->count == 2;
    const struct kl_field *fields = field ? field->fields : NULL;
    const char *text = "";
    for (size_t i = 0; i < node->count; i++) {
        const char *gap = i == 0 ? "" : node->kind == KL_YAML_MAP ? "; " : range ? " to " : ", ";
        const char *key = node->kind == KL_YAML_MAP ? node->keys[i]->text : NULL;
        const struct kl_field *inner = key             ? field_of(fields, key)
                                       : field != NULL ? field->item
                                                       : NULL;
        const char *value = in_line(page, node->items[i], inner);
        text = key ? page_text(page, "%s%s%s: %s", text, gap, label_of(page, inner, key), value)
                   : page_text(page, "%s%s%s", text, gap, value);
    }
    return text;
}

/* A list of sentences reads better as a list than with commas. */
static const char *as_bullets(struct page *page, const struct kl_yaml *list)
{
    const char *text = "";
    for (size_t i = 0; i < list->count; i++) {
        text = page_text(page, "%s- %s\n", text, list->items[i]->text);
    }
    return text;
}

static bool has_long_item(const struct kl_yaml *list)
{
    enum { LONG_ITEM = 32 };
    for (size_t i = 0; list->kind == KL_YAML_LIST && i < list->count; i++) {
        if (strlen(list->items[i]->text) > LONG_ITEM) {
            return true;
        }
    }
    return false;
}

/* Line breaks and tabs as blanks. */
static const char *on_one_line(struct page *page, const char *text)
{
    size_t length = strlen(text);
    char *line = kl_arena_alloc(page->arena, length + 1, 1);
    if (!line) {
        page->failed = true;
        return "";
    }
    for (size_t i = 0; i < length; i++) {
        line[i] = (unsigned char)text[i] < ' ' ? ' ' : text[i];
    }
    return line;
}

static struct page_cell cell_of(struct page *page, const struct kl_yaml *node,
                                const struct kl_field *field)
{
    enum kl_field_kind kind = field ? field->kind : KL_FIELD_ANY;
    struct page_cell cell = {.kind = PAGE_TEXT, .text = ""};
    if (!node) {
        return cell;
    }
    if (node->kind == KL_YAML_SCALAR) {
        bool code = kind == KL_FIELD_EXPRESSION || kind == KL_FIELD_COMMAND;
        bool number =
            kind == KL_FIELD_NUMBER || kind == KL_FIELD_QUANTITY || kind == KL_FIELD_SHARE;
        bool prose = kind == KL_FIELD_PROSE || strchr(node->text, '\n');
        cell.kind = code ? PAGE_CODE : number ? PAGE_NUMBER : prose ? PAGE_PROSE : PAGE_TEXT;
        cell.text =
            kind == KL_FIELD_FLAG ? strcmp(node->text, "true") == 0 ? "yes" : "no" : node->text;
    } else if (is_simple(node) && has_long_item(node)) {
        cell.kind = PAGE_PROSE;
        cell.text = as_bullets(page, node);
    } else {
        cell.text = in_line(page, node, field);
    }
    return cell;
}

/* The keys that appear in any of the maps, in the order of the table, then those it lacks. */
static size_t columns_of(const struct kl_yaml *maps, const struct kl_field *fields,
                         const char **columns)
{
    size_t count = 0;
    for (const struct kl_field *f = fields; f && f->name && count < MOST_KEYS; f++) {
        for (size_t i = 0; i < maps->count; i++) {
            if (kl_yaml_get(maps->items[i], f->name)) {
                columns[count++] = f->name;
                break;
            }
        }
    }
    for (size_t i = 0; i < maps->count; i++) {
        for (size_t k = 0; k < maps->items[i]->count; k++) {
            const char *key = maps->items[i]->keys[k]->text;
            bool known = false;
            for (size_t c = 0; c < count; c++) {
                known = known || strcmp(columns[c], key) == 0;
            }
            if (!known && count < MOST_KEYS) {
                columns[count++] = key;
            }
        }
    }
    return count;
}

/* Maps as rows of a table; the keys of a map of maps become its first column. */
static void put_maps(struct page *page, const char *caption, const struct kl_yaml *maps,
                     const struct kl_field *fields, const char *const *columns, size_t count)
{
    bool named = maps->kind == KL_YAML_MAP;
    const char *heads[MOST_COLUMNS + 1];
    struct page_cells cells = {0};
    heads[0] = "Id";
    for (size_t c = 0; c < count; c++) {
        heads[c + named] = label_of(page, field_of(fields, columns[c]), columns[c]);
    }
    for (size_t i = 0; i < maps->count; i++) {
        if (named) {
            page_add_text(page, &cells, maps->keys[i]->text);
        }
        for (size_t c = 0; c < count; c++) {
            page_add(page, &cells,
                     cell_of(page, kl_yaml_get(maps->items[i], columns[c]),
                             field_of(fields, columns[c])));
        }
    }
    page_put_table(page, caption, heads, count + named, &cells);
}

/* The heading of something that needs a place of its own. Deep ones are shown in bold only. */
static void put_heading(struct page *page, int level, const char *label)
{
    page->ops->heading(page, level > DEEPEST_HEADING ? DEEPEST_HEADING : level, NULL, label);
}

/* How long the longest value of a column is; SIZE_MAX when one does not fit into a line. */
static size_t width_of(const struct kl_yaml *maps, const char *column)
{
    size_t width = 0;
    for (size_t i = 0; i < maps->count; i++) {
        const struct kl_yaml *value = kl_yaml_get(maps->items[i], column);
        if (value && (value->kind != KL_YAML_SCALAR || strchr(value->text, '\n'))) {
            return SIZE_MAX;
        }
        size_t length = value ? strlen(value->text) : 0;
        width = length > width ? length : width;
    }
    return width;
}

/* The rest of a record as lines, one for each thing that it says. */
static struct page_cell rest_of(struct page *page, const struct kl_yaml *map,
                                const struct kl_field *fields, const char *const *columns,
                                size_t count)
{
    const char *text = "";
    for (size_t c = 0; c < count; c++) {
        const struct kl_yaml *value = kl_yaml_get(map, columns[c]);
        if (value) {
            const struct kl_field *field = field_of(fields, columns[c]);
            bool flag = field && field->kind == KL_FIELD_FLAG;
            text = page_text(page, "%s%s\t%s\n", text, label_of(page, field, columns[c]),
                             flag ? cell_of(page, value, field).text
                                  : on_one_line(page, in_line(page, value, field)));
        }
    }
    return (struct page_cell){.kind = PAGE_LINES, .text = text};
}

/* Records with many keys: what is short in columns, the rest of each in one cell. */
static void put_wide(struct page *page, const char *label, const struct kl_yaml *maps,
                     const struct kl_field *fields, const char **columns, size_t count)
{
    enum { NARROW = 4, SHORT = 24, NAME = 60 };
    bool named = maps->kind == KL_YAML_MAP;
    const char *heads[NARROW + 2] = {"Id"};
    const char **rest = page_alloc(page, MOST_KEYS, sizeof *rest);
    size_t narrow = 0;
    size_t others = 0;
    struct page_cells cells = {0};
    for (size_t c = 0; c < count && !page->failed; c++) {
        bool fits = width_of(maps, columns[c]) <= (c == 0 ? NAME : SHORT) && narrow < NARROW;
        const char *column = columns[c];
        if (fits) {
            heads[named + narrow] = label_of(page, field_of(fields, column), column);
            columns[narrow++] = column;
        } else {
            rest[others++] = column;
        }
    }
    heads[named + narrow] = "In detail";
    for (size_t i = 0; i < maps->count; i++) {
        if (named) {
            page_add_text(page, &cells, maps->keys[i]->text);
        }
        for (size_t c = 0; c < narrow; c++) {
            page_add(page, &cells,
                     cell_of(page, kl_yaml_get(maps->items[i], columns[c]),
                             field_of(fields, columns[c])));
        }
        page_add(page, &cells, rest_of(page, maps->items[i], fields, rest, others));
    }
    page_put_table(page, label, heads, named + narrow + 1, &cells);
}

static void put_records(struct page *page, const char *label, const struct kl_yaml *maps,
                        const struct kl_field *fields)
{
    const char **columns = page_alloc(page, MOST_KEYS, sizeof *columns);
    size_t count = page->failed ? 0 : columns_of(maps, fields, columns);
    if (count <= MOST_COLUMNS) {
        put_maps(page, label, maps, fields, columns, count);
    } else {
        put_wide(page, label, maps, fields, columns, count);
    }
}

void page_value(struct page *page, const char *label, const struct kl_yaml *node,
                const struct kl_field *field, int level)
{
    const struct kl_field *item = field ? field->item : NULL;
    const struct kl_field *fields = field ? field->fields : NULL;
    if (is_list_of_maps(node) || (is_map_of_maps(node) && !fields)) {
        put_records(page, label, node, item ? item->fields : NULL);
    } else if (node->kind == KL_YAML_MAP && level <= DEEPEST_HEADING) {
        put_heading(page, level, label);
        page_fields(page, node, fields, "", level + 1);
    } else {
        const struct page_cell cell = {.text = in_line(page, node, field)};
        page->ops->definitions(page, &label, &cell, 1);
    }
}

/* Is the value of this key shown by the present pass? */
static bool is_shown(const struct kl_yaml *map, size_t i, const char *skip, bool simple)
{
    const struct kl_yaml *value = map->items[i];
    bool empty = value->kind != KL_YAML_SCALAR && value->count == 0;
    return !empty && !in_words(skip, map->keys[i]->text) && is_simple(value) == simple;
}

static void put_simple(struct page *page, const struct kl_yaml *map, const struct kl_field *fields,
                       const char *skip)
{
    enum { AT_ONCE = 64 };
    const char *labels[AT_ONCE];
    struct page_cell cells[AT_ONCE];
    size_t count = 0;
    for (size_t i = 0; i < map->count; i++) {
        if (is_shown(map, i, skip, true)) {
            const char *key = map->keys[i]->text;
            const struct kl_field *field = field_of(fields, key);
            labels[count] = label_of(page, field, key);
            cells[count++] = cell_of(page, map->items[i], field);
        }
        if (count && (count == AT_ONCE || i + 1 == map->count)) {
            page->ops->definitions(page, labels, cells, count);
            count = 0;
        }
    }
}

void page_fields(struct page *page, const struct kl_yaml *map, const struct kl_field *fields,
                 const char *skip, int level)
{
    if (!map || map->kind != KL_YAML_MAP) {
        return;
    }
    put_simple(page, map, fields, skip);
    for (size_t i = 0; i < map->count; i++) {
        if (is_shown(map, i, skip, false)) {
            const char *key = map->keys[i]->text;
            const struct kl_field *field = field_of(fields, key);
            page_value(page, label_of(page, field, key), map->items[i], field, level);
        }
    }
}
