/* SPDX-License-Identifier: Apache-2.0 */
/* A model's test firmware on an emulated board: load, run, read back. */
#ifndef KINGLET_FLOW_BOARD_RUN_H
#define KINGLET_FLOW_BOARD_RUN_H

#include "emulate/elf.h"
#include "emulate/emulator.h"
#include "flow/model_job.h"
#include "link/model_client.h"

/* A running firmware that serves job->plan. */
struct kl_board_run {
    const struct kl_model_job *job;
    struct kl_emulator *emulator;
    struct kl_channel *channel;
    struct kl_bytes inputs;
    bool preloaded;          /* the inputs lie in the board's mailbox */
    char preload_path[4096]; /* temporary file with the inputs; empty: none */
};

/*
 * Start FOLDER/firmware/firmware.elf of kl_export_firmware. `inputs` holds all model inputs
 * back to back, once for each run that is to come; large ones travel through the emulator's
 * preloaded memory. Regions may be NULL (see emulator.h). Fails when the firmware does not serve
 * this very plan.
 */
enum kl_err kl_board_run_start(struct kl_board_run *run, const struct kl_model_job *job,
                               const struct kl_board *board, const char *folder,
                               struct kl_bytes inputs, const struct kl_count_region *regions,
                               size_t region_count, struct kl_diag *diag) KL_MUST_CHECK;

/* Give the model's state its initial values; nothing for a model without. */
enum kl_err kl_board_run_reset(struct kl_board_run *run, struct kl_diag *diag) KL_MUST_CHECK;

/* Put set `index` of the inputs of kl_board_run_start into the arena (a run destroys them). */
enum kl_err kl_board_run_load(struct kl_board_run *run, size_t index,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* Begin with step `first` and go on while the next step is one of first .. first+count-1. */
enum kl_err kl_board_run_steps(struct kl_board_run *run, int32_t first, int32_t count,
                               struct kl_diag *diag) KL_MUST_CHECK;

/* Read all model outputs, back to back, into `outputs`. */
enum kl_err kl_board_run_outputs(struct kl_board_run *run, unsigned char *outputs,
                                 struct kl_diag *diag) KL_MUST_CHECK;

/*
 * End the emulator and remove temporary files. counts: one per region, or NULL. `so_far` is the
 * result of what was done with the board, and is returned unless the emulator itself failed:
 * then its reason takes the place of a channel that broke.
 */
enum kl_err kl_board_run_stop(struct kl_board_run *run, struct kl_region_count *counts,
                              enum kl_err so_far, struct kl_diag *diag) KL_MUST_CHECK;

#endif
