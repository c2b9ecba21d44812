/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks of all parameter structs are made of. */
#include "nn/pack/check.h"

bool kl_check_bytes(struct kl_check *check, uint32_t operand, int32_t low, uint32_t high,
                    uint32_t align)
{
    const struct kl_pack_rows *rows = &check->rows[operand];
    const bool constant = (rows->place & KL_PACK_PLACE_CONSTANT) != 0;
    const uint32_t base = rows->place & INT32_MAX;
    const uint32_t space = constant ? check->pack_bytes : check->arena_bytes;
    if ((constant && operand >= check->inputs) || high == 0) {
        return false;
    }
    if (base > space || high > space - base || low > 0 || (uint32_t)-low > base) {
        return false;
    }
    check->reach[operand] = (struct kl_reach){base - (uint32_t)-low, base + high};
    return base % align == 0;
}

static bool check_rows(struct kl_check *check, uint32_t operand, uint32_t rows, uint32_t row_bytes,
                       uint32_t align)
{
    const int32_t stride = check->rows[operand].stride;
    return rows >= 1 && stride >= 0 && (uint32_t)stride % align == 0 &&
           kl_check_bytes(check, operand, 0,
                          kl_plus(kl_times(rows - 1, (uint32_t)stride), row_bytes), align);
}

bool kl_check_in(struct kl_check *check, uint32_t input, uint32_t rows, uint32_t row_bytes,
                 uint32_t align)
{
    return check_rows(check, input, rows, row_bytes, align);
}

bool kl_check_out(struct kl_check *check, uint32_t output, uint32_t row_bytes, uint32_t align)
{
    const uint32_t operand = check->inputs + output;
    if (output >= check->outputs) {
        return false;
    }
    const struct kl_pack_rows *rows = &check->rows[operand];
    /* Rows apart from each other: so the arena bounds their number, and with it the time. */
    return (rows->count == 1 || (rows->stride >= 0 && (uint32_t)rows->stride >= row_bytes)) &&
           check_rows(check, operand, (uint32_t)rows->count, row_bytes, align);
}

bool kl_check_apart(const struct kl_check *check, uint32_t a, uint32_t b)
{
    const bool same_space =
        ((check->rows[a].place ^ check->rows[b].place) & KL_PACK_PLACE_CONSTANT) == 0;
    return !same_space || check->reach[a].end <= check->reach[b].first ||
           check->reach[b].end <= check->reach[a].first;
}

bool kl_check_read_first(const struct kl_check *check, uint32_t input)
{
    const struct kl_pack_rows *in = &check->rows[input], *out = &check->rows[check->inputs];
    return (out->place <= in->place && (out->stride <= in->stride || out->count == 1)) ||
           kl_check_apart(check, input, check->inputs);
}

uint32_t kl_volume(const int32_t *dim, int32_t rank)
{
    uint32_t volume = 1;
    for (int32_t d = 0; d < rank; d++) {
        if (dim[d] < 1) {
            return UINT32_MAX;
        }
        volume = kl_times(volume, (uint32_t)dim[d]);
    }
    return volume;
}

uint32_t kl_elements_reached(const int32_t *dim, const int32_t *step, int32_t rank)
{
    uint32_t last = 0;
    for (int32_t d = 0; d < rank; d++) {
        if (dim[d] < 1 || step[d] < 0) {
            return UINT32_MAX;
        }
        last = kl_plus(last, kl_times((uint32_t)dim[d] - 1, (uint32_t)step[d]));
    }
    return kl_plus(last, 1);
}

uint32_t kl_constant_room(const struct kl_check *check, const void *pointer, uint32_t align)
{
    if (!pointer) {
        return 0;
    }
    /* kl_params_unpack made the pointer from an offset inside the pack. */
    const uint32_t offset = (uint32_t)((const unsigned char *)pointer - check->pack);
    return offset % align == 0 ? check->pack_bytes - offset : 0;
}

bool kl_check_constant(const struct kl_check *check, const void *pointer, uint32_t count,
                       uint32_t elem_bytes)
{
    return pointer && kl_times(count, elem_bytes) <= kl_constant_room(check, pointer, elem_bytes);
}

bool kl_check_multiplier(int32_t multiplier, int32_t shift)
{
    return multiplier > INT32_MIN && kl_within(shift, -31, 30);
}

bool kl_check_limits(int32_t zero_point, int32_t min, int32_t max, uint32_t bytes)
{
    return kl_fits(zero_point, bytes) && kl_fits(min, bytes) && kl_fits(max, bytes) && min <= max;
}

bool kl_check_requant(const struct kl_check *check, const struct kl_requant *rq, int32_t channels)
{
    if (!kl_check_constant(check, rq->multiplier, (uint32_t)channels, 4) ||
        !kl_check_constant(check, rq->shift, (uint32_t)channels, 1) ||
        !kl_check_limits(rq->out_zero_point, rq->min, rq->max, 1)) {
        return false;
    }
    for (int32_t c = 0; c < channels; c++) {
        if (!kl_check_multiplier(rq->multiplier[c], rq->shift[c])) {
            return false;
        }
    }
    return true;
}

static uint32_t magnitude(int32_t value)
{
    return value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
}

/* Largest magnitude that the products of one channel can come to. */
static uint32_t products_bound(const struct kl_sums *s, int32_t channel)
{
    const int8_t *w = s->weights +
                      (uint32_t)(channel / s->together * s->together) * (uint32_t)s->taps +
                      channel % s->together * s->run;
    uint32_t sum = 0;
    for (int32_t t = 0; t < s->taps && sum <= INT32_MAX; t++) {
        const int32_t at = t / s->run * s->run * s->together + t % s->run;
        sum += s->largest * magnitude(w[at] - s->weight_zero_point);
    }
    return sum;
}

bool kl_check_sums(const struct kl_sums *sums)
{
    const uint32_t weight = 128 + magnitude(sums->weight_zero_point);
    const uint32_t any =
        kl_times(sums->largest * weight, (uint32_t)sums->taps); /* of any weights */
    for (int32_t c = 0; c < sums->channels; c++) {
        const uint32_t bias = sums->bias ? magnitude(sums->bias[c]) : 0;
        if (kl_plus(bias, any) > INT32_MAX &&
            (!sums->weights || kl_plus(bias, products_bound(sums, c)) > INT32_MAX)) {
            return false;
        }
    }
    return true;
}
