/* SPDX-License-Identifier: Apache-2.0 */
/* Options of operators that move elements, as attributes of the graph's operators. */
#include "formats/tflite_schema.h"
#include "import/tflite_import.h"

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
    KL_TRY(tfl_read_fields(import, table, op, TFL_REQUIRED, &t));
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
