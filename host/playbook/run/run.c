/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/run.h"

#include <string.h>
#include <unistd.h>

#include "base/nearest.h"
#include "playbook/evidence/head.h"
#include "playbook/run/internal.h"

enum { SLICE_MS = 200, TICK_MS = 1000 };

static bool is_chosen(const struct kl_run_options *options, const struct kl_chapter *chapter)
{
    for (size_t i = 0; options->chapters && options->chapters[i]; i++) {
        if (strcmp(options->chapters[i], chapter->id) == 0) {
            return true;
        }
    }
    return !options->chapters;
}

static enum kl_err check_chapters(const struct kl_playbook *playbook,
                                  const struct kl_run_options *options, struct kl_diag *diag)
{
    const char **ids = KL_NEW(playbook->arena, const char *, playbook->chapter_count);
    if (!ids) {
        return KL_FAIL_MEMORY(diag);
    }
    for (size_t i = 0; i < playbook->chapter_count; i++) {
        ids[i] = playbook->chapters[i].id;
    }
    for (size_t i = 0; options->chapters && options->chapters[i]; i++) {
        const char *id = options->chapters[i];
        const char *near = kl_nearest(id, ids, playbook->chapter_count);
        if (!kl_playbook_chapter(playbook, id)) {
            return kl_fail(diag, KL_EUSAGE, "%s has no chapter '%.60s'%s%s%s", playbook->path, id,
                           near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
    }
    return KL_OK;
}

static bool must_stop(const struct kl_runner *runner)
{
    return runner->options->stop && *runner->options->stop;
}

/* Mark all that marked steps need; `order` has needs before those who need them. */
static void mark_needs(const struct kl_depends *depends, bool *marked)
{
    for (size_t i = depends->ordered; i-- > 0;) {
        size_t step = depends->order[i];
        for (size_t k = 0; marked[step] && k < depends->needs[step].count; k++) {
            marked[depends->needs[step].steps[k]] = true;
        }
    }
}

/* The steps of a chapter, and all that they need. */
static void mark_chapter(const struct kl_runner *runner, const struct kl_chapter *chapter,
                         bool *marked)
{
    const struct kl_playbook *playbook = runner->playbook;
    for (size_t i = 0; i < playbook->step_count; i++) {
        marked[i] = strcmp(playbook->steps[i].chapter, chapter->id) == 0;
    }
    mark_needs(&runner->standing.depends, marked);
}

static void count_steps(struct kl_runner *runner, bool *marked)
{
    const struct kl_playbook *playbook = runner->playbook;
    for (size_t i = 0; i < playbook->step_count; i++) {
        const struct kl_chapter *chapter =
            kl_playbook_chapter(playbook, playbook->steps[i].chapter);
        marked[i] = chapter && is_chosen(runner->options, chapter);
    }
    mark_needs(&runner->standing.depends, marked);
    for (size_t i = 0; i < playbook->step_count; i++) {
        runner->total += marked[i] ? 1 : 0;
    }
}

/* What a step waits for: KL_RUN_DONE when nothing is in its way, KL_RUN_FAILED or _SKIPPED when
 * *blocker will not give a result, else KL_RUN_WAITS. */
static enum kl_run_state way_of(const struct kl_runner *runner, size_t step, size_t *blocker)
{
    const struct kl_needs *needs = &runner->standing.depends.needs[step];
    enum kl_run_state way = KL_RUN_DONE;
    for (size_t i = 0; i < needs->count; i++) {
        enum kl_run_state state = runner->states[needs->steps[i]];
        if (state == KL_RUN_FAILED || state == KL_RUN_SKIPPED) {
            *blocker = needs->steps[i];
            return state;
        }
        way = state == KL_RUN_DONE ? way : KL_RUN_WAITS;
    }
    return way;
}

static enum kl_err skip(struct kl_runner *runner, size_t step, size_t blocker, bool failed,
                        struct kl_diag *diag)
{
    struct kl_step_status *status = &runner->steps[step];
    const struct kl_step *s = &runner->playbook->steps[step];
    *status = (struct kl_step_status){
        .step = s,
        .record = kl_evidence_latest(runner->evidence, s->name),
    };
    status->state = status->record ? KL_STEP_STALE : KL_STEP_NEVER;
    status->reason =
        kl_arena_printf(runner->playbook->arena, "not run: step %s, which it needs, %s",
                        runner->playbook->steps[blocker].name, failed ? "failed" : "did not run");
    if (!status->reason) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_run_skip_step(runner, step);
    return KL_OK;
}

/* A step that would be executed, in a dry run. */
static void pretend(struct kl_runner *runner, size_t step)
{
    bool statement = runner->playbook->steps[step].kind == KL_STEP_STATEMENT;
    runner->states[step] = KL_RUN_DONE;
    runner->summary->executed += statement ? 0 : 1; /* those are recorded only */
    runner->done++;
    if (runner->steps[step].state == KL_STEP_FRESH) {
        runner->steps[step].state = KL_STEP_STALE;
        runner->steps[step].reason = "it is up to date; executed because all are asked for";
    }
    kl_run_tell_step(runner, KL_RUN_STEP, step, 0, NULL);
}

/* Everything that it needs is there: execute it when it is out of date. */
static enum kl_err decide(struct kl_runner *runner, size_t step, struct kl_diag *diag)
{
    const struct kl_run_options *options = runner->options;
    struct kl_step_status *status = &runner->steps[step];
    bool statement = runner->playbook->steps[step].kind == KL_STEP_STATEMENT;
    KL_TRY(kl_standing_judge(&runner->standing, step, runner->steps, diag));
    if (status->state == KL_STEP_FRESH && (statement || !options->force)) {
        runner->states[step] = KL_RUN_DONE;
        runner->summary->fresh++;
        runner->done++;
    } else if (status->state == KL_STEP_EXPIRED || kl_step_is_unsigned(status->step)) {
        kl_run_skip_step(runner, step);
    } else if (options->dry) {
        pretend(runner, step);
    } else {
        return statement ? kl_run_statement(runner, step, diag) : kl_run_start(runner, step, diag);
    }
    return KL_OK;
}

/* A step that reads the evidence waits until the others of its chapter have ended. */
static bool waits_for_others(const struct kl_runner *runner, size_t step, const bool *marked)
{
    const struct kl_playbook *playbook = runner->playbook;
    bool open = false;
    for (size_t i = 0; i < playbook->step_count; i++) {
        bool ended = runner->states[i] != KL_RUN_WAITS && runner->states[i] != KL_RUN_RUNS;
        open |= marked[i] && !ended && !runner->standing.depends.late[i];
    }
    return open && kl_step_reads_evidence(&playbook->steps[step]);
}

/* Go over the marked steps that wait, in their order, until no room is left. */
static enum kl_err launch(struct kl_runner *runner, const bool *marked, struct kl_diag *diag)
{
    const struct kl_depends *depends = &runner->standing.depends;
    for (size_t i = 0; i < depends->ordered && !must_stop(runner); i++) {
        size_t step = depends->order[i];
        size_t blocker = 0;
        if (!marked[step] || runner->states[step] != KL_RUN_WAITS) {
            continue;
        }
        enum kl_run_state way = way_of(runner, step, &blocker);
        if (way == KL_RUN_FAILED || way == KL_RUN_SKIPPED) {
            KL_TRY(skip(runner, step, blocker, way == KL_RUN_FAILED, diag));
        } else if (way == KL_RUN_DONE && runner->running < runner->jobs &&
                   !waits_for_others(runner, step, marked)) {
            KL_TRY(decide(runner, step, diag));
        }
    }
    return KL_OK;
}

static void tick(struct kl_runner *runner)
{
    int64_t now = kl_run_clock_ms();
    if (runner->running == 0 || now - runner->last_tick_ms < TICK_MS) {
        return;
    }
    const struct kl_execution *oldest = &runner->executions[0];
    for (size_t i = 1; i < runner->running; i++) {
        if (runner->executions[i].started_ms < oldest->started_ms) {
            oldest = &runner->executions[i];
        }
    }
    runner->last_tick_ms = now;
    kl_run_tell_step(runner, KL_RUN_TICK, oldest->step, (double)(now - oldest->started_ms) / 1000,
                     NULL);
}

/* Wait for a short time, and take in what has ended. */
static enum kl_err collect(struct kl_runner *runner, struct kl_diag *diag)
{
    struct kl_child *children[KL_RUN_MAX_JOBS];
    for (size_t i = 0; i < runner->running; i++) {
        children[i] = &runner->executions[i].child;
    }
    kl_child_wait(children, runner->running, SLICE_MS);
    tick(runner);
    for (size_t i = 0; i < runner->running;) {
        if (!runner->executions[i].child.ended) {
            i++;
            continue;
        }
        enum kl_err err = kl_run_finish(runner, &runner->executions[i], diag);
        runner->executions[i] = runner->executions[--runner->running];
        runner->executions[runner->running] = (struct kl_execution){0};
        KL_TRY(err);
    }
    return KL_OK;
}

/* End all that still runs, side by side; nothing of it is kept. */
static void end_all(struct kl_runner *runner)
{
    for (size_t i = 0; i < runner->running; i++) {
        kl_child_stop(&runner->executions[i].child);
    }
    for (size_t i = 0; i < runner->running; i++) {
        runner->states[runner->executions[i].step] = KL_RUN_WAITS;
        kl_run_drop(&runner->executions[i]);
    }
    runner->running = 0;
}

static enum kl_err run_steps(struct kl_runner *runner, const bool *marked, struct kl_diag *diag)
{
    for (;;) {
        size_t done = runner->done;
        KL_TRY(launch(runner, marked, diag));
        if (must_stop(runner) || (runner->running == 0 && runner->done == done)) {
            return KL_OK;
        }
        if (runner->running > 0) {
            KL_TRY(collect(runner, diag));
        }
    }
}

/* Judge the gates of the chapter that has run; the first that does not hold is noted. */
static enum kl_err judge_gates(struct kl_runner *runner, const struct kl_gate **open,
                               struct kl_diag *diag)
{
    const struct kl_playbook *playbook = runner->playbook;
    struct kl_step_status *steps =
        KL_NEW(playbook->arena, struct kl_step_status, playbook->step_count);
    if (!steps) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_standing_judge_all(&runner->standing, steps, diag));
    for (size_t i = 0; i < runner->chapter->gate_count; i++) {
        struct kl_gate_status status;
        KL_TRY(kl_judge_gate(playbook, runner->evidence, runner->options->today, steps,
                             runner->chapter->gates[i], &status, diag));
        kl_run_tell_gate(runner, &status);
        bool holds = status.state == KL_GATE_PASSED || status.state == KL_GATE_WAIVED;
        runner->summary->open_gates += holds ? 0 : 1;
        if (!holds && !*open) {
            *open = status.gate;
        }
    }
    return KL_OK;
}

/* One chapter. *go_on: the next one may run. */
static enum kl_err run_chapter(struct kl_runner *runner, const struct kl_chapter *chapter,
                               bool *marked, bool *go_on, struct kl_diag *diag)
{
    struct kl_run_summary *summary = runner->summary;
    const struct kl_gate *open = NULL;
    size_t failed = summary->failed;
    runner->chapter = chapter;
    kl_run_tell_chapter(runner);
    mark_chapter(runner, chapter, marked);
    KL_TRY(run_steps(runner, marked, diag));
    if (must_stop(runner)) {
        summary->interrupted = true;
        *go_on = false;
        return KL_OK;
    }
    if (runner->options->dry) {
        return KL_OK;
    }
    KL_TRY(judge_gates(runner, &open, diag));
    if (!runner->options->keep_going) {
        summary->stopped_at = open;
        *go_on = !open && summary->failed == failed; /* open statements are for gates to judge */
    }
    return KL_OK;
}

static enum kl_err run_chapters(struct kl_runner *runner, struct kl_diag *diag)
{
    const struct kl_playbook *playbook = runner->playbook;
    bool *marked = KL_NEW(playbook->arena, bool, playbook->step_count);
    bool go_on = true;
    if (!marked) {
        return KL_FAIL_MEMORY(diag);
    }
    count_steps(runner, marked);
    for (size_t i = 0; i < playbook->chapter_count && go_on; i++) {
        const struct kl_chapter *chapter = &playbook->chapters[i];
        if (is_chosen(runner->options, chapter) && (chapter->step_count || chapter->gate_count)) {
            KL_TRY(run_chapter(runner, chapter, marked, &go_on, diag));
        }
    }
    return KL_OK;
}

/* Steps that need each other in a circle have no order to run in. */
static enum kl_err refuse_circles(const struct kl_runner *runner, struct kl_diag *diag)
{
    const struct kl_playbook *playbook = runner->playbook;
    const struct kl_depends *depends = &runner->standing.depends;
    bool *ordered = KL_NEW(playbook->arena, bool, playbook->step_count);
    if (!ordered) {
        return KL_FAIL_MEMORY(diag);
    }
    for (size_t i = 0; i < depends->ordered; i++) {
        ordered[depends->order[i]] = true;
    }
    for (size_t i = 0; i < playbook->step_count; i++) {
        if (!ordered[i]) {
            return kl_fail(diag, KL_EINPUT,
                           "%s: step %s needs itself, by way of the steps that it needs or whose "
                           "outputs it reads; take one of them out of the circle",
                           playbook->path, playbook->steps[i].name);
        }
    }
    return KL_OK;
}

static enum kl_err prepare(struct kl_runner *runner, struct kl_diag *diag)
{
    const struct kl_playbook *playbook = runner->playbook;
    const struct kl_run_options *options = runner->options;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    runner->jobs =
        options->jobs > 0 ? (size_t)options->jobs : (processors > 0 ? (size_t)processors : 1);
    if (runner->jobs > KL_RUN_MAX_JOBS) {
        runner->jobs = KL_RUN_MAX_JOBS;
    }
    runner->steps = KL_NEW(playbook->arena, struct kl_step_status, playbook->step_count);
    runner->states = KL_NEW(playbook->arena, enum kl_run_state, playbook->step_count);
    runner->executions = KL_NEW(playbook->arena, struct kl_execution, runner->jobs);
    if (!runner->steps || !runner->states || !runner->executions) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_standing_open(&runner->standing, playbook, runner->evidence, options->today, diag));
    KL_TRY(refuse_circles(runner, diag));
    KL_TRY(kl_standing_judge_all(&runner->standing, runner->steps, diag));
    return kl_run_hash_files(runner, runner->files, diag);
}

static enum kl_err run(struct kl_runner *runner, struct kl_diag *diag)
{
    enum kl_err err = prepare(runner, diag);
    if (err == KL_OK) {
        err = run_chapters(runner, diag);
    }
    end_all(runner);
    kl_standing_close(&runner->standing);
    return err;
}

/* Faults must be cleared by a person before anything is added. */
static enum kl_err refuse_faults(const struct kl_evidence *evidence, struct kl_diag *diag)
{
    if (evidence->fault_count == 0) {
        return KL_OK;
    }
    size_t more = evidence->fault_count - 1;
    return kl_fail(diag, KL_EINPUT, "%s%s", evidence->faults[0],
                   more ? " (and more: `kinglet playbook log` lists all)" : "");
}

/* Another run may have added records between reading the chain and locking it. */
static enum kl_err refresh(const struct kl_playbook *playbook, struct kl_evidence *evidence,
                           struct kl_diag *diag)
{
    bool current;
    KL_TRY(kl_evidence_is_current(evidence, &current, diag));
    if (!current) {
        struct kl_arena *arena = evidence->arena;
        kl_evidence_close(evidence);
        KL_TRY(kl_evidence_open(playbook, arena, evidence, diag));
    }
    return refuse_faults(evidence, diag);
}

enum kl_err kl_playbook_run(const struct kl_playbook *playbook, struct kl_evidence *evidence,
                            const struct kl_run_options *options, struct kl_run_summary *summary,
                            struct kl_diag *diag)
{
    struct kl_runner runner = {
        .playbook = playbook, .evidence = evidence, .options = options, .summary = summary};
    *summary = (struct kl_run_summary){0};
    KL_TRY(check_chapters(playbook, options, diag));
    KL_TRY(refuse_faults(evidence, diag));
    if (options->dry) {
        return run(&runner, diag);
    }
    KL_TRY(kl_evidence_lock(playbook, &runner.lock, diag));
    enum kl_err err = refresh(playbook, evidence, diag);
    if (err == KL_OK) {
        err = run(&runner, diag);
    }
    close(runner.lock);
    return err;
}
