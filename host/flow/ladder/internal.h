/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the ladder. Private to host/flow. */
#ifndef KINGLET_FLOW_LADDER_INTERNAL_H
#define KINGLET_FLOW_LADDER_INTERNAL_H

#include "flow/ladder.h"

/* One run of the ladder. */
struct ladder {
    struct kl_ladder_request *request;
    struct kl_ladder_report *report;
    struct kl_arena *arena;
    enum kl_judged_task task;
    struct kl_model_job job; /* the model as it is; its arena holds the data */
    bool likelihood;         /* anomalies: the model gives one, and low is unusual */
    const struct kl_learn_set *validation, *test;
    struct kl_ptq_options inputs;   /* ranges and comparison; nothing else is set */
    struct kl_outputs floats;       /* of the model as it is, on validation data */
    double *errors;                 /* the same for tasks without classes */
    struct kl_ptq_options best;     /* settings of the best rung of integers so far */
    double best_quality, best_sqnr; /* NAN: there is none yet */
};

/* One of the settings between which a rung chooses. */
struct ladder_choice {
    const char *what;
    void (*set)(struct kl_ptq_options *settings);
};

/*
 * A rung: a row of the table in ladder_rungs.c. It changes the float graph, or quantises it, or
 * both; or nothing.
 */
struct ladder_rung {
    const char *name, *what;
    /* Why it does not apply to this model; NULL: it does. May be NULL. */
    const char *(*refuse)(const struct ladder *l);
    /* Change the float graph, with the training part in l->... ; NULL: it stays. */
    enum kl_err (*rework)(const struct ladder *l, struct kl_graph *graph, struct kl_diag *diag);
    /* Settings of quantisation, one try each; none: the model stays as it is. They change those of
     * the best rung of integers so far, or with `anew` those of none. */
    struct ladder_choice choices[KL_RUNG_TRIES];
    bool anew;
    /* Why the finished model is none of its own; NULL: it is. May be NULL. */
    const char *(*idle)(const struct kl_ptq_report *report);
};

extern const struct ladder_rung ladder_rungs[];
extern const int32_t ladder_rung_count;

/* A model that a rung made, and how good it is on validation data. */
struct ladder_model {
    struct kl_model_job job; /* its graph, and the report of its quantisation */
    struct kl_ptq_options settings;
    struct kl_ptq_report report;
    bool quantised;
    struct kl_bytes file;
    struct kl_model_job again; /* read from the file, and planned */
    struct kl_outputs outputs;
    struct kl_score score;
    struct kl_pair pair;
    double quality, sqnr;
};

/* Make one and judge it; ladder_model_close in any case. `choice` NULL: as it is. */
enum kl_err ladder_model_make(struct ladder *l, const struct ladder_rung *rung,
                              const struct ladder_choice *choice, struct ladder_model *model,
                              struct kl_diag *diag) KL_MUST_CHECK;
void ladder_model_close(struct ladder_model *model);

/* Read a model from bytes and plan it for the host; for anomalies with what makes its score. */
enum kl_err ladder_model_open(const struct ladder *l, struct kl_bytes file,
                              struct kl_model_job *job, struct kl_diag *diag) KL_MUST_CHECK;

/* The command line that makes the same model. NULL: no memory. */
const char *ladder_command(const struct ladder *l, const struct ladder_model *model);

/* Open the data, find the task, and check that the model fits both. */
enum kl_err ladder_data_open(struct ladder *l, struct kl_diag *diag) KL_MUST_CHECK;

/* Score outputs of a set by the task; *errors by example, of tasks without classes. Memory of
 * `arena`. */
enum kl_err ladder_score(const struct ladder *l, const struct kl_learn_set *set,
                         const struct kl_outputs *outputs, struct kl_arena *arena,
                         struct kl_score *score, double **errors,
                         struct kl_diag *diag) KL_MUST_CHECK;

/* Read the test part once for both models, and compare them. */
enum kl_err ladder_test(struct ladder *l, const struct kl_rung *floats,
                        const struct kl_rung *chosen, struct kl_diag *diag) KL_MUST_CHECK;

/* A rung whose figures have no values yet; then all of the model on the board. `cpu_begin`: CPU
 * time when its making began. */
enum kl_err ladder_figures_open(const struct ladder *l, struct kl_rung *rung,
                                struct kl_diag *diag) KL_MUST_CHECK;
enum kl_err ladder_figures_fill(const struct ladder *l, const struct ladder_model *model,
                                double cpu_begin, struct kl_rung *rung,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* Judge the chosen rung by its figures on the board and those of the test part. */
enum kl_err ladder_judge_test(const struct ladder *l, const struct kl_rung *chosen,
                              struct kl_ladder_test *test, struct kl_diag *diag) KL_MUST_CHECK;

/* CPU time of this process and of those that it has ended. */
double ladder_cpu_seconds(void);

/* Where a rung loses more than chance explains, which layers do, and what to try. */
enum kl_err ladder_advise(const struct ladder *l, const struct ladder_model *model,
                          struct kl_rung *rung, struct kl_diag *diag) KL_MUST_CHECK;

/* Is it time to end? Noted in the report. */
bool ladder_stopped(const struct ladder *l);

#endif
