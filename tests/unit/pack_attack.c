/* SPDX-License-Identifier: Apache-2.0 */
#include "pack_attack.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/pack_engine.h"
#include "nn/pack/read.h"
#include "pack_cases.h"
#include "pack_victims.h"
#include "random.h"

enum {
    NUMBER_BYTES = 2, /* of which pack, in front of the edits */
    EDIT_BYTES = 5
};

static struct pack_victim *victims;
static int32_t victim_count;
static pack_attack_filter_fn *filter;
static void *filter_context;

void pack_attack_begin(void)
{
    victim_count = pack_victims_make(&victims);
}

void pack_attack_end(void)
{
    pack_victims_free();
}

bool pack_attack_covers(int32_t kernel)
{
    return pack_victims_cover(kernel);
}

int32_t pack_attack_count(void)
{
    return victim_count;
}

bool pack_attack_is_variant(int32_t number)
{
    return victims[number].is_variant;
}

static uint32_t word_at(const unsigned char *pack, uint32_t index)
{
    uint32_t word;
    memcpy(&word, pack + 4 * (size_t)index, sizeof word);
    return word;
}

/* Change one word of the records, or one byte anywhere. */
static void edit(unsigned char *pack, const struct pack_victim *victim, const uint8_t *how)
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

/* What a firmware does with a pack: read its name, and read and write its inputs and outputs. */
static void visit_tensors(const struct kl_pack *pack, unsigned char *arena)
{
    uint32_t read = 0;
    for (const char *c = (const char *)pack + pack->name; pack->name && *c; c++) {
        read += (unsigned char)*c;
    }
    for (uint32_t i = 0; i < (uint32_t)pack->input_count + pack->output_count; i++) {
        const struct kl_pack_tensor *tensor = kl_pack_tensor(pack, i);
        for (uint32_t d = 0; d < tensor->rank; d++) {
            read += (uint32_t)kl_pack_dims(tensor)[d];
        }
        for (uint32_t at = 0; at < tensor->bytes; at++) {
            read += arena[tensor->offset + at];
            arena[tensor->offset + at] = (unsigned char)(read | 1);
        }
    }
}

void pack_attack_filter(pack_attack_filter_fn *wanted, void *context)
{
    filter = wanted;
    filter_context = context;
}

/* Validate, and run what is accepted. */
static bool judge(const unsigned char *bytes, uint32_t size)
{
    if (filter && !filter(filter_context)) {
        return false;
    }
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)bytes;
    struct kl_engine small = kl_host_engine;
    small.arena_bytes = 4 * PACK_VICTIM_BYTES;
    if (kl_pack_validate(bytes, size, &small) != 0) {
        return false;
    }
    /* What lies behind the pack's end must not be read, even if it was delivered. */
    unsigned char *exact = exact_copy(bytes, pack->bytes);
    unsigned char *arena = exact_copy(NULL, pack->arena_bytes);
    pack = (const struct kl_pack *)(const void *)exact;
    fill_arena(arena, pack->arena_bytes);
    visit_tensors(pack, arena);
    kl_pack_reset(pack, &small, arena);
    run(pack, &small, arena);
    visit_tensors(pack, arena);
    if (memcmp(exact, bytes, pack->bytes) != 0) {
        fputs("a run wrote into its pack\n", stderr);
        abort();
    }
    free(arena);
    free(exact);
    return true;
}

bool pack_attack(const uint8_t *data, size_t size)
{
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
    const struct pack_victim *victim = &victims[number % victim_count];
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

static void count(struct pack_attack_outcome *outcome, bool accepted)
{
    outcome->accepted += accepted;
    outcome->refused += !accepted;
}

/* The field of 1, 2 or 4 bytes at `at` becomes `value` for one judgement. */
static void attack_field(const struct copy *copy, uint32_t at, uint32_t bytes, uint32_t value)
{
    unsigned char kept[4];
    memcpy(kept, copy->pack + at, bytes);
    memcpy(copy->pack + at, &value, bytes);
    if (memcmp(kept, copy->pack + at, bytes) != 0) {
        count(copy->outcome, judge(copy->pack, copy->bytes));
    }
    memcpy(copy->pack + at, kept, bytes);
}

/* Places where little is left up to the end of the pack or the arena: what reads or writes too much
 * leaves them. */
static void attack_place(const struct copy *copy, uint32_t at)
{
    static const uint32_t left[] = {1, 2, 4, 8, 16, 32, 64};
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)copy->pack;
    const uint32_t arena = pack->arena_bytes;
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        attack_field(copy, at, 4, copy->bytes - left[i]);
        attack_field(copy, at, 4, (copy->bytes - left[i]) | KL_PACK_PLACE_CONSTANT);
        attack_field(copy, at, 4, arena - left[i]);
    }
}

/* Beside the rows of the same step, so that they share memory in part. */
static void attack_rows(const struct copy *copy, const struct kl_pack_step *step, uint32_t at)
{
    static const int32_t beside[] = {-8, -4, -2, -1, 0, 1, 2, 4, 8};
    const struct kl_pack_rows *rows = kl_step_rows(step);
    for (int32_t k = 0; k < step->inputs + step->outputs; k++) {
        for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
            attack_field(copy, at, 4, rows[k].place + (uint32_t)beside[i]);
        }
    }
}

/* Less scratch memory, at the end of the arena. */
static void attack_scratch(const struct copy *copy, uint32_t at)
{
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)copy->pack;
    struct kl_pack_scratch kept, less;
    memcpy(&kept, copy->pack + at, sizeof kept);
    for (uint32_t bytes = 0; bytes < kept.bytes; bytes += 1 + bytes / 2) {
        less = (struct kl_pack_scratch){0, bytes};
        less.offset = (pack->arena_bytes - bytes) & ~7u;
        memcpy(copy->pack + at, &less.offset, sizeof less.offset);
        attack_field(copy, at + 4, 4, bytes);
    }
    memcpy(copy->pack + at, &kept, sizeof kept);
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
    attack_place(copy, at);
}

/* A piece of the constants becomes bytes of one value for one judgement each. */
static void attack_piece(const struct copy *copy, uint32_t at, uint32_t bytes)
{
    static const unsigned char values[] = {0, 0x7f, 0x80, 0xff};
    unsigned char kept[256];
    memcpy(kept, copy->pack + at, bytes);
    for (size_t i = 0; i < sizeof values; i++) {
        memset(copy->pack + at, values[i], bytes);
        count(copy->outcome, judge(copy->pack, copy->bytes));
    }
    memcpy(copy->pack + at, kept, bytes);
}

/* The header, and the records of inputs and outputs. */
static void attack_head(const struct copy *copy)
{
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)copy->pack;
    for (uint32_t at = 0; at < pack->steps; at += 4) {
        attack_word(copy, at);
        attack_field(copy, at, 2, 0xffff);
        attack_field(copy, at + 2, 2, 0xffff);
        attack_field(copy, at + 1, 1, 0xff);
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

/* Some of the constants' words: entries of tables, indices, links of trees. Then pieces of tables
 * with one value. */
static void attack_constants(const struct copy *copy, uint32_t from, uint32_t first)
{
    enum { WORDS = 60, PIECE = 128 };
    static const uint32_t values[] = {0x7f7f7f7f, 0x80808080, 0xffffffff, 0x7fffffff, 0x80000000};
    const uint32_t words = (copy->bytes - from) / 4, step = words / WORDS + 1;
    for (uint32_t i = first % step; i < words; i += step) {
        const uint32_t word = word_at(copy->pack, from / 4 + i);
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
            attack_field(copy, from + 4 * i, 4, values[k]);
        }
        attack_field(copy, from + 4 * i, 4, word + 1);
        attack_field(copy, from + 4 * i, 4, word + 0x10000);
        attack_field(copy, from + 4 * i, 4, word | 0x1f00);
        attack_field(copy, from + 4 * i, 4, word | 0xff);
    }
    for (uint32_t at = from; at + PIECE <= copy->bytes; at += PIECE / 2) {
        attack_piece(copy, at, PIECE);
    }
}

/* One of `every` fields of each step. */
void pack_attack_fields(int32_t number, uint32_t every, struct pack_attack_outcome *outcome)
{
    const struct pack_victim *victim = &victims[number];
    const struct copy copy = {exact_copy(victim->pack, victim->bytes), victim->bytes, outcome};
    const struct kl_pack_step *step = pack_victim_steps(victim->pack);
    const uint32_t choice = (uint32_t)number;
    for (uint32_t i = 0; i < pack_victim_step_count(victim->pack); i++, step = kl_step_next(step)) {
        const uint32_t at = (uint32_t)((const unsigned char *)step - victim->pack);
        const uint32_t end = (uint32_t)((const unsigned char *)kl_step_next(step) - victim->pack);
        const uint32_t rows = at + (uint32_t)sizeof *step;
        if (choice % every == 0) {
            attack_step(&copy, at);
        }
        for (uint32_t word = rows + choice % every * 4; word < end; word += 4 * every) {
            attack_word(&copy, word);
        }
        for (int32_t k = 0; k < step->inputs + step->outputs; k++) {
            attack_rows(&copy, step, rows + (uint32_t)k * (uint32_t)sizeof(struct kl_pack_rows));
        }
        if (step->has_scratch) {
            attack_scratch(&copy,
                           (uint32_t)((const unsigned char *)kl_step_scratch(step) - victim->pack));
        }
    }
    if (choice % every == 0) {
        attack_constants(&copy, victim->records, choice / every);
    }
    if (!victim->is_variant && choice % every == 0) {
        attack_head(&copy);
    }
    free(copy.pack);
}

void pack_attack_randomly(int32_t number, uint64_t seed, struct pack_attack_outcome *outcome)
{
    enum { MAX_EDITS = 4 };
    struct kt_random random = {seed};
    for (int32_t i = 0; i < number; i++) {
        uint8_t data[NUMBER_BYTES + EDIT_BYTES * MAX_EDITS];
        const size_t edits = (size_t)kt_random_between(&random, 1, MAX_EDITS);
        for (size_t k = 0; k < sizeof data; k++) {
            data[k] = (uint8_t)kt_random_next(&random);
        }
        data[1] %= PACK_ATTACK_RAW >> 8;
        count(outcome, pack_attack(data, NUMBER_BYTES + EDIT_BYTES * edits));
    }
}
