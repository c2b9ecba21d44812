/* SPDX-License-Identifier: Apache-2.0 */
/* Options of operators that move elements, as attributes of the graph's operators. */
#include "import/tflite_import.h"
#include "import/tflite_schema.h"

enum kl_err tfl_read_concatenation(struct tfl_import *import, struct flat_table table,
                                   struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_REQUIRED, &t));
    op->attr.axis.axis = flat_i32(&import->fb, t, TFL_CONCATENATION_AXIS, 0);
    return tfl_activation(import, t, TFL_CONCATENATION_ACTIVATION, &op->attr.axis.activation);
}

/* How many tensors the options say, against how many there are. */
static enum kl_err check_count(struct tfl_import *import, int32_t stored, int32_t operands)
{
    KL_TRY(import->fb.err);
    return stored == operands
               ? KL_OK
               : tfl_fail(import, KL_EINPUT, "its options say %d tensors, but it has %d", stored,
                          operands);
}

static enum kl_err read_join_axis(struct tfl_import *import, struct flat_table table,
                                  int32_t operands, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_REQUIRED, &t));
    op->attr.axis.axis = flat_i32(&import->fb, t, TFL_PACK_AXIS, 0);
    return check_count(import, flat_i32(&import->fb, t, TFL_PACK_COUNT, 0), operands);
}

enum kl_err tfl_read_pack(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    return read_join_axis(import, table, op->input_count, op);
}

enum kl_err tfl_read_unpack(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    return read_join_axis(import, table, op->output_count, op);
}

/* The axis of a split is an input; kl_op_split_axis reads it. */
enum kl_err tfl_read_split(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_REQUIRED, &t));
    return check_count(import, flat_i32(&import->fb, t, TFL_SPLIT_COUNT, 0), op->output_count);
}

enum kl_err tfl_read_strided_slice(struct tfl_import *import, struct flat_table table,
                                   struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_OPTIONAL, &t));
    op->attr.strided_slice = (struct kl_attr_strided_slice){
        .begin_mask = flat_u32(fb, t, TFL_SLICE_BEGIN_MASK, 0),
        .end_mask = flat_u32(fb, t, TFL_SLICE_END_MASK, 0),
        .ellipsis_mask = flat_u32(fb, t, TFL_SLICE_ELLIPSIS_MASK, 0),
        .new_axis_mask = flat_u32(fb, t, TFL_SLICE_NEW_AXIS_MASK, 0),
        .shrink_axis_mask = flat_u32(fb, t, TFL_SLICE_SHRINK_AXIS_MASK, 0),
        .offset = flat_bool(fb, t, TFL_SLICE_OFFSET, false)};
    return fb->err;
}

enum kl_err tfl_read_gather(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_OPTIONAL, &t));
    op->attr.gather.axis = flat_i32(fb, t, TFL_GATHER_AXIS, 0);
    op->attr.gather.batch_dims = flat_i32(fb, t, TFL_GATHER_BATCH_DIMS, 0);
    return fb->err;
}

enum kl_err tfl_read_block(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_REQUIRED, &t));
    op->attr.block.size = flat_i32(&import->fb, t, TFL_BLOCK_SIZE, 0);
    return import->fb.err; /* the shape rule checks it */
}

enum kl_err tfl_read_mirror_pad(struct tfl_import *import, struct flat_table table,
                                struct kl_op *op)
{
    struct flat_table t;
    KL_TRY(tfl_open_options(import, table, op, TFL_OPTIONAL, &t));
    int32_t mode = flat_i8(&import->fb, t, TFL_MIRROR_PAD_MODE, TFL_MIRROR_REFLECT);
    KL_TRY(import->fb.err);
    if (mode != TFL_MIRROR_REFLECT && mode != TFL_MIRROR_SYMMETRIC) {
        return tfl_fail(import, KL_EINPUT, "unknown mode %d", mode);
    }
    op->attr.mirror.reflect = mode == TFL_MIRROR_REFLECT;
    return KL_OK;
}
