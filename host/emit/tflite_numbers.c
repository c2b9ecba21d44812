/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of custom operators: a FlexBuffers map of integers. Format: "FlexBuffers" of the
 * FlatBuffers documentation. Every entry has 4 bytes; references point backwards from where they
 * stand.
 */
#include <string.h>

#include "emit/tflite_internal.h"
#include "formats/tflite_fields.h"
#include "formats/tflite_schema.h"

enum { WIDTH = 4, WIDTH_CODE = 2 };                  /* bytes, and how types say so */
enum { FLEX_INT = 1, FLEX_MAP = 9, TYPE_SHIFT = 2 }; /* the width is in the low bits of a type */

struct entry {
    const char *name;
    int32_t value;
};

static void put_reference(struct fb *b, size_t target)
{
    fb_put(b, b->size - target, WIDTH);
}

/* Entries are in the order of their names. */
static void put_map(struct fb *b, const struct entry *entries, size_t count)
{
    size_t names[TFL_MAX_FIELDS + 1];
    for (size_t i = 0; i < count; i++) {
        names[i] = b->size;
        for (const char *c = entries[i].name; *c; c++) {
            fb_put(b, (unsigned char)*c, 1);
        }
        fb_put(b, 0, 1);
    }
    fb_align(b, 0, WIDTH);
    fb_put(b, count, WIDTH);
    size_t keys = b->size;
    for (size_t i = 0; i < count; i++) {
        put_reference(b, names[i]);
    }
    put_reference(b, keys);
    fb_put(b, WIDTH, WIDTH);
    fb_put(b, count, WIDTH);
    size_t values = b->size;
    for (size_t i = 0; i < count; i++) {
        fb_put(b, (uint32_t)entries[i].value, WIDTH);
    }
    for (size_t i = 0; i < count; i++) {
        fb_put(b, FLEX_INT << TYPE_SHIFT | WIDTH_CODE, 1);
    }
    fb_align(b, 0, WIDTH);
    put_reference(b, values);
    fb_put(b, FLEX_MAP << TYPE_SHIFT | WIDTH_CODE, 1);
    fb_put(b, WIDTH, 1);
}

/* What the graph says otherwise: the one such number of a kind, if it has one. */
static bool derived_entry(const struct kl_op *op, struct entry *entry)
{
    switch (op->kind) {
    case KL_OP_SIGNAL_RFFT:
    case KL_OP_SIGNAL_IRFFT: *entry = (struct entry){"T", TFL_TYPE_INT16}; return true;
    case KL_OP_SIGNAL_OVERLAP_ADD:
        *entry =
            (struct entry){"T", op->inputs[0]->dtype == KL_F32 ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT16};
        return true;
    case KL_OP_SIGNAL_FILTER_BANK:
    case KL_OP_SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION:
        *entry = (struct entry){"num_channels", (int32_t)kl_shape_elements(&op->outputs[0]->shape)};
        return true;
    default: return false;
    }
}

static int32_t number_of(const struct kl_op *op, const struct tfl_number *number)
{
    const void *from = (const char *)&op->attr + number->offset;
    return number->type == TFL_FIELD_BOOL ? *(const bool *)from : *(const int32_t *)from;
}

size_t tfl_write_numbers(struct fb *b, const struct kl_op *op)
{
    struct entry entries[TFL_MAX_FIELDS + 1];
    size_t stored;
    size_t count = 0;
    const struct tfl_number *numbers = tfl_numbers(op->kind, &stored);
    struct entry derived;
    bool left = derived_entry(op, &derived);
    for (size_t i = 0; i < stored; i++) {
        if (left && strcmp(derived.name, numbers[i].name) < 0) {
            entries[count++] = derived;
            left = false;
        }
        entries[count++] = (struct entry){numbers[i].name, number_of(op, &numbers[i])};
    }
    if (left) {
        entries[count++] = derived;
    }
    struct fb map = {0};
    put_map(&map, entries, count);
    b->failed = b->failed || map.failed;
    size_t at = fb_vector(b, map.size, 1, 4, map.data);
    fb_free(&map);
    return at;
}
