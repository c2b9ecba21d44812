/* SPDX-License-Identifier: Apache-2.0 */
/* Which boards could meet the limits of the requirements at all; for the feasibility check. */
#ifndef KINGLET_PLAYBOOK_ASSESS_BOARDS_H
#define KINGLET_PLAYBOOK_ASSESS_BOARDS_H

#include "playbook/assess/tools.h"

struct kl_board_summary {
    size_t boards;   /* looked at */
    size_t possible; /* none of their known facts is against it */
    size_t certain;  /* all facts that matter are known, and for it */
};

/*
 * Compare the candidates (hardware.candidates, else all real boards that are known) with every
 * limit that is stated. `current` is the average current that the battery allows, NaN: no limit.
 * Adds the tables "limits" and "boards".
 */
enum kl_err kl_assess_boards(const struct kl_playbook *playbook, double current,
                             struct kl_result *result, struct kl_board_summary *summary,
                             struct kl_diag *diag) KL_MUST_CHECK;

#endif
