/* SPDX-License-Identifier: Apache-2.0 */
/* Which examples depend on each other. Private to host/flow. */
#ifndef KINGLET_FLOW_EXAMPLES_LEARN_GROUPS_H
#define KINGLET_FLOW_EXAMPLES_LEARN_GROUPS_H

#include "flow/learn_data.h"

/* Count the groups of each part, those in several parts, and items that are in several. */
enum kl_err learn_count_groups(struct kl_learn_data *data, struct kl_arena *arena,
                               struct kl_diag *diag) KL_MUST_CHECK;

#endif
