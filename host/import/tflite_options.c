/* SPDX-License-Identifier: Apache-2.0 */
/* Options of TFLite operators, as attributes of the graph's operators: the table, and the readers
 * of those that have no file of their own. */
#include <math.h>

#include "formats/tflite_fields.h"
#include "formats/tflite_operators.h"
#include "formats/tflite_schema.h"
#include "import/tflite_import.h"

/* By kind, from ops.def. */
static tfl_options_fn *const readers[] = {
#define KL_OP(kind, name, min_in, max_in, min_out, max_out, rule, attributes, lowering, version, \
              options, reader, doc)                                                              \
    [KL_OP_##kind] = tfl_read_##reader,
#include "graph/ops.def"
#undef KL_OP
};

enum kl_err tfl_options(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    return readers[op->kind](import, table, op);
}

enum kl_err tfl_open_options(struct tfl_import *import, struct flat_table op_table,
                             const struct kl_op *op, enum tfl_presence presence,
                             struct flat_table *options)
{
    uint8_t type = tfl_options_of(op->kind);
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

/* Read one field into the attributes. */
static enum kl_err read_field(struct tfl_import *import, struct flat_table options,
                              const struct tfl_field *field, union kl_attr *attr)
{
    struct flat_reader *fb = &import->fb;
    void *to = (char *)attr + field->offset;
    switch (field->type) {
    case TFL_FIELD_BOOL:
        *(bool *)to = flat_bool(fb, options, field->id, field->standard != 0);
        break;
    case TFL_FIELD_I32: *(int32_t *)to = flat_i32(fb, options, field->id, field->standard); break;
    case TFL_FIELD_F32:
        *(float *)to = flat_f32(fb, options, field->id, (float)field->standard);
        break;
    case TFL_FIELD_ACTIVATION: return tfl_activation(import, options, field->id, to);
    }
    return fb->err;
}

enum kl_err tfl_read_fields(struct tfl_import *import, struct flat_table table, struct kl_op *op,
                            enum tfl_presence presence, struct flat_table *options)
{
    size_t count;
    const struct tfl_field *fields = tfl_fields(tfl_options_of(op->kind), &count);
    KL_TRY(tfl_open_options(import, table, op, presence, options));
    for (size_t i = 0; i < count; i++) {
        KL_TRY(read_field(import, *options, &fields[i], &op->attr));
    }
    return KL_OK;
}

enum kl_err tfl_read_required(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table options;
    return tfl_read_fields(import, table, op, TFL_REQUIRED, &options);
}

enum kl_err tfl_read_optional(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table options;
    return tfl_read_fields(import, table, op, TFL_OPTIONAL, &options);
}

enum kl_err tfl_read_nothing(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    (void)table;
    (void)op;
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
    KL_TRY(tfl_read_fields(import, table, op, TFL_OPTIONAL, &t));
    if (flat_i8(&import->fb, t, TFL_FULLY_CONNECTED_WEIGHTS_FORMAT, 0) != 0) {
        KL_TRY(tfl_unsupported(import,
                               "shuffled weights are not supported; export the model with the "
                               "default weights format"));
    }
    /* keep_num_dims is not read: the output's shape says it. */
    return import->fb.err;
}

enum kl_err tfl_read_softmax(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    KL_TRY(tfl_read_required(import, table, op));
    float beta = op->attr.softmax.beta;
    if (!isfinite(beta) || beta <= 0) {
        return tfl_fail(import, KL_EINPUT, "beta is %g; it must be finite and above 0",
                        (double)beta);
    }
    return KL_OK;
}

enum kl_err tfl_read_leaky_relu(struct tfl_import *import, struct flat_table table,
                                struct kl_op *op)
{
    KL_TRY(tfl_read_required(import, table, op));
    float alpha = op->attr.leaky_relu.alpha;
    if (!isfinite(alpha)) {
        return tfl_fail(import, KL_EINPUT, "alpha is %g; it must be finite", (double)alpha);
    }
    return KL_OK;
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

enum kl_err tfl_read_var_handle(struct tfl_import *import, struct flat_table table,
                                struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_REQUIRED, &t));
    return tfl_variable(import, t, &op->attr.variable.variable);
}
