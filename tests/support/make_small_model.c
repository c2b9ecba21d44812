/* SPDX-License-Identifier: Apache-2.0 */
/* kinglet-make-model NAME DIR: a small model, its inputs and the slow reference's outputs. */
#include <stdio.h>
#include <string.h>

#include "slow_reference.h"
#include "small_models.h"
#include "tflite_writer.h"

/* Written files keep their number in the name: one case, number 0. */
enum { PATH_BYTES = 1024, INPUT_SEED = 7 };

struct job {
    const char *name, *folder;
    enum kl_err err;
    struct kl_diag diag;
};

static void write_file(struct job *job, const char *suffix, struct kl_bytes content)
{
    char path[PATH_BYTES];
    if (job->err == KL_OK) {
        snprintf(path, sizeof(path), "%s/%s%s", job->folder, job->name, suffix);
        job->err = kl_file_write(path, content.data, content.size, &job->diag);
    }
}

/* NAME.0.in.bin, or NAME.0.in0.bin, NAME.0.in1.bin ... when there are several. */
static void write_tensors(struct job *job, const char *kind, const struct kl_bytes *list,
                          int32_t count)
{
    char suffix[32];
    for (int32_t i = 0; i < count; i++) {
        if (count == 1) {
            snprintf(suffix, sizeof(suffix), ".0.%s.bin", kind);
        } else {
            snprintf(suffix, sizeof(suffix), ".0.%s%d.bin", kind, (int)i);
        }
        write_file(job, suffix, list[i]);
    }
}

static void write_case(void *context, const struct kt_case *c)
{
    struct job *job = context;
    struct kl_bytes inputs[KT_MAX_IO], outputs[KT_MAX_IO];
    kt_case_inputs(c, INPUT_SEED, inputs);
    kt_slow_run(c->model, inputs, outputs);
    write_file(job, ".tflite", kt_write(c->model));
    write_tensors(job, "in", inputs, c->model->subgraphs[0]->input_count);
    write_tensors(job, "out", outputs, c->model->subgraphs[0]->output_count);
    printf("%s/%s.tflite: %s\n", job->folder, job->name, c->label);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: kinglet-make-model NAME DIR\n"
                        "NAME: keyword, or an operator's name such as conv_2d or conv_2d.f32\n");
        return 2;
    }
    struct job job = {.name = argv[1], .folder = argv[2]};
    job.err = kl_dir_create(job.folder, &job.diag);
    if (job.err == KL_OK && !kt_small_model(job.name, write_case, &job)) {
        fprintf(stderr, "kinglet-make-model: no model named '%s'\n", job.name);
        return 2;
    }
    if (job.err != KL_OK) {
        fprintf(stderr, "kinglet-make-model: %s\n", job.diag.message);
        return 2;
    }
    return 0;
}
