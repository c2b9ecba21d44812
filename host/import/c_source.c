/* SPDX-License-Identifier: Apache-2.0 */
#include "import/c_source.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A place in the text. Reading beyond its end gives '\0'. */
struct cursor {
    const char *at, *end;
};

static struct cursor begin(struct kl_bytes text)
{
    const char *data = (const char *)text.data;
    return (struct cursor){data, data + text.size};
}

static char peek(const struct cursor *c, size_t ahead)
{
    return (size_t)(c->end - c->at) > ahead ? c->at[ahead] : '\0';
}

static bool at_end(const struct cursor *c)
{
    return c->at >= c->end;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void skip_line(struct cursor *c)
{
    while (!at_end(c) && *c->at != '\n') {
        c->at++;
    }
}

static bool skip_comment(struct cursor *c)
{
    if (peek(c, 0) != '/' || (peek(c, 1) != '/' && peek(c, 1) != '*')) {
        return false;
    }
    if (peek(c, 1) == '/') {
        skip_line(c);
        return true;
    }
    for (c->at += 2; !at_end(c) && !(peek(c, 0) == '*' && peek(c, 1) == '/'); c->at++) {
    }
    c->at = c->end - c->at > 2 ? c->at + 2 : c->end;
    return true;
}

static bool skip_string(struct cursor *c)
{
    char quote = peek(c, 0);
    if (quote != '"' && quote != '\'') {
        return false;
    }
    for (c->at++; !at_end(c) && *c->at != quote && *c->at != '\n'; c->at++) {
        if (*c->at == '\\' && c->end - c->at > 1) {
            c->at++;
        }
    }
    c->at += at_end(c) ? 0 : 1;
    return true;
}

static void skip_blanks(struct cursor *c)
{
    while (!at_end(c) && (isspace((unsigned char)*c->at) || skip_comment(c))) {
        c->at += !at_end(c) && isspace((unsigned char)*c->at) ? 1 : 0;
    }
}

/* The word at the cursor, cut to `size`; false when there is none. */
static bool take_word(struct cursor *c, char *word, size_t size)
{
    size_t length = 0;
    if (!is_word(peek(c, 0))) {
        return false;
    }
    for (; !at_end(c) && is_word(*c->at); c->at++) {
        if (length + 1 < size) {
            word[length++] = *c->at;
        }
    }
    word[length] = '\0';
    return true;
}

static bool take_char(struct cursor *c, char wanted)
{
    skip_blanks(c);
    if (peek(c, 0) != wanted) {
        return false;
    }
    c->at++;
    return true;
}

/* A whole number of one byte: 28, 0x1c, -3, 0x1cU. */
static bool take_byte(struct cursor *c, unsigned char *byte)
{
    char word[16];
    char *rest;
    skip_blanks(c);
    bool negative = take_char(c, '-');
    skip_blanks(c);
    if (!isdigit((unsigned char)peek(c, 0)) || !take_word(c, word, sizeof word)) {
        return false;
    }
    unsigned long value = strtoul(word, &rest, 0);
    rest += strspn(rest, "uUlL");
    if (*rest || value > (negative ? 128 : 255)) {
        return false;
    }
    *byte = (unsigned char)(negative ? 0 - value : value);
    return true;
}

/* The numbers up to the closing brace; false when something else is among them. `bytes` may be
 * NULL, to count only. */
static bool take_bytes(struct cursor *c, unsigned char *bytes, size_t *count)
{
    *count = 0;
    for (;;) {
        unsigned char byte;
        if (take_char(c, '}')) {
            return true;
        }
        if (!take_byte(c, &byte)) {
            return false;
        }
        if (bytes) {
            bytes[*count] = byte;
        }
        ++*count;
        if (!take_char(c, ',')) {
            return take_char(c, '}');
        }
    }
}

/* The array whose initialiser's numbers begin at the cursor. */
static enum kl_err offer_array(struct cursor *c, const char *name, size_t least,
                               struct kl_arena *arena, kl_c_array_fn *receive, void *context,
                               bool *more, struct kl_diag *diag)
{
    struct cursor again = *c;
    struct kl_c_array array;
    size_t count;
    if (!take_bytes(c, NULL, &count) || count < least) {
        return KL_OK;
    }
    unsigned char *bytes = KL_NEW(arena, unsigned char, count);
    if (!bytes) {
        return KL_FAIL_MEMORY(diag);
    }
    take_bytes(&again, bytes, &count);
    snprintf(array.name, sizeof array.name, "%s", name);
    array.content = (struct kl_bytes){bytes, count};
    *more = receive(context, &array);
    return KL_OK;
}

enum kl_err kl_c_arrays(struct kl_bytes text, size_t least, struct kl_arena *arena,
                        kl_c_array_fn *receive, void *context, struct kl_diag *diag)
{
    struct cursor c = begin(text);
    char word[KL_C_NAME_BYTES] = "", name[KL_C_NAME_BYTES] = "";
    for (bool more = true; more && !at_end(&c);) {
        skip_blanks(&c);
        if (skip_string(&c) || take_word(&c, word, sizeof word)) {
            continue;
        }
        char sign = peek(&c, 0);
        c.at += at_end(&c) ? 0 : 1;
        if (sign == '[' && word[0]) {
            memcpy(name, word, sizeof name);
        } else if (sign == ';' || sign == '{' || sign == '}') {
            name[0] = word[0] = '\0';
        } else if (sign == '#') {
            skip_line(&c);
        } else if (sign == '=' && name[0] && take_char(&c, '{')) {
            KL_TRY(offer_array(&c, name, least, arena, receive, context, &more, diag));
            name[0] = word[0] = '\0';
        }
    }
    return KL_OK;
}

/* One line of the text without blanks around it. */
static bool take_line(struct cursor *c, struct cursor *line)
{
    if (at_end(c)) {
        return false;
    }
    line->at = c->at;
    skip_line(c);
    line->end = c->at;
    c->at += at_end(c) ? 0 : 1;
    while (line->at < line->end && isspace((unsigned char)*line->at)) {
        line->at++;
    }
    while (line->end > line->at && isspace((unsigned char)line->end[-1])) {
        line->end--;
    }
    return true;
}

static bool take_text(struct cursor *c, const char *text)
{
    size_t length = strlen(text);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, text, length) != 0) {
        return false;
    }
    c->at += length;
    return true;
}

/* Printable characters of the range, cut to `size`. */
static void copy_range(char *to, size_t size, const char *from, const char *end)
{
    size_t length = 0;
    for (; from < end && length + 1 < size; from++) {
        to[length++] = isprint((unsigned char)*from) ? *from : '?';
    }
    to[length] = '\0';
}

void kl_c_macros(struct kl_bytes text, const char *prefix, kl_c_value_fn *receive, void *context)
{
    struct cursor c = begin(text), line;
    while (take_line(&c, &line)) {
        struct kl_c_value value = {0};
        if (!take_text(&line, "#define")) {
            continue;
        }
        skip_blanks(&line);
        if (!take_word(&line, value.name, sizeof value.name) ||
            strncmp(value.name, prefix, strlen(prefix)) != 0 || peek(&line, 0) == '(') {
            continue;
        }
        skip_blanks(&line);
        if (line.end - line.at >= 2 && *line.at == '"' && line.end[-1] == '"') {
            line.at++;
            line.end--;
        }
        copy_range(value.value, sizeof value.value, line.at, line.end);
        receive(context, &value);
    }
}

/* "int num_cepstral" -> "num_cepstral". */
static void name_of_comment(const struct cursor *comment, char name[KL_C_NAME_BYTES])
{
    struct cursor c = *comment;
    while (!at_end(&c) && !isspace((unsigned char)*c.at)) {
        c.at++;
    }
    while (!at_end(&c) && isspace((unsigned char)*c.at)) {
        c.at++;
    }
    copy_range(name, KL_C_NAME_BYTES, c.at, c.end);
    for (char *blank = strchr(name, ' '); blank; blank = strchr(blank, ' ')) {
        *blank = '_';
    }
}

static const char *find_comment(const struct cursor *line)
{
    for (const char *at = line->at; line->end - at > 1; at++) {
        if (at[0] == '/' && at[1] == '/') {
            return at;
        }
    }
    return NULL;
}

/* "13, // int num_cepstral" */
static void offer_entry(const struct cursor *line, struct kl_c_value *value, kl_c_value_fn *receive,
                        void *context)
{
    const char *comment = find_comment(line);
    if (!comment) {
        return;
    }
    struct cursor words = {comment + 2, line->end};
    const char *end = comment;
    skip_blanks(&words);
    while (end > line->at && (isspace((unsigned char)end[-1]) || end[-1] == ',')) {
        end--;
    }
    name_of_comment(&words, value->name);
    copy_range(value->value, sizeof value->value, line->at, end);
    if (value->name[0]) {
        receive(context, value);
    }
}

/* "TYPE NAME = {" with a type that begins so. */
static bool opens_struct(struct cursor line, const char *prefix, struct kl_c_value *value)
{
    if (take_text(&line, "const ")) {
        skip_blanks(&line);
    }
    if (!take_word(&line, value->type, sizeof value->type) ||
        strncmp(value->type, prefix, strlen(prefix)) != 0) {
        return false;
    }
    skip_blanks(&line);
    return take_word(&line, value->owner, sizeof value->owner) && take_char(&line, '=') &&
           take_char(&line, '{');
}

void kl_c_structs(struct kl_bytes text, const char *prefix, kl_c_value_fn *receive, void *context)
{
    struct cursor c = begin(text), line;
    struct kl_c_value value = {0};
    bool inside = false;
    while (take_line(&c, &line)) {
        if (!inside) {
            inside = opens_struct(line, prefix, &value);
        } else if (peek(&line, 0) == '}') {
            inside = false;
        } else {
            offer_entry(&line, &value, receive, context);
        }
    }
}

static void offer_strings(struct cursor *c, struct kl_c_value *value, kl_c_value_fn *receive,
                          void *context)
{
    for (;;) {
        skip_blanks(c);
        const char *first = c->at + 1;
        if (peek(c, 0) != '"' || !skip_string(c)) {
            return;
        }
        const char *last = c->at > first ? c->at - 1 : first;
        copy_range(value->value, sizeof value->value, first, last);
        receive(context, value);
        if (!take_char(c, ',')) {
            return;
        }
    }
}

void kl_c_strings(struct kl_bytes text, const char *prefix, kl_c_value_fn *receive, void *context)
{
    struct cursor c = begin(text);
    struct kl_c_value value = {0};
    while (!at_end(&c)) {
        skip_blanks(&c);
        if (skip_string(&c)) {
            continue;
        }
        if (!take_word(&c, value.owner, sizeof value.owner)) {
            c.at += at_end(&c) ? 0 : 1;
            continue;
        }
        struct cursor list = c;
        if (strncmp(value.owner, prefix, strlen(prefix)) == 0 && take_char(&list, '[')) {
            while (!at_end(&list) && *list.at != ']') {
                list.at++;
            }
            if (take_char(&list, ']') && take_char(&list, '=') && take_char(&list, '{')) {
                offer_strings(&list, &value, receive, context);
            }
        }
    }
}
