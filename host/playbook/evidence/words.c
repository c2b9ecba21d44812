/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/evidence/words.h"

#include <string.h>

#include "playbook/evidence/paths.h"

/* Take the next word of a shell command from *text: blanks and operators end it, quotes and
 * backslashes go. Expansions stay as they are written; they name no file then. NULL at the end. */
static char *next_word(const char **text, char *word)
{
    static const char ends[] = " \t\n;|&<>()";
    const char *at = *text + strspn(*text, ends);
    char *out = word;
    char quote = '\0';
    if (!*at) {
        return NULL;
    }
    for (; *at && (quote || !strchr(ends, *at)); at++) {
        if (quote ? *at == quote : (*at == '\'' || *at == '"')) {
            quote = quote ? '\0' : *at;
        } else if (*at == '\\' && quote != '\'' && at[1]) {
            *out++ = *++at;
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
    *text = at;
    return word;
}

struct words {
    struct kl_arena *arena;
    const char **items;
    size_t count, capacity;
    bool failed;
};

static void add_word(struct words *words, const char *word)
{
    const char *value = word[0] == '-' ? strchr(word, '=') : word;
    if (!value || (word[0] == '-' && !*++value) || !*value) {
        return;
    }
    const char *path = kl_path_normal(words->arena, value);
    if (!path || words->count == words->capacity) {
        words->failed = true;
        return;
    }
    if (!kl_path_is_below(path) || strcmp(path, ".") == 0) {
        return;
    }
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->items[i], path) == 0) {
            return;
        }
    }
    words->items[words->count++] = path;
}

static void add_list(struct words *words, const char *const *argv)
{
    for (size_t i = 1; argv[i]; i++) {
        add_word(words, argv[i]);
    }
}

static void add_text(struct words *words, const char *text)
{
    char *word = kl_arena_alloc(words->arena, strlen(text) + 1, 1);
    if (!word) {
        words->failed = true;
        return;
    }
    const char *first = next_word(&text, word);
    if (first && strcmp(first, "kinglet") == 0) {
        while (next_word(&text, word)) {
            add_word(words, word);
        }
    }
}

/* No command has more words than bytes. */
static size_t most_words(const char *const *argv)
{
    size_t most = 1;
    for (size_t i = 0; argv[i]; i++) {
        most += strlen(argv[i]) / 2 + 1;
    }
    return most;
}

const char *const *kl_step_words(const struct kl_step *step, struct kl_arena *arena)
{
    bool run = step->kind == KL_STEP_RUN && step->argv && step->argv[0];
    struct words words = {.arena = arena, .capacity = run ? most_words(step->argv) : 0};
    words.items = KL_NEW(arena, const char *, words.capacity + 1);
    if (!words.items) {
        return NULL;
    }
    const char *const *argv = step->argv;
    if (run && strcmp(argv[0], "kinglet") == 0) {
        add_list(&words, argv);
    } else if (run && strcmp(argv[0], "/bin/sh") == 0 && argv[1] && strcmp(argv[1], "-c") == 0 &&
               argv[2]) {
        add_text(&words, argv[2]);
    }
    return words.failed ? NULL : words.items;
}
