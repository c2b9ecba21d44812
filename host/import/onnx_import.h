/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the ONNX importer share. Private to host/import.
 *
 * The graph is NHWC, ONNX is NCHW. No operator is wrapped into transposes; instead every value
 * knows in which order its dimensions are stored. TRANSPOSE of ONNX only changes that order, and
 * a handler asks for the order that its operator needs (docs/adr/0019).
 */
#ifndef KINGLET_IMPORT_ONNX_IMPORT_H
#define KINGLET_IMPORT_ONNX_IMPORT_H

#include <onnx.pb-c.h>

#include "graph/graph.h"
#include "import/import.h"

/* Limits of one file; they keep the memory and the time of an import in proportion. */
enum {
    ONNX_MAX_DEPTH = 32,           /* messages inside messages */
    ONNX_MAX_MESSAGES = 1 << 19,   /* in the whole file */
    ONNX_MAX_FIELDS = 1 << 22,     /* in the whole file */
    ONNX_MAX_OPERATORS = 16384,    /* of the graph that is made */
    ONNX_MAX_OPERANDS = 64,        /* inputs of a node; also outputs */
    ONNX_MAX_GRAPH_OPERANDS = 256, /* inputs of a graph; also outputs */
    ONNX_MAX_UNROLLED = 256,       /* steps of a loop or a sequence */
    ONNX_MIN_OPSET = 1,
    ONNX_MAX_REFUSALS = 256, /* that are listed */
    ONNX_MAX_OPSET = 26,
    ONNX_ML_MAX_OPSET = 5
};

/*
 * A value: a tensor and the order of its dimensions. Dimension i of the tensor is dimension
 * order[i] of the value as the file means it. `tensor` NULL: an omitted input. A constant without
 * elements has dimensions of 0; it never enters the graph.
 */
struct onnx_quant;

struct onnx_value {
    struct kl_tensor *tensor;
    int32_t order[KL_MAX_RANK];
    const struct onnx_quant *quant; /* of a quantised value, which is held as its float; or NULL */
    const struct kl_labels *labels; /* of text, which is held as its place here; or NULL */
    bool is_nibbles;                /* of 4 bits in the file: int4 is int8 here, uint4 uint8 */
};

/* What a quantised value was declared as. */
struct onnx_quant {
    enum kl_dtype dtype; /* KL_S8 or KL_U8 */
    float scale;
    int32_t zero_point;
};

struct onnx_name {
    const char *name; /* NULL: a free place */
    struct onnx_value value;
    bool refused; /* its node is not supported, or follows such a node */
    int32_t uses; /* by nodes and outputs of its graph, and of graphs inside it */
};

/* Names of one graph; those of the graphs around it are seen, too. */
struct onnx_scope {
    const struct onnx_scope *parent;
    int32_t capacity; /* a power of two */
    int32_t count;
    struct onnx_name *names;
};

struct onnx_import {
    struct kl_arena *arena;
    struct kl_diag *diag;
    const struct kl_onnx_options *options;
    struct kl_graph *graph;
    int32_t op_count, op_capacity;
    struct kl_op **ops;
    int64_t opset;               /* of the domain ai.onnx */
    int64_t ml_opset;            /* of the domain ai.onnx.ml */
    int64_t constant_bytes_left; /* for constants that are made */
    int64_t work_left;           /* elements and products that may be computed at import */
    int32_t node_index;          /* being read, for messages; counts the nodes of the main graph */
    int32_t refused_count;
    char refused[512]; /* the operators that are not supported, with reasons */
    struct {
        const struct kl_tensor *from;
        int32_t order[KL_MAX_RANK];
        struct kl_tensor *to;
    } transposed[64]; /* a ring: the same value in two orders is made once */
    int32_t transposed_count;
    int32_t depth; /* of graphs inside nodes */
};

/* One node and its operands. */
struct onnx_node {
    struct onnx_import *import;
    struct onnx_scope *scope;
    const Onnx__NodeProto *proto;
    int64_t version; /* opset of the node's domain */
    int32_t input_count, output_count;
    struct onnx_value in[ONNX_MAX_OPERANDS];
    struct onnx_value out[ONNX_MAX_OPERANDS]; /* set by the handler */
};

typedef enum kl_err onnx_handler(struct onnx_node *node);

/* How an operator treats quantised values and text. */
enum onnx_reading {
    ONNX_RAW,       /* it wants the integers */
    ONNX_MOVES,     /* it moves elements: the first output is quantised as the first input */
    ONNX_QUANTISED, /* its handler knows them */
    ONNX_TEXT       /* it wants the integers, and knows text */
};

/* The handler of an operator, or NULL. onnx_ops.def is the table. */
onnx_handler *onnx_find_handler(const char *domain, const char *name, enum onnx_reading *reading);

/* --- onnx.c: messages and graphs --- */

/* "node 3 (Conv 'name'): message" as an error. */
enum kl_err onnx_fail(const struct onnx_node *node, enum kl_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with KL_EUNSUPPORTED. */
enum kl_err onnx_refuse(const struct onnx_node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Import the nodes of a graph inside `scope`. */
enum kl_err onnx_read_nodes(struct onnx_import *import, struct onnx_scope *scope,
                            const Onnx__GraphProto *graph) KL_MUST_CHECK;

/* Initializers and nodes of a graph inside a node; its outputs to `outputs`. */
enum kl_err onnx_read_body(struct onnx_node *node, struct onnx_scope *scope,
                           const Onnx__GraphProto *graph, struct onnx_value *outputs) KL_MUST_CHECK;

/* The name without what cannot be printed. */
const char *onnx_printable(struct onnx_import *import, const char *name);

/* --- onnx_input.c --- */

/* An input of the model becomes one of the subgraph, or a constant when it is an initializer, too
 * (with a default), or when the caller gives its value. */
enum kl_err onnx_read_input(struct onnx_import *import, struct onnx_scope *scope,
                            const Onnx__ValueInfoProto *info,
                            struct kl_subgraph *subgraph) KL_MUST_CHECK;

/* --- onnx_quantise.c, onnx_fuse.c --- */

/* The integers that a quantised value was declared as; others stay. */
enum kl_err onnx_raw_integers(struct onnx_node *node, struct onnx_value *x) KL_MUST_CHECK;

/* Turn float operators between integers into integer operators. The subgraph's lists are filled
 * and its tensors numbered; import->ops changes. */
enum kl_err onnx_fuse_quantised(struct onnx_import *import,
                                struct kl_subgraph *subgraph) KL_MUST_CHECK;

/* --- onnx_fold.c --- */

/* Transposes before fully connected layers go into the weights. Lists and numbers as above. */
enum kl_err onnx_fold_transposes(struct onnx_import *import,
                                 struct kl_subgraph *subgraph) KL_MUST_CHECK;

/* --- onnx_wire.c --- */

/* Check nesting and counts of a protobuf message before it is unpacked. */
enum kl_err onnx_check_wire(struct kl_bytes file, struct kl_diag *diag) KL_MUST_CHECK;

/* --- onnx_scope.c --- */

enum kl_err onnx_scope_open(struct onnx_import *import, struct onnx_scope *scope,
                            const struct onnx_scope *parent,
                            const Onnx__GraphProto *graph) KL_MUST_CHECK;
/* The entry of a name in this scope or those around it, or NULL. */
struct onnx_name *onnx_scope_find(const struct onnx_scope *scope, const char *name);
/* The entry in this scope, made when there is none. Scopes have room for all names of their graph.
 */
struct onnx_name *onnx_scope_add(struct onnx_scope *scope, const char *name);

/* --- onnx_tensor.c --- */

/* The graph's type for a type of the schema; KL_DTYPE_NONE when there is none. */
enum kl_dtype onnx_dtype(int32_t type);

/* A TensorProto as a constant. `what` names it in messages. */
enum kl_err onnx_read_tensor(struct onnx_import *import, const Onnx__TensorProto *proto,
                             const char *what, struct onnx_value *value) KL_MUST_CHECK;

/* --- onnx_attribute.c --- */

const Onnx__AttributeProto *onnx_attribute(const struct onnx_node *node, const char *name);
int64_t onnx_int(const struct onnx_node *node, const char *name, int64_t otherwise);
float onnx_float(const struct onnx_node *node, const char *name, float otherwise);
/* Is the attribute this text? `otherwise` when there is none. */
bool onnx_is_text(const struct onnx_node *node, const char *name, const char *text, bool otherwise);
/* At most `max` integers; *count is -1 when the attribute is absent. */
enum kl_err onnx_ints(const struct onnx_node *node, const char *name, int64_t *values, int32_t max,
                      int32_t *count) KL_MUST_CHECK;
/* Integers of constant input `index`, or of the attribute `name` (NULL: none). *count -1: absent.
 */
enum kl_err onnx_input_ints(struct onnx_node *node, int32_t index, const char *name,
                            int64_t *values, int32_t max, int32_t *count) KL_MUST_CHECK;
/* One float of constant input `index`; `otherwise` when it is omitted. */
enum kl_err onnx_input_float(struct onnx_node *node, int32_t index, float otherwise,
                             float *value) KL_MUST_CHECK;
/* `axis` from -rank..rank-1 to 0..rank-1. */
enum kl_err onnx_axis(const struct onnx_node *node, int64_t axis, int32_t rank,
                      int32_t *normal) KL_MUST_CHECK;

/* --- onnx_value.c: shapes and orders --- */

bool onnx_has_input(const struct onnx_node *node, int32_t index);
/* The shape as the file means it. */
struct kl_shape onnx_shape(const struct onnx_value *value);
int32_t onnx_rank(const struct onnx_value *value);
bool onnx_is_constant(const struct onnx_value *value);
/* Has it no elements? */
bool onnx_is_empty(const struct onnx_value *value);
/* A tensor whose dimensions are stored as they are meant. */
struct onnx_value onnx_value_of(struct kl_tensor *tensor);
/* A tensor whose dimensions are stored like those of `like`. */
struct onnx_value onnx_ordered(struct kl_tensor *tensor, const int32_t order[KL_MAX_RANK]);
/* Where dimension `dim` of the value is stored. */
int32_t onnx_place(const struct onnx_value *value, int32_t dim);
/* The tensor of the value with that order of dimensions: itself, a transposed constant, a RESHAPE
 * when only dimensions of 1 move, or a TRANSPOSE. */
enum kl_err onnx_stored(struct onnx_import *import, struct onnx_value value,
                        const int32_t order[KL_MAX_RANK], struct kl_tensor **tensor) KL_MUST_CHECK;
/* The same with the dimensions as they are meant. */
enum kl_err onnx_plain(struct onnx_import *import, struct onnx_value value,
                       struct kl_tensor **tensor) KL_MUST_CHECK;
/* The value under another shape, which keeps its order where the shape only splits and joins
 * neighbours. The number of elements must be the same. */
enum kl_err onnx_reshape(struct onnx_import *import, struct onnx_value value,
                         const struct kl_shape *shape, struct onnx_value *result) KL_MUST_CHECK;
/* Insert (size 1) or remove dimension `axis`. */
enum kl_err onnx_insert_dim(struct onnx_import *import, struct onnx_value value, int32_t axis,
                            struct onnx_value *result) KL_MUST_CHECK;
enum kl_err onnx_remove_dim(struct onnx_import *import, struct onnx_value value, int32_t axis,
                            struct onnx_value *result) KL_MUST_CHECK;

/* --- onnx_build.c: operators of the graph --- */

struct kl_tensor *onnx_tensor(struct onnx_import *import, enum kl_dtype dtype,
                              const struct kl_shape *shape);
/* A constant with room for its content, which the caller fills through *data. */
enum kl_err onnx_constant(struct onnx_import *import, enum kl_dtype dtype,
                          const struct kl_shape *shape, void **data,
                          struct kl_tensor **tensor) KL_MUST_CHECK;
/* Constant vectors and scalars. */
enum kl_err onnx_ints_tensor(struct onnx_import *import, int32_t count, const int32_t *values,
                             struct kl_tensor **tensor) KL_MUST_CHECK;
/* A scalar of that type; integers are rounded from `value`. */
enum kl_err onnx_scalar(struct onnx_import *import, enum kl_dtype dtype, double value,
                        struct kl_tensor **tensor) KL_MUST_CHECK;
/* An operator with one new output; attributes are set before onnx_finish. NULL: no memory. */
struct kl_op *onnx_new_op(struct onnx_import *import, enum kl_op_kind kind, int32_t input_count,
                          struct kl_tensor *const *inputs, enum kl_dtype dtype,
                          const struct kl_shape *shape);
/* One more output of such an operator. */
struct kl_tensor *onnx_more_output(struct onnx_import *import, struct kl_op *op,
                                   enum kl_dtype dtype, const struct kl_shape *shape);
/* Append the operator to the graph, or compute it when all its inputs are constant. */
enum kl_err onnx_finish(struct onnx_import *import, struct kl_op *op) KL_MUST_CHECK;

/* Append the operator to the graph in any case. */
enum kl_err onnx_append(struct onnx_import *import, struct kl_op *op) KL_MUST_CHECK;

/* f(x), with the order of x. */
enum kl_err onnx_unary(struct onnx_import *import, enum kl_op_kind kind, struct onnx_value x,
                       struct onnx_value *y) KL_MUST_CHECK;
/* f(a, b) with broadcast; the result is of type `dtype`. */
enum kl_err onnx_binary(struct onnx_import *import, enum kl_op_kind kind, struct onnx_value a,
                        struct onnx_value b, enum kl_dtype dtype,
                        struct onnx_value *y) KL_MUST_CHECK;
/* f(a, number) of a's type. */
enum kl_err onnx_with_number(struct onnx_import *import, enum kl_op_kind kind, struct onnx_value a,
                             double number, struct onnx_value *y) KL_MUST_CHECK;
/* Bring operands to one order and rank for an operator with broadcast; *shape is the result's. */
enum kl_err onnx_align(struct onnx_import *import, int32_t count, const struct onnx_value *values,
                       struct kl_tensor **tensors, int32_t order[KL_MAX_RANK],
                       struct kl_shape *stored) KL_MUST_CHECK;
enum kl_err onnx_cast(struct onnx_import *import, struct onnx_value x, enum kl_dtype dtype,
                      struct onnx_value *y) KL_MUST_CHECK;
enum kl_err onnx_select(struct onnx_import *import, struct onnx_value which, struct onnx_value yes,
                        struct onnx_value no, struct onnx_value *y) KL_MUST_CHECK;
/* A reduction (MEAN, SUM, ...) over the dimensions that are set. */
enum kl_err onnx_reduce(struct onnx_import *import, enum kl_op_kind kind, struct onnx_value x,
                        const bool reduced[KL_MAX_RANK], bool keep,
                        struct onnx_value *y) KL_MUST_CHECK;
/* Elements begin, begin + step, ... (size of them) of one dimension. */
enum kl_err onnx_slice(struct onnx_import *import, struct onnx_value x, int32_t axis, int32_t begin,
                       int32_t step, int32_t size, struct onnx_value *y) KL_MUST_CHECK;
enum kl_err onnx_concat(struct onnx_import *import, int32_t count, const struct onnx_value *values,
                        int32_t axis, struct onnx_value *y) KL_MUST_CHECK;
/* The product of the last two dimensions, in batches. */
enum kl_err onnx_matmul(struct onnx_import *import, struct onnx_value a, struct onnx_value b,
                        struct onnx_value *y) KL_MUST_CHECK;
/* softmax along one dimension. */
enum kl_err onnx_softmax(struct onnx_import *import, struct onnx_value x, int32_t axis,
                         struct onnx_value *y) KL_MUST_CHECK;
/* `before` and `after` elements of `number` around each dimension. */
enum kl_err onnx_pad(struct onnx_import *import, struct onnx_value x,
                     const int32_t before[KL_MAX_RANK], const int32_t after[KL_MAX_RANK],
                     double number, struct onnx_value *y) KL_MUST_CHECK;
/* Elements of constant indices along one dimension. */
enum kl_err onnx_pick(struct onnx_import *import, struct onnx_value x, int32_t axis, int32_t count,
                      const int32_t *indices, struct onnx_value *y) KL_MUST_CHECK;
/* Repeat dimensions of 1 up to the shape. */
enum kl_err onnx_broadcast_to(struct onnx_import *import, struct onnx_value x,
                              const struct kl_shape *shape, struct onnx_value *y) KL_MUST_CHECK;

/* The message when memory is short. */
enum kl_err onnx_no_memory(struct onnx_import *import);

#endif
