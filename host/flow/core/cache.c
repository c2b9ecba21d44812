/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples in files, so that a second choice takes no time:
 *
 *     {"schema": "kinglet.core/1", "key": "<sha256>", "ran": true, "arena": 16000, ...}
 *
 * A file that is damaged, or belongs to another key, is as good as none.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "flow/core_sample.h"

static const char schema[] = "kinglet.core/1";

enum { FIGURES = 9, FILE_LIMIT = 64 * 1024, ARENA_LIMIT = 256 * 1024, PATH_BYTES = 4096 };

/* No figure of a microcontroller comes near this; a double holds it exactly. */
#define FIGURE_LIMIT ((json_int_t)1 << 50)

static const char *const names[FIGURES] = {"arena",        "data",   "bss",
                                           "stack",        "code",   "constants",
                                           "instructions", "cycles", "taken_branches"};

static void to_figures(const struct core_sample *sample, json_int_t figures[FIGURES])
{
    const struct kl_profile_memory *m = &sample->memory;
    const json_int_t all[FIGURES] = {m->arena,
                                     m->data,
                                     m->bss,
                                     m->stack,
                                     m->code,
                                     m->constants,
                                     (json_int_t)sample->instructions,
                                     (json_int_t)sample->cycles,
                                     (json_int_t)sample->taken_branches};
    memcpy(figures, all, sizeof all);
}

static void from_figures(const json_int_t figures[FIGURES], struct core_sample *sample)
{
    struct kl_profile_memory *m = &sample->memory;
    *m = (struct kl_profile_memory){.arena = figures[0],
                                    .data = figures[1],
                                    .bss = figures[2],
                                    .stack = figures[3],
                                    .code = figures[4],
                                    .constants = figures[5]};
    m->ram_total = m->arena + m->data + m->bss + m->stack;
    m->flash_total = m->code + m->constants + m->data;
    sample->instructions = (uint64_t)figures[6];
    sample->cycles = (uint64_t)figures[7];
    sample->taken_branches = (uint64_t)figures[8];
}

static bool has_text(const json_t *json, const char *name, const char *wanted)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text && strcmp(text, wanted) == 0;
}

static bool read_sample(const json_t *json, const char *key, struct core_sample *sample)
{
    json_int_t figures[FIGURES];
    const json_t *ran = json_object_get(json, "ran");
    if (!has_text(json, "schema", schema) || !has_text(json, "key", key) || !json_is_boolean(ran)) {
        return false;
    }
    for (size_t i = 0; i < FIGURES; i++) {
        const json_t *value = json_object_get(json, names[i]);
        figures[i] = json_integer_value(value);
        if (!json_is_integer(value) || figures[i] < 0 || figures[i] > FIGURE_LIMIT) {
            return false;
        }
    }
    *sample = (struct core_sample){.ran = json_is_true(ran)};
    memcpy(sample->key, key, KL_SHA256_HEX_BYTES);
    from_figures(figures, sample);
    return true;
}

static bool make_path(const char *folder, const char *key, char path[PATH_BYTES])
{
    int n = snprintf(path, PATH_BYTES, "%s/%s.json", folder, key);
    return n > 0 && n < PATH_BYTES;
}

bool core_cache_load(const char *folder, const char *key, struct core_sample *sample)
{
    char path[PATH_BYTES];
    struct kl_diag ignored = {0};
    struct kl_bytes file;
    struct kl_arena *arena = kl_arena_create(ARENA_LIMIT);
    bool found = arena && make_path(folder, key, path) &&
                 kl_file_read(path, FILE_LIMIT, arena, &file, &ignored) == KL_OK;
    json_t *json = found ? json_loadb((const char *)file.data, file.size, 0, NULL) : NULL;
    found = json && read_sample(json, key, sample);
    json_decref(json);
    kl_arena_free(arena);
    return found;
}

void core_cache_store(const char *folder, const struct core_sample *sample)
{
    char path[PATH_BYTES];
    json_int_t figures[FIGURES];
    struct kl_diag ignored = {0};
    json_t *json =
        json_pack("{s:s, s:s, s:b}", "schema", schema, "key", sample->key, "ran", sample->ran);
    to_figures(sample, figures);
    for (size_t i = 0; i < FIGURES; i++) {
        json_object_set_new(json, names[i], json_integer(figures[i]));
    }
    char *text = json_dumps(json, JSON_INDENT(2));
    if (text && make_path(folder, sample->key, path) && kl_dir_create(folder, &ignored) == KL_OK) {
        enum kl_err err = kl_file_write(path, text, strlen(text), &ignored);
        (void)err;
    }
    free(text);
    json_decref(json);
}
