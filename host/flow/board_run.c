/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/board_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow/model_inputs.h"

/* Up to this many bytes the UART is fast enough; more are preloaded. */
enum { PRELOAD_BYTES = 2048, CHANNEL_TIMEOUT_MS = 120000 };

/* Beside the firmware, so that it goes with a temporary folder. */
static enum kl_err write_preload(struct kl_board_run *run, const char *folder, struct kl_diag *diag)
{
    snprintf(run->preload_path, sizeof run->preload_path, "%.4000s/firmware/inputs-XXXXXX", folder);
    int fd = mkstemp(run->preload_path);
    if (fd < 0) {
        run->preload_path[0] = '\0';
        return kl_fail(diag, KL_EIO, "cannot create a temporary file: %s", strerror(errno));
    }
    close(fd);
    return kl_file_write(run->preload_path, run->inputs.data, run->inputs.size, diag);
}

static void remove_preload(struct kl_board_run *run)
{
    if (run->preload_path[0]) {
        unlink(run->preload_path);
        run->preload_path[0] = '\0';
    }
}

static uint32_t arena_offset(const struct kl_plan *plan, const struct kl_plan_io *io)
{
    return (uint32_t)(plan->buffers[io->buffer].offset + io->offset);
}

/* Is the device's model this plan? Guards against a stale firmware. */
static enum kl_err check_info(struct kl_board_run *run, struct kl_diag *diag)
{
    const struct kl_plan *plan = run->job->plan;
    struct kl_device_model info;
    KL_TRY(kl_device_info(run->channel, &info, diag));
    bool same = info.step_count == (uint32_t)plan->step_count &&
                info.arena_bytes == (uint32_t)plan->arena_bytes &&
                info.input_count == (uint32_t)plan->input_count &&
                info.output_count == (uint32_t)plan->output_count;
    for (int32_t i = 0; same && i < plan->input_count; i++) {
        same = info.input_offset[i] == arena_offset(plan, &plan->inputs[i]) &&
               info.input_bytes[i] == plan->inputs[i].tensor->bytes;
    }
    for (int32_t i = 0; same && i < plan->output_count; i++) {
        same = info.output_offset[i] == arena_offset(plan, &plan->outputs[i]) &&
               info.output_bytes[i] == plan->outputs[i].tensor->bytes;
    }
    if (!same) {
        return kl_fail(diag, KL_ECHECK, "the firmware on the board serves another model or plan");
    }
    return KL_OK;
}

enum kl_err kl_board_run_start(struct kl_board_run *run, const struct kl_model_job *job,
                               const struct kl_board *board, const char *folder,
                               struct kl_bytes inputs, const struct kl_count_region *regions,
                               size_t region_count, struct kl_diag *diag)
{
    char elf_path[4200];
    *run = (struct kl_board_run){.job = job, .inputs = inputs};
    if (!board->emulation.machine) {
        return kl_fail(diag, KL_EUSAGE, "%s is not emulated; real boards are not driven yet",
                       board->name);
    }
    snprintf(elf_path, sizeof elf_path, "%.4000s/firmware/firmware.elf", folder);
    if (inputs.size > PRELOAD_BYTES && inputs.size <= board->emulation.mailbox.bytes) {
        KL_TRY(write_preload(run, folder, diag));
        run->preloaded = true;
    }
    struct kl_emulator_options options = {.board = board,
                                          .elf_path = elf_path,
                                          .preload_path = run->preloaded ? run->preload_path : NULL,
                                          .regions = regions,
                                          .region_count = region_count,
                                          .timeout_ms = CHANNEL_TIMEOUT_MS};
    KL_TRY(kl_emulator_start(&options, job->arena, &run->emulator, diag));
    run->channel = kl_emulator_channel(run->emulator);
    KL_TRY(check_info(run, diag));
    remove_preload(run); /* a board that answers has loaded it */
    return KL_OK;
}

enum kl_err kl_board_run_reset(struct kl_board_run *run, struct kl_diag *diag)
{
    return run->job->plan->reset_count ? kl_device_reset(run->channel, diag) : KL_OK;
}

enum kl_err kl_board_run_load(struct kl_board_run *run, size_t index, struct kl_diag *diag)
{
    const struct kl_plan *plan = run->job->plan;
    uint32_t at = (uint32_t)(index * kl_plan_input_bytes(plan));
    for (int32_t i = 0; i < plan->input_count; i++) {
        uint32_t bytes = (uint32_t)plan->inputs[i].tensor->bytes;
        uint32_t offset = arena_offset(plan, &plan->inputs[i]);
        if (run->preloaded) {
            KL_TRY(kl_device_copy(run->channel, offset, at, bytes, diag));
        } else {
            KL_TRY(kl_device_write(run->channel, offset, run->inputs.data + at, bytes, diag));
        }
        at += bytes;
    }
    return KL_OK;
}

enum kl_err kl_board_run_steps(struct kl_board_run *run, int32_t first, int32_t count,
                               struct kl_diag *diag)
{
    return kl_device_run(run->channel, (uint32_t)first, (uint32_t)count, diag);
}

enum kl_err kl_board_run_outputs(struct kl_board_run *run, unsigned char *outputs,
                                 struct kl_diag *diag)
{
    const struct kl_plan *plan = run->job->plan;
    for (int32_t i = 0; i < plan->output_count; i++) {
        uint32_t bytes = (uint32_t)plan->outputs[i].tensor->bytes;
        KL_TRY(kl_device_read(run->channel, arena_offset(plan, &plan->outputs[i]), outputs, bytes,
                              diag));
        outputs += bytes;
    }
    return KL_OK;
}

enum kl_err kl_board_run_stop(struct kl_board_run *run, struct kl_region_count *counts,
                              enum kl_err so_far, struct kl_diag *diag)
{
    struct kl_diag stopped = {0};
    enum kl_err err = KL_OK;
    if (run->emulator) {
        err = kl_emulator_stop(run->emulator, counts, &stopped);
    }
    remove_preload(run);
    run->emulator = NULL;
    /* A channel that broke is only the symptom when the emulator knows the reason. */
    if (err != KL_OK && (so_far == KL_OK || so_far == KL_EIO)) {
        *diag = stopped;
        return err;
    }
    return so_far;
}
