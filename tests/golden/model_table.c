/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kinglet-model-table PROGRAM TABLE [MODELS]: runs the trained models below MODELS/tflite
 * (default: $KINGLET_MODELS) at every place and prints the table model x place x result, also
 * into the file TABLE. Models outside the engine's operators must be refused by name.
 *
 * Ends with status 0 when everything passed, 1 when not, 77 when the folder is absent and all
 * were skipped.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "place.h"
#include "run_model.h"
#include "workers.h"

enum {
    PARALLEL = 2,
    TASK_TIMEOUT_S = 300,
    MAX_MODELS = 64,
    PATH_BYTES = 1024,
    SKIPPED_STATUS = 77,
    CELL_BYTES = 40
};

static const struct {
    const char *title;
    place_fn *run;
} places[] = {
    {"engine on the host", place_engine},
    {"emitted C on the host", place_emitted},
    {"Cortex-M4F (emulated)", place_cortex_m4f},
    {"RV32 (emulated)", place_rv32},
};

enum { PLACE_COUNT = sizeof(places) / sizeof(places[0]) };

struct table {
    const char *program;
    char folder[PATH_BYTES]; /* of the models */
    char work[PATH_BYTES];   /* for temporary files */
    int32_t model_count, skipped;
    const struct listed_model *models[MAX_MODELS]; /* present ones */
    int32_t refused_count;
    const struct refused_model *refused[MAX_MODELS]; /* present ones */
    struct verdict verdicts[MAX_MODELS * PLACE_COUNT];
    struct verdict refusals[MAX_MODELS];
    int32_t done;
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

static enum kl_err run_place(const struct table *table, struct trial *trial, int32_t place,
                             struct kl_model_job *job, struct verdict *verdict,
                             struct kl_diag *diag)
{
    struct sample samples[MAX_SAMPLES];
    struct kl_bytes own[MAX_SAMPLES][MAX_SAMPLE_IO];
    KL_TRY(kl_model_job_open(job, trial->model_path, diag));
    KL_TRY(kl_model_job_plan(job, NULL, diag));
    KL_TRY(read_samples(table->folder, trial->model->name, job->arena, samples,
                        &trial->sample_count, diag));
    KL_TRY(run_samples(job, samples, trial->sample_count, own, diag));
    trial->samples = samples;
    trial->own = own;
    trial->job = job;
    trial->arena = job->arena;
    places[place].run(trial, verdict);
    return KL_OK;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void remove_folder(const char *folder)
{
    enum { OPEN_FOLDERS = 16 };
    if (nftw(folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0) {
        perror(folder);
    }
}

static void try_place(const struct table *table, int32_t model, int32_t place,
                      struct verdict *verdict)
{
    char path[PATH_BYTES], folder[PATH_BYTES + 32];
    struct kl_model_job job = {0};
    struct kl_diag diag = {0};
    model_path(table, table->models[model]->name, path);
    snprintf(folder, sizeof(folder), "%s/%d.%d", table->work, (int)model, (int)place);
    struct trial trial = {.model = table->models[model],
                          .model_path = path,
                          .folder = folder,
                          .program = table->program};
    enum kl_err err = kl_dir_create(folder, &diag);
    if (err == KL_OK) {
        err = run_place(table, &trial, place, &job, verdict, &diag);
    }
    if (err != KL_OK) {
        fail_trial(verdict, "%s", diag.message);
    }
    kl_model_job_free(&job);
    remove_folder(folder);
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
        err = kl_model_job_plan(&job, NULL, &diag);
    }
    explain(verdict, "%s", err == KL_OK ? "it was accepted" : diag.message);
    if (err != KL_EUNSUPPORTED || !named || !strstr(diag.message, "operator ")) {
        verdict->result = RESULT_FAILED;
    }
    kl_model_job_free(&job);
}

/* Tasks: place by place, so that the quick places come first; then the refusals. */
static void run_task(void *context, int32_t task, struct verdict *verdict)
{
    const struct table *table = context;
    int32_t trials = table->model_count * PLACE_COUNT;
    if (task < trials) {
        try_place(table, task % table->model_count, task / table->model_count, verdict);
    } else {
        try_refused(table, task - trials, verdict);
    }
}

static void task_done(void *context, int32_t task, const struct verdict *verdict)
{
    struct table *table = context;
    int32_t trials = table->model_count * PLACE_COUNT;
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

static const struct verdict *verdict_at(const struct table *table, int32_t model, int32_t place)
{
    return &table->verdicts[place * table->model_count + model];
}

static void cell(const struct verdict *verdict, char text[CELL_BYTES])
{
    switch (verdict->result) {
    case RESULT_PASSED:
        if (verdict->exact) {
            snprintf(text, CELL_BYTES, "exact, %d", (int)verdict->samples);
        } else {
            snprintf(text, CELL_BYTES, "within %.1e, %d", verdict->worst, (int)verdict->samples);
        }
        break;
    case RESULT_NO_FIT: snprintf(text, CELL_BYTES, "does not fit"); break;
    case RESULT_DIFFERENT: snprintf(text, CELL_BYTES, "DIFFERENT"); break;
    case RESULT_FAILED: snprintf(text, CELL_BYTES, "FAILED"); break;
    }
}

static void print_rows(const struct table *table, FILE *out)
{
    fprintf(out, "%-26s", "model");
    for (int32_t p = 0; p < PLACE_COUNT; p++) {
        fprintf(out, "  %-21s", places[p].title);
    }
    fprintf(out, "\n");
    for (int32_t m = 0; m < table->model_count; m++) {
        fprintf(out, "%-26s", table->models[m]->name);
        for (int32_t p = 0; p < PLACE_COUNT; p++) {
            char text[CELL_BYTES];
            cell(verdict_at(table, m, p), text);
            fprintf(out, "  %-21s", text);
        }
        fprintf(out, "\n");
    }
}

/* What the cells leave out. */
static void print_notes(const struct table *table, FILE *out)
{
    for (int32_t m = 0; m < table->model_count; m++) {
        for (int32_t p = 0; p < PLACE_COUNT; p++) {
            const struct verdict *verdict = verdict_at(table, m, p);
            if (verdict->result != RESULT_PASSED) {
                fprintf(out, "%s, %s: %s\n", table->models[m]->name, places[p].title,
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

/* Prints how many of each there are; returns the number of failures. */
static int32_t print_counts(const struct table *table, FILE *out)
{
    int32_t passed = 0, no_fit = 0, failed = 0, refused = 0;
    double worst = 0.0, seconds = 0.0;
    for (int32_t i = 0; i < table->model_count * PLACE_COUNT; i++) {
        const struct verdict *verdict = &table->verdicts[i];
        passed += verdict->result == RESULT_PASSED ? 1 : 0;
        no_fit += verdict->result == RESULT_NO_FIT ? 1 : 0;
        worst = verdict->worst > worst ? verdict->worst : worst;
        seconds += verdict->seconds;
    }
    for (int32_t i = 0; i < table->refused_count; i++) {
        refused += table->refusals[i].result == RESULT_PASSED ? 1 : 0;
    }
    failed = table->model_count * PLACE_COUNT - passed - no_fit + table->refused_count - refused;
    fprintf(out,
            "%d models at %d places: %d passed, %d do not fit their board; %d models refused by "
            "name; %d failures; %d models skipped\n",
            (int)table->model_count, (int)PLACE_COUNT, (int)passed, (int)no_fit, (int)refused,
            (int)failed, (int)table->skipped);
    fprintf(out,
            "float models: largest difference %.1e of max(1, |expected|), allowed %.0e; %.0f s\n",
            worst, (double)FLOAT_TOLERANCE, seconds);
    return failed;
}

static int32_t print_table(const struct table *table, FILE *out)
{
    fprintf(out, "Trained models against TFLM's reference kernels: result, samples compared\n"
                 "(emitted C and boards also have every bit of the host engine's outputs)\n\n");
    print_rows(table, out);
    fprintf(out, "\n");
    print_notes(table, out);
    fprintf(out, "\n");
    return print_counts(table, out);
}

/* Also when the folder is absent, so that the summary of all tests says what was skipped. */
static int finish(const struct table *table, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return 1;
    }
    int32_t failed = 0;
    if (table->model_count + table->refused_count == 0) {
        fprintf(file, "%d trained models skipped: no folder %s (set KINGLET_MODELS)\n",
                (int)table->skipped, table->folder);
        printf("%d trained models skipped: no folder %s (set KINGLET_MODELS)\n",
               (int)table->skipped, table->folder);
        fclose(file);
        return SKIPPED_STATUS;
    }
    failed = print_table(table, file);
    print_table(table, stdout);
    return fclose(file) != 0 || failed > 0;
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
        fprintf(stderr, "usage: kinglet-model-table PROGRAM TABLE [MODELS]\n");
        return 2;
    }
    table.program = argv[1];
    snprintf(table.folder, sizeof(table.folder), "%s/tflite", models_folder(argc, argv));
    snprintf(table.work, sizeof(table.work), "%s/kinglet-models-XXXXXX",
             temporary ? temporary : "/tmp");
    find_models(&table);
    if (!mkdtemp(table.work)) {
        perror(table.work);
        return 2;
    }
    run_tasks(table.model_count * PLACE_COUNT + table.refused_count, PARALLEL, TASK_TIMEOUT_S,
              run_task, task_done, &table);
    remove_folder(table.work);
    return finish(&table, argv[2]);
}
