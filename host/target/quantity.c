/* SPDX-License-Identifier: Apache-2.0 */
#include "target/quantity.h"

#include <string.h>

struct unit {
    const char *name;
    enum kl_quantity kind;
    uint32_t factor;
};

static const struct unit units[] = {
    {"B", KL_QUANTITY_BYTES, 1},
    {"KiB", KL_QUANTITY_BYTES, 1024},
    {"MiB", KL_QUANTITY_BYTES, 1024 * 1024},
    {"GiB", KL_QUANTITY_BYTES, 1024 * 1024 * 1024},
    {"Hz", KL_QUANTITY_FREQUENCY, 1},
    {"kHz", KL_QUANTITY_FREQUENCY, 1000},
    {"MHz", KL_QUANTITY_FREQUENCY, 1000 * 1000},
    {"GHz", KL_QUANTITY_FREQUENCY, 1000 * 1000 * 1000},
};

/* Value of a digit, or 16 when it is none. */
static uint32_t digit_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return (uint32_t)(digit - '0');
    }
    if (digit >= 'a' && digit <= 'f') {
        return (uint32_t)(digit - 'a') + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return (uint32_t)(digit - 'A') + 10;
    }
    return 16;
}

/* Factor of the unit that is the rest of the text; 0 when there is no such unit of the kind. */
static uint32_t unit_factor(const char *text, size_t length, enum kl_quantity kind)
{
    if (length == 0) {
        return 1;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const struct unit *unit = &units[i];
        if (unit->kind == kind && strlen(unit->name) == length &&
            memcmp(unit->name, text, length) == 0) {
            return unit->factor;
        }
    }
    return 0;
}

bool kl_quantity_parse(const char *text, size_t length, enum kl_quantity kind, uint32_t *value)
{
    bool hexadecimal = length > 2 && text[0] == '0' && text[1] == 'x';
    uint32_t base = hexadecimal ? 16 : 10;
    size_t first = hexadecimal ? 2 : 0;
    size_t at = first;
    uint64_t number = 0;
    for (; at < length && digit_value(text[at]) < base; at++) {
        number = number * base + digit_value(text[at]);
        if (number > UINT32_MAX) {
            return false;
        }
    }
    if (at == first) {
        return false;
    }
    size_t unit = at;
    while (unit < length && text[unit] == ' ') {
        unit++;
    }
    number *= unit_factor(text + unit, length - unit, kind);
    *value = (uint32_t)number;
    /* A factor of 0 means an unknown unit; zero itself needs none. */
    return number <= UINT32_MAX && (number > 0 || (unit == length && unit == at));
}
