/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values with units: "20 ms", "32 KiB", "365 d", "52 uA/MHz", "0.1 /h", "12 EUR", "95 %".
 * A value is a double in base units (B, s, A, V, degC, one unit of money) and a dimension; sums
 * and comparisons of different dimensions are refused, products combine them.
 */
#ifndef KINGLET_BASE_UNITS_H
#define KINGLET_BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exponents of the base units. All zero: a plain number. J is A*V*s, mAh is A*s, Hz is 1/s. */
struct kl_dimension {
    int8_t bytes, seconds, amperes, volts, celsius, money;
};

struct kl_value {
    double value;
    struct kl_dimension dimension;
};

extern const struct kl_dimension KL_PLAIN, KL_BYTES, KL_SECONDS, KL_PER_SECOND, KL_AMPERES,
    KL_VOLTS, KL_JOULES, KL_WATTS, KL_COULOMBS, KL_CELSIUS, KL_MONEY, KL_AMPERES_PER_HERTZ,
    KL_BYTES_PER_SECOND;

bool kl_dimension_equal(struct kl_dimension a, struct kl_dimension b);
/* a*b with sign +1, a/b with -1. False when an exponent would leave -8..8. */
bool kl_dimension_combine(struct kl_dimension a, struct kl_dimension b, int sign,
                          struct kl_dimension *result);

/*
 * A unit such as "ms", "KiB", "uA/MHz", "/h", "B/d", "EUR/a", "%": its factor and dimension.
 * Known: B kB KiB MB MiB GB GiB; ns us ms s min h d wk mo a; Hz kHz MHz GHz; pA nA uA mA A;
 * mV V; nJ uJ mJ J; nW uW mW W kW; uWh mWh Wh kWh; uAh mAh Ah; C degC; % ppm; the plain counts of
 * results (1, instructions, cycles, macs, samples, devices); currencies EUR USD GBP CHF JPY CNY INR
 * KRW. "µ" (both code points) and "°C" are accepted. mo is a/12, a is 365.25 d. A compound is
 * units joined by "*" and "/", each perhaps with a power ("s^2"), perhaps with a "/" in front; a
 * "/" divides by the one unit behind it.
 */
bool kl_unit_parse(const char *text, size_t length, struct kl_value *unit);

/* A number (decimal, exponent or 0x hexadecimal) and, after spaces or none, an optional unit.
 * "1,000" and "1_000" group digits by three ("1,5" is refused). False for anything else, for what
 * a double cannot hold, and for hexadecimal numbers beyond 2^53. */
bool kl_value_parse(const char *text, size_t length, struct kl_value *value);

/* For messages: what a value of the dimension looks like ("a time such as 20 ms"). */
const char *kl_dimension_example(struct kl_dimension dimension);

/*
 * "20 ms", "16.5 KiB", "2.1 mJ", "0.95", "365 d": up to four digits (whole plain numbers: all) and
 * the unit in which they are exact and fewest, or else the largest that leaves something before
 * the point. `currency` names money (NULL: "EUR"; at most 8 letters are used). Parsing the text
 * gives the value to 0.1 %. Returns `text`.
 */
enum { KL_VALUE_BYTES = 48 };
char *kl_value_format(struct kl_value value, const char *currency, char text[KL_VALUE_BYTES]);

#endif
