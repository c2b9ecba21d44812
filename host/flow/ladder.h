/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ladder: one model, made smaller and faster rung by rung, until one meets what is required.
 *
 * What is compared and chosen is found on training and validation data alone: training data give
 * ranges, validation data give every figure of accuracy, and choose between the tries of a rung.
 * The test part is read once, after the choice, for the model as it is and the chosen one.
 */
#ifndef KINGLET_FLOW_LADDER_H
#define KINGLET_FLOW_LADDER_H

#include <jansson.h>

#include "base/units.h"
#include "flow/learn_data.h"
#include "flow/ptq_data.h"
#include "flow/select.h"
#include "flow/task.h"

enum { KL_RUNG_TRIES = 4, KL_RUNG_WEAK = 3 };

/* A named figure of a rung: what requirements speak of. */
struct kl_figure {
    const char *name; /* "accuracy", "flash" ... */
    double value;     /* in base units; if it is known */
    bool known;
    bool share; /* between 0 and 1 by its definition */
    struct kl_dimension dimension;
    const char *unit;       /* of the envelope: "1", "bytes", "cycles", "s", "J" */
    const char *provenance; /* "counted", "modelled" ... */
    const char *how;        /* where it is from, or why it is not known; or NULL */
};

/* One requirement on one rung. */
struct kl_verdict {
    const char *requirement; /* as it was written */
    bool met;
    const char *reason; /* "93.1 % < 95 %" */
    const char *gap;    /* by how much it is missed, e.g. "0.019"; NULL: that has no size */
    double miss;        /* the same as a share of what is wanted, to compare rungs; NAN */
};

/* One of the settings between which a rung chooses. */
struct kl_try {
    const char *what;     /* "minmax" */
    double quality, sqnr; /* on validation data: accuracy, or minus the mean squared error */
    bool chosen;
};

struct kl_rung {
    const char *name, *what;
    const char *skipped;     /* why it does not apply; NULL: it was climbed */
    const char *command;     /* makes the same model */
    const char *const *stay; /* what stays float, and why */
    int32_t stay_count;
    struct kl_try tries[KL_RUNG_TRIES];
    int32_t try_count;
    struct kl_score score; /* on validation data */
    struct kl_pair pair;   /* the same, against the model as it is: of answers or of errors */
    double sqnr;           /* of the outputs in dB; NAN: not known, or not compared */
    struct kl_figure *figures;
    int32_t figure_count;
    struct kl_ptq_layer weak[KL_RUNG_WEAK]; /* the layers that lose most alone */
    int32_t weak_count;
    const char *advice; /* NULL: none is needed */
    struct kl_verdict *verdicts;
    int32_t verdict_count;
    bool met;
    struct kl_bytes file; /* of the model */
    char sha256[KL_SHA256_HEX_BYTES];
};

/* The figure of that name; NULL: there is none. */
const struct kl_figure *kl_rung_figure(const struct kl_rung *rung, const char *name);

/* What a model must do: judges the figures of a rung. */
struct kl_ladder_judge {
    /* Do the requirements make sense for figures like these, which have no values yet? */
    enum kl_err (*check)(void *user, const struct kl_rung *empty, struct kl_diag *diag);
    /* Fill in verdicts, and `met`. */
    enum kl_err (*judge)(void *user, struct kl_rung *rung, struct kl_arena *arena,
                         struct kl_diag *diag);
    void *user;
    int32_t count; /* requirements */
};

struct kl_ladder_request {
    const char *model;         /* as it was given */
    const char *model_options; /* for command lines: " --bind ...", or "" */
    /* Open the model as it is, for each try anew. */
    enum kl_err (*open)(void *user, struct kl_model_job *job, struct kl_diag *diag);
    /* Is it time to end? What is finished is kept. May be NULL. */
    bool (*stop)(void *user);
    void (*progress)(void *user, const char *rung, const char *what); /* may be NULL */
    void *user;
    struct kl_ptq_data data;
    enum kl_judged_task task;
    const char *normal; /* anomalies: the class that is learnt; NULL: "normal", or the first */
    const char *board;  /* name or file */
    struct kl_ladder_judge judge;
    bool all;           /* climb all rungs, also past the first one that meets everything */
    const char *prefer; /* with `all`: the figure that chooses among rungs that meet everything;
                         * NULL: the first of them */
    const char *folder; /* for the results; made when missing */
    const char *work;   /* folder to build in; the caller makes and removes it */
    const char *cache;  /* of counts; NULL: none */
};

/* Figures on the test part. */
struct kl_ladder_test {
    int32_t reads;                  /* how often each example was read at most: 0, or 1 */
    struct kl_score floats, chosen; /* of the model as it is, and of the chosen one */
    struct kl_pair pair;
    /* The requirements once more, with the accuracy of the test part: what was chosen on other data
     * may miss them here. */
    struct kl_verdict *verdicts;
    int32_t verdict_count;
    bool met;
};

struct kl_ladder_report {
    const char *task; /* "classes", "values", "anomalies" */
    const char *board;
    int32_t classes;
    const char *const *class_names;
    int32_t counts[KL_PARTS];
    int32_t range_items; /* of the training part, that give ranges */
    bool split_here, stopped, all;
    char cautions[KL_CAUTIONS_BYTES]; /* kl_learn_cautions of the test part; "": none */
    char content[KL_SHA256_HEX_BYTES], version[KL_SHA256_HEX_BYTES]; /* of the data set */
    struct kl_rung *rungs; /* in order, those that were climbed or skipped */
    int32_t rung_count;
    int32_t chosen;  /* index; -1: none meets everything */
    int32_t nearest; /* of none: the rung that misses least; -1: no rung was finished */
    struct kl_ladder_test test;
    const char *model, *page, *table; /* written files, or NULL */
};

/*
 * Climb. KL_OK with chosen = -1 when no rung meets everything. KL_EUSAGE, KL_EINPUT and
 * KL_EUNSUPPORTED for what makes no sense: no part for validation or test, a model that does not
 * fit the data, a figure that the board's facts do not give; KL_EIO for a folder that cannot be
 * written. The report lies in `arena`; `data` of the request is open until kl_ptq_data_close.
 */
enum kl_err kl_ladder_run(struct kl_ladder_request *request, struct kl_arena *arena,
                          struct kl_ladder_report *report, struct kl_diag *diag) KL_MUST_CHECK;

/* Tables of the envelope; a new reference. */
json_t *kl_ladder_json(const struct kl_ladder_report *report);

/* The same as a page that stands alone, and as a table in Markdown. */
void kl_ladder_page(const struct kl_ladder_report *report, struct kl_buffer *html);
void kl_ladder_markdown(const struct kl_ladder_report *report, struct kl_buffer *text);

#endif
