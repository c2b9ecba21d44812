/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts the power of a device at every flash operation while settings are changed, or events are
 * logged. After every cut the settings are those before or those behind the change that was under
 * way, and stay what they were seen to be; the log holds what was logged, in order. In the end all
 * is the same as without cuts. power/cuts.h has the command line.
 */
#include <string.h>

#include "kinglet/event_log.h"
#include "kinglet/settings.h"
#include "power/cuts.h"

enum { SECTOR = 384, SECTORS = 3, FLASH = SECTORS * SECTOR, NUMBERS = 6, PAIRS_OF_CI = 4000 };
enum { OPENS_MAX = 10 };

struct flash_kind {
    uint32_t write_bytes, sectors;
};

static const struct cut_scenario scenarios[] = {
    {"settings", &(struct flash_kind){8, 2}},
    {"settings-three", &(struct flash_kind){8, 3}},
    {"settings-words", &(struct flash_kind){4, 2}},
    {"settings-bytes", &(struct flash_kind){1, 2}},
    {"log", &(struct flash_kind){8, 2}},
    {"log-three", &(struct flash_kind){8, 3}},
    {"log-words", &(struct flash_kind){4, 2}},
};

/* What is under each number. */
struct state {
    int length[NUMBERS]; /* -1: nothing */
    int value[NUMBERS];  /* each of its bytes */
};

struct change {
    uint8_t number, value;
    int8_t length; /* -1: delete */
};

/* Long and short values, a value that is there already, an empty one, deletions; sectors fill up
 * several times. */
static const struct change changes[] = {
    {0, 1, 4},  {1, 2, 20}, {0, 3, 4},   {2, 4, 60}, {1, 0, -1}, {2, 4, 60}, {3, 5, 0},
    {4, 6, 33}, {0, 7, 8},  {2, 8, 12},  {3, 0, -1}, {5, 9, 17}, {0, 10, 4}, {0, 11, 4},
    {1, 12, 1}, {4, 0, -1}, {5, 13, 16}, {2, 0, -1}, {0, 14, 4},
};
enum { CHANGES = sizeof changes / sizeof changes[0] };

static struct {
    struct kl_flash_model model;
    struct kl_flash_area area;
    struct kl_settings settings;
    uint32_t memory[FLASH];
} device;

static bool read_state(struct state *state)
{
    for (uint16_t i = 0; i < NUMBERS; i++) {
        uint8_t value[KL_SETTING_BYTES_MAX] = {0};
        int length = kl_settings_get(&device.settings, i, value, sizeof value);
        if (length < 0 && length != KL_SETTINGS_NONE) {
            return false;
        }
        state->length[i] = length < 0 ? -1 : length;
        state->value[i] = value[0];
        for (int k = 1; k < length; k++) {
            if (value[k] != value[0]) {
                return false;
            }
        }
    }
    return true;
}

static void apply(struct state *state, const struct change *change)
{
    state->length[change->number] = change->length;
    state->value[change->number] = change->length > 0 ? change->value : 0;
}

static int make(const struct change *change)
{
    uint8_t value[KL_SETTING_BYTES_MAX];
    memset(value, change->value, sizeof value);
    if (change->length < 0) {
        int error = kl_settings_delete(&device.settings, change->number);
        return error == KL_SETTINGS_NONE ? 0 : error;
    }
    return kl_settings_set(&device.settings, change->number, value, (uint32_t)change->length);
}

static bool is_same(const struct state *a, const struct state *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Power is back: open, and look. `behind`: the change that was under way has happened. */
static bool reopen(struct cut_plan *plan, const struct state *before, const struct state *behind)
{
    struct state first, again;
    bool is_first = true;
    /* Boots that only look, which may be cut as well, until one has seen it all. */
    for (int i = 0; i < OPENS_MAX; i++) {
        if (device.model.is_off) {
            cut_power_on(plan, &device.model);
        }
        int error = kl_settings_open(&device.settings, &device.area);
        if (device.model.is_off) {
            continue;
        }
        if (error || !read_state(&again)) {
            return cut_fail(plan, "the settings cannot be read", error);
        }
        if (!is_first) {
            return is_same(&first, &again) || cut_fail(plan, "they read otherwise later", i);
        }
        if (!is_same(&again, before) && !is_same(&again, behind)) {
            return cut_fail(plan, "they are neither old nor new", i);
        }
        first = again;
        is_first = false;
    }
    return cut_fail(plan, "they do not come to rest", 0);
}

static bool run_settings(const struct cut_scenario *scenario, struct cut_plan *plan,
                         uint64_t *operations)
{
    const struct flash_kind *kind = scenario->context;
    struct state before, behind;
    kl_flash_model_init(&device.model, device.memory, kind->sectors * SECTOR, SECTOR,
                        kind->write_bytes, cut_seed(plan));
    device.area = (struct kl_flash_area){&device.model.flash, 0, kind->sectors * SECTOR};
    for (int i = 0; i < NUMBERS; i++) {
        before.length[i] = -1;
        before.value[i] = 0;
    }
    cut_power_on(plan, &device.model);
    if (!reopen(plan, &before, &before)) {
        return false;
    }
    for (int i = 0; i < CHANGES; i++) {
        behind = before;
        apply(&behind, &changes[i]);
        int error = make(&changes[i]);
        while (device.model.is_off) {
            if (!reopen(plan, &before, &behind)) {
                return false;
            }
            error = make(&changes[i]);
        }
        struct state now;
        if (error || !read_state(&now) || !is_same(&now, &behind)) {
            return cut_fail(plan, "a change was not made", error);
        }
        before = behind;
    }
    *operations = device.model.operations - plan->since;
    kl_flash_model_power_on(&device.model);
    return reopen(plan, &before, &before);
}

enum { EVENTS = 40 };

/* Power is back. Returns false when that fails; the log is open then. */
static bool reopen_log(struct cut_plan *plan, struct kl_log *log)
{
    for (int i = 0; i < OPENS_MAX; i++) {
        if (device.model.is_off) {
            cut_power_on(plan, &device.model);
        }
        int error = kl_log_open(log, &device.area);
        if (!device.model.is_off) {
            return error == KL_LOG_OK || cut_fail(plan, "the log cannot be opened", error);
        }
    }
    return cut_fail(plan, "the log does not come to rest", 0);
}

/* Events were logged with a = 0, 1, ...: the log holds the last ones of those that were
 * acknowledged without a gap, at least a sector's, and behind them perhaps one that was not. Before
 * them there are gaps where a sector was being erased. */
static bool is_log_right(struct cut_plan *plan, const struct kl_log *log, uint32_t acknowledged)
{
    struct kl_log_record record;
    uint32_t from = 0, first = 0, next = 0;
    uint32_t least = (SECTOR - 64) / 24 - (uint32_t)plan->count; /* a cut may cost a place */
    int error;
    while ((error = kl_log_next(log, from, &record)) == KL_LOG_OK) {
        if (record.a + 1 < next || record.event != KL_LOG_PRODUCT || record.b != ~record.a) {
            return cut_fail(plan, "the log has another record", (int)record.a);
        }
        first = record.a > next ? record.a : first;
        next = record.a + 1;
        from = record.number + 1;
    }
    if (error != KL_LOG_END || next < acknowledged || next > acknowledged + 1) {
        return cut_fail(plan, "the log ends too early or too late", (int)next);
    }
    return acknowledged - first >= (acknowledged < least ? acknowledged : least) ||
           cut_fail(plan, "the log has lost records", (int)first);
}

static bool run_log(const struct cut_scenario *scenario, struct cut_plan *plan,
                    uint64_t *operations)
{
    const struct flash_kind *kind = scenario->context;
    struct kl_log log;
    kl_flash_model_init(&device.model, device.memory, kind->sectors * SECTOR, SECTOR,
                        kind->write_bytes, cut_seed(plan));
    device.area = (struct kl_flash_area){&device.model.flash, 0, kind->sectors * SECTOR};
    cut_power_on(plan, &device.model);
    if (!reopen_log(plan, &log)) {
        return false;
    }
    for (uint32_t i = 0; i < EVENTS; i++) {
        int error = kl_log_add(&log, i, KL_LOG_PRODUCT, i, ~i);
        while (device.model.is_off) {
            if (!reopen_log(plan, &log) || !is_log_right(plan, &log, i)) {
                return false;
            }
            error = kl_log_add(&log, i, KL_LOG_PRODUCT, i, ~i);
        }
        if (error) {
            return cut_fail(plan, "an event was not logged", error);
        }
    }
    *operations = device.model.operations - plan->since;
    kl_flash_model_power_on(&device.model);
    return reopen_log(plan, &log) && is_log_right(plan, &log, EVENTS);
}

static bool run(const struct cut_scenario *scenario, struct cut_plan *plan, uint64_t *operations)
{
    return strncmp(scenario->name, "log", 3) == 0 ? run_log(scenario, plan, operations)
                                                  : run_settings(scenario, plan, operations);
}

int main(int argc, char **argv)
{
    const struct cut_suite suite = {.scenarios = scenarios,
                                    .scenario_count = sizeof scenarios / sizeof scenarios[0],
                                    .pairs = PAIRS_OF_CI,
                                    .run = run};
    return cut_main(argc, argv, &suite);
}
