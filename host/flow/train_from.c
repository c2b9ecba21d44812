/* SPDX-License-Identifier: Apache-2.0 */
/* Weights to begin a training with. */
#include "flow/train_internal.h"
#include "learn/checkpoint.h"

/* Weights that were trained on another split of the same data may have seen what is tested here. */
static enum kl_err check_split(const struct train_run *run, uint64_t split_seed,
                               struct kl_diag *diag)
{
    const struct kl_train_request *r = run->request;
    return !run->data.split_here || split_seed == r->rule.seed
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE,
                         "%s was trained with --split-seed %llu, which splits the data in another "
                         "way: its weights may have seen what is tested here; take that seed, or "
                         "split the data set with `kinglet data split`",
                         r->from, (unsigned long long)split_seed);
}

static enum kl_err apply_checkpoint(struct train_run *run, const struct kl_checkpoint *checkpoint,
                                    struct kl_diag *diag)
{
    const json_t *seed = json_object_get(checkpoint->head, "split_seed");
    KL_TRY(kl_checkpoint_apply(checkpoint, run->network.graph, &run->report->taken,
                               &run->report->all, diag));
    if (run->report->taken == 0) {
        return kl_fail(diag, KL_EINPUT, "%s: no tensor has a name and shape of this network",
                       run->request->from);
    }
    return check_split(run, (uint64_t)json_integer_value(seed), diag);
}

enum kl_err train_begin_from(struct train_run *run, struct kl_diag *diag)
{
    struct kl_checkpoint checkpoint;
    KL_TRY(kl_checkpoint_read(run->request->from, run->arena, &checkpoint, diag));
    enum kl_err err = apply_checkpoint(run, &checkpoint, diag);
    kl_checkpoint_free(&checkpoint);
    return err;
}
