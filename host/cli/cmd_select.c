/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/select_request.h"
#include "cli/work_folder.h"

enum { TEXT_COLUMNS = 96 };

/* One run of the command. */
struct select_run {
    struct kl_select_options options;
    struct kl_playbook_job job;
    struct kl_work_folder work;
    struct kl_select_request request;
    struct kl_select_result result;
};

/* A playbook file or folder, as opposed to a model. */
static bool is_playbook(const char *path)
{
    struct stat status;
    size_t length = strlen(path);
    bool yaml = (length > 5 && strcmp(path + length - 5, ".yaml") == 0) ||
                (length > 4 && strcmp(path + length - 4, ".yml") == 0);
    return yaml || (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
}

static enum kl_err read_request(struct select_run *run, const char *const *given,
                                struct kl_diag *diag)
{
    size_t count = 0;
    kl_select_request_init(&run->request);
    while (count < KL_SELECT_MODELS && given[count]) {
        count++;
    }
    if (count == 0 || is_playbook(given[0])) {
        if (count > 1) {
            return kl_fail(diag, KL_EUSAGE, "unexpected argument '%.200s' behind a playbook",
                           given[1]);
        }
        KL_TRY(kl_playbook_job_load(&run->job, given[0], diag));
        KL_TRY(kl_playbook_job_require_sound(&run->job, diag));
        KL_TRY(kl_select_request_playbook(run->job.playbook, &run->request, diag));
        if (run->request.model_count == 0) {
            return kl_fail(diag, KL_EINPUT,
                           "%s: no model to choose for; list its files in chapters.hardware.models",
                           run->job.playbook->path);
        }
    } else {
        run->request.models = given;
        run->request.model_count = count;
    }
    return kl_select_request_options(&run->options, &run->request, diag);
}

static void show_progress(void *user, const char *core)
{
    kl_progress(user, "compiling and counting for %s ...", core);
}

/* Models and the user's own board files. */
static enum kl_err note_inputs(struct select_run *run, struct kl_diag *diag)
{
    const struct kl_select_request *r = &run->request;
    for (size_t i = 0; i < r->model_count; i++) {
        kl_result_input(&run->job.result, r->models[i], run->result.sha256[i]);
    }
    if (r->pipeline) {
        kl_result_input(&run->job.result, r->pipeline, run->result.pipeline_sha256);
    }
    for (size_t i = 0; i < r->candidate_count; i++) {
        KL_TRY(kl_note_board_file(&run->job.result, run->job.arena, r->candidates[i], diag));
    }
    return KL_OK;
}

static enum kl_provenance provenance_of(const struct kl_select_cell *cell)
{
    return cell->known ? kl_provenance_named(cell->provenance) : KL_ESTIMATED;
}

static void put_metric(struct kl_result *result, const char *name,
                       const struct kl_select_cell *cell, const char *unit)
{
    if (cell->known && strcmp(unit, "bytes") == 0) {
        kl_result_count(result, name, llround(cell->value), unit, provenance_of(cell));
    } else if (cell->known && isfinite(cell->value)) {
        kl_result_metric(result, name, kl_json_number(cell->value), unit, provenance_of(cell));
    }
}

static void fill_result(struct select_run *run)
{
    struct kl_result *result = &run->job.result;
    const struct kl_select_result *r = &run->result;
    size_t changes = 0;
    const char *key;
    json_t *value;
    for (size_t i = 0; i < r->sensitivity_count; i++) {
        changes += r->sensitivity[i].changes;
    }
    kl_result_count(result, "candidates", (long long)r->candidate_count, "1", KL_MODELLED);
    kl_result_count(result, "excluded", (long long)(r->board_count - r->candidate_count), "1",
                    KL_MODELLED);
    if (r->candidate_count > 0) {
        const struct kl_select_board *first = &r->boards[0];
        kl_result_metric(result, "winner.score", kl_json_number(first->total), "1", KL_MODELLED);
        kl_result_count(result, "winner.changes", (long long)changes, "1", KL_MODELLED);
        put_metric(result, "winner.ram", &first->ram, "bytes");
        put_metric(result, "winner.flash", &first->flash, "bytes");
        put_metric(result, "winner.latency", &first->latency, "s");
        put_metric(result, "winner.energy", &first->energy, "J");
        put_metric(result, "winner.battery_life", &first->battery_life, "s");
    }
    json_t *tables = kl_select_json(r);
    json_object_foreach(tables, key, value)
    {
        kl_result_detail(result, key, json_incref(value));
    }
    json_decref(tables);
}

/* The mark behind a figure. */
static const char *mark(const struct kl_select_cell *cell)
{
    switch (provenance_of(cell)) {
    case KL_MEASURED: return "!";
    case KL_MODELLED: return "~";
    case KL_ESTIMATED: return "?";
    default: return " ";
    }
}

static void print_cell(const struct kl_select_cell *cell, struct kl_dimension dimension, int width)
{
    char text[KL_VALUE_BYTES] = "-";
    if (cell->known && isinf(cell->value)) {
        snprintf(text, sizeof text, "no end");
    } else if (cell->known) {
        kl_value_format((struct kl_value){cell->value, dimension}, NULL, text);
    }
    printf("  %*s%s", width, text, cell->known ? mark(cell) : " ");
}

static int name_width(const struct kl_select_result *r)
{
    size_t width = strlen("board");
    for (size_t i = 0; i < r->board_count; i++) {
        size_t length = strlen(r->boards[i].board->name);
        width = length > width ? length : width;
    }
    return (int)width;
}

static void print_matrix(const struct kl_select_result *r)
{
    int width = name_width(r);
    printf("%s  #  %-*s  score  %10s   %10s   %9s   %9s   %9s   %s%s\n", kl_bold(), width, "board",
           "RAM", "flash", "latency", "energy", "battery", "price, USD", kl_plain());
    for (size_t i = 0; i < r->candidate_count; i++) {
        const struct kl_select_board *b = &r->boards[i];
        printf("%s%3zu  %-*s%s  %5.2f", i == 0 ? kl_green() : "", i + 1, width, b->board->name,
               i == 0 ? kl_plain() : "", b->total);
        print_cell(&b->ram, KL_BYTES, 10);
        print_cell(&b->flash, KL_BYTES, 10);
        print_cell(&b->latency, KL_SECONDS, 9);
        print_cell(&b->energy, KL_JOULES, 9);
        print_cell(&b->battery_life, KL_SECONDS, 9);
        printf("  %s\n", b->price.known ? b->price.how : "-");
    }
    printf(
        "\n  without a mark: counted; ! measured, ~ modelled on the board's own core, ? estimated\n"
        "  from another core, - unknown (`kinglet select --json` says why)\n");
}

static void print_exclusions(const struct kl_select_result *r)
{
    int width = name_width(r);
    if (r->candidate_count < r->board_count) {
        printf("\n%sexcluded%s\n", kl_bold(), kl_plain());
    }
    for (size_t i = r->candidate_count; i < r->board_count; i++) {
        const struct kl_select_board *b = &r->boards[i];
        for (size_t k = 0; k < b->exclusion_count; k++) {
            printf("  %-*s  %s\n", width, k == 0 ? b->board->name : "", b->exclusions[k]);
        }
    }
}

static void print_doubts(const struct kl_select_result *r)
{
    int width = name_width(r);
    bool any = false;
    for (size_t i = 0; i < r->candidate_count; i++) {
        const struct kl_select_board *b = &r->boards[i];
        if (b->doubt_count > 0 && !any) {
            printf("\n%snot checked%s\n", kl_bold(), kl_plain());
            any = true;
        }
        for (size_t k = 0; k < b->doubt_count; k++) {
            printf("  %-*s  %s\n", width, k == 0 ? b->board->name : "", b->doubts[k]);
        }
    }
}

static void print_sensitivity(const struct kl_select_result *r)
{
    if (r->candidate_count < 2) {
        return;
    }
    printf("\n%ssensitivity%s: who wins when one weight changes by 20 %%\n", kl_bold(), kl_plain());
    for (size_t i = 0; i + 1 < r->sensitivity_count; i += 2) {
        const struct kl_select_sensitivity *s = &r->sensitivity[i];
        bool stays = !s[0].changes && !s[1].changes;
        printf("  %-12s  weight %.2f  ", kl_criterion_names[s->criterion],
               r->weights[s->criterion]);
        if (stays) {
            printf("stays\n");
        } else {
            printf("less: %s, more: %s\n", s[0].winner, s[1].winner);
        }
    }
}

/* A text in lines of a readable length. */
static void print_wrapped(const char *text)
{
    while (*text) {
        size_t length = strlen(text);
        if (length > TEXT_COLUMNS) {
            length = TEXT_COLUMNS;
            while (length > 1 && text[length] != ' ') {
                length--;
            }
            length = length > 1 ? length : TEXT_COLUMNS;
        }
        printf("%.*s\n", (int)length, text);
        text += length + strspn(text + length, " ");
    }
}

static void print_result(const struct select_run *run)
{
    if (run->result.candidate_count > 0) {
        print_matrix(&run->result);
    }
    print_exclusions(&run->result);
    print_doubts(&run->result);
    print_sensitivity(&run->result);
    printf("\n");
    print_wrapped(run->result.rationale);
    if (run->options.page) {
        printf("\nwrote %s\n", run->options.page);
    }
}

static enum kl_err write_page(const struct select_run *run, struct kl_diag *diag)
{
    struct kl_buffer html = KL_BUFFER((size_t)16 << 20);
    kl_select_page(&run->request, &run->result, &html);
    enum kl_err err =
        html.failed ? KL_FAIL_MEMORY(diag) : kl_dir_create_above(run->options.page, diag);
    if (err == KL_OK) {
        err = kl_file_write(run->options.page, html.data, html.size, diag);
    }
    kl_buffer_free(&html);
    return err;
}

static enum kl_err run_select(struct select_run *run, const char *const *given, const char *command,
                              struct kl_diag *diag)
{
    const struct kl_playbook_options playbook = {.common = run->options.common};
    KL_TRY(kl_playbook_job_open(&run->job, &playbook, command, diag));
    KL_TRY(read_request(run, given, diag));
    KL_TRY(kl_work_folder_open(&run->work, NULL, diag));
    run->request.work = run->work.path;
    const char *cache = run->options.no_cache ? NULL : kl_cache_folder(run->job.arena);
    KL_TRY(kl_select(&run->request, cache, show_progress, &run->options.common, run->job.arena,
                     &run->result, diag));
    kl_progress(&run->options.common, "%s", "");
    KL_TRY(note_inputs(run, diag));
    fill_result(run);
    if (run->options.page) {
        KL_TRY(write_page(run, diag));
    }
    if (!run->options.common.json) {
        print_result(run);
    }
    return KL_OK;
}

int kl_cmd_select(int argc, char **argv, const struct kl_command *self)
{
    struct select_run run = {.options = {.page = NULL}};
    struct kl_option table[KL_SELECT_OPTIONS];
    const char *given[KL_SELECT_MODELS + 1] = {NULL};
    struct kl_diag diag = {0};
    int status;
    kl_select_option_table(&run.options, table);
    if (!kl_options_begin(self, argc, argv, table, &run.options.common, given, KL_SELECT_MODELS,
                          &status)) {
        return status;
    }
    enum kl_err err = run_select(&run, given, self->name, &diag);
    bool failed = err == KL_OK && run.result.candidate_count == 0;
    status = kl_playbook_job_close(&run.job, &run.options.common, err, failed, &diag);
    kl_work_folder_close(&run.work);
    return status;
}
