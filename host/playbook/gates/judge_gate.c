/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/utf8.h"
#include "playbook/expression.h"
#include "playbook/gates/names.h"
#include "playbook/judge.h"

struct gate_job {
    struct kl_names names;
    struct kl_date today;
    const struct kl_gate *gate;
    const struct kl_expression *expression;
    struct kl_gate_status *status;
    bool beyond_waiver; /* nobody can answer for this: evidence was changed */
    struct kl_diag *diag;
};

/* Memory ran out on our side, or the reason is there: then the state is set. */
static enum kl_err set_state(struct gate_job *job, enum kl_gate_state state, const char *reason)
{
    if (!reason) {
        return KL_FAIL_MEMORY(job->diag);
    }
    /* Texts of evidence may hold anything: nothing of that reaches a terminal or a report. */
    const char *fault;
    size_t length = strlen(reason);
    size_t clean = kl_utf8_check(reason, length, &fault);
    if (clean < length) {
        reason = kl_arena_printf(job->names.arena, "%.*s...", (int)clean, reason);
    }
    if (!reason) {
        return KL_FAIL_MEMORY(job->diag);
    }
    job->status->state = state;
    job->status->reason = reason;
    return KL_OK;
}

/* The steps that the gate's names are about, one call each. */
static const struct kl_step_status *step_of(const struct gate_job *job, const char *name)
{
    const char *metric;
    const struct kl_playbook *playbook = job->names.playbook;
    const struct kl_step *step = kl_names_step(playbook, name, &metric);
    return step ? &job->names.steps[step - playbook->steps] : NULL;
}

/* States that the steps alone decide. *decided: the gate has its state. */
static enum kl_err judge_steps(struct gate_job *job, bool *decided)
{
    size_t count;
    const char *const *names = kl_expression_names(job->expression, &count);
    for (size_t i = 0; i < count && !*decided; i++) {
        const struct kl_step_status *step = step_of(job, names[i]);
        if (!step) {
            continue;
        }
        const char *fault = kl_names_fault(job->names.evidence, step->step->name);
        if (fault) {
            *decided = job->beyond_waiver = true;
            KL_TRY(set_state(job, KL_GATE_FAILED, fault));
        } else if (step->state == KL_STEP_FAILED) {
            *decided = true;
            KL_TRY(set_state(job, KL_GATE_FAILED,
                             kl_arena_printf(job->names.arena, "%s failed: %s", step->step->name,
                                             step->reason)));
        }
    }
    return KL_OK;
}

static bool is_stale(const struct kl_step_status *step)
{
    return step->state == KL_STEP_STALE || step->state == KL_STEP_EXPIRED;
}

/* The step itself, or the first one that its result rests on, when it is out of date. `seen` are
 * those looked at already: records may hold anything, also circles. */
static const struct kl_step_status *stale_below(const struct gate_job *job,
                                                const struct kl_step_status *step, bool *seen)
{
    const struct kl_playbook *playbook = job->names.playbook;
    size_t index = (size_t)(step->step - playbook->steps);
    if (seen[index] || is_stale(step) || !step->record) {
        return is_stale(step) ? step : NULL;
    }
    seen[index] = true;
    const json_t *rows = json_object_get(step->record->result, "rests_on");
    size_t count = json_array_size(rows);
    const struct kl_step_status *stale = NULL;
    for (size_t i = 0; i < count && i < playbook->step_count && !stale; i++) {
        const json_t *name = json_object_get(json_array_get(rows, i), "step");
        const char *text = json_string_value(name);
        const struct kl_step *other = text ? kl_playbook_step(playbook, text) : NULL;
        stale = other ? stale_below(job, &job->names.steps[other - playbook->steps], seen) : NULL;
    }
    return stale;
}

/* The first step that is out of date, NULL for none. */
static enum kl_err find_stale(const struct gate_job *job, const struct kl_step_status **stale)
{
    size_t count;
    const char *const *names = kl_expression_names(job->expression, &count);
    bool *seen = KL_NEW(job->names.arena, bool, job->names.playbook->step_count);
    *stale = NULL;
    for (size_t i = 0; seen && i < count && !*stale; i++) {
        const struct kl_step_status *step = step_of(job, names[i]);
        *stale = step ? stale_below(job, step, seen) : NULL;
    }
    return seen ? KL_OK : KL_FAIL_MEMORY(job->diag);
}

/* Which step's own check failed, so that what is missing will not come by itself? */
static const char *failed_check(const struct gate_job *job)
{
    size_t count;
    const char *const *names = kl_expression_names(job->expression, &count);
    for (size_t i = 0; i < count; i++) {
        const struct kl_step_status *step = step_of(job, names[i]);
        if (step && step->record && step->record->finished && !step->record->ok) {
            return step->step->name;
        }
    }
    return NULL;
}

static enum kl_err judge_missing(struct gate_job *job, const char *reason)
{
    const char *failed = failed_check(job);
    if (failed) {
        return set_state(
            job, KL_GATE_FAILED,
            kl_arena_printf(job->names.arena, "the check of %s did not hold: %s", failed, reason));
    }
    return set_state(job, KL_GATE_MISSING, reason);
}

/* The metric in it whose provenance is the one given. */
static const char *metric_with(struct gate_job *job, const char *provenance)
{
    struct kl_scope scope = kl_names_scope(&job->names);
    size_t count;
    const char *const *names = kl_expression_names(job->expression, &count);
    for (size_t i = 0; i < count; i++) {
        struct kl_operand value = {.kind = KL_OPERAND_NONE};
        const char *reason;
        struct kl_diag diag = {0}; /* names in exists() may be unknown */
        if (scope.find(scope.user, names[i], &value, &reason, &diag) == KL_OK && value.provenance &&
            strcmp(value.provenance, provenance) == 0) {
            return names[i];
        }
    }
    return "a metric";
}

static enum kl_err fail_demand(struct gate_job *job, const char *least)
{
    struct kl_arena *arena = job->names.arena;
    const char *demand = job->gate->demand;
    return set_state(
        job, KL_GATE_FAILED,
        least ? kl_arena_printf(arena, "%s is %s, %s is demanded", metric_with(job, least), least,
                                demand)
              : kl_arena_printf(arena, "%s is demanded, but it names no metric", demand));
}

static enum kl_err judge_value(struct gate_job *job, const struct kl_evaluation *evaluation)
{
    if (evaluation->least_provenance) {
        job->status->least_provenance = evaluation->least_provenance;
    }
    const struct kl_step_status *stale;
    KL_TRY(find_stale(job, &stale));
    if (stale) {
        job->beyond_waiver = stale->tampered;
        return set_state(job, KL_GATE_STALE,
                         kl_arena_printf(job->names.arena, "%s is out of date: %s",
                                         stale->step->name, stale->reason));
    }
    if (evaluation->value.kind == KL_OPERAND_NONE) {
        return judge_missing(job, evaluation->reason);
    }
    if (evaluation->value.kind != KL_OPERAND_TRUTH) {
        return set_state(job, KL_GATE_BROKEN,
                         "the expression gives a value, not true or false; compare it with one");
    }
    const char *reason = *evaluation->reason ? evaluation->reason : job->gate->that;
    if (!evaluation->value.truth) {
        return set_state(job, KL_GATE_FAILED, reason);
    }
    if (!kl_provenance_meets(evaluation->least_provenance, job->gate->demand)) {
        return fail_demand(job, evaluation->least_provenance);
    }
    return set_state(job, KL_GATE_PASSED, reason);
}

static enum kl_err judge_expression(struct gate_job *job)
{
    struct kl_diag diag = {0};
    struct kl_arena *arena = job->names.arena;
    struct kl_scope scope = kl_names_scope(&job->names);
    struct kl_evaluation evaluation;
    enum kl_err err = kl_expression_parse(job->gate->that, arena, &job->expression, &diag);
    bool decided = false;
    if (err == KL_OK) {
        KL_TRY(judge_steps(job, &decided));
        if (decided) {
            return KL_OK;
        }
        err = kl_expression_evaluate(job->expression, &scope, arena, &evaluation, &diag);
    }
    if (err == KL_OK) {
        return judge_value(job, &evaluation);
    }
    return set_state(job, err == KL_ECHECK ? KL_GATE_FAILED : KL_GATE_BROKEN,
                     kl_arena_printf(arena, "%s", diag.message));
}

/* A person may answer for what failed or is not shown, until a day. */
static enum kl_err apply_waiver(struct gate_job *job)
{
    const struct kl_waiver *waiver = job->gate->waiver;
    enum kl_gate_state state = job->status->state;
    bool can_be_waived =
        state == KL_GATE_FAILED || state == KL_GATE_STALE || state == KL_GATE_MISSING;
    job->status->without_waiver = state;
    if (!waiver || !can_be_waived || job->beyond_waiver) {
        return KL_OK;
    }
    const struct kl_date *until = &waiver->until;
    if (kl_date_days(job->today) > kl_date_days(*until)) {
        return set_state(job, state,
                         kl_arena_printf(job->names.arena,
                                         "%s; the waiver by %s expired on %04d-%02d-%02d",
                                         job->status->reason, waiver->by, until->year, until->month,
                                         until->day));
    }
    return set_state(job, KL_GATE_WAIVED,
                     kl_arena_printf(job->names.arena, "waived by %s until %04d-%02d-%02d: %s",
                                     waiver->by, until->year, until->month, until->day,
                                     waiver->reason));
}

enum kl_err kl_judge_gate(const struct kl_playbook *playbook, const struct kl_evidence *evidence,
                          struct kl_date today, const struct kl_step_status *steps,
                          const struct kl_gate *gate, struct kl_gate_status *status,
                          struct kl_diag *diag)
{
    *status = (struct kl_gate_status){.gate = gate, .reason = "", .least_provenance = ""};
    struct gate_job job = {.names = {.playbook = playbook,
                                     .evidence = evidence,
                                     .steps = steps,
                                     .arena = playbook->arena},
                           .today = today,
                           .gate = gate,
                           .status = status,
                           .diag = diag};
    KL_TRY(judge_expression(&job));
    return apply_waiver(&job);
}
