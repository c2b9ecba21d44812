/* SPDX-License-Identifier: Apache-2.0 */
/* The result in sentences, as an engineer would put it into a decision record. */
#include <math.h>
#include <string.h>

#include "flow/select/internal.h"

/* By how much a criterion puts the first before the second; 0 when either score is unknown. */
static double advantage(const struct kl_select_result *result, size_t criterion)
{
    double first = result->boards[0].scores[criterion];
    double second = result->boards[1].scores[criterion];
    bool both = !isnan(first) && !isnan(second);
    return both ? result->weights[criterion] * (first - second) : 0;
}

static void compare_first_two(const struct kl_select_result *result, struct kl_buffer *text)
{
    size_t gain = 0;
    size_t loss = 0;
    for (size_t c = 1; c < KL_CRITERION_COUNT; c++) {
        gain = advantage(result, c) > advantage(result, gain) ? c : gain;
        loss = advantage(result, c) < advantage(result, loss) ? c : loss;
    }
    kl_buffer_printf(text, " The second, %s, has %.2f", result->boards[1].board->name,
                     result->boards[1].total);
    if (advantage(result, gain) >= 0.005) {
        kl_buffer_printf(text, "; the first gains most by %s (+%.2f)", kl_criterion_names[gain],
                         advantage(result, gain));
    }
    if (advantage(result, loss) <= -0.005) {
        kl_buffer_printf(text, "%s loses most by %s (%.2f)",
                         advantage(result, gain) >= 0.005 ? " and" : "; the first",
                         kl_criterion_names[loss], advantage(result, loss));
    }
    kl_buffer_printf(text, ".");
}

static void tell_sensitivity(const struct kl_select_result *result, struct kl_buffer *text)
{
    size_t changes = 0;
    for (size_t i = 0; i < result->sensitivity_count; i++) {
        const struct kl_select_sensitivity *s = &result->sensitivity[i];
        if (s->changes && changes++ < 3) {
            kl_buffer_printf(text, " With %s weighted 20 %% %s, %s would win.",
                             kl_criterion_names[s->criterion], s->factor > 1 ? "more" : "less",
                             s->winner);
        }
    }
    if (changes == 0 && result->candidate_count > 1) {
        kl_buffer_printf(text, " It stays first when any one weight changes by 20 %%.");
    }
}

/* Scores of the first that are only the lower quartile of the others. */
static void tell_unknown(const struct kl_select_result *result, struct kl_buffer *text)
{
    size_t count = 0;
    for (size_t c = 0; c < KL_CRITERION_COUNT; c++) {
        if (result->weights[c] > 0 && isnan(result->boards[0].scores[c])) {
            kl_buffer_printf(text, "%s%s", count++ == 0 ? " Unknown of it: " : ", ",
                             kl_criterion_names[c]);
        }
    }
    if (count > 0) {
        kl_buffer_printf(text, "; %s counted as the lower quartile of the others.",
                         count == 1 ? "that was" : "these were");
    }
}

/* Facts that the figures rest on, and that nobody has compared with their source yet. */
static void tell_unchecked(const struct kl_board *board, struct kl_buffer *text)
{
    static const enum kl_fact_id used[] = {
        KL_FACT_ID_clock,         KL_FACT_ID_ram,
        KL_FACT_ID_flash,         KL_FACT_ID_run_current,
        KL_FACT_ID_sleep_current, KL_FACT_ID_flash_wait_states,
        KL_FACT_ID_supply,        KL_FACT_ID_run_current_per_clock};
    size_t count = 0;
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++) {
        const struct kl_fact *fact = &board->facts[used[i]];
        if (fact->known && !fact->source->read) {
            kl_buffer_printf(text, "%s%s", count++ == 0 ? " Check in the data sheet first: " : ", ",
                             kl_fact_kinds[used[i]].key);
        }
    }
    kl_buffer_printf(text, "%s", count > 0 ? "." : "");
}

/* How far the figures of the first can be trusted. */
static void tell_provenance(const struct kl_select_board *first, struct kl_buffer *text)
{
    char latency[KL_VALUE_BYTES];
    kl_buffer_printf(text, " Its memory is %s", first->ram.provenance);
    if (first->latency.known) {
        kl_buffer_printf(text, ", its latency of %s %s",
                         select_text(first->latency.value, KL_SECONDS, latency),
                         first->latency.provenance);
    } else {
        kl_buffer_printf(text, ", its latency unknown");
    }
    bool measured = first->latency.known && strcmp(first->latency.provenance, "measured") == 0;
    kl_buffer_printf(text, measured ? "." : ": measure it on the board before it is chosen.");
    for (size_t i = 0; i < first->doubt_count; i++) {
        kl_buffer_printf(text, "%s %s%s", i == 0 ? " Not checked:" : ";", first->doubts[i],
                         i + 1 == first->doubt_count ? "." : "");
    }
}

static void tell_winner(const struct kl_select_result *result, struct kl_buffer *text)
{
    const struct kl_select_board *first = &result->boards[0];
    size_t excluded = result->board_count - result->candidate_count;
    kl_buffer_printf(text, "%s comes first with %.2f of 1", first->board->title, first->total);
    kl_buffer_printf(text, " among %zu candidate%s", result->candidate_count,
                     result->candidate_count == 1 ? "" : "s");
    if (excluded > 0) {
        kl_buffer_printf(text, "; a limit excludes %zu board%s.", excluded,
                         excluded == 1 ? "" : "s");
    } else {
        kl_buffer_printf(text, "; no limit excludes any.");
    }
    if (result->candidate_count > 1) {
        compare_first_two(result, text);
    }
    tell_sensitivity(result, text);
    tell_unknown(result, text);
    tell_provenance(first, text);
    tell_unchecked(first->board, text);
}

static void tell_none(const struct kl_select_result *result, struct kl_buffer *text)
{
    const struct kl_select_board *nearest = NULL;
    for (size_t i = 0; i < result->board_count; i++) {
        const struct kl_select_board *b = &result->boards[i];
        if (!nearest || b->exclusion_count < nearest->exclusion_count) {
            nearest = b;
        }
    }
    kl_buffer_printf(text, "No board meets all limits.");
    if (nearest) {
        kl_buffer_printf(text, " Fewest are missed by %s: ", nearest->board->name);
        for (size_t i = 0; i < nearest->exclusion_count; i++) {
            kl_buffer_printf(text, "%s%s", i > 0 ? "; " : "", nearest->exclusions[i]);
        }
        kl_buffer_printf(text, ".");
    }
}

enum kl_err select_rationale(const struct kl_select_request *request,
                             struct kl_select_result *result, struct kl_arena *arena,
                             struct kl_diag *diag)
{
    struct kl_buffer text = KL_BUFFER(64 * 1024);
    if (result->candidate_count > 0) {
        tell_winner(result, &text);
    } else {
        tell_none(result, &text);
    }
    bool needs_battery = request->battery_life > 0 && !request->has_battery;
    if (needs_battery) {
        kl_buffer_printf(&text, " Battery life was not judged: no battery is stated.");
    }
    result->rationale = text.failed ? NULL : kl_arena_printf(arena, "%s", text.data);
    kl_buffer_free(&text);
    return result->rationale ? KL_OK : KL_FAIL_MEMORY(diag);
}
