/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/model_options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "flow/model_features.h"

enum { NAME_BYTES = 256 };

/* What comes before and after the last '='. Names may hold most characters. */
static enum kl_err split(const char *text, const char *option, char name[NAME_BYTES],
                         const char **value, struct kl_diag *diag)
{
    const char *equals = strrchr(text, '=');
    if (!equals || equals == text || (size_t)(equals - text) >= NAME_BYTES) {
        return kl_fail(diag, KL_EUSAGE, "%s '%.100s' is not NAME=VALUE", option, text);
    }
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    *value = equals + 1;
    return KL_OK;
}

static enum kl_err read_number(const char *text, double *number, struct kl_diag *diag)
{
    char *end;
    *number = strtod(text, &end);
    if (end == text || *end || !(*number > -1e300 && *number < 1e300)) {
        return kl_fail(diag, KL_EUSAGE, "--bind: '%.60s' is no number", text);
    }
    return KL_OK;
}

/* "1x3x32x32" */
static enum kl_err read_shape(const char *text, struct kl_shape *shape, struct kl_diag *diag)
{
    char *end;
    *shape = (struct kl_shape){0};
    for (const char *at = text;; at = end + 1) {
        long dim = strtol(at, &end, 10);
        if (end == at || dim < 1 || dim > 1 << 24 || shape->rank == KL_MAX_RANK ||
            (*end && *end != 'x')) {
            return kl_fail(diag, KL_EUSAGE,
                           "--shape: '%.60s' is not up to %d sizes with 'x' between", text,
                           KL_MAX_RANK);
        }
        shape->dim[shape->rank++] = (int32_t)dim;
        if (!*end) {
            return KL_OK;
        }
    }
}

enum kl_err kl_model_open(struct kl_model_job *job, const char *path,
                          const struct kl_model_options *options, struct kl_diag *diag)
{
    char names[2 * KL_MAX_FILES][NAME_BYTES];
    struct kl_onnx_binding bindings[KL_MAX_FILES] = {0};
    struct kl_onnx_shape shapes[KL_MAX_FILES];
    const char *value;
    *job = (struct kl_model_job){.path = path};
    for (int i = 0; i < options->bind.count; i++) {
        KL_TRY(split(options->bind.items[i], "--bind", names[i], &value, diag));
        KL_TRY(read_number(value, &bindings[i].number, diag));
        bindings[i].name = names[i];
    }
    for (int i = 0; i < options->shape.count; i++) {
        char *name = names[KL_MAX_FILES + i];
        KL_TRY(split(options->shape.items[i], "--shape", name, &value, diag));
        KL_TRY(read_shape(value, &shapes[i].shape, diag));
        shapes[i].name = name;
    }
    const struct kl_onnx_options onnx = {.binding_count = options->bind.count,
                                         .bindings = bindings,
                                         .shape_count = options->shape.count,
                                         .shapes = shapes};
    KL_TRY(kl_model_job_open_with(job, path, &onnx, diag));
    KL_TRY(kl_score_head(job->graph, options->score, diag));
    return options->features ? kl_model_job_features(job, options->features, diag) : KL_OK;
}

void kl_note_model(struct kl_result *result, const struct kl_model_job *job)
{
    kl_result_input(result, job->path, job->sha256);
    if (job->features) {
        kl_result_input(result, job->features, job->features_sha256);
    }
}

static int run_model_command(const struct kl_command *self, const char *path,
                             const struct kl_model_command *command)
{
    struct kl_diag diag = {0};
    struct kl_model_job job;
    struct kl_result result;
    kl_result_init(&result, self->name);
    enum kl_err err = kl_model_open(&job, path, command->model, &diag);
    if (err == KL_OK) {
        kl_note_model(&result, &job);
        err = command->work(command->context, &job, &result, &diag);
    }
    int status = kl_finish(&result, command->common, err, false, &diag);
    kl_model_job_free(&job);
    return status;
}

int kl_model_command(const struct kl_command *self, int argc, char **argv,
                     const struct kl_model_command *command)
{
    const char *path;
    struct kl_diag diag = {0};
    int status;
    if (!kl_options_begin(self, argc, argv, command->options, command->common, &path, 1, &status)) {
        return status;
    }
    if (command->check && command->check(command->context, &diag) != KL_OK) {
        return kl_report(&diag);
    }
    return run_model_command(self, path, command);
}
