/* SPDX-License-Identifier: Apache-2.0 */
/* Executes what is out of date, and keeps the evidence. */
#ifndef KINGLET_PLAYBOOK_RUN_H
#define KINGLET_PLAYBOOK_RUN_H

#include "playbook/judge.h"

enum kl_run_event_kind {
    KL_RUN_CHAPTER, /* a chapter begins */
    KL_RUN_START,   /* a step begins */
    KL_RUN_TICK,    /* about once per second while steps run; step: the one that runs longest */
    KL_RUN_STEP,    /* a step has ended: status */
    KL_RUN_GATE     /* a gate was judged: gate */
};

struct kl_run_event {
    enum kl_run_event_kind kind;
    const struct kl_chapter *chapter;
    const struct kl_step *step;
    const struct kl_step_status *status;
    const struct kl_gate_status *gate;
    double seconds;      /* of the step */
    size_t done, total;  /* steps of this run */
    const char *message; /* a failed step: why, and the end of what it printed */
};

struct kl_run_options {
    const char *program;         /* this program's file, for `kinglet` in commands */
    const char *const *chapters; /* NULL-terminated ids; NULL: all */
    int jobs;                    /* at once; 0: one per processor */
    bool keep_going;             /* past failed steps and gates */
    bool force;                  /* steps that are fresh, too */
    bool dry;                    /* only say what would run */
    struct kl_date today;
    void (*event)(void *user, const struct kl_run_event *event); /* may be NULL */
    void *user;
    const volatile bool *stop; /* set by a signal handler: end the children, keep what is done */
};

struct kl_run_summary {
    size_t executed, fresh, failed, skipped;
    size_t open_gates;                /* of the chapters that ran: neither passed nor waived */
    const struct kl_gate *stopped_at; /* the gate that stopped the run, or NULL */
    bool interrupted;
};

/*
 * Chapter by chapter: run the steps that are out of date (and those of other chapters that they
 * need), side by side where nothing orders them, write each result as evidence at once, then
 * judge the chapter's gates and stop when one does not hold. Statements become evidence, too.
 * KL_OK also when steps or gates failed: see the summary. KL_EINPUT for a playbook with errors or
 * evidence with faults.
 */
enum kl_err kl_playbook_run(const struct kl_playbook *playbook, struct kl_evidence *evidence,
                            const struct kl_run_options *options, struct kl_run_summary *summary,
                            struct kl_diag *diag) KL_MUST_CHECK;

#endif
