/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: what each tag gives, gaps, and templates that are wrong or run away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/template.h"

static const char data_text[] =
    "{\"product\": {\"name\": \"pump <1>\", \"version\": \"1.10\"},"
    " \"cases\": [{\"name\": \"cold\", \"n\": 3}, {\"name\": \"hot\", \"n\": 4.5}],"
    " \"words\": [\"a\", \"b\"], \"none\": [], \"off\": false, \"on\": true, \"empty\": \"\","
    " \"zero\": 0, \"void\": null,"
    " \"metrics\": {\"profile.m4.ram.total\": {\"value\": 17100, \"text\": \"16.7 KiB\"}}}";

static void expect(const char *template, const char *expected)
{
    struct kl_diag diag = {0};
    struct kl_buffer out = KL_BUFFER(1 << 16);
    json_t *data = json_loads(data_text, 0, NULL);
    assert_non_null(data);
    if (kl_template_render(template, "t.md", data, &out, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    assert_string_equal(out.data ? out.data : "", expected);
    kl_buffer_free(&out);
    json_decref(data);
}

static void expect_error(const char *template, enum kl_err err, const char *message)
{
    struct kl_diag diag = {0};
    struct kl_buffer out = KL_BUFFER(1 << 16);
    json_t *data = json_loads(data_text, 0, NULL);
    assert_int_equal(kl_template_render(template, "t.md", data, &out, &diag), err);
    if (!strstr(diag.message, message)) {
        fail_msg("'%s' is not in '%s'", message, diag.message);
    }
    kl_buffer_free(&out);
    json_decref(data);
}

static void test_values(void **state)
{
    (void)state;
    expect("", "");
    expect("plain } { text", "plain } { text");
    expect("{{product.name}} {{{ product.name }}} {{& product.version}}", "pump <1> pump <1> 1.10");
    expect("{{zero}} {{on}} {{words}} {{cases.1.name}} {{words.0}}", "0 yes a, b hot a");
    expect("{{metrics.profile.m4.ram.total}} {{metrics.profile.m4.ram.total.value}}",
           "16.7 KiB 17100");
}

/* A gap is named where it stands. */
static void test_gaps(void **state)
{
    (void)state;
    expect("{{product.owner}}", "(not stated: product.owner)");
    expect("{{void}}, {{product}}, {{none}}, {{cases}}, {{cases.9.name}}, {{words.x}}",
           "(not stated: void), (not stated: product), (not stated: none), (not stated: cases), "
           "(not stated: cases.9.name), (not stated: words.x)");
}

static void test_sections(void **state)
{
    (void)state;
    expect("{{#cases}}{{name}}={{n}} of {{product.version}};{{/cases}}",
           "cold=3 of 1.10;hot=4.5 of 1.10;");
    expect("{{#words}}[{{.}}]{{/words}}{{^words}}no{{/words}}", "[a][b]");
    expect("{{#product}}{{name}}{{/product}}", "pump <1>");
    expect("{{#none}}x{{/none}}{{#off}}x{{/off}}{{#empty}}x{{/empty}}{{#void}}x{{/void}}"
           "{{#nothing}}x{{/nothing}}{{^none}}y{{/none}}{{#zero}}z{{/zero}}",
           "yz");
}

/* Tags that print nothing take their line with them; others do not. */
static void test_lines(void **state)
{
    (void)state;
    expect("a\n  {{#words}}\n- {{.}}\n  {{/words}}\nb\n", "a\n- a\n- b\nb\n");
    expect("{{! a remark\n of two lines }}\nx", "x");
    expect("a {{#on}}\nb{{/on}}\n", "a \nb\n");
    expect("{{zero}}\n{{#on}}\r\ny\r\n{{/on}}", "0\ny\r\n");
}

static void test_errors(void **state)
{
    (void)state;
    expect_error("a\n{{b", KL_EINPUT, "t.md:2: the tag is not closed");
    expect_error("\n\n{{#cases}}", KL_EINPUT, "t.md:3: section 'cases' is not closed");
    expect_error("{{/cases}}", KL_EINPUT, "t.md:1: {{/cases}} closes no section");
    expect_error("{{#cases}}\n{{#words}}\n{{/cases}}\n{{/words}}", KL_EINPUT,
                 "t.md:3: {{/cases}} stands where {{/words}} of line 2");
    expect_error("{{ }}", KL_EINPUT, "needs a name");
    expect_error("{{> other}}", KL_EINPUT, "partials");
    expect_error("{{=<% %>=}}", KL_EINPUT, "partials");
}

static void test_limits(void **state)
{
    struct kl_buffer text = KL_BUFFER(1 << 20);
    (void)state;
    for (int i = 0; i < 17; i++) {
        kl_buffer_printf(&text, "{{#on}}");
    }
    expect_error(text.data, KL_ELIMIT, "deeper than 16");
    kl_buffer_free(&text);

    /* 2 to the 16 repetitions of much text exceed the buffer. */
    for (int i = 0; i < 16; i++) {
        kl_buffer_printf(&text, "{{#words}}");
    }
    kl_buffer_printf(&text, "0123456789");
    for (int i = 0; i < 16; i++) {
        kl_buffer_printf(&text, "{{/words}}");
    }
    expect_error(text.data, KL_ELIMIT, "exceeds 65536 bytes");
    kl_buffer_free(&text);

    for (int i = 0; i < 300; i++) {
        kl_buffer_printf(&text, i ? "x" : "{{");
    }
    kl_buffer_printf(&text, "}}");
    expect_error(text.data, KL_EINPUT, "at most 255 letters");
    kl_buffer_free(&text);
}

/* Empty sections over long lists print nothing, and still come to an end. */
static void test_work(void **state)
{
    struct kl_diag diag = {0};
    struct kl_buffer out = KL_BUFFER(1 << 16);
    json_t *list = json_array();
    (void)state;
    for (int i = 0; i < 3000; i++) {
        json_array_append_new(list, json_true());
    }
    json_t *data = json_pack("{s:o}", "l", list);
    assert_int_equal(kl_template_render("{{#l}}{{#l}}{{/l}}{{/l}}", "t", data, &out, &diag),
                     KL_ELIMIT);
    assert_non_null(strstr(diag.message, "repeat more than"));
    kl_buffer_free(&out);
    json_decref(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),   cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_sections), cmocka_unit_test(test_lines),
        cmocka_unit_test(test_errors),   cmocka_unit_test(test_limits),
        cmocka_unit_test(test_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
