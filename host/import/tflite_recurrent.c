/* SPDX-License-Identifier: Apache-2.0 */
/* Options of recurrent operators, as attributes of the graph's operators. */
#include <math.h>

#include "formats/tflite_schema.h"
#include "graph/const_params.h"
#include "import/tflite_import.h"

/* Inputs of the variants that the graph cannot express. */
static enum kl_err check_lstm_inputs(struct tfl_import *import, const struct kl_op *op)
{
    for (int32_t i = 0; i < op->input_count; i++) {
        bool plain = i < KL_LSTM_RECURRENT_WEIGHTS + KL_LSTM_GATES ||
                     (i >= KL_LSTM_BIAS && i < KL_LSTM_BIAS + KL_LSTM_GATES) ||
                     i == KL_LSTM_HIDDEN || i == KL_LSTM_CELL;
        if (plain && !op->inputs[i]) {
            KL_TRY(
                tfl_unsupported(import, "input %d is omitted; coupled gates are not supported", i));
        } else if (!plain && op->inputs[i]) {
            KL_TRY(tfl_unsupported(import,
                                   "input %d is used; peepholes, projection and layer "
                                   "normalisation are not supported",
                                   i));
        }
    }
    return KL_OK;
}

enum kl_err tfl_read_lstm(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    struct flat_reader *fb = &import->fb;
    struct flat_table t;
    KL_TRY(tfl_read_fields(import, table, op, TFL_REQUIRED, &t));
    int32_t activation = flat_i8(fb, t, TFL_LSTM_ACTIVATION, TFL_ACTIVATION_NONE);
    float clip = op->attr.lstm.cell_clip;
    KL_TRY(fb->err);
    if (!isfinite(clip) || clip < 0) {
        return tfl_fail(import, KL_EINPUT,
                        "the cell's limit is %g; it must be finite and not below 0", (double)clip);
    }
    if (activation != TFL_ACTIVATION_TANH) {
        KL_TRY(tfl_unsupported(import, "the cell's function must be TANH"));
    }
    return check_lstm_inputs(import, op);
}
