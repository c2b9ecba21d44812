/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/playbook_portfolio.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "playbook/assess.h"

enum { MOST_LEVELS = 6, MOST_PLAYBOOKS = 256 };

void kl_playbook_note_totals(struct kl_playbook_job *job)
{
    const struct kl_judgement *j = &job->judgement;
    const struct {
        const char *name;
        size_t value;
    } totals[] = {
        {"gates", job->playbook->gate_count}, {"gates.passed", j->passed},
        {"gates.failed", j->failed},          {"gates.stale", j->stale},
        {"gates.missing", j->missing},        {"gates.waived", j->waived},
        {"gates.broken", j->broken},          {"evidence.faults", j->evidence->fault_count}};
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        kl_result_count(&job->result, totals[i].name, (long long)totals[i].value, "1", KL_COUNTED);
    }
}

/* Paths of playbooks, found below a folder. */
struct finder {
    struct kl_arena *arena;
    const char *paths[MOST_PLAYBOOKS];
    size_t count;
    struct kl_diag *diag;
};

static bool is_looked_into(const char *name)
{
    return name[0] != '.' && strncmp(name, "build", 5) != 0 && strcmp(name, "evidence") != 0 &&
           strcmp(name, "node_modules") != 0;
}

static enum kl_err find_below(struct finder *finder, const char *folder, int level);

static enum kl_err look_at(struct finder *finder, const char *folder, const char *name, int level)
{
    struct stat status;
    const char *path = kl_arena_printf(finder->arena, "%s/%s", folder, name);
    if (!path) {
        return KL_FAIL_MEMORY(finder->diag);
    }
    if (lstat(path, &status) != 0) {
        return KL_OK; /* it went away meanwhile */
    }
    if (S_ISDIR(status.st_mode) && is_looked_into(name) && level < MOST_LEVELS) {
        return find_below(finder, path, level + 1);
    }
    if (S_ISREG(status.st_mode) && strcmp(name, "playbook.yaml") == 0) {
        if (finder->count == MOST_PLAYBOOKS) {
            return kl_fail(finder->diag, KL_ELIMIT, "%s: more than %d playbooks", folder,
                           MOST_PLAYBOOKS);
        }
        finder->paths[finder->count++] = path;
    }
    return KL_OK;
}

static enum kl_err find_below(struct finder *finder, const char *folder, int level)
{
    DIR *directory = opendir(folder);
    if (!directory) {
        return level > 0 ? KL_OK : kl_fail(finder->diag, KL_EIO, "%s: %s", folder, strerror(errno));
    }
    enum kl_err err = KL_OK;
    for (struct dirent *entry; err == KL_OK && (entry = readdir(directory));) {
        err = look_at(finder, folder, entry->d_name, level);
    }
    closedir(directory);
    return err;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Stated measures of success: all, those with a reading, and those that reached their target. */
struct success {
    size_t all, measured, reached;
};

/* Totals over all products. */
struct portfolio {
    struct kl_playbook_job *job;
    const struct kl_playbook_options *options;
    json_t *rows, *lessons;
    size_t products, holding, gates, passed, unreadable;
    struct success success;
};

static size_t count_in(const struct kl_result *result, const char *metric)
{
    const json_t *entry = json_object_get(json_object_get(result->root, "metrics"), metric);
    return (size_t)json_number_value(json_object_get(entry, "value"));
}

/* As the assessment sees it; a playbook with errors counts for nothing. */
static struct success success_of(const struct kl_playbook_job *one)
{
    struct success success = {0};
    struct kl_result result;
    struct kl_diag diag = {0};
    const struct kl_assessment *assessment = kl_assessment_find("success");
    kl_result_init(&result, "playbook assess");
    if (!one->findings.errors && assessment &&
        assessment->assess(one->playbook, &one->evidence, &result, &diag) == KL_OK) {
        success.all = count_in(&result, "measures.all");
        success.measured = count_in(&result, "measures.measured");
        success.reached = count_in(&result, "measures.reached");
    }
    kl_result_free(&result);
    return success;
}

static bool does_hold(const struct kl_playbook_job *one)
{
    return one->judgement.all_hold && !one->findings.errors;
}

/* One product's part of the JSON. */
static json_t *row_of(const char *path, const struct kl_playbook_job *one,
                      const struct success *success)
{
    const struct kl_judgement *j = &one->judgement;
    const struct kl_playbook *p = one->playbook;
    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I}}",
                     "playbook", path, "product", p->name, "version", p->version, "holds",
                     (int)does_hold(one), "gates", (json_int_t)p->gate_count, "passed",
                     (json_int_t)j->passed, "failed", (json_int_t)(j->failed + j->broken), "stale",
                     (json_int_t)j->stale, "missing", (json_int_t)j->missing, "waived",
                     (json_int_t)j->waived, "errors", (json_int_t)one->findings.errors, "measures",
                     "all", (json_int_t)success->all, "measured", (json_int_t)success->measured,
                     "reached", (json_int_t)success->reached);
}

enum { NAME_WIDTH = 20, VERSION_WIDTH = 8 };

static void print_header(void)
{
    printf("       %-*s  %-*s  gates  passed  failed  stale  missing  waived  success\n",
           NAME_WIDTH, "product", VERSION_WIDTH, "version");
}

static void print_row(const struct kl_playbook_job *one, const char *path,
                      const struct success *success)
{
    const struct kl_judgement *j = &one->judgement;
    char reached[48] = "-";
    if (success->all) {
        snprintf(reached, sizeof reached, "%zu of %zu", success->reached, success->all);
    }
    printf("%s%-5s%s  %-*s  %-*s  %5zu  %6zu  %6zu  %5zu  %7zu  %6zu  %7s  %s\n",
           does_hold(one) ? kl_green() : kl_red(), does_hold(one) ? "holds" : "OPEN", kl_plain(),
           NAME_WIDTH, one->playbook->name, VERSION_WIDTH, one->playbook->version,
           one->playbook->gate_count, j->passed, j->failed + j->broken, j->stale, j->missing,
           j->waived, reached, path);
    if (one->findings.errors) {
        printf("       %zu error%s in the file: `kinglet playbook check %s`\n",
               one->findings.errors, one->findings.errors == 1 ? "" : "s", path);
    }
}

/* Is a lesson with this text noted already? Products may share a file of lessons. */
static json_t *noted_lesson(json_t *lessons, const char *text)
{
    size_t i;
    json_t *lesson;
    json_array_foreach(lessons, i, lesson)
    {
        if (strcmp(json_string_value(json_object_get(lesson, "lesson")), text) == 0) {
            return lesson;
        }
    }
    return NULL;
}

static void note_lessons(struct portfolio *all, const struct kl_playbook *p)
{
    const struct kl_yaml *lessons = kl_playbook_field(p, "learning.lessons");
    for (size_t i = 0; lessons && lessons->kind == KL_YAML_LIST && i < lessons->count; i++) {
        const char *text = kl_yaml_text(kl_yaml_get(lessons->items[i], "lesson"), NULL);
        if (!text) {
            continue;
        }
        json_t *known = noted_lesson(all->lessons, text);
        if (!known) {
            known = json_pack("{s:s, s:[]}", "lesson", text, "products");
            json_array_append_new(all->lessons, known);
        }
        json_array_append_new(json_object_get(known, "products"), json_string(p->name));
    }
}

static void note_product(struct portfolio *all, const char *path, const struct kl_playbook_job *one)
{
    struct success success = success_of(one);
    json_array_append_new(all->rows, row_of(path, one, &success));
    note_lessons(all, one->playbook);
    all->products++;
    all->holding += does_hold(one);
    all->success.all += success.all;
    all->success.measured += success.measured;
    all->success.reached += success.reached;
    all->gates += one->playbook->gate_count;
    all->passed += one->judgement.passed;
    if (!all->options->common.json) {
        print_row(one, path, &success);
    }
}

/* A playbook that cannot be read is a row, too: the others must still be shown. */
static void note_unreadable(struct portfolio *all, const char *path, const struct kl_diag *diag)
{
    all->unreadable++;
    json_array_append_new(all->rows, json_pack("{s:s, s:b, s:s}", "playbook", path, "holds", 0,
                                               "message", diag->message));
    if (!all->options->common.json) {
        printf("%sERROR%s  %s\n", kl_red(), kl_plain(), diag->message);
    }
}

static void judge_one(struct portfolio *all, const char *path)
{
    struct kl_diag diag = {0};
    struct kl_playbook_job one;
    enum kl_err err = kl_playbook_job_open(&one, all->options, "playbook status", &diag);
    if (err == KL_OK) {
        err = kl_playbook_job_load(&one, path, &diag);
    }
    if (err == KL_OK) {
        err = kl_playbook_job_judge(&one, &diag);
    }
    if (err == KL_OK) {
        note_product(all, path, &one);
    } else {
        note_unreadable(all, path, &diag);
    }
    kl_playbook_job_free(&one);
}

static void print_lessons(const json_t *lessons)
{
    size_t i;
    json_t *lesson;
    if (json_array_size(lessons)) {
        printf("\nlessons\n");
    }
    json_array_foreach(lessons, i, lesson)
    {
        size_t n = json_array_size(json_object_get(lesson, "products"));
        printf("  %s (%zu product%s)\n", json_string_value(json_object_get(lesson, "lesson")), n,
               n == 1 ? "" : "s");
    }
}

/* Null when there is nothing to have a share of. */
static json_t *share_of(size_t part, size_t whole)
{
    return kl_json_number(whole ? (double)part / (double)whole : NAN);
}

static void print_totals(const struct portfolio *all)
{
    size_t count = all->products + all->unreadable;
    const struct success *s = &all->success;
    printf("\n%zu product%s, %zu with all gates passed or waived (%.0f %%); %zu of %zu gates "
           "passed\n",
           count, count == 1 ? "" : "s", all->holding, 100.0 * (double)all->holding / (double)count,
           all->passed, all->gates);
    if (s->all) {
        printf("%zu of %zu stated measures of success reached their targets (%.0f %%); %zu %s been "
               "measured\n",
               s->reached, s->all, 100.0 * (double)s->reached / (double)s->all, s->measured,
               s->measured == 1 ? "has" : "have");
    } else {
        printf("no measure of success is stated: use_case.measures\n");
    }
}

static void note_portfolio(struct portfolio *all)
{
    struct kl_result *result = &all->job->result;
    kl_result_count(result, "products", (long long)(all->products + all->unreadable), "1",
                    KL_COUNTED);
    kl_result_count(result, "products.holding", (long long)all->holding, "1", KL_COUNTED);
    kl_result_count(result, "gates", (long long)all->gates, "1", KL_COUNTED);
    kl_result_count(result, "gates.passed", (long long)all->passed, "1", KL_COUNTED);
    kl_result_metric(result, "products.holding_share",
                     share_of(all->holding, all->products + all->unreadable), "1", KL_COUNTED);
    kl_result_count(result, "measures", (long long)all->success.all, "1", KL_COUNTED);
    kl_result_count(result, "measures.measured", (long long)all->success.measured, "1", KL_STATED);
    kl_result_count(result, "measures.reached", (long long)all->success.reached, "1", KL_STATED);
    kl_result_metric(result, "measures.reached_share",
                     share_of(all->success.reached, all->success.all), "1", KL_STATED);
    kl_result_detail(result, "playbooks", all->rows);
    kl_result_detail(result, "lessons", all->lessons);
}

enum kl_err kl_playbook_portfolio(const char *folder, const struct kl_playbook_options *options,
                                  struct kl_playbook_job *job, bool *failed, struct kl_diag *diag)
{
    struct finder finder = {.arena = job->arena, .diag = diag};
    KL_TRY(find_below(&finder, folder, 0));
    if (finder.count == 0) {
        return kl_fail(diag, KL_EUSAGE, "%s: no playbook.yaml here or in a folder below", folder);
    }
    qsort(finder.paths, finder.count, sizeof finder.paths[0], compare_paths);
    struct portfolio all = {
        .job = job, .options = options, .rows = json_array(), .lessons = json_array()};
    if (!options->common.json) {
        print_header();
    }
    for (size_t i = 0; i < finder.count; i++) {
        judge_one(&all, finder.paths[i]);
    }
    if (!options->common.json) {
        print_totals(&all);
        print_lessons(all.lessons);
    }
    *failed = all.holding < all.products + all.unreadable;
    note_portfolio(&all);
    return KL_OK;
}
