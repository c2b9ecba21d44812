/* SPDX-License-Identifier: Apache-2.0 */
#include "data/read/csv_lines.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 1 << 20, NUMBER_BYTES = 64 };

enum kl_err csv_fail(const struct csv_lines *lines, int32_t column, const char *what)
{
    return kl_fail(lines->diag, KL_EINPUT, "line %ld, column %d: %s", lines->line, column + 1,
                   what);
}

/* The separator that a line has: a tab before a semicolon before a comma. */
static char guess_separator(const char *line)
{
    size_t length = strcspn(line, "\n");
    return memchr(line, '\t', length) ? '\t' : memchr(line, ';', length) ? ';' : ',';
}

enum kl_err csv_open(struct csv_lines *lines, struct kl_bytes text, int32_t skip, char separator,
                     struct kl_arena *arena, struct kl_diag *diag)
{
    static const char mark[] = "\xef\xbb\xbf";
    char *copy = kl_arena_alloc(arena, text.size + 1, 1);
    *lines = (struct csv_lines){.diag = diag};
    lines->fields = KL_NEW(arena, char *, KL_DATA_CHANNELS);
    if (!copy || !lines->fields) {
        return KL_FAIL_MEMORY(diag);
    }
    if (text.size) {
        memcpy(copy, text.data, text.size);
    }
    if (strlen(copy) != text.size) {
        return kl_fail(diag, KL_EINPUT, "not text: it has zero bytes");
    }
    lines->at = copy + (strncmp(copy, mark, 3) == 0 ? 3 : 0);
    for (; lines->line < skip && *lines->at; lines->line++) {
        lines->at += strcspn(lines->at, "\n");
        lines->at += *lines->at == '\n';
    }
    lines->separator = separator ? separator : guess_separator(lines->at);
    return KL_OK;
}

/* Cut a quoted field at the cursor, in place; the cursor ends behind the closing quote. */
static bool cut_quoted(char **cursor, char **field)
{
    char *from = *cursor + 1;
    char *to = from;
    *field = from;
    for (;; from++) {
        if (*from == '"' && from[1] == '"') {
            from++;
        } else if (*from == '"' || !*from) {
            break;
        }
        *to++ = *from;
    }
    bool closed = *from == '"';
    *cursor = from + closed;
    *to = '\0';
    return closed;
}

/* Cut the field at the cursor; *last says whether the line ends with it. */
static enum kl_err cut_field(struct csv_lines *lines, char **cursor, bool *last)
{
    char **field = &lines->fields[lines->count];
    const char ends[] = {lines->separator, '\0'};
    *cursor += strspn(*cursor, " ");
    if (**cursor == '"') {
        if (!cut_quoted(cursor, field)) {
            return csv_fail(lines, lines->count, "a quote is not closed on its line");
        }
        *cursor += strspn(*cursor, " ");
        if (**cursor && **cursor != lines->separator) {
            return csv_fail(lines, lines->count, "text behind a quoted field");
        }
    } else {
        *field = *cursor;
        *cursor += strcspn(*cursor, ends);
    }
    char *end = *cursor;
    *last = *end == '\0';
    *cursor += !*last;
    *end = '\0';
    while (end > *field && end[-1] == ' ') {
        *--end = '\0';
    }
    lines->count++;
    return KL_OK;
}

static enum kl_err cut_line(struct csv_lines *lines, char *line)
{
    bool last = false;
    lines->count = 0;
    while (!last) {
        if (lines->count == KL_DATA_CHANNELS) {
            return csv_fail(lines, lines->count, "more columns than the 4096 that are read");
        }
        KL_TRY(cut_field(lines, &line, &last));
    }
    return KL_OK;
}

enum kl_err csv_next(struct csv_lines *lines, bool *more)
{
    for (;;) {
        char *line = lines->at;
        size_t length = strcspn(line, "\n");
        *more = *line != '\0';
        if (!*more) {
            return KL_OK;
        }
        lines->at += length + (line[length] == '\n');
        lines->line++;
        if (length > LINE_BYTES) {
            return csv_fail(lines, 0, "the line is longer than 1 MiB");
        }
        length -= length > 0 && line[length - 1] == '\r';
        line[length] = '\0';
        if (line[strspn(line, " ")]) {
            return cut_line(lines, line);
        }
    }
}

bool csv_number(const struct csv_lines *lines, const char *field, double *value)
{
    char text[NUMBER_BYTES];
    char *end;
    size_t length = strlen(field);
    if (length == 0 || length >= sizeof text) {
        return false;
    }
    memcpy(text, field, length + 1);
    char *comma = lines->separator == ';' ? strchr(text, ',') : NULL;
    if (comma) {
        *comma = '.';
    }
    *value = strtod(text, &end);
    return *end == '\0';
}
