/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the tree from libyaml's events, without recursion: a list of open collections, each with
 * the list of its nodes so far. libyaml reads only as far ahead as one event needs, so that a
 * limit stops the work early.
 */
#include "base/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/utf8.h"

/* More would make looking them up slow; people write a handful. */
enum { MAX_ANCHORS = 256 };

/* A node of an open collection. */
struct cell {
    const struct kl_yaml *node;
    struct cell *next;
};

/* A list or map whose end has not come yet. */
struct frame {
    struct frame *outer;
    struct kl_yaml *node;
    struct anchor *anchor; /* its own, or NULL */
    struct cell *first, *last;
    size_t cells;        /* map: keys and values */
    size_t nodes_before; /* of the document */
    size_t height;       /* of the highest node in it; a scalar has 1 */
};

struct anchor {
    struct anchor *older;
    const char *name;
    const struct kl_yaml *node; /* NULL while it is open */
    size_t nodes, height;
};

struct builder {
    const char *origin;
    const struct kl_yaml_limits *limits;
    struct kl_arena *arena;
    struct kl_diag *diag;
    yaml_parser_t parser;
    struct frame *open;
    struct anchor *anchors;
    size_t anchor_count;
    size_t nodes; /* with aliases written out */
    size_t depth; /* of open collections */
    const struct kl_yaml *root;
    size_t documents;
};

/* "origin:line: message", with what would break the line replaced: texts of the file are quoted
 * in messages. */
static enum kl_err fail_at(const char *origin, size_t line, struct kl_diag *diag, enum kl_err err,
                           const char *format, va_list args)
{
    char message[sizeof diag->message];
    int prefix = snprintf(message, sizeof message, "%s:%zu: ", origin, line);
    if (prefix > 0 && (size_t)prefix < sizeof message) {
        vsnprintf(message + prefix, sizeof message - (size_t)prefix, format, args);
    }
    message[kl_utf8_cut(message, sizeof message - 1)] = '\0';
    for (char *at = message; *at; at++) {
        if ((unsigned char)*at < 0x20) {
            *at = ' ';
        }
    }
    return kl_fail(diag, err, "%s", message);
}

__attribute__((format(printf, 4, 5))) static enum kl_err
refuse(struct builder *builder, enum kl_err err, size_t line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err = fail_at(builder->origin, line, builder->diag, err, format, args);
    va_end(args);
    return err;
}

enum kl_err kl_yaml_fail(const struct kl_yaml *node, struct kl_diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum kl_err err = fail_at(node->origin, node->line, diag, KL_EINPUT, format, args);
    va_end(args);
    return err;
}

/* What to do about the commonest mistakes; libyaml's words for them are hard to understand. */
static const char *remedy(const yaml_parser_t *parser, const char *text, size_t bytes)
{
    size_t at = 0;
    size_t line = 0;
    while (at < bytes && line < parser->problem_mark.line) {
        line += text[at++] == '\n';
    }
    at += parser->problem_mark.column;
    if (at < bytes && text[at] == '\t') {
        return "; YAML is indented by blanks, not by tabs";
    }
    if (strcmp(parser->problem, "mapping values are not allowed in this context") == 0) {
        return "; put a text that contains ': ' in quotes";
    }
    if (strcmp(parser->problem, "found character that cannot start any token") == 0) {
        return "; put a text that starts with '@', '%' or '`' in quotes";
    }
    if (strcmp(parser->problem, "did not find expected key") == 0 ||
        strcmp(parser->problem, "could not find expected ':'") == 0) {
        return "; check the indentation and the quotes of this line and the one before";
    }
    return "";
}

/* libyaml puts what is missing at the end of the text behind its last line. */
static size_t line_in_text(size_t line, const char *text, size_t bytes)
{
    size_t last = 1;
    for (size_t i = 0; i + 1 < bytes; i++) {
        last += text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n');
    }
    return line < last ? line : last;
}

static enum kl_err refuse_syntax(struct builder *builder, const char *text, size_t bytes)
{
    const yaml_parser_t *parser = &builder->parser;
    if (parser->error == YAML_MEMORY_ERROR) {
        return KL_FAIL_MEMORY(builder->diag);
    }
    const char *problem = parser->problem ? parser->problem : "not YAML";
    size_t line = line_in_text(parser->problem_mark.line + 1, text, bytes);
    const char *hint = parser->problem ? remedy(parser, text, bytes) : "";
    if (!parser->context) {
        return refuse(builder, KL_EINPUT, line, "%s%s", problem, hint);
    }
    return refuse(builder, KL_EINPUT, line, "%s (%s, from line %zu)%s", problem, parser->context,
                  parser->context_mark.line + 1, hint);
}

/* Does the next node of the innermost collection come as a key? */
static bool expects_key(const struct builder *builder)
{
    const struct frame *open = builder->open;
    return open && open->node->kind == KL_YAML_MAP && open->cells % 2 == 0;
}

static enum kl_err check_key(struct builder *builder, const struct kl_yaml *key, size_t line)
{
    if (key->kind != KL_YAML_SCALAR) {
        return refuse(builder, KL_EINPUT, line, "a key must be a text, not a list or a map");
    }
    if (key->text[0] == '\0') {
        return refuse(builder, KL_EINPUT, line, "a key is empty; write its name before the ':'");
    }
    if (key->plain && strcmp(key->text, "<<") == 0) {
        return refuse(builder, KL_EINPUT, line,
                      "merge keys ('<<') are not supported; write the keys out, or use an alias "
                      "for a whole value");
    }
    return KL_OK;
}

/* Hang a finished node, that counts as so many nodes so high, into the innermost collection. */
static enum kl_err add(struct builder *builder, const struct kl_yaml *node, size_t height,
                       size_t line)
{
    struct frame *open = builder->open;
    if (!open) {
        builder->root = node;
        return KL_OK;
    }
    if (expects_key(builder)) {
        KL_TRY(check_key(builder, node, line));
    }
    struct cell *cell = KL_NEW(builder->arena, struct cell, 1);
    if (!cell) {
        return KL_FAIL_MEMORY(builder->diag);
    }
    cell->node = node;
    if (open->last) {
        open->last->next = cell;
    } else {
        open->first = cell;
    }
    open->last = cell;
    open->cells++;
    open->height = height > open->height ? height : open->height;
    return KL_OK;
}

/* Count nodes that are about to come, `height` high, against the limits. */
static enum kl_err count(struct builder *builder, size_t nodes, size_t height, size_t line)
{
    const struct kl_yaml_limits *limits = builder->limits;
    if (nodes > limits->nodes - builder->nodes) {
        return refuse(builder, KL_ELIMIT, line,
                      "more than %zu values (each alias counts as all that it stands for); "
                      "split the file",
                      limits->nodes);
    }
    if (builder->depth > limits->depth || height > limits->depth - builder->depth) {
        return refuse(builder, KL_ELIMIT, line, "lists and maps are nested more than %zu deep",
                      limits->depth);
    }
    builder->nodes += nodes;
    return KL_OK;
}

static enum kl_err refuse_tag(struct builder *builder, const char *tag, size_t line)
{
    static const char standard[] = "tag:yaml.org,2002:";
    size_t length = sizeof standard - 1;
    bool shortened = strncmp(tag, standard, length) == 0;
    return refuse(builder, KL_EINPUT, line,
                  "the tag '%s%.60s' is not supported; remove it (a number that is meant as a text "
                  "goes in quotes)",
                  shortened ? "!!" : "", shortened ? tag + length : tag);
}

/* A new node at an event that may carry an anchor and a tag. */
static enum kl_err create(struct builder *builder, enum kl_yaml_kind kind, size_t line,
                          const yaml_char_t *tag, struct kl_yaml **node)
{
    if (tag) {
        return refuse_tag(builder, (const char *)tag, line);
    }
    KL_TRY(count(builder, 1, 1, line));
    *node = KL_NEW(builder->arena, struct kl_yaml, 1);
    if (!*node) {
        return KL_FAIL_MEMORY(builder->diag);
    }
    (*node)->kind = kind;
    (*node)->origin = builder->origin;
    (*node)->line = (uint32_t)line;
    return KL_OK;
}

/* Remember an anchor; NULL when the event has none. */
static enum kl_err note_anchor(struct builder *builder, const yaml_char_t *name, size_t line,
                               struct anchor **anchor)
{
    *anchor = NULL;
    if (!name) {
        return KL_OK;
    }
    if (builder->anchor_count == MAX_ANCHORS) {
        return refuse(builder, KL_ELIMIT, line, "more than %d anchors ('&name')", MAX_ANCHORS);
    }
    const char *text = (const char *)name;
    *anchor = KL_NEW(builder->arena, struct anchor, 1);
    char *copy = kl_arena_copy(builder->arena, text, strlen(text) + 1);
    if (!*anchor || !copy) {
        return KL_FAIL_MEMORY(builder->diag);
    }
    **anchor = (struct anchor){.older = builder->anchors, .name = copy};
    builder->anchors = *anchor;
    builder->anchor_count++;
    return KL_OK;
}

static void complete_anchor(struct anchor *anchor, const struct kl_yaml *node, size_t nodes,
                            size_t height)
{
    if (anchor) {
        anchor->node = node;
        anchor->nodes = nodes;
        anchor->height = height;
    }
}

static enum kl_err read_scalar(struct builder *builder, const yaml_event_t *event, size_t line)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    struct kl_yaml *node;
    struct anchor *anchor;
    KL_TRY(create(builder, KL_YAML_SCALAR, line, event->data.scalar.tag, &node));
    KL_TRY(note_anchor(builder, event->data.scalar.anchor, line, &anchor));
    const char *fault = NULL;
    if (kl_utf8_check(text, length, &fault) < length) {
        return refuse(builder, KL_EINPUT, line, "a text contains %s; remove its escape", fault);
    }
    if (memchr(text, '\r', length)) {
        return refuse(builder, KL_EINPUT, line,
                      "a text contains '\\r'; write '\\n' for a new line");
    }
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = kl_arena_copy(builder->arena, text, length + 1);
    if (!node->text) {
        return KL_FAIL_MEMORY(builder->diag);
    }
    complete_anchor(anchor, node, 1, 1);
    return add(builder, node, 1, line);
}

static enum kl_err read_alias(struct builder *builder, const yaml_event_t *event, size_t line)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = builder->anchors;
    while (anchor && strcmp(anchor->name, name) != 0) {
        anchor = anchor->older;
    }
    if (!anchor) {
        return refuse(builder, KL_EINPUT, line, "the alias '*%.60s' has no anchor '&%.60s' before",
                      name, name);
    }
    if (!anchor->node) {
        return refuse(builder, KL_EINPUT, line, "the alias '*%.60s' contains itself", name);
    }
    KL_TRY(count(builder, anchor->nodes, anchor->height, line));
    return add(builder, anchor->node, anchor->height, line);
}

static enum kl_err open_collection(struct builder *builder, enum kl_yaml_kind kind, size_t line,
                                   const yaml_char_t *name, const yaml_char_t *tag)
{
    struct kl_yaml *node;
    size_t nodes_before = builder->nodes;
    if (expects_key(builder)) {
        return refuse(builder, KL_EINPUT, line,
                      "a key must be a text, not a list or a map; put a text that starts with "
                      "'[' or '{' in quotes");
    }
    KL_TRY(create(builder, kind, line, tag, &node));
    struct frame *frame = KL_NEW(builder->arena, struct frame, 1);
    if (!frame) {
        return KL_FAIL_MEMORY(builder->diag);
    }
    KL_TRY(note_anchor(builder, name, line, &frame->anchor));
    frame->outer = builder->open;
    frame->node = node;
    frame->nodes_before = nodes_before;
    builder->open = frame;
    builder->depth++;
    return KL_OK;
}

static int compare_keys(const void *left, const void *right)
{
    const struct kl_yaml *a = *(const struct kl_yaml *const *)left;
    const struct kl_yaml *b = *(const struct kl_yaml *const *)right;
    int order = strcmp(a->text, b->text);
    return order ? order : (a->line > b->line) - (a->line < b->line);
}

/* Refuse a key that appears twice. Sorting a copy keeps large maps fast. */
static enum kl_err check_unique(struct builder *builder, const struct kl_yaml *map)
{
    if (map->count < 2) {
        return KL_OK;
    }
    const struct kl_yaml **sorted = malloc(map->count * sizeof *sorted);
    if (!sorted) {
        return KL_FAIL_MEMORY(builder->diag);
    }
    for (size_t i = 0; i < map->count; i++) {
        sorted[i] = map->keys[i];
    }
    qsort(sorted, map->count, sizeof *sorted, compare_keys);
    const struct kl_yaml *first = NULL;
    const struct kl_yaml *second = NULL;
    for (size_t i = 1; i < map->count; i++) {
        bool same = strcmp(sorted[i - 1]->text, sorted[i]->text) == 0;
        if (same && (!second || sorted[i]->line < second->line)) {
            first = sorted[i - 1];
            second = sorted[i];
        }
    }
    free(sorted);
    if (!second) {
        return KL_OK;
    }
    return refuse(builder, KL_EINPUT, second->line,
                  "the key '%.60s' appears twice (first on line %u); remove or rename one",
                  second->text, first->line);
}

/* Turn the list of cells into the arrays of the node. */
static enum kl_err finish(struct builder *builder, struct frame *frame)
{
    struct kl_yaml *node = frame->node;
    bool map = node->kind == KL_YAML_MAP;
    node->count = map ? frame->cells / 2 : frame->cells;
    const struct kl_yaml **items = KL_NEW(builder->arena, const struct kl_yaml *, node->count);
    const struct kl_yaml **keys = NULL;
    if (map) {
        keys = KL_NEW(builder->arena, const struct kl_yaml *, node->count);
    }
    if (!items || (map && !keys)) {
        return KL_FAIL_MEMORY(builder->diag);
    }
    const struct cell *cell = frame->first;
    for (size_t i = 0; i < node->count; i++) {
        if (map) {
            keys[i] = cell->node;
            cell = cell->next;
        }
        items[i] = cell->node;
        cell = cell->next;
    }
    node->items = items;
    node->keys = keys;
    return map ? check_unique(builder, node) : KL_OK;
}

static enum kl_err close_collection(struct builder *builder)
{
    struct frame *frame = builder->open;
    size_t height = frame->height + 1;
    KL_TRY(finish(builder, frame));
    complete_anchor(frame->anchor, frame->node, builder->nodes - frame->nodes_before, height);
    builder->open = frame->outer;
    builder->depth--;
    return add(builder, frame->node, height, frame->node->line);
}

static enum kl_err take_event(struct builder *builder, const yaml_event_t *event)
{
    size_t line = event->start_mark.line + 1;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (builder->documents++) {
            return refuse(builder, KL_EINPUT, line,
                          "a second document starts here; write one document in a file");
        }
        return KL_OK;
    case YAML_SCALAR_EVENT: return read_scalar(builder, event, line);
    case YAML_ALIAS_EVENT: return read_alias(builder, event, line);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(builder, KL_YAML_LIST, line, event->data.sequence_start.anchor,
                               event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return open_collection(builder, KL_YAML_MAP, line, event->data.mapping_start.anchor,
                               event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return close_collection(builder);
    default: return KL_OK;
    }
}

static enum kl_err take_events(struct builder *builder, const char *text, size_t bytes)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&builder->parser, &event)) {
            return refuse_syntax(builder, text, bytes);
        }
        bool last = event.type == YAML_STREAM_END_EVENT;
        enum kl_err err = take_event(builder, &event);
        yaml_event_delete(&event);
        if (err != KL_OK || last) {
            return err;
        }
    }
}

/* Refuse what is no text before libyaml sees it: its own messages for that name no line. */
static enum kl_err check_text(struct builder *builder, const char *text, size_t bytes)
{
    const char *fault = NULL;
    size_t good = kl_utf8_check(text, bytes, &fault);
    if (good == bytes) {
        return KL_OK;
    }
    size_t line = 1;
    for (size_t i = 0; i < good; i++) {
        line += text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n');
    }
    return refuse(builder, KL_EINPUT, line, "%s; save the file as UTF-8 text", fault);
}

enum kl_err kl_yaml_parse(const char *text, size_t bytes, const char *origin,
                          const struct kl_yaml_limits *limits, struct kl_arena *arena,
                          const struct kl_yaml **root, struct kl_diag *diag)
{
    static const char mark[] = "\xef\xbb\xbf";
    *root = NULL;
    if (bytes > limits->bytes) {
        return kl_fail(diag, KL_ELIMIT, "%s: %zu bytes are more than the %zu that are read", origin,
                       bytes, limits->bytes);
    }
    struct builder builder = {.limits = limits, .arena = arena, .diag = diag};
    builder.origin = kl_arena_copy(arena, origin, strlen(origin) + 1);
    if (!builder.origin) {
        return KL_FAIL_MEMORY(diag);
    }
    if (bytes >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3; /* a byte-order mark means nothing in UTF-8 */
        bytes -= 3;
    }
    KL_TRY(check_text(&builder, text, bytes));
    if (!yaml_parser_initialize(&builder.parser)) {
        return KL_FAIL_MEMORY(diag);
    }
    yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&builder.parser, (const unsigned char *)text, bytes);
    enum kl_err err = take_events(&builder, text, bytes);
    yaml_parser_delete(&builder.parser);
    const struct kl_yaml *top = builder.root;
    bool empty = top && top->kind == KL_YAML_SCALAR && top->plain && top->text[0] == '\0';
    if (err == KL_OK && !empty) {
        *root = top;
    }
    return err;
}
