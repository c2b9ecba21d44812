/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/playbook_job.h"
#include "playbook/assess.h"

struct assess_options {
    struct kl_playbook_options playbook;
    bool list;
};

static void list_assessments(struct kl_playbook_job *job, bool print)
{
    json_t *list = json_array();
    for (size_t i = 0; i < kl_assessment_count; i++) {
        const struct kl_assessment *a = &kl_assessments[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", a->name, "summary",
                                              a->summary, "reads", a->reads));
        if (print) {
            printf("  %-14s %s\n", a->name, a->summary);
        }
    }
    kl_result_detail(&job->result, "assessments", list);
}

static enum kl_err unknown_assessment(const char *name, struct kl_diag *diag)
{
    enum { MOST = 64 };
    const char *names[MOST];
    size_t count = 0;
    for (; count < kl_assessment_count && count < MOST; count++) {
        names[count] = kl_assessments[count].name;
    }
    const char *near = kl_nearest(name, names, count);
    return near ? kl_fail(diag, KL_EUSAGE, "unknown assessment '%.60s'; did you mean '%s'?", name,
                          near)
                : kl_fail(diag, KL_EUSAGE,
                          "unknown assessment '%.60s'; `kinglet playbook assess --list` shows all",
                          name);
}

/* A metric as people read it: "battery.life   1.2 a  (modelled)". */
static void print_metric(const char *name, const json_t *metric, const char *currency)
{
    const json_t *value = json_object_get(metric, "value");
    const char *unit = json_string_value(json_object_get(metric, "unit"));
    const char *provenance = json_string_value(json_object_get(metric, "provenance"));
    char text[KL_VALUE_BYTES] = "-";
    struct kl_value scale;
    if (json_is_number(value) && unit && kl_unit_parse(unit, strlen(unit), &scale)) {
        scale.value *= json_number_value(value);
        kl_value_format(scale, currency, text);
    } else if (json_is_boolean(value)) {
        snprintf(text, sizeof text, "%s", json_is_true(value) ? "yes" : "no");
    } else if (json_is_string(value)) {
        snprintf(text, sizeof text, "%s", json_string_value(value));
    }
    printf("  %-36s %16s  %s\n", name, text, provenance ? provenance : "");
}

static void print_metrics(const struct kl_playbook_job *job)
{
    const char *name;
    json_t *metric;
    json_object_foreach(json_object_get(job->result.root, "metrics"), name, metric)
    {
        print_metric(name, metric, job->playbook->currency);
    }
    printf("\n--json prints the tables behind these figures; the report shows them\n");
}

static enum kl_err assess(const struct assess_options *o, const char *name, const char *path,
                          struct kl_playbook_job *job, struct kl_diag *diag)
{
    const struct kl_assessment *assessment = kl_assessment_find(name);
    if (!assessment) {
        return unknown_assessment(name, diag);
    }
    KL_TRY(kl_playbook_job_load(job, path, diag));
    KL_TRY(kl_playbook_job_require_sound(job, diag));
    KL_TRY(kl_evidence_open(job->playbook, job->arena, &job->evidence, diag));
    kl_result_detail(&job->result, "assessment", json_string(assessment->name));
    KL_TRY(assessment->assess(job->playbook, &job->evidence, &job->result, diag));
    if (!o->playbook.common.json) {
        print_metrics(job);
    }
    return KL_OK;
}

int kl_cmd_playbook_assess(int argc, char **argv, const struct kl_command *self)
{
    struct assess_options o = {0};
    const struct kl_option options[] = {
        {.name = "--list", .help = "list the assessments", .flag = &o.list},
        KL_PLAYBOOK_OPTIONS(o.playbook),
        {.name = NULL},
    };
    const char *names[2] = {NULL, NULL}; /* the assessment, the playbook */
    struct kl_diag diag = {0};
    struct kl_playbook_job job;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.playbook.common, names, 2, &status)) {
        return status;
    }
    enum kl_err err = kl_playbook_job_open(&job, &o.playbook, self->name, &diag);
    if (err == KL_OK && (o.list || !names[0])) {
        list_assessments(&job, !o.playbook.common.json);
    } else if (err == KL_OK) {
        err = assess(&o, names[0], names[1], &job, &diag);
    }
    bool failed = !json_is_true(json_object_get(job.result.root, "ok"));
    return kl_playbook_job_close(&job, &o.playbook.common, err, failed, &diag);
}
