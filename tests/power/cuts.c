/* SPDX-License-Identifier: Apache-2.0 */
#include "power/cuts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAILURES_SHOWN = 10, ID_BYTES = 64 };

static const char places[KL_CUT_PLACES + 1] = "bma";

struct tally {
    uint64_t runs, failures;
};

uint64_t cut_seed(const struct cut_plan *plan)
{
    uint64_t seed = 1;
    for (int i = 0; i < plan->count; i++) {
        seed = seed * 1000003 + plan->cuts[i].after * KL_CUT_PLACES + (uint64_t)plan->cuts[i].place;
    }
    return seed;
}

void cut_power_on(struct cut_plan *plan, struct kl_flash_model *model)
{
    kl_flash_model_power_on(model);
    if (plan->next < plan->count) {
        const struct cut *cut = &plan->cuts[plan->next++];
        kl_flash_model_cut(model, cut->after, cut->place);
    }
    plan->since = model->operations;
}

bool cut_fail(const struct cut_plan *plan, const char *what, int detail)
{
    printf("FAILED %s: %s (%d)\n", plan->id, what, detail);
    return false;
}

static void write_id(const char *name, const struct cut *cuts, int count, char id[ID_BYTES])
{
    int length = snprintf(id, ID_BYTES, "%s", name);
    for (int i = 0; i < count; i++) {
        length += snprintf(id + length, (size_t)(ID_BYTES - length), "%c%llu%c", i == 0 ? ':' : ',',
                           (unsigned long long)cuts[i].after, places[cuts[i].place]);
    }
}

static uint64_t try_cuts(const struct cut_suite *suite, const struct cut_scenario *scenario,
                         const struct cut *cuts, int count, struct tally *tally)
{
    char id[ID_BYTES];
    uint64_t operations = 0;
    struct cut_plan plan = {.cuts = cuts, .count = count, .id = id};
    write_id(scenario->name, cuts, count, id);
    tally->runs++;
    tally->failures += !suite->run(scenario, &plan, &operations);
    if (tally->failures >= FAILURES_SHOWN) {
        printf("there may be more failures\n");
        exit(1);
    }
    return operations;
}

static struct cut numbered(uint64_t number)
{
    return (struct cut){number / KL_CUT_PLACES, (enum kl_cut_place)(number % KL_CUT_PLACES)};
}

/* Every second cut behind this first one. */
static void try_seconds(const struct cut_suite *suite, const struct cut_scenario *scenario,
                        struct cut first, struct tally *tally)
{
    struct cut cuts[CUTS_MAX] = {first};
    uint64_t left = try_cuts(suite, scenario, cuts, 1, tally);
    for (uint64_t second = 0; second < left * KL_CUT_PLACES; second++) {
        cuts[1] = numbered(second);
        (void)try_cuts(suite, scenario, cuts, 2, tally);
    }
}

static void try_some_pairs(const struct cut_suite *suite, const struct cut_scenario *scenario,
                           uint64_t operations, struct tally *tally)
{
    uint64_t random = 12345;
    for (int pair = 0; pair < suite->pairs; pair++) {
        random = random * 6364136223846793005 + 1442695040888963407;
        const struct cut cuts[CUTS_MAX] = {numbered((random >> 33) % (operations * KL_CUT_PLACES)),
                                           numbered((random >> 13) % (operations * KL_CUT_PLACES))};
        (void)try_cuts(suite, scenario, cuts, 2, tally);
    }
}

/* With one cut everywhere; with two everywhere, or behind vital ones and in some places. */
static void try_scenario(const struct cut_suite *suite, const struct cut_scenario *scenario,
                         bool all, struct tally *sum)
{
    struct tally single = {0, 0}, pairs = {0, 0};
    uint64_t operations = try_cuts(suite, scenario, NULL, 0, &single);
    for (uint64_t i = 0; i < operations * KL_CUT_PLACES; i++) {
        const struct cut cut = numbered(i);
        (void)try_cuts(suite, scenario, &cut, 1, &single);
        if (all || (suite->is_vital && cut.place == KL_CUT_MIDDLE && suite->is_vital())) {
            try_seconds(suite, scenario, cut, &pairs);
        }
    }
    if (!all && operations > 0) {
        try_some_pairs(suite, scenario, operations, &pairs);
    }
    printf("%-16s %6llu operations, %8llu runs with one cut, %10llu with two, %llu failures\n",
           scenario->name, (unsigned long long)operations, (unsigned long long)single.runs - 1,
           (unsigned long long)pairs.runs, (unsigned long long)(single.failures + pairs.failures));
    (void)fflush(stdout);
    sum->runs += single.runs + pairs.runs;
    sum->failures += single.failures + pairs.failures;
}

static int replay(const struct cut_suite *suite, const char *id)
{
    struct cut cuts[CUTS_MAX];
    uint64_t operations;
    struct cut_plan plan = {.cuts = cuts, .id = id};
    size_t name = strcspn(id, ":");
    for (const char *at = id + name; *at && plan.count < CUTS_MAX;) {
        char *end;
        cuts[plan.count].after = strtoull(at + 1, &end, 10);
        const char *place = strchr(places, *end);
        if (!*end || !place) {
            printf("not an id, such as install:12m,40a: %s\n", id);
            return 2;
        }
        cuts[plan.count++].place = (enum kl_cut_place)(place - places);
        at = end + 1;
    }
    for (int i = 0; i < suite->scenario_count; i++) {
        const struct cut_scenario *scenario = &suite->scenarios[i];
        if (strlen(scenario->name) == name && strncmp(scenario->name, id, name) == 0) {
            bool is_right = suite->run(scenario, &plan, &operations);
            printf("%s: %s\n", id, is_right ? "passed" : "failed");
            return !is_right;
        }
    }
    printf("no scenario has that name: %s\n", id);
    return 2;
}

int cut_main(int argc, char **argv, const struct cut_suite *suite)
{
    struct tally sum = {0, 0};
    bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    if (argc > 1 && !all) {
        return replay(suite, argv[1]);
    }
    for (int i = 0; i < suite->scenario_count; i++) {
        try_scenario(suite, &suite->scenarios[i], all, &sum);
    }
    printf("%llu runs, %llu failures\n", (unsigned long long)sum.runs,
           (unsigned long long)sum.failures);
    return sum.failures > 0;
}
