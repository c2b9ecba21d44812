/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_support.h"

#include <stdlib.h>
#include <string.h>

enum { GUARD_BYTES = 8, GUARD = 0xA5 };

static uint32_t random_state = 1;

void seed_random(uint32_t seed)
{
    random_state = seed * 2654435761u + 1;
}

/* xorshift32 (Marsaglia). */
uint32_t random_u32(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

int32_t random_between(int32_t low, int32_t high)
{
    const uint64_t span = (uint64_t)((int64_t)high - low) + 1;
    return (int32_t)(low + (int64_t)((random_u32() * (uint64_t)span) >> 32));
}

bool random_chance(int32_t percent)
{
    return random_between(0, 99) < percent;
}

float random_float(float low, float high)
{
    return low + (high - low) * ((float)(random_u32() >> 8) / 16777216.0f);
}

void random_s8(int8_t *to, size_t count)
{
    int32_t left = 0, extreme = 0;
    for (size_t i = 0; i < count; i++) {
        if (left == 0 && random_chance(2)) {
            left = random_between(1, 40);
            extreme = random_chance(50) ? INT8_MIN : INT8_MAX;
        }
        to[i] = (int8_t)(left > 0 ? extreme : random_between(INT8_MIN, INT8_MAX));
        left -= left > 0;
    }
}

/* All blocks of the running test, newest first. */
struct block {
    struct block *next;
    max_align_t data[];
};

static struct block *blocks;

void *pool_alloc(size_t count, size_t size)
{
    struct block *block = calloc(1, sizeof *block + count * size);
    assert_non_null(block);
    block->next = blocks;
    blocks = block;
    return block->data;
}

/* Scattered rows, to check their guards later. */
struct guarded {
    unsigned char *memory;
    int32_t count;
    size_t bytes;
};

static struct guarded guarded[64];
static size_t guarded_count;

void pool_release(void)
{
    while (blocks) {
        struct block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
    guarded_count = 0;
}

struct kl_rows make_rows(int32_t count, size_t bytes, bool scattered)
{
    /* Rows of floats must stay aligned. */
    const size_t pitch = scattered ? (bytes + GUARD_BYTES + 3) / 4 * 4 : bytes;
    struct kl_rows rows = {.stride = (int32_t)pitch, .count = count};
    rows.base = pool_alloc((size_t)count + 1, pitch);
    if (!scattered) {
        return rows;
    }
    uint32_t *offset = pool_alloc((size_t)count, sizeof *offset);
    memset(rows.base, GUARD, ((size_t)count + 1) * pitch);
    for (int32_t i = 0; i < count; i++) {
        const int32_t other = random_between(0, i);
        offset[i] = offset[other];
        offset[other] = (uint32_t)((size_t)i * pitch);
    }
    rows.offset = offset;
    assert_true(guarded_count < sizeof guarded / sizeof guarded[0]);
    guarded[guarded_count++] = (struct guarded){rows.base, count, bytes};
    return rows;
}

unsigned char *dense_rows(const struct kl_rows *rows, size_t bytes)
{
    unsigned char *dense = pool_alloc((size_t)rows->count, bytes);
    for (int32_t i = 0; i < rows->count; i++) {
        memcpy(dense + (size_t)i * bytes, kl_row(rows, i), bytes);
    }
    return dense;
}

void check_guards(void)
{
    for (size_t g = 0; g < guarded_count; g++) {
        const size_t pitch = (guarded[g].bytes + GUARD_BYTES + 3) / 4 * 4;
        for (int32_t i = 0; i < guarded[g].count; i++) {
            const unsigned char *row = guarded[g].memory + (size_t)i * pitch;
            for (size_t k = guarded[g].bytes; k < pitch; k++) {
                assert_int_equal(row[k], GUARD);
            }
        }
    }
}

unsigned char *run_kernel(enum kl_kernel_id id, const void *params, const struct kl_rows *in,
                          int32_t rows, size_t row_bytes)
{
    struct kl_rows whole = make_rows(rows, row_bytes, true);
    struct kl_rows single = make_rows(rows, row_bytes, random_chance(50));
    kl_kernels[id](params, in, &whole, NULL);
    for (int32_t first = 0; first < rows;) {
        struct kl_rows part = single;
        part.first = first;
        part.count = random_between(1, rows - first < 3 ? rows - first : 3);
        kl_kernels[id](params, in, &part, NULL);
        first += part.count;
    }
    unsigned char *result = dense_rows(&whole, row_bytes);
    assert_memory_equal(result, dense_rows(&single, row_bytes), (size_t)rows * row_bytes);
    check_guards();
    return result;
}

static __int128 floor_div(__int128 value, __int128 divisor)
{
    return value / divisor - (value % divisor < 0);
}

int32_t plain_srdhm(int32_t a, int32_t b)
{
    const __int128 twice = (__int128)a * b * 2;
    const __int128 rounded = floor_div(twice + ((__int128)1 << 31), (__int128)1 << 32);
    return rounded > INT32_MAX ? INT32_MAX : (int32_t)rounded;
}

int32_t plain_rounding_shift(int32_t value, int32_t exponent)
{
    const int64_t divisor = (int64_t)1 << exponent;
    const int64_t size = value < 0 ? -(int64_t)value : value;
    const int64_t quotient = (2 * size + divisor) / (2 * divisor);
    return (int32_t)(value < 0 ? -quotient : quotient);
}

int32_t plain_requantize(int32_t value, int32_t multiplier, int32_t shift)
{
    int32_t wide = value;
    for (int32_t i = 0; i < shift; i++) {
        wide = (int32_t)((uint32_t)wide * 2u);
    }
    return plain_rounding_shift(plain_srdhm(wide, multiplier), shift < 0 ? -shift : 0);
}

int32_t plain_clamp(int64_t value, int32_t min, int32_t max)
{
    if (value < min) {
        return min;
    }
    return value > max ? max : (int32_t)value;
}

struct kl_requant random_requant(int32_t channels, int32_t spread)
{
    int32_t *multiplier = pool_alloc((size_t)channels, sizeof *multiplier);
    int8_t *shift = pool_alloc((size_t)channels, sizeof *shift);
    for (int32_t c = 0; c < channels; c++) {
        multiplier[c] = random_chance(5) ? 0 : random_between(1 << 30, INT32_MAX);
        shift[c] = (int8_t)random_between(4 - spread, 8 - spread);
        if (random_chance(10)) {
            shift[c] = (int8_t)random_between(-31, 2);
        }
    }
    struct kl_requant rq = {multiplier, shift, random_between(INT8_MIN, INT8_MAX), INT8_MIN,
                            INT8_MAX};
    if (random_chance(50)) {
        rq.min = random_between(INT8_MIN, INT8_MAX);
        rq.max = random_between(rq.min, INT8_MAX);
    }
    return rq;
}

int8_t plain_requant(const struct kl_requant *rq, int32_t channel, int64_t acc)
{
    assert_true(acc >= INT32_MIN && acc <= INT32_MAX);
    const int64_t scaled =
        plain_requantize((int32_t)acc, rq->multiplier[channel], rq->shift[channel]);
    return (int8_t)plain_clamp(scaled + rq->out_zero_point, rq->min, rq->max);
}
