/* SPDX-License-Identifier: Apache-2.0 */
/* Values with units: what is read, what is refused, and how values are shown. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"

static bool parse(const char *text, struct kl_value *value)
{
    return kl_value_parse(text, strlen(text), value);
}

static bool close_to(double a, double b, double share)
{
    return fabs(a - b) <= share * fabs(b);
}

static void test_values(void **state)
{
    static const struct {
        const char *text;
        double value;
        const struct kl_dimension *dimension;
    } rows[] = {
        {"20 ms", 0.02, &KL_SECONDS},
        {"20ms", 0.02, &KL_SECONDS},
        {"7   ns", 7e-9, &KL_SECONDS},
        {"1 us", 1e-6, &KL_SECONDS},
        {"90 s", 90, &KL_SECONDS},
        {"3 min", 180, &KL_SECONDS},
        {"2 h", 7200, &KL_SECONDS},
        {"365 d", 31536000, &KL_SECONDS},
        {"1 wk", 604800, &KL_SECONDS},
        {"12 mo", 31557600, &KL_SECONDS},
        {"1 a", 31557600, &KL_SECONDS},
        {"64 B", 64, &KL_BYTES},
        {"32 KiB", 32768, &KL_BYTES},
        {"32 kB", 32000, &KL_BYTES},
        {"1.5 MiB", 1572864, &KL_BYTES},
        {"2 MB", 2e6, &KL_BYTES},
        {"1 GiB", 1073741824, &KL_BYTES},
        {"1 GB", 1e9, &KL_BYTES},
        {"64 MHz", 64e6, &KL_PER_SECOND},
        {"0.1 /h", 0.1 / 3600, &KL_PER_SECOND},
        {"0.1/h", 0.1 / 3600, &KL_PER_SECOND},
        {"16 kHz", 16e3, &KL_PER_SECOND},
        {"1 GHz", 1e9, &KL_PER_SECOND},
        {"50 Hz", 50, &KL_PER_SECOND},
        {"3 uA", 3e-6, &KL_AMPERES},
        {"3 \u00b5A", 3e-6, &KL_AMPERES},
        {"3 \u03bcA", 3e-6, &KL_AMPERES},
        {"400 nA", 4e-7, &KL_AMPERES},
        {"5 pA", 5e-12, &KL_AMPERES},
        {"5.3 mA", 5.3e-3, &KL_AMPERES},
        {"1 A", 1, &KL_AMPERES},
        {"3.3 V", 3.3, &KL_VOLTS},
        {"900 mV", 0.9, &KL_VOLTS},
        {"2.1 mJ", 2.1e-3, &KL_JOULES},
        {"1 Wh", 3600, &KL_JOULES},
        {"2 kWh", 7.2e6, &KL_JOULES},
        {"1 A*V*s", 1, &KL_JOULES},
        {"15 mW", 0.015, &KL_WATTS},
        {"2 kW", 2000, &KL_WATTS},
        {"225 mAh", 810, &KL_COULOMBS},
        {"2 Ah", 7200, &KL_COULOMBS},
        {"52 uA/MHz", 52e-12, &KL_AMPERES_PER_HERTZ},
        {"-40 \u00b0C", -40, &KL_CELSIUS},
        {"85 degC", 85, &KL_CELSIUS},
        {"85 C", 85, &KL_CELSIUS},
        {"12 EUR", 12, &KL_MONEY},
        {"12.50 USD", 12.5, &KL_MONEY},
        {"86400 B/d", 1, &KL_BYTES_PER_SECOND},
        {"1 KiB/s", 1024, &KL_BYTES_PER_SECOND},
        {"95 %", 0.95, &KL_PLAIN},
        {"95%", 0.95, &KL_PLAIN},
        {"20 ppm", 20e-6, &KL_PLAIN},
        {"0.95", 0.95, &KL_PLAIN},
        {".95", 0.95, &KL_PLAIN},
        {"0", 0, &KL_PLAIN},
        {"-1", -1, &KL_PLAIN},
        {"+1", 1, &KL_PLAIN},
        {"1e3", 1000, &KL_PLAIN},
        {"1.5E-3", 0.0015, &KL_PLAIN},
        {"1e3 s", 1000, &KL_SECONDS},
        {"1,000", 1000, &KL_PLAIN},
        {"12,345,678.5", 12345678.5, &KL_PLAIN},
        {"1_000_000 B", 1e6, &KL_BYTES},
        {"0x20000000", 536870912, &KL_PLAIN},
        {"0xfF B", 255, &KL_BYTES},
        {"0x20000000000000", 9007199254740992, &KL_PLAIN},
        {"5 cycles", 5, &KL_PLAIN},
        {"5 instructions/s", 5, &KL_PER_SECOND},
        {"3 devices", 3, &KL_PLAIN},
        {"4 macs", 4, &KL_PLAIN},
        {"4 samples/s", 4, &KL_PER_SECOND},
        {"4 1/s", 4, &KL_PER_SECOND},
        {"2 s^2/s", 2, &KL_SECONDS},
        {"10 s/s", 10, &KL_PLAIN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kl_value value = {0};
        bool good = parse(rows[i].text, &value) && close_to(value.value, rows[i].value, 1e-14) &&
                    kl_dimension_equal(value.dimension, *rows[i].dimension);
        if (!good) {
            fail_msg("'%s' gives %.17g", rows[i].text, value.value);
        }
    }
}

static void test_refused(void **state)
{
    static const char *const texts[] = {
        "",          " ",         "ms",       "20 kg",  "20 MS",  "20 ms ",   " 20 ms",
        "20 ms x",   "5.",        "5. s",     "1e",     "1e400",  "-1e400",   "1e-400",
        "nan",       "inf",       "infinity", "1,5",    "1,0000", "1000,000", "1,000_000",
        "1,",        ",100",      "1_",       "1__000", "0x",     "0xg",      "0x20000000000001",
        "--1",       "+-1",       "- 1",      "1 2",    "1 /",    "1 s/",     "1 //s",
        "1 s//s",    "1 *s",      "1 s*",     "1 s^",   "1 s^0",  "1 s^9",    "1 s^8*s",
        "1 s^-1",    "1 s ^2",    "1 m",      "1 e",    "20\tms", "20\nms",   "1 \xc2\xb5",
        "1 \xc2",    "1 \xb5s",   "1.2.3",    "0x1.8",  "1 eur",  "1 %%",     "1 / h",
        "1e308 kWh", "1e300 GiB",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct kl_value value;
        if (parse(texts[i], &value)) {
            fail_msg("'%s' is read as %g", texts[i], value.value);
        }
    }
    struct kl_value value;
    assert_false(kl_value_parse("1 s\0", 4, &value));
    assert_false(kl_value_parse("1\0", 2, &value));
    assert_true(kl_value_parse("1 sx", 3, &value));
    assert_false(kl_unit_parse("", 0, &value));
}

static void test_long_texts(void **state)
{
    char text[5000];
    struct kl_value value;
    (void)state;
    memset(text, '1', sizeof text);
    assert_false(kl_value_parse(text, sizeof text, &value));
    assert_true(kl_value_parse(text, 60, &value));
    text[1] = '.';
    assert_false(kl_value_parse(text, sizeof text, &value));
    text[1] = 'e';
    assert_false(kl_value_parse(text, sizeof text, &value));
    memset(text, ' ', sizeof text);
    text[0] = '1';
    text[sizeof text - 1] = 's';
    assert_true(kl_value_parse(text, sizeof text, &value));
    for (size_t i = 2; i + 1 < sizeof text; i += 2) {
        memcpy(text + i, "s/", 2);
    }
    assert_false(kl_value_parse(text, sizeof text, &value));
}

static void test_dimensions(void **state)
{
    struct kl_dimension result = KL_VOLTS;
    const struct kl_dimension steep = {.seconds = 8};
    (void)state;
    assert_true(kl_dimension_combine(KL_WATTS, KL_SECONDS, 1, &result));
    assert_true(kl_dimension_equal(result, KL_JOULES));
    assert_true(kl_dimension_combine(KL_AMPERES, KL_PER_SECOND, -1, &result));
    assert_true(kl_dimension_equal(result, KL_AMPERES_PER_HERTZ));
    assert_true(kl_dimension_combine(KL_BYTES, KL_SECONDS, -1, &result));
    assert_true(kl_dimension_equal(result, KL_BYTES_PER_SECOND));
    assert_false(kl_dimension_combine(steep, KL_SECONDS, 1, &result));
    assert_true(kl_dimension_equal(result, KL_BYTES_PER_SECOND)); /* left as it was */
    assert_true(kl_dimension_combine(steep, KL_SECONDS, -1, &result));
    assert_int_equal(result.seconds, 7);
    assert_false(kl_dimension_equal(KL_MONEY, KL_PLAIN));
    assert_false(kl_dimension_equal(KL_CELSIUS, KL_PLAIN));
}

/* What a person wrote comes back as it was written. */
static void test_shown_as_written(void **state)
{
    static const char *const texts[] = {
        "20 ms",    "16.5 KiB", "2.1 mJ",      "0.95",      "365 d",    "730 d",      "90 s",
        "1 a",      "10 a",     "1 h",         "12 h",      "36 h",     "52 uA/MHz",  "0.1 /h",
        "0.5 /h",   "3 /d",     "10 /min",     "0.5 Hz",    "100 Hz",   "64 MHz",     "16 kHz",
        "44.1 kHz", "12 EUR",   "12.50 EUR",   "0.05 EUR",  "225 mAh",  "950 mAh",    "2 Ah",
        "2 KiB/d",  "3.3 V",    "950 mV",      "5.3 mA",    "400 nA",   "85 \u00b0C", "15 mW",
        "1234567",  "32 KiB",   "1 MiB",       "100 ns",    "12 EUR/a", "9999 EUR",   "1500 B",
        "7 d",      "45 min",   "-40 \u00b0C", "-5 mA",     "0",        "0 s",        "0 B",
        "0 EUR",    "0 mAh",    "0 Hz",        "1e-09 A^2", "3 /s^2",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[KL_VALUE_BYTES];
        struct kl_value value;
        assert_true(parse(texts[i], &value));
        assert_string_equal(kl_value_format(value, NULL, text), texts[i]);
    }
}

static void assert_shown(double value, struct kl_dimension dimension, const char *currency,
                         const char *expected)
{
    char text[KL_VALUE_BYTES];
    const struct kl_value shown = {value, dimension};
    assert_string_equal(kl_value_format(shown, currency, text), expected);
}

static void test_shown_rounded(void **state)
{
    (void)state;
    assert_shown(0.0123456, KL_SECONDS, NULL, "12.35 ms");
    assert_shown(17000, KL_BYTES, NULL, "16.6 KiB");
    assert_shown(123456.7, KL_PLAIN, NULL, "123457");
    assert_shown(2.0 / 3, KL_PLAIN, NULL, "0.6667");
    assert_shown(1e20, KL_PLAIN, NULL, "1e+20");
    assert_shown(1234.5678, KL_MONEY, "USD", "1234.57 USD");
    assert_shown(123456.78, KL_MONEY, "CHF", "123457 CHF");
    assert_shown(0.01234, KL_MONEY, "JPY", "0.01234 JPY");
    assert_shown(-0.0, KL_SECONDS, NULL, "0 s");
    assert_shown(12, KL_MONEY, "a currency with a long name", "12 a curren");
}

static void assert_round_trip(struct kl_value value)
{
    char text[KL_VALUE_BYTES];
    struct kl_value again = {0};
    kl_value_format(value, NULL, text);
    bool good = parse(text, &again) && close_to(again.value, value.value, 1e-3) &&
                kl_dimension_equal(again.dimension, value.dimension);
    if (!good) {
        fail_msg("%.17g is shown as '%s' and read as %.17g", value.value, text, again.value);
    }
}

/* From very small to very large values, of every dimension that has units of its own. */
static void test_round_trips(void **state)
{
    const struct kl_dimension dimensions[] = {
        KL_PLAIN,
        KL_BYTES,
        KL_SECONDS,
        KL_PER_SECOND,
        KL_AMPERES,
        KL_VOLTS,
        KL_JOULES,
        KL_WATTS,
        KL_COULOMBS,
        KL_CELSIUS,
        KL_MONEY,
        KL_BYTES_PER_SECOND,
        {.money = 1, .seconds = -1},
        {.volts = 2, .seconds = -3, .money = -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof dimensions / sizeof dimensions[0]; i++) {
        for (double value = 1.2345678e-18; value < 1e18; value *= 1.37) {
            assert_round_trip((struct kl_value){value, dimensions[i]});
            assert_round_trip((struct kl_value){-value, dimensions[i]});
        }
    }
}

/* Any powers, with the longest numbers, fit the text and are read again. */
static void test_compound_round_trips(void **state)
{
    unsigned seed = 1;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        int8_t powers[6];
        for (int j = 0; j < 6; j++) {
            seed = seed * 1103515245U + 12345U;
            powers[j] = (int8_t)((int)(seed >> 16) % 17 - 8);
        }
        const struct kl_dimension dimension = {powers[0], powers[1], powers[2],
                                               powers[3], powers[4], powers[5]};
        assert_round_trip((struct kl_value){-1.234567e-300, dimension});
    }
    const struct kl_dimension widest = {-8, -8, -8, -8, -8, -8};
    assert_round_trip((struct kl_value){-1.234567e-300, widest});
}

static void test_not_finite(void **state)
{
    char text[KL_VALUE_BYTES];
    (void)state;
    kl_value_format((struct kl_value){INFINITY, KL_SECONDS}, NULL, text);
    assert_string_equal(text, "inf s");
    kl_value_format((struct kl_value){NAN, KL_PLAIN}, NULL, text);
    assert_non_null(strstr(text, "nan"));
}

static void test_examples(void **state)
{
    const struct kl_dimension odd = {.volts = 3};
    (void)state;
    assert_string_equal(kl_dimension_example(KL_SECONDS), "a time such as 20 ms");
    assert_string_equal(kl_dimension_example(KL_BYTES), "a size such as 32 KiB");
    assert_string_equal(kl_dimension_example(KL_PLAIN), "a plain number such as 0.95");
    assert_non_null(strstr(kl_dimension_example(KL_COULOMBS), "mAh"));
    assert_non_null(strstr(kl_dimension_example(KL_AMPERES_PER_HERTZ), "uA/MHz"));
    assert_true(strlen(kl_dimension_example(odd)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),           cmocka_unit_test(test_refused),
        cmocka_unit_test(test_long_texts),       cmocka_unit_test(test_dimensions),
        cmocka_unit_test(test_shown_as_written), cmocka_unit_test(test_shown_rounded),
        cmocka_unit_test(test_round_trips),      cmocka_unit_test(test_compound_round_trips),
        cmocka_unit_test(test_not_finite),       cmocka_unit_test(test_examples),
    };
    return cmocka_run_group_tests_name("base units", tests, NULL, NULL);
}
