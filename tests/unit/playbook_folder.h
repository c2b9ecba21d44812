/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with a playbook, made for one test. */
#ifndef KINGLET_TESTS_PLAYBOOK_FOLDER_H
#define KINGLET_TESTS_PLAYBOOK_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "folder.h"
#include "playbook/run.h"

struct playbook_folder {
    char path[KT_FOLDER_BYTES];
    char program[96]; /* a stand-in for kinglet: a script in the folder */
    struct kl_arena *arena;
    struct kl_playbook *playbook;
    struct kl_evidence evidence;
    struct kl_date today;
    /* Of the last run: */
    struct kl_run_summary summary;
    char ran[512];      /* "train ok, profile.m4 failed" in the order in which they ended */
    char message[2048]; /* of the last step that failed */
    struct kl_diag diag;
};

/* cmocka's setup and teardown: *state is a struct playbook_folder in an empty folder, and the
 * folder goes away again. */
int playbook_folder_open(void **state);
int playbook_folder_close(void **state);

/* Write a file of the folder, with the folders that lead to it. */
void playbook_folder_write(const struct playbook_folder *f, const char *name, const char *text);
/* Its content, in a static buffer; "" when it is not there. */
const char *playbook_folder_read(const struct playbook_folder *f, const char *name);
bool playbook_folder_has(const struct playbook_folder *f, const char *name);
void playbook_folder_remove(const struct playbook_folder *f, const char *name);
/* The path of a file of the folder, in a static buffer. */
const char *playbook_folder_path(const struct playbook_folder *f, const char *name);

/* Write playbook.yaml: a head with a product, then `text`. Load it and its evidence anew; the test
 * fails when the file has errors. */
void playbook_folder_load(struct playbook_folder *f, const char *text);
/* Load what is there anew. */
void playbook_folder_reload(struct playbook_folder *f);

/* Run with these options (program, today and events are filled in); NULL: all chapters. */
enum kl_err playbook_folder_try(struct playbook_folder *f, struct kl_run_options options);
/* The same, and it must be KL_OK; returns f->ran. */
const char *playbook_folder_run(struct playbook_folder *f);

/* The state of a step now. */
struct kl_step_status playbook_folder_step(struct playbook_folder *f, const char *step);

#endif
