/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML as a tree that remembers where everything was written. Read through libyaml; YAML 1.1,
 * UTF-8, one document. Hostile input is refused: see the limits.
 */
#ifndef KINGLET_BASE_YAML_H
#define KINGLET_BASE_YAML_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"

enum kl_yaml_kind { KL_YAML_SCALAR, KL_YAML_LIST, KL_YAML_MAP };

/* A node; lives in the arena, and is not changed after parsing. */
struct kl_yaml {
    enum kl_yaml_kind kind;
    bool plain;         /* scalar: written without quotes and not as a block */
    const char *origin; /* file name for messages */
    uint32_t line;      /* from 1 */
    const char *text;   /* scalar: NUL-terminated, no control characters but tab and newline */
    size_t count;       /* list: items; map: pairs; scalar: 0 */
    const struct kl_yaml *const *items; /* list: items; map: values, in the order of the file */
    const struct kl_yaml *const *keys;  /* map: scalars, no two with the same text */
};

struct kl_yaml_limits {
    size_t bytes; /* of the text */
    size_t nodes; /* counted as if every alias were written out */
    size_t depth; /* a scalar alone has 1, a list of scalars 2, also through aliases */
};

/*
 * Parse a document. `text` need not be NUL-terminated. An empty document gives *root == NULL.
 * KL_EINPUT with "origin:line: ..." for what is not YAML, a key that appears twice, is not a
 * scalar, or is empty, a merge key ("<<"), a tag, an alias that contains itself, a second document,
 * or bytes (also escaped ones) that are not text as utf8.h has it; KL_ELIMIT when a limit is
 * exceeded, or there are more than 256 anchors.
 */
enum kl_err kl_yaml_parse(const char *text, size_t bytes, const char *origin,
                          const struct kl_yaml_limits *limits, struct kl_arena *arena,
                          const struct kl_yaml **root, struct kl_diag *diag) KL_MUST_CHECK;

/* The value of `key`, or NULL; `map` may be NULL or of another kind (then NULL). */
const struct kl_yaml *kl_yaml_get(const struct kl_yaml *map, const char *key);

/* The node at a path of keys joined by dots, e.g. "battery.life"; list items by number, from 0. Of
 * keys that contain dots themselves the longest that fits is taken. */
const struct kl_yaml *kl_yaml_path(const struct kl_yaml *map, const char *path);

/* The text of a scalar, else `otherwise`; node may be NULL. */
const char *kl_yaml_text(const struct kl_yaml *node, const char *otherwise);

/* Is it a boolean, and which? Only true and false without quotes are. */
bool kl_yaml_flag(const struct kl_yaml *node, bool *value);

/* Record "origin:line: message" with KL_EINPUT and return it. Newlines in it become blanks. */
enum kl_err kl_yaml_fail(const struct kl_yaml *node, struct kl_diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The tree as JSON, for templates and for hashing: maps keep their order; plain numbers as JSON
 * writes them (no "007", "0x10", "1_000") and booleans become JSON's, plain "null", "~" and empty
 * scalars null, everything else a string, also an integer beyond 64 bits.
 * A new reference, or NULL when memory ran out. node may be NULL (then JSON null).
 */
json_t *kl_yaml_json(const struct kl_yaml *node);

#endif
