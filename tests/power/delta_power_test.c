/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts the power of a device at every flash operation while a patch is applied. After every cut the
 * patch comes in anew, and in the end the slot must hold the result, and not one bit that is
 * unstable. power/cuts.h has the command line.
 */
#include <stdio.h>
#include <string.h>

#include "kinglet/delta.h"
#include "power/cuts.h"
#include "release/delta.h"
#include "support/random.h"

enum { SECTOR = 128, WRITE = 8, SLOT = 10 * SECTOR, FLASH = 2 * SLOT, IMAGE_MAX = SLOT };
enum { FEEDS_MAX = 20, PART_BYTES = 37, PAIRS_OF_CI = 4000 };

struct scenario {
    uint32_t old_bytes, new_bytes;
    uint32_t erased_at;   /* a stretch of 0xff in the result, of three sectors; 0: none */
    uint32_t stale_bytes; /* the slot is full before; so many bytes are those of the result */
};

static const struct cut_scenario scenarios[] = {
    {"same-size", &(struct scenario){1100, 1100, 0, 0}},
    {"larger", &(struct scenario){900, 1250, 0, 0}},
    {"stale", &(struct scenario){1100, 1030, 0, SECTOR + SECTOR / 2}},
    {"again", &(struct scenario){1100, 1100, 0, 1100}},
    {"erased-stretch", &(struct scenario){1100, 1100, 300, 0}},
    {"stale-and-erased", &(struct scenario){1100, 1100, 300, SECTOR + SECTOR / 2}},
    {"again-and-erased", &(struct scenario){1100, 1100, 300, 1100}},
};

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
        printf("%s\n", diag.message);
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

static bool load(const struct cut_scenario *scenario)
{
    if (world.scenario == scenario->context) {
        return true;
    }
    world.scenario = scenario->context;
    make_images(&world);
    return make_patch(&world);
}

static bool run(const struct cut_scenario *scenario, struct cut_plan *plan, uint64_t *operations)
{
    struct world *w = &world;
    int error = KL_DELTA_OK;
    if (!load(scenario)) {
        return false;
    }
    start_device(w, cut_seed(plan));
    cut_power_on(plan, &w->model);
    for (int feeds = 0; feeds < FEEDS_MAX && error != KL_DELTA_DONE; feeds++) {
        if (w->model.is_off) {
            cut_power_on(plan, &w->model);
        }
        error = receive(w);
        if (!w->model.is_off && error != KL_DELTA_DONE && error != KL_DELTA_STALE) {
            break;
        }
    }
    *operations = w->model.operations - plan->since;
    kl_flash_model_power_on(&w->model);
    return (error == KL_DELTA_DONE && is_right(w)) ||
           cut_fail(plan, "the result is not the new image", error);
}

int main(int argc, char **argv)
{
    const struct cut_suite suite = {.scenarios = scenarios,
                                    .scenario_count = sizeof scenarios / sizeof scenarios[0],
                                    .pairs = PAIRS_OF_CI,
                                    .run = run};
    int status = cut_main(argc, argv, &suite);
    kl_buffer_free(&world.patch);
    return status;
}
