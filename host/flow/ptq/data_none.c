/* SPDX-License-Identifier: Apache-2.0 */
/* A build without training has no data sets either. */
#include "flow/ptq_data.h"

enum kl_err kl_ptq_data_open(struct kl_ptq_data *data, struct kl_arena *arena, struct kl_diag *diag)
{
    (void)data;
    (void)arena;
    return kl_fail(diag, KL_EUNSUPPORTED,
                   "this build reads no data sets; configure it with -DKINGLET_LEARN=ON, or give "
                   "files with --inputs");
}

enum kl_err kl_ptq_data_read(struct kl_ptq_data *data, const struct kl_graph *model,
                             struct kl_arena *arena, struct kl_ptq_options *options,
                             struct kl_diag *diag)
{
    (void)model;
    (void)options;
    return kl_ptq_data_open(data, arena, diag);
}

bool kl_ptq_data_split_here(const struct kl_ptq_data *data)
{
    (void)data;
    return false;
}

void kl_ptq_data_close(struct kl_ptq_data *data)
{
    (void)data;
}
