/* SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

#include <unistd.h>

#define SAMPLE_FILE_LIMIT ((size_t)16 << 20)

/* NAME.LABEL.in.bin, else .in0.bin, .in1.bin ...; the same for "out". */
static enum kl_err read_tensors(const char *base, const char *kind, struct kl_arena *arena,
                                const char *paths[MAX_SAMPLE_IO],
                                struct kl_bytes content[MAX_SAMPLE_IO], int32_t *count,
                                struct kl_diag *diag)
{
    const char *single = kl_arena_printf(arena, "%s.%s.bin", base, kind);
    *count = 0;
    if (!single) {
        return KL_FAIL_MEMORY(diag);
    }
    if (access(single, R_OK) == 0) {
        paths[(*count)++] = single;
    }
    while (access(single, R_OK) != 0 && *count < MAX_SAMPLE_IO) {
        const char *path = kl_arena_printf(arena, "%s.%s%d.bin", base, kind, (int)*count);
        if (!path || access(path, R_OK) != 0) {
            break;
        }
        paths[(*count)++] = path;
    }
    for (int32_t i = 0; i < *count; i++) {
        KL_TRY(kl_file_read(paths[i], SAMPLE_FILE_LIMIT, arena, &content[i], diag));
    }
    return KL_OK;
}

/* *found is false when there is no such sample. */
static enum kl_err read_sample(const char *base, const char *label, struct kl_arena *arena,
                               struct sample *sample, bool *found, struct kl_diag *diag)
{
    const char *stem = kl_arena_printf(arena, "%s.%s", base, label);
    if (!stem) {
        return KL_FAIL_MEMORY(diag);
    }
    *sample = (struct sample){.label = label};
    KL_TRY(read_tensors(stem, "in", arena, sample->input_path, sample->input, &sample->input_count,
                        diag));
    KL_TRY(read_tensors(stem, "out", arena, sample->output_path, sample->output,
                        &sample->output_count, diag));
    *found = sample->input_count > 0 && sample->output_count > 0;
    return KL_OK;
}

enum kl_err read_sample_kind(const char *folder, const char *name, const char *kind,
                             struct kl_arena *arena, struct sample samples[MAX_SAMPLES],
                             int32_t *count, struct kl_diag *diag)
{
    const char *base = kl_arena_printf(arena, "%s/%s/%s", folder, name, name);
    bool found = base != NULL;
    for (int32_t k = 0; found && *count < MAX_SAMPLES; k++) {
        const char *label = kl_arena_printf(arena, "%s%d", kind, (int)k);
        if (!label) {
            return KL_FAIL_MEMORY(diag);
        }
        KL_TRY(read_sample(base, label, arena, &samples[*count], &found, diag));
        *count += found ? 1 : 0;
    }
    return base ? KL_OK : KL_FAIL_MEMORY(diag);
}

static enum kl_err read_sequence(const char *folder, const char *name, struct kl_arena *arena,
                                 struct sample samples[MAX_SAMPLES], int32_t *count,
                                 struct kl_diag *diag)
{
    const char *base = kl_arena_printf(arena, "%s/%s/%s", folder, name, name);
    bool found = false;
    if (!base) {
        return KL_FAIL_MEMORY(diag);
    }
    if (*count < MAX_SAMPLES) {
        KL_TRY(read_sample(base, "seq", arena, &samples[*count], &found, diag));
        *count += found ? 1 : 0;
    }
    return KL_OK;
}

int32_t sample_runs(const struct sample *sample, size_t input_bytes)
{
    return (int32_t)(sample->input[0].size / input_bytes);
}

enum kl_err read_samples(const char *folder, const char *name, struct kl_arena *arena,
                         struct sample samples[MAX_SAMPLES], int32_t *count, struct kl_diag *diag)
{
    *count = 0;
    KL_TRY(read_sample_kind(folder, name, "", arena, samples, count, diag));
    KL_TRY(read_sample_kind(folder, name, "real.", arena, samples, count, diag));
    KL_TRY(read_sequence(folder, name, arena, samples, count, diag));
    return *count > 0 ? KL_OK : kl_fail(diag, KL_EINPUT, "no samples beside %s.tflite", name);
}
