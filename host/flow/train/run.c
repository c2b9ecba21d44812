/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/train_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/builtin.h"
#include "base/random.h"
#include "flow/train/internal.h"
#include "learn/checkpoint.h"

#define NETWORK_ARENA ((size_t)4 << 30)

static enum kl_err read_text(struct train_run *run, struct kl_diag *diag)
{
    const char *name = run->request->network;
    const char *path = kl_arena_printf(run->arena, "zoo/%s.yaml", name);
    const struct kl_builtin *file = path ? kl_builtin_find(path) : NULL;
    run->origin = name;
    if (file && access(name, R_OK) != 0) {
        run->text = (struct kl_bytes){file->data, file->size};
        run->origin = path;
        return KL_OK;
    }
    if (!strchr(name, '/') && !strchr(name, '.') && access(name, R_OK) != 0) {
        return kl_fail(diag, KL_EUSAGE,
                       "'%.100s' is neither a file nor a network of the zoo (docs/spec/network.md "
                       "lists them)",
                       name);
    }
    return kl_file_read(name, KL_NETWORK_BYTES, run->arena, &run->text, diag);
}

/* What is to be learnt: what the options say, else what the data set has. */
static void find_task(struct train_run *run)
{
    struct kl_train_request *r = run->request;
    bool values = r->values || (run->dataset.facts.class_count < 2 && !r->anomalies);
    r->options.task = r->anomalies ? KL_TASK_REPEAT : values ? KL_TASK_VALUES : KL_TASK_CLASSES;
    run->report->task = r->anomalies ? "anomalies" : values ? "values" : "classes";
    if (r->anomalies) {
        r->rule.normal = kl_learn_normal(&run->dataset, r->rule.normal);
    }
    r->rule.need = r->options.task == KL_TASK_VALUES                      ? KL_NEED_TARGET
                   : r->options.task == KL_TASK_CLASSES || r->rule.normal ? KL_NEED_LABEL
                                                                          : KL_NEED_NOTHING;
}

/* A parameter of the text that the data decide, unless the options give it. */
static void set_parameter(struct train_run *run, const char *name, double value)
{
    struct kl_train_request *r = run->request;
    for (int32_t i = 0; i < r->setting_count; i++) {
        if (strcmp(r->settings[i].name, name) == 0) {
            return;
        }
    }
    if (r->setting_count < KL_TRAIN_SETTINGS &&
        kl_network_has_parameter((const char *)run->text.data, run->text.size, name, run->arena)) {
        r->settings[r->setting_count++] = (struct kl_network_setting){name, value};
    }
}

static enum kl_err make_network(struct train_run *run, struct kl_diag *diag)
{
    struct kl_train_request *r = run->request;
    const struct kl_learn_set *train = &run->data.part[KL_PART_TRAIN].set;
    set_parameter(run, "classes", train->classes);
    set_parameter(run, "features", (double)kl_shape_elements(&train->shape));
    const struct kl_network_options options = {.input = train->shape,
                                               .seed = r->options.seed,
                                               .settings = r->settings,
                                               .setting_count = r->setting_count};
    KL_TRY(kl_network_read((const char *)run->text.data, run->text.size, run->origin, &options,
                           run->arena, &run->network, diag));
    run->report->network = run->network.name;
    run->report->macs = 0;
    for (int32_t i = 0; i < run->network.graph->subgraphs[0]->op_count; i++) {
        run->report->macs =
            kl_macs_sum(run->report->macs, kl_op_macs(run->network.graph->subgraphs[0]->ops[i]));
    }
    return r->from ? train_begin_from(run, diag) : KL_OK;
}

/* How many items to train on each class has; every class must have one. */
static enum kl_err count_classes(struct train_run *run, int32_t **counts, struct kl_diag *diag)
{
    const struct kl_learn_set *train = &run->data.part[KL_PART_TRAIN].set;
    *counts = KL_NEW(run->arena, int32_t, (size_t)train->classes);
    if (!*counts) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < train->count; i++) {
        (*counts)[train->labels[i]]++;
    }
    for (int32_t c = 0; c < train->classes; c++) {
        if ((*counts)[c] == 0) {
            return kl_fail(diag, KL_EINPUT,
                           "class '%.100s' has no item to train on: too few items or groups for "
                           "the split; add some, or split the data set another way (`kinglet data "
                           "split`)",
                           run->dataset.facts.classes[c]);
        }
    }
    return KL_OK;
}

/* Weights of classes: items / (classes * items of the class), so that their mean over items is 1.
 */
static enum kl_err weigh_classes(struct train_run *run, struct kl_diag *diag)
{
    const struct kl_learn_set *train = &run->data.part[KL_PART_TRAIN].set;
    float *weights = KL_NEW(run->arena, float, (size_t)train->classes);
    int32_t *counts;
    KL_TRY(count_classes(run, &counts, diag));
    if (!weights) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < train->classes; c++) {
        weights[c] = (float)train->count / ((float)train->classes * (float)counts[c]);
    }
    run->request->options.class_weights = run->request->balance ? weights : NULL;
    return KL_OK;
}

/* What must agree for a training to be resumed. */
static const char *identity(const struct train_run *run)
{
    const struct kl_train_request *r = run->request;
    const struct kl_train_options *o = &r->options;
    const struct kl_learn_rule *rule = &r->rule;
    char shape[KL_SHAPE_TEXT_BYTES];
    const char *text = kl_arena_printf(
        run->arena,
        "data=%s task=%d epochs=%d batch=%d kind=%d rate=%.9g momentum=%.9g decay=%.9g clip=%.9g "
        "schedule=%d warmup=%d drop=%d smoothing=%.9g balance=%d raw=%d window=%d hop=%d shape=%s "
        "normal=%s split=%llu from=%s isa=%s threads=%d features=%s",
        run->dataset.version, (int)o->task, o->epochs, o->batch, (int)o->optimiser.kind,
        (double)o->optimiser.rate, (double)o->optimiser.momentum, (double)o->optimiser.weight_decay,
        (double)o->optimiser.clip, (int)o->optimiser.schedule, o->optimiser.warmup,
        o->optimiser.drop, (double)o->smoothing, r->balance, r->raw, rule->window, rule->hop,
        kl_shape_text(&rule->shape, shape), rule->normal ? rule->normal : "",
        (unsigned long long)rule->seed, r->from ? r->from : "", run->report->isa,
        run->report->threads, rule->features ? rule->features->sha256 : "");
    if (text && o->mask.rank > 0) {
        text = kl_arena_printf(run->arena, "%s mask=%s", text, kl_shape_text(&o->mask, shape));
    }
    for (int32_t i = 0; text && i < r->setting_count; i++) {
        text = kl_arena_printf(run->arena, "%s %s=%.17g", text, r->settings[i].name,
                               r->settings[i].value);
    }
    return text;
}

/* Features take the form that the network wants: without the dimensions of 1 behind, with one of
 * them, or flat. */
static void fit_shape(struct train_run *run)
{
    struct kl_learn_rule *rule = &run->request->rule;
    const struct kl_data_features *f = rule->features;
    int32_t rank = kl_network_rank((const char *)run->text.data, run->text.size, run->arena);
    if (!f || rule->shape.rank > 0 || rank == f->shape.rank) {
        return;
    }
    if (rank == 1) {
        rule->shape = (struct kl_shape){1, {(int32_t)kl_shape_elements(&f->shape)}};
    } else if (rank == f->shape.rank + 1) {
        rule->shape = f->shape;
        rule->shape.dim[rule->shape.rank++] = 1;
    }
}

/* Data, network and normalisation for the fold that the rule names. */
static enum kl_err prepare(struct train_run *run, struct kl_diag *diag)
{
    struct kl_train_request *r = run->request;
    fit_shape(run);
    KL_TRY(kl_learn_data_make(&run->dataset, &r->rule, run->arena, &run->data, diag));
    KL_TRY(make_network(run, diag));
    train_note_data(run->report, &run->data);
    if (!r->raw && !train_from_model(r)) {
        KL_TRY(kl_normalisation_measure(&run->data.part[KL_PART_TRAIN].set, run->arena,
                                        &run->normalisation, diag));
    }
    if (r->options.task == KL_TASK_CLASSES) {
        KL_TRY(weigh_classes(run, diag));
    }
    r->options.network =
        kl_arena_printf(run->arena, "%.*s", (int)run->text.size, (const char *)run->text.data);
    r->options.identity = identity(run);
    r->options.data_content = run->dataset.content;
    r->options.data_version = run->dataset.version;
    r->options.split = train_split_name(run->data.split_here);
    return r->options.network && r->options.identity ? KL_OK : KL_FAIL_MEMORY(diag);
}

static enum kl_err count_weights(struct train_run *run, struct kl_diag *diag)
{
    const struct kl_subgraph *g = run->network.graph->subgraphs[0];
    const int32_t *uses = kl_subgraph_uses(run->network.graph, g);
    run->report->weights = 0;
    if (!uses) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < g->tensor_count; i++) {
        bool weights = g->tensors[i]->data && g->tensors[i]->dtype == KL_F32 && uses[i] > 0;
        run->report->weights += weights ? kl_shape_elements(&g->tensors[i]->shape) : 0;
    }
    return KL_OK;
}

static enum kl_err open_score(const struct train_run *run, struct kl_score *score,
                              struct kl_diag *diag)
{
    bool classes = run->request->options.task == KL_TASK_CLASSES;
    return kl_score_open(classes ? run->dataset.facts.class_count : 0, run->arena, score, diag);
}

/* Add what was answered to a part; for cross-validation several are added up. */
static enum kl_err add_outputs(const struct train_run *run, enum kl_data_part part,
                               const struct kl_outputs *outputs, struct kl_score *score,
                               struct kl_diag *diag)
{
    double *unusual;
    const struct kl_learn_set *set = &run->data.part[part].set;
    enum kl_task task = run->request->options.task;
    score->groups += run->data.part[part].groups;
    if (task == KL_TASK_CLASSES) {
        kl_score_add_classes(set, outputs, score);
    } else if (task == KL_TASK_VALUES) {
        kl_score_add_values(set, outputs, score);
    } else {
        KL_TRY(kl_unusual_repeat(set, &run->normalisation, outputs, run->arena, &unusual, diag));
        return kl_score_set_unusual(set, unusual, run->arena, score, diag);
    }
    return KL_OK;
}

/* By the network as it was trained. */
static enum kl_err add_score(const struct train_run *run, enum kl_data_part part,
                             struct kl_score *score, struct kl_diag *diag)
{
    const struct kl_learn_set *set = kl_learn_part(&run->data, part);
    struct kl_outputs outputs;
    if (!set) {
        return KL_OK;
    }
    outputs.count = set->count;
    KL_TRY(kl_train_outputs(run->network.graph, set, &run->normalisation, true, run->arena,
                            &outputs.values, &outputs.size, diag));
    if (run->request->options.task == KL_TASK_CLASSES) {
        train_keep_answers(run->answers, &run->data.part[part], &outputs, true);
    }
    return add_outputs(run, part, &outputs, score, diag);
}

/* By the bytes of the model that is written: what is stated is what the file does. */
static enum kl_err test_model(const struct train_run *run, struct kl_bytes file,
                              struct kl_score *score, struct kl_diag *diag)
{
    const struct kl_learn_set *set = kl_learn_part(&run->data, KL_PART_TEST);
    struct kl_outputs outputs;
    if (!set) {
        return KL_OK;
    }
    KL_TRY(train_run_model(file, "model.tflite", set, run->arena, &outputs, diag));
    return add_outputs(run, KL_PART_TEST, &outputs, score, diag);
}

/* One training, and what it is worth on the parts that it did not learn from. */
static enum kl_err train_once(struct train_run *run, struct kl_diag *diag)
{
    KL_TRY(prepare(run, diag));
    KL_TRY(count_weights(run, diag));
    return kl_train(run->network.graph, &run->request->options, &run->data.part[KL_PART_TRAIN].set,
                    kl_learn_part(&run->data, KL_PART_VALIDATION), &run->normalisation,
                    run->progress, run->arena, &run->report->result, diag);
}

void train_add_fold(struct kl_train_report *report, int32_t fold, struct kl_score *one)
{
    kl_score_finish(one);
    report->fold_score[fold] = one->confusion   ? one->accuracy
                               : one->count > 0 ? one->error
                                                : (double)NAN;
    kl_score_join(&report->test, one);
}

static enum kl_err train_fold(struct train_run *run, struct kl_score *one, struct kl_diag *diag)
{
    int32_t fold = run->request->rule.fold, folds = run->request->rule.folds;
    KL_TRY(train_once(run, diag));
    if (run->report->result.stopped) {
        return kl_fail(diag, KL_EUSAGE,
                       "stopped in fold %d of %d; a cross-validation keeps nothing before its end",
                       fold + 1, folds);
    }
    KL_TRY(add_score(run, KL_PART_TEST, one, diag));
    return run->request->int8 ? train_fold_int8(run, diag) : KL_OK;
}

/* One fold, in memory of its own; what the report keeps of it is copied. */
static enum kl_err run_fold(struct train_run *run, int32_t fold, struct kl_score *one,
                            struct kl_diag *diag)
{
    struct kl_arena *arena = run->arena;
    struct kl_train_report *report = run->report;
    run->request->rule.fold = fold;
    run->arena = kl_arena_create(KL_TRAIN_FOLD_ARENA);
    enum kl_err err = run->arena ? train_fold(run, one, diag) : KL_FAIL_MEMORY(diag);
    report->network = err == KL_OK ? kl_arena_printf(arena, "%s", report->network) : NULL;
    report->result.history = NULL;
    kl_arena_free(run->arena);
    run->arena = arena;
    return err == KL_OK && !report->network ? KL_FAIL_MEMORY(diag) : err;
}

static enum kl_err cross_validate(struct train_run *run, struct kl_diag *diag)
{
    struct kl_train_report *report = run->report;
    KL_TRY(open_score(run, &report->test, diag));
    report->folds = run->request->rule.folds;
    for (int32_t fold = 0; fold < report->folds; fold++) {
        struct kl_score one;
        KL_TRY(open_score(run, &one, diag));
        KL_TRY(run_fold(run, fold, &one, diag));
        train_add_fold(report, fold, &one);
    }
    kl_score_finish(&report->test);
    return KL_OK;
}

static enum kl_err write_page(struct train_run *run, struct kl_diag *diag)
{
    struct kl_buffer html = KL_BUFFER((size_t)16 << 20);
    const char *path = kl_arena_printf(run->arena, "%s/training.html", run->request->output);
    kl_train_page(run->report, &html);
    enum kl_err err = html.failed || !path ? KL_FAIL_MEMORY(diag)
                                           : kl_file_write(path, html.data, html.size, diag);
    kl_buffer_free(&html);
    run->report->page = path;
    return err;
}

static enum kl_err write_all(struct train_run *run, struct kl_bytes model, struct kl_diag *diag)
{
    const struct kl_train_request *r = run->request;
    run->report->model = kl_arena_printf(run->arena, "%s/model.tflite", r->output);
    KL_TRY(run->report->model ? kl_file_write(run->report->model, model.data, model.size, diag)
                              : KL_FAIL_MEMORY(diag));
    KL_TRY(r->freeze ? train_write_frozen(run, diag) : KL_OK);
    KL_TRY(train_write_record(run->report, r->output, run->arena, diag));
    return write_page(run, diag);
}

/* Train, judge on the test part once, write. */
static enum kl_err train_and_write(struct train_run *run, struct kl_diag *diag)
{
    struct kl_train_request *r = run->request;
    struct kl_train_report *report = run->report;
    struct kl_bytes model;
    if (r->output) {
        KL_TRY(kl_dir_create(r->output, diag));
        report->checkpoint = r->options.checkpoint =
            kl_arena_printf(run->arena, "%s/model.checkpoint", r->output);
        if (!report->checkpoint) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    KL_TRY(train_once(run, diag));
    if (report->result.epochs == 0) {
        return kl_fail(diag, KL_EUSAGE, "stopped within the first epoch: nothing is kept");
    }
    KL_TRY(open_score(run, &report->validation, diag));
    KL_TRY(open_score(run, &report->test, diag));
    KL_TRY(add_score(run, KL_PART_VALIDATION, &report->validation, diag));
    kl_score_finish(&report->validation);
    KL_TRY(train_make_model(run->network.graph, &run->normalisation, run->arena, &model, diag));
    KL_TRY(test_model(run, model, &report->test, diag));
    kl_score_finish(&report->test);
    return r->output ? write_all(run, model, diag) : KL_OK;
}

static enum kl_err check_request(const struct kl_train_request *r, struct kl_diag *diag)
{
    if (r->rule.folds > KL_TRAIN_FOLDS || r->rule.folds == 1) {
        return kl_fail(diag, KL_EUSAGE, "--cross-validate takes 2 to %d folds", KL_TRAIN_FOLDS);
    }
    if (r->rule.folds > 0 && (r->output || r->anomalies || r->options.resume || r->from)) {
        return kl_fail(diag, KL_EUSAGE,
                       "--cross-validate judges how classes or values are learnt from nothing and "
                       "keeps no model: leave out -o, --task anomalies, --resume and --from");
    }
    if (r->int8 && (r->rule.folds == 0 || r->values || train_is_classical(r->network))) {
        return kl_fail(diag, KL_EUSAGE,
                       "--int8 compares answers of networks in a cross-validation: give "
                       "--cross-validate, and leave out --task values");
    }
    if (train_from_model(r) && r->raw) {
        return kl_fail(diag, KL_EUSAGE,
                       "--raw: whether inputs are normalised is decided by the model of --from");
    }
    if (r->freeze && (!train_from_model(r) || !r->output)) {
        return kl_fail(diag, KL_EUSAGE,
                       "--freeze-quantisation keeps that of a model: name it with --from "
                       "MODEL.tflite, and a folder with -o");
    }
    return r->options.resume && !r->output
               ? kl_fail(diag, KL_EUSAGE, "--resume needs -o: the folder with the checkpoint")
               : KL_OK;
}

static enum kl_err run_all(struct train_run *run, struct kl_diag *diag)
{
    struct kl_train_report *report = run->report;
    KL_TRY(check_request(run->request, diag));
    bool classical = train_is_classical(run->request->network);
    if (!classical) {
        KL_TRY(read_text(run, diag));
        kl_sha256_hex(run->text.data, run->text.size, report->text_sha256);
    }
    KL_TRY(kl_dataset_open(run->request->data, run->arena, &run->dataset, diag));
    report->data_path = run->request->data;
    memcpy(report->data_content, run->dataset.content, sizeof report->data_content);
    memcpy(report->data_version, run->dataset.version, sizeof report->data_version);
    if (run->request->features) {
        KL_TRY(kl_data_features_open(run->request->features, run->arena,
                                     &run->request->rule.features, diag));
        report->features = run->request->rule.features;
    }
    find_task(run);
    report->classes = run->dataset.facts.class_count;
    report->class_names = run->dataset.facts.classes;
    struct kl_train_answers answers;
    if (run->request->judge && run->request->rule.folds > 0) {
        KL_TRY(train_open_answers(&run->dataset, run->arena, &answers, diag));
        run->answers = &answers;
    }
    KL_TRY(classical ? train_classical(run->request, &run->dataset, run->answers, run->arena,
                                       report, diag)
           : run->request->rule.folds > 0 ? cross_validate(run, diag)
                                          : train_and_write(run, diag));
    train_close_answers(run->answers);
    return run->answers ? run->request->judge(run->request->context, &answers, run->arena, diag)
                        : KL_OK;
}

enum kl_err kl_train_run(struct kl_train_request *request, struct kl_train_progress *progress,
                         struct kl_arena *arena, struct kl_train_report *report,
                         struct kl_diag *diag)
{
    struct train_run run = {
        .request = request, .progress = progress, .report = report, .arena = arena};
    *report = (struct kl_train_report){.isa = kl_net_isa(),
                                       .seed = request->options.seed,
                                       .split_seed = request->rule.seed,
                                       .threads = request->threads > 0 ? request->threads : 1};
    request->options.split_seed = request->rule.seed;
    kl_net_threads(report->threads);
    enum kl_err err = run_all(&run, diag);
    kl_dataset_close(&run.dataset);
    return err;
}
