/* SPDX-License-Identifier: Apache-2.0 */
/* Assessments of the work on it: standards, readiness, release, success. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "playbook/assess/provisions.h"
#include "playbook_assess_support.h"

static const char mapping[] =
    "chapters:\n  security:\n"
    "    steps:\n"
    "      - {name: fuzz, run: ['true']}\n"
    "      - {name: vow, statement: {text: t, by: Jane, date: 2026-01-01,\n"
    "         metrics: {hours: 3 h}}}\n"
    "    gates:\n"
    "      - {name: small, that: requirements.ram <= 64 KiB}\n"
    "      - {name: tiny, that: requirements.ram <= 1 KiB}\n"
    "      - {name: demanding, that: vow.hours > 1 h, demand: measured}\n"
    "    threats:\n"
    "      - {name: swap, category: tampering, status: treated, evidence: small}\n"
    "      - {name: listen, category: disclosure, status: treated, evidence: tiny}\n"
    "      - {name: jam, category: denial, status: open}\n"
    "    en303645:\n"
    "      - {provision: 5.1-1, applies: false, note: no passwords}\n"
    "      - {provision: 5.3-9, evidence: small}\n"
    "      - {provision: 5.3-9, evidence: requirements.ram > 1 KiB}\n"
    "      - {provision: 5.3-10, evidence: small}\n"
    "      - {provision: 5.3-10, evidence: tiny}\n"
    "      - {provision: 5.4-1, note: keys are in OTP}\n"
    "      - {provision: 5.5-1, evidence: tiny}\n"
    "      - {provision: 5.5-5, evidence: demanding}\n"
    "      - {provision: 5.13-1, evidence: fuzz}\n";

static void compliance_shows_only_what_holds(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, assess_requirements, mapping);
    assess_run(&f, "compliance");
    assert_string_equal(assess_cell(assess_row(&f, "en303645", "5.1-1"), "state"),
                        "not applicable");
    assert_string_equal(assess_cell(assess_row(&f, "en303645", "5.3-9"), "state"), "shown");
    assert_string_equal(assess_cell(assess_row(&f, "en303645", "5.3-10"), "state"), "partly");
    assert_string_equal(assess_cell(assess_row(&f, "en303645", "5.4-1"), "state"), "partly");
    assert_string_equal(assess_cell(assess_row(&f, "en303645", "5.5-1"), "state"), "open");
    assert_string_equal(assess_cell(assess_row(&f, "en303645", "5.13-1"), "state"), "open");
    assert_metric(&f, "en303645.shown", 1);
    assert_metric(&f, "en303645.share", 1.0 / 67);
    assert_metric(&f, "cra.open", 22);
    assert_string_equal(assess_cell(assess_row(&f, "threats", "swap"), "shown"), "yes");
    assert_string_equal(assess_cell(assess_row(&f, "threats", "listen"), "shown"), "no");
    assert_metric(&f, "threats.open", 1);
    assert_metric(&f, "threats.shown", 1);
    assert_string_equal(playbook_folder_run(f.folder), "fuzz ok, vow ok");
    assess_run(&f, "compliance");
    /* A gate holds only with the provenance that it demands. */
    assert_string_equal(assess_cell(assess_row(&f, "en303645", "5.5-5"), "state"), "open");
    assert_non_null(strstr(assess_cell(assess_row(&f, "en303645", "5.5-5"), "reason"), "weaker"));
    assert_string_equal(assess_cell(assess_row(&f, "en303645", "5.13-1"), "state"), "shown");
    assess_load(&f, state, "", "chapters:\n  security:\n    cra:\n      - {provision: I-9z}\n");
    assess_refused(&f, "compliance", "has no provision 'I-9z'");
    assert_non_null(strstr(f.diag.message, "playbook.yaml:6:"));
    assess_end(&f);
}

/* Words, silence and changed evidence do not make a provision look better than it is. */
static void compliance_is_not_talked_into_anything(void **state)
{
    struct assess_fixture f = {0};
    assess_load(
        &f, state, assess_requirements,
        "chapters:\n  security:\n"
        "    steps: [{name: fuzz, run: ['true']}]\n"
        "    gates: [{name: tiny, that: requirements.ram <= 1 KiB}]\n"
        "    threats: [{name: swap, category: tampering, status: treated, evidence: fuzz}]\n"
        "    en303645:\n"
        "      - {provision: 5.1-1, applies: false}\n"
        "      - {provision: 5.4-1, evidence: tiny, note: but we are sure}\n"
        "      - {provision: 5.4-2, evidence: tiny}\n"
        "      - {provision: 5.4-2, note: we are sure}\n"
        "      - {provision: 5.4-3, evidence: tiny}\n"
        "      - {provision: 5.4-3, evidence: requirements.ram > 1 KiB}\n"
        "      - {provision: 5.13-1, evidence: fuzz}\n");
    assert_string_equal(playbook_folder_run(f.folder), "fuzz ok");
    assess_run(&f, "compliance");
    static const char *const open[] = {"5.1-1", "5.4-1", "5.4-2"};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(assess_cell(assess_row(&f, "en303645", open[i]), "state"), "open");
    }
    assert_non_null(strstr(assess_cell(assess_row(&f, "en303645", "5.1-1"), "reason"), "say why"));
    /* Of two entries, the one that does not hold is the one to read about. */
    const json_t *both = assess_row(&f, "en303645", "5.4-3");
    assert_string_equal(assess_cell(both, "state"), "partly");
    assert_string_equal(assess_cell(both, "evidence"), "tiny");
    assert_string_equal(assess_cell(both, "reason"), "32 KiB > 1 KiB");
    assert_metric(&f, "en303645.not_applicable", 0);
    assert_string_equal(assess_cell(assess_row(&f, "en303645", "5.13-1"), "state"), "shown");
    assert_int_equal(json_array_size(json_object_get(f.result.root, "rests_on")), 1);
    assert_non_null(assess_row(&f, "rests_on", "fuzz"));
    const char *const faults[] = {"evidence/000001-fuzz.json was changed after it was written"};
    f.folder->evidence.faults = faults;
    f.folder->evidence.fault_count = 1;
    assess_run(&f, "compliance");
    assert_string_equal(assess_cell(assess_row(&f, "en303645", "5.13-1"), "state"), "open");
    assert_string_equal(assess_cell(assess_row(&f, "threats", "swap"), "shown"), "no");
    f.folder->evidence.fault_count = 0;
    assess_end(&f);
}

static void provisions_are_complete(void **state)
{
    (void)state;
    size_t required = 0;
    const struct kl_provisions *en = &kl_provision_lists[0];
    assert_int_equal(en->count, 68); /* 33 required and 35 recommended, as published */
    for (size_t i = 0; i < en->count; i++) {
        required += en->items[i].mandatory ? 1 : 0;
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(en->items[i].number, en->items[j].number);
        }
    }
    assert_int_equal(required, 33);
    assert_int_equal(kl_provision_lists[1].count, 22);
}

static void readiness_counts_every_kind(void **state)
{
    struct assess_fixture f = {0};
    playbook_folder_write(*state, "guide.in", "# Guide\n");
    assess_load(
        &f, state, assess_requirements,
        "chapters:\n  learning:\n"
        "    review_every: 90 d\n"
        "    steps:\n      - {name: look, run: ['true']}\n      - {name: never, run: ['true']}\n"
        "    gates:\n      - {name: small, that: requirements.ram <= 64 KiB}\n"
        "      - {name: shown, that: never.ok}\n"
        "    documents:\n      - {name: guide, template: guide.in, output: guide.md}\n");
    assess_run(&f, "readiness");
    const json_t *learning = assess_row(&f, "missing", "Learning");
    assert_non_null(learning);
    double before = json_number_value(assess_value(&f, "readiness.learning"));
    double all = json_number_value(assess_value(&f, "items.all"));
    double done = json_number_value(assess_value(&f, "items.done"));
    assert_metric(&f, "readiness", done / all);
    playbook_folder_write(f.folder, "guide.md", "text");
    assess_run(&f, "readiness");
    assert_true(json_number_value(assess_value(&f, "readiness.learning")) > before);
    assert_metric(&f, "items.done", done + 1);
    assert_string_equal(playbook_folder_run(f.folder), "look ok, never ok");
    assess_run(&f, "readiness");
    assert_metric(&f, "items.done", done + 4);
    assess_end(&f);
}

static const char release[] =
    "chapters:\n  hardware: {models: [m.tflite]}\n"
    "  release:\n    versions: {model: 3, code: c1, data: d1, configuration: k1}\n"
    "    bundle: [fw.bin]\n    sbom: out/sbom.json\n"
    "    approvals: [{role: safety, by: Jane}, {role: product, by: Joe, date: 2026-11-20}]\n"
    "    steps:\n      - {name: emit, run: [sh, -c, 'mkdir -p gen; echo x > gen/model.c'],\n"
    "         outputs: [gen]}\n";

static void bundle_hashes_what_is_shipped(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, "", release);
    assess_refused(&f, "bundle", "fw.bin");
    playbook_folder_write(f.folder, "fw.bin", "abc");
    playbook_folder_write(f.folder, "m.tflite", "model");
    assess_run(&f, "bundle");
    /* The example of FIPS 180-4. */
    assert_string_equal(assess_cell(assess_row(&f, "files", "fw.bin"), "sha256"),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_metric(&f, "bundle.files", 1);
    assert_metric(&f, "bundle.bytes", 3);
    assert_metric(&f, "approvals.given", 1);
    assert_true(json_is_true(assess_value(&f, "versions.complete")));
    assert_string_equal(assess_cell(assess_row(&f, "versions", "Model"), "version"), "3");
    playbook_folder_load(f.folder, "chapters:\n  release:\n    bundle: [gen]\n");
    playbook_folder_write(f.folder, "gen/a", "x");
    assess_refused(&f, "bundle", "gen is no file");
    playbook_folder_load(f.folder, "chapters:\n  release: {versions: {model: 1}}\n");
    assess_refused(&f, "bundle", "release.bundle");
    assess_end(&f);
}

static void sbom_lists_every_part(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, "", release);
    playbook_folder_write(f.folder, "fw.bin", "abc");
    playbook_folder_write(f.folder, "m.tflite", "model");
    assert_string_equal(playbook_folder_run(f.folder), "emit ok");
    assess_run(&f, "sbom");
    assert_string_equal(assess_cell(assess_row(&f, "parts", "m.tflite"), "type"),
                        "machine-learning-model");
    assert_string_equal(assess_cell(assess_row(&f, "parts", "fw.bin"), "type"), "firmware");
    assert_string_equal(assess_cell(assess_row(&f, "parts", "gen/model.c"), "type"), "file");
    assert_non_null(assess_row(&f, "parts", "kinglet device library"));
    assert_metric(&f, "models", 1);
    const json_t *sbom = json_object_get(f.result.root, "sbom");
    assert_string_equal(assess_cell(sbom, "bomFormat"), "CycloneDX");
    assert_string_equal(assess_cell(sbom, "specVersion"), "1.5");
    assert_int_equal(strlen(assess_cell(sbom, "serialNumber")), strlen("urn:uuid:") + 36);
    /* The file says the same, and a second time the very same. */
    json_t *file = json_loads(playbook_folder_read(f.folder, "out/sbom.json"), 0, NULL);
    assert_true(json_equal(file, sbom));
    json_t *first = json_deep_copy(sbom);
    assess_run(&f, "sbom");
    assert_true(json_equal(first, json_object_get(f.result.root, "sbom")));
    /* Another release has another number, whatever is shipped. */
    playbook_folder_write(f.folder, "gen/model.c", "other");
    assess_run(&f, "sbom");
    assert_string_not_equal(assess_cell(json_object_get(f.result.root, "sbom"), "serialNumber"),
                            assess_cell(first, "serialNumber"));
    json_decref(first);
    json_decref(file);
    assess_end(&f);
}

/* Without anything shipped, two products still are two. */
static void sboms_of_two_products_differ(void **state)
{
    struct assess_fixture f = {0};
    char first[64];
    assess_load(&f, state, "", "");
    assess_run(&f, "sbom");
    snprintf(first, sizeof first, "%s",
             assess_cell(json_object_get(f.result.root, "sbom"), "serialNumber"));
    playbook_folder_write(f.folder, "playbook.yaml",
                          "playbook: 1\nproduct: {name: other, title: Other, version: 0.1.0}\n");
    playbook_folder_reload(f.folder);
    assess_run(&f, "sbom");
    assert_string_not_equal(assess_cell(json_object_get(f.result.root, "sbom"), "serialNumber"),
                            first);
    assess_end(&f);
}

static void success_is_the_way_to_the_target(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, "",
                "chapters:\n"
                "  use_case:\n    measures:\n"
                "      - {name: stops, baseline: 12, target: 4}\n"
                "      - {name: visits, baseline: 10, target: 20}\n"
                "      - {name: calls, baseline: 5, target: 1}\n"
                "  learning:\n    success:\n"
                "      - {measure: stops, date: 2026-10-01, value: 6}\n"
                "      - {measure: stops, date: 2026-02-01, value: 10}\n"
                "      - {measure: visits, date: 2026-03-01, value: 25}\n");
    assess_run(&f, "success");
    const json_t *stops = assess_row(&f, "measures", "stops");
    assert_true(fabs(json_number_value(json_object_get(stops, "progress")) - 0.75) < 1e-9);
    assert_string_equal(assess_cell(stops, "read_on"), "2026-10-01");
    assert_string_equal(assess_cell(stops, "verdict"), "on the way");
    assert_string_equal(assess_cell(assess_row(&f, "measures", "visits"), "verdict"), "reached");
    assert_string_equal(assess_cell(assess_row(&f, "measures", "calls"), "verdict"),
                        "not measured yet");
    assert_metric(&f, "measures.reached", 1);
    assert_metric(&f, "success", 1.0 / 3);
    assert_int_equal(json_array_size(json_object_get(f.result.root, "success_over_time")), 3);
    assess_end(&f);
}

static void maintenance_knows_what_is_due(void **state)
{
    struct assess_fixture f = {0};
    assess_load(&f, state, assess_requirements,
                "chapters:\n"
                "  production:\n    calibration: [{sensor: imu, valid_for: 2 a}]\n"
                "  security:\n    key_ceremony: {keys: [{name: boot, expires: 2031-01-01}]}\n"
                "  monitoring:\n    maintenance:\n"
                "      - {task: clean, kind: cleaning, every: 90 d, down: 9 h, last: 2026-11-23}\n"
                "      - {task: look, kind: inspection, every: 366 d, last: 2027-12-31}\n"
                "    expiries: [{name: certificate, expires: 2028-02-29}]\n"
                "    flash_wear: {erase_cycles: 10000, erases_per_day: 2}\n");
    assess_run(&f, "maintenance");
    assert_string_equal(assess_cell(assess_row(&f, "schedule", "clean"), "due"), "2027-02-21");
    assert_string_equal(assess_cell(assess_row(&f, "schedule", "look"), "due"), "2028-12-31");
    assert_string_equal(assess_cell(assess_row(&f, "schedule", "Calibrate imu"), "every"), "2 a");
    assert_non_null(assess_row(&f, "schedule", "Change or charge the battery"));
    assert_metric(&f, "tasks", 4);
    assert_metric(&f, "visits_per_year", 365.25 / 90 + 365.25 / 366 + 1.0 / 2 + 1.0 / 5);
    assert_metric(&f, "uptime.planned", 1 - 9.0 / 24 / 90);
    assert_string_equal(json_string_value(assess_value(&f, "expiries.first")), "2028-02-29");
    assert_metric(&f, "flash.life", 5000 / 365.25);
    assert_true(json_is_true(assess_value(&f, "flash.lasts")));
    assert_string_equal(assess_provenance(&f, "flash.lasts"), "stated");
    /* What is not stated is not judged; what never wears out lasts. */
    assess_load(&f, state, assess_requirements,
                "chapters: {monitoring: {flash_wear: {erases_per_day: 2}}}\n");
    assess_run(&f, "maintenance");
    assert_null(json_object_get(json_object_get(f.result.root, "metrics"), "flash.lasts"));
    assess_load(&f, state, assess_requirements,
                "chapters: {monitoring: {flash_wear: {erase_cycles: 10000, erases_per_day: 0}}}\n");
    assess_run(&f, "maintenance");
    assert_true(json_is_true(assess_value(&f, "flash.lasts")));
    assess_end(&f);
}

/* A figure that is called the same but is no time is not the life of a battery. */
static void maintenance_takes_the_shortest_life(void **state)
{
    static const char envelope[] =
        "{\"schema\": \"kinglet.result/1\", \"tool\": {\"name\": \"x\", \"version\": \"1\"},"
        "\"command\": \"x\", \"ok\": true, \"inputs\": [], \"metrics\": {\"battery.life\": "
        "{\"value\": %s, \"provenance\": \"measured\"}}}";
    static const char *const lives[] = {"400, \"unit\": \"d\"", "300, \"unit\": \"d\"",
                                        "5, \"unit\": \"1\""};
    struct assess_fixture f = {0};
    assess_load(&f, state, assess_requirements,
                "chapters:\n  monitoring:\n    steps:\n"
                "      - {name: s0, run: [cat, s0.json]}\n"
                "      - {name: s1, run: [cat, s1.json]}\n"
                "      - {name: s2, run: [cat, s2.json]}\n");
    for (int i = 0; i < 3; i++) {
        char name[16];
        char text[512];
        snprintf(name, sizeof name, "s%d.json", i);
        snprintf(text, sizeof text, envelope, lives[i]);
        playbook_folder_write(f.folder, name, text);
    }
    assert_string_equal(playbook_folder_run(f.folder), "s0 ok, s1 ok, s2 ok");
    assess_run(&f, "maintenance");
    const json_t *battery = assess_row(&f, "schedule", "Change or charge the battery");
    assert_string_equal(assess_cell(battery, "every"), "300 d");
    assert_string_equal(assess_cell(battery, "from"), "s1");
    assert_non_null(assess_row(&f, "rests_on", "s1"));
    assess_end(&f);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, playbook_folder_open, playbook_folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(compliance_shows_only_what_holds),
        TEST(compliance_is_not_talked_into_anything),
        TEST(provisions_are_complete),
        TEST(readiness_counts_every_kind),
        TEST(bundle_hashes_what_is_shipped),
        TEST(sbom_lists_every_part),
        TEST(sboms_of_two_products_differ),
        TEST(maintenance_knows_what_is_due),
        TEST(maintenance_takes_the_shortest_life),
        TEST(success_is_the_way_to_the_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
