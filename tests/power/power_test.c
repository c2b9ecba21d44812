/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts the power of a device at every flash operation of an update. After every cut the device must
 * start a valid image, and in the end be in the same state as without cuts. power/cuts.h has the
 * command line.
 */
#include <string.h>

#include "kinglet/counters.h"
#include "power/cuts.h"
#include "power/world.h"

enum { BOOTS_MAX = 40, PAIRS_OF_CI = 5000 };

struct scenario {
    int first, next;        /* versions: what runs, and what is uploaded; 0: nothing */
    enum kl_swap_type type; /* that is asked for */
    bool is_good;           /* the new image confirms itself */
    int last;               /* version that runs in the end */
    uint32_t counter;       /* of security, in the end */
};

static const struct cut_scenario scenarios[] = {
    {"install", &(struct scenario){1, 2, KL_SWAP_TEST, true, 2, 2}},
    {"larger-first", &(struct scenario){2, 3, KL_SWAP_TEST, true, 3, 3}},
    {"permanent", &(struct scenario){1, 2, KL_SWAP_PERMANENT, true, 2, 2}},
    {"revert", &(struct scenario){1, 2, KL_SWAP_TEST, false, 1, 1}},
    {"encrypted", &(struct scenario){1, 4, KL_SWAP_TEST, true, 4, 4}},
    {"encrypted-back", &(struct scenario){1, 4, KL_SWAP_TEST, false, 1, 1}},
    {"rollback", &(struct scenario){3, 2, KL_SWAP_TEST, true, 3, 3}},
};

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

/* Does the primary slot hold the image that was started, byte by byte? */
static bool is_whole(const struct world *w)
{
    const struct test_image *image = world_image(w->running.header.version.major);
    return memcmp(w->model.data, image->bytes, image->size) == 0;
}

/* Boot once, and let what was started do its work. False when that was wrong. */
static bool boot_once(struct world *w, const struct scenario *s, bool *asked,
                      const struct cut_plan *plan)
{
    int error = kl_boot_run(&w->boot, &w->running);
    if (w->model.is_off) {
        return true;
    }
    if (error) {
        return cut_fail(plan, "the boot found nothing to start", error);
    }
    if (!is_whole(w)) {
        return cut_fail(plan, "what was started is not the image", world_version(w));
    }
    run_application(w, s, asked);
    return true;
}

static bool run(const struct cut_scenario *scenario, struct cut_plan *plan, uint64_t *operations)
{
    const struct scenario *s = scenario->context;
    struct world *w = &world;
    bool asked = false;
    int done = 0;
    world_init(w, s->first, cut_seed(plan));
    cut_power_on(plan, &w->model);
    for (int boots = 0; boots < BOOTS_MAX && done < 2; boots++) {
        if (!boot_once(w, s, &asked, plan)) {
            return false;
        }
        bool was_cut = w->model.is_off;
        if (was_cut) {
            cut_power_on(plan, &w->model);
        }
        /* The server does not hear of a request that power cut short behind its last byte. */
        done = !was_cut && (asked || s->last == s->next) && is_done(w, s) ? done + 1 : 0;
    }
    *operations = w->model.operations - plan->since;
    if (done < 2) {
        return cut_fail(plan, "it does not come to rest", world_version(w));
    }
    uint32_t counter;
    bool is_read = kl_counter_read(&w->map.security, &counter) == KL_COUNTER_OK;
    return (is_read && counter == s->counter) ||
           cut_fail(plan, "the security counter differs", (int)counter);
}

static bool is_trailer(void)
{
    return world_is_trailer(&world, world.model.cut_offset);
}

int main(int argc, char **argv)
{
    const struct cut_suite suite = {.scenarios = scenarios,
                                    .scenario_count = sizeof scenarios / sizeof scenarios[0],
                                    .pairs = PAIRS_OF_CI,
                                    .run = run,
                                    .is_vital = is_trailer};
    return cut_main(argc, argv, &suite);
}
