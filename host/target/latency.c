/* SPDX-License-Identifier: Apache-2.0 */
#include "target/latency.h"

#include <string.h>

/* Bytes: an access of unknown width; a mean instruction; the inner loop of a kernel. */
enum { WORD_BYTES = 4, INSTRUCTION_BYTES = 3, LOOP_BYTES = 256 };

/* Cycles lost to the flash: what the best estimate takes, and at most. */
struct stalls {
    double best, most;
    const char *how;
};

/* An instruction cache whose size nobody states is taken to hold a loop. */
static bool has_instruction_cache(const struct kl_board *board, double bytes)
{
    const struct kl_fact *size = &board->facts[KL_FACT_ID_instruction_cache];
    const struct kl_fact *kind = &board->facts[KL_FACT_ID_cache];
    bool unsized = !size->known && kind->known && strcmp(kind->text, "none") != 0;
    return unsized || (size->known && size->value.value >= bytes);
}

static struct stalls count_stalls(const struct kl_board *board, const struct kl_core_count *count)
{
    const struct kl_fact *wait = &board->facts[KL_FACT_ID_flash_wait_states];
    const struct kl_fact *access = &board->facts[KL_FACT_ID_flash_access];
    if (!wait->known) {
        return (struct stalls){0, 0, "flash wait states are unknown and counted as none"};
    }
    if (wait->value.value <= 0) {
        return (struct stalls){0, 0, "the flash has no wait states"};
    }
    double states = wait->value.value;
    double bytes = access->known && access->value.value >= 1 ? access->value.value : WORD_BYTES;
    double fetching = states * INSTRUCTION_BYTES * (double)count->instructions / bytes;
    double jumping = states * (double)count->taken_branches;
    double loading = states * (double)count->constant_bytes / bytes;
    bool sequential = has_instruction_cache(board, 1);
    bool loops = has_instruction_cache(board, LOOP_BYTES);
    const struct kl_fact *data_cache = &board->facts[KL_FACT_ID_data_cache];
    bool data = data_cache->known && data_cache->value.value > 0;
    struct stalls stalls = {
        (sequential ? 0 : fetching) + (loops ? 0 : jumping) + (data ? 0 : loading),
        fetching + jumping + loading, "no known cache hides the wait states of the flash"};
    if (loops) {
        stalls.how = data ? "caches hide the wait states of the flash"
                          : "the instruction cache hides the flash's wait states for code, "
                            "nothing does for weights";
    } else if (sequential) {
        stalls.how = "a prefetch buffer hides the flash's wait states but for jumps";
    }
    return stalls;
}

/* Cycles of the board's core per cycle of the counted one; false when that is not known. */
static bool core_ratio(const struct kl_board *board, const struct kl_core_count *count,
                       struct kl_arena *arena, double *ratio)
{
    const char *counted = count->core;
    const struct kl_core *core;
    struct kl_diag ignored = {0};
    *ratio = 1;
    if (strcmp(counted, board->core) == 0 || count->is_own) {
        return true;
    }
    const struct kl_fact *own = &board->core_facts->coremark_per_mhz;
    if (kl_core_find(counted, arena, &core, &ignored) != KL_OK || !own->known ||
        !core->coremark_per_mhz.known || !(own->value.value > 0)) {
        return false;
    }
    *ratio = core->coremark_per_mhz.value.value / own->value.value;
    return *ratio > 0;
}

static const char *explain(const struct kl_board *board, const struct kl_core_count *count,
                           double ratio, const struct stalls *stalls, struct kl_arena *arena)
{
    const char *counted = count->core;
    double mhz = (double)board->clock_hz / 1e6;
    if (strcmp(counted, board->core) == 0) {
        return kl_arena_printf(arena, "counted on the same core, at %.4g MHz; %s", mhz,
                               stalls->how);
    }
    if (count->is_own) {
        return kl_arena_printf(arena,
                               "the instructions of %s, counted with the timings of %s, at %.4g "
                               "MHz; %s",
                               board->core, counted, mhz, stalls->how);
    }
    if (count->paced) {
        return kl_arena_printf(arena,
                               "instructions counted on %s, each with the mean cycles of one on "
                               "%s, times %.2f for %s by CoreMark/MHz, at %.4g MHz; %s",
                               count->paced, counted, ratio, board->core, mhz, stalls->how);
    }
    return kl_arena_printf(arena,
                           "counted on %s, times %.2f for %s by CoreMark/MHz, at %.4g MHz; %s",
                           counted, ratio, board->core, mhz, stalls->how);
}

enum kl_err kl_latency_model(const struct kl_board *board, const struct kl_core_count *count,
                             struct kl_arena *arena, struct kl_latency *latency,
                             struct kl_diag *diag)
{
    double ratio;
    *latency = (struct kl_latency){.provenance = "modelled"};
    if (board->clock_hz == 0) {
        latency->how = "the board's clock is unknown";
        return KL_OK;
    }
    if (!core_ratio(board, count, arena, &ratio)) {
        latency->how =
            kl_arena_printf(arena, "CoreMark/MHz of %s or %s is unknown", board->core, count->core);
        return latency->how ? KL_OK : KL_FAIL_MEMORY(diag);
    }
    struct stalls stalls = count_stalls(board, count);
    double cycles = (double)count->cycles * ratio;
    double hertz = (double)board->clock_hz;
    latency->known = true;
    latency->cycles = cycles + stalls.best;
    latency->seconds = latency->cycles / hertz;
    latency->low = cycles / hertz;
    latency->high = (cycles + stalls.most) / hertz;
    if (strcmp(count->core, board->core) != 0) {
        latency->provenance = "estimated";
    }
    latency->how = explain(board, count, ratio, &stalls, arena);
    return latency->how ? KL_OK : KL_FAIL_MEMORY(diag);
}
