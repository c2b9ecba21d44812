/* SPDX-License-Identifier: Apache-2.0 */
/* Playbooks of several files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "playbook_check.h"

static void test_included_files_are_joined(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_write(c, "company/security.yaml",
                         "include: [keys.yaml]\n"
                         "product: {version: 9, customer: all}\n"
                         "requirements:\n"
                         "  ram: 1 KiB\n"
                         "  flash: 1 KiB\n"
                         "  environment: {temperature: [0 degC, 1 degC]}\n"
                         "chapters:\n"
                         "  test:\n"
                         "    steps: [{name: theirs, run: x}]\n"
                         "  safety: {title: Safety}\n"
                         "waivers: [{gate: g, reason: r, by: b, until: 2027-01-01}]\n");
    playbook_check_write(c, "company/keys.yaml",
                         "playbook: 1\n"
                         "include: [../shared.yaml]\n"
                         "chapters: {test: {steps: [{name: keys, run: "
                         "x}]}}\n");
    playbook_check_write(c, "shared.yaml", "people: {jane: {name: Jane}, b: {name: B}}\n");
    playbook_check_text(c, "include: [company/security.yaml, shared.yaml]\n"
                           "requirements:\n"
                           "  ram: 2 KiB\n"
                           "  environment: {temperature: [5 degC, 6 degC]}\n"
                           "chapters:\n"
                           "  test:\n"
                           "    steps: [{name: ours, run: x}]\n"
                           "    gates: [{name: g, that: ours.ok}]\n");
    playbook_check_sound(c);
    const struct kl_playbook *p = c->playbook;
    assert_int_equal(p->file_count, 4);
    assert_string_equal(p->version, "1");
    assert_string_equal(kl_yaml_text(kl_playbook_field(p, "product.customer"), ""), "all");
    assert_string_equal(kl_yaml_text(kl_playbook_field(p, "requirements.ram"), ""), "2 KiB");
    assert_string_equal(kl_yaml_text(kl_playbook_field(p, "requirements.flash"), ""), "1 KiB");
    assert_int_equal(kl_playbook_field(p, "requirements.environment.temperature")->count, 2);
    assert_string_equal(p->steps[0].name, "ours");
    assert_string_equal(p->steps[1].name, "theirs");
    assert_string_equal(p->steps[2].name, "keys");
    assert_string_equal(p->chapters[p->chapter_count - 1].id, "safety");
    assert_non_null(p->gates[0].waiver);
    assert_non_null(strstr(p->steps[1].node->origin, "company/security.yaml"));
    assert_int_equal(p->steps[1].node->line, 9);
}

static void test_findings_come_by_file_and_line(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_write(c, "a.yaml", "requirements:\n  ram: 1\n");
    playbook_check_text(c, "include: [a.yaml]\nrequirements:\n  latency: 1\n  flash: 1\n");
    assert_true(c->findings.count >= 3);
    uint32_t line = 0;
    bool second = false;
    for (size_t i = 0; i < c->findings.count; i++) {
        const struct kl_finding *f = &c->findings.items[i];
        bool in_second = strstr(f->origin, "a.yaml") != NULL;
        assert_true(in_second || !second);
        line = in_second && !second ? 0 : line;
        assert_true(f->line >= line);
        line = f->line;
        second = in_second;
    }
    assert_true(second);
}

static void test_files_that_cannot_be_included(void **state)
{
    struct playbook_check *c = *state;
    playbook_check_write(c, "bad.yaml", "a: [\n");
    playbook_check_write(c, "empty.yaml", "# nothing\n");
    playbook_check_write(c, "list.yaml", "- a\n");
    playbook_check_write(c, "kind.yaml", "requirements: [1]\n");
    playbook_check_write(c, "next.yaml", "playbook: 2\n");
    playbook_check_write(c, "ring.yaml", "include: [ring2.yaml]\n");
    playbook_check_write(c, "ring2.yaml", "include: [./playbook.yaml]\n");
    playbook_check_text(c, "include:\n"
                           "  - gone.yaml\n"
                           "  - bad.yaml\n"
                           "  - empty.yaml\n"
                           "  - list.yaml\n"
                           "  - kind.yaml\n"
                           "  - next.yaml\n"
                           "  - ring.yaml\n"
                           "  - /dev/zero\n"
                           "  - .\n"
                           "requirements: {ram: 1 KiB}\n");
    playbook_check_finds(c, KL_FINDING_ERROR, 4, "gone.yaml': No such file");
    playbook_check_finds(c, KL_FINDING_ERROR, 5, "bad.yaml:");
    playbook_check_finds(c, KL_FINDING_ERROR, 6, "the file is empty");
    playbook_check_finds(c, KL_FINDING_ERROR, 7, "expected keys with values");
    playbook_check_finds(c, KL_FINDING_ERROR, 1, "this is a list, but ");
    playbook_check_finds(c, KL_FINDING_ERROR, 1, "this program reads 'playbook: 1'");
    playbook_check_finds(c, KL_FINDING_ERROR, 1, "files include each other in a circle: ");
    playbook_check_finds(c, KL_FINDING_ERROR, 1, "ring.yaml -> ");
    playbook_check_finds(c, KL_FINDING_ERROR, 11, "/dev/zero");
    playbook_check_finds(c, KL_FINDING_ERROR, 12, "cannot include this");
    for (size_t i = 0; i < c->playbook->file_count; i++) {
        assert_int_equal(access(c->playbook->files[i], R_OK), 0);
    }
}

static void test_too_many_included_files(void **state)
{
    struct playbook_check *c = *state;
    struct kl_buffer text = KL_BUFFER(1 << 16);
    kl_buffer_printf(&text, "include:\n");
    for (int i = 0; i < 66; i++) {
        char name[20];
        snprintf(name, sizeof name, "f%d.yaml", i);
        playbook_check_write(c, name, "people: {}\n");
        kl_buffer_printf(&text, "  - %s\n", name);
    }
    playbook_check_text(c, text.data);
    kl_buffer_free(&text);
    playbook_check_finds(c, KL_FINDING_ERROR, 68, "more than 64 files are included");
    assert_int_equal(c->playbook->file_count, 65);
}

#define ON_FOLDER(test) \
    cmocka_unit_test_setup_teardown(test, playbook_check_open, playbook_check_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FOLDER(test_included_files_are_joined),
        ON_FOLDER(test_findings_come_by_file_and_line),
        ON_FOLDER(test_files_that_cannot_be_included),
        ON_FOLDER(test_too_many_included_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
