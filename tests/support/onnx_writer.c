/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx_writer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LIST = 256, MAX_OPERANDS = 64, MAX_ATTRIBUTES = 32, TYPE_U8 = 2, TYPE_STRING = 8 };
#define ARENA_BYTES ((size_t)512 << 20)

static void *room(struct kt_onnx *m, size_t count, size_t size)
{
    void *memory = kl_arena_alloc(m->arena, count ? count : 1, size);
    if (!memory) {
        fprintf(stderr, "no memory for an ONNX model\n");
        abort();
    }
    return memory;
}

#define ROOM(m, type, count) ((type *)room(m, (size_t)(count), sizeof(type)))

static void check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "ONNX model: too many %s\n", what);
        abort();
    }
}

static char *text(struct kt_onnx *m, const char *from)
{
    size_t bytes = strlen(from) + 1;
    return memcpy(room(m, bytes, 1), from, bytes);
}

static void add_opset(struct kt_onnx *m, const char *domain, int64_t version)
{
    Onnx__OperatorSetIdProto *opset = ROOM(m, Onnx__OperatorSetIdProto, 1);
    onnx__operator_set_id_proto__init(opset);
    opset->domain = text(m, domain);
    opset->has_version = 1;
    opset->version = version;
    m->proto.opset_import[m->proto.n_opset_import++] = opset;
}

struct kt_onnx *kt_onnx_create(int64_t opset, int64_t ml_opset)
{
    struct kl_arena *arena = kl_arena_create(ARENA_BYTES);
    struct kt_onnx start = {.arena = arena};
    struct kt_onnx *m = ROOM(&start, struct kt_onnx, 1);
    m->arena = arena;
    onnx__model_proto__init(&m->proto);
    onnx__graph_proto__init(&m->graph);
    m->proto.has_ir_version = 1;
    m->proto.ir_version = 8;
    m->proto.opset_import = ROOM(m, Onnx__OperatorSetIdProto *, 2);
    if (opset) {
        add_opset(m, "", opset);
    }
    if (ml_opset) {
        add_opset(m, "ai.onnx.ml", ml_opset);
    }
    m->proto.graph = &m->graph;
    m->graph.name = text(m, "graph");
    m->graph.node = ROOM(m, Onnx__NodeProto *, MAX_LIST);
    m->graph.input = ROOM(m, Onnx__ValueInfoProto *, MAX_LIST);
    m->graph.output = ROOM(m, Onnx__ValueInfoProto *, MAX_LIST);
    m->graph.initializer = ROOM(m, Onnx__TensorProto *, MAX_LIST);
    return m;
}

void kt_onnx_free(struct kt_onnx *m)
{
    kl_arena_free(m->arena);
}

static Onnx__TensorShapeProto *make_shape(struct kt_onnx *m, int32_t rank, const int64_t *dims)
{
    Onnx__TensorShapeProto *shape = ROOM(m, Onnx__TensorShapeProto, 1);
    onnx__tensor_shape_proto__init(shape);
    shape->dim = ROOM(m, Onnx__TensorShapeProto__Dimension *, rank);
    for (int32_t d = 0; d < rank; d++) {
        Onnx__TensorShapeProto__Dimension *dim = ROOM(m, Onnx__TensorShapeProto__Dimension, 1);
        onnx__tensor_shape_proto__dimension__init(dim);
        dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dim->dim_value = dims[d];
        shape->dim[shape->n_dim++] = dim;
    }
    return shape;
}

static Onnx__ValueInfoProto *make_info(struct kt_onnx *m, const char *name, int32_t type,
                                       int32_t rank, const int64_t *dims)
{
    Onnx__ValueInfoProto *info = ROOM(m, Onnx__ValueInfoProto, 1);
    onnx__value_info_proto__init(info);
    info->name = text(m, name);
    info->type = ROOM(m, Onnx__TypeProto, 1);
    onnx__type_proto__init(info->type);
    info->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    info->type->tensor_type = ROOM(m, Onnx__TypeProto__Tensor, 1);
    onnx__type_proto__tensor__init(info->type->tensor_type);
    info->type->tensor_type->has_elem_type = 1;
    info->type->tensor_type->elem_type = type;
    info->type->tensor_type->shape = make_shape(m, rank, dims);
    return info;
}

void kt_onnx_input(struct kt_onnx *m, const char *name, int32_t type, int32_t rank,
                   const int64_t *dims)
{
    check(m->graph.n_input < MAX_LIST, "inputs");
    m->graph.input[m->graph.n_input++] = make_info(m, name, type, rank, dims);
}

void kt_onnx_output(struct kt_onnx *m, const char *name)
{
    check(m->graph.n_output < MAX_LIST, "outputs");
    m->graph.output[m->graph.n_output++] = make_info(m, name, KT_ONNX_F32, 0, NULL);
}

static Onnx__TensorProto *make_tensor(struct kt_onnx *m, int32_t type, int32_t rank,
                                      const int64_t *dims)
{
    Onnx__TensorProto *tensor = ROOM(m, Onnx__TensorProto, 1);
    onnx__tensor_proto__init(tensor);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->n_dims = (size_t)rank;
    tensor->dims = ROOM(m, int64_t, rank);
    memcpy(tensor->dims, dims, sizeof(int64_t) * (size_t)rank);
    return tensor;
}

static Onnx__TensorProto *add_constant(struct kt_onnx *m, const char *name, int32_t type,
                                       int32_t rank, const int64_t *dims)
{
    Onnx__TensorProto *tensor = make_tensor(m, type, rank, dims);
    check(m->graph.n_initializer < MAX_LIST, "constants");
    tensor->name = text(m, name);
    m->graph.initializer[m->graph.n_initializer++] = tensor;
    return tensor;
}

/* Values are only read, but the generated structs do not say so. */
static void *unconst(const void *values)
{
    return (void *)(uintptr_t)values;
}

Onnx__TensorProto *kt_onnx_floats(struct kt_onnx *m, const char *name, int32_t rank,
                                  const int64_t *dims, const float *values, size_t count)
{
    Onnx__TensorProto *tensor = add_constant(m, name, KT_ONNX_F32, rank, dims);
    tensor->n_float_data = count;
    tensor->float_data = unconst(values);
    return tensor;
}

Onnx__TensorProto *kt_onnx_ints(struct kt_onnx *m, const char *name, int32_t rank,
                                const int64_t *dims, const int64_t *values, size_t count)
{
    Onnx__TensorProto *tensor = add_constant(m, name, KT_ONNX_S64, rank, dims);
    tensor->n_int64_data = count;
    tensor->int64_data = unconst(values);
    return tensor;
}

static ProtobufCBinaryData *make_texts(struct kt_onnx *m, size_t count, const char *const *texts)
{
    ProtobufCBinaryData *list = ROOM(m, ProtobufCBinaryData, count);
    for (size_t i = 0; i < count; i++) {
        list[i] = (ProtobufCBinaryData){strlen(texts[i]), unconst(texts[i])};
    }
    return list;
}

Onnx__TensorProto *kt_onnx_texts(struct kt_onnx *m, const char *name, size_t count,
                                 const char *const *texts)
{
    const int64_t dims[1] = {(int64_t)count};
    Onnx__TensorProto *tensor = add_constant(m, name, TYPE_STRING, 1, dims);
    tensor->n_string_data = count;
    tensor->string_data = make_texts(m, count, texts);
    return tensor;
}

void kt_onnx_node(struct kt_onnx *m, const char *domain, const char *type,
                  const char *const *operands)
{
    Onnx__NodeProto *n = ROOM(m, Onnx__NodeProto, 1);
    check(m->graph.n_node < MAX_LIST, "nodes");
    onnx__node_proto__init(n);
    n->op_type = text(m, type);
    n->domain = text(m, domain);
    n->input = ROOM(m, char *, 2 * MAX_OPERANDS);
    for (; strcmp(*operands, "->") != 0; operands++) {
        check(n->n_input < MAX_OPERANDS, "inputs of a node");
        n->input[n->n_input++] = text(m, *operands);
    }
    n->output = n->input + n->n_input;
    for (operands++; *operands; operands++) {
        check(n->n_output < MAX_OPERANDS, "outputs of a node");
        n->output[n->n_output++] = text(m, *operands);
    }
    n->attribute = ROOM(m, Onnx__AttributeProto *, MAX_ATTRIBUTES);
    m->graph.node[m->graph.n_node++] = n;
    m->last = n;
}

static Onnx__AttributeProto *add_attribute(struct kt_onnx *m, const char *name)
{
    Onnx__AttributeProto *a = ROOM(m, Onnx__AttributeProto, 1);
    check(m->last->n_attribute < MAX_ATTRIBUTES, "attributes");
    onnx__attribute_proto__init(a);
    a->name = text(m, name);
    m->last->attribute[m->last->n_attribute++] = a;
    return a;
}

void kt_onnx_set_int(struct kt_onnx *m, const char *name, int64_t value)
{
    Onnx__AttributeProto *a = add_attribute(m, name);
    a->has_i = 1;
    a->i = value;
}

void kt_onnx_set_float(struct kt_onnx *m, const char *name, float value)
{
    Onnx__AttributeProto *a = add_attribute(m, name);
    a->has_f = 1;
    a->f = value;
}

void kt_onnx_set_text(struct kt_onnx *m, const char *name, const char *value)
{
    Onnx__AttributeProto *a = add_attribute(m, name);
    a->has_s = 1;
    a->s = *make_texts(m, 1, &value);
}

void kt_onnx_set_ints(struct kt_onnx *m, const char *name, const int64_t *values, size_t count)
{
    Onnx__AttributeProto *a = add_attribute(m, name);
    a->n_ints = count;
    a->ints = unconst(values);
}

void kt_onnx_set_floats(struct kt_onnx *m, const char *name, const float *values, size_t count)
{
    Onnx__AttributeProto *a = add_attribute(m, name);
    a->n_floats = count;
    a->floats = unconst(values);
}

void kt_onnx_set_texts(struct kt_onnx *m, const char *name, const char *const *texts, size_t count)
{
    Onnx__AttributeProto *a = add_attribute(m, name);
    a->n_strings = count;
    a->strings = make_texts(m, count, texts);
}

static Onnx__TensorProto *set_tensor(struct kt_onnx *m, const char *name, int32_t type,
                                     size_t count)
{
    const int64_t dims[1] = {(int64_t)count};
    Onnx__AttributeProto *a = add_attribute(m, name);
    a->t = make_tensor(m, type, 1, dims);
    return a->t;
}

void kt_onnx_set_float_tensor(struct kt_onnx *m, const char *name, const float *values,
                              size_t count)
{
    Onnx__TensorProto *t = set_tensor(m, name, KT_ONNX_F32, count);
    t->n_float_data = count;
    t->float_data = unconst(values);
}

void kt_onnx_set_double_tensor(struct kt_onnx *m, const char *name, const double *values,
                               size_t count)
{
    Onnx__TensorProto *t = set_tensor(m, name, KT_ONNX_F64, count);
    t->has_raw_data = 1;
    t->raw_data = (ProtobufCBinaryData){count * sizeof values[0], unconst(values)};
}

void kt_onnx_set_byte_tensor(struct kt_onnx *m, const char *name, const unsigned char *values,
                             size_t count)
{
    Onnx__TensorProto *t = set_tensor(m, name, TYPE_U8, count);
    t->has_raw_data = 1;
    t->raw_data = (ProtobufCBinaryData){count, unconst(values)};
}

struct kl_bytes kt_onnx_pack(struct kt_onnx *m)
{
    size_t size = onnx__model_proto__get_packed_size(&m->proto);
    unsigned char *data = room(m, size, 1);
    onnx__model_proto__pack(&m->proto, data);
    return (struct kl_bytes){data, size};
}
