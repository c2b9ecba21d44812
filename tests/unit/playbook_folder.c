/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

static const char head[] = "playbook: 1\n"
                           "product: {name: tester, title: Tester, version: 0.1.0}\n";

static const char program[] = "#!/bin/sh\nshift 0\nexec \"$@\"\n";

int playbook_folder_open(void **state)
{
    struct playbook_folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_true(kt_make_folder(f->path));
    snprintf(f->program, sizeof f->program, "%s/bin/kinglet", f->path);
    playbook_folder_write(f, "bin/kinglet", program);
    assert_int_equal(chmod(f->program, 0700), 0);
    f->today = (struct kl_date){2026, 11, 23};
    *state = f;
    return 0;
}

static void release(struct playbook_folder *f)
{
    kl_evidence_close(&f->evidence);
    kl_arena_free(f->arena);
    f->arena = NULL;
}

int playbook_folder_close(void **state)
{
    struct playbook_folder *f = *state;
    release(f);
    kt_remove_folder(f->path);
    free(f);
    return 0;
}

const char *playbook_folder_path(const struct playbook_folder *f, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    return path;
}

void playbook_folder_write(const struct playbook_folder *f, const char *name, const char *text)
{
    struct kl_diag diag = {0};
    char folder[512];
    snprintf(folder, sizeof folder, "%s", playbook_folder_path(f, name));
    *strrchr(folder, '/') = '\0';
    assert_int_equal(kl_dir_create(folder, &diag), KL_OK);
    assert_int_equal(kl_file_write(playbook_folder_path(f, name), text, strlen(text), &diag),
                     KL_OK);
}

const char *playbook_folder_read(const struct playbook_folder *f, const char *name)
{
    static char text[65536];
    FILE *file = fopen(playbook_folder_path(f, name), "r");
    size_t bytes = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file) {
        fclose(file);
    }
    text[bytes] = '\0';
    return text;
}

bool playbook_folder_has(const struct playbook_folder *f, const char *name)
{
    return access(playbook_folder_path(f, name), F_OK) == 0;
}

void playbook_folder_remove(const struct playbook_folder *f, const char *name)
{
    assert_int_equal(remove(playbook_folder_path(f, name)), 0);
}

void playbook_folder_reload(struct playbook_folder *f)
{
    struct kl_findings findings = {0};
    release(f);
    f->diag = (struct kl_diag){0};
    f->arena = kl_arena_create((size_t)64 << 20);
    if (kl_playbook_load(f->path, f->today, f->arena, &f->playbook, &findings, &f->diag) != KL_OK) {
        fail_msg("%s", f->diag.message);
    }
    for (size_t i = 0; i < findings.count; i++) {
        if (findings.items[i].kind == KL_FINDING_ERROR) {
            fail_msg("line %u: %s", findings.items[i].line, findings.items[i].text);
        }
    }
    if (kl_evidence_open(f->playbook, f->arena, &f->evidence, &f->diag) != KL_OK) {
        fail_msg("%s", f->diag.message);
    }
}

void playbook_folder_load(struct playbook_folder *f, const char *text)
{
    char file[65536];
    assert_true((size_t)snprintf(file, sizeof file, "%s%s", head, text) < sizeof file);
    playbook_folder_write(f, "playbook.yaml", file);
    playbook_folder_reload(f);
}

static void on_event(void *user, const struct kl_run_event *event)
{
    struct playbook_folder *f = user;
    if (event->kind == KL_RUN_STEP) {
        const char *word = kl_step_state_name(event->status->state);
        size_t used = strlen(f->ran);
        snprintf(f->ran + used, sizeof f->ran - used, "%s%s %s", used ? ", " : "",
                 event->step->name, strcmp(word, "fresh") == 0 ? "ok" : word);
        if (event->message) {
            snprintf(f->message, sizeof f->message, "%s", event->message);
        }
    }
}

enum kl_err playbook_folder_try(struct playbook_folder *f, struct kl_run_options options)
{
    options.program = f->program;
    options.today = f->today;
    options.event = on_event;
    options.user = f;
    f->ran[0] = '\0';
    f->message[0] = '\0';
    f->diag = (struct kl_diag){0};
    return kl_playbook_run(f->playbook, &f->evidence, &options, &f->summary, &f->diag);
}

const char *playbook_folder_run(struct playbook_folder *f)
{
    if (playbook_folder_try(f, (struct kl_run_options){.jobs = 1}) != KL_OK) {
        fail_msg("%s", f->diag.message);
    }
    return f->ran;
}

struct kl_step_status playbook_folder_step(struct playbook_folder *f, const char *step)
{
    struct kl_step_status status;
    f->diag = (struct kl_diag){0};
    const struct kl_step *s = kl_playbook_step(f->playbook, step);
    assert_non_null(s);
    if (kl_judge_step(f->playbook, &f->evidence, f->today, s, &status, &f->diag) != KL_OK) {
        fail_msg("%s", f->diag.message);
    }
    return status;
}
