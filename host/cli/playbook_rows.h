/* SPDX-License-Identifier: Apache-2.0 */
/* Lines about steps and gates, as `playbook run` and `playbook status` print them. */
#ifndef KINGLET_CLI_PLAYBOOK_ROWS_H
#define KINGLET_CLI_PLAYBOOK_ROWS_H

#include "playbook/judge.h"

struct kl_columns {
    const struct kl_playbook *playbook;
    int name_width; /* of the column of names */
    int terminal;   /* its width; 0: none, lines are as long as they are */
};

/* Columns that suit the names of this playbook and the terminal. */
struct kl_columns kl_columns_of(const struct kl_playbook *playbook);

/* "  step  done     profile.m4    0.6 s". What does not fit on the terminal's line goes on below;
 * further lines of `text` stand below its first one. `colour` is one of kl_green()... */
void kl_print_row(const struct kl_columns *columns, const char *kind, const char *colour,
                  const char *word, const char *name, const char *text);

/* "passed" in green, "FAILED" in red, with the reason. */
void kl_print_gate(const struct kl_columns *columns, const struct kl_gate_status *gate);

/* Did it fail only because a step that it needs failed? */
bool kl_gate_failed_by_step(const struct kl_columns *columns, const struct kl_gate_status *gate);

/* A statement that waits for a person, and what the person has to do: "nobody has stated it yet;
 * ... (playbook.yaml:41)". */
bool kl_step_is_open(const struct kl_step_status *status);
void kl_print_open(const struct kl_columns *columns, const struct kl_step_status *status);

#endif
