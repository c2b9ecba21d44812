/* SPDX-License-Identifier: Apache-2.0 */
/* The generated files of the test firmware, and its build. Private to flow/. */
#ifndef KINGLET_FLOW_FIRMWARE_FILES_H
#define KINGLET_FLOW_FIRMWARE_FILES_H

#include "base/buffer.h"
#include "base/builtin.h"
#include "target/board.h"

/* Write a file below the folder, creating folders on the way; left alone when it already has
 * this content, so that make does not rebuild it. */
enum kl_err kl_write_below(const char *folder, const char *path, const void *data, size_t bytes,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* Files of the device that were written already, so that each is written once. */
struct kl_exported {
    bool done[1024];
};

/* Write a file of the device below the folder, and every file that it includes. */
enum kl_err kl_export_file(const char *folder, const struct kl_builtin *file,
                           struct kl_exported *written, struct kl_diag *diag) KL_MUST_CHECK;

/* Write every file that `text` includes of kinglet/ and nn/, and what these include. */
enum kl_err kl_export_includes(const char *folder, const char *text, size_t size,
                               struct kl_exported *written, struct kl_diag *diag) KL_MUST_CHECK;

/* Is a file one of those that ports share, and does the port whose sources begin with this path
 * take it? It takes device/port/arm/NAME.c and .h by including the latter. */
bool kl_is_port_part(const struct kl_builtin *part, const char *port);

/* Write the agent and the board's port into firmware/, and append " PATH" of each C file but
 * those with a main and what belongs to one. */
enum kl_err kl_export_firmware_sources(const char *folder, const struct kl_board *board,
                                       struct kl_exported *written, struct kl_buffer *sources,
                                       struct kl_diag *diag) KL_MUST_CHECK;

/* Version of a compiler that answers, in the arena; NULL when it is missing. */
const char *kl_compiler_version(const char *toolchain, struct kl_arena *arena);

/* How a firmware is optimised. */
#define KL_FIRMWARE_OPTIMISATION "-O2"

/* What a firmware is built from. */
struct kl_firmware_parts {
    const struct kl_board *board;
    const char *sources;       /* C files below firmware/, each after a space */
    const char *model_objects; /* object files that serve the model, each after a space */
};

/* Write firmware/Makefile, and the link file of a firmware without a model. */
enum kl_err kl_firmware_write(const char *folder, const struct kl_firmware_parts *parts,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* Write the link file of a generated model with that prefix of its symbols. */
enum kl_err kl_firmware_write_link(const char *folder, const char *name,
                                   struct kl_diag *diag) KL_MUST_CHECK;

/* Run make, and say what does not fit when it does not. */
enum kl_err kl_firmware_make(const char *folder, const struct kl_board *board,
                             struct kl_diag *diag) KL_MUST_CHECK;

#endif
