/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the int8 models of MLPerf Tiny on the emulated boards through the kinglet program
 * itself, and sets the figures beside a published baseline:
 *
 *     bench KINGLET MODELS JSON-FILE
 *
 * KINGLET is the program, MODELS the folder of models (MODELS/NAME/NAME.tflite). Prints a table
 * to standard output and writes JSON-FILE. A model that is not there is reported and left out.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct baseline {
    const char *model;
    const char *title;
    int64_t instructions;
    int64_t reference_instructions;
    int64_t cycles;
    int64_t arena, other_ram, stack;
    int64_t code, model_file;
};

static const struct baseline baselines[] = {
#define KL_BASELINE(...) {__VA_ARGS__},
#include "baseline.def"
#undef KL_BASELINE
};

enum { BASELINE_COUNT = sizeof baselines / sizeof baselines[0] };

/* The baseline was measured on the first one. */
static const char *const boards[] = {"mps2-an386", "rv32-virt"};

enum { BOARD_COUNT = sizeof boards / sizeof boards[0], PATH_BYTES = 4096 };

struct row {
    const struct baseline *baseline;
    const char *board;
    bool has_baseline;
    json_int_t instructions, cycles, rule_cycles;
    json_int_t ram, flash, code;
    double compile_seconds; /* CPU time of `kinglet compile`, without the C compiler */
};

static int fail(const char *what, const char *subject)
{
    fprintf(stderr, "bench: %s: %s\n", subject, what);
    return -1;
}

/* CPU seconds of all children that have ended. */
static double child_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/* Run a program; its standard output is parsed as JSON into *output. */
static int run_json(char *const *arguments, json_t **output)
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
        dup2(pipe_fds[1], STDOUT_FILENO);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        execv(arguments[0], arguments);
        _exit(127);
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

/* The metric of that name, as a whole number. */
static int metric(const json_t *root, const char *name, json_int_t *value)
{
    const json_t *entry = json_object_get(json_object_get(root, "metrics"), name);
    const json_t *number = json_object_get(entry, "value");
    *value = (json_int_t)json_number_value(number);
    return json_is_number(number) ? 0 : fail("no such metric", name);
}

static int read_profile(const json_t *profile, struct row *row)
{
    const struct {
        const char *name;
        json_int_t *value;
    } wanted[] = {
        {"instructions", &row->instructions}, {"cycles", &row->cycles},   {"ram.total", &row->ram},
        {"flash.total", &row->flash},         {"flash.code", &row->code},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (metric(profile, wanted[i].name, wanted[i].value) != 0) {
            return -1;
        }
    }
    return row->has_baseline ? metric(profile, "baseline_cycles", &row->rule_cycles) : 0;
}

static int measure(char *kinglet, char *model, char *folder, struct row *row)
{
    char board[64];
    snprintf(board, sizeof board, "%s", row->board);
    char command_compile[] = "compile", command_profile[] = "profile";
    char option_board[] = "--board", option_out[] = "-o", option_json[] = "--json";
    char option_no_build[] = "--no-build";
    json_t *output = NULL;

    double before = child_seconds();
    char *const compile[] = {kinglet,    command_compile, model,           option_board, board,
                             option_out, folder,          option_no_build, option_json,  NULL};
    if (run_json(compile, &output) != 0) {
        return -1;
    }
    json_decref(output);
    row->compile_seconds = child_seconds() - before;

    char *const profile[] = {kinglet, command_profile, model, option_board,
                             board,   option_json,     NULL};
    if (run_json(profile, &output) != 0) {
        return -1;
    }
    int status = read_profile(output, row);
    json_decref(output);
    return status;
}

static void print_board(const struct row *rows, size_t count, const char *board)
{
    printf("\n%s\n", board);
    printf("  %-20s %14s %14s %9s %9s %9s %10s\n", "model", "instructions", "cycles", "RAM",
           "flash", "code", "compile s");
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        if (strcmp(row->board, board) != 0) {
            continue;
        }
        printf("  %-20s %14" JSON_INTEGER_FORMAT " %14" JSON_INTEGER_FORMAT
               " %9" JSON_INTEGER_FORMAT " %9" JSON_INTEGER_FORMAT " %9" JSON_INTEGER_FORMAT
               " %10.3f\n",
               row->baseline->title, row->instructions, row->cycles, row->ram, row->flash,
               row->code, row->compile_seconds);
    }
}

static int64_t baseline_ram(const struct baseline *baseline)
{
    return baseline->arena + baseline->other_ram + baseline->stack;
}

static void print_figure(const char *name, json_int_t ours, int64_t theirs)
{
    printf("    %-36s %12" JSON_INTEGER_FORMAT " %12" PRId64 " %7.2f\n", name, ours, theirs,
           (double)ours / (double)theirs);
}

static void print_comparison(const struct row *rows, size_t count)
{
    printf("\n%s against TensorFlow Lite Micro on the same core\n", boards[0]);
    printf("  %-38s %12s %12s %7s\n", "", "kinglet", "TFLM", "ratio");
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        if (!row->has_baseline) {
            continue;
        }
        const struct baseline *them = row->baseline;
        printf("  %s\n", them->title);
        print_figure("instructions, its reference kernels", row->instructions,
                     them->reference_instructions);
        print_figure("instructions, CMSIS-NN", row->instructions, them->instructions);
        print_figure("cycles by the same rule, CMSIS-NN", row->rule_cycles, them->cycles);
        print_figure("RAM, bytes", row->ram, baseline_ram(them));
        print_figure("code, bytes", row->code, them->code);
        print_figure("flash, bytes", row->flash, them->code + them->model_file);
    }
    printf(
        "  Instructions are counted, cycles modelled. RAM is arena, data and stack. TFLM's code\n"
        "  includes about 1.7 KB of its test program; its flash is code and model file.\n");
}

static json_t *baseline_json(const struct baseline *baseline)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "name",
                     "TensorFlow Lite Micro 90b983c2, CMSIS-NN 4ab83cc3", "instructions",
                     (json_int_t)baseline->instructions, "reference_instructions",
                     (json_int_t)baseline->reference_instructions, "baseline_cycles",
                     (json_int_t)baseline->cycles, "ram.total", (json_int_t)baseline_ram(baseline),
                     "flash.total", (json_int_t)(baseline->code + baseline->model_file),
                     "flash.code", (json_int_t)baseline->code);
}

static json_t *row_json(const struct row *row)
{
    json_t *object =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:f}", "model", row->baseline->model,
                  "board", row->board, "instructions", row->instructions, "cycles", row->cycles,
                  "ram.total", row->ram, "flash.total", row->flash, "flash.code", row->code,
                  "compile_seconds", row->compile_seconds);
    if (object && row->has_baseline) {
        json_object_set_new(object, "baseline_cycles", json_integer(row->rule_cycles));
        json_object_set_new(object, "baseline", baseline_json(row->baseline));
    }
    return object;
}

static int write_json(const struct row *rows, size_t count, const char *path)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, row_json(&rows[i]));
    }
    json_t *root =
        json_pack("{s:s, s:{s:s, s:s}, s:s, s:o}", "schema", "kinglet.bench/1", "tool", "name",
                  "kinglet", "version", KINGLET_VERSION, "command", "bench", "results", list);
    int status = root ? json_dump_file(root, path, JSON_INDENT(2)) : -1;
    json_decref(root);
    return status == 0 ? 0 : fail("cannot be written", path);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: bench KINGLET MODELS JSON-FILE\n");
        return 2;
    }
    char folder[PATH_BYTES];
    snprintf(folder, sizeof folder, "%s.compiled", argv[3]);
    struct row rows[BASELINE_COUNT * BOARD_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < BASELINE_COUNT; i++) {
        char model[PATH_BYTES];
        snprintf(model, sizeof model, "%s/%s/%s.tflite", argv[2], baselines[i].model,
                 baselines[i].model);
        if (access(model, R_OK) != 0) {
            fail("not there, left out (set KINGLET_MODELS)", model);
            continue;
        }
        for (size_t board = 0; board < BOARD_COUNT; board++) {
            struct row *row = &rows[count++];
            *row = (struct row){&baselines[i], boards[board], board == 0, 0, 0, 0, 0, 0, 0, 0};
            if (measure(argv[1], model, folder, row) != 0) {
                return 1;
            }
        }
    }
    if (count == 0) {
        return 1;
    }
    for (size_t board = 0; board < BOARD_COUNT; board++) {
        print_board(rows, count, boards[board]);
    }
    print_comparison(rows, count);
    return write_json(rows, count, argv[3]) == 0 ? 0 : 1;
}
