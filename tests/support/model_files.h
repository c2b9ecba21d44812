/* SPDX-License-Identifier: Apache-2.0 */
/* Trained models of many exporters. The folder is $KINGLET_MODELS, or shared/models beside the
 * source tree; it need not exist. */
#ifndef KINGLET_TESTS_MODEL_FILES_H
#define KINGLET_TESTS_MODEL_FILES_H

#include <stddef.h>

struct kt_files {
    char **paths;
    size_t count;
};

/* All files below the folder, two levels down, whose names end in `suffix`, e.g. ".tflite".
 * kt_files_free releases them. */
struct kt_files kt_model_files(const char *suffix);
void kt_files_free(struct kt_files *files);

#endif
