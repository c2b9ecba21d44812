/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one inference of a model needs on a processor core. Memory is exact: the model is compiled
 * with the core's own flags. Instructions and cycles are counted on an emulated board that the
 * core names.
 */
#ifndef KINGLET_FLOW_CORE_COUNT_H
#define KINGLET_FLOW_CORE_COUNT_H

#include "flow/core_sample.h"
#include "target/core.h"
#include "target/latency.h"

enum { KL_MOST_COMPILERS = 8 };

struct kl_core_need {
    const struct kl_core *core;
    struct kl_profile_memory memory; /* what the model adds to an empty firmware */
    bool memory_counted;             /* else code, data and stack are estimated */
    const char *memory_how;          /* one sentence */
    bool counted;                    /* else `count_how` says why there is no count */
    struct kl_core_count count;
    const char *count_how;
};

/* Takes samples, and keeps them: in the cache's files when there is a cache. */
struct kl_core_counter {
    const char *cache;                              /* folder, or NULL */
    const char *work;                               /* folder to build in; the caller removes it */
    void (*progress)(void *user, const char *what); /* may be NULL */
    void *user;
    struct kl_arena *arena;
    size_t made, found; /* samples taken now, and found in the cache */
    /* Private: */
    struct core_kept *kept;
    struct core_compiler {
        const char *toolchain, *version; /* version NULL: it is not installed */
    } compilers[KL_MOST_COMPILERS];
    size_t compiler_count;
};

/*
 * Memory and counts of a model on a core. What cannot be had here (no compiler, no emulator) is no
 * error: `need` says so, and code is then estimated from a Cortex-M4F's. Strings live in
 * counter->arena.
 */
enum kl_err kl_core_count(struct kl_core_counter *counter, const struct core_model *model,
                          const struct kl_core *core, struct kl_core_need *need,
                          struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Cycles of a core without a timing table: `need`'s own instructions, each with the mean cycles of
 * one of `reference`, the same model on the core that kl_core.paced_by names.
 */
void kl_core_pace(struct kl_core_need *need, const struct kl_core_need *reference);

#endif
