/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "playbook/run/internal.h"

enum { LOG_BYTES = 4096 };

/* What the step printed beside its result: the end of both streams. */
static const char *log_of(const struct kl_runner *runner, const struct kl_execution *execution,
                          const struct kl_outcome *outcome)
{
    struct kl_arena *arena = runner->playbook->arena;
    const struct kl_child *child = &execution->child;
    /* An envelope on standard output is kept as the result already. */
    const char *out = outcome->from_stdout ? "" : kl_run_tail(arena, &child->out, LOG_BYTES);
    const char *err = kl_run_tail(arena, &child->err, LOG_BYTES);
    return !out || !err ? NULL
                        : kl_arena_printf(arena, "%s%s%s", out, *out && *err ? "\n" : "", err);
}

/* A new reference to the list, or to an empty one. */
static json_t *or_empty(json_t *list)
{
    return list ? json_incref(list) : json_array();
}

/* Messages quote what others wrote, and may end in the middle of a character. */
static const char *clean_message(const struct kl_runner *runner, struct kl_outcome *outcome)
{
    const struct kl_buffer text = {.data = outcome->message, .size = strlen(outcome->message)};
    return kl_run_tail(runner->playbook->arena, &text, sizeof outcome->message);
}

static json_t *make(const struct kl_runner *runner, const struct kl_execution *execution,
                    struct kl_outcome *outcome, double seconds)
{
    const struct kl_step *step = &runner->playbook->steps[execution->step];
    const char *log = log_of(runner, execution, outcome);
    const char *message = clean_message(runner, outcome);
    json_t *json = json_pack("{s:s, s:s}", "step", step->name, "chapter", step->chapter);
    json_t *more = json_pack(
        "{s:s, s:s, s:f, s:i, s:b, s:b, s:s, s:o, s:o, s:O?, s:s}", "fingerprint",
        execution->basis.sha256, "started", execution->started, "seconds", seconds, "status",
        execution->child.status, "finished", outcome->result != NULL, "ok", outcome->ok, "message",
        message ? message : "", "outputs", or_empty(outcome->outputs), "found",
        or_empty(outcome->found), "result", outcome->result, "log", log ? log : "");
    if (!json || !more || !log || !message ||
        json_object_update(json, execution->basis.json) != 0 ||
        json_object_update(json, more) != 0) {
        json_decref(json);
        json = NULL;
    }
    json_decref(more);
    return json;
}

static enum kl_err append(struct kl_runner *runner, const struct kl_execution *execution,
                          struct kl_outcome *outcome, double seconds, struct kl_diag *diag)
{
    json_t *json = make(runner, execution, outcome, seconds);
    enum kl_err err =
        json ? kl_evidence_append(runner->evidence, json, diag) : KL_FAIL_MEMORY(diag);
    json_decref(json);
    return err;
}

enum kl_err kl_run_record(struct kl_runner *runner, const struct kl_execution *execution,
                          struct kl_outcome *outcome, double seconds, struct kl_diag *diag)
{
    struct kl_diag problem = {0};
    /* Milliseconds are enough, and shorter to read. */
    seconds = (double)(int64_t)(seconds * 1000 + 0.5) / 1000;
    enum kl_err err = append(runner, execution, outcome, seconds, &problem);
    if (err != KL_ELIMIT || !outcome->result) {
        return err == KL_OK ? KL_OK : kl_fail(diag, err, "%s", problem.message);
    }
    /* Too large to be kept: then it gave no result, and that is recorded. */
    json_decref(outcome->result);
    outcome->result = NULL;
    outcome->ok = false;
    snprintf(outcome->message, sizeof outcome->message, "%s", problem.message);
    return append(runner, execution, outcome, seconds, diag);
}
