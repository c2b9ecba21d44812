/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: the arena that kinglet inspect reports must not be larger than the one that TFLM used
 * for the model on x86-64, which the text beside the model states.
 */
#include <stdlib.h>
#include <string.h>

#include "program.h"

#define TEXT_LIMIT ((size_t)1 << 20)

/* Bytes of TFLM's arena; 0 when there is no text or it does not say. */
static long long tflm_arena(const struct trial *trial)
{
    static const char key[] = "\ntflm_arena_used_bytes_x86_64=";
    const char *path = kl_arena_printf(trial->arena, "%s/%s/%s.io.txt", trial->models,
                                       trial->model->name, trial->model->name);
    struct kl_bytes bytes = {NULL, 0};
    struct kl_diag diag = {0};
    if (!path || kl_file_read(path, TEXT_LIMIT, trial->arena, &bytes, &diag) != KL_OK) {
        return 0;
    }
    const char *text =
        kl_arena_printf(trial->arena, "%.*s", (int)bytes.size, (const char *)bytes.data);
    const char *line = text ? strstr(text, key) : NULL;
    return line ? strtoll(line + sizeof(key) - 1, NULL, 10) : 0;
}

void place_arena(const struct trial *trial, struct verdict *verdict)
{
    const char *argv[] = {trial->program, "inspect", "--json", trial->model_path, NULL};
    long long theirs = tflm_arena(trial);
    int status = -1;
    verdict->unit = UNIT_SHARE;
    if (theirs <= 0) {
        verdict->result = RESULT_NOTHING;
        return;
    }
    json_t *result = program_result(argv, &status, verdict);
    if (!result) {
        return;
    }
    long long ours = json_integer_value(result_metric(result, "ram.arena"));
    json_decref(result);
    verdict->exact = false;
    verdict->samples = 1;
    verdict->worst = (double)ours / (double)theirs;
    if (ours <= 0) {
        fail_trial(verdict, "kinglet inspect reports no arena");
    } else if (ours > theirs) {
        verdict->result = RESULT_DIFFERENT;
        explain(verdict, "%lld bytes; TFLM used %lld", ours, theirs);
    }
}
