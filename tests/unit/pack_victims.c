/* SPDX-License-Identifier: Apache-2.0 */
#include "pack_victims.h"

#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "flow/pack_engine.h"
#include "nn/pack/read.h"
#include "pack_cases.h"

enum {
    MAX_VICTIMS = 4000,
    TIMES_EACH = 3 /* packs that are kept for a kernel, each with parameters of another form */
};

static struct pack_victim victims[MAX_VICTIMS];
static int32_t victim_count;

/* Forms of parameters of each kernel in the packs that were kept. */
static struct {
    uint64_t form[TIMES_EACH];
    int32_t count;
} covered[KL_KERNEL_COUNT];

static bool is_valid(const unsigned char *pack, uint32_t bytes)
{
    return kl_pack_validate(pack, bytes, &kl_host_engine) == 0;
}

static uint32_t offset_in(const unsigned char *pack, const void *place)
{
    return (uint32_t)((const unsigned char *)place - pack);
}

static uint32_t get(const unsigned char *pack, uint32_t at)
{
    uint32_t word;
    memcpy(&word, pack + at, sizeof word);
    return word;
}

static void put(unsigned char *pack, uint32_t at, uint32_t word)
{
    memcpy(pack + at, &word, sizeof word);
}

/* Put a word that the validator accepts; false and unchanged when it does not. */
static bool try_word(struct pack_victim *victim, uint32_t at, uint32_t word)
{
    const uint32_t kept = get(victim->pack, at);
    put(victim->pack, at, word);
    if (is_valid(victim->pack, victim->bytes)) {
        return true;
    }
    put(victim->pack, at, kept);
    return false;
}

/* The largest offset in the arena for the word at `at`. */
static void push_up(struct pack_victim *victim, uint32_t at)
{
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)victim->pack;
    const uint32_t from = get(victim->pack, at);
    for (uint32_t step = 1u << 12; step > 0 && from < pack->arena_bytes; step /= 2) {
        try_word(victim, at, get(victim->pack, at) + step);
    }
}

/* Move the rows of all steps that lie in the arena: to its end as far as they go, or to its
 * begin. */
static void move_rows(struct pack_victim *victim, bool to_end)
{
    const struct kl_pack_step *step = pack_victim_steps(victim->pack);
    for (uint32_t i = 0; i < pack_victim_step_count(victim->pack); i++, step = kl_step_next(step)) {
        for (uint32_t k = (uint32_t)step->inputs + step->outputs; k-- > 0;) {
            const struct kl_pack_rows *rows = kl_step_rows(step) + k;
            const uint32_t at = offset_in(victim->pack, &rows->place);
            if (rows->place & KL_PACK_PLACE_CONSTANT) {
                continue;
            }
            if (to_end) {
                push_up(victim, at);
            } else {
                try_word(victim, at, 0);
            }
        }
    }
}

/* Move the scratch memory of each step behind a longer arena. False when there is none. */
static bool move_scratch(struct pack_victim *victim)
{
    struct kl_pack *pack = (struct kl_pack *)(void *)victim->pack;
    const uint32_t old_end = (pack->arena_bytes + 15) & ~15u;
    const struct kl_pack_step *step = pack_victim_steps(victim->pack);
    uint32_t most = 0;
    for (uint32_t i = 0; i < pack->step_count; i++, step = kl_step_next(step)) {
        if (step->has_scratch && kl_step_scratch(step)->bytes > most) {
            most = kl_step_scratch(step)->bytes;
        }
    }
    pack->arena_bytes = most ? old_end + most : pack->arena_bytes;
    step = pack_victim_steps(victim->pack);
    for (uint32_t i = 0; i < pack->step_count; i++, step = kl_step_next(step)) {
        if (step->has_scratch) {
            const struct kl_pack_scratch *scratch = kl_step_scratch(step);
            put(victim->pack, offset_in(victim->pack, &scratch->offset),
                (old_end + most - scratch->bytes) & ~7u);
        }
    }
    return most > 0;
}

/* Let the parameter word at `at`, a pointer, point to a copy of its constants at the pack's end,
 * and cut the pack off behind them. False when it is NULL. */
static bool copy_constant(struct pack_victim *victim, uint32_t at)
{
    const uint32_t from = get(victim->pack, at), start = (victim->bytes + 15) & ~15u;
    const uint32_t shift = from % 16, bytes = victim->bytes - from;
    if (from == 0) {
        return false;
    }
    unsigned char *longer = exact_copy(NULL, start + shift + bytes);
    memcpy(longer, victim->pack, victim->bytes);
    memcpy(longer + start + shift, victim->pack + from, bytes);
    put(longer, at, start + shift);
    free(victim->pack);
    uint32_t least = start + shift, most = start + shift + bytes;
    struct kl_pack *pack = (struct kl_pack *)(void *)longer;
    while (least + 4 <= most) {
        const uint32_t middle = (least + (most - least) / 2) & ~3u;
        pack->bytes = middle;
        if (is_valid(longer, middle)) {
            most = middle;
        } else {
            least = middle + 4;
        }
    }
    pack->bytes = most;
    victim->bytes = most;
    victim->pack = exact_copy(longer, most);
    free(longer);
    return true;
}

/* Keep a copy of the first of the victims of a pack, or take it back. */
static struct pack_victim *begin_variant(const struct pack_victim *original)
{
    struct pack_victim *victim = &victims[victim_count++];
    *victim = *original;
    victim->pack = exact_copy(original->pack, original->bytes);
    victim->is_variant = true;
    return victim;
}

static void end_variant(struct pack_victim *victim, bool is_good)
{
    if (!is_good || !is_valid(victim->pack, victim->bytes)) {
        free(victim->pack);
        victim_count--;
    }
}

static void add_variants(const struct pack_victim *original)
{
    const struct kl_pack_step *step = pack_victim_steps(original->pack);
    struct pack_victim *victim = begin_variant(original);
    move_rows(victim, true);
    end_variant(victim, true);
    victim = begin_variant(original);
    move_rows(victim, false);
    end_variant(victim, true);
    victim = begin_variant(original);
    end_variant(victim, move_scratch(victim));
    for (uint32_t i = 0; i < pack_victim_step_count(original->pack);
         i++, step = kl_step_next(step)) {
        const struct kl_params_layout *layout = kl_host_engine.kernels[step->kernel]->layout;
        for (uint32_t k = 0; k < layout->pointer_count; k++) {
            const uint32_t *word = kl_step_params(step) + layout->pointers[k];
            victim = begin_variant(original);
            end_variant(victim, copy_constant(victim, offset_in(original->pack, word)));
        }
    }
}

/* Which parameters are 0, 1 or something else: kernels do other things with others of these. */
static uint64_t form_of(const struct kl_pack_step *step)
{
    uint64_t form = 0;
    for (uint32_t i = 0; i < step->words; i++) {
        const uint32_t word = kl_step_params(step)[i];
        form = form * 31 + (word < 2 ? word : 2);
    }
    return form;
}

/* Note a step's form; false when it is known, or its kernel has enough of them. */
static bool cover(const struct kl_pack_step *step)
{
    const uint64_t form = form_of(step);
    const int32_t count = covered[step->kernel].count;
    for (int32_t i = 0; i < count; i++) {
        if (covered[step->kernel].form[i] == form) {
            return false;
        }
    }
    if (count == TIMES_EACH) {
        return false;
    }
    covered[step->kernel].form[covered[step->kernel].count++] = form;
    return true;
}

/* Does the pack have a step that is wanted? `*end`: of the records. */
static bool is_wanted(const unsigned char *pack, uint32_t *end)
{
    bool wanted = false;
    const struct kl_pack_step *step = pack_victim_steps(pack);
    for (uint32_t i = 0; i < pack_victim_step_count(pack); i++, step = kl_step_next(step)) {
        wanted = cover(step) || wanted;
    }
    *end = offset_in(pack, step);
    return wanted;
}

static void consider_pack(void *context, const char *label, const struct pack_case *made)
{
    enum { ROOM = 64 }; /* for variants of one pack */
    uint32_t records;
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)made->pack;
    const bool small = made->bytes <= PACK_VICTIM_BYTES && pack->arena_bytes <= PACK_VICTIM_BYTES;
    (void)context;
    (void)label;
    if (small && victim_count + ROOM < MAX_VICTIMS && is_wanted(made->pack, &records)) {
        const struct pack_victim *original = &victims[victim_count++];
        victims[victim_count - 1] =
            (struct pack_victim){exact_copy(made->pack, made->bytes), made->bytes, records, false};
        add_variants(original);
    }
}

static void consider(void *context, const struct kt_case *c)
{
    for (int set = KL_KERNELS_PORTABLE; set < KL_KERNEL_SET_COUNT; set++) {
        struct pack_case made;
        pack_case_make(&made, c, (enum kl_kernel_set)set);
        consider_pack(context, c->label, &made);
        pack_case_free(&made);
    }
}

int32_t pack_victims_make(struct pack_victim **made)
{
    pack_case_each_graph(consider_pack, NULL);
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, consider, NULL);
    }
    *made = victims;
    return victim_count;
}

void pack_victims_free(void)
{
    for (int32_t i = 0; i < victim_count; i++) {
        free(victims[i].pack);
    }
    victim_count = 0;
}

bool pack_victims_cover(int32_t kernel)
{
    return covered[kernel].count > 0;
}
