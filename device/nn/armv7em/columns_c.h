/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of columns.h in C: their definition, and what runs on other cores. */
#ifndef KINGLET_NN_ARMV7EM_COLUMNS_C_H
#define KINGLET_NN_ARMV7EM_COLUMNS_C_H

#include <string.h>

#include "kinglet/nn.h"
#include "nn/ref/requant_forms.h"

/* One channel's record, unpacked. */
struct kl_column_record {
    int32_t weights[9];
    int32_t start, multiplier, shift; /* weights: scaled */
};

static inline struct kl_column_record kl_column_record(const int8_t *record)
{
    static const int8_t at[9] = {0, 5, 2, 1, 7, 3, 4, 17, 6}; /* where each weight is */
    struct kl_column_record r;
    for (int32_t i = 0; i < 9; i++) {
        r.weights[i] = record[at[i]] * (256 >> ((uint8_t)record[16] >> 5));
    }
    memcpy(&r.start, record + 8, sizeof r.start);
    memcpy(&r.multiplier, record + 12, sizeof r.multiplier);
    r.shift = record[16] & 31;
    return r;
}

/* The windows of one row of results: their pixels begin at byte `byte` of the words at `row` and of
 * those below, and go on in the next column, `next` words on. */
static inline int8_t kl_column_window(const struct kl_column_record *r, const uint32_t *row,
                                      int32_t next, int32_t byte)
{
    uint32_t sum = (uint32_t)r->start;
    for (int32_t i = 0; i < 9; i++) {
        const uint32_t *word = row + i / 3 * KL_COLUMN_CHANNELS;
        const int32_t at = byte + i % 3;
        const int32_t x = ((const int8_t *)(word + at / 4 * next))[at % 4];
        sum += (uint32_t)(r->weights[i] * x);
    }
    return (int8_t)kl_requant_linear((int32_t)sum, r->multiplier, 0, r->shift);
}

static inline void kl_columns(uint32_t *words, const int8_t *record, int32_t rows, int32_t columns,
                              int32_t stride)
{
    const struct kl_column_record r = kl_column_record(record);
    const int32_t step = ((rows - 1) * stride + 3) * KL_COLUMN_CHANNELS;
    for (int32_t i = 0; i < columns; i++, words += step) {
        for (int32_t y = 0; y < rows; y++) {
            uint32_t *row = words + y * stride * KL_COLUMN_CHANNELS;
            const int8_t results[2] = {kl_column_window(&r, row, step, 0),
                                       kl_column_window(&r, row, step, stride)};
            memcpy(row, results, sizeof results);
        }
    }
}

KL_NOINLINE __attribute__((unused)) static void
kl_columns_by_1(uint32_t *words, const int8_t *record, int32_t rows, int32_t columns)
{
    kl_columns(words, record, rows, columns, 1);
}

KL_NOINLINE __attribute__((unused)) static void
kl_columns_by_2(uint32_t *words, const int8_t *record, int32_t rows, int32_t columns)
{
    kl_columns(words, record, rows, columns, 2);
}

/* Pixel `index` of the row, counted from the first pixel of the first pair. */
static inline const void *kl_columns_pixel(const struct kl_columns_fill *f, int32_t index)
{
    const int32_t x = index - 2 + f->first;
    const int32_t end = f->first + 2 * f->inside + f->last;
    return x >= 0 && x < end ? (const void *)(f->row + x * f->in_c) : (const void *)&f->outside;
}

/* A column begins every `pixels` pixels. */
static inline void kl_columns_fill(struct kl_columns_fill *f, int32_t pixels)
{
    for (; f->rows > 0; f->rows--) {
        for (int32_t i = 0; i < 4 * f->columns; i++) {
            int8_t *words = (int8_t *)f->words + i / 4 * f->step;
            const int8_t *pixel = kl_columns_pixel(f, i / 4 * pixels + i % 4);
            for (int32_t c = 0; c < KL_COLUMN_CHANNELS; c++) {
                words[4 * c + i % 4] = pixel[c];
            }
        }
        f->words += KL_COLUMN_CHANNELS;
        f->row += f->stride;
    }
}

KL_NOINLINE __attribute__((unused)) static void kl_columns_fill_by_1(struct kl_columns_fill *f)
{
    kl_columns_fill(f, 2);
}

KL_NOINLINE __attribute__((unused)) static void kl_columns_fill_by_2(struct kl_columns_fill *f)
{
    kl_columns_fill(f, 4);
}

KL_NOINLINE __attribute__((unused)) static void kl_columns_store(struct kl_columns_store *s)
{
    const int8_t *words = (const int8_t *)s->words;
    for (; s->rows > 0; s->rows--, words += s->below, s->row += s->stride) {
        for (int32_t x = 0; x < s->out_w; x++) {
            for (int32_t c = 0; c < KL_COLUMN_CHANNELS; c++) {
                s->row[x * s->out_c + c] = words[x / 2 * s->step + 4 * c + x % 2];
            }
        }
    }
}

#endif
