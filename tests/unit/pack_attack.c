/* SPDX-License-Identifier: Apache-2.0 */
#include "pack_attack.h"

#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "flow/pack_engine.h"
#include "nn/pack/read.h"
#include "pack_cases.h"

enum {
    MAX_VICTIMS = 250,
    SMALL_BYTES = 4096, /* of pack and arena: they run quickly whatever their sizes become */
    EDIT_BYTES = 5,
    RAW_PACK = 250
};

/* A valid pack. */
struct victim {
    unsigned char *pack;
    uint32_t bytes;
    uint32_t records; /* bytes up to the end of the step records */
};

static struct victim victims[MAX_VICTIMS];
static int32_t victim_count;
static bool covered[KL_KERNEL_COUNT];

static const struct kl_pack_step *steps_of(const struct kl_pack *pack)
{
    return (const struct kl_pack_step *)(const void *)((const unsigned char *)pack + pack->steps);
}

/* Note the kernels; returns the end of the records. */
static uint32_t walk_steps(const struct kl_pack *pack, bool *adds)
{
    const struct kl_pack_step *step = steps_of(pack);
    for (uint32_t i = 0; i < pack->step_count; i++, step = kl_step_next(step)) {
        *adds = *adds || !covered[step->kernel];
    }
    return (uint32_t)((const unsigned char *)step - (const unsigned char *)pack);
}

static void cover(const struct kl_pack *pack)
{
    const struct kl_pack_step *step = steps_of(pack);
    for (uint32_t i = 0; i < pack->step_count; i++, step = kl_step_next(step)) {
        covered[step->kernel] = true;
    }
}

static void consider_set(const struct kt_case *c, enum kl_kernel_set kernels, int32_t *number)
{
    enum { EVERY = 32 };
    struct pack_case made;
    bool adds = false;
    pack_case_make(&made, c, kernels);
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)made.pack;
    uint32_t records = walk_steps(pack, &adds);
    bool small = made.bytes <= SMALL_BYTES && pack->arena_bytes <= SMALL_BYTES;
    bool valid = kl_pack_validate(made.pack, made.bytes, &kl_host_engine) == 0;
    if (valid && small && victim_count < MAX_VICTIMS && (adds || (*number)++ % EVERY == 0)) {
        cover(pack);
        victims[victim_count++] =
            (struct victim){exact_copy(made.pack, made.bytes), made.bytes, records};
    }
    pack_case_free(&made);
}

static void consider(void *context, const struct kt_case *c)
{
    for (int set = KL_KERNELS_PORTABLE; set < KL_KERNEL_SET_COUNT; set++) {
        consider_set(c, (enum kl_kernel_set)set, context);
    }
}

void pack_attack_begin(void)
{
    int32_t number = 0;
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, consider, &number);
    }
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
    return covered[kernel];
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
    if (size < 1) {
        return false;
    }
    if (data[0] >= RAW_PACK) {
        unsigned char *raw = exact_copy(data + 1, size - 1);
        bool accepted = judge(raw, (uint32_t)(size - 1));
        free(raw);
        return accepted;
    }
    const struct victim *victim = &victims[data[0] % victim_count];
    unsigned char *pack = exact_copy(victim->pack, victim->bytes);
    for (size_t at = 1; at + EDIT_BYTES <= size; at += EDIT_BYTES) {
        edit(pack, victim, data + at);
    }
    bool accepted = judge(pack, victim->bytes);
    free(pack);
    return accepted;
}
