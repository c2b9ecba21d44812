/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/assess/boards.h"

#include <math.h>
#include <string.h>

enum verdict { MET, UNKNOWN, BROKEN };

/* How a fact is compared with what is demanded. */
enum comparison {
    AT_LEAST,      /* the board's value must not be below */
    AT_MOST,       /* must not be above */
    ALL_WORDS,     /* the board must have each of the words */
    ONE_WORD,      /* one of them is enough */
    RANK_AT_LEAST, /* the choice must not come before the demanded one in facts.def */
    RANK_AT_MOST
};

struct limit {
    const char *label;
    enum kl_fact_id fact;
    enum comparison comparison;
    double value;               /* AT_LEAST, AT_MOST */
    const struct kl_yaml *node; /* the words or the choice */
    size_t met, unknown, broken;
    double best; /* the largest or smallest value of any board; NaN: none is known */
};

enum { MOST_LIMITS = 12 };

struct limits {
    const struct kl_playbook *playbook;
    json_t *rows[BROKEN + 1]; /* of the boards, by the worst verdict on each */
    struct limit items[MOST_LIMITS];
    size_t count;
};

static void add_value(struct limits *limits, const char *label, enum kl_fact_id fact,
                      enum comparison comparison, double value)
{
    if (isfinite(value)) {
        limits->items[limits->count++] =
            (struct limit){label, fact, comparison, value, NULL, 0, 0, 0, NAN};
    }
}

static void add_words(struct limits *limits, const char *label, enum kl_fact_id fact,
                      enum comparison comparison, const char *path)
{
    const struct kl_yaml *node = kl_playbook_field(limits->playbook, path);
    bool empty = node && node->kind == KL_YAML_LIST && node->count == 0;
    if (node && !empty) {
        limits->items[limits->count++] =
            (struct limit){label, fact, comparison, NAN, node, 0, 0, 0, NAN};
    }
}

static double with_reserved(const struct kl_playbook *playbook, const char *path,
                            const char *reserved)
{
    return kl_assess_number(playbook, path, NAN) + kl_assess_number(playbook, reserved, 0);
}

static void collect_limits(struct limits *limits, double current)
{
    const struct kl_playbook *p = limits->playbook;
    add_value(limits, "RAM", KL_FACT_ID_ram, AT_LEAST,
              with_reserved(p, "requirements.ram", "hardware.reserved.ram"));
    add_value(limits, "Flash", KL_FACT_ID_flash, AT_LEAST,
              with_reserved(p, "requirements.flash", "hardware.reserved.flash"));
    add_value(limits, "Lowest temperature", KL_FACT_ID_temperature_min, AT_MOST,
              kl_assess_number(p, "requirements.environment.temperature.0", NAN));
    add_value(limits, "Highest temperature", KL_FACT_ID_temperature_max, AT_LEAST,
              kl_assess_number(p, "requirements.environment.temperature.1", NAN));
    add_value(limits, "Sleep current", KL_FACT_ID_sleep_current, AT_MOST, current);
    add_words(limits, "Sensors", KL_FACT_ID_sensors, ALL_WORDS, "hardware.need.sensors");
    add_words(limits, "Radios", KL_FACT_ID_radios, ALL_WORDS, "hardware.need.radios");
    add_words(limits, "Cryptography", KL_FACT_ID_crypto, ALL_WORDS, "hardware.need.crypto");
    add_words(limits, "Software", KL_FACT_ID_sdks, ONE_WORD, "hardware.need.sdks");
    add_words(limits, "Secure boot", KL_FACT_ID_secure_boot, RANK_AT_LEAST,
              "hardware.need.secure_boot");
    add_words(limits, "Key storage", KL_FACT_ID_key_storage, RANK_AT_LEAST,
              "hardware.need.key_storage");
    add_words(limits, "Price class", KL_FACT_ID_price_class, RANK_AT_MOST,
              "hardware.need.price_class");
}

/* Place of a word among words separated by blanks; -1: it is none of them. */
static int rank_of(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (int rank = 0; *words; rank++) {
        size_t end = strcspn(words, " ");
        if (end == length && memcmp(words, word, length) == 0) {
            return rank;
        }
        words += end + strspn(words + end, " ");
    }
    return -1;
}

static enum verdict compare_words(const struct limit *limit, const struct kl_fact *fact)
{
    size_t found = 0;
    for (size_t i = 0; i < limit->node->count; i++) {
        found += kl_fact_has(fact, kl_yaml_text(limit->node->items[i], "")) ? 1 : 0;
    }
    size_t needed = limit->comparison == ALL_WORDS ? limit->node->count : 1;
    return found >= needed ? MET : BROKEN;
}

static enum verdict compare(const struct limit *limit, const struct kl_fact *fact)
{
    if (!fact->known) {
        return UNKNOWN;
    }
    const char *choices = kl_fact_kinds[limit->fact].choices;
    switch (limit->comparison) {
    case AT_LEAST: return fact->value.value >= limit->value ? MET : BROKEN;
    case AT_MOST: return fact->value.value <= limit->value ? MET : BROKEN;
    case ALL_WORDS:
    case ONE_WORD: return compare_words(limit, fact);
    default: break;
    }
    int demanded = rank_of(choices, kl_yaml_text(limit->node, ""));
    int there = rank_of(choices, fact->text);
    if (demanded < 0 || there < 0) {
        return UNKNOWN; /* not one of the words that have a rank */
    }
    bool met = limit->comparison == RANK_AT_LEAST ? there >= demanded : there <= demanded;
    return met ? MET : BROKEN;
}

static void note_best(struct limit *limit, const struct kl_fact *fact)
{
    bool number = limit->comparison == AT_LEAST || limit->comparison == AT_MOST;
    if (!number || !fact->known) {
        return;
    }
    double value = fact->value.value;
    bool better = limit->comparison == AT_LEAST ? value > limit->best : value < limit->best;
    if (isnan(limit->best) || better) {
        limit->best = value;
    }
}

/* What is demanded, as text: "16 KiB", "accelerometer microphone". */
static const char *demanded_text(const struct limits *limits, const struct limit *limit)
{
    if (!limit->node) {
        return kl_assess_show(limits->playbook, limit->value,
                              *kl_fact_kinds[limit->fact].dimension);
    }
    if (limit->node->kind != KL_YAML_LIST) {
        return kl_yaml_text(limit->node, "");
    }
    const char *text = "";
    for (size_t i = 0; i < limit->node->count; i++) {
        const char *joined =
            kl_arena_printf(limits->playbook->arena, "%s%s%s", text, i > 0 ? " " : "",
                            kl_yaml_text(limit->node->items[i], ""));
        text = joined ? joined : text;
    }
    return text;
}

static const char *relation_text(const struct limit *limit)
{
    switch (limit->comparison) {
    case AT_LEAST:
    case RANK_AT_LEAST: return "at least";
    case AT_MOST:
    case RANK_AT_MOST: return "at most";
    case ONE_WORD: return "one of";
    default: return "all of";
    }
}

/* "at least 16 KiB", "all of accelerometer microphone", "ble". */
static const char *needed_text(const struct limits *limits, const struct limit *limit)
{
    const char *demanded = demanded_text(limits, limit);
    bool one = limit->node && limit->node->kind == KL_YAML_LIST && limit->node->count == 1;
    const char *text = kl_arena_printf(limits->playbook->arena, "%s%s%.200s",
                                       one ? "" : relation_text(limit), one ? "" : " ", demanded);
    return text ? text : demanded;
}

/* "RAM: 16 KiB, needed: at least 24 KiB". */
static const char *objection(const struct limits *limits, const struct limit *limit,
                             const struct kl_fact *fact)
{
    struct kl_arena *arena = limits->playbook->arena;
    const char *label = kl_fact_kinds[limit->fact].label;
    const char *text;
    if (!fact->known) {
        text = kl_arena_printf(arena, "unknown: %s", label);
    } else {
        const char *there = limit->node ? fact->text
                                        : kl_assess_show(limits->playbook, fact->value.value,
                                                         fact->value.dimension);
        text = kl_arena_printf(arena, "%s: %.200s, needed: %s", limit->label, there,
                               needed_text(limits, limit));
    }
    return text ? text : label;
}

/* One sentence more. */
static const char *join(const struct limits *limits, const char *why, const char *more)
{
    const char *joined =
        kl_arena_printf(limits->playbook->arena, "%s%s%s", why, *why ? "; " : "", more);
    return joined ? joined : why;
}

/* Compare one board with all limits, and add its row. */
static void judge_board(struct limits *limits, const struct kl_board *board,
                        struct kl_board_summary *summary)
{
    enum verdict worst = MET;
    const char *why = "";
    for (size_t i = 0; i < limits->count; i++) {
        struct limit *limit = &limits->items[i];
        const struct kl_fact *fact = &board->facts[limit->fact];
        enum verdict verdict = compare(limit, fact);
        note_best(limit, fact);
        limit->met += verdict == MET ? 1 : 0;
        limit->unknown += verdict == UNKNOWN ? 1 : 0;
        limit->broken += verdict == BROKEN ? 1 : 0;
        if (verdict > worst) {
            worst = verdict;
            why = ""; /* what is not known does not matter any more */
        }
        if (verdict != MET && verdict == worst) {
            why = join(limits, why, objection(limits, limit, fact));
        }
    }
    static const char *const names[] = {"yes", "perhaps", "no"};
    summary->boards++;
    summary->possible += worst != BROKEN ? 1 : 0;
    summary->certain += worst == MET ? 1 : 0;
    json_array_append_new(limits->rows[worst],
                          json_pack("{s:s, s:s, s:s, s:s}", "board", board->name, "title",
                                    board->title, "possible", names[worst], "why",
                                    *why ? why : "meets every limit"));
}

static json_t *limit_table(const struct limits *limits)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < limits->count; i++) {
        const struct limit *limit = &limits->items[i];
        struct kl_dimension dimension = *kl_fact_kinds[limit->fact].dimension;
        json_array_append_new(
            rows, json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:s}", "limit", limit->label,
                            "demanded", json_string(needed_text(limits, limit)), "best_of_all",
                            kl_assess_shown(limits->playbook, limit->best, dimension), "met",
                            (json_int_t)limit->met, "unknown", (json_int_t)limit->unknown,
                            "not_met", (json_int_t)limit->broken, "verdict",
                            limit->met > 0       ? "possible"
                            : limit->unknown > 0 ? "not known"
                                                 : "no board does"));
    }
    return rows;
}

static enum kl_err judge_boards(struct limits *limits, struct kl_result *result,
                                struct kl_board_summary *summary, struct kl_diag *diag)
{
    const struct kl_playbook *playbook = limits->playbook;
    const struct kl_yaml *names = kl_playbook_field(playbook, "hardware.candidates");
    const struct kl_board *const *boards;
    size_t count = 0;
    if (names && names->count > 0) {
        for (size_t i = 0; i < names->count; i++) {
            const struct kl_board *board;
            KL_TRY(kl_assess_board(playbook, names->items[i], result, &board, diag));
            judge_board(limits, board, summary);
        }
        return KL_OK;
    }
    KL_TRY(kl_board_list(playbook->arena, &boards, &count, diag));
    for (size_t i = 0; i < count; i++) {
        if (kl_board_is_real(boards[i])) {
            judge_board(limits, boards[i], summary);
        }
    }
    return KL_OK;
}

enum kl_err kl_assess_boards(const struct kl_playbook *playbook, double current,
                             struct kl_result *result, struct kl_board_summary *summary,
                             struct kl_diag *diag)
{
    struct limits limits = {.playbook = playbook};
    collect_limits(&limits, current);
    *summary = (struct kl_board_summary){0, 0, 0};
    for (int i = MET; i <= BROKEN; i++) {
        limits.rows[i] = json_array();
    }
    enum kl_err err = judge_boards(&limits, result, summary, diag);
    for (int i = UNKNOWN; i <= BROKEN; i++) {
        json_array_extend(limits.rows[MET], limits.rows[i]);
        json_decref(limits.rows[i]);
    }
    kl_assess_table(result, "limits", limit_table(&limits));
    kl_assess_table(result, "boards", limits.rows[MET]);
    return err;
}
