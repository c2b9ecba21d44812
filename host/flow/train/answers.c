/* SPDX-License-Identifier: Apache-2.0 */
/* What the models of a cross-validation answer to items that they have not seen. */
#include <math.h>

#include "flow/train/internal.h"

enum kl_err train_open_answers(const struct kl_dataset *dataset, struct kl_arena *arena,
                               struct kl_train_answers *answers, struct kl_diag *diag)
{
    size_t items = (size_t)dataset->count;
    int32_t classes = dataset->facts.class_count;
    *answers = (struct kl_train_answers){.dataset = dataset,
                                         .classes = classes,
                                         .labels = KL_NEW(arena, int32_t, items),
                                         .windows = KL_NEW(arena, int32_t, items)};
    answers->probabilities = KL_NEW(arena, float, items *(size_t)classes);
    if (!answers->labels || !answers->windows || !answers->probabilities) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < dataset->count; i++) {
        answers->labels[i] = -1;
    }
    return KL_OK;
}

/* Add the softmax of logits, or probabilities as they are. */
static void add_one(const float *outputs, int32_t classes, bool logits, float *sums)
{
    double most = (double)outputs[0], all = 0;
    for (int32_t c = 1; c < classes; c++) {
        most = fmax(most, (double)outputs[c]);
    }
    for (int32_t c = 0; logits && c < classes; c++) {
        all += exp((double)outputs[c] - most);
    }
    for (int32_t c = 0; c < classes; c++) {
        sums[c] += logits ? (float)(exp((double)outputs[c] - most) / all) : outputs[c];
    }
}

void train_keep_answers(struct kl_train_answers *answers, const struct kl_learn_part *part,
                        const struct kl_outputs *outputs, bool logits)
{
    for (int32_t i = 0; answers && i < outputs->count; i++) {
        int32_t item = part->item[i];
        if (outputs->size == answers->classes) {
            add_one(outputs->values + (int64_t)i * outputs->size, outputs->size, logits,
                    answers->probabilities + (int64_t)item * answers->classes);
            answers->labels[item] = part->labels[i];
            answers->windows[item]++;
        }
    }
}

void train_close_answers(struct kl_train_answers *answers)
{
    for (int32_t i = 0; answers && i < answers->dataset->count; i++) {
        for (int32_t c = 0; answers->windows[i] > 1 && c < answers->classes; c++) {
            answers->probabilities[(int64_t)i * answers->classes + c] /= (float)answers->windows[i];
        }
    }
}
