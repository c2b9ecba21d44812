/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Factors: SI prefixes and the units accepted beside the SI (BIPM, The International System of
 * Units, 9th edition), binary prefixes (IEC 80000-13), the Julian year of astronomy (365.25 days).
 */
#include "base/unit_internal.h"

#include <string.h>

enum { KIB = 1024, MIB = 1024 * 1024, GIB = 1024 * 1024 * 1024 };
enum { MINUTE = 60, HOUR = 3600, DAY = 24 * HOUR, YEAR = 365 * DAY + DAY / 4 };

static const struct kl_unit units[] = {
    {"B", 1, &KL_BYTES},
    {"kB", 1e3, &KL_BYTES},
    {"KiB", KIB, &KL_BYTES},
    {"MB", 1e6, &KL_BYTES},
    {"MiB", MIB, &KL_BYTES},
    {"GB", 1e9, &KL_BYTES},
    {"GiB", GIB, &KL_BYTES},
    {"ns", 1e-9, &KL_SECONDS},
    {"us", 1e-6, &KL_SECONDS},
    {"ms", 1e-3, &KL_SECONDS},
    {"s", 1, &KL_SECONDS},
    {"min", MINUTE, &KL_SECONDS},
    {"h", HOUR, &KL_SECONDS},
    {"d", DAY, &KL_SECONDS},
    {"wk", 7 * DAY, &KL_SECONDS},
    {"mo", YEAR / 12.0, &KL_SECONDS},
    {"a", YEAR, &KL_SECONDS},
    {"Hz", 1, &KL_PER_SECOND},
    {"kHz", 1e3, &KL_PER_SECOND},
    {"MHz", 1e6, &KL_PER_SECOND},
    {"GHz", 1e9, &KL_PER_SECOND},
    {"pA", 1e-12, &KL_AMPERES},
    {"nA", 1e-9, &KL_AMPERES},
    {"uA", 1e-6, &KL_AMPERES},
    {"mA", 1e-3, &KL_AMPERES},
    {"A", 1, &KL_AMPERES},
    {"mV", 1e-3, &KL_VOLTS},
    {"V", 1, &KL_VOLTS},
    {"nJ", 1e-9, &KL_JOULES},
    {"uJ", 1e-6, &KL_JOULES},
    {"mJ", 1e-3, &KL_JOULES},
    {"J", 1, &KL_JOULES},
    {"uWh", 1e-6 * HOUR, &KL_JOULES},
    {"mWh", 1e-3 * HOUR, &KL_JOULES},
    {"Wh", HOUR, &KL_JOULES},
    {"kWh", 1e3 * HOUR, &KL_JOULES},
    {"nW", 1e-9, &KL_WATTS},
    {"uW", 1e-6, &KL_WATTS},
    {"mW", 1e-3, &KL_WATTS},
    {"W", 1, &KL_WATTS},
    {"kW", 1e3, &KL_WATTS},
    {"uAh", 1e-6 * HOUR, &KL_COULOMBS},
    {"mAh", 1e-3 * HOUR, &KL_COULOMBS},
    {"Ah", HOUR, &KL_COULOMBS},
    {"C", 1, &KL_CELSIUS},
    {"degC", 1, &KL_CELSIUS},
    {"%", 1e-2, &KL_PLAIN},
    {"ppm", 1e-6, &KL_PLAIN},
    {"1", 1, &KL_PLAIN},
    {"instructions", 1, &KL_PLAIN},
    {"cycles", 1, &KL_PLAIN},
    {"macs", 1, &KL_PLAIN},
    {"samples", 1, &KL_PLAIN},
    {"devices", 1, &KL_PLAIN},
    {"EUR", 1, &KL_MONEY},
    {"USD", 1, &KL_MONEY},
    {"GBP", 1, &KL_MONEY},
    {"CHF", 1, &KL_MONEY},
    {"JPY", 1, &KL_MONEY},
    {"CNY", 1, &KL_MONEY},
    {"INR", 1, &KL_MONEY},
    {"KRW", 1, &KL_MONEY},
};

const struct kl_unit *kl_unit_find(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strlen(units[i].name) == length && memcmp(units[i].name, name, length) == 0) {
            return &units[i];
        }
    }
    return NULL;
}
