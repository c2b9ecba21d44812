/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "playbook/evidence/clean.h"
#include "playbook/run/internal.h"

int64_t kl_run_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void kl_run_now(char text[32])
{
    struct tm utc;
    time_t now = time(NULL);
    gmtime_r(&now, &utc);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static void tell(struct kl_runner *runner, struct kl_run_event event)
{
    if (runner->options->event) {
        event.chapter = runner->chapter;
        event.done = runner->done;
        event.total = runner->total;
        runner->options->event(runner->options->user, &event);
    }
}

void kl_run_tell_chapter(struct kl_runner *runner)
{
    tell(runner, (struct kl_run_event){.kind = KL_RUN_CHAPTER});
}

void kl_run_tell_step(struct kl_runner *runner, enum kl_run_event_kind kind, size_t step,
                      double seconds, const char *message)
{
    tell(runner, (struct kl_run_event){.kind = kind,
                                       .step = &runner->playbook->steps[step],
                                       .status = &runner->steps[step],
                                       .seconds = seconds,
                                       .message = message});
}

void kl_run_tell_gate(struct kl_runner *runner, const struct kl_gate_status *gate)
{
    tell(runner, (struct kl_run_event){.kind = KL_RUN_GATE, .gate = gate});
}

void kl_run_fail_step(struct kl_runner *runner, size_t step, double seconds, const char *message)
{
    struct kl_step_status *status = &runner->steps[step];
    char *copy = kl_arena_printf(runner->playbook->arena, "%s", message);
    if (copy) {
        copy[kl_clean_text(message, strlen(message), copy)] = '\0';
    }
    runner->states[step] = KL_RUN_FAILED;
    runner->summary->failed++;
    runner->done++;
    status->state = KL_STEP_FAILED;
    status->reason = copy ? copy : "it failed";
    kl_run_tell_step(runner, KL_RUN_STEP, step, seconds, status->reason);
}

void kl_run_skip_step(struct kl_runner *runner, size_t step)
{
    runner->states[step] = KL_RUN_SKIPPED;
    runner->summary->skipped++;
    runner->done++;
    kl_run_tell_step(runner, KL_RUN_STEP, step, 0, runner->steps[step].reason);
}

void kl_run_done(struct kl_runner *runner, size_t step, const char *fingerprint, double seconds)
{
    struct kl_step_status *status = &runner->steps[step];
    status->state = KL_STEP_FRESH;
    status->reason = "";
    status->record = kl_evidence_latest(runner->evidence, status->step->name);
    snprintf(status->fingerprint, sizeof status->fingerprint, "%s", fingerprint);
    runner->states[step] = KL_RUN_DONE;
    runner->done++;
    kl_run_tell_step(runner, KL_RUN_STEP, step, seconds, NULL);
}
