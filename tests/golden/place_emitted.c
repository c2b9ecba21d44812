/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emitted C, compiled with the host's compiler and run natively.
 */
#include <stdio.h>
#include <string.h>

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

/* The number of runs, then for each run all its inputs. */
static bool write_sample(const struct kl_plan *plan, const struct sample *sample, FILE *file)
{
    uint32_t runs = (uint32_t)sample_runs(sample, plan->inputs[0].tensor->bytes);
    bool ok = fwrite(&runs, sizeof runs, 1, file) == 1;
    for (uint32_t run = 0; run < runs; run++) {
        for (int32_t i = 0; ok && i < sample->input_count; i++) {
            size_t bytes = plan->inputs[i].tensor->bytes;
            ok = fwrite(sample->input[i].data + run * bytes, 1, bytes, file) == bytes;
        }
    }
    return ok;
}

static bool write_inputs(const struct trial *trial, const char *path)
{
    FILE *file = fopen(path, "wb");
    bool ok = file != NULL;
    for (int32_t s = 0; ok && s < trial->sample_count; s++) {
        ok = write_sample(trial->job->plan, &trial->samples[s], file);
    }
    return file && fclose(file) == 0 && ok;
}

/* The outputs of the next `runs` runs, those of one tensor back to back. */
static bool take_outputs(const struct trial *trial, int32_t runs, struct kl_bytes *stream,
                         struct kl_bytes outputs[MAX_SAMPLE_IO])
{
    const struct kl_plan *plan = trial->job->plan;
    unsigned char *data[MAX_SAMPLE_IO];
    for (int32_t i = 0; i < plan->output_count; i++) {
        outputs[i].size = (size_t)runs * plan->outputs[i].tensor->bytes;
        outputs[i].data = data[i] = kl_arena_alloc(trial->arena, outputs[i].size, 1);
        if (!data[i]) {
            return false;
        }
    }
    for (int32_t i = 0; i < runs * plan->output_count; i++) {
        int32_t output = i % plan->output_count;
        size_t bytes = plan->outputs[output].tensor->bytes;
        if (bytes > stream->size) {
            return false;
        }
        memcpy(data[output], stream->data, bytes);
        data[output] += bytes;
        *stream = (struct kl_bytes){stream->data + bytes, stream->size - bytes};
    }
    return true;
}

/* Cut the program's output into tensors and compare each sample. */
static void judge_stream(const struct trial *trial, struct kl_bytes stream, struct verdict *verdict)
{
    const struct kl_plan *plan = trial->job->plan;
    for (int32_t s = 0; s < trial->sample_count; s++) {
        struct kl_bytes outputs[MAX_SAMPLE_IO];
        int32_t runs = sample_runs(&trial->samples[s], plan->inputs[0].tensor->bytes);
        if (!take_outputs(trial, runs, &stream, outputs)) {
            fail_trial(verdict, "the program's output ends early");
            return;
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
