/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/playbook_job.h"
#include "cli/playbook_rows.h"
#include "playbook/run.h"

struct run_options {
    struct kl_playbook_options playbook;
    const char *path;
    int64_t jobs;
    bool keep_going, force, dry;
};

/* What a person has to do before every gate holds; `remedy` has the place in the file behind it. */
struct todo {
    const char *name, *remedy;
    const struct kl_yaml *place;
};

enum { MOST_TODO = 8 };

/* What is shown of a run. */
struct view {
    const struct run_options *o;
    struct kl_columns columns;
    struct todo todo[MOST_TODO];
    size_t todo_count; /* may be more than the array holds */
    size_t open;       /* statements that wait for a person */
    size_t recorded;   /* statements that became evidence */
    size_t gates, waived;
    json_t *open_names;
};

static void note_todo(struct view *view, const char *name, const char *remedy,
                      const struct kl_yaml *place)
{
    if (view->todo_count < MOST_TODO) {
        view->todo[view->todo_count] = (struct todo){name, remedy, place};
    }
    view->todo_count++;
}

static void note_step(struct view *view, const struct kl_run_event *event)
{
    const struct kl_step_status *s = event->status;
    if (s->state == KL_STEP_FRESH && s->step->kind == KL_STEP_STATEMENT) {
        view->recorded++;
    } else if (kl_step_is_open(s)) {
        view->open++;
        json_array_append_new(view->open_names, json_string(s->step->name));
        note_todo(view, s->step->name,
                  "state it: fill in by: and date:", kl_yaml_get(s->step->node, "statement"));
    } else if (s->state == KL_STEP_FAILED) {
        note_todo(view, s->step->name, "mend the step", s->step->node);
    } else if (s->state == KL_STEP_EXPIRED) {
        note_todo(view, s->step->name, "state it again, with a new date", s->step->node);
    }
}

static void note_gate(struct view *view, const struct kl_gate_status *gate)
{
    view->gates++;
    view->waived += gate->state == KL_GATE_WAIVED;
    if (gate->state == KL_GATE_BROKEN) {
        note_todo(view, gate->gate->name, "mend the gate's condition", gate->gate->that_node);
    } else if (gate->state == KL_GATE_FAILED && !kl_gate_failed_by_step(&view->columns, gate)) {
        note_todo(view, gate->gate->name, "make the gate hold, or waive it until a day",
                  gate->gate->node);
    }
}

static void print_step(const struct view *view, const struct kl_run_event *event)
{
    const struct kl_step_status *s = event->status;
    bool good = s->state == KL_STEP_FRESH;
    const char *text = event->message ? event->message : s->reason;
    const char *word = s->state == KL_STEP_FAILED    ? "FAILED"
                       : s->state == KL_STEP_EXPIRED ? "expired"
                                                     : "not run";
    const char *colour = s->state == KL_STEP_FAILED ? kl_red() : kl_bold();
    char seconds[32];
    if (kl_step_is_open(s)) {
        kl_print_open(&view->columns, s);
        return;
    }
    if (view->o->dry && strncmp(text, word, strlen(word)) != 0) {
        word = "to run";
        colour = kl_bold();
    } else if (good) {
        snprintf(seconds, sizeof seconds, "%.1f s", event->seconds);
        bool sound =
            !s->record || s->record->ok; /* else it worked, and its own check did not hold */
        word = sound ? "done" : "not ok";
        colour = sound ? kl_green() : kl_red();
        text = seconds;
    } else if (strncmp(text, "not run: ", 9) == 0) {
        text += 9; /* the word says it */
    }
    kl_print_row(&view->columns, "step", colour, word, event->step->name, text);
}

static void print_event(const struct view *view, const struct kl_run_event *event)
{
    const struct kl_common *common = &view->o->playbook.common;
    if (event->kind == KL_RUN_TICK || event->kind == KL_RUN_START) {
        kl_progress(common, "%zu of %zu  %s ... %.0f s", event->done, event->total,
                    event->step->name, event->seconds);
        return;
    }
    kl_progress(common, "%s", "");
    if (event->kind == KL_RUN_CHAPTER) {
        printf("%s%d %s%s\n", kl_bold(), event->chapter->number, event->chapter->title, kl_plain());
    } else if (event->kind == KL_RUN_STEP) {
        print_step(view, event);
    } else {
        kl_print_gate(&view->columns, event->gate);
    }
    fflush(stdout);
}

static void on_event(void *user, const struct kl_run_event *event)
{
    struct view *view = user;
    if (event->kind == KL_RUN_STEP) {
        note_step(view, event);
    } else if (event->kind == KL_RUN_GATE) {
        note_gate(view, event->gate);
    }
    if (!view->o->playbook.common.json) {
        print_event(view, event);
    }
}

/* The file of this program: what `kinglet` means in a step. */
static enum kl_err own_program(struct kl_arena *arena, const char **program, struct kl_diag *diag)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0) {
        return kl_fail(diag, KL_EIO, "cannot find this program's own file: %s", strerror(errno));
    }
    path[length] = '\0';
    *program = kl_arena_printf(arena, "%s", path);
    return *program ? KL_OK : KL_FAIL_MEMORY(diag);
}

static void note_summary(struct kl_playbook_job *job, const struct view *view,
                         const struct kl_run_summary *s)
{
    const struct {
        const char *name;
        size_t value;
    } counts[] = {{"steps.executed", s->executed}, {"steps.fresh", s->fresh},
                  {"steps.failed", s->failed},     {"steps.skipped", s->skipped},
                  {"steps.open", view->open},      {"statements.recorded", view->recorded},
                  {"gates.open", s->open_gates}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        kl_result_count(&job->result, counts[i].name, (long long)counts[i].value, "1", KL_COUNTED);
    }
    kl_result_detail(&job->result, "open", json_incref(view->open_names));
    kl_result_detail(&job->result, "stopped_at",
                     s->stopped_at ? json_string(s->stopped_at->name) : json_null());
    kl_result_detail(&job->result, "interrupted", json_boolean(s->interrupted));
}

/* What to do next: the places that wait for somebody, and the command that goes on. */
static void print_next(const struct view *view, const struct kl_run_summary *s)
{
    const char *flag = view->o->path ? " --playbook " : "";
    const char *path = view->o->path ? view->o->path : "";
    size_t shown = view->todo_count < MOST_TODO ? view->todo_count : MOST_TODO;
    printf("\n%snext%s\n", kl_bold(), kl_plain());
    for (size_t i = 0; i < shown; i++) {
        const struct todo *t = &view->todo[i];
        printf("  %-*s  %s", view->columns.name_width, t->name, t->remedy);
        if (t->place) {
            printf(" (%s:%u)", t->place->origin, t->place->line);
        }
        printf("\n");
    }
    if (view->todo_count > shown) {
        printf("  and %zu more\n", view->todo_count - shown);
    }
    printf("then `kinglet playbook run%s%s` goes on%s\n", flag, path,
           s->stopped_at ? "; --keep-going runs what is behind the gate" : "");
}

static void print_end(const struct view *view, const struct kl_run_summary *s, bool failed)
{
    if (s->stopped_at) {
        printf("stopped at gate %s, chapter %s\n", s->stopped_at->name, s->stopped_at->chapter);
    }
    if (s->interrupted) {
        printf("interrupted; what was done is kept, `kinglet playbook run` goes on\n");
    } else if (view->o->dry) {
        return;
    } else if (failed || view->todo_count) {
        print_next(view, s);
    } else if (view->gates) {
        printf("every gate here passed%s; `kinglet playbook report%s%s` writes the report\n",
               view->waived ? " or is waived" : "", view->o->path ? " " : "",
               view->o->path ? view->o->path : "");
    }
}

static void print_summary(const struct view *view, const struct kl_run_summary *s, bool failed)
{
    size_t skipped = s->skipped - view->open;
    printf("%s%s %zu step%s, %zu up to date", kl_bold(),
           view->o->dry ? "would execute" : "executed", s->executed, s->executed == 1 ? "" : "s",
           s->fresh);
    const struct {
        size_t count;
        const char *word;
    } rest[] = {
        {view->recorded, view->recorded == 1 ? "statement recorded" : "statements recorded"},
        {s->failed, "failed"},
        {skipped, "not run"},
        {view->open, "open"}};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        if (rest[i].count) {
            printf(", %zu %s", rest[i].count, rest[i].word);
        }
    }
    printf("%s\n", kl_plain());
    print_end(view, s, failed);
}

static enum kl_err run(const struct run_options *o, const char *const *chapters, struct view *view,
                       struct kl_playbook_job *job, struct kl_run_summary *summary,
                       struct kl_diag *diag)
{
    struct kl_run_options options = {
        .chapters = chapters[0] ? chapters : NULL,
        .jobs = (int)(o->jobs > 64 ? 64 : o->jobs),
        .keep_going = o->keep_going,
        .force = o->force,
        .dry = o->dry,
        .event = on_event,
        .user = view,
        .stop = &kl_interrupted,
    };
    KL_TRY(own_program(job->arena, &options.program, diag));
    KL_TRY(kl_playbook_job_load(job, o->path, diag));
    KL_TRY(kl_playbook_job_require_sound(job, diag));
    KL_TRY(kl_evidence_open(job->playbook, job->arena, &job->evidence, diag));
    options.today = job->today;
    view->columns = kl_columns_of(job->playbook);
    kl_catch_interrupts();
    return kl_playbook_run(job->playbook, &job->evidence, &options, summary, diag);
}

int kl_cmd_playbook_run(int argc, char **argv, const struct kl_command *self)
{
    enum { MOST_CHAPTERS = 32 };
    struct run_options o = {0};
    const struct kl_option options[] = {
        {.name = "--playbook",
         .argument = "P",
         .help = "playbook file or folder (default: playbook.yaml here or above)",
         .text = &o.path},
        {.name = "--jobs",
         .argument = "N",
         .help = "steps at once (default: one per processor)",
         .number = &o.jobs},
        {.name = "--keep-going",
         .help = "go on past failed steps and gates",
         .flag = &o.keep_going},
        {.name = "--force", .help = "execute steps that are up to date, too", .flag = &o.force},
        {.name = "--dry-run", .help = "only say what would be executed, and why", .flag = &o.dry},
        KL_PLAYBOOK_OPTIONS(o.playbook),
        {.name = NULL},
    };
    const char *chapters[MOST_CHAPTERS + 1] = {NULL};
    struct kl_diag diag = {0};
    struct kl_playbook_job job;
    struct kl_run_summary summary = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.playbook.common, chapters, MOST_CHAPTERS,
                          &status)) {
        return status;
    }
    enum kl_err err = kl_playbook_job_open(&job, &o.playbook, self->name, &diag);
    struct view view = {.o = &o, .open_names = json_array()};
    if (err == KL_OK) {
        err = run(&o, chapters, &view, &job, &summary, &diag);
    }
    /* An open statement fails nothing by itself: the gates that wait for it do. */
    bool failed = summary.failed || summary.skipped > view.open || summary.open_gates ||
                  summary.stopped_at || summary.interrupted;
    if (err == KL_OK) {
        note_summary(&job, &view, &summary);
        if (!o.playbook.common.json) {
            print_summary(&view, &summary, failed);
        }
    }
    json_decref(view.open_names);
    return kl_playbook_job_close(&job, &o.playbook.common, err, failed, &diag);
}
