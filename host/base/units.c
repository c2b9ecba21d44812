/* SPDX-License-Identifier: Apache-2.0 */
#include "base/units.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/unit_internal.h"

const struct kl_dimension KL_PLAIN = {.bytes = 0};
const struct kl_dimension KL_BYTES = {.bytes = 1};
const struct kl_dimension KL_SECONDS = {.seconds = 1};
const struct kl_dimension KL_PER_SECOND = {.seconds = -1};
const struct kl_dimension KL_AMPERES = {.amperes = 1};
const struct kl_dimension KL_VOLTS = {.volts = 1};
const struct kl_dimension KL_JOULES = {.amperes = 1, .volts = 1, .seconds = 1};
const struct kl_dimension KL_WATTS = {.amperes = 1, .volts = 1};
const struct kl_dimension KL_COULOMBS = {.amperes = 1, .seconds = 1};
const struct kl_dimension KL_CELSIUS = {.celsius = 1};
const struct kl_dimension KL_MONEY = {.money = 1};
const struct kl_dimension KL_AMPERES_PER_HERTZ = {.amperes = 1, .seconds = 1};
const struct kl_dimension KL_BYTES_PER_SECOND = {.bytes = 1, .seconds = -1};

enum { MAX_EXPONENT = 8, MAX_UNIT_BYTES = 40, MAX_NUMBER_BYTES = 64 };

bool kl_dimension_equal(struct kl_dimension a, struct kl_dimension b)
{
    return a.bytes == b.bytes && a.seconds == b.seconds && a.amperes == b.amperes &&
           a.volts == b.volts && a.celsius == b.celsius && a.money == b.money;
}

static bool add_exponent(int8_t a, int8_t b, int sign, int8_t *result)
{
    int sum = a + sign * b;
    *result = (int8_t)sum;
    return sum >= -MAX_EXPONENT && sum <= MAX_EXPONENT;
}

bool kl_dimension_combine(struct kl_dimension a, struct kl_dimension b, int sign,
                          struct kl_dimension *result)
{
    struct kl_dimension sum;
    bool fits = add_exponent(a.bytes, b.bytes, sign, &sum.bytes) &&
                add_exponent(a.seconds, b.seconds, sign, &sum.seconds) &&
                add_exponent(a.amperes, b.amperes, sign, &sum.amperes) &&
                add_exponent(a.volts, b.volts, sign, &sum.volts) &&
                add_exponent(a.celsius, b.celsius, sign, &sum.celsius) &&
                add_exponent(a.money, b.money, sign, &sum.money);
    if (fits) {
        *result = sum;
    }
    return fits;
}

/* Multiply or divide `unit` by a factor of a compound: a name, perhaps with "^" and a digit. */
static bool apply_factor(struct kl_value *unit, const char *text, size_t length, int sign)
{
    int power = 1;
    if (length > 2 && text[length - 2] == '^') {
        power = text[length - 1] - '0';
        length -= 2;
        if (power < 1 || power > MAX_EXPONENT) {
            return false;
        }
    }
    const struct kl_unit *known = kl_unit_find(text, length);
    if (!known) {
        return false;
    }
    for (int i = 0; i < power; i++) {
        if (!kl_dimension_combine(unit->dimension, *known->dimension, sign, &unit->dimension)) {
            return false;
        }
        unit->value = sign > 0 ? unit->value * known->factor : unit->value / known->factor;
    }
    return true;
}

/* Write the signs that are not ASCII as the table has them: "u" and "degC". */
static bool normalise(const char *text, size_t length, char plain[MAX_UNIT_BYTES], size_t *used)
{
    static const struct {
        const char *sign, *plain;
    } signs[] = {{"\xc2\xb5", "u"}, {"\xce\xbc", "u"}, {"\xc2\xb0", "deg"}};
    *used = 0;
    for (size_t at = 0; at < length;) {
        const char *from = text + at;
        size_t take = 1;
        size_t put = 1;
        for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
            if (length - at >= 2 && memcmp(text + at, signs[i].sign, 2) == 0) {
                from = signs[i].plain;
                take = 2;
                put = strlen(from);
            }
        }
        if (*used + put > MAX_UNIT_BYTES) {
            return false;
        }
        memcpy(plain + *used, from, put);
        *used += put;
        at += take;
    }
    return true;
}

bool kl_unit_parse(const char *text, size_t length, struct kl_value *unit)
{
    char plain[MAX_UNIT_BYTES];
    if (!normalise(text, length, plain, &length) || length == 0) {
        return false;
    }
    struct kl_value product = {1, KL_PLAIN};
    int sign = plain[0] == '/' ? -1 : 1;
    size_t at = plain[0] == '/' ? 1 : 0;
    for (;;) {
        size_t end = at;
        while (end < length && plain[end] != '/' && plain[end] != '*') {
            end++;
        }
        if (!apply_factor(&product, plain + at, end - at, sign)) {
            return false;
        }
        if (end == length) {
            *unit = product;
            return true;
        }
        sign = plain[end] == '/' ? -1 : 1;
        at = end + 1;
    }
}

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

/* A text that is read from left to right. */
struct cursor {
    const char *text;
    size_t length, at;
};

/* The letter `ahead` of the cursor, or NUL at the end. */
static char peek(const struct cursor *in, size_t ahead)
{
    return ahead < in->length - in->at ? in->text[in->at + ahead] : '\0';
}

/* Decimal digits as they stand, copied to `number`; false when there is no room. */
static bool take_digits(struct cursor *in, char number[MAX_NUMBER_BYTES], size_t *used)
{
    while (is_digit(peek(in, 0))) {
        if (*used == MAX_NUMBER_BYTES - 1) {
            return false;
        }
        number[(*used)++] = in->text[in->at++];
    }
    return true;
}

static bool take_letter(struct cursor *in, char number[MAX_NUMBER_BYTES], size_t *used)
{
    if (*used == MAX_NUMBER_BYTES - 1) {
        return false;
    }
    number[(*used)++] = in->text[in->at++];
    return true;
}

/* Whole part: digits, or groups of three behind one to three digits. "1,5" is none of these. */
static bool take_whole(struct cursor *in, char number[MAX_NUMBER_BYTES], size_t *used)
{
    size_t first = in->at;
    if (!take_digits(in, number, used)) {
        return false;
    }
    char separator = peek(in, 0);
    bool grouped = in->at > first && (separator == ',' || separator == '_');
    if (grouped && in->at - first > 3) {
        return false;
    }
    while (grouped && peek(in, 0) == separator) {
        in->at++;
        size_t group = in->at;
        if (!take_digits(in, number, used) || in->at - group != 3) {
            return false;
        }
    }
    return true;
}

/* A fraction and an exponent, when there are any. "1e" is the number 1 before a unit "e". */
static bool take_rest(struct cursor *in, char number[MAX_NUMBER_BYTES], size_t *used)
{
    if (peek(in, 0) == '.' && is_digit(peek(in, 1))) {
        if (!take_letter(in, number, used) || !take_digits(in, number, used)) {
            return false;
        }
    }
    if (peek(in, 0) != 'e' && peek(in, 0) != 'E') {
        return true;
    }
    size_t sign = peek(in, 1) == '+' || peek(in, 1) == '-' ? 1 : 0;
    if (!is_digit(peek(in, 1 + sign))) {
        return true;
    }
    for (size_t i = 0; i <= sign; i++) {
        if (!take_letter(in, number, used)) {
            return false;
        }
    }
    return take_digits(in, number, used);
}

static bool take_decimal(struct cursor *in, double *value)
{
    char number[MAX_NUMBER_BYTES];
    size_t used = 0;
    if (!take_whole(in, number, &used) || !take_rest(in, number, &used) || used == 0) {
        return false;
    }
    number[used] = '\0';
    errno = 0;
    *value = strtod(number, NULL);
    /* What underflows, too, is not the number that was written. */
    return errno == 0;
}

/* Value of a hexadecimal digit, or 16. */
static unsigned hexadecimal_digit(char letter)
{
    if (is_digit(letter)) {
        return (unsigned)(letter - '0');
    }
    if (letter >= 'a' && letter <= 'f') {
        return (unsigned)(letter - 'a') + 10;
    }
    return letter >= 'A' && letter <= 'F' ? (unsigned)(letter - 'A') + 10 : 16;
}

/* Hexadecimal digits up to 2^53, beyond which a double would change them. */
static bool take_hexadecimal(struct cursor *in, double *value)
{
    uint64_t number = 0;
    size_t first = in->at;
    while (hexadecimal_digit(peek(in, 0)) < 16) {
        number = number * 16 + hexadecimal_digit(peek(in, 0));
        in->at++;
        if (number > UINT64_C(1) << 53) {
            return false;
        }
    }
    *value = (double)number;
    return in->at > first;
}

bool kl_value_parse(const char *text, size_t length, struct kl_value *value)
{
    struct cursor in = {.text = text, .length = length};
    struct kl_value unit = {1, KL_PLAIN};
    double sign = peek(&in, 0) == '-' ? -1 : 1;
    double number;
    in.at = peek(&in, 0) == '-' || peek(&in, 0) == '+' ? 1 : 0;
    bool hexadecimal = peek(&in, 0) == '0' && peek(&in, 1) == 'x';
    in.at += hexadecimal ? 2 : 0;
    if (!(hexadecimal ? take_hexadecimal(&in, &number) : take_decimal(&in, &number))) {
        return false;
    }
    size_t end = in.at;
    while (peek(&in, 0) == ' ') {
        in.at++;
    }
    bool has_unit = in.at < length;
    if (has_unit && !kl_unit_parse(text + in.at, length - in.at, &unit)) {
        return false;
    }
    if (!has_unit && in.at > end) {
        return false;
    }
    value->value = sign * number * unit.value;
    value->dimension = unit.dimension;
    return isfinite(value->value);
}
