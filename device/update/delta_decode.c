/* SPDX-License-Identifier: Apache-2.0 */
#include "update/delta_decode.h"

static uint8_t next_byte(struct kl_delta *delta)
{
    if (delta->input_count == 0) {
        delta->missing++;
        return 0;
    }
    uint8_t byte = delta->input[delta->input_first];
    delta->input_first = (delta->input_first + 1) % KL_DELTA_INPUT_BYTES;
    delta->input_count--;
    return byte;
}

void kl_delta_decode_start(struct kl_delta *delta)
{
    delta->range = UINT32_MAX;
    delta->code = 0;
    for (uint32_t i = 0; i < KL_DELTA_CODE_BYTES; i++) {
        delta->code = delta->code << 8 | next_byte(delta);
    }
}

static void refill(struct kl_delta *delta)
{
    while (delta->range < KL_DELTA_TOP) {
        delta->range <<= 8;
        delta->code = delta->code << 8 | next_byte(delta);
    }
}

static uint32_t decode_bit(struct kl_delta *delta, uint16_t *state)
{
    uint32_t share = (delta->range >> KL_DELTA_PROBABILITY_BITS) * kl_delta_probability(*state);
    uint32_t bit = delta->code >= share;
    if (bit) {
        delta->code -= share;
        delta->range -= share;
    } else {
        delta->range = share;
    }
    *state = kl_delta_learn(*state, bit);
    refill(delta);
    return bit;
}

static uint32_t decode_even_bit(struct kl_delta *delta)
{
    delta->range >>= 1;
    uint32_t bit = delta->code >= delta->range;
    if (bit) {
        delta->code -= delta->range;
    }
    refill(delta);
    return bit;
}

/* A byte by 8 decisions, the highest bit first; tree[1] is the root. */
static uint8_t decode_byte(struct kl_delta *delta, uint16_t tree[256])
{
    uint32_t node = 1;
    while (node < 256) {
        node = node << 1 | decode_bit(delta, &tree[node]);
    }
    return (uint8_t)node;
}

uint32_t kl_delta_decode_number(struct kl_delta *delta, enum kl_delta_number kind)
{
    uint32_t length = 0, value = 1;
    while (length < KL_DELTA_NUMBER_BITS - 1 &&
           decode_bit(delta, &delta->model.number[kind][length])) {
        length++;
    }
    for (uint32_t i = 0; i < length; i++) {
        value = value << 1 | decode_even_bit(delta);
    }
    return value - 1;
}

uint8_t kl_delta_decode_literal(struct kl_delta *delta)
{
    return decode_byte(delta, delta->model.literal);
}

uint8_t kl_delta_decode_difference(struct kl_delta *delta)
{
    struct kl_delta_model *model = &delta->model;
    uint8_t difference = 0;
    if (decode_bit(delta, &model->change[kl_delta_change_context(model)])) {
        uint8_t number = decode_byte(delta, model->value[kl_delta_value_context(model)]);
        difference = kl_delta_unzigzag(number);
    }
    kl_delta_note(model, difference);
    return difference;
}
