/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cores whose instructions are counted and not priced: Arm publishes no instruction timings of the
 * Cortex-M7 and the Cortex-M33, and those of the Cortex-M55 mean little one by one. The M7 issues
 * two instructions at a time when they suit each other, predicts branches, and has caches; the M33
 * issues some pairs together; the M55 works through a vector instruction in beats that overlap
 * with the next one's, and skips the branches of low-overhead loops. A table of cycles per
 * instruction would be a guess here.
 */
#include "emulate/plugin/thumb.h"
#include "emulate/plugin/timing.h"

static struct timing_cost no_cost(const uint8_t *code, struct timing_state *state)
{
    (void)code;
    (void)state;
    return (struct timing_cost){0};
}

const struct timing timing_cortex_m7 = {
    .core = "cortex-m7", .target = "arm", .length = thumb_length, .cost = no_cost};

const struct timing timing_cortex_m33 = {
    .core = "cortex-m33", .target = "arm", .length = thumb_length, .cost = no_cost};

const struct timing timing_cortex_m55 = {
    .core = "cortex-m55", .target = "arm", .length = thumb_length, .cost = no_cost};
