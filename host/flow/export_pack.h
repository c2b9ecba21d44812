/* SPDX-License-Identifier: Apache-2.0 */
/* The test firmware for model packs. */
#ifndef KINGLET_FLOW_EXPORT_PACK_H
#define KINGLET_FLOW_EXPORT_PACK_H

#include "flow/export.h"
#include "flow/pack_file.h"

/*
 * Write FOLDER/model.klm. `claim`: the firmware that it is for, or NULL; KL_ECHECK when that cannot
 * execute it. Sets *bytes to the length and *record_bytes to what of it is no constants.
 */
enum kl_err kl_export_pack(const struct kl_export *export, const struct kl_engine_claim *claim,
                           uint32_t *bytes, uint32_t *record_bytes,
                           struct kl_diag *diag) KL_MUST_CHECK;

struct kl_pack_firmware {
    const struct kl_board *board;
    const char *folder;
    bool kernels[KL_KERNEL_COUNT]; /* what its engine holds */
    uint32_t arena_bytes;          /* the largest arena that it has room for */
    bool has_pack; /* FOLDER/model.klm becomes a part of the firmware; else packs are loaded from
                    * the mailbox only */
};

/*
 * Write and build FOLDER/firmware/firmware.elf with an engine, and empty.elf, the harness
 * without one. Errors as kl_export_firmware.
 */
enum kl_err kl_export_pack_firmware(const struct kl_pack_firmware *firmware,
                                    struct kl_diag *diag) KL_MUST_CHECK;

/* The same for the model of which kl_export_pack wrote the pack: an engine with its kernels. */
enum kl_err kl_export_own_pack_firmware(const struct kl_export *export,
                                        struct kl_diag *diag) KL_MUST_CHECK;

#endif
