/* SPDX-License-Identifier: Apache-2.0 */
/* Heat, cold, supply, water, shock, attackers. */
#include <math.h>

#include "playbook/assess/test_cases.h"

static const char unchanged[] =
    "accuracy and latency as at room temperature, no reset, no false alarm";

static void add(struct kl_test_cases *cases, const char *name, const char *kind,
                const char *condition, const char *requirement, const char *accept)
{
    struct kl_test_case one = {.name = name,
                               .kind = kind,
                               .place = "hardware",
                               .condition = condition,
                               .requirement = requirement,
                               .samples = NAN,
                               .seconds = NAN,
                               .accept = json_string(accept)};
    kl_test_cases_add(cases, &one);
}

static const char *at(const struct kl_test_cases *cases, double value,
                      struct kl_dimension dimension, const char *format)
{
    const char *shown = kl_assess_show(cases->playbook, value, dimension);
    const char *text = kl_arena_printf(cases->playbook->arena, "%s %s", format, shown);
    return text ? text : shown;
}

static void add_temperature(struct kl_test_cases *cases)
{
    static const char path[] = "requirements.environment.temperature";
    double low = kl_assess_number(cases->playbook, "requirements.environment.temperature.0", NAN);
    double high = kl_assess_number(cases->playbook, "requirements.environment.temperature.1", NAN);
    if (isnan(low) || isnan(high)) {
        kl_test_cases_miss(cases, path, "it is not stated");
        return;
    }
    add(cases, "Lowest temperature", "environmental",
        at(cases, low, KL_CELSIUS, "soaked, started and run at"), path, unchanged);
    add(cases, "Highest temperature", "environmental",
        at(cases, high, KL_CELSIUS, "soaked, started and run at"), path, unchanged);
}

/* The battery's end of life and the charger's top are the user's to know; the chip's range is a
 * fact of the board. */
static void add_supply(struct kl_test_cases *cases)
{
    const struct kl_playbook *playbook = cases->playbook;
    const struct kl_yaml *chosen = kl_playbook_field(playbook, "hardware.chosen");
    const struct kl_board *board = NULL;
    struct kl_diag ignored = {0}; /* an unknown board is not the test plan's concern */
    if (!chosen || kl_assess_board(playbook, chosen, cases->result, &board, &ignored) != KL_OK) {
        board = NULL;
    }
    const struct kl_fact *low = board ? &board->facts[KL_FACT_ID_supply_min] : NULL;
    const struct kl_fact *high = board ? &board->facts[KL_FACT_ID_supply_max] : NULL;
    add(cases, "Lowest supply", "stress",
        low && low->known ? at(cases, low->value.value, KL_VOLTS, "lowest voltage of the board,")
                          : "lowest voltage of the board, and of the battery at its end",
        "requirements.battery", unchanged);
    add(cases, "Highest supply", "stress",
        high && high->known
            ? at(cases, high->value.value, KL_VOLTS, "highest voltage of the board,")
            : "highest voltage of the board, and of the charger",
        "requirements.battery", unchanged);
}

static void add_stated(struct kl_test_cases *cases, const char *name, const char *path,
                       const char *accept)
{
    const struct kl_yaml *node = kl_playbook_field(cases->playbook, path);
    const char *text = kl_yaml_text(node, "");
    if (node && node->kind == KL_YAML_LIST && node->count == 2) {
        const char *both =
            kl_arena_printf(cases->playbook->arena, "%s and %s", kl_yaml_text(node->items[0], "?"),
                            kl_yaml_text(node->items[1], "?"));
        text = both ? both : "";
    }
    if (*text) {
        add(cases, name, "environmental", text, path, accept);
    }
}

static void add_security(struct kl_test_cases *cases)
{
    bool wanted = false;
    const struct kl_playbook *playbook = cases->playbook;
    (void)kl_yaml_flag(kl_playbook_field(playbook, "requirements.security.signed_updates"),
                       &wanted);
    if (wanted) {
        add(cases, "Foreign update", "edge",
            "updates that are unsigned, changed by one bit, cut off, or older",
            "requirements.security.signed_updates",
            "each is refused, and the version before goes on");
    }
    wanted = false;
    (void)kl_yaml_flag(kl_playbook_field(playbook, "requirements.security.secure_boot"), &wanted);
    if (wanted) {
        add(cases, "Foreign firmware", "edge", "firmware written over the debug port or in flash",
            "requirements.security.secure_boot", "it does not start");
    }
}

void kl_test_cases_surroundings(struct kl_test_cases *cases)
{
    add_temperature(cases);
    add_stated(cases, "Humidity", "requirements.environment.humidity", unchanged);
    add_stated(cases, "Dust and water", "requirements.environment.ingress",
               "the housing passes, and the sensor reads as before");
    add_stated(cases, "Shock and vibration", "requirements.environment.shock", unchanged);
    add_supply(cases);
    add(cases, "Network gone", "stress", "no network for a day, then back; then a poor one",
        "requirements.radio",
        "decisions go on, nothing that must be kept is lost, and it comes back by itself");
    add_security(cases);
}
