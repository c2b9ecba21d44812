/* SPDX-License-Identifier: Apache-2.0 */
/* The places where a model runs, and what came out. */
#ifndef KINGLET_TESTS_PLACE_H
#define KINGLET_TESTS_PLACE_H

#include "flow/model_job.h"
#include "model_list.h"
#include "samples.h"

enum result {
    RESULT_PASSED,  /* every bit, or within the model's tolerance */
    RESULT_NO_FIT,  /* the board is too small, as it may be; not a failure */
    RESULT_NOTHING, /* there is nothing to compare with; not a failure */
    RESULT_DIFFERENT,
    RESULT_FAILED /* could not be run */
};

/* What a verdict's largest difference counts. */
enum unit {
    UNIT_ONE,  /* relative to max(1, |expected|) */
    UNIT_LSB,  /* steps of an int8 output */
    UNIT_SHARE /* no difference: the measured size as a share of the allowed one */
};

/* Passed between processes as it is: no pointers. */
struct verdict {
    enum result result;
    int32_t samples; /* compared */
    bool exact;      /* every bit equals the expected output */
    enum unit unit;
    double worst; /* largest difference */
    double seconds;
    char text[256]; /* what went wrong, or both numbers of what does not fit */
};

/* One model at one place. */
struct trial {
    const struct listed_model *model;
    const char *models; /* folder of all models */
    const char *model_path;
    const struct sample *samples;
    int32_t sample_count;
    const struct kl_model_job *job;        /* planned */
    struct kl_bytes (*own)[MAX_SAMPLE_IO]; /* the host engine's outputs of every sample */
    const char *folder;                    /* for files; holds other models' of this place */
    const char *program;                   /* the built kinglet */
    const char *board;                     /* of a place that is a board */
    bool thorough;                         /* this is the long test */
    struct kl_arena *arena;
};

/* Compare one sample's outputs with the expected ones and add the outcome to the verdict. */
void judge_sample(const struct trial *trial, const struct sample *sample,
                  const struct kl_bytes *outputs, struct verdict *verdict);

/* The same, and the outputs must be the host engine's, every bit. */
void judge_same_bits(const struct trial *trial, int32_t sample, const struct kl_bytes *outputs,
                     struct verdict *verdict);

/* A place: run all samples of the trial there. */
typedef void place_fn(const struct trial *trial, struct verdict *verdict);

place_fn place_engine, place_emitted, place_board;

/* trial->board, with large models in the long test only. */
place_fn place_further_board;

/* Checks beside the places; they find what they compare with themselves. */
place_fn place_published, place_arena;

/* "FOLDER/NAME" in the trial's memory. */
const char *trial_path(const struct trial *trial, const char *name);

/* Put a text into the verdict, cut to its room. */
void explain(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Record a failure to run, with its reason. */
void fail_trial(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
