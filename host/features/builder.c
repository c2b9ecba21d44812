/* SPDX-License-Identifier: Apache-2.0 */
#include "features/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum kl_err features_refuse(const struct builder *b, const struct kl_yaml *node, const char *format,
                            ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return kl_yaml_fail(node ? node : b->node, b->diag, "step '%.40s': %s", b->name, text);
}

void *features_alloc(struct builder *b, size_t count, size_t size)
{
    void *memory = kl_arena_alloc(b->graph->arena, count, size);
    if (!memory) {
        (void)KL_FAIL_MEMORY(b->diag);
    }
    return memory;
}

enum kl_err features_op(struct builder *b, enum kl_op_kind kind, int32_t count,
                        struct kl_tensor *const *inputs, enum kl_dtype dtype, struct kl_shape shape,
                        struct kl_op **op)
{
    struct kl_tensor *out = kl_tensor_add(b->graph, b->subgraph, b->name, dtype, shape);
    struct kl_op *made = out ? kl_op_add(b->graph, b->subgraph, kind, count, inputs, out) : NULL;
    if (!made) {
        return KL_FAIL_MEMORY(b->diag);
    }
    if (op) {
        *op = made;
    }
    b->x = out;
    return KL_OK;
}

enum kl_err features_more_outputs(struct builder *b, struct kl_op *op, int32_t count,
                                  struct kl_tensor *const *more)
{
    size_t all = (size_t)op->output_count + (size_t)count;
    struct kl_tensor **outputs = features_alloc(b, all, sizeof *outputs);
    if (!outputs) {
        return KL_ELIMIT;
    }
    memcpy(outputs, op->outputs, (size_t)op->output_count * sizeof *outputs);
    for (int32_t i = 0; i < count; i++) {
        outputs[op->output_count + i] = more[i];
        more[i]->producer = op;
    }
    op->outputs = outputs;
    op->output_count = (int32_t)all;
    return KL_OK;
}

enum kl_err features_constant(struct builder *b, enum kl_dtype dtype, struct kl_shape shape,
                              const void *data, struct kl_tensor **constant)
{
    *constant = kl_constant_add(b->graph, b->subgraph, b->name, dtype, shape, data);
    return *constant ? KL_OK : KL_FAIL_MEMORY(b->diag);
}

enum kl_err features_scalar(struct builder *b, enum kl_dtype dtype, double value,
                            struct kl_tensor **constant)
{
    void *data = features_alloc(b, 1, sizeof(float));
    const float single = (float)value;
    const int32_t whole = (int32_t)value;
    if (!data) {
        return KL_ELIMIT;
    }
    memcpy(data, dtype == KL_F32 ? (const void *)&single : &whole, sizeof single);
    return features_constant(b, dtype, (struct kl_shape){1, {1}}, data, constant);
}

enum kl_err features_with_scalar(struct builder *b, enum kl_op_kind kind, double value)
{
    struct kl_tensor *scalar;
    KL_TRY(features_scalar(b, b->x->dtype, value, &scalar));
    return features_op(b, kind, 2, (struct kl_tensor *[]){b->x, scalar}, b->x->dtype, b->x->shape,
                       NULL);
}

enum kl_err features_reshape(struct builder *b, struct kl_shape shape)
{
    if (kl_shape_equal(&b->x->shape, &shape)) {
        return KL_OK;
    }
    return features_op(b, KL_OP_RESHAPE, 1, &b->x, b->x->dtype, shape, NULL);
}

enum kl_err features_slice(struct builder *b, int32_t axis, int32_t first, int32_t end,
                           int32_t step)
{
    enum { VALUE, BEGIN, END, STEP, INPUTS };
    struct kl_tensor *inputs[INPUTS] = {b->x};
    struct kl_shape shape = b->x->shape;
    for (int32_t i = BEGIN; i < INPUTS; i++) {
        int32_t *data = features_alloc(b, (size_t)shape.rank, sizeof *data);
        if (!data) {
            return KL_ELIMIT;
        }
        for (int32_t d = 0; d < shape.rank; d++) {
            const int32_t whole[INPUTS] = {0, 0, shape.dim[d], 1};
            const int32_t part[INPUTS] = {0, first, end, step};
            data[d] = d == axis ? part[i] : whole[i];
        }
        KL_TRY(features_constant(b, KL_S32, (struct kl_shape){1, {shape.rank}}, data, &inputs[i]));
    }
    shape.dim[axis] = (end - first + step - 1) / step;
    return features_op(b, KL_OP_STRIDED_SLICE, INPUTS, inputs, b->x->dtype, shape, NULL);
}

enum kl_err features_floats(struct builder *b)
{
    bool is_share = b->x->dtype == KL_S16;
    if (b->x->dtype == KL_F32) {
        return KL_OK;
    }
    if (b->x->quant.count == 1) {
        return features_op(b, KL_OP_DEQUANTIZE, 1, &b->x, KL_F32, b->x->shape, NULL);
    }
    KL_TRY(features_op(b, KL_OP_CAST, 1, &b->x, KL_F32, b->x->shape, NULL));
    return is_share ? features_with_scalar(b, KL_OP_MUL, 1.0 / 32768.0) : KL_OK;
}

/* [samples, channels] -> [channels, samples] */
static enum kl_err transpose(struct builder *b)
{
    struct kl_tensor *order;
    int32_t *data = features_alloc(b, 2, sizeof *data);
    if (!data) {
        return KL_ELIMIT;
    }
    data[0] = 1;
    KL_TRY(features_constant(b, KL_S32, (struct kl_shape){1, {2}}, data, &order));
    struct kl_shape shape = {2, {b->x->shape.dim[1], b->x->shape.dim[0]}};
    return features_op(b, KL_OP_TRANSPOSE, 2, (struct kl_tensor *[]){b->x, order}, b->x->dtype,
                       shape, NULL);
}

enum kl_err features_vectors(struct builder *b)
{
    if (b->form == FORM_VECTORS) {
        return KL_OK;
    }
    if (b->form != FORM_SIGNAL) {
        return features_refuse(b, NULL, "it works on a signal or on a frame of one%s",
                               b->form == FORM_FEATURES ? "; the frames have ended before" : "");
    }
    b->form = FORM_VECTORS;
    return b->x->shape.rank == 1
               ? features_reshape(b, (struct kl_shape){2, {1, b->x->shape.dim[0]}})
               : transpose(b);
}

enum kl_err features_float_vectors(struct builder *b)
{
    KL_TRY(features_vectors(b));
    return features_floats(b);
}
