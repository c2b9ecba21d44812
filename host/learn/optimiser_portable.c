/* SPDX-License-Identifier: Apache-2.0 */
/* The loops of machines without wider vectors. */
#include "learn/optimiser_loops.h"

const struct optimiser_loops *optimiser_loops(void)
{
    static const struct optimiser_loops loops = {loop_squares, loop_sgd, loop_adam};
    return &loops;
}
