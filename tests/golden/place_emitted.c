/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emitted C, compiled with the host's compiler and run natively.
 */
#include <stdio.h>

#include "base/command.h"
#include "emit/emit.h"
#include "place.h"

#define TEXT_LIMIT ((size_t)64 << 20)

static enum kl_err emit_files(const struct trial *trial, struct kl_diag *diag)
{
    struct kl_buffer source = KL_BUFFER(TEXT_LIMIT), header = KL_BUFFER(TEXT_LIMIT);
    struct kl_emit_options options = {.name = "trial",
                                      .source = trial->model->name,
                                      .sha256 = trial->job->sha256,
                                      .kernels = KL_EMIT_AUTO};
    enum kl_err err = kl_emit_model(trial->job->plan, &options, &source, &header, diag);
    if (err == KL_OK) {
        err = kl_file_write(trial_path(trial, "model.c"), source.data, source.size, diag);
    }
    if (err == KL_OK) {
        err = kl_file_write(trial_path(trial, "model.h"), header.data, header.size, diag);
    }
    kl_buffer_free(&source);
    kl_buffer_free(&header);
    return err;
}

/* Run a program; what it printed becomes the verdict when it fails. */
static bool run(const char *const *argv, struct verdict *verdict)
{
    struct kl_buffer output = KL_BUFFER(TEXT_LIMIT);
    struct kl_diag diag = {0};
    int status = -1;
    enum kl_err err = kl_command_run(argv, &output, &status, &diag);
    if (err != KL_OK) {
        fail_trial(verdict, "%s", diag.message);
    } else if (status != 0) {
        fail_trial(verdict, "%s: status %d: %s", argv[0], status, output.data ? output.data : "");
    }
    kl_buffer_free(&output);
    return err == KL_OK && status == 0;
}

/* With the flags that the guide demands of every firmware. */
static bool compile(const struct trial *trial, struct verdict *verdict)
{
    const char *argv[] = {KINGLET_CC,
                          "-std=c11",
                          "-O1",
                          "-Wall",
                          "-Wextra",
                          "-Wconversion",
                          "-Werror",
                          "-ffp-contract=off",
                          "-I" KINGLET_SOURCE_DIR "/device/include",
                          "-I" KINGLET_SOURCE_DIR "/device",
                          "-I",
                          trial->folder,
                          trial_path(trial, "model.c"),
                          KINGLET_SOURCE_DIR "/tests/golden/emitted_main.c",
                          "-o",
                          trial_path(trial, "trial"),
                          NULL};
    return run(argv, verdict);
}

static bool write_inputs(const struct trial *trial, const char *path)
{
    FILE *file = fopen(path, "wb");
    bool ok = file != NULL;
    for (int32_t s = 0; ok && s < trial->sample_count; s++) {
        const struct sample *sample = &trial->samples[s];
        for (int32_t i = 0; ok && i < sample->input_count; i++) {
            ok = fwrite(sample->input[i].data, 1, sample->input[i].size, file) ==
                 sample->input[i].size;
        }
    }
    return file && fclose(file) == 0 && ok;
}

/* Cut the program's output into tensors and compare each sample. */
static void judge_stream(const struct trial *trial, struct kl_bytes stream, struct verdict *verdict)
{
    size_t at = 0;
    for (int32_t s = 0; s < trial->sample_count; s++) {
        struct kl_bytes outputs[MAX_SAMPLE_IO];
        for (int32_t i = 0; i < trial->samples[s].output_count; i++) {
            size_t bytes = trial->own[s][i].size;
            if (bytes > stream.size - at) {
                fail_trial(verdict, "the program's output ends early");
                return;
            }
            outputs[i] = (struct kl_bytes){stream.data + at, bytes};
            at += bytes;
        }
        judge_same_bits(trial, s, outputs, verdict);
    }
}

void place_emitted(const struct trial *trial, struct verdict *verdict)
{
    const char *in = trial_path(trial, "in"), *out = trial_path(trial, "out");
    const char *argv[] = {trial_path(trial, "trial"), in, out, NULL};
    struct kl_bytes stream;
    struct kl_diag diag = {0};
    if (emit_files(trial, &diag) != KL_OK) {
        fail_trial(verdict, "%s", diag.message);
        return;
    }
    if (!compile(trial, verdict)) {
        return;
    }
    if (!write_inputs(trial, in)) {
        fail_trial(verdict, "cannot write %s", in);
    } else if (run(argv, verdict)) {
        if (kl_file_read(out, TEXT_LIMIT, trial->arena, &stream, &diag) != KL_OK) {
            fail_trial(verdict, "%s", diag.message);
        } else {
            judge_stream(trial, stream, verdict);
        }
    }
}
