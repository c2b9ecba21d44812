/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: the first byte chooses a reader of recordings, or the reader of tables; the
 * rest is the file. What is read has the shape that it claims.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/recording.h"
#include "data/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 64 << 20 };

/* Read every value, so that the sanitizer sees what lies outside. */
static void touch(const struct kl_recordings *r)
{
    for (int32_t i = 0; i < r->count; i++) {
        const struct kl_recording *one = &r->items[i];
        size_t values = (size_t)one->frames * (size_t)one->width * (size_t)r->channels;
        const unsigned char *bytes =
            r->kind == KL_DATA_IMAGE ? one->pixels : (const void *)one->values;
        volatile unsigned char sum = 0;
        if (one->frames < 1 || one->width < 1 || !one->suffix) {
            abort();
        }
        for (size_t k = 0; k < values * kl_data_value_bytes(r->kind); k++) {
            sum = (unsigned char)(sum + bytes[k]);
        }
    }
}

static void read_file(uint8_t choice, struct kl_bytes file, struct kl_arena *arena)
{
    static kl_reader *const readers[] = {kl_read_csv,  kl_read_csv,  kl_read_npy, kl_read_raw,
                                         kl_read_json, kl_read_cbor, kl_read_bmp, kl_read_png,
                                         kl_read_jpeg, kl_read_audio};
    enum { READERS = sizeof readers / sizeof readers[0] };
    struct kl_read_options options = {.raw = "int16,channels=3,skip=2"};
    struct kl_recordings r = {.count = 0};
    struct kl_table table;
    struct kl_diag diag = {0};
    if (choice % (READERS + 1) == READERS) {
        if (kl_table_parse(file, arena, &table, &diag) != KL_OK && !diag.message[0]) {
            abort();
        }
        return;
    }
    if (choice % (READERS + 1) == 1) {
        options.kind = KL_DATA_TABLE;
        options.label_column = "last";
    }
    if (readers[choice % (READERS + 1)](file, &options, arena, &r, &diag) == KL_OK) {
        touch(&r);
    } else if (!diag.message[0]) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create(MEMORY);
    if (size > 0 && arena) {
        /* Its own allocation, so that the sanitizer sees every byte beyond it. */
        uint8_t *copy = malloc(size);
        if (copy) {
            memcpy(copy, data + 1, size - 1);
            read_file(data[0], (struct kl_bytes){copy, size - 1}, arena);
        }
        free(copy);
    }
    kl_arena_free(arena);
    return 0;
}
