/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model as a graph. All of it lives in one arena; nothing is freed singly.
 *
 * A subgraph holds tensors and operators; the operators are in an order in which each
 * follows the producers of its inputs. Passes change the graph in place and leave it
 * such that kl_graph_verify accepts it.
 */
#ifndef KINGLET_GRAPH_GRAPH_H
#define KINGLET_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/diag.h"
#include "kinglet/dtype.h"

enum { KL_MAX_RANK = 6, KL_MAX_SUBGRAPHS = 256 };

struct kl_shape {
    int32_t rank; /* 0 (a scalar) .. KL_MAX_RANK */
    int32_t dim[KL_MAX_RANK];
};

/* Affine quantisation: real = scale * (q - zero_point). */
struct kl_quant {
    int32_t count; /* 0: none; 1: per tensor; else one entry per index of dimension `axis` */
    int32_t axis;
    const float *scale;        /* finite, > 0 */
    const int32_t *zero_point; /* inside the range of the tensor's type */
};

struct kl_op;

/* Names of the values of a tensor of integers (value i is names[i]: text in the file), or of the
 * columns of its last dimension. */
struct kl_labels {
    int32_t count;
    const char *const *names; /* printable */
};

struct kl_tensor {
    const char *name; /* never NULL; printable (importers replace control bytes) */
    enum kl_dtype dtype;
    struct kl_shape shape;
    struct kl_quant quant;
    const void *data;       /* constant content (little-endian, dense), or NULL; only bytes > 0
                             * promises that many readable bytes */
    size_t bytes;           /* elements * element size; 0 for types without one */
    struct kl_op *producer; /* NULL: constant, graph input or variable */
    int32_t source_index;   /* index in the imported file; -1: made by a pass */
    int32_t id;             /* index in subgraph->tensors; kept by kl_graph_verify */
    bool is_variable;       /* keeps its value between runs */
    const struct kl_labels *labels; /* of outputs, for those who read them; or NULL */
};

enum kl_op_kind {
#define KL_OP(kind, ...) KL_OP_##kind,
#include "graph/ops.def"
#undef KL_OP
    KL_OP_KIND_COUNT
};

enum kl_activation { KL_ACT_NONE, KL_ACT_RELU, KL_ACT_RELU6, KL_ACT_RELU_N1_TO_1 };

/* Sliding window; the importer has turned SAME/VALID into explicit padding. */
struct kl_attr_window {
    int32_t stride_h, stride_w;     /* >= 1 */
    int32_t dilation_h, dilation_w; /* >= 1 */
    int32_t pad_top, pad_bottom, pad_left, pad_right;
    int32_t filter_h, filter_w; /* pools only; convolutions take it from the weights */
    bool was_uint8; /* rewritten from uint8: sums and averages round as those of uint8 do */
    enum kl_activation activation;
};

struct kl_attr_fully_connected {
    enum kl_activation activation;
    bool was_uint8;  /* as in kl_attr_window */
    bool asymmetric; /* float inputs with int8 weights are quantised with a zero point */
};

struct kl_attr_binary {
    enum kl_activation activation;
};

struct kl_attr_softmax {
    float beta;
};

struct kl_attr_axis {
    int32_t axis; /* as stored; may be negative, counted from the end */
    enum kl_activation activation;
};

struct kl_attr_reduce {
    bool keep_dims;
};

struct kl_attr_strided_slice {
    uint32_t begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask;
    bool offset; /* `end` is relative to `begin` */
};

struct kl_attr_leaky_relu {
    float alpha;
};

struct kl_attr_block {
    int32_t size; /* SPACE_TO_DEPTH, DEPTH_TO_SPACE: side of a block, >= 1 */
};

struct kl_attr_mirror {
    bool reflect; /* MIRROR_PAD: the outermost element is not repeated */
};

struct kl_attr_gelu {
    bool approximate; /* by tanh */
};

struct kl_attr_arg {
    bool keep_dims; /* TFLite's drop the axis */
    bool last;      /* of equal elements, the last */
};

struct kl_attr_gather {
    int32_t axis;       /* of GATHER and GATHER_ELEMENTS; may be negative */
    int32_t batch_dims; /* leading dimensions that data and indices share, not negative */
};

/* How an update and what it finds are combined. */
enum kl_combine {
    KL_COMBINE_REPLACE,
    KL_COMBINE_ADD,
    KL_COMBINE_MUL,
    KL_COMBINE_MAX,
    KL_COMBINE_MIN
};

struct kl_attr_scatter {
    int32_t axis; /* of SCATTER_ELEMENTS; may be negative */
    enum kl_combine combine;
};

struct kl_attr_matmul {
    bool adj_x, adj_y; /* the last two dimensions of that input are exchanged */
};

struct kl_attr_cumsum {
    bool exclusive, reverse;
};

struct kl_attr_topk {
    int32_t axis; /* may be negative; TFLite's is the last */
    bool smallest;
};

/* Input 1: first input index for each output index, int32; input 2: weights [out][taps]. */
struct kl_attr_resample {
    int32_t axis; /* not negative */
};

struct kl_attr_resize {
    bool align_corners, half_pixel_centers;
};

struct kl_attr_svdf {
    int32_t rank; /* filters that add up to one output, >= 1 */
    enum kl_activation activation;
};

/* UNIDIRECTIONAL_SEQUENCE_LSTM; the cell's function is TANH. */
struct kl_attr_lstm {
    float cell_clip; /* > 0: the cell state is limited to its magnitude */
    bool time_major; /* [time, batch, features], else [batch, time, features] */
    bool asymmetric; /* float inputs with int8 weights are quantised with a zero point */
};

/* Parameters of the signal operators; each uses some. */
struct kl_attr_signal {
    int32_t shift;           /* SignalWindow: to the right, 0 .. 31; SignalPCAN: 0 .. 63 */
    int32_t length;          /* SignalRfft, SignalIrfft: a power of two */
    int32_t start, end;      /* SignalEnergy: bins */
    int32_t output_scale;    /* SignalFilterBankLog */
    int32_t correction_bits; /* SignalFilterBankLog: 0 .. 31 */
    int32_t smoothing[2], one_minus_smoothing[2]; /* SignalFilterBankSpectralSubtraction: of even
                                                   * and of odd channels */
    int32_t min_signal_remaining, smoothing_bits, bits;
    bool clamping;
    int32_t frame, step; /* SignalFramer: samples; SignalOverlapAdd: step alone; SignalStacker: step
                          * in vectors */
    bool prefill;        /* SignalFramer: zeros come before the first sample */
    int32_t channels;    /* SignalStacker: of a vector */
    int32_t left, right; /* SignalStacker: vectors before and behind */
    int32_t delay;       /* SignalDelay: samples */
};

struct kl_attr_circular_buffer {
    int32_t period; /* it is full once in so many runs, >= 1 */
};

/* The first sample of frame i is i * hop. */
struct kl_attr_frame {
    int32_t hop; /* >= 1 */
};

struct kl_attr_real_fft {
    int32_t length; /* a power of two, 8 .. 65536 */
};

struct kl_attr_statistics {
    uint32_t which; /* bits of enum kl_statistic (kinglet/nn/features.h) */
};

struct kl_attr_peaks {
    float threshold; /* >= 0 */
    float bin_width; /* > 0: distance of two bins in the unit of the answer */
};

struct kl_attr_biquad {
    int32_t axis; /* of time, not negative */
};

struct kl_attr_variable {
    int32_t variable; /* index into kl_graph.variables */
};

/* The subgraphs that an operator runs: CALL_ONCE one; WHILE its condition and its body; IF what
 * to do and what to do else. */
struct kl_attr_call {
    int32_t subgraph[2];
};

struct kl_attr_quantize {
    bool halves_to_even; /* of float32: as ONNX says; else away from zero, as TFLite does */
};

struct kl_attr_tree_ensemble {
    /* Where a feature that is no number goes; else it goes right. A node with the feature
     * f + number of features compares feature f, and sends what is no number to the other side. */
    bool nan_goes_left;
};

struct kl_attr_nearest_vote {
    int32_t k, classes;
};

struct kl_attr_batch_norm {
    float epsilon;  /* added to the variance, > 0 */
    float momentum; /* of the running averages, 0 .. 1: how much of the old value stays */
};

struct kl_attr_dropout {
    float rate; /* share of values that become zero, 0 <= rate < 1 */
};

struct kl_attr_unknown {
    const char *name;   /* the operator's name in the file, e.g. "SVDF" or "CUSTOM:Foo" */
    const char *reason; /* why this one cannot be computed; NULL: ops.def does not name it */
};

union kl_attr {
    struct kl_attr_window window;
    struct kl_attr_fully_connected fully_connected;
    struct kl_attr_binary binary;
    struct kl_attr_softmax softmax;
    struct kl_attr_axis axis;
    struct kl_attr_reduce reduce;
    struct kl_attr_strided_slice strided_slice;
    struct kl_attr_leaky_relu leaky_relu;
    struct kl_attr_resize resize;
    struct kl_attr_block block;
    struct kl_attr_mirror mirror;
    struct kl_attr_gelu gelu;
    struct kl_attr_arg arg;
    struct kl_attr_gather gather;
    struct kl_attr_scatter scatter;
    struct kl_attr_matmul matmul;
    struct kl_attr_cumsum cumsum;
    struct kl_attr_topk topk;
    struct kl_attr_resample resample;
    struct kl_attr_svdf svdf;
    struct kl_attr_lstm lstm;
    struct kl_attr_signal signal;
    struct kl_attr_circular_buffer circular_buffer;
    struct kl_attr_frame frame;
    struct kl_attr_real_fft real_fft;
    struct kl_attr_statistics statistics;
    struct kl_attr_peaks peaks;
    struct kl_attr_biquad biquad;
    struct kl_attr_variable variable;
    struct kl_attr_call call;
    struct kl_attr_quantize quantize;
    struct kl_attr_tree_ensemble tree_ensemble;
    struct kl_attr_nearest_vote nearest_vote;
    struct kl_attr_batch_norm batch_norm;
    struct kl_attr_dropout dropout;
    struct kl_attr_unknown unknown;
};

struct kl_op {
    enum kl_op_kind kind;
    int32_t source_index; /* operator index in the imported file; -1: made by a pass */
    int32_t position;     /* index in subgraph->ops; kept by kl_graph_verify */
    int32_t input_count, output_count;
    struct kl_tensor **inputs; /* an omitted optional input is NULL */
    struct kl_tensor **outputs;
    union kl_attr attr;
};

struct kl_subgraph {
    const char *name;
    int32_t tensor_count, op_count, input_count, output_count;
    struct kl_tensor **tensors;
    struct kl_op **ops;
    struct kl_tensor **inputs;
    struct kl_tensor **outputs;
};

/* What passes took out of the graph without a change of any result. */
struct kl_removed {
    int64_t channels; /* output channels of convolutions and fully connected layers */
    int64_t macs;
    int64_t bytes; /* of weights and biases */
};

struct kl_graph {
    struct kl_arena *arena;
    const char *description;
    int32_t subgraph_count; /* >= 1; number 0 is the entry */
    struct kl_subgraph **subgraphs;
    struct kl_removed removed;
    /* What VAR_HANDLE names: state that all subgraphs share. Its tensors are in no subgraph. */
    int32_t variable_count;
    struct kl_tensor **variables; /* is_variable; quantised like the value first assigned */
};

/* Static facts of an operator kind: one row of ops.def. */
struct kl_op_info {
    const char *name; /* as users know it, e.g. "CONV_2D" */
    int32_t min_inputs, max_inputs, min_outputs, max_outputs;
    const char *attributes; /* name of the kl_attr member, "none" when there is none */
    const char *doc;        /* what is supported, one line */
};

const struct kl_op_info *kl_op_info(enum kl_op_kind kind);

/* How many subgraphs the operator runs: the entries of attr.call that count. */
int32_t kl_op_call_count(const struct kl_op *op);

/* The variable that READ_VARIABLE or ASSIGN_VARIABLE names, by index; -1: its handle does not come
 * from a VAR_HANDLE. */
int32_t kl_op_variable(const struct kl_op *op);

/* Does the operator end some runs, so that what comes after it is not computed? */
bool kl_op_may_end_run(const struct kl_op *op);

/* Does the operator do more than compute its outputs (change state, end a run, or run what may)? */
bool kl_op_has_effect(const struct kl_op *op);

/* The operator's name for messages: ops.def's, or the file's for KL_OP_UNKNOWN. */
const char *kl_op_name(const struct kl_op *op);

const char *kl_dtype_name(enum kl_dtype dtype); /* "int8", "float32", ... */
size_t kl_dtype_bytes(enum kl_dtype dtype);     /* 0: nothing computes with it */
const char *kl_activation_name(enum kl_activation activation);

/* A convolution, fully connected layer or average pool with that mark. */
bool kl_op_was_uint8(const struct kl_op *op);

/* The image, or the vectors, that an operator with weights works on: input 2 of TRANSPOSE_CONV,
 * else input 0. Its weights are input 1, its bias is the input after both. */
struct kl_tensor *kl_op_image(const struct kl_op *op);
const struct kl_tensor *kl_op_bias(const struct kl_op *op); /* NULL: none */

/* The shape of the condition of SELECT_V2 or SELECT, as it is broadcast. */
struct kl_shape kl_op_condition(const struct kl_op *op);

/* May input `place` of the operator be omitted (NULL)? Only those beyond the minimum, and never
 * of operators that join tensors. */
bool kl_op_input_optional(const struct kl_op *op, int32_t place);

/* Number of elements; the verifier guarantees that it fits int32. */
int64_t kl_shape_elements(const struct kl_shape *shape);
bool kl_shape_equal(const struct kl_shape *a, const struct kl_shape *b);
/* "[1,49,10,1]" into `text`; returns `text`. */
enum { KL_SHAPE_TEXT_BYTES = 96 };
char *kl_shape_text(const struct kl_shape *shape, char text[KL_SHAPE_TEXT_BYTES]);

/* New tensor with a copy of `name`, appended to the subgraph; bytes is set from shape and
 * dtype. NULL when memory is short. */
struct kl_tensor *kl_tensor_add(struct kl_graph *graph, struct kl_subgraph *subgraph,
                                const char *name, enum kl_dtype dtype, struct kl_shape shape);

/* Element `index` of dense data of that type as a double, for showing: 64-bit integers may lose
 * low bits, float16 comes as its bit pattern. */
double kl_value_at(enum kl_dtype dtype, const void *data, int64_t index);

/* How often each tensor (by id) is read: by operators, and once per graph output. An array of
 * tensor_count entries in the graph's arena; NULL when memory is short. */
int32_t *kl_subgraph_uses(const struct kl_graph *graph, const struct kl_subgraph *subgraph);

/* Close the gaps that passes left in `ops` by setting entries to NULL. */
void kl_subgraph_compact(struct kl_subgraph *subgraph);

/* Same scale and zero point; both per tensor or both not quantised. */
bool kl_quant_equal(const struct kl_quant *a, const struct kl_quant *b);

/* Multiply-accumulates of one run of the operator; 0 for those that do not multiply. */
int64_t kl_op_macs(const struct kl_op *op);

/* a + b for counts >= 0; INT64_MAX when that is not enough. */
int64_t kl_macs_sum(int64_t a, int64_t b);

/*
 * Check every invariant of the graph: pointers resolve inside their subgraph, order,
 * single producers, arity, shapes by each operator's rule, sizes, types and
 * quantisation. Used after import (the message is about the file) and after every pass.
 * KL_OP_UNKNOWN operators are checked for structure only. Renumbers kl_tensor.id and
 * kl_op.position.
 */
enum kl_err kl_graph_verify(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

/* The graph as text, one operator a line. */
void kl_graph_dump(const struct kl_graph *graph, struct kl_buffer *text);

#endif
