/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kinglet-int16x8-test [MODELS]: single operators of a streaming speech model, int16 activations
 * with int8 weights, as published with inputs and golden values (MODELS/tflm_seanet, text). The
 * golden values are those of the model's authors; the reference kernels of TensorFlow Lite Micro
 * miss some of SUB's by one, and so do these. Each such element is listed.
 *
 * Ends with status 0 when all agree, 1 when not, 77 when the folder is absent.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "run_model.h"

enum { PATH_BYTES = 1024, MAX_INPUTS = 2, SKIPPED_STATUS = 77 };

#define ARENA_LIMIT ((size_t)256 << 20)
#define FILE_LIMIT ((size_t)16 << 20)

/* Largest difference from a golden value by operator. */
static const struct {
    const char *name;
    int64_t tolerance;
} operators[] = {
    {"add", 0},      {"conv", 0},          {"leaky_relu", 0}, {"pad", 0},
    {"quantize", 0}, {"strided_slice", 0}, {"sub", 1},        {"transpose_conv", 0},
};

enum { OPERATOR_COUNT = sizeof operators / sizeof operators[0] };

/* Numbers separated by commas, as elements of `bytes` bytes. */
static enum kl_err read_numbers(const char *path, size_t bytes, struct kl_arena *arena,
                                struct kl_bytes *numbers, struct kl_diag *diag)
{
    struct kl_bytes text;
    KL_TRY(kl_file_read(path, FILE_LIMIT, arena, &text, diag));
    char *copy = kl_arena_printf(arena, "%.*s", (int)text.size, (const char *)text.data);
    unsigned char *data = kl_arena_alloc(arena, text.size + 1, bytes);
    if (!copy || !data) {
        return KL_FAIL_MEMORY(diag);
    }
    *numbers = (struct kl_bytes){data, 0};
    char *at = copy;
    for (char *end = copy; *at; at = end) {
        int64_t value = strtoll(at, &end, 10);
        if (end == at) {
            end++; /* a comma or the end of a line */
            continue;
        }
        memcpy(data + numbers->size, &value, bytes); /* the hosts are little-endian */
        numbers->size += bytes;
    }
    return KL_OK;
}

/* PATH_ROLE_int16.csv or PATH_ROLE_int32.csv; data NULL when there is neither. */
static enum kl_err read_tensor(const char *path, const char *role, struct kl_arena *arena,
                               struct kl_bytes *numbers, size_t *bytes, struct kl_diag *diag)
{
    *numbers = (struct kl_bytes){0};
    for (*bytes = 2; *bytes <= 4; *bytes *= 2) {
        const char *file = kl_arena_printf(arena, "%s_%s_int%d.csv", path, role, (int)(8 * *bytes));
        if (!file) {
            return KL_FAIL_MEMORY(diag);
        }
        if (access(file, R_OK) == 0) {
            return read_numbers(file, *bytes, arena, numbers, diag);
        }
    }
    return KL_OK;
}

static int64_t element(struct kl_bytes values, size_t bytes, size_t index)
{
    int16_t half = 0;
    int32_t word = 0;
    memcpy(bytes == 2 ? (void *)&half : (void *)&word, values.data + index * bytes, bytes);
    return bytes == 2 ? half : word;
}

/* False when an element is too far off. */
static bool compare(const char *name, struct kl_bytes golden, struct kl_bytes actual, size_t bytes,
                    int64_t tolerance)
{
    bool agrees = golden.size == actual.size && golden.size > 0;
    for (size_t i = 0; agrees && i < golden.size / bytes; i++) {
        int64_t difference = element(actual, bytes, i) - element(golden, bytes, i);
        if (difference != 0) {
            printf("%s: element %zu differs by %lld\n", name, i, (long long)difference);
        }
        agrees = llabs(difference) <= tolerance;
    }
    if (!agrees) {
        printf("%s: wrong\n", name);
    }
    return agrees;
}

/* One model, PATH without its extension. */
static enum kl_err try_model(const char *path, const char *name, int64_t tolerance,
                             struct kl_arena *arena, bool *agrees, struct kl_diag *diag)
{
    static const char *const roles[MAX_INPUTS] = {"input0", "input1"};
    const char *file = kl_arena_printf(arena, "%s.tflite", path);
    struct kl_bytes model, golden, inputs[MAX_INPUTS], outputs[MAX_MODEL_IO];
    int32_t input_count = 0, output_count = 0;
    size_t bytes = 0;
    if (!file) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_file_read(file, FILE_LIMIT, arena, &model, diag));
    for (; input_count < MAX_INPUTS; input_count++) {
        KL_TRY(read_tensor(path, roles[input_count], arena, &inputs[input_count], &bytes, diag));
        if (!inputs[input_count].data) {
            break;
        }
    }
    KL_TRY(run_model(model, KL_KERNELS_PORTABLE, inputs, input_count, arena, outputs, &output_count,
                     diag));
    KL_TRY(read_tensor(path, "golden", arena, &golden, &bytes, diag));
    *agrees = output_count == 1 && compare(name, golden, outputs[0], bytes, tolerance);
    return KL_OK;
}

/* One model by its file's name without the extension; true when it agrees. */
static bool run_file(const char *folder, const char *name, int64_t tolerance)
{
    struct kl_arena *arena = kl_arena_create(ARENA_LIMIT);
    const char *path = arena ? kl_arena_printf(arena, "%s/%s", folder, name) : NULL;
    struct kl_diag diag = {.message = "out of memory"};
    bool agrees = false;
    if (!path || try_model(path, name, tolerance, arena, &agrees, &diag) != KL_OK) {
        printf("%s: %s\n", name, diag.message);
    }
    kl_arena_free(arena);
    return agrees;
}

/* All models of one operator. */
static void run_operator(const char *models, const char *name, int64_t tolerance, int32_t *run,
                         int32_t *wrong)
{
    char folder[PATH_BYTES];
    snprintf(folder, sizeof folder, "%s/tflm_seanet/%s", models, name);
    DIR *list = opendir(folder);
    if (!list) {
        return;
    }
    for (struct dirent *entry = readdir(list); entry; entry = readdir(list)) {
        char *extension = strrchr(entry->d_name, '.');
        if (extension && strcmp(extension, ".tflite") == 0) {
            *extension = '\0';
            *wrong += run_file(folder, entry->d_name, tolerance) ? 0 : 1;
            (*run)++;
        }
    }
    closedir(list);
}

int main(int argc, char **argv)
{
    const char *environment = getenv("KINGLET_MODELS");
    const char *models = environment && *environment ? environment
                         : argc > 1                  ? argv[1]
                                                     : KINGLET_SOURCE_DIR "/../shared/models";
    int32_t run = 0, wrong = 0;
    for (int i = 0; i < OPERATOR_COUNT; i++) {
        run_operator(models, operators[i].name, operators[i].tolerance, &run, &wrong);
    }
    if (run == 0) {
        printf("skipped: no folder %s/tflm_seanet (set KINGLET_MODELS)\n", models);
        return SKIPPED_STATUS;
    }
    printf("%d models, %d wrong\n", (int)run, (int)wrong);
    return wrong ? 1 : 0;
}
