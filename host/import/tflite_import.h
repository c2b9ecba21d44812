/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the TFLite importer share. Private to host/import. */
#ifndef KINGLET_IMPORT_TFLITE_IMPORT_H
#define KINGLET_IMPORT_TFLITE_IMPORT_H

#include "graph/graph.h"
#include "import/flatbuffer.h"
#include "import/import.h"

/*
 * Limits of one file. Files can point many times at the same bytes; these totals keep the
 * memory of an import below about 100 MB plus a multiple of the file's size, and its time to
 * a few seconds (kl_graph_verify looks for the producer of each operand).
 */
enum {
    TFL_MAX_SUBGRAPHS = KL_MAX_SUBGRAPHS,
    TFL_MAX_VARIABLES = 1024,
    TFL_MAX_OPERATOR_CODES = 4096,
    TFL_MAX_BUFFERS = 131072,
    TFL_MAX_GRAPH_OPERANDS = 1024,  /* inputs of a subgraph; also outputs */
    TFL_MAX_OPERATORS = 16384,      /* all subgraphs together */
    TFL_MAX_TENSORS = 65536,        /* all subgraphs together */
    TFL_MAX_OPERANDS = 65536,       /* inputs and outputs of all operators and subgraphs */
    TFL_MAX_QUANT_VALUES = 1 << 22, /* scales of all tensors */
    TFL_COPY_FACTOR = 4             /* unaligned constants: bytes copied, times the file's size */
};

/* How an operator of the file is called: one entry of the table of operator codes. */
struct tfl_opcode {
    int32_t builtin; /* code of tflite_builtins.def, or beyond it */
    int32_t version;
    const char *name;
    const char *custom; /* its own name, when it is a custom operator; else empty */
};

/* What a VAR_HANDLE calls its variable. */
struct tfl_variable {
    struct kl_bytes container, name; /* data NULL: not said */
};

struct tfl_import {
    struct flat_reader fb;
    struct kl_arena *arena;
    struct kl_graph *graph;
    struct flat_vector buffers;
    struct tfl_opcode *opcodes;
    const char *unsupported; /* why the operator that is read cannot be computed, or NULL */
    uint32_t opcode_count;
    struct tfl_variable *variables; /* [graph->variable_count] */
    int32_t unsaid_periods; /* CIRCULAR_BUFFERs in a row whose options do not say their period */
    /* What is left of the limits. */
    uint32_t operators_left, tensors_left, operands_left, quant_values_left;
    size_t copy_bytes_left;
};

/* The subgraph that is being read. */
struct tfl_subgraph {
    struct tfl_import *import;
    struct kl_subgraph *graph;
    struct flat_vector tensors;  /* tables of the file */
    struct kl_tensor **by_index; /* [tensors.count]; NULL until the tensor is first used */
    bool *is_input;              /* [tensors.count] */
    char prefix[32];             /* "subgraph 1, " in files with several, else "" */
};

/* Record "WHERE: message" as `err` unless there is an error already; returns the error. */
enum kl_err tfl_fail(struct tfl_import *import, enum kl_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Note why the operator that is read cannot be computed, though the file is well-formed. Reading
 * goes on, since what contradicts itself must be found; then the operator becomes KL_OP_UNKNOWN
 * with the first such reason. Fails only when memory is short.
 */
enum kl_err tfl_unsupported(struct tfl_import *import, const char *format, ...)
    __attribute__((format(printf, 2, 3))) KL_MUST_CHECK;

/* Take `count` from what is left of a limit; KL_ELIMIT when it does not suffice. */
enum kl_err tfl_take(struct tfl_import *import, uint32_t *left, uint32_t count,
                     const char *what) KL_MUST_CHECK;

/* The name in `field` of `table`, made printable; `fallback` when it is absent or empty. */
enum kl_err tfl_name(struct tfl_import *import, struct flat_table table, unsigned field,
                     const char *fallback, const char **name) KL_MUST_CHECK;

/*
 * Tensor `index` of the subgraph, read at its first use. Checks its type, shape, constant
 * content and quantisation. Tensors that nothing uses are never read and not in the graph.
 */
enum kl_err tfl_tensor(struct tfl_subgraph *subgraph, int32_t index,
                       struct kl_tensor **tensor) KL_MUST_CHECK;

/* The quantisation of a tensor whose type, shape and name are set. */
enum kl_err tfl_quant(struct tfl_import *import, struct flat_table table,
                      struct kl_tensor *tensor) KL_MUST_CHECK;

/* The content of buffer `index`; data NULL when it has none. */
enum kl_err tfl_buffer(struct tfl_import *import, uint32_t index,
                       struct kl_bytes *content) KL_MUST_CHECK;

/* Has the tensor a value before any later operator runs? */
bool tfl_has_value(const struct tfl_subgraph *subgraph, const struct kl_tensor *tensor);

/* Operator `index` of the subgraph with its operands and attributes. */
enum kl_err tfl_operator(struct tfl_subgraph *subgraph, struct flat_table table, int32_t index,
                         struct kl_op *op) KL_MUST_CHECK;

/* The attributes of an operator whose operands are set: calls its reader of ops.def. */
typedef enum kl_err tfl_options_fn(struct tfl_import *import, struct flat_table table,
                                   struct kl_op *op);
tfl_options_fn tfl_options;
#define KL_OP(kind, name, min_in, max_in, min_out, max_out, rule, attributes, lowering, version, \
              options, reader, doc)                                                              \
    tfl_options_fn tfl_read_##reader;
#include "graph/ops.def"
#undef KL_OP

enum tfl_presence { TFL_REQUIRED, TFL_OPTIONAL };

/* The options of the operator that `table` holds, which must be of the type that ops.def says;
 * optional ones may be absent and then read as the schema's defaults. */
enum kl_err tfl_open_options(struct tfl_import *import, struct flat_table table,
                             const struct kl_op *op, enum tfl_presence presence,
                             struct flat_table *options) KL_MUST_CHECK;

/* Open the options as *options and read the fields of tflite_fields.def into the attributes. */
enum kl_err tfl_read_fields(struct tfl_import *import, struct flat_table table, struct kl_op *op,
                            enum tfl_presence presence, struct flat_table *options) KL_MUST_CHECK;

/* The fused activation in `field` of the options. */
enum kl_err tfl_activation(struct tfl_import *import, struct flat_table options, unsigned field,
                           enum kl_activation *activation) KL_MUST_CHECK;

/* The variable that the options of a VAR_HANDLE name, new or seen before, by index. */
enum kl_err tfl_variable(struct tfl_import *import, struct flat_table options,
                         int32_t *index) KL_MUST_CHECK;

/* Give every variable the type of what is assigned to it first; subgraphs are complete. */
void tfl_settle_variables(const struct kl_graph *graph);

#endif
