/* SPDX-License-Identifier: Apache-2.0 */
/* The generated files of the test firmware, and its build. Private to flow/. */
#ifndef KINGLET_FLOW_FIRMWARE_FILES_H
#define KINGLET_FLOW_FIRMWARE_FILES_H

#include "target/board.h"

/* Write a file below the folder, creating folders on the way; left alone when it already has
 * this content, so that make does not rebuild it. */
enum kl_err kl_write_below(const char *folder, const char *path, const void *data, size_t bytes,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* Write firmware/Makefile and the two link files. `sources`: C files below firmware/. */
enum kl_err kl_firmware_write(const char *folder, const struct kl_board *board, const char *name,
                              const char *sources, struct kl_diag *diag) KL_MUST_CHECK;

/* Run make, and say what does not fit when it does not. */
enum kl_err kl_firmware_make(const char *folder, const struct kl_board *board,
                             struct kl_diag *diag) KL_MUST_CHECK;

#endif
