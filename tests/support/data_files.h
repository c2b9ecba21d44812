/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with small recordings, for tests of data sets. */
#ifndef KINGLET_TESTS_DATA_FILES_H
#define KINGLET_TESTS_DATA_FILES_H

#include <stddef.h>
#include <stdint.h>

/* Make a temporary folder and name it; removed by kt_remove_folder. NULL: it cannot be made. */
const char *kt_data_folder(void);

/* The path of a file in the last folder; valid for the next 8 calls. */
const char *kt_data_path(const char *name);

/* Write a file below the folder, with the folders above it. */
void kt_data_write(const char *name, const void *bytes, size_t size);
void kt_data_text(const char *name, const char *text);

/* A WAV file of 16 bits with one channel. */
void kt_data_wav(const char *name, const float *values, int frames, int rate);

#endif
