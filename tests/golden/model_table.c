/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kinglet-model-table PROGRAM TABLE [MODELS [all]]: runs the trained models below MODELS/tflite
 * (default: $KINGLET_MODELS) at every place and prints the table model x place x result, also
 * into the file TABLE. Without "all", large models run on two of the emulated boards only. Beside
 * the places: the samples that models were published with, and the
 * arena against TFLM's. Models outside the engine's operators must be refused by name.
 *
 * Ends with status 0 when everything passed, 1 when not, 77 when the folder is absent and all
 * were skipped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "run_model.h"
#include "table.h"
#include "workers.h"

enum { PARALLEL = 2, TASK_TIMEOUT_S = 300, SKIPPED_STATUS = 77 };

const struct column columns[COLUMN_COUNT] = {
    {"engine on the host", place_engine, NULL},
    {"emitted C on the host", place_emitted, NULL},
    {"Cortex-M4F", place_board, "mps2-an386"},
    {"RV32", place_board, "rv32-virt"},
    {"Cortex-M0", place_further_board, "microbit"},
    {"ARMv6-M", place_further_board, "mps2-armv6m"},
    {"Cortex-M3", place_further_board, "mps2-an385"},
    {"Cortex-M7", place_further_board, "mps2-an500"},
    {"Cortex-M33", place_further_board, "mps2-an505"},
    {"Cortex-M55", place_further_board, "mps3-an547"},
    {"published samples", place_published, NULL},
    {"arena/TFLM's", place_arena, NULL},
};

static void model_path(const struct table *table, const char *name, char path[PATH_BYTES])
{
    int length = snprintf(path, PATH_BYTES, "%s/%s/%s.tflite", table->folder, name, name);
    if (length >= PATH_BYTES) {
        path[0] = '\0';
    }
}

static bool is_present(const struct table *table, const char *name)
{
    char path[PATH_BYTES];
    model_path(table, name, path);
    return access(path, R_OK) == 0;
}

static void find_models(struct table *table)
{
    for (const struct listed_model *m = supported_models; m->name; m++) {
        if (is_present(table, m->name)) {
            table->models[table->model_count++] = m;
        } else {
            table->skipped++;
        }
    }
    for (const struct refused_model *m = refused_models; m->name; m++) {
        if (is_present(table, m->name)) {
            table->refused[table->refused_count++] = m;
        } else {
            table->skipped++;
        }
    }
}

/* The host engine's outputs of all samples; every place needs them. */
static enum kl_err run_samples(const struct kl_model_job *job, const struct sample *samples,
                               int32_t count, struct kl_bytes own[][MAX_SAMPLE_IO],
                               struct kl_diag *diag)
{
    for (int32_t i = 0; i < count; i++) {
        struct kl_bytes outputs[MAX_MODEL_IO];
        int32_t output_count = 0;
        KL_TRY(run_job(job, samples[i].input, samples[i].input_count, job->arena, outputs,
                       &output_count, diag));
        if (output_count != samples[i].output_count) {
            return kl_fail(diag, KL_ECHECK, "the model has %d outputs", (int)output_count);
        }
        memcpy(own[i], outputs, (size_t)output_count * sizeof(outputs[0]));
    }
    return KL_OK;
}

static enum kl_err run_column(const struct table *table, struct trial *trial, int32_t column,
                              struct kl_model_job *job, struct verdict *verdict,
                              struct kl_diag *diag)
{
    struct sample samples[MAX_SAMPLES];
    struct kl_bytes own[MAX_SAMPLES][MAX_SAMPLE_IO];
    KL_TRY(kl_model_job_open(job, trial->model_path, diag));
    KL_TRY(kl_model_job_plan(job, KL_KERNELS_PORTABLE, NULL, diag));
    if (column < PLACE_COUNT) {
        KL_TRY(read_samples(table->folder, trial->model->name, job->arena, samples,
                            &trial->sample_count, diag));
        KL_TRY(run_samples(job, samples, trial->sample_count, own, diag));
    }
    trial->samples = samples;
    trial->own = own;
    trial->job = job;
    trial->arena = job->arena;
    columns[column].run(trial, verdict);
    return KL_OK;
}

/* One folder a slot and column, so that a board's parts are built once and not for each model. */
static void try_column(const struct table *table, int32_t model, int32_t column, int32_t slot,
                       struct verdict *verdict)
{
    char path[PATH_BYTES], folder[PATH_BYTES + 32];
    struct kl_model_job job = {0};
    struct kl_diag diag = {0};
    model_path(table, table->models[model]->name, path);
    snprintf(folder, sizeof(folder), "%s/%d.%d", table->work, (int)slot, (int)column);
    struct trial trial = {.model = table->models[model],
                          .models = table->folder,
                          .model_path = path,
                          .folder = folder,
                          .program = table->program,
                          .board = columns[column].board,
                          .thorough = table->thorough};
    enum kl_err err = kl_dir_create(folder, &diag);
    if (err == KL_OK) {
        err = run_column(table, &trial, column, &job, verdict, &diag);
    }
    if (err != KL_OK) {
        fail_trial(verdict, "%s", diag.message);
    }
    kl_model_job_free(&job);
}

/* Whether an operator of that name is among those that the planner cannot place. */
static bool is_refused(struct kl_model_job *job, const char *op, struct kl_diag *diag)
{
    struct kl_plan_issue *issues = NULL;
    int32_t count = 0;
    enum kl_err err = kl_plan_issues(job->graph, job->arena, &issues, &count, diag);
    for (int32_t i = 0; err == KL_OK && i < count; i++) {
        if (strcmp(kl_op_name(issues[i].op), op) == 0) {
            return true;
        }
    }
    return false;
}

/* The model must be refused, with an operator's name in the message. */
static void try_refused(const struct table *table, int32_t index, struct verdict *verdict)
{
    const struct refused_model *model = table->refused[index];
    char path[PATH_BYTES];
    struct kl_model_job job = {0};
    struct kl_diag diag = {0}, issues = {0};
    model_path(table, model->name, path);
    enum kl_err err = kl_model_job_open(&job, path, &diag);
    bool named = err == KL_OK && is_refused(&job, model->op, &issues);
    if (err == KL_OK) {
        err = kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, &diag);
    }
    explain(verdict, "%s", err == KL_OK ? "it was accepted" : diag.message);
    if (err != KL_EUNSUPPORTED || !named || !strstr(diag.message, "operator ")) {
        verdict->result = RESULT_FAILED;
    }
    kl_model_job_free(&job);
}

/* Tasks: column by column, so that the quick places come first; then the refusals. */
static void run_task(void *context, int32_t task, int32_t slot, struct verdict *verdict)
{
    const struct table *table = context;
    int32_t trials = table->model_count * COLUMN_COUNT;
    if (task < trials) {
        try_column(table, task % table->model_count, task / table->model_count, slot, verdict);
    } else {
        try_refused(table, task - trials, verdict);
    }
}

static void task_done(void *context, int32_t task, const struct verdict *verdict)
{
    struct table *table = context;
    int32_t trials = table->model_count * COLUMN_COUNT;
    if (task < trials) {
        table->verdicts[task] = *verdict;
    } else {
        table->refusals[task - trials] = *verdict;
    }
    table->done++;
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%d of %d ", (int)table->done, (int)(trials + table->refused_count));
    }
}

static void print_absence(const struct table *table, FILE *out)
{
    fprintf(out, "%d models skipped: no folder %s (set KINGLET_MODELS)\n", (int)table->skipped,
            table->folder);
}

/* Also when the folder is absent, so that the summary of all tests says what was skipped. */
static int finish(const struct table *table, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return 1;
    }
    int32_t failed = 0, status = 0;
    if (table->model_count + table->refused_count == 0) {
        print_absence(table, file);
        print_absence(table, stdout);
        status = SKIPPED_STATUS;
    } else {
        failed = print_table(table, file);
        print_table(table, stdout);
    }
    return fclose(file) != 0 || failed > 0 ? 1 : status;
}

static const char *models_folder(int argc, char **argv)
{
    const char *environment = getenv("KINGLET_MODELS");
    if (environment && *environment) {
        return environment;
    }
    return argc > 3 ? argv[3] : KINGLET_SOURCE_DIR "/../shared/models";
}

int main(int argc, char **argv)
{
    static struct table table;
    const char *temporary = getenv("TMPDIR");
    if (argc < 3) {
        fprintf(stderr, "usage: kinglet-model-table PROGRAM TABLE [MODELS [all]]\n");
        return 2;
    }
    table.program = argv[1];
    table.thorough = argc > 4 && strcmp(argv[4], "all") == 0;
    snprintf(table.folder, sizeof(table.folder), "%s/tflite", models_folder(argc, argv));
    snprintf(table.work, sizeof(table.work), "%s/kinglet-models-XXXXXX",
             temporary ? temporary : "/tmp");
    find_models(&table);
    if (!mkdtemp(table.work)) {
        perror(table.work);
        return 2;
    }
    run_tasks(table.model_count * COLUMN_COUNT + table.refused_count, PARALLEL, TASK_TIMEOUT_S,
              run_task, task_done, &table);
    kt_remove_folder(table.work);
    return finish(&table, argv[2]);
}
