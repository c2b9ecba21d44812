/* SPDX-License-Identifier: Apache-2.0 */
#include "data/pattern.h"

#include <stdio.h>
#include <string.h>

enum kl_err kl_pattern_check(const char *pattern, struct kl_diag *diag)
{
    int count = 0;
    for (const char *at = strchr(pattern, '{'); at; at = strchr(at, '{')) {
        size_t length = strcspn(at, "}");
        if (!at[length]) {
            return kl_fail(diag, KL_EUSAGE,
                           "--pattern '%.60s': the brace at '%.20s' is not closed; a pattern is, "
                           "for example, {label}_{group}_{}",
                           pattern, at);
        }
        if (length > KL_PATTERN_NAME || memchr(at + 1, '{', length - 1)) {
            return kl_fail(diag, KL_EUSAGE,
                           "--pattern '%.60s': '%.*s' is no name of up to %d letters in braces",
                           pattern, (int)(length < 40 ? length + 1 : 40), at, KL_PATTERN_NAME - 1);
        }
        if (++count > KL_PATTERN_FIELDS) {
            return kl_fail(diag, KL_EUSAGE, "--pattern '%.60s': more than %d names in braces",
                           pattern, KL_PATTERN_FIELDS);
        }
        at += length;
    }
    return count > 0 ? KL_OK
                     : kl_fail(diag, KL_EUSAGE,
                               "--pattern '%.60s' has no name in braces, so it says nothing of a "
                               "file; for example {label}_{group}_{}",
                               pattern);
}

/* A part of the work that is left: pattern and text from here on. Steps are counted, since a
 * pattern of many braces can be tried in very many ways. */
struct attempt {
    struct kl_pattern_match *match;
    int steps;
};

static bool match_rest(struct attempt *a, const char *pattern, const char *text);

/* Try every length of the field that begins here, the shortest first. */
static bool match_field(struct attempt *a, const char *pattern, const char *text)
{
    size_t name = strcspn(pattern + 1, "}");
    struct kl_pattern_field *field = &a->match->fields[a->match->count];
    size_t most = strcspn(text, "/");
    for (size_t length = 1; length <= most && length < sizeof field->text; length++) {
        a->match->count++;
        if (match_rest(a, pattern + name + 2, text + length)) {
            snprintf(field->name, sizeof field->name, "%.*s", (int)name, pattern + 1);
            snprintf(field->text, sizeof field->text, "%.*s", (int)length, text);
            return true;
        }
        a->match->count--;
    }
    return false;
}

static bool match_rest(struct attempt *a, const char *pattern, const char *text)
{
    enum { MOST_STEPS = 100000 };
    if (++a->steps > MOST_STEPS) {
        return false;
    }
    if (*pattern == '{') {
        return match_field(a, pattern, text);
    }
    if (*pattern != *text) {
        return false;
    }
    return *pattern == '\0' || match_rest(a, pattern + 1, text + 1);
}

/* The last parts of a path, as many as the pattern has. */
static const char *last_parts(const char *pattern, const char *path)
{
    int wanted = 1;
    for (const char *c = pattern; *c; c++) {
        wanted += *c == '/';
    }
    const char *at = path + strlen(path);
    while (at > path) {
        if (at[-1] == '/' && --wanted == 0) {
            return at;
        }
        at--;
    }
    return path;
}

bool kl_pattern_match(const char *pattern, const char *path, struct kl_pattern_match *match)
{
    char name[4096];
    struct attempt attempt = {match, 0};
    snprintf(name, sizeof name, "%s", last_parts(pattern, path));
    char *base = strrchr(name, '/');
    char *dot = strrchr(base ? base : name, '.');
    if (dot && strcmp(dot, ".gz") == 0) {
        *dot = '\0';
        dot = strrchr(base ? base : name, '.');
    }
    if (dot) {
        *dot = '\0';
    }
    match->count = 0;
    return match_rest(&attempt, pattern, name);
}
