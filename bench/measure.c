/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const struct baseline baselines[BASELINE_COUNT] = {
#define KL_BASELINE(...) {__VA_ARGS__},
#include "baseline.def"
#undef KL_BASELINE
};

const struct core_baseline core_baselines[BOARD_COUNT] = {
#define KL_BASELINE_CORE(...) {__VA_ARGS__},
#include "baseline_cores.def"
#undef KL_BASELINE_CORE
};

const struct published published[PUBLISHED_COUNT] = {
#define KL_PUBLISHED(...) {__VA_ARGS__},
#include "published.def"
#undef KL_PUBLISHED
};

int64_t baseline_ram(const struct baseline *baseline)
{
    return baseline->arena + baseline->other_ram + baseline->stack;
}

int fail(const char *what, const char *subject)
{
    fprintf(stderr, "bench: %s: %s\n", subject, what);
    return -1;
}

bool find_model(const char *folder, const struct baseline *baseline, char path[PATH_BYTES])
{
    int length =
        snprintf(path, PATH_BYTES, "%s/%s/%s.tflite", folder, baseline->model, baseline->model);
    return length < PATH_BYTES && access(path, R_OK) == 0;
}

/* CPU seconds of all children that have ended. */
static double child_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void run_child(const char *const *arguments, const int pipe_fds[2])
{
    dup2(pipe_fds[1], STDOUT_FILENO);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    execv(arguments[0], (char *const *)(uintptr_t)arguments); /* it changes none of them */
    _exit(127);
}

int run_json(const char *const *arguments, json_t **output)
{
    int pipe_fds[2];
    if (pipe(pipe_fds) != 0) {
        return fail(strerror(errno), "pipe");
    }
    pid_t child = fork();
    if (child < 0) {
        return fail(strerror(errno), "fork");
    }
    if (child == 0) {
        run_child(arguments, pipe_fds);
    }
    close(pipe_fds[1]);
    FILE *stream = fdopen(pipe_fds[0], "r");
    json_error_t error;
    *output = stream ? json_loadf(stream, 0, &error) : NULL;
    if (stream) {
        fclose(stream);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        json_decref(*output);
        return fail("did not succeed", arguments[1]);
    }
    return *output ? 0 : fail("printed no JSON", arguments[1]);
}

int metric(const json_t *root, const char *name, double *value)
{
    const json_t *entry = json_object_get(json_object_get(root, "metrics"), name);
    const json_t *number = json_object_get(entry, "value");
    *value = json_number_value(number);
    return json_is_number(number) ? 0 : fail("no such metric", name);
}

static int whole_metric(const json_t *root, const char *name, json_int_t *value)
{
    double number;
    int status = metric(root, name, &number);
    *value = (json_int_t)number;
    return status;
}

static int read_profile(const json_t *profile, struct row *row)
{
    const struct {
        const char *name;
        json_int_t *value;
    } wanted[] = {
        {"instructions", &row->instructions},   {"ram.total", &row->ram},
        {"flash.total", &row->flash},           {"flash.code", &row->code},
        {"ram.stack_bound", &row->stack_bound},
    };
    const json_t *input = json_array_get(json_object_get(profile, "inputs"), 0);
    const char *sha256 = json_string_value(json_object_get(input, "sha256"));
    if (!sha256 || strlen(sha256) >= sizeof row->sha256) {
        return fail("has no SHA-256 in the profile", row->model);
    }
    snprintf(row->sha256, sizeof row->sha256, "%s", sha256);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (whole_metric(profile, wanted[i].name, wanted[i].value) != 0) {
            return -1;
        }
    }
    if (json_object_get(json_object_get(profile, "metrics"), "cycles") &&
        whole_metric(profile, "cycles", &row->cycles) != 0) {
        return -1;
    }
    return row->has_baseline ? whole_metric(profile, "baseline_cycles", &row->rule_cycles) : 0;
}

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Choose among all boards as if for the first time. */
static int measure_select(const char *kinglet, struct row *row)
{
    json_t *output = NULL;
    const char *const select[] = {kinglet, "select", row->model, "--no-cache", "--json", NULL};
    double before = now_seconds();
    int status = run_json(select, &output);
    row->select_seconds = now_seconds() - before;
    if (status == 0) {
        json_decref(output);
    }
    return status;
}

int measure(const char *kinglet, const char *folder, struct row *row)
{
    json_t *output = NULL;
    double before = child_seconds();
    const char *const compile[] = {kinglet, "compile", row->model,   "--board", row->board,
                                   "-o",    folder,    "--no-build", "--json",  NULL};
    if (run_json(compile, &output) != 0) {
        return -1;
    }
    json_decref(output);
    row->compile_seconds = child_seconds() - before;

    const char *const profile[] = {kinglet,    "profile", row->model, "--board",
                                   row->board, "--json",  NULL};
    if (run_json(profile, &output) != 0) {
        return -1;
    }
    int status = read_profile(output, row);
    json_decref(output);
    if (status == 0 && row->has_baseline) {
        status = measure_select(kinglet, row);
    }
    return status;
}
