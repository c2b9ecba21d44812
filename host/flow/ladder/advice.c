/* SPDX-License-Identifier: Apache-2.0 */
/* Where a rung loses accuracy, and what to try. */
#include <math.h>
#include <string.h>

#include "flow/ladder/internal.h"

/* The layers that lose most alone, worst first. */
static void find_weak(const struct kl_ptq_report *report, struct kl_rung *rung)
{
    for (int32_t i = 0; i < report->layer_count; i++) {
        const struct kl_ptq_layer *layer = &report->layers[i];
        int32_t at = rung->weak_count;
        if (!isfinite(layer->sqnr_alone)) {
            continue;
        }
        while (at > 0 && layer->sqnr_alone < rung->weak[at - 1].sqnr_alone) {
            at--;
        }
        if (at == KL_RUNG_WEAK) {
            continue;
        }
        int32_t moved = rung->weak_count < KL_RUNG_WEAK ? rung->weak_count : KL_RUNG_WEAK - 1;
        memmove(&rung->weak[at + 1], &rung->weak[at], (size_t)(moved - at) * sizeof *layer);
        rung->weak[at] = *layer;
        rung->weak_count += rung->weak_count < KL_RUNG_WEAK;
    }
}

/* Names live with the model, which ends before the rung. */
static enum kl_err keep_names(const struct ladder *l, struct kl_rung *rung, struct kl_diag *diag)
{
    for (int32_t i = 0; i < rung->weak_count; i++) {
        rung->weak[i].op = kl_arena_printf(l->arena, "%s", rung->weak[i].op);
        rung->weak[i].tensor = kl_arena_printf(l->arena, "%s", rung->weak[i].tensor);
        if (!rung->weak[i].op || !rung->weak[i].tensor) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    return KL_OK;
}

/* Is the model worse than the one as it is by more than its interval explains? */
static bool is_worse(const struct ladder *l, const struct kl_pair *pair)
{
    return l->task == KL_JUDGE_CLASSES ? pair->high < 0 : pair->low > 0;
}

enum kl_err ladder_advise(const struct ladder *l, const struct ladder_model *model,
                          struct kl_rung *rung, struct kl_diag *diag)
{
    if (!model->quantised) {
        return KL_OK;
    }
    find_weak(&model->report, rung);
    KL_TRY(keep_names(l, rung, diag));
    if (!is_worse(l, &model->pair) || rung->weak_count == 0) {
        return KL_OK;
    }
    const struct kl_ptq_layer *weak = &rung->weak[0];
    rung->advice = kl_arena_printf(
        l->arena,
        "worse than the model as it is by more than its interval explains; most is lost in %s "
        "'%.60s' (%.1f dB alone): try %s",
        weak->op, weak->tensor, weak->sqnr_alone, kl_ptq_advice(&model->settings, weak));
    return rung->advice ? KL_OK : KL_FAIL_MEMORY(diag);
}
