/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/evidence/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "playbook/evidence/paths.h"
#include "playbook/evidence/words.h"

/* A step whose basis is being made. */
struct maker {
    const struct kl_standing *standing;
    const struct kl_step *step;
    size_t index;
    struct kl_arena *arena;
    struct kl_content_budget budget;
    struct kl_basis *basis;
};

void kl_json_hash(const json_t *json, char hex[KL_SHA256_HEX_BYTES])
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    const char *content = text ? text : json ? "" : "null";
    kl_sha256_hex(content, strlen(content), hex);
    free(text);
}

void kl_basis_free(struct kl_basis *basis)
{
    json_decref(basis->json);
    basis->json = NULL;
}

/* The first problem stays. */
static void note_problem(struct maker *m, const char *text)
{
    if (!m->basis->problem) {
        const char *copy = kl_arena_printf(m->arena, "%s", text);
        m->basis->problem = copy ? copy : "out of memory";
    }
}

static size_t count_texts(const char *const *texts)
{
    size_t count = 0;
    while (texts && texts[count]) {
        count++;
    }
    return count;
}

/* What the hash of a folder leaves out, as seen from that folder: what the step makes itself, and
 * the evidence. NULL: no memory. */
static const char *const *skipped_in(const struct kl_standing *standing, const struct kl_step *step,
                                     const char *folder)
{
    struct kl_arena *arena = standing->playbook->arena;
    size_t outputs = count_texts(step->outputs);
    const char **skip = KL_NEW(arena, const char *, outputs + 3);
    size_t count = 0;
    size_t prefix = strcmp(folder, ".") == 0 ? 0 : strlen(folder) + 1;
    for (size_t i = 0; skip && i < outputs + 2; i++) {
        const char *path = i < outputs    ? step->outputs[i]
                           : i == outputs ? "evidence"
                                          : step->metrics_file;
        const char *normal = path ? kl_path_normal(arena, path) : NULL;
        if (path && !normal) {
            return NULL;
        }
        if (normal && kl_path_within(normal, folder) && strcmp(normal, folder) != 0) {
            skip[count++] = normal + prefix;
        }
    }
    return skip;
}

/* Hash a path of the playbook. The caller's diag says what is wrong with it. */
static enum kl_err hash_path(const struct kl_standing *standing, const struct kl_step *step,
                             const char *path, bool is_input, struct kl_content_budget *budget,
                             char *sha256, struct kl_diag *diag)
{
    struct kl_arena *arena = standing->playbook->arena;
    const char *normal = kl_path_normal(arena, path);
    const char *file = normal ? kl_playbook_file(standing->playbook, normal) : NULL;
    const char *const *skip = file && is_input ? skipped_in(standing, step, normal) : NULL;
    const char *shown = kl_arena_printf(arena, "%s %s", is_input ? "input" : "output", path);
    if (!file || !shown || (is_input && !skip)) {
        return KL_FAIL_MEMORY(diag);
    }
    return kl_content_hash(standing->content, file, shown, skip, budget, sha256, diag);
}

static int append_hash(json_t *list, const char *key, const char *name, const char *sha256)
{
    return json_array_append_new(list, json_pack("{s:s, s:s}", key, name, "sha256", sha256));
}

/* Texts, normal if they are paths, sorted, each once; NULL: no memory. */
static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *const *sorted_paths(struct kl_arena *arena, const char *const *a,
                                       const char *const *b)
{
    size_t count_a = count_texts(a);
    size_t count = count_a + count_texts(b);
    size_t kept = 0;
    const char **all = KL_NEW(arena, const char *, count + 1);
    for (size_t i = 0; all && i < count; i++) {
        all[i] = kl_path_normal(arena, i < count_a ? a[i] : b[i - count_a]);
        if (!all[i]) {
            return NULL;
        }
    }
    if (!all) {
        return NULL;
    }
    qsort(all, count, sizeof *all, compare_texts);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(all[kept - 1], all[i]) != 0) {
            all[kept++] = all[i];
        }
    }
    all[kept] = NULL;
    return all;
}

/* Is the path made by the step itself, as listed? */
bool kl_step_makes(const struct kl_step *step, struct kl_arena *arena, const char *path)
{
    for (size_t i = 0; step->outputs && step->outputs[i]; i++) {
        const char *output = kl_path_normal(arena, step->outputs[i]);
        if (output && kl_path_within(path, output)) {
            return true;
        }
    }
    const char *metrics = step->metrics_file ? kl_path_normal(arena, step->metrics_file) : NULL;
    return metrics && strcmp(metrics, path) == 0;
}

bool kl_record_has_output(const struct kl_record *record, const char *path)
{
    const json_t *outputs = record ? json_object_get(record->json, "outputs") : NULL;
    size_t i;
    const json_t *output;
    json_array_foreach(outputs, i, output)
    {
        if (strcmp(json_string_value(json_object_get(output, "path")), path) == 0) {
            return true;
        }
    }
    return false;
}

/* One of the playbook's own files, of which `reads` says what matters. */
bool kl_step_reads_in_parts(const struct kl_playbook *playbook, const struct kl_step *step,
                            const char *file)
{
    for (size_t i = 0; step->reads && step->reads[0] && i < playbook->file_count; i++) {
        const char *own = kl_path_normal(playbook->arena, playbook->files[i]);
        const char *path = kl_path_normal(playbook->arena, file);
        if (own && path && strcmp(own, path) == 0) {
            return true;
        }
    }
    return false;
}

const char *const *kl_word_inputs(const struct kl_standing *standing, const struct kl_step *step)
{
    const struct kl_playbook *playbook = standing->playbook;
    const struct kl_record *record = kl_evidence_latest(standing->evidence, step->name);
    const char *const *words = kl_step_words(step, playbook->arena);
    const char **kept =
        words ? KL_NEW(playbook->arena, const char *, count_texts(words) + 1) : NULL;
    size_t count = 0;
    for (size_t i = 0; kept && words[i]; i++) {
        struct stat status;
        const char *file = kl_playbook_file(playbook, words[i]);
        if (!file) {
            return NULL;
        }
        if (stat(file, &status) == 0 && S_ISREG(status.st_mode) &&
            !kl_step_makes(step, playbook->arena, words[i]) &&
            !kl_record_has_output(record, words[i]) &&
            !kl_step_reads_in_parts(playbook, step, file) &&
            !kl_path_within(words[i], "evidence")) {
            kept[count++] = words[i];
        }
    }
    return kept;
}

static enum kl_err add_inputs(struct maker *m, json_t *list, struct kl_diag *diag)
{
    const char *const *words = kl_word_inputs(m->standing, m->step);
    const char *const *paths = words ? sorted_paths(m->arena, m->step->inputs, words) : NULL;
    if (!paths) {
        return KL_FAIL_MEMORY(diag);
    }
    for (size_t i = 0; paths[i]; i++) {
        char sha256[KL_SHA256_HEX_BYTES];
        struct kl_diag problem = {0};
        enum kl_err err =
            hash_path(m->standing, m->step, paths[i], true, &m->budget, sha256, &problem);
        if (err != KL_OK) {
            note_problem(m, problem.message);
        } else if (append_hash(list, "path", paths[i], sha256) != 0) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    return KL_OK;
}

static enum kl_err add_needs(struct maker *m, json_t *list, struct kl_diag *diag)
{
    const struct kl_needs *needs = &m->standing->depends.needs[m->index];
    for (size_t i = 0; i < needs->count; i++) {
        char sha256[KL_SHA256_HEX_BYTES];
        const char *name = m->standing->playbook->steps[needs->steps[i]].name;
        const struct kl_record *record = kl_evidence_latest(m->standing->evidence, name);
        if (!record || !record->finished) {
            char text[160];
            snprintf(text, sizeof text, "step %.120s has no result", name);
            note_problem(m, text);
            continue;
        }
        kl_record_result_hash(record, sha256);
        if (append_hash(list, "step", name, sha256) != 0) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    return KL_OK;
}

/* The results of the steps of this chapter and of those before it. `steps` of a playbook are in the
 * order of its chapters. */
static json_t *evidence_json(const struct maker *m)
{
    const struct kl_playbook *playbook = m->standing->playbook;
    json_t *results = json_object();
    int failed = !results;
    for (size_t i = 0; i < playbook->step_count; i++) {
        const struct kl_step *step = &playbook->steps[i];
        bool before = i < m->index || strcmp(step->chapter, m->step->chapter) == 0;
        const struct kl_record *record = kl_evidence_latest(m->standing->evidence, step->name);
        if (before && record && !m->standing->depends.late[i]) {
            char sha256[KL_SHA256_HEX_BYTES];
            kl_record_result_hash(record, sha256);
            failed |= json_object_set_new(results, step->name, json_string(sha256));
        }
    }
    if (failed) {
        json_decref(results);
        return NULL;
    }
    return results;
}

static json_t *read_json(const struct maker *m, const char *path)
{
    bool evidence = strcmp(path, "evidence") == 0;
    return evidence ? evidence_json(m)
                    : kl_yaml_json(kl_playbook_field(m->standing->playbook, path));
}

static enum kl_err add_reads(struct maker *m, json_t *list, struct kl_diag *diag)
{
    size_t count = count_texts(m->step->reads);
    const char **reads = KL_NEW(m->arena, const char *, count + 1);
    if (!reads) {
        return KL_FAIL_MEMORY(diag);
    }
    if (count) {
        memcpy(reads, m->step->reads, count * sizeof *reads);
        qsort(reads, count, sizeof *reads, compare_texts);
    }
    for (size_t i = 0; i < count; i++) {
        char sha256[KL_SHA256_HEX_BYTES];
        json_t *value = read_json(m, reads[i]);
        if (!value) {
            return KL_FAIL_MEMORY(diag);
        }
        kl_json_hash(value, sha256);
        json_decref(value);
        if (append_hash(list, "path", reads[i], sha256) != 0) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    return KL_OK;
}

/* Where the result is read from, and what must be there afterwards. */
static enum kl_err hash_definition(const struct maker *m, char hex[KL_SHA256_HEX_BYTES],
                                   struct kl_diag *diag)
{
    const struct kl_step *step = m->step;
    json_t *metrics = json_array();
    json_t *outputs = json_array();
    int failed = 0;
    for (size_t i = 0; i < step->metric_count; i++) {
        const struct kl_step_metric *metric = &step->metrics[i];
        failed |=
            json_array_append_new(metrics, json_pack("{s:s, s:s, s:s?, s:s?}", "name", metric->name,
                                                     "match", metric->pattern, "unit", metric->unit,
                                                     "provenance", metric->provenance));
    }
    const char *const *paths = sorted_paths(m->arena, step->outputs, NULL);
    for (size_t i = 0; paths && paths[i]; i++) {
        failed |= json_array_append_new(outputs, json_string(paths[i]));
    }
    json_t *json = json_pack("{s:o, s:o, s:s?}", "metrics", metrics, "outputs", outputs,
                             "metrics_file", step->metrics_file);
    failed |= !json || !paths;
    kl_json_hash(json, hex);
    json_decref(json);
    return failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}

static const char *kind_name(enum kl_step_kind kind)
{
    return kind == KL_STEP_RUN ? "run" : kind == KL_STEP_ASSESS ? "assess" : "statement";
}

/* What the step does: a command, or what a person stated. */
static enum kl_err add_deed(const struct maker *m, struct kl_diag *diag)
{
    const struct kl_step *step = m->step;
    json_t *deed;
    if (step->kind == KL_STEP_STATEMENT) {
        char date[48];
        snprintf(date, sizeof date, "%04d-%02d-%02d", step->date.year, step->date.month,
                 step->date.day);
        deed =
            json_pack("{s:s, s:s, s:s, s:o}", "text", step->text ? step->text : "", "by",
                      step->by ? step->by : "", "date", date, "stated", kl_yaml_json(step->stated));
    } else {
        deed = json_pack("{s:s}", "command", step->command ? step->command : "");
    }
    int failed = !deed || json_object_update(m->basis->json, deed) != 0;
    json_decref(deed);
    return failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}

static enum kl_err fill_basis(struct maker *m, struct kl_diag *diag)
{
    char definition[KL_SHA256_HEX_BYTES];
    json_t *inputs = json_array();
    json_t *needs = json_array();
    json_t *reads = json_array();
    /* What a person stated is the same under every version of this program. */
    const char *tool = m->step->kind == KL_STEP_STATEMENT ? "" : KINGLET_VERSION;
    enum kl_err err = hash_definition(m, definition, diag);
    m->basis->json =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "tool", tool, "kind", kind_name(m->step->kind),
                  "definition", err == KL_OK ? definition : "", "inputs", inputs, "needs", needs,
                  "reads", reads);
    if (err == KL_OK && !m->basis->json) {
        err = KL_FAIL_MEMORY(diag);
    }
    KL_TRY(err);
    KL_TRY(add_deed(m, diag));
    KL_TRY(add_inputs(m, inputs, diag));
    KL_TRY(add_needs(m, needs, diag));
    return add_reads(m, reads, diag);
}

enum kl_err kl_basis_make(const struct kl_standing *standing, size_t step, struct kl_basis *basis,
                          struct kl_diag *diag)
{
    struct maker maker = {
        .standing = standing,
        .step = &standing->playbook->steps[step],
        .index = step,
        .arena = standing->playbook->arena,
        .basis = basis,
    };
    *basis = (struct kl_basis){0};
    KL_TRY(fill_basis(&maker, diag));
    if (!basis->problem) {
        kl_json_hash(basis->json, basis->sha256);
    }
    return KL_OK;
}

static enum kl_err add_outputs(const struct kl_standing *standing, const struct kl_step *step,
                               const char *const *more, json_t *list, struct kl_diag *diag)
{
    struct kl_content_budget budget = {0};
    const char *const *paths = sorted_paths(standing->playbook->arena, step->outputs, more);
    if (!paths) {
        return KL_FAIL_MEMORY(diag);
    }
    for (size_t i = 0; paths[i]; i++) {
        char sha256[KL_SHA256_HEX_BYTES];
        KL_TRY(hash_path(standing, step, paths[i], false, &budget, sha256, diag));
        if (append_hash(list, "path", paths[i], sha256) != 0) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    return KL_OK;
}

json_t *kl_outputs_json(const struct kl_standing *standing, const struct kl_step *step,
                        const char *const *more, struct kl_diag *diag)
{
    json_t *list = json_array();
    enum kl_err err = list ? add_outputs(standing, step, more, list, diag) : KL_FAIL_MEMORY(diag);
    if (err != KL_OK) {
        json_decref(list);
        return NULL;
    }
    return list;
}
