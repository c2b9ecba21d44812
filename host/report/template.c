/* SPDX-License-Identifier: Apache-2.0 */
#include "report/template.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum {
    MAX_LEVELS = 16,
    MAX_PARTS = 64 * 1024,
    NAME_BYTES = 256,
    MAX_DOTS = 12,     /* in a name: each could be part of a key */
    MAX_WORK = 4 << 20 /* parts looked at: sections in sections multiply */
};

enum part_kind { PART_TEXT, PART_VALUE, PART_SECTION, PART_INVERTED, PART_END };

/* A piece of a template: literal text, or a tag by its name. */
struct part {
    enum part_kind kind;
    const char *text;
    size_t length;
    uint32_t line;
    size_t end; /* section: index of its end */
};

struct template
{
    const char *origin;
    struct part *parts;
    size_t count, capacity;
    struct kl_diag *diag;
};

static enum kl_err add_part(struct template *t, struct part part)
{
    if (t->count == MAX_PARTS) {
        return kl_fail(t->diag, KL_ELIMIT, "%s:%u: the template has more than %d tags and texts",
                       t->origin, part.line, MAX_PARTS);
    }
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 64;
        struct part *parts = realloc(t->parts, capacity * sizeof *parts);
        if (!parts) {
            return KL_FAIL_MEMORY(t->diag);
        }
        t->parts = parts;
        t->capacity = capacity;
    }
    t->parts[t->count++] = part;
    return KL_OK;
}

/* A tag between its braces, and the text behind it. */
struct tag {
    char sigil; /* '#', '^', '/', '!', or 0 */
    const char *name;
    size_t length;
    const char *open, *after;
};

static enum kl_err read_name(struct template *t, struct tag *tag, const char *end, uint32_t line)
{
    while (tag->name < end && isspace((unsigned char)*tag->name)) {
        tag->name++;
    }
    while (end > tag->name && isspace((unsigned char)end[-1])) {
        end--;
    }
    tag->length = (size_t)(end - tag->name);
    if (tag->sigil == '!') {
        return KL_OK;
    }
    if (tag->length == 0 || tag->length >= NAME_BYTES || memchr(tag->name, '\n', tag->length)) {
        return kl_fail(
            t->diag, KL_EINPUT,
            "%s:%u: a tag needs a name of at most %d letters on one line: {{path.to.it}}",
            t->origin, line, NAME_BYTES - 1);
    }
    return KL_OK;
}

/* Read the tag at `open`, which is "{{". */
static enum kl_err read_tag(struct template *t, const char *open, uint32_t line, struct tag *tag)
{
    *tag = (struct tag){.open = open, .name = open + 2};
    const char *close = open[2] == '{' ? "}}}" : "}}";
    const char *end = strstr(open + 2, close);
    if (!end) {
        return kl_fail(t->diag, KL_EINPUT, "%s:%u: the tag is not closed: write %s behind it",
                       t->origin, line, close);
    }
    tag->after = end + strlen(close);
    if (strchr("#^/!", *tag->name) && tag->name < end) {
        tag->sigil = *tag->name++;
    } else if (*tag->name == '{' || *tag->name == '&') {
        tag->name++;
    } else if (*tag->name == '>' || *tag->name == '=') {
        return kl_fail(
            t->diag, KL_EINPUT,
            "%s:%u: partials and other delimiters are not known here; write the text out",
            t->origin, line);
    }
    return read_name(t, tag, end, line);
}

/* Does a tag that prints nothing stand alone on its line? Then *begin and *end take the line. */
static void take_line(const char *text, const struct tag *tag, const char **begin, const char **end)
{
    const char *left = tag->open;
    const char *right = tag->after;
    while (left > text && (left[-1] == ' ' || left[-1] == '\t')) {
        left--;
    }
    right += strspn(right, " \t\r");
    bool alone = (left == text || left[-1] == '\n') && (*right == '\n' || *right == '\0');
    *begin = alone && tag->sigil ? left : tag->open;
    *end = alone && tag->sigil ? right + (*right == '\n') : tag->after;
}

static uint32_t lines_in(const char *from, const char *to)
{
    uint32_t lines = 0;
    while (from < to && (from = memchr(from, '\n', (size_t)(to - from)))) {
        lines++;
        from++;
    }
    return lines;
}

static enum part_kind kind_of(char sigil)
{
    switch (sigil) {
    case '#': return PART_SECTION;
    case '^': return PART_INVERTED;
    case '/': return PART_END;
    default: return PART_VALUE;
    }
}

static enum kl_err split(struct template *t, const char *text)
{
    const char *rest = text;
    uint32_t line = 1;
    for (const char *open; (open = strstr(rest, "{{"));) {
        struct tag tag;
        const char *begin;
        const char *end;
        uint32_t tag_line = line + lines_in(rest, open);
        KL_TRY(read_tag(t, open, tag_line, &tag));
        take_line(text, &tag, &begin, &end);
        if (begin > rest) {
            KL_TRY(add_part(t, (struct part){PART_TEXT, rest, (size_t)(begin - rest), line, 0}));
        }
        if (tag.sigil != '!') {
            KL_TRY(
                add_part(t, (struct part){kind_of(tag.sigil), tag.name, tag.length, tag_line, 0}));
        }
        line += lines_in(rest, end);
        rest = end;
    }
    return add_part(t, (struct part){PART_TEXT, rest, strlen(rest), line, 0});
}

static bool same_name(const struct part *a, const struct part *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* Join each section with its end. */
static enum kl_err pair(struct template *t)
{
    size_t open[MAX_LEVELS];
    size_t depth = 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct part *part = &t->parts[i];
        int length = (int)part->length;
        if (part->kind == PART_SECTION || part->kind == PART_INVERTED) {
            if (depth == MAX_LEVELS) {
                return kl_fail(t->diag, KL_ELIMIT, "%s:%u: sections nest deeper than %d levels",
                               t->origin, part->line, MAX_LEVELS);
            }
            open[depth++] = i;
        } else if (part->kind == PART_END) {
            if (depth == 0) {
                return kl_fail(t->diag, KL_EINPUT, "%s:%u: {{/%.*s}} closes no section", t->origin,
                               part->line, length, part->text);
            }
            struct part *begin = &t->parts[open[--depth]];
            if (!same_name(begin, part)) {
                return kl_fail(t->diag, KL_EINPUT,
                               "%s:%u: {{/%.*s}} stands where {{/%.*s}} of line %u must be closed",
                               t->origin, part->line, length, part->text, (int)begin->length,
                               begin->text, begin->line);
            }
            begin->end = i;
        }
    }
    if (depth) {
        const struct part *begin = &t->parts[open[depth - 1]];
        return kl_fail(t->diag, KL_EINPUT, "%s:%u: section '%.*s' is not closed", t->origin,
                       begin->line, (int)begin->length, begin->text);
    }
    return KL_OK;
}

/* The value at a path in an object or list. Keys may contain dots, so the longest key that leads
 * to a value wins. `dots` bounds how often a path is cut. */
static const json_t *walk(const json_t *value, const char *path, int dots)
{
    if (json_is_array(value)) {
        char *end;
        unsigned long index = strtoul(path, &end, 10);
        const json_t *item = isdigit((unsigned char)*path) ? json_array_get(value, index) : NULL;
        return *end == '\0' ? item : *end == '.' && item ? walk(item, end + 1, dots) : NULL;
    }
    const json_t *whole = json_object_get(value, path);
    if (whole) {
        return whole;
    }
    size_t length = strlen(path);
    for (size_t cut = length; cut-- > 0;) {
        if (path[cut] != '.' || dots-- == 0) {
            continue;
        }
        char key[NAME_BYTES];
        memcpy(key, path, cut);
        key[cut] = '\0';
        const json_t *inner = json_object_get(value, key);
        const json_t *found = inner ? walk(inner, path + cut + 1, dots) : NULL;
        if (found) {
            return found;
        }
    }
    return NULL;
}

/* What surrounds a tag: the sections that it stands in, the innermost last. */
struct scope {
    const struct scope *outer;
    const json_t *value;
};

struct output {
    const struct template *template;
    struct kl_buffer *text;
    uint32_t work;
};

static const json_t *find(const struct scope *scope, const struct part *part)
{
    char path[NAME_BYTES];
    memcpy(path, part->text, part->length);
    path[part->length] = '\0';
    if (strcmp(path, ".") == 0) {
        return scope->value;
    }
    for (; scope; scope = scope->outer) {
        const json_t *value = walk(scope->value, path, MAX_DOTS);
        if (value) {
            return value;
        }
    }
    return NULL;
}

static bool is_empty(const json_t *value)
{
    return !value || json_is_null(value) || json_is_false(value) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

static bool is_text(const json_t *value)
{
    return json_is_string(value) || json_is_number(value) || json_is_boolean(value);
}

static void print_text(struct kl_buffer *out, const json_t *value)
{
    if (json_is_string(value)) {
        kl_buffer_append(out, json_string_value(value), json_string_length(value));
    } else if (json_is_integer(value)) {
        kl_buffer_printf(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        kl_buffer_printf(out, "%.6g", json_real_value(value));
    } else {
        kl_buffer_printf(out, json_is_true(value) ? "yes" : "no");
    }
}

/* A value where text belongs: lists of texts are joined; a group is shown by its "text". */
static void print_value(struct output *o, const struct part *part, const json_t *value)
{
    if (json_is_object(value)) {
        value = json_object_get(value, "text");
    }
    if (json_is_array(value) && json_array_size(value) > 0 && is_text(json_array_get(value, 0))) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            kl_buffer_printf(o->text, i ? ", " : "");
            print_text(o->text, json_array_get(value, i));
        }
    } else if (value && is_text(value)) {
        print_text(o->text, value);
    } else {
        kl_buffer_printf(o->text, "(not stated: %.*s)", (int)part->length, part->text);
    }
}

static enum kl_err render(struct output *o, size_t from, size_t to, const struct scope *scope);

/* Sections in sections multiply: count what is done. */
static enum kl_err work(struct output *o, const struct part *part)
{
    const struct template *t = o->template;
    if (o->work++ == MAX_WORK) {
        return kl_fail(t->diag, KL_ELIMIT, "%s:%u: the sections repeat more than %d times",
                       t->origin, part->line, MAX_WORK);
    }
    return KL_OK;
}

static enum kl_err render_section(struct output *o, size_t index, const struct scope *scope)
{
    const struct part *part = &o->template->parts[index];
    const json_t *value = find(scope, part);
    if (part->kind == PART_INVERTED) {
        return is_empty(value) ? render(o, index + 1, part->end, scope) : KL_OK;
    }
    if (is_empty(value)) {
        return KL_OK;
    }
    if (!json_is_array(value)) {
        const struct scope inner = {scope, value};
        return render(o, index + 1, part->end, &inner);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const struct scope inner = {scope, json_array_get(value, i)};
        KL_TRY(work(o, part));
        KL_TRY(render(o, index + 1, part->end, &inner));
    }
    return KL_OK;
}

static enum kl_err render(struct output *o, size_t from, size_t to, const struct scope *scope)
{
    const struct template *t = o->template;
    for (size_t i = from; i < to; i++) {
        const struct part *part = &t->parts[i];
        KL_TRY(work(o, part));
        if (part->kind == PART_TEXT) {
            kl_buffer_append(o->text, part->text, part->length);
        } else if (part->kind == PART_VALUE) {
            print_value(o, part, find(scope, part));
        } else {
            KL_TRY(render_section(o, i, scope));
            i = part->end;
        }
        if (o->text->failed) {
            return kl_fail(t->diag, KL_ELIMIT, "%s:%u: the text exceeds %zu bytes", t->origin,
                           part->line, o->text->max);
        }
    }
    return KL_OK;
}

enum kl_err kl_template_render(const char *text, const char *origin, const json_t *data,
                               struct kl_buffer *out, struct kl_diag *diag)
{
    struct template t = {.origin = origin, .diag = diag};
    struct output o = {.template = &t, .text = out};
    const struct scope root = {NULL, data};
    enum kl_err err = split(&t, text);
    if (err == KL_OK) {
        err = pair(&t);
    }
    if (err == KL_OK) {
        err = render(&o, 0, t.count, &root);
    }
    free(t.parts);
    return err;
}
