/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that need what trains, in a build without it. */
#include <stdio.h>

#include "cli/commands.h"

static int refuse(const struct kl_command *self)
{
    struct kl_diag diag = {.err = KL_EUSAGE};
    snprintf(diag.message, sizeof diag.message,
             "%s needs oneDNN, and this kinglet was built without it; build it with the CMake "
             "option -DKINGLET_LEARN=ON",
             self->name);
    return kl_report(&diag);
}

int kl_cmd_train(int argc, char **argv, const struct kl_command *self)
{
    (void)argc;
    (void)argv;
    return refuse(self);
}

int kl_cmd_evaluate(int argc, char **argv, const struct kl_command *self)
{
    (void)argc;
    (void)argv;
    return refuse(self);
}

int kl_cmd_threshold(int argc, char **argv, const struct kl_command *self)
{
    (void)argc;
    (void)argv;
    return refuse(self);
}

int kl_cmd_optimise(int argc, char **argv, const struct kl_command *self)
{
    (void)argc;
    (void)argv;
    return refuse(self);
}
