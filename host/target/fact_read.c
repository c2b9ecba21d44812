/* SPDX-License-Identifier: Apache-2.0 */
#include "target/fact_read.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_SOURCES = 64, MAX_CHOICES = 24, WORD_BYTES = 32 };

bool fact_is_day(const char *text)
{
    if (!text || strlen(text) != 10) {
        return false;
    }
    for (size_t i = 0; i < 10; i++) {
        bool dash = i == 4 || i == 7;
        if (dash ? text[i] != '-' : text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    long month = strtol(text + 5, NULL, 10);
    long day = strtol(text + 8, NULL, 10);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static enum kl_err read_url(struct reader *reader, const struct field *field,
                            const struct kl_yaml *value, void *member)
{
    const char *text = record_text(value);
    *(const char **)member = text;
    bool good = text && !strpbrk(text, " \"<>") &&
                (strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0);
    return good ? KL_OK
                : record_refuse(reader, field->name, value, "an address that begins with https://");
}

static enum kl_err read_day(struct reader *reader, const struct field *field,
                            const struct kl_yaml *value, void *member)
{
    const char *text = record_text(value);
    *(const char **)member = text;
    return fact_is_day(text)
               ? KL_OK
               : record_refuse(reader, field->name, value, "a day such as 2026-11-23");
}

enum kl_err sources_read(struct reader *reader, const struct kl_yaml *node,
                         const struct kl_source **list)
{
    static const struct field fields[] = {
        {"title", record_read_text, offsetof(struct kl_source, title), true},
        {"url", read_url, offsetof(struct kl_source, url), false},
        {"read", read_day, offsetof(struct kl_source, read), false},
    };
    if (node->kind != KL_YAML_MAP || node->count > MAX_SOURCES) {
        return record_refuse(reader, "sources", node,
                             "at most 64 keys, each with {title, url, read}");
    }
    struct kl_source *sources = KL_NEW(reader->arena, struct kl_source, node->count + 1);
    if (!sources) {
        return KL_FAIL_MEMORY(reader->diag);
    }
    for (size_t i = 0; i < node->count; i++) {
        sources[i].key = node->keys[i]->text;
        if (!record_is_name(sources[i].key)) {
            return record_refuse(reader, "sources", node->keys[i], "a name for each source");
        }
        KL_TRY(record_read(reader, sources[i].key, node->items[i], fields, COUNT(fields),
                           &sources[i]));
    }
    *list = sources;
    return KL_OK;
}

/* The words of a list in one text, as an array of copies. */
static size_t split_words(const char *text, char words[MAX_CHOICES][WORD_BYTES])
{
    size_t count = 0;
    while (*text && count < MAX_CHOICES) {
        size_t length = strcspn(text, " ");
        if (length > 0 && length < WORD_BYTES) {
            memcpy(words[count], text, length);
            words[count++][length] = '\0';
        }
        text += length + (text[length] == ' ');
    }
    return count;
}

/* Is the scalar one of the choices? Refused with the nearest one. */
static enum kl_err check_choice(struct reader *reader, const struct kl_fact_kind_info *kind,
                                const struct kl_yaml *value)
{
    char words[MAX_CHOICES][WORD_BYTES];
    const char *names[MAX_CHOICES];
    size_t count = split_words(kind->choices, words);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], kl_yaml_text(value, "")) == 0) {
            return KL_OK;
        }
        names[i] = words[i];
    }
    if (!record_text(value)) {
        return record_refuse(reader, kind->key, value, "a word");
    }
    return record_unknown(reader, value, kind->key, names, count);
}

static enum kl_err read_quantity(struct reader *reader, const struct kl_fact_kind_info *kind,
                                 const struct kl_yaml *value, struct kl_fact *fact)
{
    const char *text = record_text(value);
    bool good = text && kl_value_parse(text, strlen(text), &fact->value) &&
                kl_dimension_equal(fact->value.dimension, *kind->dimension);
    bool cold = kl_dimension_equal(*kind->dimension, KL_CELSIUS);
    if (!good || (fact->value.value < 0 && !cold)) {
        return record_refuse(reader, kind->key, value, kl_dimension_example(*kind->dimension));
    }
    fact->text = text;
    return KL_OK;
}

/* A list of words, or one word. */
static enum kl_err read_set(struct reader *reader, const struct kl_fact_kind_info *kind,
                            const struct kl_yaml *value, struct kl_fact *fact)
{
    const struct kl_yaml *const *items = value->kind == KL_YAML_LIST ? value->items : &value;
    size_t count = value->kind == KL_YAML_LIST ? value->count : 1;
    if (value->kind == KL_YAML_MAP || count == 0 || count > RECORD_MAX_LIST) {
        return record_refuse(reader, kind->key, value, "a list of words");
    }
    const char *text = "";
    for (size_t i = 0; i < count; i++) {
        KL_TRY(check_choice(reader, kind, items[i]));
        if (count > 1 && strcmp(items[i]->text, "none") == 0) {
            return record_refuse(reader, kind->key, items[i], "'none' alone, or other words");
        }
        text = kl_arena_printf(reader->arena, "%s%s%s", text, i > 0 ? " " : "", items[i]->text);
        if (!text) {
            return KL_FAIL_MEMORY(reader->diag);
        }
    }
    fact->text = text;
    return KL_OK;
}

static enum kl_err read_yes(struct reader *reader, const struct kl_fact_kind_info *kind,
                            const struct kl_yaml *value, struct kl_fact *fact)
{
    fact->text = kl_yaml_text(value, "");
    bool yes = strcmp(fact->text, "yes") == 0;
    fact->value = (struct kl_value){yes ? 1 : 0, KL_PLAIN};
    return yes || strcmp(fact->text, "no") == 0
               ? KL_OK
               : record_refuse(reader, kind->key, value, "yes or no");
}

static enum kl_err read_value(struct reader *reader, const struct kl_fact_kind_info *kind,
                              const struct kl_yaml *value, struct kl_fact *fact)
{
    switch (kind->kind) {
    case KL_FACT_NUMBER:
    case KL_FACT_QUANTITY: return read_quantity(reader, kind, value, fact);
    case KL_FACT_SET: return read_set(reader, kind, value, fact);
    case KL_FACT_YES: return read_yes(reader, kind, value, fact);
    case KL_FACT_CHOICE:
        fact->text = kl_yaml_text(value, "");
        return check_choice(reader, kind, value);
    case KL_FACT_TEXT: break;
    }
    fact->text = record_text(value);
    return fact->text
               ? KL_OK
               : record_refuse(reader, kind->key, value, "a text of 1 to 200 bytes on one line");
}

static enum kl_err find_source(struct reader *reader, const struct kl_yaml *node,
                               const struct kl_source *sources, const struct kl_source **source)
{
    const char *names[MAX_SOURCES];
    size_t count = 0;
    for (; sources && sources[count].key; count++) {
        if (strcmp(sources[count].key, kl_yaml_text(node, "")) == 0) {
            *source = &sources[count];
            return KL_OK;
        }
        names[count] = sources[count].key;
    }
    return record_unknown(reader, node, "source", names, count);
}

/* Is the list a fact with its source, and not a set of words without one? */
static bool has_source(const struct kl_yaml *node)
{
    return node->kind == KL_YAML_LIST && (node->count == 2 || node->count == 3);
}

enum kl_err fact_read(struct reader *reader, const struct kl_fact_kind_info *kind,
                      const struct kl_source *sources, const struct kl_yaml *node,
                      struct kl_fact *fact)
{
    *fact = (struct kl_fact){.known = false};
    if (strcmp(kl_yaml_text(node, ""), "unknown") == 0) {
        return KL_OK;
    }
    if (!has_source(node)) {
        bool alone = node->kind == KL_YAML_LIST && node->count == 1;
        return read_value(reader, kind, alone ? node->items[0] : node, fact);
    }
    KL_TRY(read_value(reader, kind, node->items[0], fact));
    KL_TRY(find_source(reader, node->items[1], sources, &fact->source));
    if (node->count == 3) {
        fact->where = record_text(node->items[2]);
        if (!fact->where) {
            return record_refuse(reader, kind->key, node->items[2],
                                 "the place in the source: a text of 1 to 200 bytes on one line");
        }
    }
    fact->known = true;
    return KL_OK;
}
