/* SPDX-License-Identifier: Apache-2.0 */
/* Values as people write them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

/* How values of one dimension are shown. In a unit, "$" stands for the currency. */
struct family {
    const struct kl_dimension *dimension;
    const char *units[9]; /* from small to large, NULL-terminated */
    const char *zero;     /* unit of the value 0 */
    double least;         /* smallest number to show in front of a unit, if there is a choice */
    double below;         /* for values smaller than this; 0: for all */
    const char *example;
};

static const struct family families[] = {
    {&KL_BYTES, {"B", "KiB", "MiB", "GiB"}, "B", 1, 0, "a size such as 32 KiB"},
    {&KL_SECONDS, {"ns", "us", "ms", "s", "min", "h", "d", "a"}, "s", 1, 0, "a time such as 20 ms"},
    /* "0.1 /h" says more than "2.4 /d" to those who count events by the hour. */
    {&KL_PER_SECOND,
     {"/a", "/d", "/h", "/min", "Hz"},
     "Hz",
     0.1,
     1,
     "a rate such as 10 Hz or 0.1 /h"},
    {&KL_PER_SECOND, {"Hz", "kHz", "MHz", "GHz"}, "Hz", 1, 0, ""},
    {&KL_AMPERES, {"pA", "nA", "uA", "mA", "A"}, "A", 1, 0, "a current such as 3 uA"},
    {&KL_VOLTS, {"mV", "V"}, "V", 1, 0, "a voltage such as 3.3 V"},
    {&KL_JOULES, {"nJ", "uJ", "mJ", "J", "Wh", "kWh"}, "J", 1, 0, "an energy such as 2.1 mJ"},
    {&KL_WATTS, {"nW", "uW", "mW", "W", "kW"}, "W", 1, 0, "a power such as 15 mW"},
    /* A*s is the unit of a charge and of a current per clock. The size tells which one it is:
     * a microampere-second is as much as 1 A/MHz. */
    {&KL_COULOMBS,
     {"nA/MHz", "uA/MHz", "mA/MHz"},
     "mAh",
     1,
     1e-6,
     "a charge such as 225 mAh, or a current per clock such as 52 uA/MHz"},
    {&KL_COULOMBS, {"uAh", "mAh", "Ah"}, "mAh", 1, 0, ""},
    {&KL_CELSIUS, {"\u00b0C"}, "\u00b0C", 1, 0, "a temperature such as 85 degC"},
    {&KL_MONEY, {"$"}, "$", 1, 0, "an amount such as 12 EUR"},
    {&(const struct kl_dimension){.money = 1, .seconds = -1},
     {"$/a"},
     "$/a",
     1,
     0,
     "a running cost such as 12 EUR/a"},
    {&KL_BYTES_PER_SECOND,
     {"B/d", "KiB/d", "B/s", "KiB/s", "MiB/s"},
     "B/s",
     1,
     0,
     "a data rate such as 2 KiB/d"},
};

/* The family for values of a dimension, or NULL. */
static const struct family *find_family(struct kl_dimension dimension, double size)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        bool fits = families[i].below == 0 || size < families[i].below;
        if (fits && kl_dimension_equal(*families[i].dimension, dimension)) {
            return &families[i];
        }
    }
    return NULL;
}

const char *kl_dimension_example(struct kl_dimension dimension)
{
    const struct family *family = find_family(dimension, 0);
    if (family) {
        return family->example;
    }
    bool plain = kl_dimension_equal(dimension, KL_PLAIN);
    return plain ? "a plain number such as 0.95" : "a number with a compound unit such as 3 mA*h/d";
}

enum { NUMBER_BYTES = 24 };

/* Four digits, or a whole number; beyond 10^15 by an exponent. */
static void write_number(double number, char text[NUMBER_BYTES])
{
    bool whole = number == floor(number);
    bool large = fabs(number) >= 9999.5;
    bool huge = fabs(number) >= 1e15;
    snprintf(text, NUMBER_BYTES, !huge && (whole || large) ? "%.0f" : "%.4g", number);
}

/* Is it a whole number but for rounding? */
static bool is_whole(double number)
{
    return fabs(number - round(number)) <= 1e-9 * number;
}

/* Amounts of money have no or two decimals, unless they are too small for that. */
static void write_amount(double number, char text[NUMBER_BYTES])
{
    bool whole = is_whole(number);
    bool in_cents = number >= 10 || is_whole(number * 100);
    if (!whole && in_cents && number < 9999.5) {
        snprintf(text, NUMBER_BYTES, "%.2f", number);
    } else {
        write_number(whole ? round(number) : number, text);
    }
}

static void write_in_family(const struct family *family, double number, char text[NUMBER_BYTES])
{
    if (family->dimension->money) {
        write_amount(number, text);
    } else {
        write_number(number, text);
    }
}

/* The factor of a unit of the tables above. */
static double factor_of(const char *name)
{
    struct kl_value unit = {1, KL_PLAIN};
    if (name[0] != '$') {
        kl_unit_parse(name, strlen(name), &unit);
    } else if (name[1]) {
        kl_unit_parse(name + 1, strlen(name + 1), &unit);
    }
    return unit.value;
}

/* How much there is to read: digits, and the point unless it stands behind a mere 0. */
static size_t reading_length(const char *number)
{
    return strlen(number) - (strncmp(number, "0.", 2) == 0 ? 1 : 0);
}

/*
 * The unit in which the size is a short number: among those with which four digits are exact,
 * the one with the fewest; else the largest that leaves something before the point.
 */
static const char *choose_unit(const struct family *family, double size)
{
    const char *largest = family->units[0];
    const char *exact = NULL;
    size_t shortest = NUMBER_BYTES;
    for (size_t i = 0; family->units[i]; i++) {
        char text[NUMBER_BYTES];
        double number = size / factor_of(family->units[i]);
        if (number < family->least * (1 - 1e-9)) {
            break;
        }
        largest = family->units[i];
        write_in_family(family, number, text);
        bool is_exact = number < 9999.5 && fabs(strtod(text, NULL) - number) <= 1e-9 * number;
        if (is_exact && reading_length(text) <= shortest) {
            exact = family->units[i];
            shortest = reading_length(text);
        }
    }
    return exact ? exact : largest;
}

/* Append "name^power" behind a separator. */
static size_t append_power(char *text, size_t used, size_t room, char separator, const char *name,
                           int power)
{
    char exponent[4] = {0};
    char before[2] = {separator, '\0'};
    if (power > 1) {
        snprintf(exponent, sizeof exponent, "^%d", power % 10);
    }
    return used + (size_t)snprintf(text + used, room - used, "%s%.8s%s", before, name, exponent);
}

/* A product of base units, for dimensions that have no unit of their own. */
static void write_compound(struct kl_dimension dimension, const char *currency,
                           char text[KL_VALUE_BYTES])
{
    const char *const names[] = {"B", "s", "A", "V", "C", currency};
    const int8_t powers[] = {dimension.bytes, dimension.seconds, dimension.amperes,
                             dimension.volts, dimension.celsius, dimension.money};
    size_t start = strlen(text);
    size_t used = start;
    for (size_t i = 0; i < sizeof powers; i++) {
        if (powers[i] > 0) {
            char separator = used == start ? ' ' : '*';
            used = append_power(text, used, KL_VALUE_BYTES, separator, names[i], powers[i]);
        }
    }
    if (used == start) {
        text[used++] = ' ';
    }
    for (size_t i = 0; i < sizeof powers; i++) {
        if (powers[i] < 0) {
            used = append_power(text, used, KL_VALUE_BYTES, '/', names[i], -powers[i]);
        }
    }
}

char *kl_value_format(struct kl_value value, const char *currency, char text[KL_VALUE_BYTES])
{
    char number[NUMBER_BYTES];
    double size = fabs(value.value);
    const char *sign = value.value < 0 ? "-" : "";
    const struct family *family = find_family(value.dimension, size);
    currency = currency ? currency : "EUR";
    if (!family) {
        write_number(size, number);
        snprintf(text, KL_VALUE_BYTES, "%s%s", sign, number);
        if (!kl_dimension_equal(value.dimension, KL_PLAIN)) {
            write_compound(value.dimension, currency, text);
        }
        return text;
    }
    const char *unit = size > 0 && isfinite(size) ? choose_unit(family, size) : family->zero;
    bool money = unit[0] == '$';
    write_in_family(family, size / factor_of(unit), number);
    snprintf(text, KL_VALUE_BYTES, "%s%s %.8s%s", sign, number, money ? currency : "",
             money ? unit + 1 : unit);
    return text;
}
