/* SPDX-License-Identifier: Apache-2.0 */
/* Scores and weights: see select.h for the formulas. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flow/select/internal.h"

const char *const kl_criterion_names[KL_CRITERION_COUNT] = {
    "latency", "energy", "battery", "memory", "ecosystem", "security", "cost", "availability"};

/* What a battery-powered product with a model feels most counts double. */
static const double default_weights[KL_CRITERION_COUNT] = {2, 2, 2, 2, 1, 1, 2, 1};

static double clamp(double score)
{
    return score < 0 ? 0 : score > 1 ? 1 : score;
}

/* The cells of all candidates, and the best of them. */
static double best_cell(const struct kl_select_result *result, size_t offset, bool largest)
{
    double best = NAN;
    for (size_t i = 0; i < result->candidate_count; i++) {
        const struct kl_select_cell *cell =
            (const void *)((const char *)&result->boards[i] + offset);
        bool better = largest ? cell->value > best : cell->value < best;
        if (cell->known && (isnan(best) || better)) {
            best = cell->value;
        }
    }
    return best;
}

/* Smaller is better: headroom to the limit, else the best of all over the value. */
static double score_small(const struct kl_select_cell *cell, double limit, double best)
{
    if (!cell->known) {
        return NAN;
    }
    if (limit > 0) {
        return clamp(1 - cell->value / limit);
    }
    return cell->value > 0 ? clamp(best / cell->value) : 1;
}

static double score_battery(const struct kl_select_cell *life, double wanted, double longest)
{
    if (!life->known) {
        return NAN;
    }
    if (wanted > 0) {
        return life->value > 0 ? clamp(1 - wanted / life->value) : 0;
    }
    return isinf(life->value) ? 1 : isinf(longest) || !(longest > 0) ? 0 : life->value / longest;
}

static double score_memory(const struct kl_select_board *b)
{
    if (b->ram_limit <= 0 || b->flash_limit <= 0) {
        return NAN;
    }
    return clamp(fmin(1 - b->ram.value / b->ram_limit, 1 - b->flash.value / b->flash_limit));
}

static int count_words(const struct kl_fact *fact)
{
    char word[32];
    int count = 0;
    const char *at = fact->known ? fact->text : "none";
    while (select_next_word(&at, word)) {
        count += strcmp(word, "none") != 0;
    }
    return count;
}

static double score_ecosystem(const struct kl_board *board, int most)
{
    const struct kl_fact *sdks = &board->facts[KL_FACT_ID_sdks];
    if (!sdks->known || most == 0) {
        return NAN;
    }
    return (double)count_words(sdks) / most;
}

/* Rank of a choice as a share: the last one is 1. Unknown: as the first. */
static double rank_share(const struct kl_board *board, enum kl_fact_id id)
{
    int count;
    int rank = select_rank(&board->facts[id], id, &count);
    return rank > 0 && count > 1 ? (double)rank / (count - 1) : 0;
}

static double yes_share(const struct kl_fact *fact)
{
    return fact->known && fact->value.value > 0 ? 1 : 0;
}

static double score_security(const struct kl_board *board)
{
    static const enum kl_fact_id parts[] = {KL_FACT_ID_secure_boot, KL_FACT_ID_key_storage,
                                            KL_FACT_ID_crypto, KL_FACT_ID_trustzone,
                                            KL_FACT_ID_debug_lock};
    enum { PARTS = sizeof parts / sizeof parts[0] };
    bool known = false;
    int kinds;
    for (size_t i = 0; i < PARTS; i++) {
        known = known || board->facts[parts[i]].known;
    }
    if (!known) {
        return NAN;
    }
    select_word_rank("none", KL_FACT_ID_crypto, &kinds);
    double sum = rank_share(board, KL_FACT_ID_secure_boot) +
                 rank_share(board, KL_FACT_ID_key_storage) +
                 (double)count_words(&board->facts[KL_FACT_ID_crypto]) / (kinds - 1) +
                 yes_share(&board->facts[KL_FACT_ID_trustzone]) +
                 yes_share(&board->facts[KL_FACT_ID_debug_lock]);
    return sum / PARTS;
}

static double score_cost(const struct kl_board *board)
{
    if (board->facts[KL_FACT_ID_price_class].known) {
        return 1 - rank_share(board, KL_FACT_ID_price_class);
    }
    return NAN;
}

static double score_availability(const struct kl_board *board)
{
    static const char *const order[] = {"obsolete", "not-recommended", "preview", "mature",
                                        "active"};
    enum { RANKS = sizeof order / sizeof order[0] };
    const struct kl_fact *fact = &board->facts[KL_FACT_ID_life_cycle];
    for (size_t i = 0; fact->known && i < RANKS; i++) {
        if (strcmp(fact->text, order[i]) == 0) {
            return (double)i / (RANKS - 1);
        }
    }
    return NAN;
}

static void score_boards(const struct kl_select_request *r, struct kl_select_result *result)
{
    double fastest = best_cell(result, offsetof(struct kl_select_board, latency), false);
    double least = best_cell(result, offsetof(struct kl_select_board, energy), false);
    double longest = best_cell(result, offsetof(struct kl_select_board, battery_life), true);
    int most = 0;
    for (size_t i = 0; i < result->candidate_count; i++) {
        int count = count_words(&result->boards[i].board->facts[KL_FACT_ID_sdks]);
        most = count > most ? count : most;
    }
    for (size_t i = 0; i < result->candidate_count; i++) {
        struct kl_select_board *b = &result->boards[i];
        b->scores[KL_CRITERION_LATENCY] = score_small(&b->latency, r->latency, fastest);
        b->scores[KL_CRITERION_ENERGY] = score_small(&b->energy, r->energy, least);
        b->scores[KL_CRITERION_BATTERY] = score_battery(&b->battery_life, r->battery_life, longest);
        b->scores[KL_CRITERION_MEMORY] = score_memory(b);
        b->scores[KL_CRITERION_ECOSYSTEM] = score_ecosystem(b->board, most);
        b->scores[KL_CRITERION_SECURITY] = score_security(b->board);
        b->scores[KL_CRITERION_COST] = score_cost(b->board);
        b->scores[KL_CRITERION_AVAILABILITY] = score_availability(b->board);
    }
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/* What a candidate counts with whose score is unknown: the lower quartile, so that a board does not
 * win by what nobody knows of it. NaN when all are. */
static double lower_quartile(const struct kl_select_result *result, size_t criterion)
{
    double known[KL_SELECT_BOARDS];
    size_t count = 0;
    for (size_t i = 0; i < result->candidate_count && count < KL_SELECT_BOARDS; i++) {
        double score = result->boards[i].scores[criterion];
        if (!isnan(score)) {
            known[count++] = score;
        }
    }
    if (count == 0) {
        return NAN;
    }
    qsort(known, count, sizeof known[0], compare_doubles);
    return known[(count - 1) / 4];
}

/* Weights that sum to 1; nothing that is unknown everywhere counts. */
static void normalise(double weights[KL_CRITERION_COUNT],
                      const double fallbacks[KL_CRITERION_COUNT])
{
    double sum = 0;
    for (size_t c = 0; c < KL_CRITERION_COUNT; c++) {
        weights[c] = isnan(fallbacks[c]) ? 0 : weights[c];
        sum += weights[c];
    }
    for (size_t c = 0; c < KL_CRITERION_COUNT && sum > 0; c++) {
        weights[c] /= sum;
    }
}

static double total(const struct kl_select_board *board, const double weights[KL_CRITERION_COUNT],
                    const double fallbacks[KL_CRITERION_COUNT])
{
    double sum = 0;
    for (size_t c = 0; c < KL_CRITERION_COUNT; c++) {
        double score = isnan(board->scores[c]) ? fallbacks[c] : board->scores[c];
        sum += weights[c] > 0 ? weights[c] * score : 0;
    }
    return sum;
}

static int compare_boards(const void *left, const void *right)
{
    const struct kl_select_board *a = left;
    const struct kl_select_board *b = right;
    if (a->total != b->total) {
        return a->total > b->total ? -1 : 1;
    }
    return strcmp(a->board->name, b->board->name);
}

static const char *winner_with(const struct kl_select_result *result,
                               double weights[KL_CRITERION_COUNT],
                               const double fallbacks[KL_CRITERION_COUNT])
{
    const char *winner = result->boards[0].board->name;
    normalise(weights, fallbacks);
    double best = total(&result->boards[0], weights, fallbacks);
    for (size_t i = 1; i < result->candidate_count; i++) {
        double sum = total(&result->boards[i], weights, fallbacks);
        if (sum > best) {
            best = sum;
            winner = result->boards[i].board->name;
        }
    }
    return winner;
}

/* Each weight alone 20 % less and 20 % more: who wins then? */
static void try_weights(struct kl_select_result *result, const double fallbacks[KL_CRITERION_COUNT])
{
    static const double factors[] = {0.8, 1.2};
    for (size_t c = 0; c < KL_CRITERION_COUNT; c++) {
        for (size_t f = 0; result->weights[c] > 0 && f < 2; f++) {
            double weights[KL_CRITERION_COUNT];
            memcpy(weights, result->weights, sizeof weights);
            weights[c] *= factors[f];
            const char *winner = winner_with(result, weights, fallbacks);
            result->sensitivity[result->sensitivity_count++] = (struct kl_select_sensitivity){
                .criterion = (enum kl_criterion)c,
                .factor = factors[f],
                .winner = winner,
                .changes = strcmp(winner, result->boards[0].board->name) != 0};
        }
    }
}

static void choose_weights(const struct kl_select_request *r, double weights[KL_CRITERION_COUNT])
{
    bool given = false;
    for (size_t c = 0; c < KL_CRITERION_COUNT; c++) {
        given = given || r->weights[c] > 0;
    }
    memcpy(weights, given ? r->weights : default_weights, sizeof default_weights);
}

void select_score(const struct kl_select_request *request, struct kl_select_result *result)
{
    double fallbacks[KL_CRITERION_COUNT];
    score_boards(request, result);
    choose_weights(request, result->weights);
    for (size_t c = 0; c < KL_CRITERION_COUNT; c++) {
        fallbacks[c] = lower_quartile(result, c);
    }
    normalise(result->weights, fallbacks);
    for (size_t i = 0; i < result->candidate_count; i++) {
        result->boards[i].total = total(&result->boards[i], result->weights, fallbacks);
    }
    if (result->candidate_count > 0) {
        qsort(result->boards, result->candidate_count, sizeof result->boards[0], compare_boards);
        try_weights(result, fallbacks);
    }
}
