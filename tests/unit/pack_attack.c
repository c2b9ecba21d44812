/* SPDX-License-Identifier: Apache-2.0 */
#include "pack_attack.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "flow/pack_engine.h"
#include "nn/pack/read.h"
#include "pack_cases.h"

enum {
    MAX_VICTIMS = 1000,
    TIMES_EACH = 6,     /* packs that are kept for a kernel */
    SMALL_BYTES = 4096, /* of pack and arena: they run quickly whatever their sizes become */
    EDIT_BYTES = 5
};

/* A valid pack. */
struct victim {
    unsigned char *pack;
    uint32_t bytes;
    uint32_t records; /* bytes up to the end of the step records */
};

static struct victim victims[MAX_VICTIMS];
static int32_t victim_count;
static int32_t covered[KL_KERNEL_COUNT]; /* by packs that were kept */

static const struct kl_pack_step *steps_of(const struct kl_pack *pack)
{
    return (const struct kl_pack_step *)(const void *)((const unsigned char *)pack + pack->steps);
}

static uint32_t all_steps(const struct kl_pack *pack)
{
    return (uint32_t)pack->step_count + pack->reset_count;
}

/* Note whether a kernel is still wanted; returns the end of the records. */
static uint32_t walk_steps(const struct kl_pack *pack, bool *wanted)
{
    const struct kl_pack_step *step = steps_of(pack);
    for (uint32_t i = 0; i < all_steps(pack); i++, step = kl_step_next(step)) {
        *wanted = *wanted || covered[step->kernel] < TIMES_EACH;
    }
    return (uint32_t)((const unsigned char *)step - (const unsigned char *)pack);
}

static void cover(const struct kl_pack *pack)
{
    const struct kl_pack_step *step = steps_of(pack);
    for (uint32_t i = 0; i < all_steps(pack); i++, step = kl_step_next(step)) {
        covered[step->kernel]++;
    }
}

static void consider_pack(void *context, const char *label, const struct pack_case *made)
{
    bool wanted = false;
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)made->pack;
    uint32_t records = walk_steps(pack, &wanted);
    bool small = made->bytes <= SMALL_BYTES && pack->arena_bytes <= SMALL_BYTES;
    (void)context;
    (void)label;
    if (wanted && small && victim_count < MAX_VICTIMS) {
        cover(pack);
        victims[victim_count++] =
            (struct victim){exact_copy(made->pack, made->bytes), made->bytes, records};
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

void pack_attack_begin(void)
{
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, consider, NULL);
    }
    pack_case_each_graph(consider_pack, NULL);
}

void pack_attack_end(void)
{
    for (int32_t i = 0; i < victim_count; i++) {
        free(victims[i].pack);
    }
    victim_count = 0;
}

bool pack_attack_covers(int32_t kernel)
{
    return covered[kernel] > 0;
}

int32_t pack_attack_count(void)
{
    return victim_count;
}

static uint32_t word_at(const unsigned char *pack, uint32_t index)
{
    uint32_t word;
    memcpy(&word, pack + 4 * (size_t)index, sizeof word);
    return word;
}

/* Change one word of the records, or one byte anywhere. */
static void edit(unsigned char *pack, const struct victim *victim, const uint8_t *how)
{
    static const uint32_t telling[] = {0,          1,          2,          3,          4,
                                       127,        128,        255,        256,        4095,
                                       4096,       65535,      65536,      0x7fffffff, 0x80000000,
                                       0xffffffff, 0xfffffffe, 0xffff0000, 0x40000000, 0x3fffffff,
                                       0x01000000, 0x00800000};
    const uint32_t place = (uint32_t)how[0] | (uint32_t)how[1] << 8;
    const uint32_t value = (uint32_t)how[3] | (uint32_t)how[4] << 8;
    const uint32_t at = place % (victim->records / 4);
    uint32_t word = word_at(pack, at);
    switch (how[2] % 8) {
    case 0: word = value; break;
    case 1: word += how[3] < 128 ? how[3] : how[3] - 256u; break;
    case 2: word = telling[value % (sizeof telling / sizeof telling[0])]; break;
    case 3: pack[place % victim->bytes] = how[3]; return;
    case 4: word ^= 1u << value % 32; break;
    case 5: word = word_at(pack, value % (victim->records / 4)); break;
    case 6: word = value << 16 | value; break;
    default: word = 0u - value; break;
    }
    memcpy(pack + 4 * (size_t)at, &word, sizeof word);
}

static void fill_arena(unsigned char *arena, uint32_t bytes)
{
    struct kt_random random = {bytes};
    for (uint32_t i = 0; i < bytes; i++) {
        arena[i] = (unsigned char)kt_random_next(&random);
    }
}

/* A run with branches may have no end: this one has. */
static void run(const struct kl_pack *pack, const struct kl_engine *engine, unsigned char *arena)
{
    enum { MOST_STEPS = 100 };
    if (pack->next_offset == KL_PACK_NO_BRANCHES) {
        kl_pack_run(pack, engine, arena);
        return;
    }
    uint32_t next = 0;
    for (int32_t i = 0; i < MOST_STEPS && next < pack->step_count; i++) {
        next = kl_pack_step(pack, engine, arena, next);
    }
}

/* Validate, and run what is accepted. */
static bool judge(const unsigned char *bytes, uint32_t size)
{
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)bytes;
    struct kl_engine small = kl_host_engine;
    small.arena_bytes = 4 * SMALL_BYTES;
    if (kl_pack_validate(bytes, size, &small) != 0) {
        return false;
    }
    /* What lies behind the pack's end must not be read, even if it was delivered. */
    unsigned char *exact = exact_copy(bytes, pack->bytes);
    unsigned char *arena = exact_copy(NULL, pack->arena_bytes);
    pack = (const struct kl_pack *)(const void *)exact;
    fill_arena(arena, pack->arena_bytes);
    kl_pack_reset(pack, &small, arena);
    run(pack, &small, arena);
    free(arena);
    free(exact);
    return true;
}

bool pack_attack(const uint8_t *data, size_t size)
{
    enum { NUMBER_BYTES = 2 };
    if (size < NUMBER_BYTES) {
        return false;
    }
    const int32_t number = data[0] | data[1] << 8;
    data += NUMBER_BYTES;
    size -= NUMBER_BYTES;
    if (number >= PACK_ATTACK_RAW) {
        unsigned char *raw = exact_copy(data, size);
        bool accepted = judge(raw, (uint32_t)size);
        free(raw);
        return accepted;
    }
    const struct victim *victim = &victims[number % victim_count];
    unsigned char *pack = exact_copy(victim->pack, victim->bytes);
    for (size_t at = 0; at + EDIT_BYTES <= size; at += EDIT_BYTES) {
        edit(pack, victim, data + at);
    }
    bool accepted = judge(pack, victim->bytes);
    free(pack);
    return accepted;
}

/* A copy of a victim, of which one field after the other is attacked. */
struct copy {
    unsigned char *pack;
    uint32_t bytes;
    struct pack_attack_outcome *outcome;
};

/* The field of 1, 2 or 4 bytes at `at` becomes `value` for one judgement. */
static void attack_field(const struct copy *copy, uint32_t at, uint32_t bytes, uint32_t value)
{
    unsigned char kept[4];
    memcpy(kept, copy->pack + at, bytes);
    memcpy(copy->pack + at, &value, bytes);
    if (memcmp(kept, copy->pack + at, bytes) != 0) {
        if (judge(copy->pack, copy->bytes)) {
            copy->outcome->accepted++;
        } else {
            copy->outcome->refused++;
        }
    }
    memcpy(copy->pack + at, kept, bytes);
}

static void attack_word(const struct copy *copy, uint32_t at)
{
    static const uint32_t values[] = {0,          1,          0x7fffffff, 0x80000000,
                                      0xffffffff, 0x40000000, 128,        0xffffff7f,
                                      0x8000,     0xffff7fff, 0x10000,    31};
    const uint32_t word = word_at(copy->pack, at / 4);
    const uint32_t beside[] = {word + 1, word - 1, word + 4, word - 4,
                               2 * word, word / 2, 0u - word};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        attack_field(copy, at, 4, values[i]);
    }
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        attack_field(copy, at, 4, beside[i]);
    }
}

/* Another kernel, and other numbers of what it works on. */
static void attack_step(const struct copy *copy, uint32_t at)
{
    static const uint32_t counts[] = {0, 1, 2, 3, 4, 5, 8, 9, 0x7f, 0x80, 0xff};
    for (uint32_t kernel = 0; kernel <= KL_KERNEL_COUNT; kernel++) {
        attack_field(copy, at + offsetof(struct kl_pack_step, kernel), 2, kernel);
    }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        attack_field(copy, at + offsetof(struct kl_pack_step, inputs), 1, counts[i]);
        attack_field(copy, at + offsetof(struct kl_pack_step, outputs), 1, counts[i]);
        attack_field(copy, at + offsetof(struct kl_pack_step, words), 1, counts[i]);
        attack_field(copy, at + offsetof(struct kl_pack_step, has_scratch), 1, counts[i]);
        attack_field(copy, at + offsetof(struct kl_pack_step, reserved), 2, counts[i]);
    }
}

/* Some of the constants' words: entries of tables, indices, links of trees. */
static void attack_constants(const struct copy *copy, uint32_t from)
{
    enum { WORDS = 60 };
    static const uint32_t values[] = {0x7f7f7f7f, 0x80808080, 0xffffffff, 0x7fffffff, 0x80000000};
    const uint32_t words = (copy->bytes - from) / 4, step = words / WORDS + 1;
    for (uint32_t i = 0; i < words; i += step) {
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
            attack_field(copy, from + 4 * i, 4, values[k]);
        }
        attack_field(copy, from + 4 * i, 4, word_at(copy->pack, from / 4 + i) + 1);
        attack_field(copy, from + 4 * i, 4, word_at(copy->pack, from / 4 + i) + 0x10000);
    }
}

void pack_attack_fields(int32_t number, struct pack_attack_outcome *outcome)
{
    const struct victim *victim = &victims[number];
    const struct kl_pack *original = (const struct kl_pack *)(const void *)victim->pack;
    const struct copy copy = {exact_copy(victim->pack, victim->bytes), victim->bytes, outcome};
    const struct kl_pack_step *step = steps_of(original);
    for (uint32_t i = 0; i < all_steps(original); i++, step = kl_step_next(step)) {
        const uint32_t at = (uint32_t)((const unsigned char *)step - victim->pack);
        const uint32_t end = (uint32_t)((const unsigned char *)kl_step_next(step) - victim->pack);
        attack_step(&copy, at);
        for (uint32_t word = at + (uint32_t)sizeof *step; word < end; word += 4) {
            attack_word(&copy, word);
        }
    }
    attack_constants(&copy, victim->records);
    free(copy.pack);
}
