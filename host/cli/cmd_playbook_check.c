/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/playbook_job.h"

struct check_options {
    struct kl_playbook_options playbook;
    bool all;
};

static const char *kind_name(const struct kl_finding *finding)
{
    static const char *const names[] = {"error", "warning", "missing"};
    return names[finding->kind];
}

static json_t *findings_json(const struct kl_findings *findings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < findings->count; i++) {
        const struct kl_finding *f = &findings->items[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:s}", "kind", kind_name(f), "file",
                                              f->origin, "line", (json_int_t)f->line, "message",
                                              f->text));
    }
    return list;
}

static size_t count_of(const struct kl_findings *findings, int kind)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++) {
        count += (int)findings->items[i].kind == kind;
    }
    return count;
}

static void print_findings(const struct kl_playbook_job *job, bool all)
{
    enum { SHOWN_MISSING = 10 };
    size_t missing = 0;
    for (size_t i = 0; i < job->findings.count; i++) {
        const struct kl_finding *f = &job->findings.items[i];
        bool is_missing = f->kind == KL_FINDING_MISSING;
        if (is_missing && ++missing > SHOWN_MISSING && !all) {
            continue;
        }
        printf("%s%-8s%s %s:%u: %s\n", f->kind == KL_FINDING_ERROR ? kl_red() : kl_bold(),
               kind_name(f), kl_plain(), f->origin, f->line, f->text);
    }
    if (missing > SHOWN_MISSING && !all) {
        printf("... %zu more are missing; --all lists them\n", missing - SHOWN_MISSING);
    }
}

static void print_summary(const struct kl_playbook_job *job)
{
    const struct kl_playbook *p = job->playbook;
    size_t warnings = count_of(&job->findings, KL_FINDING_WARNING);
    size_t missing = count_of(&job->findings, KL_FINDING_MISSING);
    printf("%s%s%s %s: %zu chapters, %zu step%s, %zu gate%s, %zu file%s\n", kl_bold(), p->name,
           kl_plain(), p->version, p->chapter_count, p->step_count, p->step_count == 1 ? "" : "s",
           p->gate_count, p->gate_count == 1 ? "" : "s", p->file_count,
           p->file_count == 1 ? "" : "s");
    printf("%zu error%s, %zu warning%s, %zu field%s not stated yet\n", job->findings.errors,
           job->findings.errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s", missing,
           missing == 1 ? "" : "s");
}

static enum kl_err check(const struct check_options *o, const char *path,
                         struct kl_playbook_job *job, struct kl_diag *diag)
{
    KL_TRY(kl_playbook_job_load(job, path, diag));
    kl_result_count(&job->result, "errors", (long long)job->findings.errors, "1", KL_COUNTED);
    kl_result_count(&job->result, "warnings",
                    (long long)count_of(&job->findings, KL_FINDING_WARNING), "1", KL_COUNTED);
    kl_result_count(&job->result, "missing",
                    (long long)count_of(&job->findings, KL_FINDING_MISSING), "1", KL_COUNTED);
    kl_result_count(&job->result, "steps", (long long)job->playbook->step_count, "1", KL_COUNTED);
    kl_result_count(&job->result, "gates", (long long)job->playbook->gate_count, "1", KL_COUNTED);
    kl_result_detail(&job->result, "findings", findings_json(&job->findings));
    if (!o->playbook.common.json) {
        print_findings(job, o->all);
        print_summary(job);
    }
    return KL_OK;
}

int kl_cmd_playbook_check(int argc, char **argv, const struct kl_command *self)
{
    struct check_options o = {0};
    const struct kl_option options[] = {
        {.name = "--all", .help = "list every field that is not stated yet", .flag = &o.all},
        KL_PLAYBOOK_OPTIONS(o.playbook),
        {.name = NULL},
    };
    const char *path = NULL;
    struct kl_diag diag = {0};
    struct kl_playbook_job job;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.playbook.common, &path, 1, &status)) {
        return status;
    }
    enum kl_err err = kl_playbook_job_open(&job, &o.playbook, self->name, &diag);
    if (err == KL_OK) {
        err = check(&o, path, &job, &diag);
    }
    return kl_playbook_job_close(&job, &o.playbook.common, err, job.findings.errors > 0, &diag);
}
