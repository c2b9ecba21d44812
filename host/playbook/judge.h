/* SPDX-License-Identifier: Apache-2.0 */
/* Where a playbook stands: the state of every step and gate, from its evidence as it is now. */
#ifndef KINGLET_PLAYBOOK_JUDGE_H
#define KINGLET_PLAYBOOK_JUDGE_H

#include "playbook/evidence.h"

enum kl_step_state {
    KL_STEP_FRESH,  /* evidence belongs to exactly these inputs */
    KL_STEP_NEVER,  /* no evidence yet */
    KL_STEP_STALE,  /* something changed since; `reason` says what */
    KL_STEP_FAILED, /* its last execution failed to give a result */
    KL_STEP_EXPIRED /* a statement that is too old */
};

struct kl_step_status {
    const struct kl_step *step;
    enum kl_step_state state;
    const char *reason;                    /* one sentence; "" when fresh */
    const struct kl_record *record;        /* the newest, or NULL */
    char fingerprint[KL_SHA256_HEX_BYTES]; /* of the inputs as they are now; "" when unknown */
    bool tampered; /* its evidence, or that of a step that it needs, was changed */
};

enum kl_gate_state {
    KL_GATE_PASSED,
    KL_GATE_FAILED,
    KL_GATE_STALE,   /* it has evidence, but out of date */
    KL_GATE_MISSING, /* evidence that it needs is not there yet */
    KL_GATE_WAIVED,  /* failed, stale or missing, and a person answers for it until a day */
    KL_GATE_BROKEN   /* its expression is wrong */
};

struct kl_gate_status {
    const struct kl_gate *gate;
    enum kl_gate_state state;
    enum kl_gate_state without_waiver;
    const char *reason; /* "16.7 KiB <= 24 KiB", "profile.m4 never ran", "waiver expired on ..." */
    const char *least_provenance; /* the weakest among its metrics; "" when it has none */
};

struct kl_judgement {
    const struct kl_playbook *playbook;
    const struct kl_evidence *evidence;
    struct kl_date today;
    struct kl_step_status *steps;                          /* as in playbook->steps */
    struct kl_gate_status *gates;                          /* as in playbook->gates */
    size_t passed, failed, stale, missing, waived, broken; /* gates */
    bool all_hold; /* every gate passed or waived, and no fault in the evidence */
};

/* Judge all steps and gates. Memory of the playbook's arena. */
enum kl_err kl_judge(const struct kl_playbook *playbook, const struct kl_evidence *evidence,
                     struct kl_date today, struct kl_judgement *judgement,
                     struct kl_diag *diag) KL_MUST_CHECK;

/* Only the state of the steps: for the runner. */
enum kl_err kl_judge_step(const struct kl_playbook *playbook, const struct kl_evidence *evidence,
                          struct kl_date today, const struct kl_step *step,
                          struct kl_step_status *status, struct kl_diag *diag) KL_MUST_CHECK;

/* One gate, with the states of all steps given (as in playbook->steps). */
enum kl_err kl_judge_gate(const struct kl_playbook *playbook, const struct kl_evidence *evidence,
                          struct kl_date today, const struct kl_step_status *steps,
                          const struct kl_gate *gate, struct kl_gate_status *status,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* A statement that nobody has signed with name and date: only people can go on with it. */
bool kl_step_is_unsigned(const struct kl_step *step);

const char *kl_gate_state_name(enum kl_gate_state state); /* "passed" */
const char *kl_step_state_name(enum kl_step_state state); /* "fresh" */

#endif
