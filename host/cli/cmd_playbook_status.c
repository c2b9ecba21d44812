/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/playbook_job.h"
#include "cli/playbook_portfolio.h"
#include "cli/playbook_rows.h"
#include "playbook/snapshot.h"

struct status_options {
    struct kl_playbook_options playbook;
    bool all, steps;
};

static void print_step(const struct kl_columns *columns, const struct kl_step_status *s)
{
    bool good = s->state == KL_STEP_FRESH;
    bool sound = good && (!s->record || s->record->ok);
    if (kl_step_is_open(s)) {
        kl_print_open(columns, s);
        return;
    }
    const char *colour = sound                                ? kl_green()
                         : good || s->state == KL_STEP_FAILED ? kl_red()
                                                              : kl_bold();
    kl_print_row(columns, "step", colour, good && !sound ? "not ok" : kl_step_state_name(s->state),
                 s->step->name, good && !sound ? "its own check did not hold" : s->reason);
}

/* The chapter's gates, and its steps that are not fresh (all of them with --steps). */
static void print_chapter(const struct kl_columns *columns, const struct kl_judgement *j,
                          const struct kl_chapter *chapter, bool all_steps)
{
    const struct kl_playbook *p = j->playbook;
    if (!chapter->step_count && !chapter->gate_count) {
        return;
    }
    printf("%s%d %s%s\n", kl_bold(), chapter->number, chapter->title, kl_plain());
    for (size_t i = 0; i < p->step_count; i++) {
        const struct kl_step_status *s = &j->steps[i];
        bool news = s->state != KL_STEP_FRESH || (s->record && !s->record->ok);
        if (strcmp(s->step->chapter, chapter->id) == 0 && (all_steps || news)) {
            print_step(columns, s);
        }
    }
    for (size_t i = 0; i < p->gate_count; i++) {
        if (strcmp(p->gates[i].chapter, chapter->id) == 0) {
            kl_print_gate(columns, &j->gates[i]);
        }
    }
}

/* "door 0.1.0: 5 gates: 4 passed, 1 waived"; what there is none of is left out. */
static void print_totals(const struct kl_judgement *j)
{
    const struct kl_playbook *p = j->playbook;
    const struct {
        size_t count;
        const char *word;
    } totals[] = {{j->passed, "passed"},
                  {j->failed + j->broken, "failed"},
                  {j->stale, "stale"},
                  {j->missing, "missing"},
                  {j->waived, "waived"}};
    printf("%s%s%s %s: %zu gate%s", kl_bold(), p->name, kl_plain(), p->version, p->gate_count,
           p->gate_count == 1 ? "" : "s");
    const char *between = ": ";
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        if (totals[i].count) {
            printf("%s%zu %s", between, totals[i].count, totals[i].word);
            between = ", ";
        }
    }
    printf("%s\n", j->evidence->fault_count ? "; the evidence has faults" : "");
}

static void print_status(const struct kl_judgement *j, bool all_steps)
{
    const struct kl_playbook *p = j->playbook;
    struct kl_columns columns = kl_columns_of(p);
    for (size_t i = 0; i < p->chapter_count; i++) {
        print_chapter(&columns, j, &p->chapters[i], all_steps);
    }
    for (size_t i = 0; i < j->evidence->fault_count; i++) {
        printf("%sevidence%s %s\n", kl_red(), kl_plain(), j->evidence->faults[i]);
    }
    print_totals(j);
}

static enum kl_err status_of_one(const struct status_options *o, const char *path,
                                 struct kl_playbook_job *job, bool *failed, struct kl_diag *diag)
{
    KL_TRY(kl_playbook_job_load(job, path, diag));
    KL_TRY(kl_playbook_job_judge(job, diag));
    kl_playbook_note_totals(job);
    kl_result_detail(&job->result, "snapshot", kl_snapshot(&job->judgement));
    if (!o->playbook.common.json) {
        print_status(&job->judgement, o->steps);
        if (job->findings.errors) {
            printf("the file has %zu error%s: `kinglet playbook check%s%s`\n", job->findings.errors,
                   job->findings.errors == 1 ? "" : "s", path ? " " : "", path ? path : "");
        }
    }
    *failed = !job->judgement.all_hold || job->findings.errors > 0;
    return KL_OK;
}

int kl_cmd_playbook_status(int argc, char **argv, const struct kl_command *self)
{
    struct status_options o = {0};
    const struct kl_option options[] = {
        {.name = "--all",
         .help = "every playbook below the folder: standing, success, lessons",
         .flag = &o.all},
        {.name = "--steps", .help = "show steps that are up to date, too", .flag = &o.steps},
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
    if (err == KL_OK && o.all) {
        err = kl_playbook_portfolio(path ? path : ".", &o.playbook, &job, &failed, &diag);
    } else if (err == KL_OK) {
        err = status_of_one(&o, path, &job, &failed, &diag);
    }
    return kl_playbook_job_close(&job, &o.playbook.common, err, failed, &diag);
}
