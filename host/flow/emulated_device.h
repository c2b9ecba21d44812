/* SPDX-License-Identifier: Apache-2.0 */
/* An emulated board that is a device of its own: it keeps its flash, and has a serial port. */
#ifndef KINGLET_FLOW_EMULATED_DEVICE_H
#define KINGLET_FLOW_EMULATED_DEVICE_H

#include "base/file.h"
#include "emulate/emulator.h"

/* Its paths are in the arena that it was opened with. */
struct kl_emulated_device {
    const struct kl_board *board;
    const char *folder;
    const char *flash;            /* file in the folder: the memory that has the flash */
    const char *port;             /* unix socket in the folder: its first UART */
    const char *log;              /* file in the folder: all that the UART has sent */
    int lock;                     /* on the flash; -1: not open */
    bool has_firmware;            /* the flash was there before */
    struct kl_emulator *emulator; /* NULL: does not run */
};

/*
 * The device in a folder, which is made when it is not there. KL_EUSAGE when another process has
 * it; KL_EUNSUPPORTED for a board without such flash. End with kl_emulated_device_close in any
 * case.
 */
enum kl_err kl_emulated_device_open(const struct kl_board *board, const char *folder,
                                    struct kl_arena *arena, struct kl_emulated_device *device,
                                    struct kl_diag *diag) KL_MUST_CHECK;

/* Make its flash, with the image in the primary slot and all else erased. KL_ELIMIT: the slot has
 * no room for it. */
enum kl_err kl_emulated_device_program(struct kl_emulated_device *device, struct kl_bytes image,
                                       struct kl_diag *diag) KL_MUST_CHECK;

/* Start the bootloader; the port is there when this returns. KL_EUSAGE when another program has the
 * port. */
enum kl_err kl_emulated_device_start(struct kl_emulated_device *device, const char *boot_elf,
                                     struct kl_arena *arena, struct kl_diag *diag) KL_MUST_CHECK;

/* Wait until one of them has ended by itself, or for wait_ms, or for a signal: that one, or NULL.
 * It still has to be stopped. */
struct kl_emulated_device *kl_emulated_device_ended(struct kl_emulated_device *devices,
                                                    size_t count, int wait_ms);

/* End its emulator, and take the port away. The error is why it ended by itself, if it did and that
 * was not in order. */
enum kl_err kl_emulated_device_stop(struct kl_emulated_device *device, struct kl_diag *diag);

/* Stop it, if that is still to be done, and let others have the folder. */
void kl_emulated_device_close(struct kl_emulated_device *device);

#endif
