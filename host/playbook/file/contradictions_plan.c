/* SPDX-License-Identifier: Apache-2.0 */
/* Plans that cannot work: dates, phases, maintenance, budgets, shares. */
#include <math.h>
#include <string.h>

#include "playbook/file/contradictions.h"

/* Shares are written by people, with few digits. */
static const double slack = 1e-6;

/* Keys of a map that state the first and the last day of something. */
static void check_days(struct kl_loader *loader, const struct kl_yaml *map, const char *from,
                       const char *to)
{
    struct kl_date first;
    struct kl_date last;
    if (kl_stated_date(map, from, &first) && kl_stated_date(map, to, &last) &&
        kl_date_days(first) > kl_date_days(last)) {
        const struct kl_yaml *node = kl_yaml_get(map, to);
        kl_loader_error(loader, node, "it ends on %s, before it begins on %s; exchange the days",
                        node->text, kl_yaml_get(map, from)->text);
    }
}

static void check_timeline(struct kl_loader *loader)
{
    const struct kl_yaml *tasks = kl_stated_list(loader, "production.timeline");
    for (size_t i = 0; tasks && i < tasks->count; i++) {
        check_days(loader, tasks->items[i], "from", "to");
    }
    check_days(loader, kl_playbook_field(loader->playbook, "rollout.pilot"), "from", "to");
    check_days(loader, kl_playbook_field(loader->playbook, "data.card"), "collected_from",
               "collected_to");
}

/* Days of the lists that tell what happened: they cannot lie ahead. */
static void check_past(struct kl_loader *loader, const char *path, const char *key)
{
    const struct kl_yaml *list = kl_stated_list(loader, path);
    for (size_t i = 0; list && i < list->count; i++) {
        struct kl_date date;
        if (kl_stated_date(list->items[i], key, &date) &&
            kl_date_days(date) > kl_date_days(loader->today)) {
            const struct kl_yaml *node = kl_yaml_get(list->items[i], key);
            kl_loader_error(loader, node, "%s tells what happened, but %s has not come yet", path,
                            node->text);
        }
    }
}

static void check_expiries(struct kl_loader *loader)
{
    const struct kl_yaml *list = kl_stated_list(loader, "monitoring.expiries");
    for (size_t i = 0; list && i < list->count; i++) {
        struct kl_date date;
        if (kl_stated_date(list->items[i], "expires", &date) &&
            kl_date_days(date) < kl_date_days(loader->today)) {
            kl_loader_warn(loader, kl_yaml_get(list->items[i], "expires"),
                           "'%.60s' expired on %s; renew it",
                           kl_yaml_text(kl_yaml_get(list->items[i], "name"), "?"),
                           kl_yaml_get(list->items[i], "expires")->text);
        }
    }
}

/* Something that is due a time after a day. */
static void check_due(struct kl_loader *loader, const struct kl_yaml *map, const char *last,
                      const char *every, const char *what)
{
    struct kl_date date;
    struct kl_stated time = kl_stated_in(map, every, KL_SECONDS);
    if (!time.node || !kl_stated_date(map, last, &date)) {
        return;
    }
    double late = kl_date_days(loader->today) - kl_date_days(date) - time.value / 86400;
    if (late >= 1) {
        kl_loader_warn(loader, kl_yaml_get(map, last),
                       "%.60s has been due for %.0f d: last on %s, "
                       "every %.40s",
                       what, floor(late), kl_yaml_get(map, last)->text, time.node->text);
    }
}

static void check_all_due(struct kl_loader *loader)
{
    const struct kl_playbook *playbook = loader->playbook;
    const struct kl_yaml *tasks = kl_stated_list(loader, "monitoring.maintenance");
    for (size_t i = 0; tasks && i < tasks->count; i++) {
        check_due(loader, tasks->items[i], "last", "every",
                  kl_yaml_text(kl_yaml_get(tasks->items[i], "task"), "the task"));
    }
    check_due(loader, kl_playbook_field(playbook, "security.assessment"), "date", "every",
              "the assessment of weaknesses");
    check_due(loader, kl_playbook_field(playbook, "security.penetration_test"), "date", "every",
              "the penetration test");
    check_due(loader, kl_playbook_field(playbook, "learning"), "last_review", "review_every",
              "the review of this playbook");
}

/* Maintenance takes devices out of service: does that leave enough of the time? */
static void check_uptime(struct kl_loader *loader)
{
    const struct kl_yaml *tasks = kl_stated_list(loader, "monitoring.maintenance");
    struct kl_stated uptime = kl_stated_at(loader, "requirements.uptime", KL_PLAIN);
    double down = 0;
    for (size_t i = 0; tasks && i < tasks->count; i++) {
        struct kl_stated time = kl_stated_in(tasks->items[i], "down", KL_SECONDS);
        struct kl_stated every = kl_stated_in(tasks->items[i], "every", KL_SECONDS);
        down += time.node && every.node && every.value > 0 ? time.value / every.value : 0;
    }
    if (uptime.node && down > (1 - uptime.value) * (1 + slack)) {
        kl_loader_error(loader, uptime.node,
                        "an uptime of %.40s leaves %.4g %% of the time, but planned maintenance "
                        "alone takes %.4g %%; maintain less often or faster, or ask for less",
                        uptime.node->text, 100 * (1 - uptime.value), 100 * down);
    }
}

/* Phases by share or by number: each must reach more than the one before, the last one all. */
static void check_phases(struct kl_loader *loader, const char *key, double all,
                         const char *all_text)
{
    const struct kl_yaml *phases = kl_stated_list(loader, "rollout.phases");
    struct kl_stated before = {.node = NULL};
    bool complete = phases;
    for (size_t i = 0; phases && i < phases->count; i++) {
        struct kl_stated now = kl_stated_in(phases->items[i], key, KL_PLAIN);
        complete = complete && now.node;
        if (now.node && before.node && now.value <= before.value) {
            kl_loader_error(loader, now.node,
                            "the phase reaches %.40s, not more than the %.40s of the one before "
                            "(%s:%u); let phases grow",
                            now.node->text, before.node->text, before.node->origin,
                            before.node->line);
        }
        before = now.node ? now : before;
    }
    if (complete && before.node && fabs(before.value - all) > slack * all) {
        kl_loader_error(
            loader, before.node,
            "the last phase reaches %.40s, not %s; add a phase for the rest, or correct "
            "the number",
            before.node->text, all_text);
    }
}

static void check_rollout(struct kl_loader *loader)
{
    const struct kl_yaml *phases = kl_stated_list(loader, "rollout.phases");
    struct kl_stated devices = kl_stated_at(loader, "use_case.cost.devices", KL_PLAIN);
    check_phases(loader, "share", 1, "all devices");
    if (devices.node) {
        const char *text = kl_arena_printf(loader->arena, "the %.40s devices that are planned",
                                           devices.node->text);
        check_phases(loader, "devices", devices.value, text ? text : "all that are planned");
    }
    for (size_t i = 0; phases && i < phases->count; i++) {
        bool sized =
            kl_yaml_get(phases->items[i], "share") || kl_yaml_get(phases->items[i], "devices");
        if (phases->items[i]->kind == KL_YAML_MAP && !sized) {
            kl_loader_missing(loader, phases->items[i],
                              "phase '%.60s' states neither share nor devices",
                              kl_yaml_text(kl_yaml_get(phases->items[i], "name"), "?"));
        }
    }
}

static void check_bandwidth(struct kl_loader *loader)
{
    const struct kl_yaml *signals = kl_stated_list(loader, "monitoring.signals");
    struct kl_stated budget = kl_stated_at(loader, "monitoring.budgets.bytes_per_day", KL_BYTES);
    double sum = kl_stated_at(loader, "monitoring.retraining.bytes_per_day", KL_BYTES).value;
    for (size_t i = 0; signals && i < signals->count; i++) {
        sum += kl_stated_in(signals->items[i], "bytes_per_day", KL_BYTES).value;
    }
    if (budget.node && sum > budget.value) {
        kl_loader_error(loader, budget.node,
                        "signals and field samples send %.0f B in a day, more than the budget of "
                        "%.40s; send less often, or merge signals",
                        sum, budget.node->text);
    }
}

static void check_splits(struct kl_loader *loader)
{
    const struct kl_yaml *map = kl_playbook_field(loader->playbook, "data.splits");
    static const char *const parts[] = {"train", "validation", "test"};
    double sum = 0;
    bool all = true;
    for (size_t i = 0; i < 3; i++) {
        struct kl_stated part = kl_stated_in(map, parts[i], KL_PLAIN);
        sum += part.value;
        all = all && part.node;
    }
    if (sum > 1 + slack || (all && sum < 1 - slack)) {
        kl_loader_error(loader, map, "the parts add up to %.4g %%, not to 100 %%", 100 * sum);
    }
}

static void check_wear(struct kl_loader *loader)
{
    const struct kl_yaml *map = kl_playbook_field(loader->playbook, "monitoring.flash_wear");
    struct kl_stated cycles = kl_stated_in(map, "erase_cycles", KL_PLAIN);
    struct kl_stated daily = kl_stated_in(map, "erases_per_day", KL_PLAIN);
    struct kl_stated life = kl_stated_at(loader, "requirements.lifetime", KL_SECONDS);
    double erased = daily.value * life.value / 86400;
    if (cycles.node && daily.node && life.node && erased > cycles.value) {
        kl_loader_error(loader, daily.node,
                        "%.40s erases a day are %.0f in a lifetime of %.40s, more than the %.40s "
                        "that the flash stands; write less often or spread it over more sectors",
                        daily.node->text, erased, life.node->text, cycles.node->text);
    }
}

void kl_contradictions_of_plans(struct kl_loader *loader)
{
    check_timeline(loader);
    check_past(loader, "learning.incidents", "date");
    check_past(loader, "learning.decisions", "date");
    check_past(loader, "learning.success", "date");
    check_past(loader, "release.approvals", "date");
    check_expiries(loader);
    check_all_due(loader);
    check_uptime(loader);
    check_rollout(loader);
    check_bandwidth(loader);
    check_splits(loader);
    check_wear(loader);
}
