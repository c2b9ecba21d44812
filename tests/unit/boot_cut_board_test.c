/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts on an emulated board: the bootloader as firmware installs an update, and returns from
 * one that does not confirm itself; the emulator ends right after the N-th store to flash. Then the
 * board runs again, and must come to the same end as without the cut.
 *
 *   boot_cut_board_test              cuts spread evenly over each scene
 *   boot_cut_board_test every:101    after each 101st store; a prime number falls everywhere in
 *                                    erases and writes
 *   boot_cut_board_test revert:1234  this one
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot_board.h"

enum { SAMPLE = 2, WATCHDOG_MS = 20000 };

struct scene {
    const char *name;
    int before, asked;
    enum boot_app_trial trial; /* of the one asked for */
    int after;                 /* runs in the end */
};

static const struct scene scenes[] = {
    {"install", 1, 2, APP_CONFIRMS, 2},
    {"revert", 1, 3, APP_REBOOTS, 1},
};

static const char *wish = ""; /* SCENE:STORE */
static uint64_t every;        /* cut after each so many stores; 0: a sample */

static struct boot_board world;
static struct test_image before, asked;

/* Is it the end that the scene must have: the right one runs, for good, and is whole? */
static bool ends_well(const struct scene *scene, const char *output)
{
    char last[32];
    size_t length = (size_t)snprintf(last, sizeof last, "app %d to stay\n", scene->after);
    size_t size = strlen(output);
    const struct test_image *image = scene->after == scene->asked ? &asked : &before;
    return size >= length && strcmp(output + size - length, last) == 0 &&
           memcmp(world.flash, image->bytes, image->size) == 0;
}

/* True when the store was reached. Whatever comes out wrong ends the program, with what runs it
 * again. */
static bool cut_once(const struct scene *scene, const uint8_t *start, uint64_t at)
{
    struct kl_flash_run run, again;
    memcpy(world.flash, start, world.flash_bytes);
    const char *output = boot_board_run(&world, at, &run);
    bool was_cut = run.was_cut;
    if (was_cut) {
        assert_int_equal(run.stores, at);
        output = boot_board_run(&world, 0, &again);
    }
    if (!ends_well(scene, output)) {
        fail_msg("boot_cut_board_test %s:%llu: ends with \"%s\"", scene->name,
                 (unsigned long long)at, output);
    }
    return was_cut;
}

/* The flash with which the scene begins. */
static uint8_t *begin(const struct scene *scene)
{
    uint8_t *start = malloc(world.flash_bytes);
    assert_non_null(start);
    memset(world.flash, 0xff, world.flash_bytes);
    boot_board_make_app(&world, scene->before, APP_CONFIRMS, &before);
    boot_board_make_app(&world, scene->asked, scene->trial, &asked);
    boot_board_install(&world, &before);
    boot_board_ask_for(&world, &asked);
    memcpy(start, world.flash, world.flash_bytes);
    return start;
}

static void play(const struct scene *scene, const char *which)
{
    struct kl_flash_run run;
    uint8_t *start = begin(scene);
    uint64_t only = strtoull(which, NULL, 10);
    assert_true(ends_well(scene, boot_board_run(&world, KL_CUT_NEVER, &run)));
    printf("%s: %llu stores to flash\n", scene->name, (unsigned long long)run.stores);
    assert_true(run.stores > SAMPLE);
    if (only) {
        assert_true(cut_once(scene, start, only));
    }
    uint64_t step = every ? every : run.stores / SAMPLE;
    for (uint64_t at = step; !only && at <= run.stores; at += step) {
        assert_true(cut_once(scene, start, at));
    }
    assert_false(cut_once(scene, start, run.stores + 1)); /* nothing behind the last one */
    free(start);
}

/* What to cut in this scene: NULL when another one is asked for. */
static const char *wish_for(const struct scene *scene)
{
    size_t length = strlen(scene->name);
    if (!wish[0]) {
        return wish;
    }
    return strncmp(wish, scene->name, length) == 0 && wish[length] == ':' ? wish + length + 1
                                                                          : NULL;
}

static void test_cuts(void **state)
{
    int played = 0;
    (void)state;
    boot_board_build(&world, NULL, WATCHDOG_MS);
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        const char *which = wish_for(&scenes[i]);
        if (which) {
            play(&scenes[i], which);
            played++;
        }
    }
    assert_true(played > 0);
}

static int set_up(void **state)
{
    (void)state;
    return boot_board_init(&world, "mps2-an386") ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    boot_board_free(&world);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cuts)};
    if (argc > 1 && strncmp(argv[1], "every:", 6) == 0) {
        every = strtoull(argv[1] + 6, NULL, 10);
    } else if (argc > 1) {
        wish = argv[1];
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
