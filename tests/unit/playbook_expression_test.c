/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of gates against a small table of names. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "playbook/expression.h"

static struct kl_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = kl_arena_create(16 * 1024 * 1024);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    kl_arena_free(arena);
    return 0;
}

struct entry {
    const char *name, *value, *provenance;
};

/* A value in quotes is a text; "-" has no value yet. */
static const struct entry entries[] = {
    {"accuracy.test", "0.9612", "counted"},
    {"profile.m4.ram.total", "17100 B", "counted"},
    {"profile.m4.cycles", "1210095", "modelled"},
    {"run-2.latency", "12.5 ms", "measured"},
    {"run-2.mode", "\"hardware\"", "measured"},
    {"verify.exact", "true", "counted"},
    {"verify.slow", "false", "counted"},
    {"soak.hours", "-", NULL},
    {"test.samples", "1000", "counted"},
    {"test.errors", "38", "counted"},
    {"requirements.latency", "20 ms", NULL},
    {"requirements.ram", "24 KiB", NULL},
    {"requirements.title", "\"pump guard\"", NULL},
    {"price", "12 EUR", NULL},
    {"zero", "0", NULL},
};

static enum kl_err find(void *user, const char *name, struct kl_operand *value, const char **reason,
                        struct kl_diag *diag)
{
    (void)user;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        const struct entry *e = &entries[i];
        if (strcmp(e->name, name) != 0) {
            continue;
        }
        value->provenance = e->provenance;
        if (e->value[0] == '-') {
            *reason = "soak never ran";
        } else if (e->value[0] == '"') {
            value->kind = KL_OPERAND_TEXT;
            value->text = e->name[0] == 'r' && e->name[1] == 'u' ? "hardware" : "pump guard";
        } else if (kl_value_parse(e->value, strlen(e->value), &value->number)) {
            value->kind = KL_OPERAND_NUMBER;
        } else {
            value->kind = KL_OPERAND_TRUTH;
            value->truth = strcmp(e->value, "true") == 0;
        }
        return KL_OK;
    }
    return kl_fail(diag, KL_EINPUT, "unknown name");
}

static const struct kl_scope scope = {.find = find, .currency = "EUR"};

static const struct kl_expression *parse(const char *text)
{
    struct kl_diag diag = {0};
    const struct kl_expression *expression = NULL;
    if (kl_expression_parse(text, arena, &expression, &diag) != KL_OK) {
        fail_msg("%s: %s", text, diag.message);
    }
    return expression;
}

static struct kl_evaluation evaluate(const char *text)
{
    struct kl_diag diag = {0};
    struct kl_evaluation evaluation = {.reason = NULL};
    if (kl_expression_evaluate(parse(text), &scope, arena, &evaluation, &diag) != KL_OK) {
        fail_msg("%s: %s", text, diag.message);
    }
    return evaluation;
}

static void assert_number(const char *text, double expected, struct kl_dimension dimension)
{
    struct kl_evaluation e = evaluate(text);
    if (e.value.kind != KL_OPERAND_NUMBER ||
        fabs(e.value.number.value - expected) > 1e-9 * fabs(expected) ||
        !kl_dimension_equal(e.value.number.dimension, dimension)) {
        fail_msg("%s gives kind %d, %.17g", text, (int)e.value.kind, e.value.number.value);
    }
}

static void assert_truth(const char *text, bool expected)
{
    struct kl_evaluation e = evaluate(text);
    if (e.value.kind != KL_OPERAND_TRUTH || e.value.truth != expected) {
        fail_msg("%s gives kind %d, %d", text, (int)e.value.kind, (int)e.value.truth);
    }
}

/* The message of parsing, or else of checking and evaluating, contains all parts. */
static void assert_refused(const char *text, enum kl_err expected, const char *part1,
                           const char *part2)
{
    struct kl_diag diag = {0};
    const struct kl_expression *expression = NULL;
    struct kl_evaluation evaluation;
    enum kl_err err = kl_expression_parse(text, arena, &expression, &diag);
    if (err == KL_OK) {
        err = kl_expression_evaluate(expression, &scope, arena, &evaluation, &diag);
    }
    if (err != expected || !strstr(diag.message, part1) || !strstr(diag.message, part2)) {
        fail_msg("%s: error %d, \"%s\"", text, (int)err, diag.message);
    }
    assert_null(strchr(diag.message, '\n'));
}

static void numbers_have_units(void **state)
{
    (void)state;
    assert_number("24 KiB", 24576, KL_BYTES);
    assert_number("24KiB", 24576, KL_BYTES);
    assert_number("20 ms", 0.02, KL_SECONDS);
    assert_number("95 %", 0.95, KL_PLAIN);
    assert_number("0.1 /h", 0.1 / 3600, KL_PER_SECOND);
    assert_number("0.1/h", 0.1 / 3600, KL_PER_SECOND);
    assert_number("52 uA/MHz", 52e-12, KL_AMPERES_PER_HERTZ);
    assert_number("1.5e3", 1500, KL_PLAIN);
    assert_number("2e-3 s", 0.002, KL_SECONDS);
    assert_number("0x10 B", 16, KL_BYTES);
    assert_number("1_000_000", 1e6, KL_PLAIN);
    assert_number("3 \xc2\xb5s", 3e-6, KL_SECONDS);
}

static void a_slash_may_divide(void **state)
{
    (void)state;
    assert_number("24 KiB/2", 12288, KL_BYTES);
    assert_number("24 KiB / 2", 12288, KL_BYTES);
    assert_number("6 / 4", 1.5, KL_PLAIN);
    assert_number("6 /min(2, 3)", 3, KL_PLAIN);
    assert_number("1 KiB / 1 s", 1024, KL_BYTES_PER_SECOND);
    assert_refused("6 min(2)", KL_EINPUT, "column 1, '6 min'", "unknown unit 'min'");
}

static void operators_bind_as_usual(void **state)
{
    (void)state;
    assert_number("2 + 3 * 4", 14, KL_PLAIN);
    assert_number("(2 + 3) * 4", 20, KL_PLAIN);
    assert_number("10 - 4 - 3", 3, KL_PLAIN);
    assert_number("64 / 4 / 2", 8, KL_PLAIN);
    assert_number("-2 * -3", 6, KL_PLAIN);
    assert_number("--2", 2, KL_PLAIN);
    assert_number("5-3", 2, KL_PLAIN);
    assert_truth("1 < 2 and 2 < 1 or true", true);
    assert_truth("true or true and false", true);
    assert_truth("not 1 > 2", true);
    assert_truth("not not true", true);
    assert_truth("not (true and false) and true", true);
}

static void comparisons_compare(void **state)
{
    (void)state;
    assert_truth("1 < 1", false);
    assert_truth("1 <= 1", true);
    assert_truth("1 > 1", false);
    assert_truth("1 >= 1", true);
    assert_truth("1 == 1.0", true);
    assert_truth("1 != 1", false);
    assert_truth("1000 ms == 1 s", true);
    assert_truth("95 % == 0.95", true);
    assert_truth("0.95 < 95 % or 0.95 > 95 %", false);
    assert_truth("run-2.mode == \"hardware\"", true);
    assert_truth("run-2.mode != 'hardware'", false);
    assert_truth("verify.exact == true", true);
    assert_truth("run-2.latency <= requirements.latency", true);
    assert_truth("profile.m4.ram.total <= 16 KiB", false);
}

static void functions_compute(void **state)
{
    (void)state;
    assert_number("min(3, 1, 2)", 1, KL_PLAIN);
    assert_number("max(3 ms, 1 s)", 1, KL_SECONDS);
    assert_number("max(2)", 2, KL_PLAIN);
    assert_number("abs(2 ms - 5 ms)", 0.003, KL_SECONDS);
    assert_number("sqrt(16)", 4, KL_PLAIN);
    assert_number("sqrt(4 s * 9 s)", 6, KL_SECONDS);
    assert_number("round(2.5)", 3, KL_PLAIN);
    assert_number("round(20.4 ms / 1 ms)", 20, KL_PLAIN);
    assert_number("floor(-2.5)", -3, KL_PLAIN);
    assert_number("ceil(2.1)", 3, KL_PLAIN);
    assert_number("log10(1000)", 3, KL_PLAIN);
    /* Wilson's interval of 962 in 1000, computed by hand from the formula with z = 1.959964. */
    assert_true(fabs(evaluate("lower(1000, 962)").value.number.value - 0.948273) < 1e-6);
    assert_true(fabs(evaluate("upper(test.samples, 1000 - test.errors)").value.number.value -
                     0.972191) < 1e-6);
    assert_truth("exists(verify.exact)", true);
    assert_truth("exists(soak.hours)", false);
    assert_truth("exists(no.such.name)", false);
    assert_truth("provenance(run-2.latency) == \"measured\"", true);
    assert_truth("provenance(requirements.ram) == \"stated\"", true);
}

static void reasons_show_the_values(void **state)
{
    (void)state;
    assert_string_equal(evaluate("profile.m4.ram.total <= requirements.ram").reason,
                        "16.7 KiB <= 24 KiB");
    assert_string_equal(evaluate("profile.m4.ram.total <= 16 KiB").reason, "16.7 KiB > 16 KiB");
    assert_string_equal(evaluate("accuracy.test >= 0.95 and run-2.latency < 20 ms").reason,
                        "0.9612 >= 0.95, 12.5 ms < 20 ms");
    assert_string_equal(evaluate("accuracy.test >= 0.95 and run-2.latency < 2 ms").reason,
                        "12.5 ms >= 2 ms");
    assert_string_equal(evaluate("accuracy.test >= 0.99 or run-2.latency < 20 ms").reason,
                        "12.5 ms < 20 ms");
    assert_string_equal(evaluate("not verify.slow").reason, "verify.slow is false");
    assert_string_equal(evaluate("run-2.mode == \"emulation\"").reason,
                        "\"hardware\" != \"emulation\"");
    assert_string_equal(evaluate("exists(no.such)").reason, "no.such does not exist");
    /* Values that read alike must still tell why they differ. */
    assert_non_null(strstr(evaluate("20 s > 20.000001 s").reason, ", by 1 us"));
}

static void missing_values_are_named(void **state)
{
    (void)state;
    struct kl_evaluation e = evaluate("soak.hours >= 24 h");
    assert_int_equal(e.value.kind, KL_OPERAND_NONE);
    assert_string_equal(e.reason, "soak never ran");
    assert_int_equal(evaluate("true and soak.hours > 1").value.kind, KL_OPERAND_NONE);
    assert_int_equal(evaluate("soak.hours > 1 and true").value.kind, KL_OPERAND_NONE);
    assert_int_equal(evaluate("false or soak.hours > 1").value.kind, KL_OPERAND_NONE);
    assert_int_equal(evaluate("not (soak.hours > 1)").value.kind, KL_OPERAND_NONE);
    assert_truth("false and soak.hours > 1", false);
    assert_truth("soak.hours > 1 and false", false);
    assert_truth("soak.hours > 1 or true", true);
    assert_int_equal(evaluate("lower(10, soak.hours) > 0").value.kind, KL_OPERAND_NONE);
    assert_int_equal(evaluate("min(1, soak.hours) > 0").value.kind, KL_OPERAND_NONE);
}

static void the_weakest_provenance_is_kept(void **state)
{
    (void)state;
    assert_string_equal(evaluate("run-2.latency < 1 s").least_provenance, "measured");
    assert_string_equal(evaluate("run-2.latency < 1 s and profile.m4.cycles > 1").least_provenance,
                        "modelled");
    /* Also of the side that did not decide. */
    assert_string_equal(evaluate("true or profile.m4.cycles > 1").least_provenance, "modelled");
    assert_null(evaluate("requirements.ram > 1 B").least_provenance);
    assert_int_equal(kl_provenance_rank("measured"), 5);
    assert_int_equal(kl_provenance_rank("counted"), 4);
    assert_int_equal(kl_provenance_rank("modelled"), 3);
    assert_int_equal(kl_provenance_rank("estimated"), 2);
    assert_int_equal(kl_provenance_rank("datasheet"), 1);
    assert_int_equal(kl_provenance_rank("stated"), 0);
    assert_int_equal(kl_provenance_rank("guessed"), -1);
    assert_int_equal(kl_provenance_rank(NULL), -1);
}

static void names_are_listed_once(void **state)
{
    (void)state;
    size_t count;
    const char *const *names =
        kl_expression_names(parse("a.b < c or exists(d-e.f) and a.b > max(c, g)"), &count);
    assert_int_equal(count, 4);
    assert_string_equal(names[0], "a.b");
    assert_string_equal(names[1], "c");
    assert_string_equal(names[2], "d-e.f");
    assert_string_equal(names[3], "g");
}

static void faults_of_writing_are_located(void **state)
{
    (void)state;
    assert_refused("", KL_EINPUT, "empty", "accuracy.test");
    assert_refused("accuracy.test < 3 kg", KL_EINPUT, "column 17, '3 kg'", "unknown unit 'kg'");
    assert_refused("1 <", KL_EINPUT, "column 4:", "the expression ends here");
    assert_refused("1 < 2 < 3", KL_EINPUT, "'1 < 2 <'", "cannot be chained");
    assert_refused("(1 < 2", KL_EINPUT, "column 7:", "')'");
    assert_refused("1 < 2)", KL_EINPUT, "column 6, ')'", "the end");
    assert_refused("1 = 2", KL_EINPUT, "column 3, '='", "==");
    assert_refused("true && false", KL_EINPUT, "column 6, '&'", "'and'");
    assert_refused("!true", KL_EINPUT, "'!'", "'not'");
    assert_refused("zero \xe2\x89\xa4 2", KL_EINPUT, "column 6, '\xe2\x89\xa4'", "unexpected");
    assert_refused("'\xc3\xa4\xc3\xb6' == 3 kg", KL_EINPUT, "column 9, '3 kg'", "unit");
    assert_refused("run-2.mode == \"hard", KL_EINPUT, "column 15", "no closing \"");
    assert_refused("minn(1, 2) < 3", KL_EINPUT, "column 1, 'minn'", "did you mean 'min'");
    assert_refused("abs(1, 2) < 3", KL_EINPUT, "'abs(1, 2)'", "1 value, not 2");
    assert_refused("lower(1) < 3", KL_EINPUT, "'lower(1)'", "2 values, not 1");
    assert_refused("min() < 3", KL_EINPUT, "'min()'", "1 value or more");
    assert_refused("min(1,) < 3", KL_EINPUT, "column 7, ')'", "expected a number");
    assert_refused("exists(1 + 2)", KL_EINPUT, "'1 + 2'", "name of a metric");
    assert_refused("zero\n<\n", KL_EINPUT, "column 8", "expected");
    assert_refused("1 2", KL_EINPUT, "column 3, '2'", "an operator");
    assert_refused("zero zero", KL_EINPUT, "column 6, 'zero'", "an operator");
}

static void faults_of_meaning_are_located(void **state)
{
    (void)state;
    assert_refused("true and no.such > 1", KL_EINPUT, "column 10, 'no.such'", "unknown name");
    assert_refused("1 ms < 2 and run-2.latency < 24 KiB", KL_EINPUT, "column 1, '1 ms < 2'",
                   "a time such as 20 ms");
    assert_refused("true and run-2.latency < 24 KiB", KL_EINPUT,
                   "column 10, 'run-2.latency < 24 KiB'", "a size such as 32 KiB");
    assert_refused("run-2.latency + 1 < 2", KL_EINPUT, "'run-2.latency + 1'", "plain number");
    assert_refused("verify.exact > 1", KL_EINPUT, "column 16, '1'", "true or false is needed");
    assert_refused("run-2.mode < 'x'", KL_EINPUT, "'run-2.mode < 'x''", "only numbers");
    assert_refused("run-2.mode + 1 < 2", KL_EINPUT, "'run-2.mode'", "a number is needed");
    assert_refused("1 and true", KL_EINPUT, "column 1, '1'", "true or false is needed");
    assert_refused("not 1", KL_EINPUT, "column 5, '1'", "true or false is needed");
    assert_refused("sqrt(2 ms) > 1", KL_EINPUT, "'sqrt(2 ms)'", "square root");
    assert_refused("round(2 ms) > 1", KL_EINPUT, "'2 ms'", "divide by one first");
    assert_refused("min(1, 2 ms) > 1", KL_EINPUT, "'min(1, 2 ms)'", "a time");
    assert_refused("lower(3 ms, 1) > 0", KL_EINPUT, "'3 ms'", "without a unit");
    assert_refused("1 / zero > 1", KL_ECHECK, "column 1, '1 / zero'", "divides by zero");
    assert_refused("log10(-1) > 1", KL_ECHECK, "'log10(-1)'", "finite");
    assert_refused("1e308 * 10 > 1", KL_ECHECK, "'1e308 * 10'", "finite");
    assert_refused("lower(3, 4) > 0", KL_ECHECK, "'lower(3, 4)'", "0 <= k <= n");
    assert_refused("(1 s * 1 s * 1 s * 1 s * 1 s) * (1 s * 1 s * 1 s * 1 s) > 1", KL_EINPUT,
                   "column 1", "beyond all units");
}

static void check_wants_no_values(void **state)
{
    (void)state;
    struct kl_diag diag = {0};
    assert_int_equal(kl_expression_check(parse("soak.hours >= 24 h"), &scope, &diag), KL_OK);
    assert_int_equal(kl_expression_check(parse("1 / zero > 1"), &scope, &diag), KL_OK);
    assert_int_equal(kl_expression_check(parse("lower(zero, 4) > 0"), &scope, &diag), KL_OK);
    assert_int_equal(kl_expression_check(parse("soak.hours + 1 ms > 3 KiB"), &scope, &diag),
                     KL_EINPUT);
    assert_non_null(strstr(diag.message, "'soak.hours + 1 ms > 3 KiB'"));
    kl_diag_clear(&diag);
    assert_int_equal(kl_expression_check(parse("(soak.hours > 1 h) + 1 > 3"), &scope, &diag),
                     KL_EINPUT);
}

static void sizes_are_limited(void **state)
{
    (void)state;
    static char text[KL_EXPRESSION_BYTES + 2];
    memset(text, '(', KL_EXPRESSION_BYTES);
    assert_refused(text, KL_ELIMIT, "column", "nested too deeply");
    memset(text, '-', KL_EXPRESSION_BYTES);
    assert_refused(text, KL_ELIMIT, "column", "nested too deeply");
    for (size_t i = 0; i + 4 <= KL_EXPRESSION_BYTES; i += 4) {
        memcpy(text + i, "not ", 4);
    }
    assert_refused(text, KL_ELIMIT, "column", "nested too deeply");
    for (size_t i = 0; i + 2 <= KL_EXPRESSION_BYTES; i += 2) {
        memcpy(text + i, "1+", 2);
    }
    text[KL_EXPRESSION_BYTES - 1] = '1';
    assert_refused(text, KL_ELIMIT, "column 1", "nested too deeply");
    memset(text, ' ', KL_EXPRESSION_BYTES + 1);
    assert_refused(text, KL_ELIMIT, "4097 bytes", "4096");
}

static void long_parts_are_cut_when_quoted(void **state)
{
    (void)state;
    /* 45 letters of two bytes each: the cut after 80 bytes must not split one. */
    char letters[91];
    char text[128];
    char expected[128];
    for (size_t i = 0; i < 45; i++) {
        memcpy(letters + 2 * i, "\xc3\xa4", 3);
    }
    snprintf(text, sizeof text, "'%s' and true", letters);
    snprintf(expected, sizeof expected, "column 1, ''%.78s...'", letters);
    assert_refused(text, KL_EINPUT, expected, "is needed here");
}

static void sides_say_by_how_much(void **state)
{
    (void)state;
    struct kl_diag diag = {0};
    struct kl_operand sides[2];
    const struct kl_expression *e = parse("profile.m4.ram.total <= 16 KiB");
    assert_int_equal(kl_expression_sides(e, &scope, arena, sides, &diag), KL_OK);
    assert_int_equal(sides[0].kind, KL_OPERAND_NUMBER);
    assert_true(sides[0].number.value == 17100 && sides[1].number.value == 16 * 1024);
    assert_true(kl_dimension_equal(sides[0].number.dimension, KL_BYTES));
    static const char *const others[] = {"verify.exact", "soak.hours > 3", "run-2.mode == \"a\"",
                                         "zero < 1 and zero < 2"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        e = parse(others[i]);
        assert_int_equal(kl_expression_sides(e, &scope, arena, sides, &diag), KL_OK);
        assert_int_equal(sides[0].kind, KL_OPERAND_NONE);
        assert_int_equal(sides[1].kind, KL_OPERAND_NONE);
    }
    e = parse("run-2.latency < 3 KiB");
    assert_int_equal(kl_expression_sides(e, &scope, arena, sides, &diag), KL_EINPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_units),
        cmocka_unit_test(a_slash_may_divide),
        cmocka_unit_test(operators_bind_as_usual),
        cmocka_unit_test(comparisons_compare),
        cmocka_unit_test(functions_compute),
        cmocka_unit_test(reasons_show_the_values),
        cmocka_unit_test(missing_values_are_named),
        cmocka_unit_test(the_weakest_provenance_is_kept),
        cmocka_unit_test(names_are_listed_once),
        cmocka_unit_test(faults_of_writing_are_located),
        cmocka_unit_test(faults_of_meaning_are_located),
        cmocka_unit_test(check_wants_no_values),
        cmocka_unit_test(sizes_are_limited),
        cmocka_unit_test(long_parts_are_cut_when_quoted),
        cmocka_unit_test(sides_say_by_how_much),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
