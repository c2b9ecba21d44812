/* SPDX-License-Identifier: Apache-2.0 */
/* Private to emulator.c: what the plugin that cuts the power tells. */
#ifndef KINGLET_EMULATE_FLASH_RUN_H
#define KINGLET_EMULATE_FLASH_RUN_H

#include "emulate/emulator.h"

/* Is the file fit to keep the board's flash? */
enum kl_err flash_file_check(const struct kl_emulator_options *options,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* A file descriptor for the plugin to write its count to. */
enum kl_err flash_run_open(int *fd, struct kl_diag *diag) KL_MUST_CHECK;

/* How the process with this status of waitpid ended; closes the descriptor. */
enum kl_err flash_run_close(int *fd, int status, struct kl_flash_run *run,
                            struct kl_diag *diag) KL_MUST_CHECK;

#endif
