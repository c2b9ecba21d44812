/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a compiled model as a folder that a firmware can include, and the firmware that
 * tests it on a board. */
#ifndef KINGLET_FLOW_EXPORT_H
#define KINGLET_FLOW_EXPORT_H

#include "emit/emit.h"
#include "flow/firmware_stack.h"
#include "flow/model_job.h"
#include "target/board.h"

struct kl_export {
    const struct kl_model_job *job; /* planned */
    const struct kl_board *board;
    const char *folder; /* created when missing */
    const char *name;   /* C identifier; NULL: from the model's file name */
    enum kl_emit_kernels kernels;
    uint32_t stack_bytes; /* what the firmware keeps for its stack; 0: only the model is judged */
    const struct kl_emit_events *events; /* the detector beside the model, or NULL */
    struct kl_firmware_stack *stack;     /* set by kl_export_firmware; may be NULL */
};

/* RAM that the test firmware keeps for its stack. */
enum { KL_FIRMWARE_STACK_BYTES = 8192 };

/*
 * Write FOLDER/model.c, model.h and the headers they need (kinglet/, nn/): all that a
 * firmware compiles, with FOLDER as its include path. KL_EFIT, with both numbers, when the
 * arena or the constants alone exceed the board.
 */
enum kl_err kl_export_model(const struct kl_export *export, struct kl_diag *diag) KL_MUST_CHECK;

/* KL_EUSAGE, with what works instead, when no firmware can be built for the board: it has no port
 * or no compiler. */
enum kl_err kl_export_check_board(const struct kl_board *board, struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Write FOLDER/firmware (test harness, port, Makefile) and build FOLDER/firmware/firmware.elf
 * and empty.elf (the same without a model) with the board's cross compiler. KL_EFIT, with
 * both numbers, when it does not fit; KL_ETOOL when the compiler is missing. Then bound the stack
 * of a run, and write it into FOLDER/model.h.
 */
enum kl_err kl_export_firmware(const struct kl_export *export, struct kl_diag *diag) KL_MUST_CHECK;

#endif
