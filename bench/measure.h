/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of one model on one emulated board, taken through the kinglet program itself. */
#ifndef KINGLET_BENCH_MEASURE_H
#define KINGLET_BENCH_MEASURE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* What TensorFlow Lite Micro needs for a model; baseline.def says how it was measured. */
struct baseline {
    const char *model;
    const char *title;
    int64_t instructions;
    int64_t reference_instructions;
    int64_t cycles;
    int64_t arena, other_ram, stack; /* bytes */
    int64_t code, model_file;        /* bytes */
};

enum { BASELINE_COUNT = 4, PATH_BYTES = 4096, HASH_BYTES = 65 };

extern const struct baseline baselines[BASELINE_COUNT];

/* The board that the baseline was measured on. */
#define BASELINE_BOARD "mps2-an386"

/* Instructions of TFLM on each board; baseline_cores.def says how they were measured. */
struct core_baseline {
    const char *board;
    const char *what; /* which kernels */
    int64_t instructions[BASELINE_COUNT];
};

enum { BOARD_COUNT = 7 };

extern const struct core_baseline core_baselines[BOARD_COUNT];

/* Measured by others on a real board; published.def says where. */
struct published {
    const char *software;
    int64_t kilocycles[BASELINE_COUNT];
};

enum { PUBLISHED_COUNT = 6 };

extern const struct published published[PUBLISHED_COUNT];

struct row {
    const struct baseline *baseline;
    const char *board;
    bool has_baseline;
    char model[PATH_BYTES];  /* the file */
    char sha256[HASH_BYTES]; /* of the file */
    json_int_t instructions, rule_cycles;
    json_int_t cycles;           /* 0: not modelled */
    json_int_t ram, flash, code; /* bytes */
    json_int_t stack_bound;      /* bytes; part of the RAM is what a run took of them */
    double compile_seconds;      /* CPU time of `kinglet compile`, without the C compiler */
    double select_seconds;       /* wall-clock time of `kinglet select --no-cache` over all boards;
                                    only in rows with a baseline */
};

/* All bytes of RAM that TFLM needs. */
int64_t baseline_ram(const struct baseline *baseline);

/* Print "bench: SUBJECT: WHAT" to standard error; returns -1. */
int fail(const char *what, const char *subject);

/* Put the path of a model below `folder` into `path`; false, when it cannot be read. */
bool find_model(const char *folder, const struct baseline *baseline, char path[PATH_BYTES]);

/*
 * Run a program (the arguments end with NULL) and parse its standard output into *output, which
 * the caller releases with json_decref. -1 with a message when it fails or prints no JSON.
 */
int run_json(const char *const *arguments, json_t **output);

/* metrics.NAME.value of a result; -1 with a message when there is no such number. */
int metric(const json_t *root, const char *name, double *value);

/*
 * Compile and profile row->model, whose baseline, board and model are set; generated files go
 * to `folder`. -1 with a message when the program fails.
 */
int measure(const char *kinglet, const char *folder, struct row *row);

#endif
