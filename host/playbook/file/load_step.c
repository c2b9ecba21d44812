/* SPDX-License-Identifier: Apache-2.0 */
/* One step. What has the wrong kind was reported by the check of the fields, and is left out. */
#include <math.h>
#include <regex.h>
#include <string.h>

#include "base/buffer.h"
#include "base/command.h"
#include "base/nearest.h"
#include "playbook/assess.h"
#include "playbook/fields.h"
#include "playbook/file/load.h"

enum { HOUR_MS = 3600 * 1000, MOST_DAYS = 30, PATTERN_BYTES = 200, MOST_ASSESSMENTS = 64 };

static const char *text_of(const struct kl_yaml *map, const char *key)
{
    const struct kl_yaml *node = kl_yaml_get(map, key);
    const char *text = node && !kl_load_is_empty(node) ? kl_yaml_text(node, "") : "";
    return text[0] ? text : NULL;
}

/* The words with blanks between them. */
static const char *join(struct kl_arena *arena, const char *const *words)
{
    struct kl_buffer line = KL_BUFFER(4 * KL_PLAYBOOK_FILE_BYTES);
    const char *joined = NULL;
    for (size_t i = 0; words[i] && !line.failed; i++) {
        const char *word = kl_shell_word(arena, words[i]);
        line.failed = !word;
        kl_buffer_printf(&line, "%s%s", i ? " " : "", word ? word : "");
    }
    if (!line.failed) {
        joined = kl_arena_printf(arena, "%s", line.data ? line.data : "");
    }
    kl_buffer_free(&line);
    return joined;
}

static enum kl_err set_command(struct kl_loader *loader, struct kl_step *step,
                               const char *const *argv, size_t count)
{
    step->argv = kl_arena_copy(loader->arena, argv, (count + 1) * sizeof *argv);
    step->command = step->command || !step->argv ? step->command : join(loader->arena, argv);
    return step->argv && step->command ? KL_OK : KL_FAIL_MEMORY(loader->diag);
}

/* Without a command that can be read there is an empty one: the error is reported elsewhere. */
static enum kl_err read_run(struct kl_loader *loader, const struct kl_yaml *run,
                            struct kl_step *step)
{
    step->kind = KL_STEP_RUN;
    if (run && run->kind == KL_YAML_SCALAR) {
        const char *const argv[] = {"/bin/sh", "-c", run->text, NULL};
        step->command = run->text;
        return set_command(loader, step, argv, 3);
    }
    size_t count = run && run->kind == KL_YAML_LIST ? run->count : 0;
    const char **argv = KL_NEW(loader->arena, const char *, count + 1);
    for (size_t i = 0; argv && i < count; i++) {
        argv[i] = kl_yaml_text(run->items[i], "");
    }
    return argv ? set_command(loader, step, argv, count) : KL_FAIL_MEMORY(loader->diag);
}

static void unknown_assessment(struct kl_loader *loader, const struct kl_yaml *node)
{
    const char *names[MOST_ASSESSMENTS];
    size_t count = 0;
    for (; count < kl_assessment_count && count < MOST_ASSESSMENTS; count++) {
        names[count] = kl_assessments[count].name;
    }
    const char *near = kl_nearest(node->text, names, count);
    kl_loader_error(loader, node,
                    "unknown assessment '%.60s'; %s%s%s`kinglet playbook assess --list` shows all",
                    node->text, near ? "did you mean '" : "", near ? near : "", near ? "'? " : "");
}

/* What the assessment reads from the playbook, and what the step says besides. */
static enum kl_err add_reads(struct kl_loader *loader, const char *reads, struct kl_step *step)
{
    size_t own = 0;
    while (step->reads[own]) {
        own++;
    }
    char *words = kl_arena_copy(loader->arena, reads, strlen(reads) + 1);
    const char **all = KL_NEW(loader->arena, const char *, own + strlen(reads) / 2 + 2);
    if (!words || !all) {
        return KL_FAIL_MEMORY(loader->diag);
    }
    memcpy(all, step->reads, own * sizeof *all);
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        all[own++] = word;
    }
    step->reads = all;
    return KL_OK;
}

static enum kl_err read_assess(struct kl_loader *loader, const struct kl_yaml *node,
                               struct kl_step *step)
{
    const char *path = strrchr(loader->playbook->path, '/');
    const char *const argv[] = {"kinglet",
                                "playbook",
                                "assess",
                                kl_yaml_text(node, ""),
                                path ? path + 1 : loader->playbook->path,
                                "--json",
                                NULL};
    const struct kl_assessment *assessment = kl_assessment_find(kl_yaml_text(node, ""));
    step->kind = KL_STEP_ASSESS;
    step->assess = kl_yaml_text(node, "");
    if (!assessment && node->kind == KL_YAML_SCALAR) {
        unknown_assessment(loader, node);
    }
    KL_TRY(set_command(loader, step, argv, 6));
    return assessment ? add_reads(loader, assessment->reads, step) : KL_OK;
}

/* Figures of a statement must be figures: gates compare them. */
static void check_stated(struct kl_loader *loader, const struct kl_yaml *metrics)
{
    for (size_t i = 0; i < metrics->count; i++) {
        const struct kl_yaml *value = metrics->items[i];
        struct kl_value number;
        bool flag;
        bool good = value->kind != KL_YAML_SCALAR || kl_yaml_flag(value, &flag) ||
                    kl_value_parse(value->text, strlen(value->text), &number);
        if (!good) {
            kl_loader_error(loader, value,
                            "'%.60s' is no figure; write a number with its unit, such as 95 %% or "
                            "20 ms, or true or false",
                            value->text);
        }
    }
}

static void read_statement(struct kl_loader *loader, const struct kl_yaml *node,
                           struct kl_step *step)
{
    const struct kl_yaml *date = kl_yaml_get(node, "date");
    const char *valid = text_of(node, "valid_for");
    struct kl_value time;
    step->kind = KL_STEP_STATEMENT;
    const char *text = text_of(node, "text");
    const char *by = text_of(node, "by") ? kl_load_person(loader, kl_yaml_get(node, "by")) : NULL;
    if (!text_of(node, "date")) {
        by = NULL; /* not signed: somebody has to say it on a certain day */
    }
    step->text = text ? text : "";
    step->by = by ? by : "";
    step->date = (struct kl_date){.year = 1970, .month = 1, .day = 1};
    if (kl_date_parse(kl_yaml_text(date, ""), &step->date) &&
        kl_date_days(step->date) > kl_date_days(loader->today)) {
        kl_loader_error(loader, date,
                        "the statement is dated %s, which has not come yet; date it when it is "
                        "said",
                        date->text);
    }
    if (valid && kl_value_parse(valid, strlen(valid), &time) &&
        kl_dimension_equal(time.dimension, KL_SECONDS)) {
        double days = fmin(floor(time.value / 86400), 100000);
        step->valid_days = days >= 1 ? (int32_t)days : 1;
    }
    step->stated = kl_yaml_get(node, "metrics");
    if (step->stated && step->stated->kind == KL_YAML_MAP) {
        check_stated(loader, step->stated);
    } else {
        step->stated = NULL;
    }
}

/* A pattern is compiled here only when that cannot take long: a repeated repetition grows without
 * measure, and so do back references when they are looked for. */
static const char *fault_of_pattern(const char *pattern)
{
    regex_t compiled;
    const char *brace = strchr(pattern, '{');
    for (const char *at = pattern; *at; at++) {
        if (at[0] == '\\' && at[1] >= '1' && at[1] <= '9') {
            return "a back reference is not supported";
        }
        at += at[0] == '\\' && at[1] ? 1 : 0;
    }
    if (strlen(pattern) > PATTERN_BYTES) {
        return "the pattern is longer than 200 bytes";
    }
    if (brace && strchr(brace + 1, '{')) {
        return "at most one {} is supported in a pattern";
    }
    if (brace && strspn(brace + 1, "0123456789") > 2) {
        return "more than 99 repetitions are not supported";
    }
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NEWLINE) != 0) {
        return "this is no POSIX extended regular expression";
    }
    size_t groups = compiled.re_nsub;
    regfree(&compiled);
    return groups == 1 ? NULL : "the pattern needs exactly one group, ( ), around the number";
}

static void read_metric(struct kl_loader *loader, const struct kl_yaml *key,
                        const struct kl_yaml *node, struct kl_step_metric *metric)
{
    const struct kl_yaml *match = kl_yaml_get(node, "match");
    const struct kl_yaml *unit = kl_yaml_get(node, "unit");
    const char *provenance = text_of(node, "provenance");
    struct kl_value value;
    *metric = (struct kl_step_metric){.name = key->text,
                                      .pattern = kl_yaml_text(match, ""),
                                      .unit = text_of(node, "unit"),
                                      .provenance = provenance ? provenance : "stated",
                                      .node = node};
    const char *fault =
        match && match->kind == KL_YAML_SCALAR ? fault_of_pattern(match->text) : NULL;
    if (fault) {
        kl_loader_error(loader, match, "%s: %s", key->text, fault);
    }
    if (metric->unit && !kl_unit_parse(metric->unit, strlen(metric->unit), &value)) {
        kl_loader_error(loader, unit, "unknown unit '%.40s'; use one such as ms, KiB, uA or %%",
                        metric->unit);
    }
}

static enum kl_err read_metrics(struct kl_loader *loader, const struct kl_yaml *map,
                                struct kl_step *step)
{
    size_t count = map && map->kind == KL_YAML_MAP ? map->count : 0;
    struct kl_step_metric *metrics = KL_NEW(loader->arena, struct kl_step_metric, count);
    if (!metrics) {
        return KL_FAIL_MEMORY(loader->diag);
    }
    for (size_t i = 0; i < count; i++) {
        read_metric(loader, map->keys[i], map->items[i], &metrics[i]);
    }
    step->metrics = metrics;
    step->metric_count = count;
    return KL_OK;
}

static void read_timeout(struct kl_loader *loader, const struct kl_yaml *node, struct kl_step *step)
{
    const char *text = kl_yaml_text(node, "");
    struct kl_value time;
    step->timeout_ms = HOUR_MS;
    if (!kl_value_parse(text, strlen(text), &time) ||
        !kl_dimension_equal(time.dimension, KL_SECONDS)) {
        return;
    }
    if (!(time.value >= 0.001 && time.value <= MOST_DAYS * 86400.0)) {
        kl_loader_error(loader, node, "the time limit '%.40s' is not between 1 ms and %d d", text,
                        MOST_DAYS);
        return;
    }
    step->timeout_ms = (int64_t)ceil(time.value * 1000);
}

/* Parts of the playbook that are read must exist in it, or at least be known. */
static void check_reads(struct kl_loader *loader, const struct kl_yaml *list)
{
    for (size_t i = 0; list && list->kind == KL_YAML_LIST && i < list->count; i++) {
        const char *path = kl_yaml_text(list->items[i], "");
        bool known = kl_fields_find(path) || kl_playbook_field(loader->playbook, path) ||
                     strcmp(path, "evidence") == 0;
        if (path[0] && !known) {
            kl_loader_error(loader, list->items[i],
                            "'%.60s' is no part of a playbook; write a path such as "
                            "requirements.latency or data.conditions, or evidence for all results",
                            path);
        }
    }
}

static enum kl_err read_lists(struct kl_loader *loader, const struct kl_yaml *node,
                              struct kl_step *step)
{
    step->inputs = kl_load_texts(loader, kl_yaml_get(node, "inputs"));
    step->outputs = kl_load_texts(loader, kl_yaml_get(node, "outputs"));
    step->reads = kl_load_texts(loader, kl_yaml_get(node, "reads"));
    step->needs = kl_load_texts(loader, kl_yaml_get(node, "needs"));
    bool all = step->inputs && step->outputs && step->reads && step->needs;
    check_reads(loader, kl_yaml_get(node, "reads"));
    return all ? KL_OK : KL_FAIL_MEMORY(loader->diag);
}

/* Keys that say something only about steps of another kind. */
static void check_kind(struct kl_loader *loader, const struct kl_yaml *node,
                       const struct kl_step *step)
{
    static const char *const of_runs[] = {"metrics", "metrics_file", "outputs", "timeout",
                                          "inputs"};
    size_t count = sizeof of_runs / sizeof of_runs[0];
    count = step->kind == KL_STEP_ASSESS ? 3 : count;
    for (size_t i = 0; step->kind != KL_STEP_RUN && i < count; i++) {
        const struct kl_yaml *value = kl_yaml_get(node, of_runs[i]);
        if (value) {
            kl_loader_error(loader, value, "'%s' belongs to steps that run a command; remove it",
                            of_runs[i]);
        }
    }
}

enum kl_err kl_load_step(struct kl_loader *loader, const struct kl_chapter *chapter,
                         const struct kl_yaml *node, struct kl_step *step)
{
    const struct kl_yaml *run = kl_yaml_get(node, "run");
    const struct kl_yaml *assess = kl_yaml_get(node, "assess");
    const struct kl_yaml *statement = kl_yaml_get(node, "statement");
    const char *title = text_of(node, "title");
    *step = (struct kl_step){.name = text_of(node, "name"), .chapter = chapter->id, .node = node};
    step->name = step->name ? step->name : "unnamed";
    step->title = title ? title : step->name;
    step->metrics_file = text_of(node, "metrics_file");
    KL_TRY(read_lists(loader, node, step));
    KL_TRY(read_metrics(loader, kl_yaml_get(node, "metrics"), step));
    read_timeout(loader, kl_yaml_get(node, "timeout"), step);
    if (!run + !assess + !statement != 2) {
        kl_loader_error(loader, node,
                        "step '%.60s' needs exactly one of run:, assess: and "
                        "statement:",
                        step->name);
    }
    if (statement) {
        read_statement(loader, statement, step);
    } else if (assess) {
        KL_TRY(read_assess(loader, assess, step));
    } else {
        KL_TRY(read_run(loader, run, step));
    }
    check_kind(loader, node, step);
    return KL_OK;
}
