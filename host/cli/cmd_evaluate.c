/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/example_options.h"
#include "cli/model_options.h"
#include "flow/evaluate_model.h"

enum { MOST_ROWS = 60 }; /* that are printed; the JSON has all */

struct evaluate_options {
    struct kl_common common;
    struct kl_model_options model;
    struct kl_evaluation_request request;
    const char *part, *task;
    int64_t window, hop, seed;
};

static enum kl_err read_part(const struct evaluate_options *o, enum kl_data_part *part,
                             struct kl_diag *diag)
{
    for (int i = 0; i <= KL_PARTS; i++) {
        if (strcmp(o->part, kl_evaluation_part_name((enum kl_data_part)i)) == 0) {
            *part = (enum kl_data_part)i;
            return KL_OK;
        }
    }
    return kl_fail(diag, KL_EUSAGE, "--part is train, validation, test or all, not '%.40s'",
                   o->part);
}

static enum kl_err read_task(const struct evaluate_options *o,
                             struct kl_evaluation_request *request, struct kl_diag *diag)
{
    KL_TRY(kl_task_parse(o->task, &request->task, diag));
    return !request->normal || request->task == KL_JUDGE_ANOMALIES
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE, "--normal is for --task anomalies");
}

static void fill_result(const struct kl_evaluation_request *request, const struct kl_evaluation *e,
                        struct kl_result *result)
{
    const struct kl_score *s = &e->score;
    const struct kl_pair *p = &e->pair;
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"accuracy", s->accuracy},
                   {"accuracy.low", s->low},
                   {"accuracy.high", s->high},
                   {"mean_squared_error", s->error},
                   {"auc", s->auc},
                   {"difference", p->count > 0 ? p->difference : NAN},
                   {"difference.low", p->count > 0 ? p->low : NAN},
                   {"difference.high", p->count > 0 ? p->high : NAN}};
    const char *key;
    json_t *value;
    kl_result_count(result, "items", s->count, "1", KL_COUNTED);
    kl_result_count(result, "groups", s->groups, "1", KL_COUNTED);
    kl_result_count(result, "data.leaks", e->leaks, "1", KL_COUNTED);
    kl_result_count(result, "data.shared_groups", e->shared_groups, "1", KL_COUNTED);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (isfinite(numbers[i].value)) {
            kl_result_metric(result, numbers[i].name, kl_json_number(numbers[i].value), "1",
                             KL_COUNTED);
        }
    }
    if (request->by) {
        kl_result_count(result, "rows", e->row_count, "1", KL_COUNTED);
        kl_result_count(result, "rows.of_one_class", e->rows_of_one_class, "1", KL_COUNTED);
        kl_result_count(result, "rows.right", e->rows_right, "1", KL_COUNTED);
    }
    json_t *tables = kl_evaluation_json(request, e);
    json_object_foreach(tables, key, value)
    {
        kl_result_detail(result, key, json_incref(value));
    }
    json_decref(tables);
}

static void print_classes(const struct kl_evaluation *e)
{
    printf("\n%s%-20s %7s %9s %18s  answered%s\n", kl_bold(), "class", "items", "recall", "95 %",
           kl_plain());
    for (int32_t c = 0; c < e->score.classes; c++) {
        int64_t of;
        struct kl_interval interval;
        double recall = kl_score_class_recall(&e->score, c, &of, &interval);
        if (of == 0) {
            continue;
        }
        printf("%-20.40s %7lld %7.2f %% %6.2f to %6.2f %% ", e->class_names[c], (long long)of,
               100 * recall, 100 * interval.low, 100 * interval.high);
        for (int32_t a = 0; a < e->score.classes && e->score.classes <= 12; a++) {
            printf(" %lld", (long long)e->score.confusion[(int64_t)c * e->score.classes + a]);
        }
        printf("\n");
    }
}

static void print_rows(const struct kl_evaluation_request *request, const struct kl_evaluation *e)
{
    printf("\n%s%-32.60s %7s %7s %9s  mostly answered%s\n", kl_bold(), request->by, "items",
           "right", "share", kl_plain());
    for (int32_t i = 0; i < e->row_count && i < MOST_ROWS; i++) {
        const struct kl_evaluation_row *row = &e->rows[i];
        bool one_class = row->truth >= 0;
        printf("%-32.60s %7d %7d %7.2f %%  %s%s\n", row->name[0] ? row->name : "(without)",
               row->count, row->right, 100.0 * row->right / row->count,
               one_class ? e->class_names[row->answer] : "-",
               one_class && row->truth != row->answer ? ", wrongly" : "");
    }
    if (e->row_count > MOST_ROWS) {
        printf("... and %d more, which --json has\n", e->row_count - MOST_ROWS);
    }
    if (e->rows_of_one_class > 0) {
        printf("%d of the %d with items of one class are mostly answered rightly\n", e->rows_right,
               e->rows_of_one_class);
    }
}

/* What must be known to read the figures. */
static void print_cautions(const struct kl_evaluation_request *request,
                           const struct kl_evaluation *e)
{
    char caution[KL_SCORE_CAUTION_BYTES], leaks[KL_LEAKS_TEXT_BYTES];
    if (e->split_here) {
        printf("the data set has no split: this part was made by a hash of the group and --seed; "
               "--part all takes all items\n");
    }
    if (e->score.classes > 0 && kl_score_caution(&e->score, caution)) {
        printf("%s\n", caution);
    }
    if (request->part < KL_PARTS && kl_learn_leaks_text(e->leaks, e->shared_groups, leaks)) {
        printf("warning: %s\n", leaks);
    }
}

static void print_pair(const struct kl_evaluation_request *request, const struct kl_pair *p)
{
    if (p->count > 0) {
        printf("%s: %.2f %%; difference %+.2f points (95 %%: %+.2f to %+.2f), %lld answers better, "
               "%lld worse\n",
               request->against, 100.0 * (double)p->first / (double)p->count, 100 * p->difference,
               100 * p->low, 100 * p->high, (long long)p->only_second, (long long)p->only_first);
    }
}

static void print_evaluation(const struct kl_evaluation_request *request, const char *part,
                             const struct kl_evaluation *e)
{
    const struct kl_score *s = &e->score;
    if (isfinite(s->auc)) {
        printf("%s part: area under the curve %.4f, mean score %.5g, %d items\n", part, s->auc,
               s->error, s->count);
    } else if (s->classes == 0) {
        printf("%s part: %s %.5g, %d items\n", part,
               request->task == KL_JUDGE_ANOMALIES ? "mean score" : "mean squared error", s->error,
               s->count);
    } else {
        printf("%s part: %.2f %% of %d items right (95 %%: %.2f to %.2f %%)\n", part,
               100 * s->accuracy, s->count, 100 * s->low, 100 * s->high);
    }
    print_pair(request, &e->pair);
    print_cautions(request, e);
    if (s->classes > 0) {
        print_classes(e);
    }
    if (request->by) {
        print_rows(request, e);
    }
}

static enum kl_err evaluate(const void *context, struct kl_model_job *job, struct kl_result *result,
                            struct kl_diag *diag)
{
    const struct evaluate_options *o = context;
    struct kl_evaluation_request request = o->request;
    struct kl_evaluation evaluation;
    KL_TRY(read_part(o, &request.part, diag));
    KL_TRY(read_task(o, &request, diag));
    if (o->window > INT32_MAX || o->hop > INT32_MAX) {
        return kl_fail(diag, KL_EUSAGE, "--window and --hop are too large");
    }
    request.window = (int32_t)o->window;
    request.hop = (int32_t)o->hop;
    request.seed = (uint64_t)o->seed;
    kl_progress(&o->common, "evaluating ...");
    KL_TRY(kl_evaluate_model(job, &request, &evaluation, diag));
    kl_progress(&o->common, "%s", "");
    kl_result_data(result, request.data, evaluation.data_version);
    if (request.features) {
        kl_result_input(result, request.features, evaluation.features_sha256);
    }
    if (request.against) {
        kl_result_input(result, request.against, evaluation.against_sha256);
    }
    fill_result(&request, &evaluation, result);
    if (!o->common.json) {
        print_evaluation(&request, o->part, &evaluation);
    }
    return KL_OK;
}

static enum kl_err check_options(void *context, struct kl_diag *diag)
{
    struct evaluate_options *o = context;
    if (!o->request.data) {
        return kl_fail(
            diag, KL_EUSAGE,
            "--data is missing: the folder of a data set (`kinglet data import` makes one)");
    }
    /* Examples are features already; the pipeline does not become part of the model. */
    o->request.features = o->model.features;
    o->model.features = NULL;
    return KL_OK;
}

int kl_cmd_evaluate(int argc, char **argv, const struct kl_command *self)
{
    struct evaluate_options o = {.part = "test"};
    const struct kl_option options[] = {
        {.name = "--data", .argument = "DIR", .help = "the data set", .text = &o.request.data},
        {.name = "--part",
         .argument = "PART",
         .help = "train, validation, test (default) or all",
         .text = &o.part},
        {.name = "--task",
         .argument = "T",
         .help = "classes, values or anomalies (default: classes if the data have two)",
         .text = &o.task},
        {.name = "--normal",
         .argument = "CLASS",
         .help = "anomalies: the class that was learnt (default: normal, or the first)",
         .text = &o.request.normal},
        {.name = "--by",
         .argument = "TAG",
         .help = "a row for each value of a tag, or for each group",
         .text = &o.request.by},
        {.name = "--against",
         .argument = "MODEL",
         .help = "another model for the same examples: the difference is paired",
         .text = &o.request.against},
        KL_EXAMPLE_OPTIONS(o.window, o.hop, o.seed),
        KL_MODEL_OPTIONS(o.model),
        {.name = NULL},
    };
    const struct kl_model_command command = {options,       &o.common, &o.model,
                                             check_options, evaluate,  &o};
    return kl_model_command(self, argc, argv, &command);
}
