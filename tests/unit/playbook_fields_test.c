/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of fields, what the check says about values, the schema and the page. */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "playbook/fields.h"
#include "playbook_check.h"

enum { MOST_DEPTH = 8 };

/* The tables. */

static bool ends_a_sentence(const char *help)
{
    return strchr(".?", help[strlen(help) - 1]);
}

static void check_table(const struct kl_field *fields, int depth);

static void check_kind(const struct kl_field *f, int depth)
{
    bool quantity = f->kind == KL_FIELD_QUANTITY || f->kind == KL_FIELD_RANGE;
    assert_true(quantity == (f->dimension != NULL));
    assert_true((f->kind == KL_FIELD_CHOICE) == (f->choices != NULL));
    assert_true((f->kind == KL_FIELD_RECORD) == (f->fields != NULL));
    assert_true((f->kind == KL_FIELD_LIST || f->kind == KL_FIELD_MAP) == (f->item != NULL));
    if (f->fields) {
        check_table(f->fields, depth + 1);
    }
    if (f->item) {
        check_kind(f->item, depth + 1);
    }
}

static void check_table(const struct kl_field *fields, int depth)
{
    assert_true(depth < MOST_DEPTH);
    for (const struct kl_field *f = fields; f->name; f++) {
        if (!f->label || !f->help || !ends_a_sentence(f->help)) {
            fail_msg("%s: needs a label, and a help of whole sentences", f->name);
        }
        for (const struct kl_field *other = fields; other < f; other++) {
            assert_string_not_equal(other->name, f->name);
        }
        assert_false(f->required && f->expected);
        check_kind(f, depth);
    }
}

static void test_every_table_is_complete(void **state)
{
    (void)state;
    check_table(kl_playbook_fields, 0);
    check_table(kl_chapter_common_fields, 0);
    assert_int_equal(kl_chapter_count, 12);
    for (size_t i = 0; i < kl_chapter_count; i++) {
        assert_ptr_equal(kl_fields_find(kl_chapters[i].id)->fields, kl_chapters[i].fields);
        for (const struct kl_field *f = kl_chapter_common_fields; f->name; f++) {
            for (const struct kl_field *own = kl_chapters[i].fields; own->name; own++) {
                assert_string_not_equal(own->name, f->name);
            }
        }
    }
}

static void test_fields_are_found_by_path(void **state)
{
    (void)state;
    static const char *const known[] = {
        "product.name",           "requirements.battery.life",
        "use_case.cost.discount", "chapters.use_case.cost.discount",
        "data.conditions.3.name", "people.jane.mail",
        "test.steps.0.timeout",   "requirements.accuracy.per_class.worn",
        "waivers.0.until"};
    static const char *const unknown[] = {"",
                                          ".",
                                          "product.",
                                          "product.nme",
                                          "requirements.ram.more",
                                          "data.conditions.x.name",
                                          "company.title",
                                          "data.conditions..name",
                                          "requirements.battery.life."};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!kl_fields_find(known[i])) {
            fail_msg("%s is not found", known[i]);
        }
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        if (kl_fields_find(unknown[i])) {
            fail_msg("%s is found", unknown[i]);
        }
    }
    assert_int_equal(kl_fields_find("test.steps.0.run")->kind, KL_FIELD_COMMAND);
    assert_int_equal(kl_fields_find("requirements.environment.temperature")->kind, KL_FIELD_RANGE);
}

/* What the check says. Each text stands below the product, from line 3 on. */

struct wrong {
    const char *text;
    uint32_t line;
    const char *says;
};

static const struct wrong wrongs[] = {
    {"requirements: {latncy: 3 ms}\n", 3,
     "unknown key 'latncy' in requirements; did you mean "
     "'latency'?"},
    {"color: red\n", 3, "unknown key 'color'; `kinglet playbook schema --markdown` lists all"},
    {"requirements:\n  latency: 20\n", 4,
     "requirements.latency: expected a time such as 20 ms, "
     "'20' has no unit"},
    {"requirements:\n  latency: 20 KiB\n", 4, "'20 KiB' has another unit"},
    {"requirements:\n  latency: soon\n", 4, "expected a time such as 20 ms, not 'soon'"},
    {"requirements:\n  latency: -1 ms\n", 4, "'-1 ms' is below zero"},
    {"requirements:\n  lifetime: long\n", 4, "expected a time such as 5 a, not 'long'"},
    {"requirements:\n  latency: [20 ms]\n", 4, "expected one value, not a list"},
    {"requirements:\n  ram: {size: 1 KiB}\n", 4, "expected one value, not keys with values"},
    {"requirements:\n  uptime: 99\n", 4, "expected a share such as 95 % or 0.95, not '99'"},
    {"requirements:\n  uptime: -1 %\n", 4, "expected a share"},
    {"requirements:\n  uptime: 1 ms\n", 4, "expected a share"},
    {"requirements:\n  environment: {temperature: [1 degC]}\n", 4, "expected a list of two values"},
    {"requirements:\n  environment: {temperature: [9 degC, 1 degC]}\n", 4,
     "requirements.environment.temperature: the low end '9 degC' lies above the high end '1 degC'"},
    {"requirements:\n  environment: {temperature: [1 m, 1 degC]}\n", 4, "not '1 m'"},
    {"requirements:\n  accuracy: {per_class: {a b: 90 %}}\n", 4, "'a b' is no name"},
    {"requirements:\n  accuracy: {per_class: [90 %]}\n", 4, "expected keys with values"},
    {"requirements: 3\n", 3, "requirements: expected keys with values, not one value"},
    {"people:\n  jane: {role: x}\n", 4, "people.jane.name: must be stated"},
    {"people:\n  jane: {name: }\n", 4, "people.jane.name: must be stated"},
    {"people:\n  jane: {name: \"\"}\n", 4, "the text is empty"},
    {"people:\n  jane: {name: \"a\\nb\"}\n", 4, "expected one line"},
    {"chapters:\n  data: {consent: {needed: yes}}\n", 4,
     "chapters.data.consent.needed: expected true or false, not 'yes'"},
    {"chapters:\n  data: {card: {collected_to: 2026-02-29}}\n", 4, "expected a day such as"},
    {"chapters:\n  data: {conditions: [{name: a}, {name: b}, {name: a}]}\n", 4,
     "chapters.data.conditions[3]: 'a' appears twice"},
    {"chapters:\n  data:\n    conditions:\n      - {name: a, planned: many}\n", 6,
     "chapters.data.conditions[1].planned: expected a number without a unit, not 'many'"},
    {"chapters:\n  data:\n    conditions: [{name: a, planned: 3 s}]\n", 5, "not '3 s'"},
    {"chapters:\n  data:\n    conditions: [\"\", ~]\n", 5, "[2]: the entry is empty"},
    {"chapters:\n  data: {conditions: {name: a}}\n", 4, "expected a list"},
    {"chapters:\n  model: {task: clasification}\n", 4,
     "unknown word 'clasification'; did you mean 'classification'? choose one of: "},
    {"chapters:\n  hardware: {need: {sensors: [microphon]}}\n", 4, "did you mean 'microphone'?"},
    {"chapters:\n  modle: {}\n", 4, "unknown chapter; did you mean 'model'? a chapter of your own"},
    {"chapters:\n  zzz: {}\n", 4, "chapters.zzz: unknown chapter; a chapter of your own"},
    {"chapters:\n  test: {cases: [{name: a, kind: normal, accept: \"1 <\"}]}\n", 4,
     "chapters.test.cases[1].accept: column 4"},
    {"chapters:\n  test: {steps: [{name: a.., run: x}]}\n", 4, "'a..' is no name"},
    {"chapters:\n  test: {steps: [{name: a, run: []}]}\n", 4, "expected a command as a text"},
    {"chapters:\n  test: {steps: [{name: a, run: [x, [y]]}]}\n", 4, "expected a command as a text"},
    {"chapters:\n  test: {steps: [{name: a, run: \"  \"}]}\n", 4, "the command is empty"},
    {"waivers: [{gate: a}]\n", 3, "waivers[1].reason: must be stated"},
    {"waivers: [{gate: a}]\n", 3, "waivers[1].by: must be stated"},
    {"waivers: [{gate: a}]\n", 3, "waivers[1].until: must be stated"},
};

static void test_wrong_values_are_named(void **state)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        playbook_check_text(*state, wrongs[i].text);
        playbook_check_finds(*state, KL_FINDING_ERROR, wrongs[i].line, wrongs[i].says);
    }
}

static void test_good_values_are_accepted(void **state)
{
    playbook_check_text(*state, "requirements:\n"
                                "  latency: 20ms\n"
                                "  period: \"1_000 s\"\n"
                                "  uptime: 1\n"
                                "  energy: 0x10 mJ\n"
                                "  false_alarms: 2.4e0 /d\n"
                                "  environment: {temperature: [-20 degC, 60 \u00b0C]}\n"
                                "  price: {unit_cost_limit: 12.50 EUR}\n"
                                "chapters:\n"
                                "  data: {labels: {classes: [1, true, yes]}}\n"
                                "  rollout: {pilot: {devices: \"1,000\"}}\n");
    playbook_check_sound(*state);
}

static void test_words_of_a_template_are_gaps(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_text(c, "chapters:\n"
                           "  use_case:\n"
                           "    problem: \"Pumps fail. Fill in: how often?\"\n"
                           "  data:\n"
                           "    purpose: Fill in the form and send it.\n");
    playbook_check_finds(c, KL_FINDING_MISSING, 5,
                         "chapters.use_case.problem: still to be decided: 'Fill in: how often?'");
    playbook_check_sound(c);
    for (size_t i = 0; i < c->findings.count; i++) {
        assert_null(strstr(c->findings.items[i].text, "the form"));
    }
}

static void test_missing_values_are_listed_once_a_chapter_began(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_text(c, "chapters:\n  data:\n    purpose:\n");
    playbook_check_finds(c, KL_FINDING_MISSING, 5, "chapters.data.purpose: not stated yet");
    playbook_check_finds(c, KL_FINDING_MISSING, 5, "chapters.data.labels: not stated yet");
    playbook_check_finds(c, KL_FINDING_MISSING, 4, "chapters.use_case: not begun yet");
    playbook_check_sound(c);
    for (size_t i = 0; i < c->findings.count; i++) {
        assert_null(strstr(c->findings.items[i].text, "use_case.problem"));
    }
}

/* More is wrong than is listed: errors come before advice, and all are counted. */
static void test_errors_are_not_crowded_out(void **state)
{
    struct playbook_check *c = *state;
    struct kl_buffer text = KL_BUFFER(1 << 20);
    kl_buffer_printf(&text, "chapters:\n  data:\n    conditions:\n");
    for (int i = 0; i < 150; i++) {
        kl_buffer_printf(&text, "      - {name: c%d}\n", i);
    }
    for (int i = 0; i < 250; i++) {
        kl_buffer_printf(&text, "      - {name: d%d, planned: x}\n", i);
    }
    playbook_check_text(c, text.data);
    kl_buffer_free(&text);
    assert_int_equal(c->findings.count, 200);
    assert_true(c->findings.errors >= 200);
    for (size_t i = 0; i < c->findings.count; i++) {
        assert_int_equal(c->findings.items[i].kind, KL_FINDING_ERROR);
    }
}

/* The schema. */

static const json_t *property(const json_t *schema, const char *path)
{
    char name[64];
    while (schema && *path) {
        size_t length = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)length, path);
        const json_t *inner = json_object_get(json_object_get(schema, "properties"), name);
        schema = inner ? inner : json_object_get(schema, name);
        path += length + (path[length] == '.');
    }
    return schema;
}

static bool matches(const json_t *schema, const char *text)
{
    regex_t pattern;
    const char *source = json_string_value(json_object_get(schema, "pattern"));
    assert_non_null(source);
    assert_int_equal(regcomp(&pattern, source, REG_EXTENDED | REG_NOSUB), 0);
    bool match = regexec(&pattern, text, 0, NULL, 0) == 0;
    regfree(&pattern);
    return match;
}

/* An editor must not refuse what the check accepts. */
static void test_the_schema_accepts_what_units_accept(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "20 ms",  "20ms",      "1,000 s",   "1_000 s", "+1 s",    ".5 s", "1e3 ms", "1.5E-3 h",
        "0x10 s", "3 \u00b5s", "3 \u03bcs", "1 s^2/s", "2 A*s/A", "7 d",  "-3 a",   "12,345.5 s"};
    static const char *const refused[] = {"20", "ms", "", "1 . 2 s", "s 1", "1,00 s", "1 s!"};
    json_t *schema = kl_fields_json_schema();
    const json_t *latency = property(schema, "requirements.latency");
    const json_t *devices = property(schema, "chapters.use_case.cost.devices");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct kl_value value;
        bool good = kl_value_parse(texts[i], strlen(texts[i]), &value);
        if (!good || !matches(latency, texts[i]) || !matches(devices, texts[i])) {
            fail_msg("'%s' is refused by the %s", texts[i], good ? "schema" : "parser");
        }
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (matches(latency, refused[i])) {
            fail_msg("'%s' is accepted", refused[i]);
        }
    }
    assert_true(matches(devices, "1000"));
    json_decref(schema);
}

static void check_described(const json_t *schema, const struct kl_field *fields)
{
    for (; fields->name; fields++) {
        const json_t *own = property(schema, fields->name);
        assert_string_equal(json_string_value(json_object_get(own, "description")), fields->help);
        if (fields->kind == KL_FIELD_RECORD) {
            check_described(own, fields->fields);
        }
    }
}

static void test_the_schema_describes_every_field(void **state)
{
    (void)state;
    json_t *schema = kl_fields_json_schema();
    assert_string_equal(json_string_value(json_object_get(schema, "$schema")),
                        "https://json-schema.org/draft/2020-12/schema");
    check_described(schema, kl_playbook_fields);
    assert_true(json_is_false(property(schema, "requirements.additionalProperties")));
    const json_t *words = property(schema, "product.currency.enum");
    assert_string_equal(json_string_value(json_array_get(words, 0)), "EUR");
    assert_int_equal(json_array_size(words), 9); /* eight and null */
    assert_non_null(property(schema, "$defs.steps.items.properties.run"));
    assert_string_equal(json_string_value(property(schema, "chapters.test.steps.$ref")),
                        "#/$defs/steps");
    json_decref(schema);
}

/* The page in docs is the one that the program makes. */
static void test_the_page_is_up_to_date(void **state)
{
    (void)state;
    struct kl_arena *arena = kl_arena_create(4 << 20);
    struct kl_buffer page = KL_BUFFER(4 << 20);
    struct kl_bytes file;
    struct kl_diag diag = {0};
    kl_fields_markdown(&page);
    assert_false(page.failed);
    enum kl_err err = kl_file_read(KINGLET_SOURCE_DIR "/docs/spec/playbook-fields.md", 1 << 20,
                                   arena, &file, &diag);
    if (err != KL_OK || file.size != page.size || memcmp(file.data, page.data, page.size) != 0) {
        fail_msg("docs/spec/playbook-fields.md is not what `kinglet playbook schema --markdown` "
                 "prints: write it anew");
    }
    kl_buffer_free(&page);
    kl_arena_free(arena);
}

static void test_days(void **state)
{
    (void)state;
    struct kl_date date;
    static const char *const wrong[] = {"",           "2026",       "2026-13-01",  "2026-00-10",
                                        "2026-02-29", "2026-04-31", "1969-12-31",  "2200-01-01",
                                        "2026-1-1",   "2026-01-0a", "2026-01-01 ", "2026/01/01"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(kl_date_parse(wrong[i], &date));
    }
    assert_true(kl_date_parse("1970-01-01", &date));
    assert_int_equal(kl_date_days(date), 0);
    assert_true(kl_date_parse("2000-02-29", &date));
    assert_int_equal(kl_date_days(date), 11016);
    assert_true(kl_date_parse("2199-12-31", &date));
    assert_int_equal(kl_date_days(date), 84005);
    assert_true(kl_date_days(kl_date_today()) > 20000);
}

#define ON_FOLDER(test) \
    cmocka_unit_test_setup_teardown(test, playbook_check_open, playbook_check_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_table_is_complete),
        cmocka_unit_test(test_fields_are_found_by_path),
        ON_FOLDER(test_wrong_values_are_named),
        ON_FOLDER(test_good_values_are_accepted),
        ON_FOLDER(test_missing_values_are_listed_once_a_chapter_began),
        ON_FOLDER(test_words_of_a_template_are_gaps),
        ON_FOLDER(test_errors_are_not_crowded_out),
        cmocka_unit_test(test_the_schema_accepts_what_units_accept),
        cmocka_unit_test(test_the_schema_describes_every_field),
        cmocka_unit_test(test_the_page_is_up_to_date),
        cmocka_unit_test(test_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
