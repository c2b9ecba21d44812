/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/quantise_inputs.h"

#include <string.h>

#include "flow/tensor_file.h"

/* The values that one file holds of a model input. */
struct values {
    const unsigned char *data;
    int64_t count;
};

static bool is_npy(struct kl_bytes file)
{
    return file.size > 6 && memcmp(file.data, "\x93NUMPY", 6) == 0;
}

static enum kl_err read_values(const char *path, const struct kl_tensor *tensor,
                               struct kl_model_job *job, struct kl_result *result,
                               struct values *values, struct kl_diag *diag)
{
    struct kl_bytes file;
    char sha256[KL_SHA256_HEX_BYTES];
    KL_TRY(kl_file_read(path, KL_JOB_LIMIT / 4, job->arena, &file, diag));
    if (is_npy(file)) {
        unsigned char *data = kl_arena_alloc(job->arena, tensor->bytes, 1);
        if (!data) {
            return KL_FAIL_MEMORY(diag);
        }
        KL_TRY(kl_tensor_read(path, tensor, data, sha256, diag));
        *values = (struct values){data, 1};
    } else if (file.size == 0 || file.size % tensor->bytes != 0) {
        return kl_fail(diag, KL_EINPUT,
                       "%.300s: %zu bytes are no whole number of inputs '%.60s' of %zu bytes", path,
                       file.size, tensor->name, tensor->bytes);
    } else {
        kl_sha256_hex(file.data, file.size, sha256);
        *values = (struct values){file.data, (int64_t)(file.size / tensor->bytes)};
    }
    kl_result_input(result, path, sha256);
    return KL_OK;
}

/* The files of all inputs in turn; each turn adds as many sets of inputs as its files hold. */
static enum kl_err read_turn(const struct kl_strings *files, int first, struct kl_model_job *job,
                             struct kl_result *result, struct kl_buffer *sets, int64_t *items,
                             struct kl_diag *diag)
{
    struct values values[KL_MAX_FILES] = {{0}};
    const struct kl_subgraph *subgraph = job->graph->subgraphs[0];
    int32_t count = subgraph->input_count;
    for (int32_t i = 0; i < count; i++) {
        const char *path = files->items[first + i];
        KL_TRY(read_values(path, subgraph->inputs[i], job, result, &values[i], diag));
        if (values[i].count != values[0].count) {
            return kl_fail(diag, KL_EINPUT, "%.300s holds %lld inputs, %.300s %lld", path,
                           (long long)values[i].count, files->items[first],
                           (long long)values[0].count);
        }
    }
    for (int64_t k = 0; k < values[0].count; k++) {
        for (int32_t i = 0; i < count; i++) {
            size_t bytes = subgraph->inputs[i]->bytes;
            kl_buffer_append(sets, values[i].data + (size_t)k * bytes, bytes);
        }
    }
    *items += values[0].count;
    return sets->failed ? KL_FAIL_MEMORY(diag) : KL_OK;
}

enum kl_err kl_quantise_inputs(const struct kl_strings *files, const char *option,
                               struct kl_model_job *job, struct kl_result *result,
                               struct kl_buffer *sets, int64_t *items, struct kl_diag *diag)
{
    int32_t count = job->graph->subgraphs[0]->input_count;
    if (files->count == 0 || count == 0 || files->count % count != 0) {
        return kl_fail(diag, KL_EUSAGE,
                       "%s is given %d time%s; the model has %d input%s, and each needs files",
                       option, files->count, files->count == 1 ? "" : "s", count,
                       count == 1 ? "" : "s");
    }
    for (int i = 0; i < files->count; i += count) {
        KL_TRY(read_turn(files, i, job, result, sets, items, diag));
    }
    return KL_OK;
}
