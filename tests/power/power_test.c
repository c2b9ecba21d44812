/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts the power of a device at every flash operation of an update: before it, in its middle and
 * behind it; once, and twice in a row. After every cut the device must start a valid image, and in
 * the end be in the same state as without cuts.
 *
 *     power_test            every single cut, and some pairs
 *     power_test all        all pairs, too
 *     power_test ID         one case again, e.g. install:12m,40a
 *
 * An id names the scenario, and for each cut the operation since power came on, and where: b
 * before, m in the middle, a after.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinglet/counters.h"
#include "power/world.h"

enum { BOOTS_MAX = 40, PAIRS_OF_CI = 5000, FAILURES_SHOWN = 10 };

static const char places[KL_CUT_PLACES + 1] = "bma";

struct scenario {
    const char *name;
    int first, next;        /* versions: what runs, and what is uploaded; 0: nothing */
    enum kl_swap_type type; /* that is asked for */
    bool is_good;           /* the new image confirms itself */
    int last;               /* version that runs in the end */
    uint32_t counter;       /* of security, in the end */
};

static const struct scenario scenarios[] = {
    {"install", 1, 2, KL_SWAP_TEST, true, 2, 2},
    {"larger-first", 2, 3, KL_SWAP_TEST, true, 3, 3},
    {"permanent", 1, 2, KL_SWAP_PERMANENT, true, 2, 2},
    {"revert", 1, 2, KL_SWAP_TEST, false, 1, 1},
    {"encrypted", 1, 4, KL_SWAP_TEST, true, 4, 4},
    {"encrypted-back", 1, 4, KL_SWAP_TEST, false, 1, 1},
    {"rollback", 3, 2, KL_SWAP_TEST, true, 3, 3},
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

static struct world world; /* of the run that is under way, or was the last one */

/* How far the application of a scenario has come; it looks at the flash only, as after a reset. */
static bool is_done(struct world *w, const struct scenario *s)
{
    struct kl_journal journal;
    if (kl_journal_open(&w->map.image[0], &journal)) {
        return false;
    }
    bool is_still = journal.last.kind == KL_JOURNAL_CONFIRMED ||
                    (s->last == s->first && journal.last.kind == KL_JOURNAL_NONE);
    return is_still && world_version(w) == s->last &&
           kl_trailer_request(&w->map.image[1]) == KL_SWAP_NONE;
}

/* What the firmware does that the boot has started. `asked`: the request is out, kept by the
 * server. */
static void run_application(struct world *w, const struct scenario *s, bool *asked)
{
    int version = w->running.header.version.major;
    if (version == s->next && s->is_good) {
        (void)kl_trailer_confirm(&w->map.image[0]);
    } else if (version == s->first && !*asked) {
        *asked = world_upload(w, s->next) == 0 && kl_trailer_ask(&w->map.image[1], s->type) == 0;
    }
}

static bool fail(const char *id, const char *what, int detail)
{
    printf("FAILED %s: %s (%d)\n", id, what, detail);
    return false;
}

/* Power on, and the next cut planned. Returns the operations before. */
static uint64_t plan_cut(struct world *w, const struct cut *cuts, int cut_count, int *next_cut)
{
    kl_flash_model_power_on(&w->model);
    if (*next_cut < cut_count) {
        kl_flash_model_cut(&w->model, cuts[*next_cut].after, cuts[*next_cut].place);
        *next_cut += 1;
    }
    return w->model.operations;
}

/* Other cuts tear other bits. */
static uint64_t seed_of(const struct cut *cuts, int count)
{
    uint64_t seed = 1;
    for (int i = 0; i < count; i++) {
        seed = seed * 1000003 + cuts[i].after * KL_CUT_PLACES + (uint64_t)cuts[i].place;
    }
    return seed;
}

/* Does the primary slot hold the image that was started, byte by byte? */
static bool is_whole(const struct world *w)
{
    const struct test_image *image = world_image(w->running.header.version.major);
    return memcmp(w->model.data, image->bytes, image->size) == 0;
}

/* Boot once, and let what was started do its work. False when that was wrong. */
static bool boot_once(struct world *w, const struct scenario *s, bool *asked, const char *id)
{
    int error = kl_boot_run(&w->boot, &w->running);
    if (w->model.is_off) {
        return true;
    }
    if (error) {
        return fail(id, "the boot found nothing to start", error);
    }
    if (!is_whole(w)) {
        return fail(id, "what was started is not the image", world_version(w));
    }
    run_application(w, s, asked);
    return true;
}

/* Run a scenario with these cuts. *operations: how many there were after the last cut. */
static bool run(const struct scenario *s, const struct cut *cuts, int cut_count, const char *id,
                uint64_t *operations)
{
    struct world *w = &world;
    bool asked = false;
    int done = 0, next_cut = 0;
    world_init(w, s->first, seed_of(cuts, cut_count));
    uint64_t since = plan_cut(w, cuts, cut_count, &next_cut);
    for (int boots = 0; boots < BOOTS_MAX && done < 2; boots++) {
        if (!boot_once(w, s, &asked, id)) {
            return false;
        }
        bool was_cut = w->model.is_off;
        if (was_cut) {
            since = plan_cut(w, cuts, cut_count, &next_cut);
        }
        /* The server does not hear of a request that power cut short behind its last byte. */
        done = !was_cut && (asked || s->last == s->next) && is_done(w, s) ? done + 1 : 0;
    }
    *operations = w->model.operations - since;
    if (done < 2) {
        return fail(id, "it does not come to rest", world_version(w));
    }
    uint32_t counter;
    bool is_read = kl_counter_read(&w->map.security, &counter) == KL_COUNTER_OK;
    return (is_read && counter == s->counter) ||
           fail(id, "the security counter differs", (int)counter);
}

static void write_id(const struct scenario *s, const struct cut *cuts, int count, char id[64])
{
    int length = snprintf(id, 64, "%s", s->name);
    for (int i = 0; i < count; i++) {
        length += snprintf(id + length, (size_t)(64 - length), "%c%llu%c", i == 0 ? ':' : ',',
                           (unsigned long long)cuts[i].after, places[cuts[i].place]);
    }
}

struct tally {
    uint64_t runs, failures;
};

static uint64_t try_cuts(const struct scenario *s, const struct cut *cuts, int count,
                         struct tally *tally)
{
    char id[64];
    uint64_t operations = 0;
    write_id(s, cuts, count, id);
    tally->runs++;
    tally->failures += !run(s, cuts, count, id, &operations);
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
static void try_seconds(const struct scenario *s, struct cut first, struct tally *tally)
{
    struct cut cuts[WORLD_CUTS] = {first};
    uint64_t left = try_cuts(s, cuts, 1, tally);
    for (uint64_t second = 0; second < left * KL_CUT_PLACES; second++) {
        cuts[1] = numbered(second);
        (void)try_cuts(s, cuts, 2, tally);
    }
}

static void try_some_pairs(const struct scenario *s, uint64_t operations, struct tally *tally)
{
    uint64_t random = 12345;
    for (int pair = 0; pair < PAIRS_OF_CI; pair++) {
        random = random * 6364136223846793005 + 1442695040888963407;
        const struct cut cuts[WORLD_CUTS] = {
            numbered((random >> 33) % (operations * KL_CUT_PLACES)),
            numbered((random >> 13) % (operations * KL_CUT_PLACES))};
        (void)try_cuts(s, cuts, 2, tally);
    }
}

/* With one cut everywhere; with two everywhere, or where the first hits a trailer, and in some
 * places. */
static void try_scenario(const struct scenario *s, bool all, struct tally *sum)
{
    struct tally single = {0, 0}, pairs = {0, 0};
    uint64_t operations = try_cuts(s, NULL, 0, &single);
    for (uint64_t i = 0; i < operations * KL_CUT_PLACES; i++) {
        const struct cut cut = numbered(i);
        (void)try_cuts(s, &cut, 1, &single);
        bool is_torn_trailer =
            cut.place == KL_CUT_MIDDLE && world_is_trailer(&world, world.model.cut_offset);
        if (all || is_torn_trailer) {
            try_seconds(s, cut, &pairs);
        }
    }
    if (!all) {
        try_some_pairs(s, operations, &pairs);
    }
    printf("%-14s %6llu operations, %8llu runs with one cut, %10llu with two, %llu failures\n",
           s->name, (unsigned long long)operations, (unsigned long long)single.runs - 1,
           (unsigned long long)pairs.runs, (unsigned long long)(single.failures + pairs.failures));
    (void)fflush(stdout);
    sum->runs += single.runs + pairs.runs;
    sum->failures += single.failures + pairs.failures;
}

static int replay(const char *id)
{
    struct cut cuts[WORLD_CUTS];
    uint64_t operations;
    int count = 0;
    size_t name = strcspn(id, ":");
    for (const char *at = id + name; *at && count < WORLD_CUTS;) {
        char *end;
        cuts[count].after = strtoull(at + 1, &end, 10);
        const char *place = strchr(places, *end);
        if (!*end || !place) {
            break;
        }
        cuts[count++].place = (enum kl_cut_place)(place - places);
        at = end + 1;
    }
    for (int i = 0; i < SCENARIOS; i++) {
        if (strlen(scenarios[i].name) == name && strncmp(scenarios[i].name, id, name) == 0) {
            bool is_right = run(&scenarios[i], cuts, count, id, &operations);
            printf("%s: %s\n", id, is_right ? "passed" : "failed");
            return !is_right;
        }
    }
    printf("no scenario has that name: %s\n", id);
    return 2;
}

int main(int argc, char **argv)
{
    struct tally sum = {0, 0};
    bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    if (argc > 1 && !all) {
        return replay(argv[1]);
    }
    for (int i = 0; i < SCENARIOS; i++) {
        try_scenario(&scenarios[i], all, &sum);
    }
    printf("%llu runs, %llu failures\n", (unsigned long long)sum.runs,
           (unsigned long long)sum.failures);
    return sum.failures > 0;
}
