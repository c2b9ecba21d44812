/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/label_errors.h"
#include "cli/train_options.h"

#define ARENA_BYTES ((size_t)16 << 30)

/* Progress, some times a second. */
struct shown {
    const struct kl_common *common;
    double last;
};

static void show(void *user, const struct kl_train_progress *p)
{
    struct shown *shown = user;
    struct timespec t;
    char validation[48] = "";
    clock_gettime(CLOCK_MONOTONIC, &t);
    double now = (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
    if (now - shown->last < 0.2 && p->share < 1) {
        return;
    }
    shown->last = now;
    if (p->last && isfinite(p->last->accuracy)) {
        snprintf(validation, sizeof validation, ", validation %.2f %%", 100 * p->last->accuracy);
    } else if (p->last && isfinite(p->last->validation_loss)) {
        snprintf(validation, sizeof validation, ", validation loss %.4g", p->last->validation_loss);
    }
    kl_progress(shown->common, "epoch %d of %d, %3.0f %%, loss %.4f%s, %.0f s left", p->epoch + 1,
                p->epochs, 100 * p->share, p->loss, validation,
                isfinite(p->seconds_left) ? p->seconds_left : 0);
}

static void put_number(struct kl_result *result, const char *name, double value)
{
    if (isfinite(value)) {
        kl_result_metric(result, name, kl_json_number(value), "1", KL_MEASURED);
    }
}

static void put_score(struct kl_result *result, const struct kl_train_report *r, const char *part,
                      const struct kl_score *s)
{
    const char *const names[] = {"accuracy", "accuracy.low", "accuracy.high",
                                 kl_train_error_name(r), "auc"};
    const double values[] = {s->accuracy, s->low, s->high, s->error, s->auc};
    char name[64];
    if (s->count == 0) {
        return;
    }
    snprintf(name, sizeof name, "%s.items", part);
    kl_result_count(result, name, s->count, "1", KL_COUNTED);
    snprintf(name, sizeof name, "%s.groups", part);
    kl_result_count(result, name, s->groups, "1", KL_COUNTED);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        snprintf(name, sizeof name, "%s.%s", part, names[i]);
        put_number(result, name, values[i]);
    }
}

/* What quantisation changes, over all folds. */
static void put_int8(struct kl_result *result, const struct kl_pair *p)
{
    double n = (double)p->count;
    if (p->count == 0) {
        return;
    }
    put_number(result, "int8.accuracy", (double)p->second / n);
    put_number(result, "int8.accuracy_float", (double)p->first / n);
    put_number(result, "int8.difference", p->difference);
    put_number(result, "int8.difference.low", p->low);
    put_number(result, "int8.difference.high", p->high);
}

static void print_int8(const struct kl_pair *p)
{
    if (p->count > 0) {
        printf("  %-11s %6.2f %%, as floats %.2f %%; difference %+.2f points (95 %%: %+.2f to "
               "%+.2f), of %lld items\n",
               "int8", 100 * (double)p->second / (double)p->count,
               100 * (double)p->first / (double)p->count, 100 * p->difference, 100 * p->low,
               100 * p->high, (long long)p->count);
    }
}

static void fill_result(struct kl_result *result, const struct kl_train_report *r)
{
    const char *key;
    json_t *value;
    kl_result_count(result, "weights", (long long)r->weights, "1", KL_COUNTED);
    kl_result_count(result, "macs", (long long)r->macs, "1", KL_COUNTED);
    kl_result_count(result, "epochs", r->result.epochs, "1", KL_COUNTED);
    kl_result_count(result, "data.leaks", r->leaks, "1", KL_COUNTED);
    kl_result_count(result, "data.shared_groups", r->shared_groups, "1", KL_COUNTED);
    kl_result_metric(result, "time", kl_json_number(r->result.seconds), "s", KL_MEASURED);
    if (r->folds == 0) {
        put_score(result, r, "validation", &r->validation);
    }
    put_score(result, r, "test", &r->test);
    put_int8(result, &r->int8);
    json_t *tables = kl_train_json(r);
    json_object_foreach(tables, key, value)
    {
        kl_result_detail(result, key, json_incref(value));
    }
    json_decref(tables);
}

static void print_score(const struct kl_train_report *r, const char *part, const struct kl_score *s)
{
    char caution[KL_SCORE_CAUTION_BYTES];
    const char *error = r->likelihood ? "mean of minus the log-likelihood" : "mean squared error";
    if (s->count == 0) {
        printf("  %-11s no items\n", part);
    } else if (isfinite(s->accuracy)) {
        printf("  %-11s %6.2f %% of %d items right (95 %%: %.2f to %.2f %%)\n", part,
               100 * s->accuracy, s->count, 100 * s->low, 100 * s->high);
        if (kl_score_caution(s, caution)) {
            printf("  %-11s %s\n", "", caution);
        }
    } else if (isfinite(s->auc)) {
        printf("  %-11s area under the curve %.4f, %s %.4g, %d items\n", part, s->auc, error,
               s->error, s->count);
    } else {
        printf("  %-11s %s %.5g, %d items\n", part, error, s->error, s->count);
    }
}

static void print_recalls(const struct kl_train_report *r)
{
    if (!r->test.confusion || r->test.count == 0) {
        return;
    }
    printf("\n%srecall on the test part%s\n", kl_bold(), kl_plain());
    for (int32_t c = 0; c < r->classes; c++) {
        int64_t of;
        struct kl_interval interval;
        double recall = kl_score_class_recall(&r->test, c, &of, &interval);
        if (isfinite(recall)) {
            printf("  %-16.40s %6.2f %%\n", r->class_names[c], 100 * recall);
        } else {
            printf("  %-16.40s no items\n", r->class_names[c]);
        }
    }
}

static void print_folds(const struct kl_train_report *r)
{
    bool shares = r->test.confusion != NULL;
    printf(shares ? "  by fold    " : "  by fold     mean squared error");
    for (int32_t i = 0; i < r->folds; i++) {
        printf(shares ? " %.2f" : " %.5g", (shares ? 100 : 1) * r->fold_score[i]);
    }
    printf(shares ? " %%\n" : "\n");
}

static void print_frozen(const struct kl_train_frozen *f)
{
    char bytes[KL_NUMBER_BYTES], different[KL_NUMBER_BYTES];
    if (f->path) {
        printf("\nwrote %s: %s of %s bytes differ from the model of --from", f->path,
               kl_grouped(f->different, different), kl_grouped(f->bytes, bytes));
        printf(f->cut_off > 0 ? "; %lld weights and biases are cut off by its scales\n" : "\n",
               (long long)f->cut_off);
    }
}

static void print_leaks(const struct kl_train_report *r)
{
    char text[KL_LEAKS_TEXT_BYTES];
    if (kl_learn_leaks_text(r->leaks, r->shared_groups, text)) {
        printf("  warning: %s\n", text);
    }
}

static void print_report(const struct kl_train_report *r)
{
    char weights[KL_NUMBER_BYTES], macs[KL_NUMBER_BYTES];
    printf("%s%s%s", kl_bold(), r->network, kl_plain());
    if (r->weights > 0) {
        printf(": %s weights, %s multiplications per item", kl_grouped(r->weights, weights),
               kl_grouped(r->macs, macs));
    }
    printf("\n");
    if (r->all > 0) {
        printf("  %d of %d %s began with the weights of --from\n", r->taken, r->all,
               r->from_model ? "layers" : "tensors");
    }
    if (r->from_data && strcmp(r->from_data, "not known") == 0) {
        printf("  warning: nothing beside the model of --from says what it was trained on; it may "
               "have seen what is tested here\n");
    }
    print_leaks(r);
    if (r->folds > 0) {
        print_folds(r);
        print_score(r, "all folds", &r->test);
        print_int8(&r->int8);
        print_recalls(r);
        return;
    }
    if (r->result.epochs > 0) {
        printf("  %d epochs in %.1f s%s; the weights of epoch %d were kept\n", r->result.epochs,
               r->result.seconds,
               r->result.stopped ? ", stopped"
               : r->result.early ? ", no longer better"
                                 : "",
               r->result.best + 1);
    }
    printf("  training    %d items%s\n", r->counts[KL_PART_TRAIN],
           r->split_here ? " (the data set has no split: made by a hash of the group)" : "");
    if (r->padded > 0) {
        printf("  %d items are shorter than a window: filled up with zeros on both sides\n",
               r->padded);
    }
    print_score(r, "validation", &r->validation);
    print_score(r, "test, once", &r->test);
    print_recalls(r);
    print_frozen(&r->frozen);
    if (r->model && r->page) {
        printf("\nwrote %s, %s, %s and %s\n", r->model, r->checkpoint, r->record, r->page);
    } else if (r->model) {
        printf("\nwrote %s and %s\n", r->model, r->record);
    }
}

static enum kl_err run_train(const struct train_options *o, const char *network,
                             struct kl_label_errors_job *labels, struct kl_arena *arena,
                             struct kl_result *result, struct kl_diag *diag)
{
    struct kl_train_request request;
    struct kl_train_report report;
    struct shown shown = {.common = &o->common};
    struct kl_train_progress progress = {.show = show, .user = &shown};
    KL_TRY(train_options_request(o, network, arena, &request, diag));
    if (o->label_errors) {
        if (request.rule.folds == 0) {
            return kl_fail(diag, KL_EUSAGE,
                           "--label-errors needs --cross-validate: items are judged by models that "
                           "have not seen them");
        }
        request.judge = kl_label_errors_write;
        request.context = labels;
    }
    kl_catch_interrupts();
    KL_TRY(kl_train_run(&request, &progress, arena, &report, diag));
    kl_progress(&o->common, "%s", "");
    if (report.text_sha256[0]) {
        kl_result_input(result, network, report.text_sha256);
    }
    kl_result_data(result, o->data, report.data_version);
    if (report.features) {
        kl_result_input(result, report.features->name, report.features->sha256);
    }
    fill_result(result, &report);
    if (!o->common.json) {
        print_report(&report);
        printf("%s", labels->text.size ? labels->text.data : "");
    }
    return KL_OK;
}

static int train(const struct train_options *o, const char *network, const struct kl_command *self)
{
    struct kl_diag diag = {0};
    struct kl_result result;
    struct kl_label_errors_job labels = {
        .path = o->label_errors, .result = &result, .text = KL_BUFFER(1 << 20)};
    struct kl_arena *arena = kl_arena_create(ARENA_BYTES);
    kl_result_init(&result, self->name);
    enum kl_err err =
        arena ? run_train(o, network, &labels, arena, &result, &diag) : KL_FAIL_MEMORY(&diag);
    int status = kl_finish(&result, &o->common, err, false, &diag);
    kl_buffer_free(&labels.text);
    kl_arena_free(arena);
    return status;
}

int kl_cmd_train(int argc, char **argv, const struct kl_command *self)
{
    struct train_options o = TRAIN_OPTIONS_NONE;
    struct kl_option options[TRAIN_OPTIONS + 1];
    const char *network;
    int status;
    train_options_rows(&o, options);
    bool begun = kl_options_begin(self, argc, argv, options, &o.common, &network, 1, &status);
    return begun ? train(&o, network, self) : status;
}
