/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "table.h"

enum { CELL_BYTES = 40, CELL_WIDTH = 18 };

static const struct verdict *verdict_at(const struct table *table, int32_t model, int32_t column)
{
    return &table->verdicts[column * table->model_count + model];
}

static void passed_cell(const struct verdict *verdict, char text[CELL_BYTES])
{
    int samples = (int)verdict->samples;
    if (verdict->unit == UNIT_SHARE) {
        snprintf(text, CELL_BYTES, "%.0f %%", verdict->worst * 100.0);
    } else if (verdict->exact) {
        snprintf(text, CELL_BYTES, "exact, %d", samples);
    } else if (verdict->unit == UNIT_LSB) {
        snprintf(text, CELL_BYTES, "within %.0f LSB, %d", verdict->worst, samples);
    } else {
        snprintf(text, CELL_BYTES, "within %.1e, %d", verdict->worst, samples);
    }
}

static void cell(const struct verdict *verdict, char text[CELL_BYTES])
{
    switch (verdict->result) {
    case RESULT_PASSED: passed_cell(verdict, text); break;
    case RESULT_NO_FIT: snprintf(text, CELL_BYTES, "does not fit"); break;
    case RESULT_NOTHING: snprintf(text, CELL_BYTES, "-"); break;
    case RESULT_DIFFERENT: snprintf(text, CELL_BYTES, "DIFFERENT"); break;
    case RESULT_FAILED: snprintf(text, CELL_BYTES, "FAILED"); break;
    }
}

/* The last column of a row is not filled up. */
static void print_cell(int32_t column, const char *text, FILE *out)
{
    size_t title = strlen(columns[column].title);
    int width = title > CELL_WIDTH ? (int)title : CELL_WIDTH;
    fprintf(out, "  %-*s", column == COLUMN_COUNT - 1 ? 0 : width, text);
}

static void print_rows(const struct table *table, FILE *out)
{
    fprintf(out, "%-26s", "model");
    for (int32_t c = 0; c < COLUMN_COUNT; c++) {
        print_cell(c, columns[c].title, out);
    }
    fprintf(out, "\n");
    for (int32_t m = 0; m < table->model_count; m++) {
        fprintf(out, "%-26s", table->models[m]->name);
        for (int32_t c = 0; c < COLUMN_COUNT; c++) {
            char text[CELL_BYTES];
            cell(verdict_at(table, m, c), text);
            print_cell(c, text, out);
        }
        fprintf(out, "\n");
    }
}

static bool needs_note(const struct verdict *verdict)
{
    return verdict->result != RESULT_PASSED && verdict->result != RESULT_NOTHING;
}

/* What the cells leave out. */
static void print_notes(const struct table *table, FILE *out)
{
    for (int32_t m = 0; m < table->model_count; m++) {
        for (int32_t c = 0; c < COLUMN_COUNT; c++) {
            const struct verdict *verdict = verdict_at(table, m, c);
            if (needs_note(verdict)) {
                fprintf(out, "%s, %s: %s\n", table->models[m]->name, columns[c].title,
                        verdict->text);
            }
        }
    }
    for (int32_t i = 0; i < table->refused_count; i++) {
        bool refused = table->refusals[i].result == RESULT_PASSED;
        fprintf(out, "%-34s %s: %s\n", table->refused[i]->name,
                refused ? "refused, as it must be" : "NOT REFUSED", table->refusals[i].text);
    }
}

/* Verdicts of columns first .. end-1 with that result. */
static int32_t count(const struct table *table, int32_t first, int32_t end, enum result result)
{
    int32_t found = 0;
    for (int32_t i = first * table->model_count; i < end * table->model_count; i++) {
        found += table->verdicts[i].result == result ? 1 : 0;
    }
    return found;
}

static int32_t count_failures(const struct table *table)
{
    int32_t failed = count(table, 0, COLUMN_COUNT, RESULT_DIFFERENT) +
                     count(table, 0, COLUMN_COUNT, RESULT_FAILED);
    for (int32_t i = 0; i < table->refused_count; i++) {
        failed += table->refusals[i].result == RESULT_PASSED ? 0 : 1;
    }
    return failed;
}

static void print_float_line(const struct table *table, FILE *out)
{
    double worst = 0.0, seconds = 0.0;
    for (int32_t i = 0; i < table->model_count * COLUMN_COUNT; i++) {
        const struct verdict *verdict = &table->verdicts[i];
        bool is_place = i < table->model_count * PLACE_COUNT;
        worst = is_place && verdict->worst > worst ? verdict->worst : worst;
        seconds += verdict->seconds;
    }
    fprintf(out,
            "float models: largest difference %.1e of max(1, |expected|), allowed %.0e; %.0f s\n",
            worst, (double)FLOAT_TOLERANCE, seconds);
}

static void print_check_lines(const struct table *table, FILE *out)
{
    int32_t largest = 0, samples = 0, models = 0;
    for (int32_t m = 0; m < table->model_count; m++) {
        const struct verdict *verdict = verdict_at(table, m, ARENA_COLUMN);
        largest = verdict->worst > verdict_at(table, largest, ARENA_COLUMN)->worst ? m : largest;
        models += verdict->samples;
        samples += verdict_at(table, m, PUBLISHED_COLUMN)->samples;
    }
    fprintf(out, "published samples, their outputs not from TFLM: %d, of %d models\n", (int)samples,
            (int)count(table, PUBLISHED_COLUMN, PUBLISHED_COLUMN + 1, RESULT_PASSED));
    if (models > 0) {
        fprintf(out, "arena: at most %.1f %% of TFLM's on x86-64 (%s); %d models\n",
                verdict_at(table, largest, ARENA_COLUMN)->worst * 100.0,
                table->models[largest]->name, (int)models);
    }
}

int32_t print_table(const struct table *table, FILE *out)
{
    int32_t failed = count_failures(table), refused = table->refused_count;
    fprintf(out, "Trained models against TFLM's reference kernels: result, samples compared\n"
                 "(emitted C and boards also have every bit of the host engine's outputs)\n\n");
    print_rows(table, out);
    fprintf(out, "\n");
    print_notes(table, out);
    for (int32_t i = 0; i < table->refused_count; i++) {
        refused -= table->refusals[i].result == RESULT_PASSED ? 0 : 1;
    }
    fprintf(out,
            "\n%d models at %d places: %d passed, %d do not fit their board; %d models refused by "
            "name; %d failures; %d models skipped\n",
            (int)table->model_count, (int)PLACE_COUNT,
            (int)count(table, 0, PLACE_COUNT, RESULT_PASSED),
            (int)count(table, 0, PLACE_COUNT, RESULT_NO_FIT), (int)refused, (int)failed,
            (int)table->skipped);
    print_float_line(table, out);
    print_check_lines(table, out);
    return failed;
}
