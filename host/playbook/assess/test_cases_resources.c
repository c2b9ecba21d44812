/* SPDX-License-Identifier: Apache-2.0 */
/* Does it fit, is it fast enough, and does it get by with its energy? */
#include <math.h>

#include "base/statistics.h"
#include "playbook/assess/test_cases.h"

/* One limit that a single reading in emulation or on the bench shows. */
static void add_limit(struct kl_test_cases *cases, const char *name, const char *place,
                      const char *condition, const char *path, struct kl_dimension dimension)
{
    double limit = kl_assess_number(cases->playbook, path, NAN);
    if (isnan(limit)) {
        kl_test_cases_miss(cases, path, "it is not stated");
        return;
    }
    struct kl_test_case one = {
        .name = name,
        .kind = "normal",
        .place = place,
        .condition = condition,
        .requirement = path,
        .samples = NAN,
        .seconds = NAN,
        .accept =
            kl_assess_printf("at most %s", kl_assess_show(cases->playbook, limit, dimension))};
    kl_test_cases_add(cases, &one);
}

static void add_latency(struct kl_test_cases *cases)
{
    double limit = kl_assess_number(cases->playbook, "requirements.latency", NAN);
    if (isnan(limit)) {
        kl_test_cases_miss(cases, "requirements.latency", "it is not stated");
        return;
    }
    /* As many without a late one show that fewer than 0.1 % are late. */
    int64_t samples = kl_samples_without_failure(0.001, cases->confidence);
    cases->latency_samples = (double)samples;
    struct kl_test_case one = {
        .name = "Latency",
        .kind = "normal",
        .place = "hardware",
        .condition = "from the sensor's data to the decision, with the radio at work",
        .requirement = "requirements.latency",
        .samples = (double)samples,
        .seconds = NAN,
        .accept = kl_assess_printf("all %lld within %s: then fewer than 0.1 %% are late",
                                   (long long)samples,
                                   kl_assess_show(cases->playbook, limit, KL_SECONDS))};
    kl_test_cases_add(cases, &one);
}

static void add_equality(struct kl_test_cases *cases)
{
    struct kl_test_case one = {
        .name = "Same answers on board and desk",
        .kind = "normal",
        .place = "simulation",
        .condition = "the compiled model on the emulated board, against the model on the desk",
        .requirement = "",
        .samples = NAN,
        .seconds = NAN,
        .accept = json_string("every value is equal bit for bit (kinglet verify)")};
    kl_test_cases_add(cases, &one);
}

static void add_full_memory(struct kl_test_cases *cases)
{
    struct kl_test_case one = {
        .name = "Full memory",
        .kind = "stress",
        .place = "hardware",
        .condition = "deepest calls with every interrupt, logs and queues full, flash full",
        .requirement = "requirements.ram",
        .samples = NAN,
        .seconds = NAN,
        .accept = json_string("no overflow: the marks at the end of stack and arena are intact")};
    kl_test_cases_add(cases, &one);
}

static void add_full_load(struct kl_test_cases *cases)
{
    double period = kl_assess_number(cases->playbook, "requirements.period", NAN);
    int64_t samples = kl_samples_without_failure(0.001, cases->confidence);
    struct kl_test_case one = {
        .name = "Full load",
        .kind = "stress",
        .place = "hardware",
        .condition = "events without a pause, sending at the same time, all interrupts active",
        .requirement = "requirements.period",
        .samples = (double)samples,
        .seconds = period * (double)samples,
        .accept = json_string("no decision is left out or late")};
    kl_test_cases_add(cases, &one);
}

void kl_test_cases_resources(struct kl_test_cases *cases)
{
    add_equality(cases);
    add_latency(cases);
    add_limit(cases, "RAM", "simulation", "arena, data and high-water mark of the stack",
              "requirements.ram", KL_BYTES);
    add_limit(cases, "Flash", "simulation", "code and constants of the linked firmware",
              "requirements.flash", KL_BYTES);
    add_limit(cases, "Energy of a decision", "hardware",
              "current integrated from wake-up to sleep, at the nominal supply",
              "requirements.energy", KL_JOULES);
    if (!isnan(kl_assess_number(cases->playbook, "requirements.power", NAN))) {
        add_limit(cases, "Average power", "hardware", "current over a whole day of operation",
                  "requirements.power", KL_WATTS);
    }
    add_full_memory(cases);
    add_full_load(cases);
}
