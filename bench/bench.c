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
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/envelope.h"
#include "measure.h"

enum { NAME_BYTES = 128 };

static void print_row(const struct row *row, const struct core_baseline *tflm)
{
    char cycles[32] = "-";
    int64_t theirs = tflm->instructions[row->baseline - baselines];
    if (row->cycles) {
        snprintf(cycles, sizeof cycles, "%" JSON_INTEGER_FORMAT, row->cycles);
    }
    printf("  %-20s %14" JSON_INTEGER_FORMAT " %7.2f %14s %9" JSON_INTEGER_FORMAT
           " %9" JSON_INTEGER_FORMAT " %9" JSON_INTEGER_FORMAT " %10.3f\n",
           row->baseline->title, row->instructions, (double)row->instructions / (double)theirs,
           cycles, row->ram, row->flash, row->code, row->compile_seconds);
}

static void print_board(const struct row *rows, size_t count, const struct core_baseline *tflm)
{
    printf("\n%s (of TFLM: instructions, %s)\n", tflm->board, tflm->what);
    printf("  %-20s %14s %7s %14s %9s %9s %9s %10s\n", "model", "instructions", "of TFLM",
           "mod. cycles", "RAM", "flash", "code", "compile s");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].board, tflm->board) == 0) {
            print_row(&rows[i], tflm);
        }
    }
}

static void print_figure(const char *name, json_int_t ours, int64_t theirs)
{
    printf("    %-36s %12" JSON_INTEGER_FORMAT " %12" PRId64 " %7.2f\n", name, ours, theirs,
           (double)ours / (double)theirs);
}

static void print_comparison(const struct row *rows, size_t count)
{
    printf("\n%s against TensorFlow Lite Micro on the same core\n", BASELINE_BOARD);
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
        print_figure("modelled cycles, same rule, CMSIS-NN", row->rule_cycles, them->cycles);
        print_figure("RAM, bytes", row->ram, baseline_ram(them));
        print_figure("code, bytes", row->code, them->code);
        print_figure("flash, bytes", row->flash, them->code + them->model_file);
        printf("    choosing among all boards: %.1f s without a cache\n", row->select_seconds);
    }
    printf(
        "  Instructions are counted, cycles modelled. RAM is arena, data and stack. TFLM's code\n"
        "  includes about 1.7 KB of its test program; its flash is code and model file.\n");
}

/* What a real board took for the model of a row, over what is modelled. */
static void print_measured(const struct published *measured, const struct row *row)
{
    double cycles = 1e3 * (double)measured->kilocycles[row->baseline - baselines];
    printf("    %-42s %11.2f %14.2f %11.2f\n", measured->software, cycles / 1e6,
           cycles / (double)row->baseline->cycles, cycles / (double)row->cycles);
}

static void print_published(const struct row *rows, size_t count)
{
    printf("\nPublished measurements on a real Cortex-M4 (Nucleo-L4R5ZI at 120 MHz, MLPerf Tiny)\n"
           "  %-44s %11s %14s %11s\n",
           "", "M cycles", "/ TFLM + CMSIS", "/ kinglet");
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].has_baseline) {
            continue;
        }
        printf("  %s\n", rows[i].baseline->title);
        for (size_t k = 0; k < PUBLISHED_COUNT; k++) {
            print_measured(&published[k], &rows[i]);
        }
    }
    printf("  Both divisors are modelled, with zero wait states; flash of a real board has some.\n"
           "  docs/guide/performance.md says what follows.\n");
}

/* One figure of a row: the metric MODEL.BOARD.NAME. */
static void add_figure(struct kl_result *result, const struct row *row, const char *name,
                       json_t *value, const char *unit, enum kl_provenance provenance)
{
    char full[NAME_BYTES];
    snprintf(full, sizeof full, "%s.%s.%s", row->baseline->model, row->board, name);
    kl_result_metric(result, full, value, unit, provenance);
}

static void add_count(struct kl_result *result, const struct row *row, const char *name,
                      int64_t value, const char *unit, enum kl_provenance provenance)
{
    add_figure(result, row, name, json_integer(value), unit, provenance);
}

static void add_baseline(struct kl_result *result, const struct row *row)
{
    const struct baseline *them = row->baseline;
    add_count(result, row, "baseline_cycles", row->rule_cycles, "cycles", KL_MODELLED);
    add_count(result, row, "tflm.cmsis_nn.instructions", them->instructions, "instructions",
              KL_COUNTED);
    add_count(result, row, "tflm.reference.instructions", them->reference_instructions,
              "instructions", KL_COUNTED);
    add_count(result, row, "tflm.cmsis_nn.baseline_cycles", them->cycles, "cycles", KL_MODELLED);
    add_count(result, row, "tflm.cmsis_nn.ram.total", baseline_ram(them), "bytes", KL_COUNTED);
    add_count(result, row, "tflm.cmsis_nn.flash.total", them->code + them->model_file, "bytes",
              KL_COUNTED);
    add_count(result, row, "tflm.cmsis_nn.flash.code", them->code, "bytes", KL_COUNTED);
}

static void add_row(struct kl_result *result, const struct row *row)
{
    add_count(result, row, "instructions", row->instructions, "instructions", KL_COUNTED);
    if (row->cycles) {
        add_count(result, row, "cycles", row->cycles, "cycles", KL_MODELLED);
    }
    add_count(result, row, "ram.total", row->ram, "bytes", KL_COUNTED);
    add_count(result, row, "ram.stack_bound", row->stack_bound, "bytes", KL_COUNTED);
    add_count(result, row, "flash.total", row->flash, "bytes", KL_COUNTED);
    add_count(result, row, "flash.code", row->code, "bytes", KL_COUNTED);
    add_figure(result, row, "time.compile", json_real(row->compile_seconds * 1e3), "ms",
               KL_MEASURED);
    if (row->has_baseline) {
        kl_result_input(result, row->model, row->sha256); /* once for all boards */
        add_baseline(result, row);
        add_figure(result, row, "time.select", json_real(row->select_seconds), "s", KL_MEASURED);
    }
}

static int write_json(const struct row *rows, size_t count, const char *path)
{
    struct kl_result result;
    kl_result_init(&result, "bench");
    for (size_t i = 0; i < count; i++) {
        add_row(&result, &rows[i]);
    }
    int status = result.root ? json_dump_file(result.root, path, JSON_INDENT(2)) : -1;
    kl_result_free(&result);
    return status == 0 ? 0 : fail("cannot be written", path);
}

int main(int argc, char **argv)
{
    static struct row rows[(int)BASELINE_COUNT * (int)BOARD_COUNT];
    char folder[PATH_BYTES];
    size_t count = 0;
    if (argc != 4) {
        fprintf(stderr, "usage: bench KINGLET MODELS JSON-FILE\n");
        return 2;
    }
    snprintf(folder, sizeof folder, "%s.compiled", argv[3]);
    for (size_t i = 0; i < BASELINE_COUNT; i++) {
        char model[PATH_BYTES];
        if (!find_model(argv[2], &baselines[i], model)) {
            fail("not there, left out (set KINGLET_MODELS)", model);
            continue;
        }
        for (size_t board = 0; board < BOARD_COUNT; board++) {
            struct row *row = &rows[count++];
            *row = (struct row){.baseline = &baselines[i],
                                .board = core_baselines[board].board,
                                .has_baseline =
                                    strcmp(core_baselines[board].board, BASELINE_BOARD) == 0};
            memcpy(row->model, model, sizeof row->model);
            if (measure(argv[1], folder, row) != 0) {
                return 1;
            }
        }
    }
    if (count == 0) {
        return 1;
    }
    for (size_t board = 0; board < BOARD_COUNT; board++) {
        print_board(rows, count, &core_baselines[board]);
    }
    print_comparison(rows, count);
    print_published(rows, count);
    return write_json(rows, count, argv[3]) == 0 ? 0 : 1;
}
