/* SPDX-License-Identifier: Apache-2.0 */
#include "update/delta_model.h"

/* Each decision is even, and was never met. */
static void reset(uint16_t *states, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        states[i] = 1 << (KL_DELTA_PROBABILITY_BITS - 1 + KL_DELTA_COUNT_BITS);
    }
}

void kl_delta_model_reset(struct kl_delta_model *model)
{
    reset(model->change, KL_DELTA_CHANGE_CONTEXTS);
    for (uint32_t i = 0; i < KL_DELTA_VALUE_CONTEXTS; i++) {
        reset(model->value[i], sizeof model->value[i] / sizeof model->value[i][0]);
    }
    reset(model->literal, sizeof model->literal / sizeof model->literal[0]);
    for (uint32_t i = 0; i < KL_DELTA_NUMBERS; i++) {
        reset(model->number[i], KL_DELTA_NUMBER_BITS);
    }
    model->changed = 0;
    model->values[0] = model->values[1] = 0;
}

/* Addresses change in bytes at fixed distances: which of the last four changed tells where. */
uint32_t kl_delta_change_context(const struct kl_delta_model *model)
{
    return model->changed % KL_DELTA_CHANGE_CONTEXTS;
}

/* Weights that changed little, and all else. */
uint32_t kl_delta_value_context(const struct kl_delta_model *model)
{
    return model->values[0] + model->values[1] > 8;
}

void kl_delta_note(struct kl_delta_model *model, uint8_t difference)
{
    model->changed = (uint8_t)(model->changed << 1 | (difference != 0));
    model->values[1] = model->values[0];
    model->values[0] = kl_delta_zigzag(difference);
}
