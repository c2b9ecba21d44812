/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: dataset.json and items.tsv, divided by a line "===". The hashes of what is
 * written never match, so that they are checked last: what was read before must hold.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 64 << 20, SAMPLES = 4096 };

static void check(const struct kl_dataset *d)
{
    for (int32_t i = 0; i < d->count; i++) {
        const struct kl_data_item *item = &d->items[i];
        size_t bytes = kl_data_values(&d->facts, item) * kl_data_value_bytes(d->facts.kind);
        if (item->offset > SAMPLES || bytes > SAMPLES - item->offset ||
            item->label >= d->facts.class_count || !item->name || !item->tags) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create(MEMORY);
    const uint8_t *cut = size ? memmem(data, size, "===\n", 4) : NULL;
    if (arena && cut) {
        struct kl_dataset dataset;
        struct kl_diag diag = {0};
        size_t first = (size_t)(cut - data);
        size_t second = size - first - 4;
        uint8_t *rows = malloc(second + 1);
        memcpy(rows, cut + 4, second);
        enum kl_err err =
            kl_dataset_parse((struct kl_bytes){data, first}, (struct kl_bytes){rows, second},
                             SAMPLES, arena, &dataset, &diag);
        if ((err != KL_OK) != (diag.message[0] != '\0')) {
            abort();
        }
        check(&dataset);
        free(rows);
    }
    kl_arena_free(arena);
    return 0;
}
