/* SPDX-License-Identifier: Apache-2.0 */
/* The range coder of LZMA (I. Pavlov, LZMA specification) with the model of the device. */
#include "release/delta_internal.h"
#include "update/delta_decode.h"

struct encoder {
    struct kl_buffer *out;
    uint64_t low; /* 33 bits: the highest one is a carry into what was written */
    uint32_t range;
    uint8_t held;        /* the last byte, which a carry may still change */
    uint64_t held_count; /* it, and bytes of 0xff behind it */
    struct kl_delta_model model;
};

static void shift_low(struct encoder *e)
{
    if (e->low < 0xff000000u || e->low > UINT32_MAX) {
        uint8_t carry = (uint8_t)(e->low >> 32), byte = e->held;
        for (; e->held_count > 0; e->held_count--) {
            kl_buffer_append(e->out, &(uint8_t){(uint8_t)(byte + carry)}, 1);
            byte = 0xff;
        }
        e->held = (uint8_t)(e->low >> 24);
    }
    e->held_count++;
    e->low = (e->low & 0x00ffffff) << 8;
}

static void refill(struct encoder *e)
{
    while (e->range < KL_DELTA_TOP) {
        e->range <<= 8;
        shift_low(e);
    }
}

static void encode_bit(struct encoder *e, uint16_t *state, uint32_t bit)
{
    uint32_t share = (e->range >> KL_DELTA_PROBABILITY_BITS) * kl_delta_probability(*state);
    if (bit) {
        e->low += share;
        e->range -= share;
    } else {
        e->range = share;
    }
    *state = kl_delta_learn(*state, bit);
    refill(e);
}

static void encode_even_bit(struct encoder *e, uint32_t bit)
{
    e->range >>= 1;
    e->low += bit ? e->range : 0;
    refill(e);
}

static void encode_byte(struct encoder *e, uint16_t tree[256], uint8_t byte)
{
    uint32_t node = 1;
    for (int i = 7; i >= 0; i--) {
        uint32_t bit = byte >> i & 1;
        encode_bit(e, &tree[node], bit);
        node = node << 1 | bit;
    }
}

static void encode_number(struct encoder *e, enum kl_delta_number kind, uint32_t number)
{
    uint32_t value = number + 1, length = 0;
    while (value >> length > 1) {
        length++;
    }
    for (uint32_t i = 0; i < KL_DELTA_NUMBER_BITS - 1 && i <= length; i++) {
        encode_bit(e, &e->model.number[kind][i], i < length);
    }
    for (uint32_t i = length; i-- > 0;) {
        encode_even_bit(e, value >> i & 1);
    }
}

static void encode_copy(struct encoder *e, const unsigned char *old_bytes,
                        const unsigned char *new_bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t difference = (uint8_t)(new_bytes[i] - old_bytes[i]);
        encode_bit(e, &e->model.change[kl_delta_change_context(&e->model)], difference != 0);
        if (difference != 0) {
            encode_byte(e, e->model.value[kl_delta_value_context(&e->model)],
                        kl_delta_zigzag(difference));
        }
        kl_delta_note(&e->model, difference);
    }
}

/* Where the coder is in the images. */
struct place {
    const unsigned char *old_image, *new_image;
    size_t new_bytes, at;
    uint32_t expected; /* where the last copy ended */
};

static void encode_range(struct encoder *e, struct place *place, const struct kl_delta_range *copy)
{
    encode_number(e, KL_DELTA_COPY, copy->bytes);
    if (copy->bytes > 0) {
        uint32_t seek = copy->old_at - place->expected;
        encode_number(e, KL_DELTA_SEEK, seek << 1 ^ (seek >> 31 ? UINT32_MAX : 0));
        encode_copy(e, place->old_image + copy->old_at, place->new_image + place->at, copy->bytes);
        place->expected = copy->old_at + copy->bytes;
        place->at += copy->bytes;
    }
}

/* Behind the last copy there is nothing to say. */
static void encode_literals(struct encoder *e, struct place *place, uint32_t count)
{
    if (place->at < place->new_bytes) {
        encode_number(e, KL_DELTA_LITERAL, count);
    }
    for (uint32_t i = 0; i < count; i++) {
        encode_byte(e, e->model.literal, place->new_image[place->at++]);
    }
}

static bool is_literal(const struct kl_delta_ranges *ranges, uint32_t i)
{
    return i < ranges->count && ranges->ranges[i].old_at == KL_DELTA_NOWHERE;
}

enum kl_err kl_delta_encode(struct kl_bytes old_image, struct kl_bytes new_image,
                            const struct kl_delta_ranges *ranges, struct kl_buffer *patch,
                            struct kl_diag *diag)
{
    static const struct kl_delta_range none = {0, 0};
    struct encoder e = {.out = patch, .range = UINT32_MAX, .held_count = 1};
    struct place place = {old_image.data, new_image.data, new_image.size, 0, 0};
    kl_delta_model_reset(&e.model);
    for (uint32_t i = 0; i < ranges->count;) {
        encode_range(&e, &place, is_literal(ranges, i) ? &none : &ranges->ranges[i]);
        i += !is_literal(ranges, i);
        encode_literals(&e, &place, is_literal(ranges, i) ? ranges->ranges[i].bytes : 0);
        i += is_literal(ranges, i);
    }
    for (int i = 0; i < KL_DELTA_CODE_BYTES; i++) {
        shift_low(&e);
    }
    return patch->failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}
