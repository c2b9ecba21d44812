/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/evaluate_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/envelope.h"
#include "flow/score_head.h"

struct evaluation {
    const struct kl_evaluation_request *request;
    struct kl_arena *arena;
    struct kl_dataset dataset;
    struct kl_learn_data data;
    const struct kl_learn_part *part;
    const struct kl_learn_set *set;
    enum kl_judged_task task; /* never by data */
    struct kl_outputs outputs;
    struct kl_evaluation *to;
};

const char *kl_evaluation_part_name(enum kl_data_part part)
{
    return part < KL_PARTS ? kl_data_part_names[part] : "all";
}

/* ---- examples ---------------------------------------------------------------------------- */

static struct kl_learn_rule rule_of(const struct evaluation *e)
{
    const struct kl_evaluation_request *r = e->request;
    bool anomalies = e->task == KL_JUDGE_ANOMALIES;
    return (struct kl_learn_rule){
        .need = e->task == KL_JUDGE_VALUES ? KL_NEED_TARGET : KL_NEED_LABEL,
        .normal = anomalies ? kl_learn_normal(&e->dataset, r->normal) : NULL,
        .window = r->window,
        .hop = r->hop,
        .seed = r->seed,
        .undivided = r->part == KL_PARTS,
        .untrained = true};
}

static enum kl_err open_examples(struct evaluation *e, struct kl_diag *diag)
{
    const struct kl_evaluation_request *r = e->request;
    struct kl_learn_rule rule = rule_of(e);
    enum kl_data_part part = r->part < KL_PARTS ? r->part : KL_PART_TEST;
    if (r->features) {
        KL_TRY(kl_data_features_open(r->features, e->arena, &rule.features, diag));
        memcpy(e->to->features_sha256, rule.features->sha256, sizeof e->to->features_sha256);
        e->to->features = rule.features;
    }
    KL_TRY(kl_learn_data_make(&e->dataset, &rule, e->arena, &e->data, diag));
    e->part = &e->data.part[part];
    e->set = kl_learn_part(&e->data, part);
    e->to->split_here = e->data.split_here;
    e->to->leaks = e->data.leaks;
    e->to->shared_groups = e->data.shared_groups;
    return e->set ? KL_OK
                  : kl_fail(diag, KL_EINPUT,
                            "%s: the part '%s' has no item with %s; --part names another one, or "
                            "'all', and --task says what the model does",
                            r->data, kl_evaluation_part_name(r->part),
                            e->task == KL_JUDGE_VALUES ? "a target" : "a label");
}

static enum kl_err find_task(struct evaluation *e, struct kl_diag *diag)
{
    int32_t classes = e->dataset.facts.class_count;
    e->task = e->request->task;
    if (e->task == KL_JUDGE_BY_DATA) {
        e->task = classes >= 2 ? KL_JUDGE_CLASSES : KL_JUDGE_VALUES;
    }
    return e->task == KL_JUDGE_VALUES || classes >= 1
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE, "--task %s: the items of %s have no classes",
                         e->task == KL_JUDGE_ANOMALIES ? "anomalies" : "classes", e->request->data);
}

/* ---- a model ----------------------------------------------------------------------------- */

static enum kl_err answer(const struct evaluation *e, struct kl_model_job *job,
                          struct kl_outputs *outputs, struct kl_diag *diag)
{
    bool classes = e->task == KL_JUDGE_CLASSES;
    int32_t wanted = classes ? e->set->classes : 1;
    KL_TRY(e->task == KL_JUDGE_ANOMALIES ? kl_score_anomalies(job->graph, diag) : KL_OK);
    KL_TRY(kl_model_job_plan(job, KL_KERNELS_PORTABLE, NULL, diag));
    KL_TRY(kl_outputs_run(job->plan, e->set, e->arena, outputs, diag));
    return outputs->size == wanted
               ? KL_OK
               : kl_fail(diag, KL_EINPUT,
                         "%s has %d outputs, and %s has %d %s; --task says what the model does: "
                         "classes, values or anomalies",
                         job->path, outputs->size, e->request->data, wanted,
                         classes ? "classes" : "target");
}

static enum kl_err answer_other(struct evaluation *e, struct kl_diag *diag)
{
    struct kl_model_job other;
    struct kl_outputs outputs;
    if (e->task != KL_JUDGE_CLASSES) {
        return kl_fail(diag, KL_EUSAGE, "--against compares answers of models that tell classes");
    }
    enum kl_err err = kl_model_job_open(&other, e->request->against, diag);
    if (err == KL_OK) {
        err = answer(e, &other, &outputs, diag);
    }
    if (err == KL_OK) {
        e->to->pair = kl_score_pair(e->set, &outputs, &e->outputs);
        memcpy(e->to->against_sha256, other.sha256, sizeof e->to->against_sha256);
    }
    kl_model_job_free(&other);
    return err;
}

/* How unusual each example is: the score, or minus the likelihood. */
static enum kl_err score_anomalies(struct evaluation *e, const struct kl_model_job *job,
                                   struct kl_diag *diag)
{
    double *unusual;
    KL_TRY(kl_gives_likelihood(job->graph)
               ? kl_unusual_likelihood(&e->outputs, e->arena, &unusual, diag)
               : kl_unusual_distance(&e->outputs, e->arena, &unusual, diag));
    return kl_score_set_unusual(e->set, unusual, e->arena, &e->to->score, diag);
}

static enum kl_err score(struct evaluation *e, const struct kl_model_job *job, struct kl_diag *diag)
{
    struct kl_score *s = &e->to->score;
    bool classes = e->task == KL_JUDGE_CLASSES;
    KL_TRY(kl_score_open(classes ? e->set->classes : 0, e->arena, s, diag));
    s->groups = e->part->groups;
    if (e->task == KL_JUDGE_ANOMALIES) {
        return score_anomalies(e, job, diag);
    }
    if (!classes) {
        kl_score_add_values(e->set, &e->outputs, s);
        return KL_OK;
    }
    kl_score_add_classes(e->set, &e->outputs, s);
    kl_score_finish(s);
    return KL_OK;
}

/* ---- rows -------------------------------------------------------------------------------- */

struct keyed {
    const char *key;
    int32_t example;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->example > y->example) - (x->example < y->example);
}

static enum kl_err find_keys(const struct evaluation *e, struct keyed *keyed, struct kl_diag *diag)
{
    const char *by = e->request->by;
    char value[KL_DATA_TEXT];
    bool found = false;
    for (int32_t i = 0; i < e->set->count; i++) {
        const struct kl_data_item *item = &e->dataset.items[e->part->item[i]];
        const char *key = item->group;
        if (strcmp(by, "group") != 0) {
            bool has = kl_data_tag(item->tags, by, value);
            key = has ? kl_arena_printf(e->arena, "%s", value) : "";
            found = found || has;
        }
        keyed[i] = (struct keyed){key, i};
        if (!key) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    return found || strcmp(by, "group") == 0
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE, "--by %.60s: no item has this tag; 'group' is known, too",
                         by);
}

static void fill_row(const struct evaluation *e, const struct keyed *keyed, int32_t count,
                     int32_t *answers, struct kl_evaluation_row *row)
{
    *row = (struct kl_evaluation_row){keyed->key, count, 0, e->set->labels[keyed->example], 0};
    memset(answers, 0, (size_t)e->set->classes * sizeof answers[0]);
    for (int32_t i = 0; i < count; i++) {
        int32_t truth = e->set->labels[keyed[i].example],
                answered = kl_outputs_answer(&e->outputs, keyed[i].example);
        row->right += answered == truth;
        row->truth = row->truth == truth ? truth : -1;
        answers[answered]++;
    }
    for (int32_t c = 1; c < e->set->classes; c++) {
        row->answer = answers[c] > answers[row->answer] ? c : row->answer;
    }
}

static enum kl_err make_rows(struct evaluation *e, struct kl_diag *diag)
{
    int32_t count = e->set->count;
    if (e->task != KL_JUDGE_CLASSES) {
        return kl_fail(diag, KL_EUSAGE, "--by counts right answers of models that tell classes");
    }
    struct keyed *keyed = KL_NEW(e->arena, struct keyed, (size_t)count);
    int32_t *answers = KL_NEW(e->arena, int32_t, (size_t)e->set->classes);
    e->to->rows = KL_NEW(e->arena, struct kl_evaluation_row, (size_t)count);
    if (!keyed || !answers || !e->to->rows) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(find_keys(e, keyed, diag));
    qsort(keyed, (size_t)count, sizeof keyed[0], by_key);
    for (int32_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && strcmp(keyed[end].key, keyed[first].key) == 0) {
            end++;
        }
        struct kl_evaluation_row *row = &e->to->rows[e->to->row_count++];
        fill_row(e, keyed + first, end - first, answers, row);
        e->to->rows_of_one_class += row->truth >= 0;
        e->to->rows_right += row->truth >= 0 && row->answer == row->truth;
    }
    return KL_OK;
}

/* ---- all of it --------------------------------------------------------------------------- */

static enum kl_err evaluate(struct evaluation *e, struct kl_model_job *job, struct kl_diag *diag)
{
    KL_TRY(find_task(e, diag));
    KL_TRY(open_examples(e, diag));
    KL_TRY(answer(e, job, &e->outputs, diag));
    KL_TRY(score(e, job, diag));
    KL_TRY(e->request->against ? answer_other(e, diag) : KL_OK);
    return e->request->by ? make_rows(e, diag) : KL_OK;
}

enum kl_err kl_evaluate_model(struct kl_model_job *job, const struct kl_evaluation_request *request,
                              struct kl_evaluation *evaluation, struct kl_diag *diag)
{
    struct evaluation *e = KL_NEW(job->arena, struct evaluation, 1);
    *evaluation = (struct kl_evaluation){0};
    if (!e) {
        return KL_FAIL_MEMORY(diag);
    }
    e->request = request;
    e->arena = job->arena;
    e->to = evaluation;
    KL_TRY(kl_dataset_open(request->data, job->arena, &e->dataset, diag));
    memcpy(evaluation->data_version, e->dataset.version, sizeof evaluation->data_version);
    evaluation->class_count = e->dataset.facts.class_count;
    evaluation->class_names = e->dataset.facts.classes;
    enum kl_err err = evaluate(e, job, diag);
    kl_dataset_close(&e->dataset);
    return err;
}

/* ---- envelope ---------------------------------------------------------------------------- */

static json_t *rows_json(const struct kl_evaluation *e)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < e->row_count; i++) {
        const struct kl_evaluation_row *row = &e->rows[i];
        json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:s?, s:s}", "name", row->name,
                                              "items", row->count, "right", row->right, "class",
                                              row->truth >= 0 ? e->class_names[row->truth] : NULL,
                                              "answer", e->class_names[row->answer]));
    }
    return list;
}

json_t *kl_evaluation_json(const struct kl_evaluation_request *request,
                           const struct kl_evaluation *e)
{
    json_t *tables = json_object();
    json_object_set_new(tables, "data",
                        json_pack("{s:s, s:s, s:s, s:b}", "path", request->data, "version",
                                  e->data_version, "part", kl_evaluation_part_name(request->part),
                                  "split_here", e->split_here));
    if (e->features) {
        json_object_set_new(tables, "features", kl_data_features_json(e->features));
    }
    if (e->score.classes > 0) {
        json_object_set_new(tables, "classes",
                            kl_score_classes_json(&e->score, "name", e->class_names));
    }
    if (request->by) {
        json_object_set_new(tables, "by", json_string(request->by));
        json_object_set_new(tables, "rows", rows_json(e));
    }
    return tables;
}
