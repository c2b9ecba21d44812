/* SPDX-License-Identifier: Apache-2.0 */
/* Options of TFLite operators, as attributes of the graph's operators: the table, and the readers
 * of those that have no file of their own. */
#include <math.h>

#include "import/tflite_import.h"
#include "import/tflite_schema.h"

/* By kind, from ops.def: the type of the options in the file, and their reader. */
static const struct {
    uint8_t type;
    tfl_options_fn *read;
} readers[] = {
#define KL_OP(kind, name, min_in, max_in, min_out, max_out, rule, attributes, lowering, version, \
              options, reader, doc)                                                              \
    [KL_OP_##kind] = {TFL_OPTIONS_##options, tfl_read_##reader},
#include "graph/ops.def"
#undef KL_OP
};

enum kl_err tfl_options(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    return readers[op->kind].read(import, table, op);
}

enum kl_err tfl_open_options(struct tfl_import *import, struct flat_table op_table,
                             const struct kl_op *op, enum tfl_presence presence,
                             struct flat_table *options)
{
    uint8_t type = readers[op->kind].type;
    uint8_t stored = flat_u8(&import->fb, op_table, TFL_OPERATOR_OPTIONS_TYPE, TFL_OPTIONS_NONE);
    *options = flat_table(&import->fb, op_table, TFL_OPERATOR_OPTIONS);
    KL_TRY(import->fb.err);
    if (stored == TFL_OPTIONS_NONE || !options->at) {
        *options = (struct flat_table){0};
        return presence == TFL_OPTIONAL ? KL_OK
                                        : tfl_fail(import, KL_EINPUT, "its options are missing");
    }
    if (stored != type) {
        return tfl_fail(import, KL_EINPUT, "its options are of type %u, which must be %u", stored,
                        type);
    }
    return KL_OK;
}

enum kl_err tfl_activation(struct tfl_import *import, struct flat_table options, unsigned field,
                           enum kl_activation *activation)
{
    int32_t code = flat_i8(&import->fb, options, field, TFL_ACTIVATION_NONE);
    KL_TRY(import->fb.err);
    switch (code) {
    case TFL_ACTIVATION_NONE: *activation = KL_ACT_NONE; return KL_OK;
    case TFL_ACTIVATION_RELU: *activation = KL_ACT_RELU; return KL_OK;
    case TFL_ACTIVATION_RELU_N1_TO_1: *activation = KL_ACT_RELU_N1_TO_1; return KL_OK;
    case TFL_ACTIVATION_RELU6: *activation = KL_ACT_RELU6; return KL_OK;
    case TFL_ACTIVATION_TANH:
    case TFL_ACTIVATION_SIGN_BIT:
        return tfl_unsupported(
            import, "the fused activation %s is not supported; make it an operator of its own",
            code == TFL_ACTIVATION_TANH ? "TANH" : "SIGN_BIT");
    default: return tfl_fail(import, KL_EINPUT, "unknown fused activation %d", code);
    }
}

enum kl_err tfl_read_nothing(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    (void)table;
    (void)op;
    return import->fb.err;
}

enum kl_err tfl_read_cumsum(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_OPTIONAL, &t));
    op->attr.cumsum.exclusive = flat_bool(&import->fb, t, TFL_CUMSUM_EXCLUSIVE, false);
    op->attr.cumsum.reverse = flat_bool(&import->fb, t, TFL_CUMSUM_REVERSE, false);
    return import->fb.err;
}

enum kl_err tfl_read_gelu(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_OPTIONAL, &t));
    op->attr.gelu.approximate = flat_bool(&import->fb, t, TFL_GELU_APPROXIMATE, false);
    return import->fb.err;
}

/* It has no options; ONNX has this one. */
enum kl_err tfl_read_elu(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    (void)table;
    op->attr.leaky_relu.alpha = 1.0f;
    return import->fb.err;
}

enum kl_err tfl_read_topk(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    (void)table;
    op->attr.topk.axis = -1;
    return import->fb.err;
}

enum kl_err tfl_read_fully_connected(struct tfl_import *import, struct flat_table table,
                                     struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_OPTIONAL, &t));
    if (flat_i8(&import->fb, t, TFL_FULLY_CONNECTED_WEIGHTS_FORMAT, 0) != 0) {
        KL_TRY(tfl_unsupported(import,
                               "shuffled weights are not supported; export the model with the "
                               "default weights format"));
    }
    op->attr.fully_connected.asymmetric =
        flat_bool(&import->fb, t, TFL_FULLY_CONNECTED_ASYMMETRIC, false);
    /* keep_num_dims is not read: the output's shape says it. */
    return tfl_activation(import, t, TFL_FULLY_CONNECTED_ACTIVATION,
                          &op->attr.fully_connected.activation);
}

enum kl_err tfl_read_binary(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_OPTIONAL, &t));
    return tfl_activation(import, t, TFL_BINARY_ACTIVATION, &op->attr.binary.activation);
}

enum kl_err tfl_read_batch_matmul(struct tfl_import *import, struct flat_table table,
                                  struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_OPTIONAL, &t));
    op->attr.matmul.adj_x = flat_bool(&import->fb, t, TFL_BATCH_MATMUL_ADJ_X, false);
    op->attr.matmul.adj_y = flat_bool(&import->fb, t, TFL_BATCH_MATMUL_ADJ_Y, false);
    return import->fb.err;
}

enum kl_err tfl_read_softmax(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_REQUIRED, &t));
    float beta = flat_f32(&import->fb, t, TFL_SOFTMAX_BETA, 0);
    KL_TRY(import->fb.err);
    if (!isfinite(beta) || beta <= 0) {
        return tfl_fail(import, KL_EINPUT, "beta is %g; it must be finite and above 0",
                        (double)beta);
    }
    op->attr.softmax.beta = beta;
    return KL_OK;
}

enum kl_err tfl_read_leaky_relu(struct tfl_import *import, struct flat_table table,
                                struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_REQUIRED, &t));
    float alpha = flat_f32(&import->fb, t, TFL_LEAKY_RELU_ALPHA, 0);
    KL_TRY(import->fb.err);
    if (!isfinite(alpha)) {
        return tfl_fail(import, KL_EINPUT, "alpha is %g; it must be finite", (double)alpha);
    }
    op->attr.leaky_relu.alpha = alpha;
    return KL_OK;
}

enum kl_err tfl_read_reduce(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_OPTIONAL, &t));
    op->attr.reduce.keep_dims = flat_bool(&import->fb, t, TFL_REDUCER_KEEP_DIMS, false);
    return import->fb.err;
}

enum kl_err tfl_read_resize(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_OPTIONAL, &t));
    op->attr.resize.align_corners = flat_bool(fb, t, TFL_RESIZE_ALIGN_CORNERS, false);
    op->attr.resize.half_pixel_centers = flat_bool(fb, t, TFL_RESIZE_HALF_PIXEL_CENTERS, false);
    return fb->err;
}

enum kl_err tfl_read_resize_bilinear(struct tfl_import *import, struct flat_table table,
                                     struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_OPTIONAL, &t));
    op->attr.resize.align_corners = flat_bool(fb, t, TFL_BILINEAR_ALIGN_CORNERS, false);
    op->attr.resize.half_pixel_centers = flat_bool(fb, t, TFL_BILINEAR_HALF_PIXEL_CENTERS, false);
    return fb->err;
}

enum kl_err tfl_read_l2_normalization(struct tfl_import *import, struct flat_table table,
                                      struct kl_op *op)
{
    struct flat_table t;
    enum kl_activation activation;
    KL_TRY(tfl_open_options(import, table, op, TFL_OPTIONAL, &t));
    KL_TRY(tfl_activation(import, t, TFL_L2_NORMALIZATION_ACTIVATION, &activation));
    return activation == KL_ACT_NONE
               ? KL_OK
               : tfl_unsupported(import, "a fused activation is not supported");
}

/* The indices are checked by kl_graph_verify, which needs all subgraphs. */
enum kl_err tfl_read_call_once(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_REQUIRED, &t));
    op->attr.call.subgraph[0] = flat_i32(&import->fb, t, TFL_CALL_ONCE_SUBGRAPH, 0);
    return import->fb.err;
}

enum kl_err tfl_read_while(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_REQUIRED, &t));
    op->attr.call.subgraph[0] = flat_i32(&import->fb, t, TFL_WHILE_CONDITION, 0);
    op->attr.call.subgraph[1] = flat_i32(&import->fb, t, TFL_WHILE_BODY, 0);
    return import->fb.err;
}

enum kl_err tfl_read_if(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_REQUIRED, &t));
    op->attr.call.subgraph[0] = flat_i32(&import->fb, t, TFL_IF_THEN, 0);
    op->attr.call.subgraph[1] = flat_i32(&import->fb, t, TFL_IF_ELSE, 0);
    return import->fb.err;
}

enum kl_err tfl_read_var_handle(struct tfl_import *import, struct flat_table table,
                                struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_REQUIRED, &t));
    return tfl_variable(import, t, &op->attr.variable.variable);
}
