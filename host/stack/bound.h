/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The most stack that code in a linked firmware can take, from its machine code and from what the
 * compiler says of it. Interrupts are no part of it.
 *
 * The machine code gives every call and what each function takes, also of the library's and of
 * assembly. Where the compiler has a figure, too, the larger one counts. What cannot be bounded is
 * refused: recursion, frames of a size that is known at run time only, and calls through a pointer
 * that may lead anywhere. A jump through a register is a switch when the compiler says that the
 * function calls nothing through a pointer, or when the function takes the address of its own code
 * or of a table of such addresses; otherwise it is refused as well.
 */
#ifndef KINGLET_STACK_BOUND_H
#define KINGLET_STACK_BOUND_H

#include "emulate/elf.h"
#include "stack/callgraph.h"

/* One function of the deepest chain of calls. */
struct kl_stack_frame {
    const char *function;
    uint32_t bytes;
};

struct kl_stack_bound {
    uint32_t bytes; /* a multiple of the stack's alignment: 8 on Arm, 16 on RISC-V */
    struct kl_stack_frame *chain;
    size_t chain_count;
};

struct kl_stack_question {
    struct kl_bytes elf;
    const char *root;      /* a function; NULL: the deepest of `steps` */
    const uint32_t *steps; /* where calls through pointers in the root lead */
    size_t step_count;
    struct kl_bytes callgraph; /* GCC's, of the file that holds the steps; no data: there is none */
};

/* KL_EINPUT for malformed files, KL_EUNSUPPORTED for what has no bound, with the function. Names
 * point into the file, all else lies in the arena. */
enum kl_err kl_stack_bound(const struct kl_stack_question *question, struct kl_arena *arena,
                           struct kl_stack_bound *bound, struct kl_diag *diag) KL_MUST_CHECK;

#endif
