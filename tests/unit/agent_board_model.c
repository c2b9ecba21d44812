/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model by hand for agent_board_test.c: 16 bytes in, 16 bytes out, and one step for each
 * thing that a port has to get right. Unlike a compiled model it keeps variables, to see
 * whether the startup code made them.
 */
#include "kinglet/harness.h"

/* ARENA_BYTES comes from the test: not every board has the RAM for a large one. */
enum { FRAME_BYTES = 1000 };

static volatile uint32_t initialised = 0x12345678;
static volatile uint32_t cleared[64];
static volatile float half = 0.5f;

static void add_one(unsigned char *arena)
{
    for (int i = 0; i < 16; i++) {
        arena[i]++;
    }
}

/* out[0] = 1 when .data and .bss are right, and stay right. */
static void check_variables(unsigned char *arena)
{
    uint32_t sum = 0;
    for (int i = 0; i < 64; i++) {
        sum |= cleared[i];
    }
    arena[32] = initialised == 0x12345678 && sum == 0;
}

/* out[1] = 21 * 0.5, rounded down; takes the FPU where there is one. */
static void use_float(unsigned char *arena)
{
    arena[33] = (unsigned char)(21.0f * half);
}

static void use_stack(unsigned char *arena)
{
    volatile unsigned char frame[FRAME_BYTES];
    frame[0] = 1;
    arena[34] = frame[0];
}

/* Reads what it wrote, so that no compiler turns the recursion into a loop. */
__attribute__((noinline)) static int descend(volatile unsigned char *above, int depth)
{
    volatile unsigned char frame[64];
    frame[0] = above[0];
    return depth == 0 ? frame[0] : descend(frame, depth - 1) + frame[0];
}

static void overflow_stack(unsigned char *arena)
{
    arena[35] = (unsigned char)descend(arena, 100000000);
}

/* Address 8 bytes into the board's flash; the linker script knows it. */
extern unsigned char kl_flash_start[];

static void store_to_flash(unsigned char *arena)
{
    (void)arena;
    *(volatile unsigned char *)(kl_flash_start + 8) = 1;
}

static void store_to_nowhere(unsigned char *arena)
{
    (void)arena;
    *(volatile uint32_t *)(uintptr_t)0xE8000000 = 1;
}

static kl_step_fn *const steps[] = {add_one,        check_variables, use_float,       use_stack,
                                    overflow_stack, store_to_flash,  store_to_nowhere};
static const int32_t dim[] = {16};
static const struct kl_tensor_info input = {0, 16, 0, 0, dim, 1, KL_U8};
static const struct kl_tensor_info output = {32, 16, 0, 0, dim, 1, KL_U8};
static const struct kl_model model = {.arena_bytes = ARENA_BYTES,
                                      .input_count = 1,
                                      .output_count = 1,
                                      .step_count = sizeof steps / sizeof steps[0],
                                      .inputs = &input,
                                      .outputs = &output,
                                      .steps = steps};

const struct kl_model *const kl_harness_model = &model;

__attribute__((section(".arena"),
               aligned(KL_ARENA_ALIGN))) unsigned char kl_harness_arena[ARENA_BYTES];
