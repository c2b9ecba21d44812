/* SPDX-License-Identifier: Apache-2.0 */
#include "data_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "folder.h"

static char folder[KT_FOLDER_BYTES];

const char *kt_data_folder(void)
{
    return kt_make_folder(folder) ? folder : NULL;
}

const char *kt_data_path(const char *name)
{
    static char paths[8][256];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

void kt_data_write(const char *name, const void *bytes, size_t size)
{
    struct kl_diag diag = {0};
    const char *path = kt_data_path(name);
    if (kl_dir_create_above(path, &diag) != KL_OK ||
        kl_file_write(path, bytes, size, &diag) != KL_OK) {
        fprintf(stderr, "%s\n", diag.message);
        abort();
    }
}

void kt_data_text(const char *name, const char *text)
{
    kt_data_write(name, text, strlen(text));
}

static void put(unsigned char *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        to[i] = (unsigned char)(value >> (8 * i));
    }
}

void kt_data_wav(const char *name, const float *values, int frames, int rate)
{
    size_t size = 44 + 2 * (size_t)frames;
    unsigned char *file = calloc(size, 1);
    if (!file) {
        abort();
    }
    memcpy(file, "RIFF    WAVEfmt ", 16);
    put(file + 4, (uint32_t)size - 8, 4);
    put(file + 16, 16, 4);
    put(file + 20, 1, 2); /* PCM */
    put(file + 22, 1, 2);
    put(file + 24, (uint32_t)rate, 4);
    put(file + 28, 2 * (uint32_t)rate, 4);
    put(file + 32, 2, 2);
    put(file + 34, 16, 2);
    memcpy(file + 36, "data", 4);
    put(file + 40, 2 * (uint32_t)frames, 4);
    for (int i = 0; i < frames; i++) {
        put(file + 44 + 2 * i, (uint32_t)(int32_t)(values[i] * 32767.0f), 2);
    }
    kt_data_write(name, file, size);
    free(file);
}
