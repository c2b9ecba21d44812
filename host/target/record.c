/* SPDX-License-Identifier: Apache-2.0 */
#include "target/record.h"

#include <string.h>

#include "base/nearest.h"
#include "target/board.h"

enum kl_err record_refuse(struct reader *reader, const char *field, const struct kl_yaml *value,
                          const char *expected)
{
    return kl_yaml_fail(value, reader->diag, "%s: expected %s", field, expected);
}

enum kl_err record_unknown(struct reader *reader, const struct kl_yaml *node, const char *what,
                           const char *const *names, size_t count)
{
    const char *text = kl_yaml_text(node, "?");
    const char *nearest = kl_nearest(text, names, count);
    return kl_yaml_fail(node, reader->diag, "unknown %s '%.64s'%s%s%s", what, text,
                        nearest ? "; did you mean '" : "", nearest ? nearest : "",
                        nearest ? "'?" : "");
}

const char *record_text(const struct kl_yaml *node)
{
    const char *text = kl_yaml_text(node, "");
    bool fits = text[0] != '\0' && strlen(text) <= RECORD_TEXT_BYTES && !strpbrk(text, "\t\n");
    return fits ? text : NULL;
}

bool record_is_name(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";
    return text && text[0] != '-' && text[0] != '.' && text[strspn(text, letters)] == '\0';
}

static enum kl_err read_pair(struct reader *reader, const struct kl_yaml *map, size_t pair,
                             const struct field *fields, size_t count, void *target)
{
    const char *names[RECORD_MAX_FIELDS];
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, map->keys[pair]->text) == 0) {
            return fields[i].read(reader, &fields[i], map->items[pair],
                                  (char *)target + fields[i].offset);
        }
        names[i] = fields[i].name;
    }
    return record_unknown(reader, map->keys[pair], "key", names, count);
}

enum kl_err record_read(struct reader *reader, const char *what, const struct kl_yaml *node,
                        const struct field *fields, size_t count, void *target)
{
    if (node->kind != KL_YAML_MAP) {
        return record_refuse(reader, what, node, "keys and values");
    }
    for (size_t i = 0; i < node->count; i++) {
        KL_TRY(read_pair(reader, node, i, fields, count, target));
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].required && !kl_yaml_get(node, fields[i].name)) {
            return kl_yaml_fail(node, reader->diag, "%s: key '%s' is missing", what,
                                fields[i].name);
        }
    }
    return KL_OK;
}

enum kl_err record_parse(const char *text, size_t bytes, const char *origin, struct reader *reader,
                         const struct kl_yaml **root)
{
    static const struct kl_yaml_limits limits = {KL_BOARD_FILE_BYTES, 4096, 8};
    KL_TRY(kl_yaml_parse(text, bytes, origin, &limits, reader->arena, root, reader->diag));
    return *root ? KL_OK
                 : kl_fail(reader->diag, KL_EINPUT, "%s: empty; expected keys and values", origin);
}

enum kl_err record_read_text(struct reader *reader, const struct field *field,
                             const struct kl_yaml *value, void *member)
{
    const char *text = record_text(value);
    *(const char **)member = text;
    return text ? KL_OK
                : record_refuse(reader, field->name, value, "a text of 1 to 200 bytes on one line");
}

enum kl_err record_read_name(struct reader *reader, const struct field *field,
                             const struct kl_yaml *value, void *member)
{
    const char *text = record_text(value);
    *(const char **)member = text;
    return record_is_name(text) ? KL_OK
                                : record_refuse(reader, field->name, value,
                                                "a name of letters, digits, '.', '_' and '-'");
}

enum kl_err record_read_flag(struct reader *reader, const struct field *field,
                             const struct kl_yaml *value, void *member)
{
    return kl_yaml_flag(value, member) ? KL_OK
                                       : record_refuse(reader, field->name, value, "true or false");
}

enum kl_err record_read_texts(struct reader *reader, const struct field *field,
                              const struct kl_yaml *value, void *member)
{
    if (value->kind != KL_YAML_LIST || value->count == 0 || value->count > RECORD_MAX_LIST) {
        return record_refuse(reader, field->name, value, "a list of 1 to 32 texts");
    }
    const char **texts = KL_NEW(reader->arena, const char *, value->count + 1);
    if (!texts) {
        return KL_FAIL_MEMORY(reader->diag);
    }
    for (size_t i = 0; i < value->count; i++) {
        KL_TRY(record_read_text(reader, field, value->items[i], &texts[i]));
    }
    *(const char *const **)member = texts;
    return KL_OK;
}

enum kl_err record_read_cflags(struct reader *reader, const struct field *field,
                               const struct kl_yaml *value, void *member)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   "-_.=+";
    const char *const *flags = NULL;
    KL_TRY(record_read_texts(reader, field, value, &flags));
    for (const char *const *flag = flags; *flag; flag++) {
        if (strncmp(*flag, "-m", 2) != 0 || (*flag)[strspn(*flag, harmless)] != '\0') {
            return record_refuse(reader, field->name, value,
                                 "flags that choose the architecture (-m...)");
        }
    }
    *(const char *const **)member = flags;
    return KL_OK;
}
