/* SPDX-License-Identifier: Apache-2.0 */
/* A graph as a .tflite file: the model, its operator codes, subgraphs, tensors and buffers. */
#include "emit/tflite.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "emit/tflite_internal.h"
#include "formats/tflite_operators.h"
#include "formats/tflite_schema.h"
#include "formats/tflite_types.h"

enum { BUFFER_ALIGNMENT = 16, LARGEST_BYTE_CODE = 127 };

/* One entry of the table of operator codes. */
struct code {
    int32_t builtin, version;
    const char *custom;
};

/* Constant content of the file; equal content is there once. */
struct content {
    const void *data;
    size_t bytes;
};

struct writer {
    struct fb *b;
    const struct kl_graph *graph;
    struct code *codes;
    int32_t code_count;
    struct content *contents; /* [0] is the empty one */
    int32_t content_count;
    int32_t *slots;    /* open addressing: index into contents, 0: free */
    size_t slot_count; /* a power of two */
    int32_t *places;   /* of the tensors of the subgraph that is written; -1: nothing uses it */
};

/* The buffer with the tensor's content, new or seen before; 0: it has none. */
static int32_t buffer_of(struct writer *w, const struct kl_tensor *tensor)
{
    if (!tensor->data) {
        return 0;
    }
    size_t slot = (size_t)kl_fnv1a(KL_FNV1A, tensor->data, tensor->bytes) & (w->slot_count - 1);
    for (; w->slots[slot]; slot = (slot + 1) & (w->slot_count - 1)) {
        const struct content *known = &w->contents[w->slots[slot]];
        if (known->bytes == tensor->bytes &&
            memcmp(known->data, tensor->data, tensor->bytes) == 0) {
            return w->slots[slot];
        }
    }
    w->contents[w->content_count] = (struct content){tensor->data, tensor->bytes};
    w->slots[slot] = w->content_count;
    return w->content_count++;
}

static int32_t code_of(struct writer *w, const struct kl_op *op)
{
    struct code code = {.version = tfl_version(op)};
    tfl_code(op->kind, &code.builtin, &code.custom);
    for (int32_t i = 0; i < w->code_count; i++) {
        const struct code *known = &w->codes[i];
        if (known->builtin == code.builtin && known->version == code.version &&
            known->custom == code.custom) {
            return i;
        }
    }
    w->codes[w->code_count] = code;
    return w->code_count++;
}

static size_t write_code(struct fb *b, const struct code *code)
{
    /* Readers of before the int32 field take the byte. */
    int32_t byte_code = code->builtin > LARGEST_BYTE_CODE ? LARGEST_BYTE_CODE : code->builtin;
    struct fb_field fields[4] = {tfl_field(TFL_OPCODE_DEPRECATED_BUILTIN, 1, byte_code),
                                 tfl_field(TFL_OPCODE_VERSION, 4, code->version),
                                 tfl_field(TFL_OPCODE_BUILTIN, 4, code->builtin),
                                 tfl_reference(TFL_OPCODE_CUSTOM)};
    size_t table = fb_table(b, fields, code->custom ? 4 : 3);
    if (code->custom) {
        fb_link(b, fields[3].at, fb_string(b, code->custom));
    }
    return table;
}

static void write_codes(struct writer *w, size_t at)
{
    size_t vector = fb_vector(w->b, (size_t)w->code_count, 4, 4, NULL);
    fb_link(w->b, at, vector);
    for (int32_t i = 0; i < w->code_count; i++) {
        fb_link(w->b, fb_slot(vector, (size_t)i), write_code(w->b, &w->codes[i]));
    }
}

static size_t write_quant(struct fb *b, const struct kl_quant *quant)
{
    struct fb_field fields[3] = {tfl_reference(TFL_QUANT_SCALE),
                                 tfl_reference(TFL_QUANT_ZERO_POINT),
                                 tfl_field(TFL_QUANT_DIMENSION, 4, quant->axis)};
    size_t count = (size_t)quant->count;
    size_t table = fb_table(b, fields, quant->count > 1 && quant->axis ? 3 : 2);
    fb_link(b, fields[0].at, fb_vector(b, count, 4, 4, quant->scale));
    size_t vector = fb_vector(b, count, 8, 8, NULL);
    fb_link(b, fields[1].at, vector);
    for (size_t i = 0; i < count && !b->failed; i++) {
        const int64_t zero_point = quant->zero_point[i];
        memcpy(b->data + vector + 4 + 8 * i, &zero_point, 8);
    }
    return table;
}

static size_t write_tensor(struct writer *w, const struct kl_tensor *tensor)
{
    struct fb *b = w->b;
    /* Some operators keep state in their output; only what nothing writes is a variable. */
    bool is_variable = tensor->is_variable && !tensor->producer;
    struct fb_field fields[6] = {
        tfl_reference(TFL_TENSOR_SHAPE), tfl_field(TFL_TENSOR_TYPE, 1, tfl_type(tensor->dtype)),
        tfl_field(TFL_TENSOR_BUFFER, 4, buffer_of(w, tensor)), tfl_reference(TFL_TENSOR_NAME)};
    int32_t count = 4;
    int32_t quant = -1;
    if (is_variable) {
        fields[count++] = tfl_field(TFL_TENSOR_IS_VARIABLE, 1, 1);
    }
    if (tensor->quant.count > 0) {
        quant = count;
        fields[count++] = tfl_reference(TFL_TENSOR_QUANTIZATION);
    }
    size_t table = fb_table(b, fields, count);
    fb_link(b, fields[0].at, fb_vector(b, (size_t)tensor->shape.rank, 4, 4, tensor->shape.dim));
    fb_link(b, fields[3].at, fb_string(b, tensor->name));
    if (quant >= 0) {
        fb_link(b, fields[quant].at, write_quant(b, &tensor->quant));
    }
    return table;
}

/* A vector of the tensors' indices. */
static size_t write_list(const struct writer *w, struct kl_tensor *const *tensors, int32_t count)
{
    size_t vector = fb_vector(w->b, (size_t)count, 4, 4, NULL);
    for (int32_t i = 0; i < count && !w->b->failed; i++) {
        int32_t place = tensors[i] ? w->places[tensors[i]->id] : -1;
        memcpy(w->b->data + vector + 4 + 4 * (size_t)i, &place, 4);
    }
    return vector;
}

static size_t write_op(struct writer *w, const struct kl_op *op)
{
    struct fb *b = w->b;
    uint8_t type = tfl_options_of(op->kind);
    int32_t code = code_of(w, op);
    bool custom = w->codes[code].custom != NULL;
    struct fb_field fields[5] = {tfl_field(TFL_OPERATOR_OPCODE_INDEX, 4, code),
                                 tfl_reference(TFL_OPERATOR_INPUTS),
                                 tfl_reference(TFL_OPERATOR_OUTPUTS)};
    int32_t count = 3;
    if (custom) {
        fields[count++] = tfl_reference(TFL_OPERATOR_CUSTOM_OPTIONS);
    } else if (type != TFL_OPTIONS_NONE) {
        fields[count++] = tfl_reference(TFL_OPERATOR_OPTIONS);
        fields[count++] = tfl_field(TFL_OPERATOR_OPTIONS_TYPE, 1, type);
    }
    size_t table = fb_table(b, fields, count);
    fb_link(b, fields[1].at, write_list(w, op->inputs, op->input_count));
    fb_link(b, fields[2].at, write_list(w, op->outputs, op->output_count));
    if (count > 3) {
        fb_link(b, fields[3].at,
                custom ? tfl_write_numbers(b, op) : tfl_write_options(b, w->graph, op));
    }
    return table;
}

static void note_places(struct kl_tensor *const *tensors, int32_t count, int32_t *places)
{
    for (int32_t i = 0; i < count; i++) {
        if (tensors[i]) {
            places[tensors[i]->id] = 0;
        }
    }
}

/* Number the tensors that something uses, in their order. */
static void number_tensors(const struct kl_subgraph *subgraph, int32_t *places)
{
    int32_t next = 0;
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        places[i] = -1;
    }
    note_places(subgraph->inputs, subgraph->input_count, places);
    note_places(subgraph->outputs, subgraph->output_count, places);
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        const struct kl_op *op = subgraph->ops[i];
        note_places(op->inputs, op->input_count, places);
        note_places(op->outputs, op->output_count, places);
    }
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        places[i] = places[i] < 0 ? -1 : next++;
    }
}

static size_t write_tensors(struct writer *w, const struct kl_subgraph *subgraph)
{
    size_t count = 0;
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        count += w->places[i] >= 0;
    }
    size_t vector = fb_vector(w->b, count, 4, 4, NULL);
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        if (w->places[i] >= 0) {
            fb_link(w->b, fb_slot(vector, (size_t)w->places[i]),
                    write_tensor(w, subgraph->tensors[i]));
        }
    }
    return vector;
}

static size_t write_subgraph(struct writer *w, const struct kl_subgraph *subgraph)
{
    struct fb *b = w->b;
    struct fb_field fields[5] = {
        tfl_reference(TFL_SUBGRAPH_TENSORS), tfl_reference(TFL_SUBGRAPH_INPUTS),
        tfl_reference(TFL_SUBGRAPH_OUTPUTS), tfl_reference(TFL_SUBGRAPH_OPERATORS),
        tfl_reference(TFL_SUBGRAPH_NAME)};
    size_t table = fb_table(b, fields, 5);
    number_tensors(subgraph, w->places);
    fb_link(b, fields[0].at, write_tensors(w, subgraph));
    fb_link(b, fields[1].at, write_list(w, subgraph->inputs, subgraph->input_count));
    fb_link(b, fields[2].at, write_list(w, subgraph->outputs, subgraph->output_count));
    size_t ops = fb_vector(b, (size_t)subgraph->op_count, 4, 4, NULL);
    fb_link(b, fields[3].at, ops);
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        fb_link(b, fb_slot(ops, (size_t)i), write_op(w, subgraph->ops[i]));
    }
    fb_link(b, fields[4].at, fb_string(b, subgraph->name));
    return table;
}

static void write_buffers(struct writer *w, size_t at)
{
    size_t vector = fb_vector(w->b, (size_t)w->content_count, 4, 4, NULL);
    fb_link(w->b, at, vector);
    for (int32_t i = 0; i < w->content_count; i++) {
        const struct content *content = &w->contents[i];
        struct fb_field data = tfl_reference(TFL_BUFFER_DATA);
        fb_link(w->b, fb_slot(vector, (size_t)i), fb_table(w->b, &data, content->data ? 1 : 0));
        if (content->data) {
            fb_link(w->b, data.at,
                    fb_vector(w->b, content->bytes, 1, BUFFER_ALIGNMENT, content->data));
        }
    }
}

static void write_model(struct writer *w)
{
    struct fb *b = w->b;
    const struct kl_graph *graph = w->graph;
    size_t root = fb_put(b, 0, 4);
    for (const char *c = "TFL3"; *c; c++) {
        fb_put(b, (unsigned char)*c, 1);
    }
    struct fb_field fields[5] = {
        tfl_field(TFL_MODEL_VERSION, 4, TFL_SCHEMA_VERSION),
        tfl_reference(TFL_MODEL_OPERATOR_CODES), tfl_reference(TFL_MODEL_SUBGRAPHS),
        tfl_reference(TFL_MODEL_DESCRIPTION), tfl_reference(TFL_MODEL_BUFFERS)};
    fb_link(b, root, fb_table(b, fields, 5));
    size_t subgraphs = fb_vector(b, (size_t)graph->subgraph_count, 4, 4, NULL);
    fb_link(b, fields[2].at, subgraphs);
    for (int32_t i = 0; i < graph->subgraph_count; i++) {
        fb_link(b, fb_slot(subgraphs, (size_t)i), write_subgraph(w, graph->subgraphs[i]));
    }
    write_codes(w, fields[1].at); /* all operators have theirs now */
    fb_link(b, fields[3].at, fb_string(b, graph->description));
    write_buffers(w, fields[4].at);
    fb_align(b, 0, BUFFER_ALIGNMENT);
}

/* "CONV_2D (its padding ...), ERF (...)": each operator and reason once. */
static void list_refused(const struct kl_graph *graph, struct kl_buffer *list)
{
    char item[200];
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        for (int32_t i = 0; i < graph->subgraphs[s]->op_count; i++) {
            const struct kl_op *op = graph->subgraphs[s]->ops[i];
            const char *reason = tfl_inexpressible(op);
            if (reason) {
                snprintf(item, sizeof item, "%.60s (%s)", kl_op_name(op), reason);
            }
            if (reason && !(list->data && strstr(list->data, item))) {
                kl_buffer_printf(list, "%s%s", list->size ? ", " : "", item);
            }
        }
    }
}

static enum kl_err check_operators(const struct kl_graph *graph, struct kl_diag *diag)
{
    struct kl_buffer list = KL_BUFFER(1 << 20);
    list_refused(graph, &list);
    enum kl_err err =
        list.size == 0 ? KL_OK
                       : kl_fail(diag, KL_EUNSUPPORTED,
                                 "a .tflite file cannot hold these operators: %.800s", list.data);
    kl_buffer_free(&list);
    return err;
}

static enum kl_err check_tensor(const struct kl_tensor *tensor, struct kl_diag *diag)
{
    if (tfl_type(tensor->dtype) < 0 || (tensor->data && tensor->bytes == 0)) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "a .tflite file cannot hold tensor '%.60s' of type %s", tensor->name,
                       kl_dtype_name(tensor->dtype));
    }
    return KL_OK;
}

/* Variables are known by their names in files. */
static enum kl_err check_variables(const struct kl_graph *graph, struct kl_diag *diag)
{
    for (int32_t i = 0; i < graph->variable_count; i++) {
        for (int32_t k = 0; k < i; k++) {
            if (strcmp(graph->variables[i]->name, graph->variables[k]->name) == 0) {
                return kl_fail(diag, KL_EUNSUPPORTED, "two variables are called '%.60s'",
                               graph->variables[i]->name);
            }
        }
    }
    return KL_OK;
}

static enum kl_err start(struct writer *w, struct kl_diag *diag)
{
    size_t tensors = 0, ops = 0, most = 0;
    struct kl_arena *arena = w->graph->arena;
    for (int32_t s = 0; s < w->graph->subgraph_count; s++) {
        const struct kl_subgraph *subgraph = w->graph->subgraphs[s];
        size_t count = (size_t)subgraph->tensor_count;
        tensors += count;
        most = count > most ? count : most;
        ops += (size_t)subgraph->op_count;
        for (size_t i = 0; i < count; i++) {
            KL_TRY(check_tensor(subgraph->tensors[i], diag));
        }
    }
    for (w->slot_count = 16; w->slot_count < 2 * tensors;) {
        w->slot_count *= 2;
    }
    w->codes = KL_NEW(arena, struct code, ops + 1);
    w->contents = KL_NEW(arena, struct content, tensors + 1);
    w->slots = KL_NEW(arena, int32_t, w->slot_count);
    w->places = KL_NEW(arena, int32_t, most + 1);
    w->content_count = 1;
    return w->codes && w->contents && w->slots && w->places ? KL_OK : KL_FAIL_MEMORY(diag);
}

enum kl_err kl_emit_tflite(struct kl_graph *graph, struct fb *file, struct kl_diag *diag)
{
    struct writer w = {.b = file, .graph = graph};
    *file = (struct fb){0};
    KL_TRY(tfl_make_paddings(graph, diag));
    KL_TRY(check_operators(graph, diag));
    KL_TRY(check_variables(graph, diag));
    KL_TRY(start(&w, diag));
    write_model(&w);
    return file->failed
               ? kl_fail(diag, KL_ELIMIT, "the .tflite file would exceed %zu bytes", FB_MAX_BYTES)
               : KL_OK;
}
