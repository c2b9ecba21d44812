/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of control flow. */
#ifndef KINGLET_NN_CONTROL_H
#define KINGLET_NN_CONTROL_H

#include <stdint.h>

/*
 * Control flow: leave the step to go on with. out: one uint32, which holds the step that follows
 * already. in: one bool, with `conditional` only.
 */
struct kl_branch {
    int32_t target;      /* the step to go on with when the condition is false, or always */
    int32_t conditional; /* 0: without a condition */
};

#endif
