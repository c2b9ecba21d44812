/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/gates/standing.h"

#include <string.h>
#include <time.h>

#include "playbook/evidence/fingerprint.h"
#include "playbook/evidence/found.h"

static const char unsigned_reason[] =
    "nobody has stated it yet; whoever does adds by: and date: to the statement";

enum kl_err kl_standing_open(struct kl_standing *standing, const struct kl_playbook *playbook,
                             const struct kl_evidence *evidence, struct kl_date today,
                             struct kl_diag *diag)
{
    *standing = (struct kl_standing){.playbook = playbook, .evidence = evidence, .today = today};
    standing->content = kl_content_create();
    if (!standing->content) {
        return KL_FAIL_MEMORY(diag);
    }
    return kl_depends_make(playbook, playbook->arena, &standing->depends, diag);
}

void kl_standing_close(struct kl_standing *standing)
{
    kl_content_free(standing->content);
    standing->content = NULL;
}

bool kl_step_is_unsigned(const struct kl_step *step)
{
    return step->kind == KL_STEP_STATEMENT && step->by && !step->by[0];
}

/* Set state and reason; the second part of the reason may be NULL. */
static enum kl_err set_state(const struct kl_standing *standing, struct kl_step_status *status,
                             enum kl_step_state state, const char *reason, const char *more,
                             struct kl_diag *diag)
{
    status->state = state;
    status->reason = kl_arena_printf(standing->playbook->arena, "%s%s%s", reason, more ? "; " : "",
                                     more ? more : "");
    return status->reason ? KL_OK : KL_FAIL_MEMORY(diag);
}

/* Does it rest on evidence that was changed, by itself or by what it needs? */
static bool is_tampered(const struct kl_standing *standing, size_t step,
                        const struct kl_step_status *steps)
{
    const struct kl_needs *needs = &standing->depends.needs[step];
    bool tampered = steps[step].record && steps[step].record->fault;
    for (size_t i = 0; i < needs->count; i++) {
        tampered = tampered || steps[needs->steps[i]].tampered;
    }
    return tampered;
}

/* The first needed step that is not up to date, as a reason; NULL when all are. */
static const char *need_that_is_open(const struct kl_standing *standing, size_t step,
                                     const struct kl_step_status *steps)
{
    static const char *const words[] = {
        [KL_STEP_NEVER] = "has not run yet",
        [KL_STEP_STALE] = "is out of date",
        [KL_STEP_FAILED] = "failed",
        [KL_STEP_EXPIRED] = "has expired",
    };
    const struct kl_needs *needs = &standing->depends.needs[step];
    for (size_t i = 0; i < needs->count; i++) {
        const struct kl_step_status *need = &steps[needs->steps[i]];
        if (need->state != KL_STEP_FRESH) {
            const char *text = kl_arena_printf(standing->playbook->arena, "step %s %s",
                                               need->step->name, words[need->state]);
            return text ? text : "a step that it needs is not up to date";
        }
    }
    return NULL;
}

/* Which output is not what the record says; NULL when all are. */
static const char *changed_output(const struct kl_standing *standing, const struct kl_step *step,
                                  const struct kl_record *record)
{
    struct kl_arena *arena = standing->playbook->arena;
    json_t *outputs = json_object_get(record->json, "outputs");
    size_t i;
    json_t *output;
    json_array_foreach(outputs, i, output)
    {
        struct kl_diag diag = {0};
        const char *path = json_string_value(json_object_get(output, "path"));
        const char *const one[] = {path, NULL};
        const struct kl_step bare = {.name = step->name, .outputs = one};
        json_t *now = kl_outputs_json(standing, &bare, NULL, &diag);
        bool same = now && json_equal(json_array_get(now, 0), output);
        const char *text =
            !now ? kl_arena_printf(arena, "%s", diag.message)
                 : kl_arena_printf(arena, "output %s was changed after the step had made it", path);
        json_decref(now);
        if (!same) {
            return text ? text : "an output changed";
        }
    }
    return NULL;
}

/* Has a statement become too old? The reason, or NULL. */
static const char *expiry(const struct kl_standing *standing, const struct kl_step *step)
{
    if (step->kind != KL_STEP_STATEMENT || step->valid_days <= 0 ||
        kl_date_days(standing->today) - kl_date_days(step->date) <= step->valid_days) {
        return NULL;
    }
    struct tm last;
    time_t seconds = ((time_t)kl_date_days(step->date) + step->valid_days) * 86400;
    gmtime_r(&seconds, &last);
    const char *text =
        kl_arena_printf(standing->playbook->arena,
                        "the statement by %s was valid until %04d-%02d-%02d; it has to be made "
                        "again, with a new date",
                        step->by, last.tm_year + 1900, last.tm_mon + 1, last.tm_mday);
    return text ? text : "the statement has expired";
}

/* The state of a step that has a result, and whose basis is known. */
static enum kl_err judge_result(const struct kl_standing *standing, size_t index,
                                const struct kl_basis *basis, struct kl_step_status *steps,
                                struct kl_diag *diag)
{
    struct kl_step_status *status = &steps[index];
    const char *need = need_that_is_open(standing, index, steps);
    if (strcmp(basis->sha256, status->record->fingerprint) != 0) {
        const char *why = kl_basis_difference(standing, basis, status->record);
        return why ? set_state(standing, status, KL_STEP_STALE, why, need, diag)
                   : KL_FAIL_MEMORY(diag);
    }
    const char *found = kl_found_change(standing, status->record);
    if (found) {
        const char *why = kl_arena_printf(standing->playbook->arena, "%s changed", found);
        return why ? set_state(standing, status, KL_STEP_STALE, why, need, diag)
                   : KL_FAIL_MEMORY(diag);
    }
    const char *output = changed_output(standing, status->step, status->record);
    const char *old = expiry(standing, status->step);
    if (output || need) {
        return set_state(standing, status, KL_STEP_STALE, output ? output : need,
                         output ? need : NULL, diag);
    }
    return old ? set_state(standing, status, KL_STEP_EXPIRED, old, NULL, diag)
               : set_state(standing, status, KL_STEP_FRESH, "", NULL, diag);
}

static enum kl_err judge_basis(const struct kl_standing *standing, size_t index,
                               const struct kl_basis *basis, struct kl_step_status *steps,
                               struct kl_diag *diag)
{
    struct kl_step_status *status = &steps[index];
    const struct kl_record *record = status->record;
    const char *fault = record ? record->fault : NULL;
    if (!record) {
        const char *what = kl_step_is_unsigned(status->step)         ? unsigned_reason
                           : status->step->kind == KL_STEP_STATEMENT ? "not recorded yet"
                                                                     : "it never ran";
        return set_state(standing, status, KL_STEP_NEVER, what, basis->problem, diag);
    }
    if (fault) {
        return set_state(standing, status, KL_STEP_STALE, fault, NULL, diag);
    }
    if (kl_step_is_unsigned(status->step)) {
        return set_state(standing, status, KL_STEP_STALE, unsigned_reason, NULL, diag);
    }
    if (!record->finished) {
        return set_state(standing, status, KL_STEP_FAILED,
                         json_string_value(json_object_get(record->json, "message")), NULL, diag);
    }
    return basis->problem ? set_state(standing, status, KL_STEP_STALE, basis->problem,
                                      need_that_is_open(standing, index, steps), diag)
                          : judge_result(standing, index, basis, steps, diag);
}

enum kl_err kl_standing_judge(const struct kl_standing *standing, size_t step,
                              struct kl_step_status *steps, struct kl_diag *diag)
{
    struct kl_basis basis;
    const struct kl_step *s = &standing->playbook->steps[step];
    steps[step] = (struct kl_step_status){
        .step = s, .record = kl_evidence_latest(standing->evidence, s->name), .reason = ""};
    enum kl_err err = kl_basis_make(standing, step, &basis, diag);
    if (err == KL_OK) {
        memcpy(steps[step].fingerprint, basis.sha256, sizeof basis.sha256);
        err = judge_basis(standing, step, &basis, steps, diag);
    }
    steps[step].tampered = is_tampered(standing, step, steps);
    kl_basis_free(&basis);
    return err;
}

/* Steps that need each other in a circle can never be up to date. */
static void judge_circles(const struct kl_standing *standing, struct kl_step_status *steps)
{
    for (size_t i = 0; i < standing->playbook->step_count; i++) {
        if (!steps[i].step) {
            const struct kl_step *step = &standing->playbook->steps[i];
            const struct kl_record *record = kl_evidence_latest(standing->evidence, step->name);
            steps[i] = (struct kl_step_status){
                .step = step,
                .state = record ? KL_STEP_STALE : KL_STEP_NEVER,
                .record = record,
                .reason = "it needs itself, by way of the steps that it needs"};
        }
    }
}

enum kl_err kl_standing_judge_all(const struct kl_standing *standing, struct kl_step_status *steps,
                                  struct kl_diag *diag)
{
    memset(steps, 0, standing->playbook->step_count * sizeof *steps);
    for (size_t i = 0; i < standing->depends.ordered; i++) {
        KL_TRY(kl_standing_judge(standing, standing->depends.order[i], steps, diag));
    }
    judge_circles(standing, steps);
    return KL_OK;
}
