/* SPDX-License-Identifier: Apache-2.0 */
/* Running firmware, in a build without emulation. */
#include <assert.h>

#include "flow/core_sample.h"

enum kl_err core_run_identity(const struct kl_board *board, struct kl_arena *arena,
                              const char **hash, struct kl_diag *diag)
{
    (void)board;
    (void)arena;
    *hash = NULL;
    return kl_fail(diag, KL_ETOOL, "this kinglet was built without emulated boards");
}

/* Nobody asks for a run that has no identity. */
enum kl_err core_run(const struct core_build *build, struct core_sample *sample,
                     struct kl_diag *diag)
{
    (void)build;
    (void)sample;
    assert(0);
    return kl_fail(diag, KL_ETOOL, "this kinglet was built without emulated boards");
}
