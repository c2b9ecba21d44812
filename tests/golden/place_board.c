/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emulated boards, through the program as a user calls it: kinglet verify compares the
 * board's outputs with the host engine's, every bit, and these with the expected ones.
 */
#include <stdlib.h>
#include <string.h>

#include "program.h"

enum { MAX_ARGUMENTS = 16 + 4 * MAX_SAMPLE_IO };

/* Larger models run on the further boards in the long test only. */
enum { SMALL_MACS = 1000000 };

struct arguments {
    const char *list[MAX_ARGUMENTS];
    int32_t count;
};

static void add(struct arguments *arguments, const char *option, const char *value)
{
    arguments->list[arguments->count++] = option;
    if (value) {
        arguments->list[arguments->count++] = value;
    }
}

static void make_arguments(const struct trial *trial, int32_t sample, struct arguments *arguments)
{
    const struct sample *s = &trial->samples[sample];
    int32_t runs = sample_runs(s, trial->job->plan->inputs[0].tensor->bytes);
    add(arguments, trial->program, NULL);
    add(arguments, "verify", trial->model_path);
    add(arguments, "--board", trial->board);
    add(arguments, "-o", trial->folder); /* built by the first sample, used by all */
    add(arguments, "--json", NULL);
    if (runs > 1) {
        add(arguments, "--sequence", kl_arena_printf(trial->arena, "%d", (int)runs));
    }
    for (int32_t i = 0; i < s->input_count; i++) {
        add(arguments, "--input", s->input_path[i]);
    }
    for (int32_t i = 0; i < s->output_count; i++) {
        add(arguments, "--expect", s->output_path[i]);
    }
}

/*
 * The stack must stay within its bound, and every value on the board must have the bits of the host
 * engine's. So the host's outputs are also the board's, and they are judged by the tolerance that
 * the table states; the opinion of verify on the expected outputs (status 1) does not matter here.
 */
static void judge_result(const struct trial *trial, const json_t *result, int status,
                         int32_t sample, struct verdict *verdict)
{
    const json_t *bound = result_metric(result, "ram.stack_bound");
    bool is_bounded =
        json_integer_value(result_metric(result, "ram.stack")) <= json_integer_value(bound);
    if (status >= 0 && status <= 1 && is_bounded && json_is_true(result_metric(result, "exact")) &&
        json_integer_value(result_metric(result, "compared")) > 0) {
        judge_sample(trial, &trial->samples[sample], trial->own[sample], verdict);
    } else {
        char *where = json_dumps(result_metric(result, "first_difference"), JSON_ENCODE_ANY);
        explain(verdict, "%sboard against host: %s; host against expected: largest difference %g",
                is_bounded ? "" : "more stack than its bound, or none; ",
                where && strcmp(where, "null") != 0 ? where : "exact",
                json_number_value(result_metric(result, "expected_difference")));
        verdict->result = RESULT_DIFFERENT;
        verdict->exact = false;
        free(where);
    }
}

/* The small board may refuse what is not on its list; the other boards nothing. */
static bool may_be_too_large(const struct trial *trial)
{
    const char *const *name = models_of_small_board;
    while (*name && strcmp(*name, trial->model->name) != 0) {
        name++;
    }
    return strcmp(trial->board, small_board) == 0 && !*name;
}

static void verify(const struct trial *trial, int32_t sample, struct verdict *verdict)
{
    struct arguments arguments = {0};
    int status = -1;
    make_arguments(trial, sample, &arguments);
    json_t *result = program_result(arguments.list, &status, verdict);
    if (result) {
        judge_result(trial, result, status, sample, verdict);
        json_decref(result);
    } else if (strstr(verdict->text, "does not fit") && may_be_too_large(trial)) {
        verdict->result = RESULT_NO_FIT;
    }
}

void place_board(const struct trial *trial, struct verdict *verdict)
{
    for (int32_t i = 0; i < trial->sample_count && verdict->result == RESULT_PASSED; i++) {
        verify(trial, i, verdict);
    }
}

void place_further_board(const struct trial *trial, struct verdict *verdict)
{
    if (trial->thorough || trial->job->plan->macs <= SMALL_MACS) {
        place_board(trial, verdict);
    } else {
        verdict->result = RESULT_NOTHING;
    }
}
