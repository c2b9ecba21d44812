/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts the power of a device at every flash operation while a patch is applied: before it, in its
 * middle and behind it; once, and twice in a row. After every cut the patch comes in anew, and in
 * the end the slot must hold the result, and not one bit that is unstable.
 *
 *     delta_power_test                 every single cut, and some pairs
 *     delta_power_test all             all pairs, too
 *     delta_power_test SCENARIO N [M]  one case again
 *
 * N and M are an operation since power came on, times 3, plus 0 before it, 1 in it, 2 behind it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinglet/delta.h"
#include "port/host/flash_model.h"
#include "release/delta.h"
#include "support/random.h"

enum { SECTOR = 128, WRITE = 8, SLOT = 10 * SECTOR, FLASH = 2 * SLOT, IMAGE_MAX = SLOT };
enum { CUTS = 2, FEEDS_MAX = 20, PART_BYTES = 37, PAIRS_OF_CI = 4000, FAILURES_SHOWN = 10 };

struct scenario {
    const char *name;
    uint32_t old_bytes, new_bytes;
    uint32_t erased_at;   /* a stretch of 0xff in the result, of three sectors; 0: none */
    uint32_t stale_bytes; /* the slot is full before; so many bytes are those of the result */
};

static const struct scenario scenarios[] = {
    {"same-size", 1100, 1100, 0, 0},
    {"larger", 900, 1250, 0, 0},
    {"stale", 1100, 1030, 0, SECTOR + SECTOR / 2},
    {"again", 1100, 1100, 0, 1100},
    {"erased-stretch", 1100, 1100, 300, 0},
    {"stale-and-erased", 1100, 1100, 300, SECTOR + SECTOR / 2},
    {"again-and-erased", 1100, 1100, 300, 1100},
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

/* A scenario with its images and patch, and the device. */
struct world {
    const struct scenario *scenario;
    uint8_t old_image[IMAGE_MAX], new_image[IMAGE_MAX], before[SLOT];
    struct kl_buffer patch;
    struct kl_flash_model model;
    uint32_t memory[FLASH];
};

static struct world world;

/* The new image is the old one with an insertion, changes here and there, and a new end. */
static void make_images(struct world *w)
{
    const struct scenario *s = w->scenario;
    struct kt_random random = {s->new_bytes};
    for (uint32_t i = 0; i < IMAGE_MAX; i++) {
        w->old_image[i] = (uint8_t)kt_random_next(&random);
        w->before[i] = (uint8_t)kt_random_next(&random);
    }
    for (uint32_t i = 0; i < IMAGE_MAX; i++) {
        w->new_image[i] = i < 10 ? (uint8_t)i : w->old_image[i - 10];
        w->new_image[i] = (uint8_t)(w->new_image[i] + (i % 29 == 0));
    }
    for (uint32_t i = s->old_bytes; i < s->new_bytes; i++) {
        w->new_image[i] = (uint8_t)kt_random_next(&random);
    }
    if (s->erased_at > 0) {
        memset(w->new_image + s->erased_at, 0xff, (size_t)3 * SECTOR);
    }
    memcpy(w->before, w->new_image, s->stale_bytes);
}

static bool make_patch(struct world *w)
{
    struct kl_diag diag = {0};
    struct kl_delta_counts counts;
    struct kl_arena *arena = kl_arena_create((size_t)64 << 20);
    kl_buffer_free(&w->patch);
    w->patch = KL_BUFFER(1 << 20);
    enum kl_err err = kl_delta_make((struct kl_bytes){w->old_image, w->scenario->old_bytes},
                                    (struct kl_bytes){w->new_image, w->scenario->new_bytes}, arena,
                                    &w->patch, &counts, &diag);
    kl_arena_free(arena);
    if (err != KL_OK) {
        printf("%s: %s\n", w->scenario->name, diag.message);
    }
    return err == KL_OK;
}

static void start_device(struct world *w, uint64_t seed)
{
    const struct kl_flash *flash = &w->model.flash;
    kl_flash_model_init(&w->model, w->memory, FLASH, SECTOR, WRITE, seed);
    (void)flash->write(flash->context, 0, w->old_image, SLOT);
    if (w->scenario->stale_bytes > 0) {
        (void)flash->write(flash->context, SLOT, w->before, SLOT);
    }
}

/* The patch comes in from its first byte. KL_DELTA_DONE, or why not. */
static int receive(struct world *w)
{
    const struct kl_flash_area base = {&w->model.flash, 0, SLOT};
    const struct kl_flash_area result = {&w->model.flash, SLOT, SLOT};
    struct kl_delta delta;
    int error = kl_delta_begin(&delta, &base, &result);
    for (size_t at = 0; at < w->patch.size && error == KL_DELTA_OK; at += PART_BYTES) {
        size_t left = w->patch.size - at;
        error = kl_delta_feed(&delta, w->patch.data + at,
                              (uint32_t)(left < PART_BYTES ? left : PART_BYTES));
    }
    return error;
}

static bool is_right(const struct world *w)
{
    for (uint32_t i = 0; i < w->scenario->new_bytes; i++) {
        if (w->model.data[SLOT + i] != w->new_image[i] || w->model.unstable[SLOT + i]) {
            return false;
        }
    }
    return w->model.violations == 0;
}

/* Run with these cuts. *operations: how many there were after the last cut. */
static bool run(struct world *w, const uint64_t *cuts, int count, uint64_t *operations)
{
    int error = KL_DELTA_OK, cut = 0;
    uint64_t since = 0;
    start_device(w, 1 + (count > 0 ? cuts[0] : 0) * 1000003 + (count > 1 ? cuts[1] : 0));
    for (int feeds = 0; feeds < FEEDS_MAX && error != KL_DELTA_DONE; feeds++) {
        if (feeds == 0 || w->model.is_off) {
            kl_flash_model_power_on(&w->model);
            since = w->model.operations;
            if (cut < count) {
                kl_flash_model_cut(&w->model, cuts[cut] / KL_CUT_PLACES,
                                   (enum kl_cut_place)(cuts[cut] % KL_CUT_PLACES));
                cut++;
            }
        }
        error = receive(w);
        bool is_expected = w->model.is_off || error == KL_DELTA_DONE || error == KL_DELTA_STALE;
        if (!is_expected) {
            break;
        }
    }
    *operations = w->model.operations - since;
    kl_flash_model_power_on(&w->model);
    if (error == KL_DELTA_DONE && is_right(w)) {
        return true;
    }
    printf("FAILED %s", w->scenario->name);
    for (int i = 0; i < count; i++) {
        printf(" %llu", (unsigned long long)cuts[i]);
    }
    printf(": error %d\n", error);
    return false;
}

static bool load(const struct scenario *s)
{
    world.scenario = s;
    make_images(&world);
    return make_patch(&world);
}

/* Returns the number of failures. */
static int try_scenario(const struct scenario *s, bool all)
{
    uint64_t operations, left, cuts[CUTS], runs = 0;
    struct kt_random random = {1};
    if (!load(s) || !run(&world, cuts, 0, &operations)) {
        return 1;
    }
    int failures = 0;
    for (cuts[0] = 0; cuts[0] < operations * KL_CUT_PLACES; cuts[0]++) {
        failures += !run(&world, cuts, 1, &left);
        for (cuts[1] = 0; all && cuts[1] < left * KL_CUT_PLACES; cuts[1]++, runs++) {
            failures += !run(&world, cuts, 2, &(uint64_t){0});
        }
    }
    for (; !all && runs < PAIRS_OF_CI && failures < FAILURES_SHOWN; runs++) {
        cuts[0] = kt_random_next(&random) % (operations * KL_CUT_PLACES);
        cuts[1] = kt_random_next(&random) % (operations * KL_CUT_PLACES);
        failures += !run(&world, cuts, 2, &left);
    }
    printf("%-16s %4llu operations, %5llu runs with one cut, %8llu with two, %d failures\n",
           s->name, (unsigned long long)operations,
           (unsigned long long)(operations * KL_CUT_PLACES), (unsigned long long)runs, failures);
    return failures;
}

static int replay(int argc, char **argv)
{
    uint64_t cuts[CUTS], operations;
    int count = 0;
    for (int i = 2; i < argc && count < CUTS; i++) {
        cuts[count++] = strtoull(argv[i], NULL, 10);
    }
    for (int i = 0; i < SCENARIOS; i++) {
        if (strcmp(scenarios[i].name, argv[1]) == 0) {
            bool passed = load(&scenarios[i]) && run(&world, cuts, count, &operations);
            printf("%s: %s\n", argv[1], passed ? "passed" : "failed");
            return !passed;
        }
    }
    printf("no scenario has that name: %s\n", argv[1]);
    return 2;
}

int main(int argc, char **argv)
{
    bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    int failures = 0;
    if (argc > 1 && !all) {
        return replay(argc, argv);
    }
    for (int i = 0; i < SCENARIOS; i++) {
        failures += try_scenario(&scenarios[i], all);
    }
    kl_buffer_free(&world.patch);
    return failures > 0;
}
