/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/playbook_job.h"

struct log_options {
    struct kl_playbook_options playbook;
    const char *step;
};

static json_t *record_json(const struct kl_record *r)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:b, s:b}", "number", (json_int_t)r->number, "step",
                     r->step, "chapter", r->chapter, "started", r->started, "sha256", r->sha256,
                     "ok", r->ok, "finished", r->finished);
}

static void print_record(const struct kl_record *r)
{
    const char *word = !r->finished ? "failed" : r->ok ? "ok" : "not ok";
    printf("%6u  %s  %-6s  %-24s %.12s\n", r->number, r->started, word, r->step, r->sha256);
}

/* A step of the playbook, or one that was taken out of it and has left records. */
static enum kl_err check_step(const struct kl_playbook_job *job, const char *name,
                              struct kl_diag *diag)
{
    const struct kl_playbook *p = job->playbook;
    if (kl_playbook_step(p, name) || kl_evidence_latest(&job->evidence, name)) {
        return KL_OK;
    }
    const char **names = KL_NEW(job->arena, const char *, p->step_count);
    for (size_t i = 0; names && i < p->step_count; i++) {
        names[i] = p->steps[i].name;
    }
    const char *near = names ? kl_nearest(name, names, p->step_count) : NULL;
    return kl_fail(diag, KL_EUSAGE, "%s has no step '%.60s'%s%s%s", p->path, name,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static enum kl_err show_log(const struct log_options *o, const char *path,
                            struct kl_playbook_job *job, bool *failed, struct kl_diag *diag)
{
    KL_TRY(kl_playbook_job_load(job, path, diag));
    KL_TRY(kl_evidence_open(job->playbook, job->arena, &job->evidence, diag));
    const struct kl_evidence *evidence = &job->evidence;
    KL_TRY(o->step ? check_step(job, o->step, diag) : KL_OK);
    json_t *records = json_array();
    json_t *faults = json_array();
    bool print = !o->playbook.common.json;
    for (size_t i = 0; i < evidence->count; i++) {
        const struct kl_record *r = &evidence->records[i];
        if (o->step && strcmp(o->step, r->step) != 0) {
            continue;
        }
        json_array_append_new(records, record_json(r));
        if (print) {
            print_record(r);
        }
    }
    for (size_t i = 0; i < evidence->fault_count; i++) {
        json_array_append_new(faults, json_string(evidence->faults[i]));
        if (print) {
            printf("%sfault%s %s\n", kl_red(), kl_plain(), evidence->faults[i]);
        }
    }
    if (print) {
        printf("%zu record%s, %s\n", evidence->count, evidence->count == 1 ? "" : "s",
               evidence->fault_count ? "the chain has faults" : "the chain is sound");
    }
    kl_result_count(&job->result, "records", (long long)evidence->count, "1", KL_COUNTED);
    kl_result_count(&job->result, "faults", (long long)evidence->fault_count, "1", KL_COUNTED);
    kl_result_detail(&job->result, "records", records);
    kl_result_detail(&job->result, "faults", faults);
    *failed = evidence->fault_count > 0;
    return KL_OK;
}

int kl_cmd_playbook_log(int argc, char **argv, const struct kl_command *self)
{
    struct log_options o = {0};
    const struct kl_option options[] = {
        {.name = "--step", .argument = "S", .help = "only records of this step", .text = &o.step},
        KL_PLAYBOOK_OPTIONS(o.playbook),
        {.name = NULL},
    };
    const char *path = NULL;
    struct kl_diag diag = {0};
    struct kl_playbook_job job;
    bool failed = false;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.playbook.common, &path, 1, &status)) {
        return status;
    }
    enum kl_err err = kl_playbook_job_open(&job, &o.playbook, self->name, &diag);
    if (err == KL_OK) {
        err = show_log(&o, path, &job, &failed, &diag);
    }
    return kl_playbook_job_close(&job, &o.playbook.common, err, failed, &diag);
}
