/* SPDX-License-Identifier: Apache-2.0 */
#include "tflite_writer.h"

#include <string.h>

#include "formats/flatbuffer_builder.h"
#include "tflite_options.h"

enum { BUFFER_ALIGNMENT = 16, LARGEST_BYTE_CODE = 127 };

/* State while one file is written. */
struct writer {
    struct fb b;
    const struct kt_model *model;
    int32_t buffer_count; /* number 0 is the empty one */
    int32_t code_count;
};

/* A field that refers to a child; linked when the child is written. */
static struct fb_field reference(int32_t id)
{
    return (struct fb_field){.id = id, .bytes = 4};
}

static struct fb_field number(int32_t id, int32_t bytes, int64_t value)
{
    return (struct fb_field){.id = id, .bytes = bytes, .value = (uint64_t)value};
}

static size_t write_op_code(struct writer *w, const struct kt_op *op)
{
    struct fb_field fields[4];
    int32_t count = 0, custom = -1;
    int32_t code = op->custom_code ? KT_CUSTOM : op->code;
    int32_t byte_code = code > LARGEST_BYTE_CODE ? LARGEST_BYTE_CODE : code;
    if (w->model->code_style != KT_CODES_INT32) {
        fields[count++] = number(0, 1, byte_code);
    }
    if (op->custom_code) {
        custom = count;
        fields[count++] = reference(1);
    }
    fields[count++] = number(2, 4, op->version);
    if (w->model->code_style != KT_CODES_BYTE) {
        fields[count++] = number(3, 4, code);
    }
    size_t table = fb_table(&w->b, fields, count);
    if (custom >= 0) {
        fb_link(&w->b, fields[custom].at, fb_string(&w->b, op->custom_code));
    }
    return table;
}

/* One operator code per operator: simple, and allowed. */
static void write_op_codes(struct writer *w, size_t at)
{
    size_t total = 0, index = 0;
    for (int32_t s = 0; s < w->model->subgraph_count; s++) {
        total += (size_t)w->model->subgraphs[s]->op_count;
    }
    size_t vector = fb_vector(&w->b, total, 4, 4, NULL);
    fb_link(&w->b, at, vector);
    for (int32_t s = 0; s < w->model->subgraph_count; s++) {
        for (int32_t i = 0; i < w->model->subgraphs[s]->op_count; i++) {
            size_t slot = fb_slot(vector, index++);
            fb_align(&w->b, 0, 4);
            fb_link(&w->b, slot, write_op_code(w, &w->model->subgraphs[s]->ops[i]));
        }
    }
}

static size_t write_quantization(struct writer *w, const struct kt_tensor *tensor)
{
    struct fb_field fields[3];
    int32_t count = 0, scale = -1, zero_point = -1;
    if (tensor->scale_count > 0) {
        scale = count;
        fields[count++] = reference(2);
    }
    if (tensor->zero_point_count > 0) {
        zero_point = count;
        fields[count++] = reference(3);
    }
    fields[count++] = number(6, 4, tensor->axis);
    size_t table = fb_table(&w->b, fields, count);
    if (scale >= 0) {
        fb_link(&w->b, fields[scale].at,
                fb_vector(&w->b, (size_t)tensor->scale_count, 4, 4, tensor->scale));
    }
    if (zero_point >= 0) {
        fb_link(&w->b, fields[zero_point].at,
                fb_vector(&w->b, (size_t)tensor->zero_point_count, 8, 8, tensor->zero_point));
    }
    return table;
}

static int64_t buffer_of(struct writer *w, const struct kt_tensor *tensor)
{
    int64_t right = tensor->data ? w->buffer_count++ : 0;
    return tensor->buffer >= 0 ? tensor->buffer : right;
}

static size_t write_tensor(struct writer *w, const struct kt_tensor *tensor)
{
    bool quantised = tensor->scale_count > 0 || tensor->zero_point_count > 0;
    struct fb_field fields[7] = {
        reference(0),
        number(1, 1, tensor->type),
        number(2, 4, buffer_of(w, tensor)),
        number(5, 1, tensor->is_variable),
    };
    int32_t count = 4, name = -1, quantization = -1;
    if (tensor->name) {
        name = count;
        fields[count++] = reference(3);
    }
    if (quantised) {
        quantization = count;
        fields[count++] = reference(4);
    }
    size_t table = fb_table(&w->b, fields, count);
    fb_link(&w->b, fields[0].at, fb_vector(&w->b, (size_t)tensor->rank, 4, 4, tensor->dim));
    if (name >= 0) {
        fb_link(&w->b, fields[name].at, fb_string(&w->b, tensor->name));
    }
    if (quantization >= 0) {
        fb_link(&w->b, fields[quantization].at, write_quantization(w, tensor));
    }
    return table;
}

static size_t write_op(struct writer *w, const struct kt_op *op)
{
    int32_t kind = op->options_kind >= 0 ? op->options_kind : kt_options_kind(op->code);
    int64_t code = op->opcode_index >= 0 ? op->opcode_index : w->code_count;
    struct fb_field fields[6] = {number(0, 4, code), reference(1), reference(2)};
    int32_t count = 3, custom = -1;
    w->code_count++;
    if (kind > 0 && !op->omit_options) {
        fields[count++] = number(3, 1, kind);
        fields[count++] = reference(4);
    }
    if (op->custom_options) {
        custom = count;
        fields[count++] = reference(5);
    }
    size_t table = fb_table(&w->b, fields, count);
    fb_link(&w->b, fields[1].at, fb_vector(&w->b, (size_t)op->input_count, 4, 4, op->inputs));
    fb_link(&w->b, fields[2].at, fb_vector(&w->b, (size_t)op->output_count, 4, 4, op->outputs));
    if (custom >= 0) {
        fb_link(&w->b, fields[custom].at,
                fb_vector(&w->b, op->custom_bytes, 1, 4, op->custom_options));
    } else if (count > 3) {
        fb_link(&w->b, fields[4].at, kt_options_write(&w->b, op->code, &op->options));
    }
    return table;
}

static size_t write_subgraph(struct writer *w, const struct kt_subgraph *subgraph)
{
    struct fb_field fields[5] = {reference(0), reference(1), reference(2), reference(3),
                                 reference(4)};
    size_t table = fb_table(&w->b, fields, 5);
    size_t tensors = fb_vector(&w->b, (size_t)subgraph->tensor_count, 4, 4, NULL);
    fb_link(&w->b, fields[0].at, tensors);
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        fb_link(&w->b, fb_slot(tensors, (size_t)i), write_tensor(w, &subgraph->tensors[i]));
    }
    fb_link(&w->b, fields[1].at,
            fb_vector(&w->b, (size_t)subgraph->input_count, 4, 4, subgraph->inputs));
    fb_link(&w->b, fields[2].at,
            fb_vector(&w->b, (size_t)subgraph->output_count, 4, 4, subgraph->outputs));
    size_t ops = fb_vector(&w->b, (size_t)subgraph->op_count, 4, 4, NULL);
    fb_link(&w->b, fields[3].at, ops);
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        fb_link(&w->b, fb_slot(ops, (size_t)i), write_op(w, &subgraph->ops[i]));
    }
    fb_link(&w->b, fields[4].at, fb_string(&w->b, subgraph->name));
    return table;
}

static void write_buffer(struct writer *w, size_t at, const void *data, size_t bytes)
{
    struct fb_field field = reference(0);
    fb_link(&w->b, at, fb_table(&w->b, &field, data ? 1 : 0));
    if (data) {
        fb_link(&w->b, field.at, fb_vector(&w->b, bytes, 1, BUFFER_ALIGNMENT, data));
    }
}

/* In the order in which buffer_of numbered them. */
static void write_buffers(struct writer *w, size_t at)
{
    size_t vector = fb_vector(&w->b, (size_t)w->buffer_count, 4, 4, NULL), index = 1;
    fb_link(&w->b, at, vector);
    fb_align(&w->b, 0, 4);
    write_buffer(w, fb_slot(vector, 0), NULL, 0);
    for (int32_t s = 0; s < w->model->subgraph_count; s++) {
        const struct kt_subgraph *subgraph = w->model->subgraphs[s];
        for (int32_t i = 0; i < subgraph->tensor_count; i++) {
            const struct kt_tensor *tensor = &subgraph->tensors[i];
            if (tensor->data) {
                write_buffer(w, fb_slot(vector, index++), tensor->data, tensor->data_bytes);
            }
        }
    }
}

static void write_model(struct writer *w)
{
    size_t root = fb_put(&w->b, 0, 4);
    for (int32_t i = 0; i < 4; i++) {
        fb_put(&w->b, (unsigned char)w->model->identifier[i], 1);
    }
    struct fb_field fields[5] = {number(0, 4, w->model->version), reference(1), reference(2),
                                 reference(3), reference(4)};
    fb_link(&w->b, root, fb_table(&w->b, fields, 5));
    write_op_codes(w, fields[1].at);
    size_t subgraphs = fb_vector(&w->b, (size_t)w->model->subgraph_count, 4, 4, NULL);
    fb_link(&w->b, fields[2].at, subgraphs);
    for (int32_t i = 0; i < w->model->subgraph_count; i++) {
        fb_link(&w->b, fb_slot(subgraphs, (size_t)i), write_subgraph(w, w->model->subgraphs[i]));
    }
    fb_link(&w->b, fields[3].at, fb_string(&w->b, w->model->description));
    write_buffers(w, fields[4].at);
}

struct kl_bytes kt_write(struct kt_model *model)
{
    struct writer w = {.model = model, .buffer_count = 1};
    write_model(&w);
    fb_align(&w.b, 0, BUFFER_ALIGNMENT);
    if (w.b.failed) {
        kt_die("out of memory");
    }
    unsigned char *copy = kt_alloc(model, w.b.size, 1);
    memcpy(copy, w.b.data, w.b.size);
    struct kl_bytes bytes = {.data = copy, .size = w.b.size};
    fb_free(&w.b);
    return bytes;
}
