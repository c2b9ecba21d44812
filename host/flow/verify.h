/* SPDX-License-Identifier: Apache-2.0 */
/* Does a board compute what the host computes, and what was expected? */
#ifndef KINGLET_FLOW_VERIFY_H
#define KINGLET_FLOW_VERIFY_H

#include "flow/model_job.h"
#include "target/board.h"

/* The first value that differs, or the first step whose result does. */
struct kl_difference {
    bool found;
    int32_t step;       /* the plan's step that first went wrong; -1: not searched */
    int32_t run;        /* of the case, from 0 */
    const char *op;     /* its operator's name */
    const char *tensor; /* name of the tensor that differs */
    int64_t index;      /* element */
    double host, board; /* the two values (host: or the expected one) */
};

/* Runs that follow each other from the model's initial state on, without a reset between them. */
struct kl_verify_case {
    const unsigned char *inputs;   /* all model inputs, back to back, for each run */
    const unsigned char *expected; /* all expected outputs of each run, or NULL */
    int32_t runs;                  /* 0 counts as 1; a model without state needs no more */
};

struct kl_verify_result {
    int64_t compared;           /* output values compared, host against board */
    uint32_t stack_bytes;       /* the board's high-water mark in these runs */
    bool exact;                 /* every bit equal, board against host */
    struct kl_difference first; /* board against host */
    bool expected_ok; /* host against expected: exact for integers, tolerance for floats */
    double expected_difference; /* largest |host - expected|, in units of the output type */
    struct kl_difference first_unexpected;
};

/* Floats pass when |host - expected| <= tolerance * max(1, |expected|). An infinity passes against
 * itself alone, a NaN against every NaN. */
#define KL_FLOAT_TOLERANCE 1e-5

/*
 * Run the case on the host and on the board (firmware built in `folder` before, by
 * kl_export_firmware) and compare all outputs. On a difference the board runs again step by
 * step, to name the first layer that went wrong.
 */
enum kl_err kl_verify_model(const struct kl_model_job *job, const struct kl_board *board,
                            const char *folder, const struct kl_verify_case *c, double tolerance,
                            struct kl_verify_result *result, struct kl_diag *diag) KL_MUST_CHECK;

/* The host's part: run the case on the host; outputs receives all outputs of each run. */
enum kl_err kl_verify_host(const struct kl_model_job *job, const struct kl_verify_case *c,
                           unsigned char *outputs, struct kl_diag *diag) KL_MUST_CHECK;

/* Compare outputs with the case's expected ones into result->expected_*. */
void kl_verify_expected(const struct kl_plan *plan, const struct kl_verify_case *c,
                        const unsigned char *outputs, double tolerance,
                        struct kl_verify_result *result);

#endif
