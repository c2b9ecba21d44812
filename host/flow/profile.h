/* SPDX-License-Identifier: Apache-2.0 */
/* What one inference costs on a board: instructions, cycles, RAM, flash. */
#ifndef KINGLET_FLOW_PROFILE_H
#define KINGLET_FLOW_PROFILE_H

#include "emulate/elf.h"
#include "emulate/emulator.h"
#include "flow/model_job.h"
#include "target/board.h"

struct kl_profile {
    struct kl_region_count *steps; /* one per step of the plan, with its share of the run loop;
                                    * NULL for a pack */
    struct kl_region_count total;
    struct kl_elf_sizes firmware, empty;
    uint32_t stack_bytes; /* high-water mark below the entry of the run */
};

/* RAM and flash that the model adds to an empty harness. */
struct kl_profile_memory {
    int64_t arena, data, bss, stack, ram_total;
    int64_t code, constants, flash_total; /* flash_total: code + constants + data */
};
struct kl_profile_memory kl_profile_memory(const struct kl_profile *profile);

/* Read the sizes of the firmware that kl_export_firmware built in `folder`, and of the empty one,
 * into the profile. *elf is the content of the former, in the arena. */
enum kl_err kl_profile_sizes(const char *folder, struct kl_arena *arena, struct kl_profile *profile,
                             struct kl_bytes *elf, struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Count one run of the plan in the firmware that kl_export_firmware built in `folder`, on the
 * inputs given. Instructions are exact and repeat; cycles are modelled. `name` is the prefix of
 * the model's symbols; NULL: the firmware holds it as a pack.
 */
enum kl_err kl_profile_run(const struct kl_model_job *job, const struct kl_board *board,
                           const char *folder, const char *name, const unsigned char *inputs,
                           struct kl_profile *profile, struct kl_diag *diag) KL_MUST_CHECK;

#endif
