/* SPDX-License-Identifier: Apache-2.0 */
/* Options of commands that judge or quantise a model by a data set: which examples it makes. */
#ifndef KINGLET_CLI_EXAMPLE_OPTIONS_H
#define KINGLET_CLI_EXAMPLE_OPTIONS_H

#include "cli/options.h"

/* Rows of the option table, for three int64_t. */
#define KL_EXAMPLE_OPTIONS(window, hop, seed)                                                  \
    {.name = "--window",                                                                       \
     .argument = "N",                                                                          \
     .help = "series: items are windows of N frames, as in train",                             \
     .number = &(window)},                                                                     \
        {.name = "--hop",                                                                      \
         .argument = "N",                                                                      \
         .help = "frames from window to window (default: the window)",                         \
         .number = &(hop)},                                                                    \
    {                                                                                          \
        .name = "--seed", .argument = "N",                                                     \
        .help = "of the split of a data set that has none, as in train (0)", .number = &(seed) \
    }

#endif
