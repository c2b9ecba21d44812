/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/playbook_rows.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/commands.h"

enum { LEAST_NAME = 12, MOST_NAME = 24, WORD_WIDTH = 7, LEAST_TEXT = 30 };

/* Columns that the text takes: bytes that begin a character of UTF-8. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static void widen(int *width, const char *name)
{
    int wanted = width_of(name);
    *width = wanted <= MOST_NAME && wanted > *width ? wanted : *width;
}

struct kl_columns kl_columns_of(const struct kl_playbook *playbook)
{
    struct kl_columns columns = {.playbook = playbook, .name_width = LEAST_NAME};
    struct winsize size;
    for (size_t i = 0; i < playbook->step_count; i++) {
        widen(&columns.name_width, playbook->steps[i].name);
    }
    for (size_t i = 0; i < playbook->gate_count; i++) {
        widen(&columns.name_width, playbook->gates[i].name);
    }
    if (isatty(1) && ioctl(1, TIOCGWINSZ, &size) == 0) {
        columns.terminal = size.ws_col;
    }
    return columns;
}

/* Bytes of the next line: up to a newline, or to the last blank before `columns` are full. A word
 * that is longer than a line stays whole. */
static size_t line_bytes(const char *text, int columns)
{
    size_t blank = 0;
    size_t at = 0;
    int width = 0;
    for (; text[at] && text[at] != '\n'; at++) {
        if (text[at] == ' ' && (width <= columns || !blank)) {
            blank = at;
        }
        width += ((unsigned char)text[at] & 0xc0) != 0x80;
        if (width > columns && blank) {
            return blank;
        }
    }
    return at;
}

static void print_text(const char *text, int indent, int columns)
{
    int room = columns - indent > LEAST_TEXT ? columns - indent : columns ? LEAST_TEXT : 1 << 20;
    for (;;) {
        size_t bytes = line_bytes(text, room);
        printf("%.*s\n", (int)bytes, text);
        text += bytes + (text[bytes] != '\0');
        if (!*text) {
            return;
        }
        printf("%*s", indent, "");
    }
}

void kl_print_row(const struct kl_columns *columns, const char *kind, const char *colour,
                  const char *word, const char *name, const char *text)
{
    int wide = width_of(name) > columns->name_width ? width_of(name) : columns->name_width;
    printf("  %-4s  %s%-*s%s  %s%*s  ", kind, colour, WORD_WIDTH, word, kl_plain(), name,
           wide - width_of(name), "");
    print_text(text, 2 + 4 + 2 + WORD_WIDTH + 2 + wide + 2, columns->terminal);
}

/* The part of "accuracy failed: no such file" up to "failed", when accuracy is a step; else 0. */
static size_t failed_step_bytes(const struct kl_playbook *playbook, const char *reason)
{
    static const char failed[] = " failed: ";
    char name[128];
    const char *at = strstr(reason, failed);
    size_t length = at ? (size_t)(at - reason) : sizeof name;
    if (length >= sizeof name) {
        return 0;
    }
    memcpy(name, reason, length);
    name[length] = '\0';
    return kl_playbook_step(playbook, name) ? length + strlen(" failed") : 0;
}

bool kl_gate_failed_by_step(const struct kl_columns *columns, const struct kl_gate_status *gate)
{
    return gate->state == KL_GATE_FAILED && failed_step_bytes(columns->playbook, gate->reason) > 0;
}

void kl_print_gate(const struct kl_columns *columns, const struct kl_gate_status *gate)
{
    static const char *const words[] = {"passed", "FAILED", "stale", "missing", "waived", "BROKEN"};
    bool good = gate->state == KL_GATE_PASSED;
    bool bad = gate->state == KL_GATE_FAILED || gate->state == KL_GATE_BROKEN;
    /* Why a step failed stands in the step's own row. */
    size_t bytes = failed_step_bytes(columns->playbook, gate->reason);
    const char *reason =
        bytes ? kl_arena_printf(columns->playbook->arena, "%.*s", (int)bytes, gate->reason) : NULL;
    kl_print_row(columns, "gate",
                 good  ? kl_green()
                 : bad ? kl_red()
                       : kl_bold(),
                 words[gate->state], gate->gate->name, reason ? reason : gate->reason);
}

bool kl_step_is_open(const struct kl_step_status *status)
{
    return status->state != KL_STEP_FRESH && kl_step_is_unsigned(status->step);
}

void kl_print_open(const struct kl_columns *columns, const struct kl_step_status *status)
{
    const struct kl_yaml *node = status->step->node;
    const struct kl_yaml *statement = kl_yaml_get(node, "statement");
    node = statement ? statement : node;
    const char *text = kl_arena_printf(columns->playbook->arena, "%s (%s:%u)", status->reason,
                                       node->origin, node->line);
    kl_print_row(columns, "step", kl_bold(), "open", status->step->name,
                 text ? text : status->reason);
}
