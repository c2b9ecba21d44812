/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/expression.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "playbook/gates/expression_tree.h"

/* Is it a byte that continues a UTF-8 character? */
static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static uint32_t column_of(const char *text, uint32_t at)
{
    uint32_t column = 1;
    for (uint32_t i = 0; i < at; i++) {
        column += continues(text[i]) ? 0 : 1;
    }
    return column;
}

/* The part of the text on one line, cut at a whole character when it is long. */
static void quote(const char *text, uint32_t begin, uint32_t end, char quoted[100])
{
    enum { LONGEST = 80 };
    size_t length = end - begin;
    bool cut = length > LONGEST;
    if (cut) {
        length = LONGEST;
        while (length > 0 && continues(text[begin + length])) {
            length--;
        }
    }
    memcpy(quoted, text + begin, length);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)quoted[i] < ' ') {
            quoted[i] = ' ';
        }
    }
    memcpy(quoted + length, cut ? "..." : "", cut ? 4 : 1);
}

enum kl_err kl_expression_fail(const char *text, uint32_t begin, uint32_t end, enum kl_err err,
                               struct kl_diag *diag, const char *format, ...)
{
    char quoted[100];
    char message[640];
    quote(text, begin, end, quoted);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (begin == end) {
        return kl_fail(diag, err, "column %u: %s", column_of(text, begin), message);
    }
    return kl_fail(diag, err, "column %u, '%s': %s", column_of(text, begin), quoted, message);
}

bool kl_numbers_same(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fmax(fabs(a), fabs(b));
}

const char *kl_numbers_explain(struct kl_arena *arena, const char *currency, const char *sign,
                               struct kl_value a, struct kl_value b)
{
    char left[KL_VALUE_BYTES];
    char right[KL_VALUE_BYTES];
    char apart[KL_VALUE_BYTES];
    kl_value_format(a, currency, left);
    kl_value_format(b, currency, right);
    if (strcmp(left, right) != 0 || kl_numbers_same(a.value, b.value)) {
        return kl_arena_printf(arena, "%s %s %s", left, sign, right);
    }
    const struct kl_value difference = {fabs(a.value - b.value), a.dimension};
    kl_value_format(difference, currency, apart);
    return kl_arena_printf(arena, "%s %s %s, by %s", left, sign, right, apart);
}

const char *const *kl_expression_names(const struct kl_expression *expression, size_t *count)
{
    *count = expression->name_count;
    return expression->names;
}

int kl_provenance_rank(const char *name)
{
    static const char *const names[] = {"stated",   "datasheet", "estimated",
                                        "modelled", "counted",   "measured"};
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return (int)i;
        }
    }
    return -1;
}

bool kl_provenance_meets(const char *least, const char *demand)
{
    int demanded = kl_provenance_rank(demand);
    return !demand || (least && demanded >= 0 && kl_provenance_rank(least) >= demanded);
}
