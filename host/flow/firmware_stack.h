/* SPDX-License-Identifier: Apache-2.0 */
/* The most stack that a run of a model can take in a firmware. */
#ifndef KINGLET_FLOW_FIRMWARE_STACK_H
#define KINGLET_FLOW_FIRMWARE_STACK_H

#include "stack/bound.h"
#include "target/board.h"

struct kl_firmware_stack {
    bool is_known;
    struct kl_stack_bound bound; /* from the entry of the function that loops over the steps */
    const char *how;             /* known: compiler and options; else why it is not; one line */
};

/*
 * Bound the firmware that kl_firmware_make built in `folder` around a generated model with that
 * prefix of its symbols: a run, or a reset, whichever takes more. That there is no bound is no
 * error: `stack->how` says why. Texts lie in the arena.
 */
enum kl_err kl_firmware_stack(const char *folder, const struct kl_board *board, const char *name,
                              struct kl_arena *arena, struct kl_firmware_stack *stack,
                              struct kl_diag *diag) KL_MUST_CHECK;

/*
 * The same in any firmware with such a model: from `root`, the function that kl_model_run was
 * compiled into (its calls through pointers are those of the steps), or only of the deepest step
 * when it is NULL. Here a missing bound is an error: KL_EUNSUPPORTED.
 */
enum kl_err kl_elf_stack(struct kl_bytes elf, const char *name, const char *root,
                         struct kl_arena *arena, struct kl_stack_bound *bound,
                         struct kl_diag *diag) KL_MUST_CHECK;

#endif
