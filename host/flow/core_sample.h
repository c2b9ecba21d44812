/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One firmware of a model, built for some flags, and perhaps run: its sizes and counts. Private to
 * flow/: core_count.h puts samples together.
 */
#ifndef KINGLET_FLOW_CORE_SAMPLE_H
#define KINGLET_FLOW_CORE_SAMPLE_H

#include "base/hash.h"
#include "flow/model_job.h"
#include "flow/profile.h"

/* A model that samples are taken of: planned, with one set of inputs. */
struct core_model {
    struct kl_model_job *job;
    char emitted[KL_SHA256_HEX_BYTES]; /* hash of the C sources */
    unsigned char *inputs;
};

/* What to build, and how. */
struct core_build {
    const struct core_model *model;
    const struct kl_board *host; /* emulated board whose port and memory map it is linked with */
    const char *toolchain;
    const char *const *cflags;
    const char *timing;   /* core whose timing table prices a run */
    const char *compiler; /* its version, part of what the sizes depend on */
    const char *plugin;   /* run it with the counting plugin of this hash; NULL: only build */
    const char *folder;
};

struct core_sample {
    char key[KL_SHA256_HEX_BYTES];   /* of all that the figures depend on */
    struct kl_profile_memory memory; /* stack: as it ran, else its bound; 0: none */
    bool ran;
    uint64_t instructions, cycles, taken_branches;
};

/* Hash the sources that the plan becomes, and make inputs. The job must be planned. */
enum kl_err core_model_open(struct core_model *model, struct kl_model_job *job,
                            struct kl_diag *diag) KL_MUST_CHECK;

void core_sample_key(const struct core_build *build, char key[KL_SHA256_HEX_BYTES]);

/* Build, and run when asked to. KL_ETOOL, KL_EFIT: it cannot be made here. */
enum kl_err core_sample_make(const struct core_build *build, struct core_sample *sample,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Run the firmware in build->folder once; core_run.c, or core_run_none.c without emulation. */
enum kl_err core_run(const struct core_build *build, struct core_sample *sample,
                     struct kl_diag *diag) KL_MUST_CHECK;

/* Hash of the counting plugin. KL_ETOOL when firmware cannot be run: no emulation, no plugin, or
 * no emulator for the board. */
enum kl_err core_run_identity(const struct kl_board *board, struct kl_arena *arena,
                              const char **hash, struct kl_diag *diag) KL_MUST_CHECK;

/* Samples in files FOLDER/KEY.json. Load: false when there is no such file, or a wrong one. Store
 * is best effort: a cache that cannot be written costs only time. */
bool core_cache_load(const char *folder, const char *key, struct core_sample *sample);
void core_cache_store(const char *folder, const struct core_sample *sample);

#endif
