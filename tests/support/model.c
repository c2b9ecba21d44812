/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Largest description a test may build. */
#define MODEL_MEMORY_LIMIT ((size_t)1 << 30)

void kt_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "test support: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    abort();
}

void *kt_alloc(struct kt_model *model, size_t count, size_t size)
{
    void *memory = kl_arena_alloc(model->arena, count, size);
    if (!memory) {
        kt_die("out of memory");
    }
    return memory;
}

static void *copy(struct kt_model *model, const void *data, size_t bytes)
{
    void *memory = kt_alloc(model, bytes, 1);
    if (bytes > 0) {
        memcpy(memory, data, bytes);
    }
    return memory;
}

static const int32_t *copy_list(struct kt_model *model, int32_t count, const int32_t *list)
{
    return (const int32_t *)copy(model, list, (size_t)count * sizeof(int32_t));
}

struct kt_model *kt_model_create(const char *description)
{
    struct kl_arena *arena = kl_arena_create(MODEL_MEMORY_LIMIT);
    struct kt_model *model = arena ? KL_NEW(arena, struct kt_model, 1) : NULL;
    if (!model) {
        kt_die("out of memory");
    }
    model->arena = arena;
    model->version = 3;
    model->identifier = "TFL3";
    model->description = description;
    kt_subgraph_add(model, "main");
    return model;
}

void kt_model_free(struct kt_model *model)
{
    if (model) {
        kl_arena_free(model->arena);
    }
}

struct kt_subgraph *kt_subgraph_add(struct kt_model *model, const char *name)
{
    if (model->subgraph_count == KT_MAX_SUBGRAPHS) {
        kt_die("too many subgraphs");
    }
    struct kt_subgraph *subgraph = kt_alloc(model, 1, sizeof(*subgraph));
    subgraph->name = name;
    model->subgraphs[model->subgraph_count++] = subgraph;
    return subgraph;
}

struct kt_subgraph *kt_subgraph_last(const struct kt_model *model)
{
    return model->subgraphs[model->subgraph_count - 1];
}

int32_t kt_tensor_add(struct kt_model *model, const char *name, int32_t type, int32_t rank,
                      const int32_t *dim)
{
    struct kt_subgraph *subgraph = kt_subgraph_last(model);
    if (subgraph->tensor_count == KT_MAX_TENSORS) {
        kt_die("too many tensors");
    }
    struct kt_tensor *tensor = &subgraph->tensors[subgraph->tensor_count];
    tensor->name = name;
    tensor->type = type;
    tensor->rank = rank;
    tensor->dim = copy_list(model, rank, dim);
    tensor->buffer = -1;
    return subgraph->tensor_count++;
}

struct kt_tensor *kt_tensor_at(const struct kt_model *model, int32_t tensor)
{
    struct kt_subgraph *subgraph = kt_subgraph_last(model);
    if (tensor < 0 || tensor >= subgraph->tensor_count) {
        kt_die("no tensor %d", (int)tensor);
    }
    return &subgraph->tensors[tensor];
}

struct kt_op *kt_op_at(const struct kt_model *model, int32_t op)
{
    struct kt_subgraph *subgraph = kt_subgraph_last(model);
    if (op < 0 || op >= subgraph->op_count) {
        kt_die("no operator %d", (int)op);
    }
    return &subgraph->ops[op];
}

void kt_quantize(struct kt_model *model, int32_t tensor, float scale, int64_t zero_point)
{
    struct kt_tensor *t = kt_tensor_at(model, tensor);
    t->scale_count = 1;
    t->scale = copy(model, &scale, sizeof(scale));
    t->zero_point_count = 1;
    t->zero_point = copy(model, &zero_point, sizeof(zero_point));
    t->axis = 0;
}

void kt_quantize_axis(struct kt_model *model, int32_t tensor, int32_t axis, int32_t count,
                      const float *scale)
{
    struct kt_tensor *t = kt_tensor_at(model, tensor);
    t->scale_count = count;
    t->scale = copy(model, scale, (size_t)count * sizeof(float));
    t->zero_point_count = count;
    t->zero_point = kt_alloc(model, (size_t)count, sizeof(int64_t));
    t->axis = axis;
}

void kt_data(struct kt_model *model, int32_t tensor, const void *data, size_t bytes)
{
    struct kt_tensor *t = kt_tensor_at(model, tensor);
    t->data = copy(model, data, bytes);
    t->data_bytes = bytes;
}

int32_t kt_vector_i32(struct kt_model *model, const char *name, int32_t count, const int32_t *value)
{
    int32_t tensor = kt_tensor_add(model, name, KT_I32, 1, &count);
    kt_data(model, tensor, value, (size_t)count * sizeof(int32_t));
    return tensor;
}

int32_t kt_scalar_i32(struct kt_model *model, const char *name, int32_t value)
{
    int32_t tensor = kt_tensor_add(model, name, KT_I32, 0, NULL);
    kt_data(model, tensor, &value, sizeof(value));
    return tensor;
}

struct kt_options kt_options_default(void)
{
    return (struct kt_options){
        .stride_w = 1,
        .stride_h = 1,
        .dilation_w = 1,
        .dilation_h = 1,
        .depth_multiplier = 1,
        .filter_w = 1,
        .filter_h = 1,
        .beta = 1.0f,
        .out_type = KT_I32,
    };
}

int32_t kt_op_add(struct kt_model *model, int32_t code, struct kt_options options,
                  int32_t input_count, const int32_t *inputs, int32_t output_count,
                  const int32_t *outputs)
{
    struct kt_subgraph *subgraph = kt_subgraph_last(model);
    if (subgraph->op_count == KT_MAX_OPS) {
        kt_die("too many operators");
    }
    struct kt_op *op = &subgraph->ops[subgraph->op_count];
    op->code = code;
    op->options = options;
    if (options.list) {
        op->options.list = copy_list(model, options.list_count, options.list);
    }
    op->options_kind = -1;
    op->opcode_index = -1;
    op->version = 1;
    op->input_count = input_count;
    op->inputs = copy_list(model, input_count, inputs);
    op->output_count = output_count;
    op->outputs = copy_list(model, output_count, outputs);
    return subgraph->op_count++;
}

int32_t kt_op_add1(struct kt_model *model, int32_t code, struct kt_options options,
                   int32_t input_count, const int32_t *inputs, int32_t output)
{
    return kt_op_add(model, code, options, input_count, inputs, 1, &output);
}

static int32_t set_io(int32_t list[KT_MAX_IO], int32_t count, const int32_t *tensors)
{
    if (count > KT_MAX_IO) {
        kt_die("too many inputs or outputs");
    }
    for (int32_t i = 0; i < count; i++) {
        list[i] = tensors[i];
    }
    return count;
}

void kt_inputs(struct kt_model *model, int32_t count, const int32_t *tensors)
{
    struct kt_subgraph *subgraph = kt_subgraph_last(model);
    subgraph->input_count = set_io(subgraph->inputs, count, tensors);
}

void kt_outputs(struct kt_model *model, int32_t count, const int32_t *tensors)
{
    struct kt_subgraph *subgraph = kt_subgraph_last(model);
    subgraph->output_count = set_io(subgraph->outputs, count, tensors);
}

int64_t kt_elements(const struct kt_tensor *tensor)
{
    int64_t elements = 1;
    for (int32_t i = 0; i < tensor->rank; i++) {
        elements *= tensor->dim[i];
    }
    return elements;
}

size_t kt_bytes(const struct kt_tensor *tensor)
{
    size_t elements = (size_t)kt_elements(tensor);
    return tensor->type == KT_I4 ? (elements + 1) / 2 : elements * kt_type_bytes(tensor->type);
}
