/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX models made here: what they become, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <onnx.pb-c.h>

#include "flow/evaluate.h"
#include "flow/execute.h"
#include "import/import.h"
#include "optimise/optimise.h"
#include "plan/plan.h"

enum { MAX_NODES = 8, MAX_NAMES = 8, MAX_DIMS = 6 };

/* A model under construction; it holds all messages, so that nothing is freed singly. */
struct model {
    Onnx__ModelProto proto;
    Onnx__GraphProto graph;
    Onnx__OperatorSetIdProto opset, *opsets[1];
    Onnx__NodeProto nodes[MAX_NODES], *node_list[MAX_NODES];
    Onnx__ValueInfoProto infos[MAX_NAMES], *inputs[MAX_NAMES], *outputs[MAX_NAMES];
    Onnx__TypeProto types[MAX_NAMES];
    Onnx__TypeProto__Tensor tensors[MAX_NAMES];
    Onnx__TensorShapeProto shapes[MAX_NAMES];
    Onnx__TensorShapeProto__Dimension dims[MAX_NAMES][MAX_DIMS], *dim_list[MAX_NAMES][MAX_DIMS];
    Onnx__TensorProto weights[MAX_NAMES], *weight_list[MAX_NAMES];
    int64_t weight_dims[MAX_NAMES][MAX_DIMS];
    Onnx__AttributeProto attributes[MAX_NODES], *attribute_list[MAX_NODES];
    char *operands[MAX_NODES][2 * MAX_NAMES];
    size_t info_count;
    struct kl_arena *arena;
    struct kl_graph *result;
    struct kl_diag diag;
};

static struct model *model_create(int64_t opset)
{
    struct kl_arena *arena = kl_arena_create(64 << 20);
    assert_non_null(arena);
    struct model *m = KL_NEW(arena, struct model, 1);
    assert_non_null(m);
    onnx__model_proto__init(&m->proto);
    onnx__graph_proto__init(&m->graph);
    onnx__operator_set_id_proto__init(&m->opset);
    m->arena = arena;
    m->opset.has_version = 1;
    m->opset.version = opset;
    m->opsets[0] = &m->opset;
    m->proto.has_ir_version = 1;
    m->proto.ir_version = 8;
    m->proto.n_opset_import = 1;
    m->proto.opset_import = m->opsets;
    m->proto.graph = &m->graph;
    m->graph.name = "graph";
    m->graph.node = m->node_list;
    m->graph.input = m->inputs;
    m->graph.output = m->outputs;
    m->graph.initializer = m->weight_list;
    return m;
}

static void model_free(struct model *m)
{
    kl_arena_free(m->arena);
}

/* Name, type and shape of an input or output. */
static Onnx__ValueInfoProto *info(struct model *m, char *name, int32_t type, int32_t rank,
                                  const int64_t *dims)
{
    size_t i = m->info_count++;
    onnx__value_info_proto__init(&m->infos[i]);
    onnx__type_proto__init(&m->types[i]);
    onnx__type_proto__tensor__init(&m->tensors[i]);
    onnx__tensor_shape_proto__init(&m->shapes[i]);
    for (int32_t d = 0; d < rank; d++) {
        onnx__tensor_shape_proto__dimension__init(&m->dims[i][d]);
        m->dims[i][d].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        m->dims[i][d].dim_value = dims[d];
        m->dim_list[i][d] = &m->dims[i][d];
    }
    m->shapes[i].n_dim = (size_t)rank;
    m->shapes[i].dim = m->dim_list[i];
    m->tensors[i].has_elem_type = 1;
    m->tensors[i].elem_type = type;
    m->tensors[i].shape = &m->shapes[i];
    m->types[i].value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    m->types[i].tensor_type = &m->tensors[i];
    m->infos[i].name = name;
    m->infos[i].type = &m->types[i];
    return &m->infos[i];
}

static void input(struct model *m, char *name, int32_t rank, const int64_t *dims)
{
    m->inputs[m->graph.n_input++] = info(m, name, 1, rank, dims);
}

static void output(struct model *m, char *name)
{
    m->outputs[m->graph.n_output++] = info(m, name, 1, 0, NULL);
}

/* Float weights; the caller keeps `values`. */
static void weights(struct model *m, char *name, int32_t rank, const int64_t *dims, float *values,
                    size_t count)
{
    size_t i = m->graph.n_initializer++;
    onnx__tensor_proto__init(&m->weights[i]);
    memcpy(m->weight_dims[i], dims, sizeof(int64_t) * (size_t)rank);
    m->weights[i].name = name;
    m->weights[i].has_data_type = 1;
    m->weights[i].data_type = 1;
    m->weights[i].n_dims = (size_t)rank;
    m->weights[i].dims = m->weight_dims[i];
    m->weights[i].n_float_data = count;
    m->weights[i].float_data = values;
    m->weight_list[i] = &m->weights[i];
}

/* A node; operands are names with the outputs behind a "->". */
static Onnx__NodeProto *node(struct model *m, char *type, char *const *operands)
{
    size_t i = m->graph.n_node++;
    Onnx__NodeProto *n = &m->nodes[i];
    onnx__node_proto__init(n);
    n->op_type = type;
    n->input = m->operands[i];
    for (; strcmp(*operands, "->") != 0; operands++) {
        n->input[n->n_input++] = *operands;
    }
    n->output = n->input + n->n_input;
    for (operands++; *operands; operands++) {
        n->output[n->n_output++] = *operands;
    }
    m->node_list[i] = n;
    return n;
}

static void attribute(struct model *m, Onnx__NodeProto *n, char *name, int64_t *ints, size_t count)
{
    size_t i = m->graph.n_node - 1;
    onnx__attribute_proto__init(&m->attributes[i]);
    m->attributes[i].name = name;
    m->attributes[i].n_ints = count;
    m->attributes[i].ints = ints;
    m->attribute_list[i] = &m->attributes[i];
    n->n_attribute = 1;
    n->attribute = &m->attribute_list[i];
}

#define NAMES(...)                \
    (char *const[])               \
    {                             \
        __VA_ARGS__, (char *)NULL \
    }
#define DIMS(...)                                                      \
    (int32_t)(sizeof((int64_t[]){__VA_ARGS__}) / 8), (const int64_t[]) \
    {                                                                  \
        __VA_ARGS__                                                    \
    }

static struct kl_bytes pack(struct model *m)
{
    size_t size = onnx__model_proto__get_packed_size(&m->proto);
    unsigned char *data = kl_arena_alloc(m->arena, size, 1);
    assert_non_null(data);
    onnx__model_proto__pack(&m->proto, data);
    return (struct kl_bytes){data, size};
}

static enum kl_err import(struct model *m, struct kl_bytes file)
{
    const struct kl_onnx_options options = {.evaluate = kl_evaluate};
    return kl_import_onnx(file, &options, m->arena, &m->result, &m->diag);
}

static void accept(struct model *m)
{
    if (import(m, pack(m)) != KL_OK) {
        fail_msg("%s", m->diag.message);
    }
    assert_int_equal(kl_optimise(m->result, NULL, &m->diag), KL_OK);
}

static void refuse(struct model *m, enum kl_err err, const char *words)
{
    assert_int_equal(import(m, pack(m)), err);
    if (!strstr(m->diag.message, words)) {
        fail_msg("'%s' does not say '%s'", m->diag.message, words);
    }
}

static int32_t count_kind(const struct model *m, enum kl_op_kind kind)
{
    const struct kl_subgraph *subgraph = m->result->subgraphs[0];
    int32_t count = 0;
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        count += subgraph->ops[i]->kind == kind ? 1 : 0;
    }
    return count;
}

static float small[64];

/* Two convolutions and what lies between them share one order: a transpose at each edge. */
static void test_no_transposes_inside(void **state)
{
    struct model *m = model_create(13);
    (void)state;
    input(m, "x", DIMS(1, 3, 8, 8));
    weights(m, "w1", DIMS(4, 3, 1, 1), small, 12);
    weights(m, "w2", DIMS(2, 4, 1, 1), small, 8);
    weights(m, "b", DIMS(4, 1, 1), small, 4);
    node(m, "Conv", NAMES("x", "w1", "->", "a"));
    node(m, "Add", NAMES("a", "b", "->", "c"));
    node(m, "Relu", NAMES("c", "->", "d"));
    node(m, "Conv", NAMES("d", "w2", "->", "y"));
    output(m, "y");
    accept(m);
    assert_int_equal(count_kind(m, KL_OP_TRANSPOSE), 2);
    assert_int_equal(count_kind(m, KL_OP_CONV_2D), 2);
    assert_int_equal(count_kind(m, KL_OP_ADD), 0); /* the bias of the first */
    assert_int_equal(count_kind(m, KL_OP_RELU), 0);
    model_free(m);
}

/* Transposes of the file undo those that the convolution asks for. */
static void test_transposes_cancel(void **state)
{
    int64_t to_nchw[] = {0, 3, 1, 2}, to_nhwc[] = {0, 2, 3, 1};
    struct model *m = model_create(13);
    (void)state;
    input(m, "x", DIMS(1, 8, 8, 3));
    weights(m, "w", DIMS(4, 3, 1, 1), small, 12);
    attribute(m, node(m, "Transpose", NAMES("x", "->", "a")), "perm", to_nchw, 4);
    node(m, "Conv", NAMES("a", "w", "->", "b"));
    attribute(m, node(m, "Transpose", NAMES("b", "->", "y")), "perm", to_nhwc, 4);
    output(m, "y");
    accept(m);
    assert_int_equal(m->result->subgraphs[0]->op_count, 1);
    model_free(m);
}

/* One channel moves for free. */
static void test_one_channel_costs_nothing(void **state)
{
    struct model *m = model_create(13);
    (void)state;
    input(m, "x", DIMS(1, 1, 8, 8));
    weights(m, "w", DIMS(1, 1, 1, 1), small, 1);
    node(m, "Conv", NAMES("x", "w", "->", "y"));
    output(m, "y");
    accept(m);
    assert_int_equal(count_kind(m, KL_OP_TRANSPOSE), 0);
    assert_int_equal(m->result->subgraphs[0]->outputs[0]->shape.dim[1], 1);
    model_free(m);
}

/* Shapes that the model computes become constants. */
static void test_shapes_are_computed(void **state)
{
    struct model *m = model_create(13);
    (void)state;
    input(m, "x", DIMS(2, 3, 4));
    node(m, "Shape", NAMES("x", "->", "s"));
    node(m, "Reshape", NAMES("x", "s", "->", "y"));
    node(m, "Relu", NAMES("y", "->", "z"));
    output(m, "z");
    accept(m);
    assert_int_equal(m->result->subgraphs[0]->op_count, 1);
    model_free(m);
}

static void test_refused_by_name(void **state)
{
    struct model *m = model_create(13);
    (void)state;
    input(m, "x", DIMS(2, 3));
    node(m, "Frobnicate", NAMES("x", "->", "y"));
    node(m, "Twiddle", NAMES("x", "->", "z"));
    node(m, "Relu", NAMES("y", "->", "w")); /* follows a refused node: not named */
    output(m, "w");
    refuse(m, KL_EUNSUPPORTED, "node 0 (Frobnicate): this operator is not supported; node 1 (Tw");
    model_free(m);
}

static void test_contradictions(void **state)
{
    struct model *m = model_create(13);
    (void)state;
    input(m, "x", DIMS(2, 3));
    node(m, "Relu", NAMES("nothing", "->", "y"));
    output(m, "y");
    refuse(m, KL_EINPUT, "input 0 ('nothing') is made by no earlier node");
    model_free(m);

    m = model_create(13);
    input(m, "x", DIMS(2, 3));
    weights(m, "w", DIMS(3, 4), small, 11); /* one value is missing */
    node(m, "MatMul", NAMES("x", "w", "->", "y"));
    output(m, "y");
    refuse(m, KL_EINPUT, "content does not suit");
    model_free(m);

    m = model_create(99);
    input(m, "x", DIMS(2, 3));
    node(m, "Relu", NAMES("x", "->", "y"));
    output(m, "y");
    refuse(m, KL_EUNSUPPORTED, "opset 99");
    model_free(m);
}

/* Content in other files is never read. */
static void test_external_data(void **state)
{
    struct model *m = model_create(13);
    (void)state;
    input(m, "x", DIMS(2, 3));
    weights(m, "w", DIMS(3, 4), small, 12);
    m->weights[0].has_data_location = 1;
    m->weights[0].data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    node(m, "MatMul", NAMES("x", "w", "->", "y"));
    output(m, "y");
    refuse(m, KL_EUNSUPPORTED, "in another file");
    model_free(m);
}

/* Bytes that are cut, or nest too deeply, end with a message. */
static void test_hostile_bytes(void **state)
{
    struct model *m = model_create(13);
    unsigned char nested[400];
    (void)state;
    input(m, "x", DIMS(2, 3));
    node(m, "Relu", NAMES("x", "->", "y"));
    output(m, "y");
    struct kl_bytes file = pack(m);
    for (size_t size = 0; size < file.size; size++) {
        kl_diag_clear(&m->diag);
        if (import(m, (struct kl_bytes){file.data, size}) != KL_OK) {
            assert_true(m->diag.message[0] != '\0');
        }
    }
    /* A graph in an attribute of a node in a graph ... : fields 7, 1, 5, 6, then 1, 5, 6 again. */
    size_t at = sizeof nested;
    for (int i = 0; at > 12; i++) {
        static const unsigned char fields[] = {6, 5, 1};
        size_t size = sizeof nested - at;
        nested[--at] = (unsigned char)(size >> 7);
        nested[--at] = (unsigned char)(size & 0x7f) | 0x80;
        nested[--at] = (unsigned char)(fields[i % 3] << 3 | 2);
    }
    kl_diag_clear(&m->diag);
    assert_int_not_equal(import(m, (struct kl_bytes){nested + at, sizeof nested - at}), KL_OK);
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_transposes_inside),
        cmocka_unit_test(test_transposes_cancel),
        cmocka_unit_test(test_one_channel_costs_nothing),
        cmocka_unit_test(test_shapes_are_computed),
        cmocka_unit_test(test_refused_by_name),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_external_data),
        cmocka_unit_test(test_hostile_bytes),
    };
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) {
        small[i] = (float)i / 16.0f - 1.0f;
    }
    return cmocka_run_group_tests_name("import onnx", tests, NULL, NULL);
}
