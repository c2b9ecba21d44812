/* SPDX-License-Identifier: Apache-2.0 */
/* Processor cores: boards/cores/NAME.yaml. */
#ifndef KINGLET_TARGET_CORE_H
#define KINGLET_TARGET_CORE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "kinglet/kernels.h"
#include "target/fact.h"

struct kl_core {
    const char *name; /* "cortex-m33" */
    const char *title;
    const char *const *isa;    /* NULL-terminated */
    const char *toolchain;     /* prefix of the cross compiler; NULL: there is none here */
    const char *const *cflags; /* NULL-terminated; empty without a toolchain */
    bool has_fpu;
    enum kl_kernel_set kernels; /* the fastest kernels that it can run */
    /* Emulated boards that run this core's instructions, NULL-terminated: they are counted on the
     * first one that is large enough. Or NULL. */
    const char *const *counted_on;
    const char *timing;   /* core whose timing table gives cycles of the count, e.g. "cortex-m4f" */
    const char *paced_by; /* core whose cycles per instruction stand in for those of a core without
                             a timing table; or NULL */
    /* The count is of this core's own, smaller instruction set, whose instructions take about as
     * long as the timing table says: a ratio of benchmarks would count the difference twice. */
    bool is_unscaled;
    struct kl_fact coremark_per_mhz; /* published; scales cycles between cores */
    const struct kl_source *sources; /* NULL key ends */
};

/* Read a core description (docs/spec/board-file.md); as kl_board_parse. */
enum kl_err kl_core_parse(const char *text, size_t bytes, const char *origin,
                          struct kl_arena *arena, const struct kl_core **core,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* Name of a set of kernels in core files, e.g. "armv7em". */
const char *kl_kernel_set_name(enum kl_kernel_set set);

/* Names of all cores, sorted; NULL when memory ran out. */
const char *const *kl_core_names(struct kl_arena *arena, size_t *count);

/* The core called `name`; KL_EINPUT with the nearest known name when there is none. */
enum kl_err kl_core_find(const char *name, struct kl_arena *arena, const struct kl_core **core,
                         struct kl_diag *diag) KL_MUST_CHECK;

#endif
