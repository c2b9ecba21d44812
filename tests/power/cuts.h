/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that cut power at every flash operation: before it, in its middle and behind it; once, and
 * twice in a row. A test gives its scenarios and how to run one with certain cuts; its command line
 * is then
 *
 *     TEST            every single cut, and some pairs
 *     TEST all        all pairs, too
 *     TEST ID         one case again, e.g. install:12m,40a
 *
 * An id names the scenario, and for each cut the operation since power came on, and where: b
 * before, m in the middle, a after.
 */
#ifndef KINGLET_TEST_POWER_CUTS_H
#define KINGLET_TEST_POWER_CUTS_H

#include "port/host/flash_model.h"

enum { CUTS_MAX = 2 };

struct cut {
    uint64_t after; /* operations since power came on */
    enum kl_cut_place place;
};

struct cut_scenario {
    const char *name;
    const void *context; /* of the test */
};

/* The cuts of one run. */
struct cut_plan {
    const struct cut *cuts;
    int count, next;
    uint64_t since; /* operations of the flash before power came on last */
    const char *id;
};

/* Run a scenario; prints what is wrong with cut_fail. *operations: how many there were after the
 * last cut. */
typedef bool cut_run_fn(const struct cut_scenario *scenario, struct cut_plan *plan,
                        uint64_t *operations);

struct cut_suite {
    const struct cut_scenario *scenarios;
    int scenario_count;
    int pairs; /* per scenario, that are tried when not all are */
    cut_run_fn *run;
    bool (*is_vital)(void); /* after a run with one cut: try every second one; may be NULL */
};

/* Returns the exit status. */
int cut_main(int argc, char **argv, const struct cut_suite *suite);

/* Other cuts tear other bits: a seed for the flash model. */
uint64_t cut_seed(const struct cut_plan *plan);

/* Power on, and plan the next cut. */
void cut_power_on(struct cut_plan *plan, struct kl_flash_model *model);

/* Says what is wrong, with the id that replays it. Returns false. */
bool cut_fail(const struct cut_plan *plan, const char *what, int detail);

#endif
