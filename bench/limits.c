/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test: the figures of the int8 models of MLPerf Tiny must stay within limits.
 *
 *     kinglet-bench-limits KINGLET MODELS
 *
 * KINGLET is the program, MODELS the folder of models; $KINGLET_MODELS/tflite has precedence.
 * Ends with status 1 when a limit does not hold, 77 when no model is there.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "measure.h"

enum { SKIPPED_STATUS = 77, HOST_RUNS = 5, FOLDER_BYTES = 256 };

#define COMPILE_SECONDS 0.5
#define HOST_MS 5.0
#define SELECT_SECONDS 60.0
#define HOST_MODEL "mlperf_kws_int8"

/* Print the figure beside its limit; returns the number of failures, 0 or 1. */
static int check(const char *model, const char *what, double value, double limit, bool holds)
{
    printf("%-7s%-18s %-34s %12.3f, limit %12.3f\n", holds ? "" : "FAILED", model, what, value,
           limit);
    return holds ? 0 : 1;
}

/* What has been reached, with a little room for another version of the C compiler. */
struct limit {
    const char *model;
    double cycles;               /* by the plain rule, of the baseline's with CMSIS-NN */
    double ram, code, constants; /* bytes */
};

static const struct limit limits[] = {
    {"mlperf_ad01_int8", 0.50, 1100, 1900, 281600},
    {"mlperf_kws_int8", 0.445, 10000, 9000, 28900},
    {"mlperf_ic_int8", 0.435, 35400, 8000, 82600},
    {"mlperf_vww_int8", 0.25, 47100, 12500, 42300},
};

static const struct limit *limit_of(const char *model)
{
    static const struct limit none = {.model = NULL};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (strcmp(limits[i].model, model) == 0) {
            return &limits[i];
        }
    }
    return &none; /* nothing holds: every model of the baseline needs its line */
}

static int check_count(const char *model, const char *what, json_int_t count, double limit)
{
    return check(model, what, (double)count, limit, count > 0 && (double)count <= limit);
}

static int check_row(const struct row *row)
{
    const char *model = row->baseline->model;
    const struct limit *limit = limit_of(model);
    double cycles = limit->cycles * (double)row->baseline->cycles;
    return check_count(model, "cycles by the plain rule", row->rule_cycles, cycles) +
           check_count(model, "RAM, bytes", row->ram, limit->ram) +
           check_count(model, "code, bytes", row->code, limit->code) +
           check_count(model, "constants, bytes", row->flash - row->code, limit->constants) +
           check(model, "compile, seconds of CPU, below", row->compile_seconds, COMPILE_SECONDS,
                 row->compile_seconds < COMPILE_SECONDS) +
           check(model, "select, seconds, below", row->select_seconds, SELECT_SECONDS,
                 row->select_seconds < SELECT_SECONDS);
}

/* Instructions on cores without DSP instructions, as shares of what baseline_cores.def says. */
static int check_cores(const char *kinglet, const char *folder, const struct row *on_baseline)
{
    static const struct {
        const char *board;
        double share[BASELINE_COUNT]; /* by model */
    } cores[] = {{"mps2-armv6m", {0.6, 0.6, 0.6, 0.6}},
                 {"mps2-an385", {0.74, 0.5, 0.475, 0.3}},
                 {"rv32-virt", {0.35, 0.35, 0.35, 0.35}}};
    int failures = 0;
    for (size_t i = 0; i < sizeof cores / sizeof cores[0]; i++) {
        struct row row = *on_baseline;
        const struct core_baseline *tflm = core_baselines;
        row.board = cores[i].board;
        row.has_baseline = false;
        while (strcmp(tflm->board, row.board) != 0) {
            tflm++;
        }
        if (measure(kinglet, folder, &row) != 0) {
            return failures + 1;
        }
        char what[64];
        const ptrdiff_t model = row.baseline - baselines;
        double limit = cores[i].share[model] * (double)tflm->instructions[model];
        snprintf(what, sizeof what, "instructions, %s", row.board);
        failures += check(row.baseline->model, what, (double)row.instructions, limit,
                          row.instructions > 0 && (double)row.instructions <= limit);
    }
    return failures;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of several processes, since other programs may run on this machine. */
static int check_host(const char *kinglet, const char *model)
{
    char input[PATH_BYTES];
    double ms[HOST_RUNS];
    /* Beside MODEL.tflite there is its first sample. */
    int stem = (int)(strlen(model) - strlen(".tflite"));
    if (snprintf(input, sizeof input, "%.*s.0.in.bin", stem, model) >= PATH_BYTES) {
        return 1;
    }
    for (int i = 0; i < HOST_RUNS; i++) {
        const char *const run[] = {kinglet,    "run", model,    "--input", input,
                                   "--repeat", "50",  "--json", NULL};
        json_t *output = NULL;
        int status = run_json(run, &output);
        if (status == 0) {
            status = metric(output, "time.per_inference", &ms[i]);
            json_decref(output);
        }
        if (status != 0) {
            return 1;
        }
    }
    qsort(ms, HOST_RUNS, sizeof ms[0], compare_doubles);
    double median = ms[HOST_RUNS / 2];
    return check(HOST_MODEL, "on this machine, ms, below", median, HOST_MS,
                 median > 0.0 && median < HOST_MS);
}

static int check_model(const char *kinglet, const char *folder, struct row *row)
{
    if (measure(kinglet, folder, row) != 0) {
        return 1;
    }
    int failures = check_row(row) + check_cores(kinglet, folder, row);
    if (strcmp(row->baseline->model, HOST_MODEL) == 0) {
        failures += check_host(kinglet, row->model);
    }
    return failures;
}

/* Returns the number of failures; *found counts the models that are there. */
static int check_models(const char *kinglet, const char *models, const char *folder, int *found)
{
    int failures = 0;
    for (int i = 0; i < BASELINE_COUNT; i++) {
        struct row row = {.baseline = &baselines[i], .board = BASELINE_BOARD, .has_baseline = true};
        if (find_model(models, &baselines[i], row.model)) {
            (*found)++;
            failures += check_model(kinglet, folder, &row);
        }
    }
    return failures;
}

int main(int argc, char **argv)
{
    char folder[FOLDER_BYTES], models[PATH_BYTES];
    const char *environment = getenv("KINGLET_MODELS"), *temporary = getenv("TMPDIR");
    int found = 0;
    if (argc != 3) {
        fprintf(stderr, "usage: kinglet-bench-limits KINGLET MODELS\n");
        return 2;
    }
    snprintf(models, sizeof models, "%s%s", environment && *environment ? environment : argv[2],
             environment && *environment ? "/tflite" : "");
    snprintf(folder, sizeof folder, "%s/kinglet-bench-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        return 2;
    }
    int failures = check_models(argv[1], models, folder, &found);
    kt_remove_folder(folder);
    if (found == 0) {
        printf("limits of the benchmark skipped: no models in %s (set KINGLET_MODELS)\n", models);
        return SKIPPED_STATUS;
    }
    /* A folder with some of the models is not one to trust. */
    failures += check("all", "models", found, BASELINE_COUNT, found == BASELINE_COUNT);
    printf("%d models: %d limits do not hold\n", found, failures);
    return failures == 0 ? 0 : 1;
}
