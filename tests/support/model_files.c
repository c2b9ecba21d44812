/* SPDX-License-Identifier: Apache-2.0 */
#include "model_files.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILES = 1024, PATH_BYTES = 1024 };

static bool ends_in(const char *name, const char *suffix)
{
    size_t length = strlen(name);
    size_t end = strlen(suffix);
    return length > end && strcmp(name + length - end, suffix) == 0;
}

/* Collect the files of a folder and of the folders in it, `depth` levels down. */
static void collect(const char *folder, const char *suffix, int depth, struct kt_files *files)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        char path[PATH_BYTES];
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || length >= PATH_BYTES) {
            continue;
        }
        if (ends_in(entry->d_name, suffix) && files->count < MAX_FILES) {
            files->paths[files->count++] = strdup(path);
        } else if (depth > 0) {
            collect(path, suffix, depth - 1, files);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

struct kt_files kt_model_files(const char *suffix)
{
    struct kt_files files = {calloc(MAX_FILES, sizeof(char *)), 0};
    const char *folder = getenv("KINGLET_MODELS");
    if (files.paths) {
        collect(folder ? folder : KINGLET_SOURCE_DIR "/../shared/models", suffix, 2, &files);
    }
    return files;
}

void kt_files_free(struct kt_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->paths[i]);
    }
    free(files->paths);
    *files = (struct kt_files){0};
}
