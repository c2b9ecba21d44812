/* SPDX-License-Identifier: Apache-2.0 */
/* Requirements that cannot hold together. Each rule is silent unless all that it needs is said. */
#include "playbook/file/contradictions.h"

#include <math.h>
#include <string.h>

#include "target/energy.h"

struct kl_stated kl_stated_in(const struct kl_yaml *map, const char *path,
                              struct kl_dimension dimension)
{
    const struct kl_yaml *node = kl_yaml_path(map, path);
    const char *text = kl_yaml_text(node, NULL);
    struct kl_value value;
    if (!text || !kl_value_parse(text, strlen(text), &value) ||
        !kl_dimension_equal(value.dimension, dimension)) {
        return (struct kl_stated){.node = NULL};
    }
    return (struct kl_stated){.node = node, .value = value.value};
}

struct kl_stated kl_stated_at(const struct kl_loader *loader, const char *path,
                              struct kl_dimension dimension)
{
    struct kl_stated value = kl_stated_in(loader->playbook->root, path, dimension);
    return value.node
               ? value
               : kl_stated_in(kl_yaml_get(loader->playbook->root, "chapters"), path, dimension);
}

bool kl_stated_date(const struct kl_yaml *map, const char *key, struct kl_date *date)
{
    return kl_date_parse(kl_yaml_text(kl_yaml_get(map, key), ""), date);
}

bool kl_stated_flag(const struct kl_loader *loader, const char *path, bool value)
{
    const struct kl_yaml *node = kl_playbook_field(loader->playbook, path);
    bool stated;
    return node && kl_yaml_flag(node, &stated) && stated == value;
}

const struct kl_yaml *kl_stated_list(const struct kl_loader *loader, const char *path)
{
    const struct kl_yaml *list = kl_playbook_field(loader->playbook, path);
    return list && list->kind == KL_YAML_LIST ? list : NULL;
}

/* Two values of which the first must not be above the second. */
struct order {
    const char *small, *large;
    const struct kl_dimension *dimension;
    const char *remedy;
};

static const struct order orders[] = {
    {"requirements.latency", "requirements.period", &KL_SECONDS,
     "a decision must be done before the next one begins; ask for less latency or decide less "
     "often"},
    {"hardware.workload.sensor.duration", "requirements.period", &KL_SECONDS,
     "the sensor would still be on when the next decision begins"},
    {"hardware.workload.features.duration", "requirements.latency", &KL_SECONDS,
     "the features alone take longer than the whole decision may"},
    {"hardware.workload.radio.duration", "hardware.workload.radio.period", &KL_SECONDS,
     "a message must be sent before the next one begins"},
    {"use_case.cost.unit_cost", "requirements.price.unit_cost_limit", &KL_MONEY,
     "make the device cheaper or raise the limit"},
    {"requirements.uptime", "monitoring.uptime_objective", &KL_PLAIN,
     "operation must aim at what is required, or at more"},
    {"monitoring.budgets.bytes_per_day", "requirements.radio.bytes_per_day", &KL_BYTES,
     "monitoring may not take more than the radio may send"},
    {"data.retention.raw", "security.data_protection.retention", &KL_SECONDS,
     "recordings must be deleted by the day that the data-protection sheet promises"},
};

static void check_orders(struct kl_loader *loader)
{
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        const struct order *o = &orders[i];
        struct kl_stated small = kl_stated_at(loader, o->small, *o->dimension);
        struct kl_stated large = kl_stated_at(loader, o->large, *o->dimension);
        if (small.node && large.node && small.value > large.value) {
            kl_loader_error(loader, small.node, "%s is %.40s, more than %s, %.40s (%s:%u): %s",
                            o->small, small.node->text, o->large, large.node->text,
                            large.node->origin, large.node->line, o->remedy);
        }
    }
}

static void check_false_alarms(struct kl_loader *loader)
{
    struct kl_stated alarms = kl_stated_at(loader, "requirements.false_alarms", KL_PER_SECOND);
    struct kl_stated period = kl_stated_at(loader, "requirements.period", KL_SECONDS);
    if (alarms.node && period.node && period.value > 0 && alarms.value * period.value > 1) {
        kl_loader_error(loader, alarms.node,
                        "%.40s allows %.3g false alarms per hour, but one decision each %.40s "
                        "makes only %.3g decisions per hour; allow fewer false alarms",
                        alarms.node->text, alarms.value * 3600, period.node->text,
                        3600 / period.value);
    }
}

/* When each class must be better than the whole, the figure for the whole demands nothing. */
static void check_accuracy(struct kl_loader *loader)
{
    struct kl_stated overall = kl_stated_at(loader, "requirements.accuracy.overall", KL_PLAIN);
    const struct kl_yaml *classes =
        kl_playbook_field(loader->playbook, "requirements.accuracy.per_class");
    double least = INFINITY;
    const struct kl_yaml *node = NULL;
    for (size_t i = 0; classes && classes->kind == KL_YAML_MAP && i < classes->count; i++) {
        struct kl_stated share = kl_stated_in(classes, classes->keys[i]->text, KL_PLAIN);
        if (!share.node) {
            return;
        }
        node = share.value < least ? share.node : node;
        least = fmin(least, share.value);
    }
    if (overall.node && node && least > overall.value) {
        kl_loader_warn(loader, overall.node,
                       "every class must reach %.40s or more, so that %.40s overall demands "
                       "nothing; raise it, or check the classes",
                       node->text, overall.node->text);
    }
}

/* Average current that the battery allows over its life, in the best case: nothing sleeps, and it
 * is never colder than the warmest place of use. Negative when it discharges faster by itself. */
static bool allowed_current(const struct kl_loader *loader, double *amperes)
{
    const struct kl_yaml *map = kl_playbook_field(loader->playbook, "requirements.battery");
    struct kl_stated capacity = kl_stated_in(map, "capacity", KL_COULOMBS);
    struct kl_stated life = kl_stated_in(map, "life", KL_SECONDS);
    struct kl_stated usable = kl_stated_in(map, "usable", KL_PLAIN);
    struct kl_stated loss = kl_stated_in(map, "self_discharge", KL_PER_SECOND);
    struct kl_stated derating = kl_stated_in(map, "derating", (struct kl_dimension){.celsius = -1});
    struct kl_stated warm =
        kl_stated_at(loader, "requirements.environment.temperature.1", KL_CELSIUS);
    if (!capacity.node || !life.node || !(life.value > 0) || !(capacity.value > 0)) {
        return false;
    }
    const struct kl_battery battery = {.capacity = capacity.value,
                                       .self_discharge = loss.value,
                                       .usable = usable.node ? usable.value : 1,
                                       .temperature = warm.node ? warm.value : 20,
                                       .derating = derating.value};
    /* Life falls with one over the draw, so that one life tells the current of any other. */
    struct kl_energy_day day;
    double leak = capacity.value * loss.value;
    kl_energy_day(1, NULL, 0, 1, &battery, &day);
    *amperes = day.life_seconds * (1 + leak) / life.value - leak;
    return true;
}

static void check_draw(struct kl_loader *loader, const struct kl_yaml *node, const char *what,
                       double draw, double allowed)
{
    char drawn[KL_VALUE_BYTES];
    char limit[KL_VALUE_BYTES];
    if (draw <= allowed) {
        return;
    }
    kl_value_format((struct kl_value){draw, KL_AMPERES}, NULL, drawn);
    kl_value_format((struct kl_value){allowed, KL_AMPERES}, NULL, limit);
    kl_loader_error(loader, node,
                    "%s draws %s on average, but the battery allows %s over the life that is "
                    "asked for; take a larger battery, decide less often, or ask for less energy",
                    what, drawn, limit);
}

static void check_battery(struct kl_loader *loader)
{
    struct kl_stated voltage = kl_stated_at(loader, "requirements.battery.voltage", KL_VOLTS);
    struct kl_stated life = kl_stated_at(loader, "requirements.battery.life", KL_SECONDS);
    struct kl_stated energy = kl_stated_at(loader, "requirements.energy", KL_JOULES);
    struct kl_stated power = kl_stated_at(loader, "requirements.power", KL_WATTS);
    struct kl_stated period = kl_stated_at(loader, "requirements.period", KL_SECONDS);
    double allowed;
    if (!allowed_current(loader, &allowed)) {
        return;
    }
    if (allowed <= 0) {
        kl_loader_error(loader, life.node,
                        "the battery is empty by self-discharge before %.40s are over; take "
                        "another kind of battery, or ask for less",
                        life.node->text);
        return;
    }
    if (!voltage.node || !(voltage.value > 0)) {
        return;
    }
    if (energy.node && period.node && period.value > 0) {
        check_draw(loader, energy.node, "a decision of this energy in each period",
                   energy.value / period.value / voltage.value, allowed);
    }
    if (power.node) {
        check_draw(loader, power.node, "this power", power.value / voltage.value, allowed);
    }
}

static void check_power(struct kl_loader *loader)
{
    struct kl_stated energy = kl_stated_at(loader, "requirements.energy", KL_JOULES);
    struct kl_stated power = kl_stated_at(loader, "requirements.power", KL_WATTS);
    struct kl_stated period = kl_stated_at(loader, "requirements.period", KL_SECONDS);
    if (energy.node && power.node && period.node && period.value > 0 &&
        energy.value / period.value > power.value) {
        char text[KL_VALUE_BYTES];
        kl_value_format((struct kl_value){energy.value / period.value, KL_WATTS}, NULL, text);
        kl_loader_error(loader, power.node,
                        "%.40s per decision each %.40s are %s on average, more than the %.40s "
                        "that are allowed; change one of the three",
                        energy.node->text, period.node->text, text, power.node->text);
    }
}

void kl_contradictions_of_requirements(struct kl_loader *loader)
{
    check_orders(loader);
    check_false_alarms(loader);
    check_accuracy(loader);
    check_battery(loader);
    check_power(loader);
}

void kl_load_contradictions(struct kl_loader *loader)
{
    kl_contradictions_of_requirements(loader);
    kl_contradictions_of_plans(loader);
    kl_contradictions_of_protection(loader);
    kl_load_references(loader);
    kl_load_currency(loader);
}
