/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a playbook. Only for run*.c. */
#ifndef KINGLET_PLAYBOOK_RUN_INTERNAL_H
#define KINGLET_PLAYBOOK_RUN_INTERNAL_H

#include "base/command.h"
#include "playbook/evidence/fingerprint.h"
#include "playbook/run.h"

enum {
    KL_RUN_OUTPUT_BYTES = 4 * 1024 * 1024, /* of what a step prints, per stream */
    KL_RUN_MAX_JOBS = 64,
    KL_RUN_MESSAGE_BYTES = 2048
};

/* What tells whether a file was written since: compare all of it. */
struct kl_stamp {
    uint64_t exists, device, inode;
    int64_t bytes, changed_s, changed_ns;
};

/* A step that is being executed. */
struct kl_execution {
    size_t step;
    struct kl_child child;
    struct kl_basis basis;          /* before it began */
    char started[32];               /* "2026-11-23T10:00:00Z" */
    int64_t started_ms;             /* monotonic */
    const char *const *absent;      /* paths in its words that did not exist */
    struct kl_stamp metrics_before; /* of metrics_file */
};

/* How a step ended. `message` is "" unless it failed. */
struct kl_outcome {
    json_t *result;  /* its envelope, owned; NULL when it gave none */
    json_t *outputs; /* owned; NULL: none */
    json_t *found;   /* owned; files that its envelope names; NULL: none */
    bool ok;
    bool from_stdout; /* the result is what it printed */
    char message[KL_RUN_MESSAGE_BYTES];
};

enum kl_run_state { KL_RUN_WAITS, KL_RUN_RUNS, KL_RUN_DONE, KL_RUN_FAILED, KL_RUN_SKIPPED };

struct kl_runner {
    const struct kl_playbook *playbook;
    struct kl_evidence *evidence;
    const struct kl_run_options *options;
    struct kl_run_summary *summary;
    struct kl_standing standing;
    struct kl_step_status *steps;    /* as in playbook->steps */
    enum kl_run_state *states;       /* as in playbook->steps */
    struct kl_execution *executions; /* room for `jobs` */
    size_t jobs, running;
    int lock;           /* of the evidence */
    size_t done, total; /* steps of this run */
    int64_t last_tick_ms;
    const struct kl_chapter *chapter; /* the one that runs */
    char files[KL_SHA256_HEX_BYTES];  /* hash of the playbook's own files when the run began */
};

/* run_result.c: the envelope that a child gave. NULL with the reason in `outcome->message` when it
 * gave none. Sets outcome->ok, too. */
enum kl_err kl_run_result(const struct kl_runner *runner, const struct kl_step *step,
                          const struct kl_execution *execution, struct kl_outcome *outcome,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* run_result.c: an envelope without metrics. A new reference, or NULL. */
json_t *kl_run_envelope(const char *command);

/* run_result.c: a number for JSON; whole ones stay whole: 16000, not 16000.0. A new reference. */
json_t *kl_run_number(double value);

/* run_execute.c: the file as it is now; `path` may be NULL. */
struct kl_stamp kl_run_stamp(const char *path);

/* run_log.c: the end of what a step printed, as clean UTF-8 lines, at most `limit` bytes; memory of
 * the arena, NULL when it ran out. */
const char *kl_run_tail(struct kl_arena *arena, const struct kl_buffer *text, size_t limit);

/* run_record.c: append the record of a step that has ended. A result that is too large to be kept
 * is taken out of the outcome: then the step failed. */
enum kl_err kl_run_record(struct kl_runner *runner, const struct kl_execution *execution,
                          struct kl_outcome *outcome, double seconds,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* run_statement.c: record what a person stated. */
enum kl_err kl_run_statement(struct kl_runner *runner, size_t step,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* run_execute.c: start a step; what is wrong with it (a missing input, no such program) makes it
 * fail, no error. */
enum kl_err kl_run_start(struct kl_runner *runner, size_t step, struct kl_diag *diag) KL_MUST_CHECK;

/* run_execute.c: judge and record an execution whose child has ended; frees it. */
enum kl_err kl_run_finish(struct kl_runner *runner, struct kl_execution *execution,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* run_execute.c: free an execution; kills the child when it runs. */
void kl_run_drop(struct kl_execution *execution);

/* run_execute.c: a hash over the playbook's own files as they are now. */
enum kl_err kl_run_hash_files(const struct kl_runner *runner, char hex[KL_SHA256_HEX_BYTES],
                              struct kl_diag *diag) KL_MUST_CHECK;

/* run_event.c: tell the caller. */
void kl_run_tell_step(struct kl_runner *runner, enum kl_run_event_kind kind, size_t step,
                      double seconds, const char *message);
void kl_run_tell_chapter(struct kl_runner *runner);
void kl_run_tell_gate(struct kl_runner *runner, const struct kl_gate_status *gate);

/* run_event.c: a step did not do its work: note it in summary and states, and tell the caller. */
void kl_run_fail_step(struct kl_runner *runner, size_t step, double seconds, const char *message);

/* run_event.c: the same for a step that must not or cannot be executed; its status has the reason.
 */
void kl_run_skip_step(struct kl_runner *runner, size_t step);

/* run_event.c: a step has its result: the newest record. */
void kl_run_done(struct kl_runner *runner, size_t step, const char *fingerprint, double seconds);

/* Milliseconds of a clock that never jumps. */
int64_t kl_run_clock_ms(void);

/* Now as "2026-11-23T10:00:00Z". */
void kl_run_now(char text[32]);

#endif
