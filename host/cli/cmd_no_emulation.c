/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that run firmware, in a build without emulation. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/device_job.h"

static int refuse(const struct kl_command *self)
{
    struct kl_diag diag = {.err = KL_EUSAGE};
    snprintf(diag.message, sizeof diag.message,
             "%s needs emulated boards, and this kinglet was built without them; build it with the "
             "CMake option -DKINGLET_EMULATION=ON",
             self->name);
    return kl_report(&diag);
}

int kl_cmd_verify(int argc, char **argv, const struct kl_command *self)
{
    (void)argc;
    (void)argv;
    return refuse(self);
}

int kl_cmd_profile(int argc, char **argv, const struct kl_command *self)
{
    (void)argc;
    (void)argv;
    return refuse(self);
}

int kl_cmd_device_run(int argc, char **argv, const struct kl_command *self)
{
    (void)argc;
    (void)argv;
    return refuse(self);
}
