/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a YAML map into a struct by a table of fields. Private to target/: what board files and
 * core files share. Such a file may come from anyone.
 */
#ifndef KINGLET_TARGET_RECORD_H
#define KINGLET_TARGET_RECORD_H

#include "base/yaml.h"

enum { RECORD_MAX_FIELDS = 48, RECORD_TEXT_BYTES = 200, RECORD_MAX_LIST = 32 };

struct reader {
    struct kl_arena *arena;
    struct kl_diag *diag;
    const void *context; /* what the fields' readers need besides */
};

/* One key of a map: its value goes to the member at `offset`. */
struct field {
    const char *name;
    enum kl_err (*read)(struct reader *reader, const struct field *field,
                        const struct kl_yaml *value, void *member);
    size_t offset;
    bool required;
};

/* Read a map; `what` names it in messages. A key that the table does not have is refused. */
enum kl_err record_read(struct reader *reader, const char *what, const struct kl_yaml *node,
                        const struct field *fields, size_t count, void *target) KL_MUST_CHECK;

/* Record "ORIGIN:LINE: FIELD: expected EXPECTED" and return KL_EINPUT. */
enum kl_err record_refuse(struct reader *reader, const char *field, const struct kl_yaml *value,
                          const char *expected);

/* Refuse a name of which `names` are the known ones: "unknown WHAT 'x'; did you mean 'y'?" */
enum kl_err record_unknown(struct reader *reader, const struct kl_yaml *node, const char *what,
                           const char *const *names, size_t count);

/* The text of a scalar, when it is 1 to RECORD_TEXT_BYTES long and on one line; else NULL. */
const char *record_text(const struct kl_yaml *node);

/* Letters, digits, '.', '_' and '-', beginning with neither '.' nor '-'. NULL is none. */
bool record_is_name(const char *text);

/* Parse a document with the limits of these files; an empty one is refused. */
enum kl_err record_parse(const char *text, size_t bytes, const char *origin, struct reader *reader,
                         const struct kl_yaml **root) KL_MUST_CHECK;

/* Readers for tables. The member is a const char *, or a bool, or a const char *const *. */
enum kl_err record_read_text(struct reader *reader, const struct field *field,
                             const struct kl_yaml *value, void *member);
enum kl_err record_read_name(struct reader *reader, const struct field *field,
                             const struct kl_yaml *value, void *member);
enum kl_err record_read_flag(struct reader *reader, const struct field *field,
                             const struct kl_yaml *value, void *member);
/* A list of 1 to RECORD_MAX_LIST texts. */
enum kl_err record_read_texts(struct reader *reader, const struct field *field,
                              const struct kl_yaml *value, void *member);
/* The same of flags that choose an architecture: they go into a makefile, so nothing in them may
 * mean anything to make or to a shell. */
enum kl_err record_read_cflags(struct reader *reader, const struct field *field,
                               const struct kl_yaml *value, void *member);

#endif
