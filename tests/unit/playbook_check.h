/* SPDX-License-Identifier: Apache-2.0 */
/* Loads playbooks that are right or wrong, from files of a folder made for one test. */
#ifndef KINGLET_TESTS_PLAYBOOK_CHECK_H
#define KINGLET_TESTS_PLAYBOOK_CHECK_H

#include "folder.h"
#include "playbook/playbook.h"

struct playbook_check {
    char folder[KT_FOLDER_BYTES];
    struct kl_arena *arena;
    struct kl_date today; /* 2026-11-23 */
    /* Of the last load: */
    enum kl_err err;
    struct kl_playbook *playbook;
    struct kl_findings findings;
    struct kl_diag diag;
};

/* cmocka's setup and teardown: *state is a struct playbook_check in an empty folder. */
int playbook_check_open(void **state);
int playbook_check_close(void **state);

/* Write a file of the folder, with the folders that lead to it. */
void playbook_check_write(const struct playbook_check *c, const char *name, const char *text);

/* Load FOLDER/playbook.yaml as it is now; what was loaded before is gone. */
void playbook_check_load(struct playbook_check *c);

/* Write playbook.yaml, a line with the format, one with the product, then `text`, and load it.
 * It must be readable. The first line of `text` is line 3. */
void playbook_check_text(struct playbook_check *c, const char *text);

/* The first finding of the kind in that line (0: any) whose text holds all of `part`; the test
 * fails, and shows all findings, when there is none. */
void playbook_check_finds(const struct playbook_check *c, int kind, uint32_t line,
                          const char *part);

/* The test fails, and shows all findings, when one is an error. */
void playbook_check_sound(const struct playbook_check *c);

#endif
