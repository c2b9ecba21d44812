/* SPDX-License-Identifier: Apache-2.0 */
/* Model packs as files, and which firmware may execute them. */
#ifndef KINGLET_FLOW_PACK_FILE_H
#define KINGLET_FLOW_PACK_FILE_H

#include <jansson.h>

#include "flow/model_job.h"
#include "kinglet/pack.h"

/* Pack a planned model into the empty buffer, and let the engine's own validator read it; *pack is
 * what it read, in memory of the job's arena. KL_EUNSUPPORTED, with its name, when a kernel of the
 * plan cannot be in packs. */
enum kl_err kl_pack_make(const struct kl_model_job *job, const char *name, struct kl_buffer *bytes,
                         const struct kl_pack **pack, struct kl_diag *diag) KL_MUST_CHECK;

/* Read and validate a pack, into memory of `arena`. KL_EINPUT when the file is no valid pack. */
enum kl_err kl_pack_read(const char *path, struct kl_arena *arena, const struct kl_pack **pack,
                         struct kl_diag *diag) KL_MUST_CHECK;

/* The same from bytes. `name` begins the message. */
enum kl_err kl_pack_read_bytes(const char *name, struct kl_bytes file, struct kl_arena *arena,
                               const struct kl_pack **pack, struct kl_diag *diag) KL_MUST_CHECK;

/* What a firmware declares that it can execute. */
struct kl_engine_claim {
    uint32_t abi;
    uint32_t arena_bytes;
    bool kernels[KL_KERNEL_COUNT];
};

/* From a firmware's ELF file (its symbol kl_engine), or from the JSON that
 * kl_engine_claim_json writes. */
enum kl_err kl_engine_claim_read(const char *path, struct kl_arena *arena,
                                 struct kl_engine_claim *claim, struct kl_diag *diag) KL_MUST_CHECK;

/* {"abi": 1, "arena_bytes": 65536, "kernels": ["CONV2D_S8", ...]}; NULL when memory is short. */
json_t *kl_engine_claim_json(const struct kl_engine_claim *claim);

/*
 * May a firmware that claims this execute the validated pack? KL_ECHECK, with all that is
 * missing, when not. Every command that hands a pack on calls this when it knows the firmware.
 */
enum kl_err kl_pack_check_claim(const struct kl_pack *pack, const struct kl_engine_claim *claim,
                                struct kl_diag *diag) KL_MUST_CHECK;

/* The kernels that a validated pack needs. */
void kl_pack_kernels(const struct kl_pack *pack, bool kernels[KL_KERNEL_COUNT]);

/* Bytes of a validated pack that are no constants: header, records and name. */
uint32_t kl_pack_record_bytes(const struct kl_pack *pack);

#endif
