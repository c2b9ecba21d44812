/* SPDX-License-Identifier: Apache-2.0 */
/* kl_columns_by_1 and kl_columns_by_2 in C: their definition, and what runs on other cores. */
#ifndef KINGLET_NN_ARMV7EM_COLUMNS_C_H
#define KINGLET_NN_ARMV7EM_COLUMNS_C_H

#include <string.h>

#include "kinglet/nn.h"
#include "nn/armv7em/requant_forms.h"

/* One channel's record, unpacked. */
struct kl_column_record {
    int32_t weights[9];
    int32_t start, multiplier, shift;
};

static inline struct kl_column_record kl_column_record(const int8_t *record)
{
    static const int8_t at[9] = {0, 5, 2, 1, 7, 3, 4, 17, 6}; /* where each weight is */
    struct kl_column_record r;
    for (int32_t i = 0; i < 9; i++) {
        r.weights[i] = record[at[i]];
    }
    memcpy(&r.start, record + 8, sizeof r.start);
    memcpy(&r.multiplier, record + 12, sizeof r.multiplier);
    r.shift = record[16];
    return r;
}

/* The result of the window whose rows are the words at `row` and below, from byte `byte` on. */
static inline int8_t kl_column_window(const struct kl_column_record *r, const uint32_t *row,
                                      int32_t byte)
{
    uint32_t sum = (uint32_t)r->start;
    for (int32_t i = 0; i < 9; i++) {
        const int32_t x = ((const int8_t *)(row + i / 3 * KL_COLUMN_CHANNELS))[byte + i % 3];
        sum += (uint32_t)(256 * r->weights[i] * x);
    }
    return (int8_t)kl_requant_linear((int32_t)sum, r->multiplier, 0, r->shift);
}

/* All columns; `stride` rows from one window to the next, `windows` side by side. */
static inline void kl_columns(uint32_t *words, const int8_t *record, int32_t rows, int32_t columns,
                              int32_t stride, int32_t windows)
{
    const struct kl_column_record r = kl_column_record(record);
    for (int32_t i = 0; i < columns; i++) {
        for (int32_t y = 0; y < rows; y++, words += stride * KL_COLUMN_CHANNELS) {
            int8_t results[2];
            for (int32_t x = 0; x < windows; x++) {
                results[x] = kl_column_window(&r, words, x);
            }
            memcpy(words, results, (uint32_t)windows);
        }
        words += (3 - stride) * KL_COLUMN_CHANNELS;
    }
}

KL_NOINLINE __attribute__((unused)) static void
kl_columns_by_1(uint32_t *words, const int8_t *record, int32_t rows, int32_t columns)
{
    kl_columns(words, record, rows, columns, 1, 2);
}

KL_NOINLINE __attribute__((unused)) static void
kl_columns_by_2(uint32_t *words, const int8_t *record, int32_t rows, int32_t columns)
{
    kl_columns(words, record, rows, columns, 2, 1);
}

/* The pixel `index` of the row, counted from the first in the image. */
static inline void kl_columns_pixel(const struct kl_columns_fill *f, int32_t index, int inside,
                                    int8_t pixel[KL_COLUMN_CHANNELS])
{
    if (inside) {
        memcpy(pixel, f->row + index * f->in_c, KL_COLUMN_CHANNELS);
    } else {
        memcpy(pixel, &f->outside, KL_COLUMN_CHANNELS);
    }
}

static inline void kl_columns_fill_row(const struct kl_columns_fill *f)
{
    const int32_t pixels = f->first + KL_COLUMN_STEP * f->inside + f->last; /* in the image */
    for (int32_t i = 0; i < f->inside + f->edge; i++) {
        int8_t *words = (int8_t *)f->words + i * f->step;
        for (int32_t k = 0; k < 4; k++) {
            const int32_t index = KL_COLUMN_STEP * i + k + f->first - KL_COLUMN_STEP;
            int8_t pixel[KL_COLUMN_CHANNELS];
            kl_columns_pixel(f, index, index >= 0 && index < pixels, pixel);
            for (int32_t c = 0; c < KL_COLUMN_CHANNELS; c++) {
                words[4 * c + k] = pixel[c];
            }
        }
    }
}

KL_NOINLINE __attribute__((unused)) static void kl_columns_fill(struct kl_columns_fill *f)
{
    for (; f->rows > 0; f->rows--) {
        kl_columns_fill_row(f);
        f->words += KL_COLUMN_CHANNELS;
        f->row += f->stride;
    }
}

/* Rows of results, `pixels` of each column, `below` rows apart. */
static inline void kl_columns_store(struct kl_columns_store *s, int32_t pixels, int32_t below)
{
    for (; s->rows > 0; s->rows--) {
        for (int32_t x = 0; x < s->out_w; x++) {
            const int8_t *words = (const int8_t *)s->words + x / pixels * s->step;
            for (int32_t c = 0; c < KL_COLUMN_CHANNELS; c++) {
                s->row[x * s->out_c + c] = words[4 * c + x % pixels];
            }
        }
        s->words += below * KL_COLUMN_CHANNELS;
        s->row += s->stride;
    }
}

KL_NOINLINE __attribute__((unused)) static void kl_columns_store_by_1(struct kl_columns_store *s)
{
    kl_columns_store(s, 2, 1);
}

KL_NOINLINE __attribute__((unused)) static void kl_columns_store_by_2(struct kl_columns_store *s)
{
    kl_columns_store(s, 1, 2);
}

#endif
