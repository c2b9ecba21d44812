/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx_case.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <onnx.pb-c.h>

#include "flow/execute.h"

enum { MAX_TENSORS = 16, PATH_BYTES = 1024 };
#define ARENA_LIMIT ((size_t)1 << 30)

/* A tensor of a .pb file. */
struct tensor {
    int32_t type; /* of TensorProto.DataType */
    struct kl_bytes data;
    struct kl_shape shape;
};

/* A model with the names of those inputs that are no constants, and one data set. */
struct suite_case {
    struct kl_arena *arena;
    struct kl_bytes file;
    int32_t name_count, input_count, output_count;
    const char *names[MAX_TENSORS];
    int32_t ranks[MAX_TENSORS]; /* as the file declares; -1: no shape */
    struct tensor inputs[MAX_TENSORS], outputs[MAX_TENSORS];
    struct onnx_result *result;
};

/* Which inputs are fixed. */
enum binding { BIND_NONE, BIND_INTEGERS, BIND_ALL_BUT_FIRST, BIND_ALL_BUT_LAST, BINDINGS };

static const size_t type_bytes[] = {[1] = 4, [2] = 1, [3] = 1,  [4] = 2,  [5] = 2,  [6] = 4,
                                    [7] = 8, [9] = 1, [10] = 2, [11] = 8, [12] = 4, [13] = 8};

static bool exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

/* Content in typed fields as raw bytes. */
static void unpack_numbers(const Onnx__TensorProto *proto, size_t bytes, unsigned char *data)
{
    for (size_t i = 0; i < proto->n_float_data; i++) {
        memcpy(data + 4 * i, &proto->float_data[i], 4);
    }
    for (size_t i = 0; i < proto->n_int32_data; i++) {
        memcpy(data + bytes * i, &proto->int32_data[i], bytes);
    }
    for (size_t i = 0; i < proto->n_int64_data; i++) {
        memcpy(data + 8 * i, &proto->int64_data[i], 8);
    }
}

static bool read_tensor(struct suite_case *c, const char *path, struct tensor *tensor)
{
    struct kl_bytes file;
    struct kl_diag diag = {0};
    if (kl_file_read(path, ARENA_LIMIT, c->arena, &file, &diag) != KL_OK) {
        return false;
    }
    Onnx__TensorProto *proto = onnx__tensor_proto__unpack(NULL, file.size, file.data);
    if (!proto) {
        return false;
    }
    size_t known = sizeof type_bytes / sizeof type_bytes[0], count = 1;
    size_t bytes = (size_t)proto->data_type < known ? type_bytes[proto->data_type] : 0;
    struct kl_shape shape = {.rank = proto->n_dims > KL_MAX_RANK ? -1 : (int32_t)proto->n_dims};
    for (size_t i = 0; i < proto->n_dims; i++) {
        count *= (size_t)proto->dims[i];
        shape.dim[i < KL_MAX_RANK ? i : 0] = (int32_t)proto->dims[i];
    }
    unsigned char *data = kl_arena_alloc(c->arena, count * bytes + 1, 1);
    if (data && proto->has_raw_data) {
        memcpy(data, proto->raw_data.data,
               proto->raw_data.len < count * bytes ? proto->raw_data.len : count * bytes);
    } else if (data) {
        unpack_numbers(proto, bytes, data);
    }
    *tensor = (struct tensor){proto->data_type, {data, count * bytes}, shape};
    onnx__tensor_proto__free_unpacked(proto, NULL);
    return data != NULL;
}

static bool read_set(struct suite_case *c, const char *folder, int set)
{
    char path[PATH_BYTES];
    c->input_count = c->output_count = 0;
    for (int32_t i = 0; i < MAX_TENSORS; i++) {
        snprintf(path, sizeof path, "%s/test_data_set_%d/input_%d.pb", folder, set, (int)i);
        if (exists(path) && read_tensor(c, path, &c->inputs[i])) {
            c->input_count = i + 1;
        }
        snprintf(path, sizeof path, "%s/test_data_set_%d/output_%d.pb", folder, set, (int)i);
        if (exists(path) && read_tensor(c, path, &c->outputs[i])) {
            c->output_count = i + 1;
        }
    }
    return c->output_count > 0;
}

static bool is_initializer(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_initializer; i++) {
        if (strcmp(graph->initializer[i]->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int32_t declared_rank(const Onnx__ValueInfoProto *info)
{
    bool tensor = info->type && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    const Onnx__TensorShapeProto *shape = tensor ? info->type->tensor_type->shape : NULL;
    return shape ? (int32_t)shape->n_dim : -1;
}

static bool read_names(struct suite_case *c)
{
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, c->file.size, c->file.data);
    if (!model || !model->graph) {
        return false;
    }
    for (size_t i = 0; i < model->graph->n_input && c->name_count < MAX_TENSORS; i++) {
        const char *name = model->graph->input[i]->name;
        if (!is_initializer(model->graph, name)) {
            c->ranks[c->name_count] = declared_rank(model->graph->input[i]);
            c->names[c->name_count++] = kl_arena_printf(c->arena, "%s", name);
        }
    }
    onnx__model_proto__free_unpacked(model, NULL);
    return true;
}

static bool is_bound(const struct suite_case *c, enum binding binding, int32_t input)
{
    switch (binding) {
    case BIND_INTEGERS: return c->inputs[input].type != 1;
    case BIND_ALL_BUT_FIRST: return input > 0;
    case BIND_ALL_BUT_LAST: return input < c->name_count - 1;
    default: return false;
    }
}

static bool close_enough(const struct tensor *expected, const unsigned char *actual, size_t i)
{
    float e, a;
    int difference;
    switch (expected->type) {
    case 1:
        memcpy(&e, expected->data.data + 4 * i, 4);
        memcpy(&a, actual + 4 * i, 4);
        if (isnan(e) || isinf(e)) { /* an infinite limit reads as the largest float */
            return isnan(e) ? isnan(a) : a * e > 0 && fabsf(a) > 3e38f;
        }
        return fabsf(e - a) <= 1e-5f + 1e-3f * fabsf(e); /* tolerance of the suite's own runner */
    case 2: difference = expected->data.data[i] - actual[i]; return difference * difference <= 1;
    case 3:
        difference = (signed char)expected->data.data[i] - (signed char)actual[i];
        return difference * difference <= 1; /* halves are rounded away from zero */
    default: {
        size_t bytes = type_bytes[expected->type];
        return memcmp(expected->data.data + bytes * i, actual + bytes * i, bytes) == 0;
    }
    }
}

static bool compare_outputs(struct suite_case *c, const struct kl_plan *plan, unsigned char *memory)
{
    for (int32_t k = 0; k < c->output_count && k < plan->output_count; k++) {
        const struct tensor *expected = &c->outputs[k];
        size_t bytes = type_bytes[expected->type];
        if (expected->data.size != plan->outputs[k].tensor->bytes) {
            snprintf(c->result->message, sizeof c->result->message,
                     "output %d has %zu bytes instead of %zu", (int)k,
                     plan->outputs[k].tensor->bytes, expected->data.size);
            return false;
        }
        const unsigned char *actual = kl_execute_io(plan, &plan->outputs[k], memory);
        for (size_t i = 0; i < expected->data.size / bytes; i++) {
            if (!close_enough(expected, actual, i)) {
                snprintf(
                    c->result->message, sizeof c->result->message,
                    "output %d, element %zu: %g instead of %g", (int)k, i,
                    kl_value_at(plan->outputs[k].tensor->dtype, actual, (int64_t)i),
                    kl_value_at(plan->outputs[k].tensor->dtype, expected->data.data, (int64_t)i));
                return false;
            }
        }
    }
    return true;
}

static enum kl_err run_job(struct suite_case *c, struct kl_model_job *job, enum binding binding,
                           bool *same, struct kl_diag *diag)
{
    unsigned char *memory;
    int32_t place = 0;
    KL_TRY(kl_model_job_plan(job, (enum kl_kernel_set)0, NULL, diag));
    KL_TRY(kl_execute_arena(job->plan, job->arena, &memory, diag));
    for (int32_t i = 0; i < c->name_count; i++) {
        if (is_bound(c, binding, i) || c->inputs[i].data.size == 0) {
            continue;
        }
        if (place == job->plan->input_count ||
            c->inputs[i].data.size != job->plan->inputs[place].tensor->bytes) {
            return kl_fail(diag, KL_EINPUT, "input %d has another size in its file", (int)i);
        }
        memcpy(kl_execute_io(job->plan, &job->plan->inputs[place++], memory),
               c->inputs[i].data.data, c->inputs[i].data.size);
    }
    KL_TRY(kl_execute(job->plan, memory, diag));
    *same = compare_outputs(c, job->plan, memory);
    return KL_OK;
}

static void note_operators(const struct kl_model_job *job, struct onnx_result *result)
{
    for (int32_t i = 0; i < job->graph->subgraphs[0]->op_count; i++) {
        result->used[job->graph->subgraphs[0]->ops[i]->kind] = true;
    }
}

static enum kl_err run_bound(struct suite_case *c, enum binding binding, bool *same,
                             struct kl_diag *diag)
{
    struct kl_onnx_binding bindings[MAX_TENSORS];
    struct kl_onnx_shape shapes[MAX_TENSORS];
    struct kl_model_job job;
    int32_t count = 0, shape_count = 0;
    for (int32_t i = 0; i < c->name_count && i < c->input_count; i++) {
        int32_t rank = c->inputs[i].shape.rank; /* files leave shapes open that their data have */
        if (rank >= 0 && (c->ranks[i] < 0 || c->ranks[i] == rank)) {
            shapes[shape_count++] = (struct kl_onnx_shape){c->names[i], c->inputs[i].shape};
        }
        if (is_bound(c, binding, i)) {
            bindings[count++] =
                (struct kl_onnx_binding){.name = c->names[i], .data = c->inputs[i].data};
        }
    }
    const struct kl_onnx_options options = {
        .binding_count = count, .bindings = bindings, .shape_count = shape_count, .shapes = shapes};
    enum kl_err err = kl_model_job_open_onnx(&job, "model.onnx", c->file, &options, diag);
    if (err == KL_OK) {
        note_operators(&job, c->result);
        err = run_job(c, &job, binding, same, diag);
    }
    kl_model_job_free(&job);
    return err;
}

/* Fix more and more inputs until the model can be computed. */
static void run_set(struct suite_case *c)
{
    struct kl_diag first = {0};
    for (int binding = BIND_NONE; binding < BINDINGS; binding++) {
        struct kl_diag diag = {0};
        bool same = false;
        enum kl_err err = run_bound(c, (enum binding)binding, &same, &diag);
        if (err == KL_OK) {
            c->result->verdict = !same                  ? ONNX_FAILED
                                 : binding != BIND_NONE ? ONNX_PASSED_BOUND
                                                        : ONNX_PASSED;
            return;
        }
        if (err != KL_EUNSUPPORTED) {
            c->result->verdict = ONNX_FAILED;
            snprintf(c->result->message, sizeof c->result->message, "%.390s", diag.message);
            return;
        }
        first = first.err == KL_OK ? diag : first;
    }
    c->result->verdict = ONNX_REFUSED;
    snprintf(c->result->message, sizeof c->result->message, "%.390s", first.message);
}

static void run_sets(struct suite_case *c, const char *folder)
{
    bool any = false;
    for (int set = 0; set < 4 && read_set(c, folder, set); set++) {
        any = true;
        run_set(c);
        if (c->result->verdict >= ONNX_REFUSED) {
            return;
        }
    }
    if (!any) { /* of tensors: it must be refused */
        run_set(c);
        if (c->result->verdict != ONNX_REFUSED) {
            c->result->verdict = ONNX_FAILED;
            snprintf(c->result->message, sizeof c->result->message, "no data set");
        }
    }
}

void onnx_case_run(const char *folder, struct onnx_result *result)
{
    char path[PATH_BYTES];
    struct kl_diag diag = {0};
    struct suite_case c = {.arena = kl_arena_create(ARENA_LIMIT), .result = result};
    *result = (struct onnx_result){.verdict = ONNX_FAILED};
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    if (!c.arena || kl_file_read(path, ARENA_LIMIT, c.arena, &c.file, &diag) != KL_OK) {
        snprintf(result->message, sizeof result->message, "%.390s", diag.message);
    } else if (!read_names(&c)) {
        snprintf(result->message, sizeof result->message, "the model cannot be unpacked");
    } else {
        run_sets(&c, folder);
    }
    kl_arena_free(c.arena);
}
