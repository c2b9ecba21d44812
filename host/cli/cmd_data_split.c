/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/data_job.h"
#include "data/split.h"
#include "data/writer.h"

struct split_options {
    struct kl_common common;
    const char *path, *output, *fractions, *like;
    int64_t folds, seed;
    bool each_group, join_duplicates, missing_classes;
    struct kl_split_request request;
};

/* "70,15,15": parts of a whole, in any unit. */
static enum kl_err read_fractions(const char *text, double fractions[3], struct kl_diag *diag)
{
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        char *end = NULL;
        fractions[i] = strtod(text, &end);
        bool good =
            end != text && fractions[i] >= 0 && fractions[i] <= 1e6 && *end == (i < 2 ? ',' : '\0');
        if (!good) {
            return kl_fail(diag, KL_EUSAGE,
                           "--fractions are those of train, validation and test, for example "
                           "70,15,15");
        }
        sum += fractions[i];
        text = end + 1;
    }
    for (int i = 0; sum > 0 && i < 3; i++) {
        fractions[i] /= sum;
    }
    return fractions[0] > 0 && sum > fractions[0]
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE, "--fractions: train and one other must be above 0");
}

/* The rule of a data set that was split before. */
static enum kl_err take_rule(const struct kl_data_rule *rule, struct kl_split_request *request,
                             struct kl_diag *diag)
{
    for (int i = 0; i < 3; i++) {
        if (strcmp(rule->method, kl_split_methods[i]) == 0) {
            request->method = (enum kl_split_method)i;
            request->folds = rule->folds;
            request->seed = rule->seed;
            memcpy(request->fractions, rule->fractions, sizeof request->fractions);
            return KL_OK;
        }
    }
    return kl_fail(diag, KL_EINPUT, "the data set has no rule by which it was split");
}

static enum kl_err take_like(const struct split_options *o, struct kl_arena *arena,
                             struct kl_split_request *request, struct kl_diag *diag)
{
    struct kl_dataset like;
    KL_TRY(kl_dataset_open(o->like, arena, &like, diag));
    enum kl_err err = take_rule(&like.facts.rule, request, diag);
    kl_dataset_close(&like);
    return err;
}

static enum kl_err make_request(struct split_options *o, const struct kl_dataset *d,
                                struct kl_arena *arena, struct kl_diag *diag)
{
    struct kl_split_request *r = &o->request;
    int ways = (o->fractions != NULL) + (o->folds > 0) + o->each_group + (o->like != NULL);
    if (ways > 1) {
        return kl_fail(diag, KL_EUSAGE,
                       "--fractions, --folds, --leave-one-group-out and --like exclude each other");
    }
    if (o->folds == 1 || o->folds > 1000) {
        return kl_fail(diag, KL_EUSAGE, "--folds takes 2 to 1000");
    }
    if (o->like) {
        KL_TRY(take_like(o, arena, r, diag));
    } else if (ways == 0 && d->facts.rule.method[0]) {
        KL_TRY(take_rule(&d->facts.rule, r, diag)); /* the same again, for data that were added */
    } else {
        r->method = o->folds ? KL_BY_FOLDS : o->each_group ? KL_BY_EACH_GROUP : KL_BY_FRACTIONS;
        r->folds = (int32_t)o->folds;
        KL_TRY(read_fractions(o->fractions ? o->fractions : "70,15,15", r->fractions, diag));
    }
    r->seed = o->seed ? (uint64_t)o->seed : r->seed;
    r->join_duplicates = o->join_duplicates;
    r->missing_classes = o->missing_classes;
    return KL_OK;
}

static int32_t side_count(const struct kl_dataset *d, const struct kl_split_report *r, int32_t side,
                          int32_t class)
{
    int32_t columns = d->facts.class_count + 1;
    int32_t sum = 0;
    for (int32_t c = 0; c < columns; c++) {
        sum += class < 0 || c == class ? r->counts[side * columns + c] : 0;
    }
    return sum;
}

static const char *side_name(const struct kl_split_report *r, int32_t side, char text[24])
{
    snprintf(text, 24, "fold %d", side);
    return r->rule.folds ? text : kl_data_split_names[side + 1];
}

static json_t *sides_json(const struct kl_dataset *d, const struct kl_split_report *r)
{
    json_t *list = json_array();
    for (int32_t side = 0; side < r->sides; side++) {
        char text[24];
        json_t *classes = json_object();
        for (int32_t c = 0; c < d->facts.class_count; c++) {
            json_object_set_new(classes, d->facts.classes[c],
                                json_integer(side_count(d, r, side, c)));
        }
        json_array_append_new(list,
                              json_pack("{s:s, s:i, s:o}", "name", side_name(r, side, text),
                                        "items", side_count(d, r, side, -1), "classes", classes));
    }
    return list;
}

static void print_report(const struct kl_dataset *d, const struct kl_split_report *r)
{
    enum { SHOWN = 8 };
    printf("%d groups, %s, seed %llu\n", r->groups, r->rule.method,
           (unsigned long long)r->rule.seed);
    for (int32_t side = 0; side < r->sides; side++) {
        char text[24];
        printf("  %-12s %6d items", side_name(r, side, text), side_count(d, r, side, -1));
        for (int32_t c = 0; c < d->facts.class_count && c < SHOWN; c++) {
            printf("  %s %d", d->facts.classes[c], side_count(d, r, side, c));
        }
        printf(d->facts.class_count > SHOWN ? "  ...\n" : "\n");
    }
    if (r->copies_left_out > 0) {
        printf("%d augmented copies of what is in validation or test are left out\n",
               r->copies_left_out);
    }
    printf("largest difference of a class's share from the one wanted: %.1f points\n",
           100 * r->worst);
    for (int32_t i = 0; i < r->leak_count && i < SHOWN; i++) {
        printf("%s on two sides: %s, %s\n", r->leaks[i].exact ? "the same samples" : "nearly equal",
               d->items[r->leaks[i].a].name, d->items[r->leaks[i].b].name);
    }
    if (r->leak_count > SHOWN) {
        printf("and %d more pairs\n", r->leak_count - SHOWN);
    }
}

static void describe(const struct split_options *o, const struct kl_dataset *d,
                     const struct kl_split_report *r, struct kl_result *result)
{
    kl_result_count(result, "split.groups", r->groups, "1", KL_COUNTED);
    kl_result_count(result, "split.leaks_exact", r->exact_leaks, "1", KL_COUNTED);
    kl_result_count(result, "split.leaks_near", r->leak_count - r->exact_leaks, "1", KL_COUNTED);
    kl_result_count(result, "split.copies_left_out", r->copies_left_out, "1", KL_COUNTED);
    kl_result_metric(result, "split.worst_share", json_real(r->worst), "1", KL_COUNTED);
    kl_result_detail(result, "sides", sides_json(d, r));
    kl_result_detail(result, "leaks", kl_pairs_json(d, r->leaks, r->leak_count));
    if (!o->common.json) {
        print_report(d, r);
    }
}

static enum kl_err write_split(const struct split_options *o, const struct kl_dataset *d,
                               const struct kl_split_report *r, struct kl_result *result,
                               struct kl_diag *diag)
{
    struct kl_data_writer *writer = NULL;
    struct kl_dataset written;
    struct kl_data_facts facts = d->facts;
    facts.rule = r->rule;
    facts.made_by = "data split";
    enum kl_err err =
        kl_data_writer_create(o->output ? o->output : o->path, !o->output, &writer, diag);
    if (!err) {
        err = kl_data_writer_keep(writer, d, r->items, diag);
    }
    if (!err) {
        err = kl_data_writer_finish(writer, &facts, &written, diag);
    }
    if (!err) {
        kl_describe_dataset(result, &written);
        if (!o->common.json) {
            kl_print_dataset(&written);
        }
    }
    kl_data_writer_free(writer);
    return err;
}

static enum kl_err split(void *options, struct kl_arena *arena, struct kl_dataset *d,
                         struct kl_result *result, struct kl_diag *diag)
{
    struct split_options *o = options;
    struct kl_split_report report;
    KL_TRY(kl_dataset_open(o->path, arena, d, diag));
    KL_TRY(make_request(o, d, arena, diag));
    enum kl_err err = kl_split_run(d, &o->request, arena, &report, diag);
    if (!err || err == KL_ECHECK) {
        describe(o, d, &report, result);
    }
    return err ? err : write_split(o, d, &report, result, diag);
}

int kl_cmd_data_split(int argc, char **argv, const struct kl_command *self)
{
    struct split_options o = {.path = NULL};
    const struct kl_option options[] = {
        {.name = "--output-folder",
         .argument = "DATASET",
         .help = "write a new data set (default: a new version in its place)",
         .text = &o.output},
        {.name = "--fractions",
         .argument = "A,B,C",
         .help = "of train, validation and test (default: 70,15,15)",
         .text = &o.fractions},
        {.name = "--folds",
         .argument = "K",
         .help = "folds for cross-validation",
         .number = &o.folds},
        {.name = "--leave-one-group-out", .help = "a fold for each group", .flag = &o.each_group},
        {.name = "--like",
         .argument = "DATASET",
         .help = "the rule and seed of another version, so that no group changes sides",
         .text = &o.like},
        {.name = "--seed",
         .argument = "N",
         .help = "seed of the groups' hash (default: the best of 1 to 256)",
         .number = &o.seed},
        {.name = "--join-duplicates",
         .help = "groups that share the same samples stay together",
         .flag = &o.join_duplicates},
        {.name = "--missing-classes",
         .help = "a class may be missing on a side",
         .flag = &o.missing_classes},
        {.name = NULL},
    };
    int status;
    bool begun = kl_options_begin(self, argc, argv, options, &o.common, &o.path, 1, &status);
    return begun ? kl_data_run(self, &o.common, split, &o) : status;
}
