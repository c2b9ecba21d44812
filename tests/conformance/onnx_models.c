/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trained ONNX models beside the sources: FOLDER/NAME/NAME.onnx with NAME.K.in[I].bin and
 * NAME.K.out[I].bin, whose outputs another runtime computed. Runs each by the host engine and
 * prints how far the outputs are apart. Fails when fewer than LEAST models agree.
 *
 *   onnx_models FOLDER [LEAST]
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/execute.h"
#include "flow/model_job.h"

enum { MAX_MODELS = 64, MAX_IO = 8, SAMPLES = 3, PATH_BYTES = 1024, EXIT_SKIPPED = 77 };
#define ARENA_LIMIT ((size_t)1 << 30)

/* Relative to the largest expected value: the order of sums differs from one runtime to another. */
static const double float_tolerance = 1e-3;

struct outcome {
    double float_error;  /* largest |difference| / max(1, largest |expected|) */
    int64_t steps_apart; /* of integers, also of those that become floats last */
};

static bool read_io(struct kl_arena *arena, const char *folder, const char *name, int sample,
                    const char *side, int index, struct kl_bytes *bytes)
{
    char path[PATH_BYTES];
    struct kl_diag diag = {0};
    snprintf(path, sizeof path, "%s/%s/%s.%d.%s%d.bin", folder, name, name, sample, side, index);
    if (kl_file_read(path, ARENA_LIMIT, arena, bytes, &diag) == KL_OK) {
        return true;
    }
    kl_diag_clear(&diag);
    snprintf(path, sizeof path, "%s/%s/%s.%d.%s.bin", folder, name, name, sample, side);
    return index == 0 && kl_file_read(path, ARENA_LIMIT, arena, bytes, &diag) == KL_OK;
}

static void compare(const struct kl_tensor *tensor, const unsigned char *actual,
                    const unsigned char *expected, struct outcome *outcome)
{
    double largest = 1.0, apart = 0.0;
    for (int64_t i = 0; i < kl_shape_elements(&tensor->shape); i++) {
        double e = kl_value_at(tensor->dtype, expected, i);
        double difference = fabs(kl_value_at(tensor->dtype, actual, i) - e);
        largest = fmax(largest, fabs(e));
        apart = difference > apart || isnan(difference) ? difference : apart;
    }
    if (tensor->producer && tensor->producer->kind == KL_OP_DEQUANTIZE) {
        /* Integers behind floats: they may be one step apart. */
        double step = (double)tensor->producer->inputs[0]->quant.scale[0];
        int64_t steps = (int64_t)floor(apart / step + 0.5);
        outcome->steps_apart = steps > outcome->steps_apart ? steps : outcome->steps_apart;
    } else if (tensor->dtype == KL_F32) {
        outcome->float_error = fmax(outcome->float_error, apart / largest);
    } else if ((int64_t)apart > outcome->steps_apart) {
        outcome->steps_apart = (int64_t)apart;
    }
}

static enum kl_err run_sample(struct kl_model_job *job, const char *folder, const char *name,
                              int sample, struct outcome *outcome, struct kl_diag *diag)
{
    unsigned char *memory;
    struct kl_bytes bytes;
    KL_TRY(kl_execute_arena(job->plan, job->arena, &memory, diag));
    for (int i = 0; i < job->plan->input_count; i++) {
        const struct kl_plan_io *io = &job->plan->inputs[i];
        if (!read_io(job->arena, folder, name, sample, "in", i, &bytes) ||
            bytes.size != io->tensor->bytes) {
            return kl_fail(diag, KL_EINPUT, "no input %d of sample %d", i, sample);
        }
        memcpy(kl_execute_io(job->plan, io, memory), bytes.data, bytes.size);
    }
    KL_TRY(kl_execute(job->plan, memory, diag));
    for (int i = 0; i < job->plan->output_count; i++) {
        const struct kl_plan_io *io = &job->plan->outputs[i];
        if (!read_io(job->arena, folder, name, sample, "out", i, &bytes) ||
            bytes.size != io->tensor->bytes) {
            return kl_fail(diag, KL_EINPUT, "no output %d of sample %d", i, sample);
        }
        compare(io->tensor, kl_execute_io(job->plan, io, memory), bytes.data, outcome);
    }
    return KL_OK;
}

/* Lines "input 0 name=NAME dtype=float32 shape=[1,512] ..." of NAME.io.txt. */
static int read_shapes(struct kl_arena *arena, const char *folder, const char *name,
                       struct kl_onnx_shape *shapes)
{
    char path[PATH_BYTES];
    struct kl_bytes text;
    struct kl_diag diag = {0};
    int count = 0;
    snprintf(path, sizeof path, "%s/%s/%s.io.txt", folder, name, name);
    if (kl_file_read(path, 1 << 20, arena, &text, &diag) != KL_OK) {
        return 0;
    }
    char *at = kl_arena_printf(arena, "%.*s", (int)text.size, (const char *)text.data);
    while (count < MAX_IO && at && (at = strstr(at, "\ninput "))) {
        char *from = strstr(at, "name="), *dims = strstr(at, "shape=[");
        struct kl_onnx_shape *s = &shapes[count++];
        s->name = from + 5;
        s->shape.rank = 0;
        for (dims += 7; *dims != ']';) {
            s->shape.dim[s->shape.rank++] = (int32_t)strtol(dims, &dims, 10);
            dims += *dims == ',' ? 1 : 0;
        }
        at = dims;
        from[5 + strcspn(from + 5, " ")] = '\0';
        at++;
    }
    return count;
}

/* Rates and modes are inputs of some models; they must be known. */
static enum kl_err open_model(struct kl_model_job *job, const char *folder, const char *name,
                              struct kl_arena *arena, struct kl_diag *diag)
{
    static struct kl_onnx_binding rate = {.name = "sr"};
    static struct kl_onnx_shape shapes[MAX_IO];
    char path[PATH_BYTES];
    struct kl_bytes file;
    snprintf(path, sizeof path, "%s/%s/%s.onnx", folder, name, name);
    KL_TRY(kl_file_read(path, KL_MODEL_FILE_LIMIT, arena, &file, diag));
    struct kl_onnx_options options = {.bindings = &rate};
    options.binding_count = read_io(arena, folder, name, 0, "in", 2, &rate.data) ? 1 : 0;
    options.shape_count = read_shapes(arena, folder, name, shapes);
    options.shapes = shapes;
    KL_TRY(kl_model_job_open_onnx(job, name, file, &options, diag));
    return kl_model_job_plan(job, (enum kl_kernel_set)0, NULL, diag);
}

static bool run_model(const char *folder, const char *name)
{
    struct kl_arena *arena = kl_arena_create(ARENA_LIMIT);
    struct kl_model_job job = {0};
    struct outcome outcome = {0};
    struct kl_diag diag = {0};
    enum kl_err err = open_model(&job, folder, name, arena, &diag);
    for (int sample = 0; sample < SAMPLES && err == KL_OK; sample++) {
        err = run_sample(&job, folder, name, sample, &outcome, &diag);
    }
    bool good = err == KL_OK && outcome.float_error <= float_tolerance && outcome.steps_apart <= 1;
    if (err == KL_OK) {
        printf("%-28s %-6s error %.2g, integers %d apart, %4d steps, %8zu bytes of arena, %8zu of "
               "constants\n",
               name, good ? "agrees" : "WRONG", outcome.float_error, (int)outcome.steps_apart,
               job.plan->step_count, job.plan->arena_bytes, job.plan->constant_bytes);
    } else {
        printf("%-28s refused: %s\n", name, diag.message);
    }
    kl_model_job_free(&job);
    kl_arena_free(arena);
    return good;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
    char *names[MAX_MODELS];
    int count = 0, good = 0, least = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    if (!folder) {
        printf("skipped: no folder of models\n");
        return EXIT_SKIPPED;
    }
    for (struct dirent *entry; (entry = readdir(folder)) && count < MAX_MODELS;) {
        if (entry->d_name[0] != '.') {
            names[count++] = strdup(entry->d_name);
        }
    }
    closedir(folder);
    qsort(names, (size_t)count, sizeof names[0], by_name);
    for (int i = 0; i < count; i++) {
        good += run_model(argv[1], names[i]) ? 1 : 0;
        free(names[i]);
    }
    printf("%d of %d models agree\n", good, count);
    return good >= least ? EXIT_SUCCESS : EXIT_FAILURE;
}
