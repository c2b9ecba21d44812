/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "playbook/evidence/found.h"
#include "playbook/evidence/words.h"
#include "playbook/run/internal.h"

enum { LINES_BYTES = 600, MOST_LINES = 8 };

struct kl_stamp kl_run_stamp(const char *path)
{
    struct stat status;
    if (!path || stat(path, &status) != 0) {
        return (struct kl_stamp){0};
    }
    return (struct kl_stamp){.exists = 1,
                             .device = status.st_dev,
                             .inode = status.st_ino,
                             .bytes = status.st_size,
                             .changed_s = status.st_ctim.tv_sec,
                             .changed_ns = status.st_ctim.tv_nsec};
}

enum kl_err kl_run_hash_files(const struct kl_runner *runner, char hex[KL_SHA256_HEX_BYTES],
                              struct kl_diag *diag)
{
    const struct kl_playbook *playbook = runner->playbook;
    struct kl_content_budget budget = {0};
    struct kl_buffer list = KL_BUFFER(KL_SHA256_HEX_BYTES * (KL_PLAYBOOK_MAX_INCLUDES + 2));
    enum kl_err err = KL_OK;
    for (size_t i = 0; err == KL_OK && i < playbook->file_count; i++) {
        char sha256[KL_SHA256_HEX_BYTES];
        err = kl_content_hash(runner->standing.content, playbook->files[i], playbook->files[i],
                              NULL, &budget, sha256, diag);
        kl_buffer_printf(&list, "%s\n", err == KL_OK ? sha256 : "");
    }
    kl_sha256_hex(list.data ? list.data : "", list.size, hex);
    kl_buffer_free(&list);
    return err;
}

/* Paths in the words of the command that are not there yet: what appears is made by the step. */
static enum kl_err note_absent(const struct kl_runner *runner, struct kl_execution *execution,
                               struct kl_diag *diag)
{
    const struct kl_playbook *playbook = runner->playbook;
    const char *const *words = kl_step_words(&playbook->steps[execution->step], playbook->arena);
    size_t count = 0;
    while (words && words[count]) {
        count++;
    }
    const char **absent = KL_NEW(playbook->arena, const char *, count + 1);
    if (!words || !absent) {
        return KL_FAIL_MEMORY(diag);
    }
    size_t kept = 0;
    const struct kl_record *record = runner->steps[execution->step].record;
    for (size_t i = 0; i < count; i++) {
        bool made_before = kl_record_has_output(record, words[i]);
        if (made_before || !kl_run_stamp(kl_playbook_file(playbook, words[i])).exists) {
            absent[kept++] = words[i];
        }
    }
    execution->absent = absent;
    return KL_OK;
}

/* Those of the absent paths that are files now; NULL: no memory. */
static const char *const *appeared(const struct kl_runner *runner,
                                   const struct kl_execution *execution)
{
    size_t count = 0;
    while (execution->absent[count]) {
        count++;
    }
    const char **files = KL_NEW(runner->playbook->arena, const char *, count + 1);
    size_t kept = 0;
    for (size_t i = 0; files && i < count; i++) {
        struct stat status;
        const char *path = kl_playbook_file(runner->playbook, execution->absent[i]);
        if (path && stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
            files[kept++] = execution->absent[i];
        }
    }
    return files;
}

/* PATH with the folder of this program first, and what a script may want to know. */
static const char *const *environment(const struct kl_runner *runner, const struct kl_step *step)
{
    struct kl_arena *arena = runner->playbook->arena;
    const char *program = runner->options->program;
    const char *slash = strrchr(program, '/');
    const char *path = getenv("PATH");
    char *full = realpath(runner->playbook->path, NULL);
    const char **variables = KL_NEW(arena, const char *, 5);
    if (variables) {
        variables[0] =
            kl_arena_printf(arena, "PATH=%.*s%s%s", slash ? (int)(slash - program) : 1,
                            slash ? program : ".", path && *path ? ":" : "", path ? path : "");
        variables[1] = kl_arena_printf(arena, "KINGLET=%s", program);
        variables[2] = kl_arena_printf(arena, "KINGLET_STEP=%s", step->name);
        variables[3] =
            kl_arena_printf(arena, "KINGLET_PLAYBOOK=%s", full ? full : runner->playbook->path);
    }
    free(full);
    bool complete = variables && variables[0] && variables[1] && variables[2] && variables[3];
    return complete ? variables : NULL;
}

/* The command's words, with this program in the place of "kinglet". */
static const char *const *command(const struct kl_runner *runner, const struct kl_step *step)
{
    size_t count = 0;
    while (step->argv[count]) {
        count++;
    }
    const char **words = KL_NEW(runner->playbook->arena, const char *, count + 1);
    for (size_t i = 0; words && i < count; i++) {
        words[i] = step->argv[i];
    }
    if (words && count && strcmp(words[0], "kinglet") == 0) {
        words[0] = runner->options->program;
    }
    return words;
}

static enum kl_err start_child(struct kl_runner *runner, struct kl_execution *execution,
                               struct kl_diag *problem, struct kl_diag *diag)
{
    const struct kl_step *step = &runner->playbook->steps[execution->step];
    const struct kl_child_options options = {
        .argv = command(runner, step),
        .folder = runner->playbook->folder,
        .environment = environment(runner, step),
        .timeout_ms = step->timeout_ms,
        .output_limit = KL_RUN_OUTPUT_BYTES,
        .hold = &runner->lock, /* who runs after a crash waits until these steps are gone */
    };
    if (!options.argv || !options.environment) {
        return KL_FAIL_MEMORY(diag);
    }
    if (step->metrics_file) {
        execution->metrics_before =
            kl_run_stamp(kl_playbook_file(runner->playbook, step->metrics_file));
    }
    KL_TRY(note_absent(runner, execution, diag));
    kl_run_now(execution->started);
    execution->started_ms = kl_run_clock_ms();
    /* A program that is not there is the step's fault, and recorded as such. */
    if (kl_child_start(&execution->child, &options, problem) != KL_OK) {
        execution->child.ended = true;
    }
    return KL_OK;
}

void kl_run_drop(struct kl_execution *execution)
{
    kl_child_free(&execution->child);
    kl_basis_free(&execution->basis);
    *execution = (struct kl_execution){0};
}

static enum kl_err record_refusal(struct kl_runner *runner, struct kl_execution *execution,
                                  const char *message, struct kl_diag *diag)
{
    struct kl_outcome outcome = {0};
    snprintf(outcome.message, sizeof outcome.message, "%s", message);
    runner->summary->executed++;
    KL_TRY(kl_run_record(runner, execution, &outcome, 0, diag));
    kl_run_fail_step(runner, execution->step, 0, message);
    return KL_OK;
}

enum kl_err kl_run_start(struct kl_runner *runner, size_t step, struct kl_diag *diag)
{
    struct kl_diag problem = {0};
    struct kl_execution *execution = &runner->executions[runner->running];
    *execution = (struct kl_execution){.step = step};
    enum kl_err err = kl_basis_make(&runner->standing, step, &execution->basis, diag);
    if (err == KL_OK && execution->basis.problem) {
        kl_run_fail_step(runner, step, 0, execution->basis.problem);
        kl_run_drop(execution);
        return KL_OK;
    }
    if (err == KL_OK) {
        err = start_child(runner, execution, &problem, diag);
    }
    if (err == KL_OK && problem.err != KL_OK) {
        err = record_refusal(runner, execution, problem.message, diag);
        kl_run_drop(execution);
        return err;
    }
    if (err != KL_OK) {
        kl_run_drop(execution);
        return err;
    }
    runner->states[step] = KL_RUN_RUNS;
    runner->running++;
    kl_run_tell_step(runner, KL_RUN_START, step, 0, NULL);
    return KL_OK;
}

/* An input of the first list that is not the same in the second one; NULL: none. */
static const char *changed_input(const json_t *before, const json_t *after)
{
    size_t i, k;
    const json_t *was, *is;
    json_array_foreach(before, i, was)
    {
        bool same = false;
        json_array_foreach(after, k, is)
        {
            same |= json_equal(was, is);
        }
        if (!same) {
            return json_string_value(json_object_get(was, "path"));
        }
    }
    return NULL;
}

/* Is what the step read still what it was? *changed is what is not, or NULL. */
static enum kl_err check_inputs(const struct kl_runner *runner,
                                const struct kl_execution *execution, struct kl_outcome *outcome,
                                const char **changed, struct kl_diag *diag)
{
    struct kl_basis now;
    char files[KL_SHA256_HEX_BYTES];
    const struct kl_step *step = &runner->playbook->steps[execution->step];
    enum kl_err err = kl_basis_make(&runner->standing, execution->step, &now, diag);
    *changed = NULL;
    if (err == KL_OK) {
        *changed = changed_input(json_object_get(execution->basis.json, "inputs"),
                                 json_object_get(now.json, "inputs"));
    }
    kl_basis_free(&now);
    KL_TRY(err);
    if (!*changed && step->reads && step->reads[0]) {
        KL_TRY(kl_run_hash_files(runner, files, diag));
        *changed = strcmp(files, runner->files) != 0 ? runner->playbook->path : NULL;
    }
    if (!*changed) {
        const json_t *inputs = json_object_get(execution->basis.json, "inputs");
        outcome->found = kl_found_inputs(&runner->standing, step, outcome->result, inputs, changed);
        return outcome->found ? KL_OK : KL_FAIL_MEMORY(diag);
    }
    return KL_OK;
}

/* Hash what the step made. Of one that failed only what appeared, so that the next execution does
 * not take it for an input. */
static enum kl_err take_outputs(const struct kl_runner *runner,
                                const struct kl_execution *execution, struct kl_outcome *outcome,
                                struct kl_diag *diag)
{
    struct kl_diag problem = {0};
    const struct kl_step *step = &runner->playbook->steps[execution->step];
    const struct kl_step bare = {.name = step->name};
    const char *const *more = appeared(runner, execution);
    if (!more) {
        return KL_FAIL_MEMORY(diag);
    }
    outcome->outputs =
        kl_outputs_json(&runner->standing, outcome->result ? step : &bare, more, &problem);
    if (!outcome->outputs && outcome->result) {
        snprintf(outcome->message, sizeof outcome->message,
                 "%s; the step lists it under outputs and has to make it", problem.message);
        json_decref(outcome->result);
        outcome->result = NULL;
        outcome->ok = false;
        outcome->outputs = kl_outputs_json(&runner->standing, &bare, more, &problem);
    }
    return KL_OK;
}

/* The last lines of a text. */
static const char *last_lines(const char *text)
{
    const char *at = text + strlen(text);
    for (int lines = 0; at > text; at--) {
        if (at[-1] == '\n' && ++lines == MOST_LINES) {
            break;
        }
    }
    return at;
}

/* Why it failed, and the end of what it printed, for people. */
static void tell_failure(struct kl_runner *runner, const struct kl_execution *execution,
                         const struct kl_outcome *outcome)
{
    struct kl_arena *arena = runner->playbook->arena;
    const struct kl_child *child = &execution->child;
    const struct kl_buffer *stream = child->err.size ? &child->err : &child->out;
    const char *tail = kl_run_tail(arena, stream, LINES_BYTES);
    bool several = tail && strchr(tail, '\n');
    const char *message =
        several ? kl_arena_printf(arena, "%s\n%s", outcome->message, last_lines(tail)) : NULL;
    kl_run_fail_step(runner, execution->step, child->seconds, message ? message : outcome->message);
}

static enum kl_err keep(struct kl_runner *runner, struct kl_execution *execution,
                        struct kl_outcome *outcome, struct kl_diag *diag)
{
    double seconds = execution->child.seconds;
    KL_TRY(take_outputs(runner, execution, outcome, diag));
    KL_TRY(kl_run_record(runner, execution, outcome, seconds, diag));
    if (!outcome->result) {
        tell_failure(runner, execution, outcome);
        return KL_OK;
    }
    kl_run_done(runner, execution->step, execution->basis.sha256, seconds);
    return KL_OK;
}

static enum kl_err finish(struct kl_runner *runner, struct kl_execution *execution,
                          struct kl_outcome *outcome, struct kl_diag *diag)
{
    const char *changed;
    const struct kl_step *step = &runner->playbook->steps[execution->step];
    KL_TRY(kl_run_result(runner, step, execution, outcome, diag));
    KL_TRY(check_inputs(runner, execution, outcome, &changed, diag));
    if (changed) {
        snprintf(outcome->message, sizeof outcome->message,
                 "%s changed while the step ran, so its result was not kept; run again, and if the "
                 "step writes it itself, list it under outputs",
                 changed);
        kl_run_fail_step(runner, execution->step, execution->child.seconds, outcome->message);
        return KL_OK;
    }
    return keep(runner, execution, outcome, diag);
}

enum kl_err kl_run_finish(struct kl_runner *runner, struct kl_execution *execution,
                          struct kl_diag *diag)
{
    struct kl_outcome outcome = {0};
    runner->summary->executed++;
    enum kl_err err = finish(runner, execution, &outcome, diag);
    json_decref(outcome.result);
    json_decref(outcome.outputs);
    json_decref(outcome.found);
    kl_run_drop(execution);
    return err;
}
