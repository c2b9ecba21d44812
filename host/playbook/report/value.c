/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of metrics as people write them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "playbook/report/page.h"

/* 1234567 as "1 234 567", with narrow spaces that do not break; four digits stay together. */
static const char *grouped(struct kl_arena *arena, long long value)
{
    char digits[32];
    char text[96];
    size_t used = 0;
    int length = snprintf(digits, sizeof digits, "%lld", value < 0 ? -value : value);
    for (int i = 0; i < length; i++) {
        bool gap = length > 4 && i > 0 && (length - i) % 3 == 0;
        int n =
            snprintf(text + used, sizeof text - used, "%s%c", gap ? "\xe2\x80\xaf" : "", digits[i]);
        used += (size_t)n;
    }
    return kl_arena_printf(arena, "%s%s", value < 0 ? "\xe2\x88\x92" : "", text);
}

/* Whole numbers in full, others with four digits, but never less than their whole part. */
static const char *plain(struct kl_arena *arena, double value)
{
    bool whole = value == floor(value) || fabs(value) >= 1000;
    return whole && fabs(value) < 1e15 ? grouped(arena, llround(value))
                                       : kl_arena_printf(arena, "%.4g", value);
}

const char *page_number(struct page *page, double value)
{
    const char *text = plain(page->arena, value);
    page->failed = page->failed || !text;
    return text ? text : "";
}

const char *page_quantity(struct kl_arena *arena, const char *currency, double value,
                          const char *unit)
{
    struct kl_value factor;
    char text[KL_VALUE_BYTES];
    const char *known = strcmp(unit, "bytes") == 0 ? "B" : unit;
    if (kl_unit_parse(known, strlen(known), &factor) &&
        !kl_dimension_equal(factor.dimension, KL_PLAIN)) {
        factor.value *= value;
        if (kl_dimension_equal(factor.dimension, KL_MONEY) && fabs(factor.value) >= 1000 &&
            fabs(factor.value) < 1e15) {
            const char *amount = grouped(arena, llround(factor.value));
            return amount ? kl_arena_printf(arena, "%s %s", amount, currency ? currency : "EUR")
                          : NULL;
        }
        return kl_arena_printf(arena, "%s", kl_value_format(factor, currency, text));
    }
    const char *number = plain(arena, value);
    const char *after = *unit && strcmp(unit, "1") != 0 ? unit : "";
    return number ? kl_arena_printf(arena, "%s%s%s", number, *after ? " " : "", after) : NULL;
}
