/* SPDX-License-Identifier: Apache-2.0 */
/* Assessments of the product: their figures against ones worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "playbook/fields.h"
#include "playbook_assess_support.h"

static void the_list_is_sorted_and_reads_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < kl_assessment_count; i++) {
        const struct kl_assessment *a = &kl_assessments[i];
        char reads[256];
        assert_true(i == 0 || strcmp(kl_assessments[i - 1].name, a->name) < 0);
        assert_true(strlen(a->summary) > 0);
        snprintf(reads, sizeof reads, "%s", a->reads);
        char *rest = reads;
        for (char *path; (path = strsep(&rest, " ")) != NULL;) {
            if (strcmp(path, "evidence") != 0 && !kl_fields_find(path)) {
                fail_msg("%s reads %s, which is no field", a->name, path);
            }
        }
    }
    assert_null(kl_assessment_find("astrology"));
}

static void feasibility_counts_what_is_allowed(void **state)
{
    struct assess_fixture f = {0};
    assess_load(
        &f, state, assess_requirements,
        "chapters:\n  hardware: {candidates: [own.yaml], need: {sensors: [accelerometer]},\n"
        "             reserved: {ram: 16 KiB}}\n");
    assess_run(&f, "feasibility");
    assert_metric(&f, "decisions.per_day", 8640);
    /* 8640 C * 0.9 * (1 - 0.003 * 40) / 5 a - 8640 C * 1 %/a */
    assert_metric(&f, "current.average_limit", 4.06297e-5);
    assert_metric(&f, "energy.per_decision_limit", 4.06297e-5 * 3.6 * 10);
    assert_metric(&f, "duty.limit", 0.01);
    assert_metric(&f, "macs.at_64_mhz", 0.1 * 64e6 / 8);
    assert_metric(&f, "boards.all", 1);
    assert_metric(&f, "boards.certain", 1);
    assert_true(json_is_true(assess_value(&f, "feasible")));
    assert_string_equal(assess_cell(assess_row(&f, "limits", "RAM"), "demanded"),
                        "at least 48 KiB");
    assert_string_equal(assess_cell(assess_row(&f, "limits", "RAM"), "best_of_all"), "64 KiB");
    assess_end(&f);
}

static void feasibility_names_what_decides(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, assess_requirements,
                "chapters:\n  hardware: {candidates: [own.yaml], need: {radios: [wifi],\n"
                "             secure_boot: hardware}, reserved: {ram: 40 KiB}}\n");
    assess_run(&f, "feasibility");
    assert_true(json_is_false(assess_value(&f, "feasible")));
    assert_metric(&f, "boards.possible", 0);
    const json_t *own = assess_row(&f, "boards", "own");
    assert_string_equal(assess_cell(own, "possible"), "no");
    assert_string_equal(assess_cell(own, "why"),
                        "RAM: 64 KiB, needed: at least 72 KiB; Radios: ble, "
                        "needed: wifi");
    assert_string_equal(assess_cell(assess_row(&f, "limits", "Secure boot"), "verdict"),
                        "not known");
    assert_string_equal(assess_cell(assess_row(&f, "limits", "Radios"), "verdict"),
                        "no board does");
    /* All known boards, when none is named. */
    assess_load(&f, state, assess_requirements, "");
    assess_run(&f, "feasibility");
    assert_true(json_integer_value(assess_value(&f, "boards.all")) > 10);
    assess_end(&f);
}

static const char cost[] =
    "chapters:\n  use_case:\n"
    "    cost: {devices: 100, unit_cost: 50 EUR, development: 5000 EUR, yearly: 1000 EUR/a,\n"
    "           saved_per_device: 120 EUR/a, horizon: 3 a, discount: 10 %, events: 2 /a}\n";

static void business_adds_up(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, "requirements: {latency: 1 s}\n", cost);
    assess_run(&f, "business");
    const double annuity = 1 / 1.1 + 1 / 1.21 + 1 / 1.331;
    assert_metric(&f, "cost.investment", 10000);
    assert_metric(&f, "cost.total", 13000);
    assert_metric(&f, "net_per_year", 11000);
    assert_metric(&f, "net_present_value", 11000 * annuity - 10000);
    assert_metric(&f, "payback", 10.0 / 11);
    assert_metric(&f, "return_on_investment", 2.3);
    assert_metric(&f, "break_even_devices", ceil((5000 + 1000 * annuity) / (120 * annuity - 50)));
    assert_true(json_is_true(assess_value(&f, "pays_back")));
    assert_int_equal(json_array_size(json_object_get(f.result.root, "cash_flow")), 4);
    assert_string_equal(assess_provenance(&f, "net_present_value"), "stated");
    assert_null(json_object_get(f.result.root, "assumptions"));
    assess_end(&f);
}

/* A last half of a year brings half, and what is left out is told. */
static void business_says_what_it_takes_for_granted(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, "",
                "chapters:\n  use_case:\n"
                "    cost: {devices: 10, unit_cost: 100 EUR, saved_per_device: 100 EUR/a,\n"
                "           horizon: 2.5 a}\n"
                "    errors: [{error: a, kind: missed, consequence: c, cost: 9 EUR}]\n");
    assess_run(&f, "business");
    assert_metric(&f, "net_present_value", 1500);
    assert_metric(&f, "payback", 1);
    static const char *const taken[] = {"use_case.cost.development", "use_case.cost.yearly",
                                        "use_case.cost.discount", "requirements.missed",
                                        "use_case.cost.events"};
    for (size_t i = 0; i < 5; i++) {
        assert_non_null(assess_row(&f, "assumptions", taken[i]));
    }
    assert_int_equal(json_array_size(json_object_get(f.result.root, "assumptions")), 5);
    assess_end(&f);
}

static void business_counts_errors(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state,
                "requirements: {false_alarms: 1 /a, missed: 10 %, accuracy: {overall: 80 %}}\n",
                cost);
    playbook_folder_load(
        f.folder,
        "requirements: {false_alarms: 1 /a, missed: 10 %, accuracy: {overall: 80 %}}\n"
        "chapters:\n  use_case:\n"
        "    cost: {devices: 100, unit_cost: 50 EUR, development: 5000 EUR, yearly: 1000 EUR/a,\n"
        "           saved_per_device: 120 EUR/a, horizon: 3 a, events: 2 /a}\n"
        "    errors:\n"
        "      - {error: a, kind: false-alarm, consequence: c, cost: 10 EUR}\n"
        "      - {error: b, kind: missed, consequence: c, cost: 300 EUR}\n"
        "      - {error: d, kind: wrong-class, consequence: c, cost: 20 EUR}\n");
    assess_run(&f, "business");
    /* 100 alarms at 10, 20 missed at 300, 40 taken for another at 20. */
    assert_metric(&f, "cost.errors_per_year", 1000 + 6000 + 800);
    assert_metric(&f, "net_present_value", 3 * (11000 - 7800) - 10000);
    assert_true(json_is_false(assess_value(&f, "pays_back")));
    assert_string_equal(assess_cell(assess_row(&f, "errors", "Missed events"), "cost_per_year"),
                        "6000 EUR");
    assess_end(&f);
}

static void sensitivity_is_sorted_by_what_matters(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, "", cost);
    assess_run(&f, "business");
    const json_t *rows = json_object_get(f.result.root, "sensitivity");
    double before = INFINITY;
    size_t i;
    json_t *entry;
    json_array_foreach(rows, i, entry)
    {
        double low = json_number_value(json_object_get(entry, "low"));
        double high = json_number_value(json_object_get(entry, "high"));
        assert_true(fabs(high - low) <= before && high != low);
        before = fabs(high - low);
    }
    assert_true(i >= 6);
    const json_t *saved = assess_row(&f, "sensitivity", "Saved per device");
    const double annuity = 1 / 1.1 + 1 / 1.21 + 1 / 1.331;
    assert_true(fabs(json_number_value(json_object_get(saved, "high")) - 2400 * annuity) < 1e-6);
    assert_true(fabs(json_number_value(json_object_get(saved, "low")) + 2400 * annuity) < 1e-6);
    assess_end(&f);
}

static void sampling_says_what_is_missing(void **state)
{
    struct assess_fixture f = {0};
    assess_load(
        &f, state, "requirements: {accuracy: {overall: 90 %, per_class: {a: 90 %}}}\n",
        "chapters:\n  data:\n"
        "    sampling: {confidence: 95 %, margin: 5 %, difference: 2 %, power: 80 %}\n"
        "    labels: {classes: [a, b]}\n"
        "    conditions:\n"
        "      - {name: warm, planned: 400, collected: 400}\n"
        "      - {name: cold, edge: true, planned: 100, collected: 20}\n"
        "      - {name: rough, planned: 100, collected: 20, expected: 50 %, margin: 10 %}\n");
    assess_run(&f, "sampling");
    const json_t *cold = assess_row(&f, "coverage", "cold");
    json_int_t needed = json_integer_value(json_object_get(cold, "needed"));
    assert_true(needed > 130 && needed < 150); /* 138 by the normal approximation */
    assert_int_equal(json_integer_value(json_object_get(cold, "missing")), needed - 20);
    assert_string_equal(assess_cell(cold, "edge_case"), "yes");
    json_int_t rough =
        json_integer_value(json_object_get(assess_row(&f, "coverage", "rough"), "needed"));
    assert_true(rough > 90 && rough < 98); /* 96 by the normal approximation */
    double all = (double)(2 * needed + rough);
    assert_metric(&f, "samples.needed", all);
    assert_metric(&f, "samples.missing", (double)(needed - 20 + rough - 20));
    assert_metric(&f, "coverage", (double)(needed + 40) / all);
    assert_metric(&f, "conditions.covered", 1);
    assert_string_equal(assess_cell(assess_row(&f, "classes", "a"), "required"), "90 %");
    assert_true(json_is_null(json_object_get(assess_row(&f, "classes", "b"), "required")));
    /* In each of two models, as computed in the test of the statistics. */
    assert_metric(&f, "samples.to_find_difference", 3026);
    /* One plan for one question: that of the test of the class. */
    assert_int_equal(
        json_integer_value(json_object_get(assess_row(&f, "classes", "a"), "needed_to_show_it")),
        239);
    assert_string_equal(assess_provenance(&f, "samples.needed"), "modelled");
    assert_string_equal(assess_provenance(&f, "coverage"), "stated");
    assert_string_equal(assess_provenance(&f, "conditions.covered"), "stated");
    assess_end(&f);
}

static void a_condition_without_need_is_refused(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, "",
                "chapters:\n  data:\n    sampling: {margin: 5 %}\n    conditions:\n"
                "      - {name: warm, planned: 1, collected: 0, margin: 100 %}\n");
    assess_refused(&f, "sampling", "between 0 % and 100 %");
    assess_load(&f, state, "",
                "chapters:\n  data:\n    sampling: {margin: 5 %}\n    conditions:\n"
                "      - {name: warm, planned: 1, collected: 0}\n");
    assess_run(&f, "sampling");
    assert_metric(&f, "conditions.covered", 0);
    assert_non_null(assess_row(&f, "assumptions", "data.sampling.confidence"));
    assert_string_equal(
        assess_cell(assess_row(&f, "assumptions", "data.sampling.expected"), "taken"),
        "50 %, which needs the most samples");
    assess_run(&f, "test-plan");
    /* Nobody said how right it must be: no figure is invented. */
    assert_null(strstr(assess_cell(assess_row(&f, "cases", "Condition: warm"), "accepted_when"),
                       "at least"));
    assess_end(&f);
}

static const char workload[] = "chapters:\n  hardware:\n    chosen: own.yaml\n"
                               "    workload:\n"
                               "      features: {duration: 8 ms}\n"
                               "      sensor: {duration: 1 s, current: 0.5 mA}\n"
                               "      radio: {duration: 50 ms, period: 6 h}\n";

static void battery_lives_as_long_as_its_charge(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, assess_requirements, workload);
    assess_run(&f, "battery");
    double duty = 0.1 + 0.01 + 0.05 / 21600;
    double average = 0.5e-3 * 0.1 + 5e-3 * 0.01 + 8e-3 * 0.05 / 21600 + 2e-6 * (1 - duty);
    double life = 8640 * 0.9 * 0.88 / (average + 8640 * 0.01 / 31557600);
    assert_metric(&f, "duty", duty);
    assert_metric(&f, "current.average", average);
    assert_metric(&f, "battery.life", life / 86400);
    assert_metric(&f, "battery.margin", life / (5 * 31557600.0));
    assert_metric(&f, "energy.per_decision", 3.6 * (0.5e-3 * 1 + 5e-3 * 0.1));
    assert_metric(&f, "battery.changes", ceil(10 * 31557600.0 / life) - 1);
    /* The latency is only what the requirements allow. */
    assert_string_equal(assess_provenance(&f, "battery.life"), "stated");
    assert_null(json_object_get(f.result.root, "assumptions"));
    const json_t *hours = json_object_get(f.result.root, "hours");
    assert_int_equal(json_array_size(hours), 24);
    double joules = 0;
    for (size_t hour = 0; hour < 24; hour++) {
        const json_t *entry = json_array_get(hours, hour);
        const char *names[] = {"sensor", "decision", "radio", "sleep"};
        for (size_t i = 0; i < 4; i++) {
            joules += json_number_value(json_object_get(entry, names[i]));
        }
        bool sends = json_number_value(json_object_get(entry, "radio")) > 0;
        assert_int_equal(sends, hour % 6 == 0);
    }
    assert_metric(&f, "energy.per_day", joules);
    assess_end(&f);
}

static void battery_takes_the_best_latency(void **state)
{
    struct assess_fixture f = {0};
    static char text[4096];
    snprintf(text, sizeof text,
             "%s    steps:\n"
             "      - {name: model, run: [cat, model.json]}\n"
             "      - {name: bench, run: [cat, bench.json]}\n",
             workload);
    assess_load(&f, state, assess_requirements, text);
    playbook_folder_write(
        f.folder, "model.json",
        "{\"schema\": \"kinglet.result/1\", \"tool\": {\"name\": \"x\", \"version\": \"1\"},"
        "\"command\": \"x\", \"ok\": true, \"inputs\": [], \"metrics\": {\"latency\": {\"value\": "
        "30, \"unit\": \"ms\", \"provenance\": \"modelled\"}}}");
    playbook_folder_write(
        f.folder, "bench.json",
        "{\"schema\": \"kinglet.result/1\", \"tool\": {\"name\": \"x\", \"version\": \"1\"},"
        "\"command\": \"x\", \"ok\": true, \"inputs\": [], \"metrics\": {\"latency\": {\"value\": "
        "20, \"unit\": \"ms\", \"provenance\": \"measured\"}}}");
    assert_string_equal(playbook_folder_run(f.folder), "model ok, bench ok");
    assess_run(&f, "battery");
    assert_string_equal(assess_provenance(&f, "battery.life"), "modelled");
    /* The measured one, and the features beside it. */
    assert_metric(&f, "energy.per_decision", 3.6 * (0.5e-3 * 1 + 5e-3 * 0.028));
    assert_string_equal(assess_cell(assess_row(&f, "consumers", "decision"), "provenance"),
                        "measured");
    assert_string_equal(assess_cell(assess_row(&f, "consumers", "decision"), "from"),
                        "latency of step bench");
    /* A gate over the life is out of date when the measurement is. */
    assert_int_equal(json_array_size(json_object_get(f.result.root, "rests_on")), 1);
    assert_non_null(assess_row(&f, "rests_on", "bench"));
    assess_end(&f);
}

static void battery_takes_the_inference_of_the_chosen_board(void **state)
{
    struct assess_fixture f = {0};
    static char text[4096];
    static const char choice[] =
        "{\"schema\": \"kinglet.result/1\", \"tool\": {\"name\": \"x\", \"version\": \"1\"},"
        "\"command\": \"select\", \"ok\": true, \"inputs\": [], \"metrics\": {}, \"boards\": ["
        "1, {\"board\": \"another\", \"loads\": [{\"name\": \"inference\", \"seconds\": 1,"
        "\"provenance\": \"modelled\"}]}, {\"board\": \"%s\", \"loads\": [{\"name\": \"radio\"},"
        "{\"name\": \"inference\", \"seconds\": %s, \"provenance\": \"estimated\"}]}]}";
    snprintf(text, sizeof text,
             "%s    steps: [{name: choice, run: [cat, choice.json], inputs: [choice.json]}]\n",
             workload);
    assess_load(&f, state, assess_requirements, text);
    static const char *const seconds[] = {"0.02", "\"0.02\"", "-1"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof text, choice, "own", seconds[i]);
        playbook_folder_write(f.folder, "choice.json", text);
        assert_string_equal(playbook_folder_run(f.folder), "choice ok");
        assess_run(&f, "battery");
        const char *from = assess_cell(assess_row(&f, "consumers", "decision"), "from");
        bool taken = strstr(from, "step choice") != NULL;
        assert_int_equal(taken, i == 0); /* what is no time is not believed */
        if (taken) {
            assert_string_equal(assess_provenance(&f, "battery.life"), "estimated");
            assert_non_null(assess_row(&f, "rests_on", "choice"));
            assert_metric(&f, "energy.per_decision", 3.6 * (0.5e-3 * 1 + 5e-3 * 0.028));
        }
    }
    assess_end(&f);
}

static const char envelope[] =
    "{\"schema\": \"kinglet.result/1\", \"tool\": {\"name\": \"x\", \"version\": \"1\"},"
    "\"command\": \"x\", \"ok\": true, \"inputs\": [], \"metrics\": {\"latency\": {\"value\": "
    "%s, \"unit\": \"ms\", \"provenance\": \"measured\"}}}";

/* A latency of nothing, or less, would make every battery last for ever. */
static void battery_believes_no_impossible_latency(void **state)
{
    struct assess_fixture f = {0};
    char text[4096];
    assess_load(&f, state, assess_requirements, workload);
    snprintf(text, sizeof text,
             "%s%s    steps:\n"
             "      - {name: none, run: [cat, none.json]}\n"
             "      - {name: less, run: [cat, less.json]}\n",
             assess_requirements, workload);
    playbook_folder_load(f.folder, text);
    static const char *const files[][2] = {{"none.json", "0"}, {"less.json", "-5"}};
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, envelope, files[i][1]);
        playbook_folder_write(f.folder, files[i][0], text);
    }
    assert_string_equal(playbook_folder_run(f.folder), "none ok, less ok");
    assess_run(&f, "battery");
    assert_metric(&f, "energy.per_decision", 3.6 * (0.5e-3 * 1 + 5e-3 * 0.1));
    assess_end(&f);
}

static void battery_leaves_no_load_out(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, assess_requirements,
                "chapters:\n  hardware:\n    chosen: own.yaml\n"
                "    workload: {sensor: {duration: 1 s}}\n");
    assess_refused(&f, "battery", "sensor has a duration but no current");
    /* Without loss, cold and lifetime: told, and no change of the battery made up. */
    assess_load(&f, state,
                "requirements: {period: 10 s, latency: 1 ms, battery: {capacity: 1 Ah,\n"
                "  voltage: 3 V}}\n",
                "chapters: {hardware: {chosen: own.yaml}}\n");
    assess_run(&f, "feasibility");
    assert_int_equal(json_array_size(json_object_get(f.result.root, "assumptions")), 4);
    assess_run(&f, "battery");
    assert_true(json_is_null(assess_value(&f, "battery.changes")));
    assert_true(json_is_null(assess_value(&f, "battery.margin")));
    assert_int_equal(json_array_size(json_object_get(f.result.root, "assumptions")), 6);
    assert_string_equal(
        assess_cell(assess_row(&f, "assumptions", "requirements.battery.self_discharge"), "taken"),
        "none");
    assess_end(&f);
}

/* The user's own board is an input: what follows from it is out of date when it changes. */
static void a_changed_board_file_is_noticed(void **state)
{
    struct assess_fixture f = {0};
    char text[4096];
    assess_load(&f, state, assess_requirements, workload);
    snprintf(text, sizeof text, "%s%s    steps: [{name: life, assess: battery}]\n",
             assess_requirements, workload);
    playbook_folder_load(f.folder, text);
    assess_run(&f, "battery");
    const json_t *input = json_array_get(json_object_get(f.result.root, "inputs"), 0);
    assert_string_equal(assess_cell(input, "path"), "own.yaml");
    assert_int_equal(strlen(assess_cell(input, "sha256")), 64);
    assess_end(&f);
}

static size_t cases_of_kind(const struct assess_fixture *f, const char *kind)
{
    const json_t *rows = json_object_get(f->result.root, "cases");
    size_t count = 0;
    size_t i;
    json_t *entry;
    json_array_foreach(rows, i, entry)
    {
        count += strcmp(assess_cell(entry, "kind"), kind) == 0 ? 1 : 0;
    }
    return count;
}

static void test_plan_follows_from_requirements(void **state)
{
    struct assess_fixture f = {0};
    assess_load(
        &f, state, assess_requirements,
        "chapters:\n  hardware: {chosen: own.yaml}\n"
        "  test:\n    cases:\n"
        "      - {name: latency, kind: normal, place: hardware, accept: requirements.latency < 1 "
        "s}\n"
        "      - {name: hammer, kind: stress, place: hardware, accept: requirements.ram < 1 KiB}\n"
        "      - {name: later, kind: edge, place: field, accept: requirements.energy < 1 J}\n");
    assess_run(&f, "test-plan");
    static const char *const kinds[] = {"normal", "edge", "stress", "environmental",
                                        "long-running"};
    for (size_t i = 0; i < 5; i++) {
        assert_true(cases_of_kind(&f, kinds[i]) >= 2);
    }
    /* -ln(0.05) / 0.1 per day, and 1 % down time at one day each. */
    assert_metric(&f, "time.false_alarms", 2.995732 / 0.1 * 24);
    assert_metric(&f, "time.uptime", 2.995732 / 0.01 * 24);
    assert_metric(&f, "samples.latency", 2995);
    /* The cold is in what the battery allows, as the feasibility has it. */
    assert_non_null(
        strstr(assess_cell(assess_row(&f, "cases", "Battery"), "accepted_when"), "40.63 uA"));
    /* Two chances to pass would be more than the confidence allows. */
    assert_non_null(strstr(assess_cell(assess_row(&f, "cases", "False alarms"), "accepted_when"),
                           "settled before the test"));
    assert_metric(&f, "cases.own", 3);
    assert_metric(&f, "cases.own_passed", 1);
    const json_t *own = assess_row(&f, "cases", "latency");
    assert_string_equal(assess_cell(own, "state"), "passed");
    assert_int_equal(json_integer_value(json_object_get(own, "samples")), 2995);
    assert_string_equal(assess_cell(assess_row(&f, "cases", "hammer"), "state"), "failed");
    assert_string_equal(assess_cell(assess_row(&f, "cases", "later"), "state"), "open");
    assert_non_null(
        strstr(assess_cell(assess_row(&f, "cases", "Lowest supply"), "condition"), "1.8 V"));
    assert_non_null(
        strstr(assess_cell(assess_row(&f, "cases", "Accuracy"), "accepted_when"), "wrong answers"));
    assert_non_null(assess_row(&f, "missing", "requirements.energy"));
    assert_non_null(assess_row(&f, "missing", "monitoring.flash_wear"));
    assess_end(&f);
}

static void what_is_missing_is_named(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, "requirements: {ram: 1 KiB}\n", "");
    assess_refused(&f, "business", "needs use_case.cost.devices");
    assess_refused(&f, "feasibility", "needs requirements.latency");
    assess_refused(&f, "sampling", "needs data.sampling.margin");
    assess_refused(&f, "battery", "needs requirements.period");
    assess_load(&f, state, assess_requirements, "");
    assess_refused(&f, "battery", "needs hardware.chosen");
    assess_load(&f, state, assess_requirements, "chapters:\n  hardware: {chosen: no-such-board}\n");
    assess_refused(&f, "battery", "no-such-board");
    assess_load(&f, state, assess_requirements,
                "chapters:\n  hardware: {candidates: [no-such-board]}\n");
    assess_refused(&f, "feasibility", "no-such-board");
    playbook_folder_write(f.folder, "dim.yaml",
                          "name: dim\ntitle: A board\ncore: cortex-m4f\n"
                          "sources: {d: {title: t}}\nfacts: {clock: [64 MHz, d]}\n");
    playbook_folder_load(f.folder, assess_requirements);
    assess_load(&f, state, assess_requirements, "chapters:\n  hardware: {chosen: dim.yaml}\n");
    assess_refused(&f, "battery", "board dim: its sleep current is unknown");
    assess_end(&f);
}

/* Figures beyond all sense must neither crash nor give anything but null. */
static void absurd_figures_do_no_harm(void **state)
{
    static const char *const figures[] = {"0", "1e-300", "1e300", "-1"};
    struct playbook_folder *folder = *state;
    char text[2048];
    for (size_t i = 0; i < 4; i++) {
        const char *x = figures[i];
        snprintf(text, sizeof text,
                 "requirements: {period: %s s, latency: %s s, uptime: 0.5, lifetime: %s a,\n"
                 "  battery: {capacity: %s mAh, voltage: %s V, life: %s a}, missed: 0.5,\n"
                 "  false_alarms: %s /h, radio: {longest_silence: %s d}}\n"
                 "chapters:\n"
                 "  use_case: {cost: {devices: %s, unit_cost: %s EUR, horizon: %s a,\n"
                 "    saved_per_device: %s EUR/a}}\n"
                 "  hardware: {chosen: own.yaml, workload: {radio: {duration: %s s,\n"
                 "    period: %s s}}}\n"
                 "  data: {sampling: {margin: 0.5}, conditions: [{name: a, planned: %s,\n"
                 "    collected: %s}]}\n"
                 "  monitoring: {flash_wear: {erase_cycles: %s, erases_per_day: %s}}\n",
                 x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x);
        struct kl_diag load_diag = {0};
        playbook_folder_write(folder, "own.yaml", assess_board);
        struct kl_findings findings = {0};
        struct kl_arena *arena = kl_arena_create((size_t)64 << 20);
        char file[4096];
        snprintf(file, sizeof file,
                 "playbook: 1\nproduct: {name: tester, title: Tester, version: 0.1.0}\n%s", text);
        playbook_folder_write(folder, "playbook.yaml", file);
        struct kl_playbook *playbook;
        /* The check finds errors in it; the assessments must stand it anyway. */
        assert_int_equal(
            kl_playbook_load(folder->path, folder->today, arena, &playbook, &findings, &load_diag),
            KL_OK);
        struct kl_evidence none = {.folder = ""};
        for (size_t j = 0; j < kl_assessment_count; j++) {
            struct kl_result result;
            struct kl_diag diag = {0};
            kl_result_init(&result, "assess");
            enum kl_err err = kl_assessments[j].assess(playbook, &none, &result, &diag);
            struct kl_buffer out = KL_BUFFER(16 << 20);
            assert_true(kl_result_text(&result, &out));
            assert_true(err == KL_OK || diag.message[0]);
            kl_buffer_free(&out);
            kl_result_free(&result);
        }
        kl_arena_free(arena);
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, playbook_folder_open, playbook_folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_list_is_sorted_and_reads_fields),
        TEST(feasibility_counts_what_is_allowed),
        TEST(feasibility_names_what_decides),
        TEST(business_adds_up),
        TEST(business_counts_errors),
        TEST(sensitivity_is_sorted_by_what_matters),
        TEST(sampling_says_what_is_missing),
        TEST(battery_lives_as_long_as_its_charge),
        TEST(a_condition_without_need_is_refused),
        TEST(business_says_what_it_takes_for_granted),
        TEST(battery_takes_the_best_latency),
        TEST(battery_takes_the_inference_of_the_chosen_board),
        TEST(battery_believes_no_impossible_latency),
        TEST(battery_leaves_no_load_out),
        TEST(a_changed_board_file_is_noticed),
        TEST(test_plan_follows_from_requirements),
        TEST(what_is_missing_is_named),
        TEST(absurd_figures_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
