/* SPDX-License-Identifier: Apache-2.0 */
/* What `kinglet optimise` is required to reach: expressions as gates have them, over the figures of
 * a rung. */
#ifndef KINGLET_CLI_OPTIMISE_REQUIRE_H
#define KINGLET_CLI_OPTIMISE_REQUIRE_H

#include "cli/options.h"
#include "flow/ladder.h"
#include "playbook/expression.h"

struct kl_requirements {
    int32_t count;
    const char *texts[KL_MAX_FILES];
    const struct kl_expression *expressions[KL_MAX_FILES];
};

/* Parse the texts, in memory of `arena`. KL_EUSAGE with the text and the place in it. */
enum kl_err kl_requirements_parse(const struct kl_strings *texts, struct kl_arena *arena,
                                  struct kl_requirements *requirements,
                                  struct kl_diag *diag) KL_MUST_CHECK;

/* A judge of rungs by them, which stay the caller's. */
struct kl_ladder_judge kl_requirements_judge(struct kl_requirements *requirements);

#endif
