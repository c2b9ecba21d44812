/* SPDX-License-Identifier: Apache-2.0 */
/* Hard limits: a sentence with both numbers for each that is missed, a doubt for each that cannot
 * be checked. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "flow/select/internal.h"

enum { MOST_SENTENCES = 64, SENTENCE_BYTES = 320 };

/* The sentences about one board. */
struct verdict {
    struct select_job *job;
    struct kl_select_board *board;
    const char **exclusions, **doubts;
    bool failed;
};

__attribute__((format(printf, 4, 0))) static void
add(struct verdict *v, const char **list, size_t *count, const char *format, va_list args)
{
    char text[SENTENCE_BYTES];
    vsnprintf(text, sizeof text, format, args);
    const char *copy = kl_arena_printf(v->job->arena, "%s", text);
    v->failed = v->failed || !copy;
    if (copy && *count < MOST_SENTENCES) {
        list[(*count)++] = copy;
    }
}

__attribute__((format(printf, 2, 3))) static void exclude(struct verdict *v, const char *format,
                                                          ...)
{
    va_list args;
    va_start(args, format);
    add(v, v->exclusions, &v->board->exclusion_count, format, args);
    va_end(args);
}

__attribute__((format(printf, 2, 3))) static void doubt(struct verdict *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(v, v->doubts, &v->board->doubt_count, format, args);
    va_end(args);
}

static void check_size(struct verdict *v, const char *what, const struct kl_select_cell *need,
                       double limit, bool own_limit)
{
    char a[KL_VALUE_BYTES];
    char b[KL_VALUE_BYTES];
    if (limit <= 0) {
        doubt(v, "%s: %s is needed, and the size of the board's is unknown", what,
              select_text(need->value, KL_BYTES, a));
    } else if (need->value > limit) {
        exclude(v, "%s: %s is needed, %s %s", what, select_text(need->value, KL_BYTES, a),
                own_limit ? "the limit is" : "the board has", select_text(limit, KL_BYTES, b));
    }
}

static void check_memory(struct verdict *v, int64_t arena_bytes)
{
    char a[KL_VALUE_BYTES];
    char b[KL_VALUE_BYTES];
    const struct kl_select_request *r = v->job->request;
    const struct kl_board *board = v->board->board;
    const struct kl_fact *bank = &board->facts[KL_FACT_ID_ram_largest_bank];
    check_size(v, "RAM", &v->board->ram, v->board->ram_limit,
               v->board->ram_limit < board->ram.bytes || r->ram == board->ram.bytes);
    check_size(v, "flash", &v->board->flash, v->board->flash_limit,
               v->board->flash_limit < board->flash.bytes || r->flash == board->flash.bytes);
    if (bank->known && (double)arena_bytes > bank->value.value) {
        exclude(v, "RAM: the arena needs %s in one piece, the largest bank has %s",
                select_text((double)arena_bytes, KL_BYTES, a),
                select_text(bank->value.value, KL_BYTES, b));
    }
}

/* A figure that must not exceed its limit. */
static void check_most(struct verdict *v, const char *what, const struct kl_select_cell *cell,
                       double limit, struct kl_dimension dimension)
{
    char a[KL_VALUE_BYTES];
    char b[KL_VALUE_BYTES];
    if (limit > 0 && !cell->known) {
        doubt(v, "%s: the limit of %s cannot be checked: %s", what,
              select_text(limit, dimension, a), cell->how);
    } else if (limit > 0 && cell->value > limit) {
        exclude(v, "%s: %s (%s), the limit is %s", what, select_text(cell->value, dimension, a),
                cell->provenance, select_text(limit, dimension, b));
    }
}

static void check_time(struct verdict *v)
{
    char a[KL_VALUE_BYTES];
    char b[KL_VALUE_BYTES];
    const struct kl_select_request *r = v->job->request;
    const struct kl_select_board *board = v->board;
    check_most(v, "latency", &board->latency, r->latency, KL_SECONDS);
    bool uncertain = board->latency.known && r->latency > 0 && board->latency.value <= r->latency &&
                     board->latency_high > r->latency;
    if (uncertain) {
        doubt(v, "latency: up to %s if no cache hides the flash's wait states, the limit is %s",
              select_text(board->latency_high, KL_SECONDS, a),
              select_text(r->latency, KL_SECONDS, b));
    }
    if (board->latency.known && r->period > 0 && board->latency.value > r->period) {
        exclude(v, "latency: a decision takes %s and the next is due after %s",
                select_text(board->latency.value, KL_SECONDS, a),
                select_text(r->period, KL_SECONDS, b));
    }
}

static void check_battery(struct verdict *v)
{
    char a[KL_VALUE_BYTES];
    char b[KL_VALUE_BYTES];
    const struct kl_select_cell *life = &v->board->battery_life;
    double wanted = v->job->request->battery_life;
    if (!(wanted > 0)) {
        return;
    }
    select_text(wanted, KL_SECONDS, b);
    if (!life->known) {
        doubt(v, "battery life: %s cannot be checked: %s", b, life->how);
    } else if (life->value < wanted) {
        exclude(v, "battery life: %s (%s), wanted is %s", select_text(life->value, KL_SECONDS, a),
                life->provenance, b);
    }
}

/* One end of the temperature range: `sign` is 1 for the lowest, -1 for the highest. */
static void check_temperature(struct verdict *v, enum kl_fact_id id, double wanted, int sign)
{
    char a[KL_VALUE_BYTES];
    char b[KL_VALUE_BYTES];
    const struct kl_fact *fact = &v->board->board->facts[id];
    const char *end = sign > 0 ? "down" : "up";
    if (isnan(wanted)) {
        return;
    }
    select_text(wanted, KL_CELSIUS, b);
    if (!fact->known) {
        doubt(v, "temperature: %s to %s is needed, the board's range is unknown", end, b);
    } else if (sign * fact->value.value > sign * wanted) {
        exclude(v, "temperature: %s to %s is needed, the board goes %s to %s", end, b, end,
                select_text(fact->value.value, KL_CELSIUS, a));
    }
}

static void check_words(struct verdict *v, const char *what, enum kl_fact_id id, const char *words)
{
    char word[32];
    const struct kl_fact *fact = &v->board->board->facts[id];
    if (words && words[0] && !fact->known) {
        doubt(v, "%s: %s is needed, what the board has is unknown", what, words);
        return;
    }
    while (words && select_next_word(&words, word)) {
        if (strcmp(word, "none") != 0 && !kl_fact_has(fact, word)) {
            exclude(v, "%s: %s is needed, the board has %s", what, word, fact->text);
        }
    }
}

/* One of the words is enough. */
static void check_any_word(struct verdict *v, const char *what, enum kl_fact_id id,
                           const char *words)
{
    char word[32];
    bool found = false;
    const struct kl_fact *fact = &v->board->board->facts[id];
    if (!words || !words[0]) {
        return;
    }
    for (const char *at = words; select_next_word(&at, word);) {
        found = found || kl_fact_has(fact, word);
    }
    if (!fact->known) {
        doubt(v, "%s: %s is needed, what the board has is unknown", what, words);
    } else if (!found) {
        exclude(v, "%s: one of %s is needed, the board has %s", what, words, fact->text);
    }
}

/* A choice by rank: at least the wanted one (sign 1), or at most (sign -1). */
static void check_rank(struct verdict *v, const char *what, enum kl_fact_id id, const char *wanted,
                       int sign)
{
    int count;
    const struct kl_fact *fact = &v->board->board->facts[id];
    if (!wanted || !wanted[0]) {
        return;
    }
    int limit = select_word_rank(wanted, id, &count);
    int rank = select_rank(fact, id, &count);
    const char *most = sign > 0 ? "least" : "most";
    if (rank < 0) {
        doubt(v, "%s: at %s %s is wanted, the board's is unknown", what, most, wanted);
    } else if (sign * rank < sign * limit) {
        exclude(v, "%s: at %s %s is wanted, the board's is %s", what, most, wanted, fact->text);
    }
}

enum kl_err select_limits(struct select_job *job, int64_t arena_bytes,
                          struct kl_select_board *board)
{
    const struct kl_select_request *r = job->request;
    struct verdict v = {.job = job,
                        .board = board,
                        .exclusions = KL_NEW(job->arena, const char *, MOST_SENTENCES),
                        .doubts = KL_NEW(job->arena, const char *, MOST_SENTENCES)};
    if (!v.exclusions || !v.doubts) {
        return KL_FAIL_MEMORY(job->diag);
    }
    check_memory(&v, arena_bytes);
    check_time(&v);
    check_most(&v, "energy of a decision", &board->energy, r->energy, KL_JOULES);
    check_battery(&v);
    check_temperature(&v, KL_FACT_ID_temperature_min, r->temperature_min, 1);
    check_temperature(&v, KL_FACT_ID_temperature_max, r->temperature_max, -1);
    check_words(&v, "sensors", KL_FACT_ID_sensors, r->sensors);
    check_words(&v, "radios", KL_FACT_ID_radios, r->radios);
    check_words(&v, "crypto", KL_FACT_ID_crypto, r->crypto);
    check_any_word(&v, "software", KL_FACT_ID_sdks, r->sdks);
    check_rank(&v, "secure boot", KL_FACT_ID_secure_boot, r->secure_boot, 1);
    check_rank(&v, "key storage", KL_FACT_ID_key_storage, r->key_storage, 1);
    check_rank(&v, "price", KL_FACT_ID_price_class, r->price_class, -1);
    board->exclusions = v.exclusions;
    board->doubts = v.doubts;
    return v.failed ? KL_FAIL_MEMORY(job->diag) : KL_OK;
}
