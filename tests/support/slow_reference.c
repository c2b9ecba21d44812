/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_reference.h"

#include <string.h>

#include "slow_ops.h"

static const struct {
    int32_t code;
    slow_fn *run;
} evaluators[] = {
    {KT_CONV_2D, slow_conv_2d},
    {KT_DEPTHWISE_CONV_2D, slow_depthwise_conv_2d},
    {KT_FULLY_CONNECTED, slow_fully_connected},
    {KT_TRANSPOSE_CONV, slow_transpose_conv},
    {KT_ADD, slow_add},
    {KT_SUB, slow_sub},
    {KT_MUL, slow_mul},
    {KT_AVERAGE_POOL_2D, slow_average_pool},
    {KT_MAX_POOL_2D, slow_max_pool},
    {KT_MEAN, slow_mean},
    {KT_SOFTMAX, slow_softmax},
    {KT_SVDF, slow_svdf},
    {KT_SIGNAL_WINDOW, slow_signal_window},
    {KT_SIGNAL_FFT_AUTO_SCALE, slow_signal_auto_scale},
    {KT_SIGNAL_RFFT, slow_signal_rfft},
    {KT_SIGNAL_ENERGY, slow_signal_energy},
    {KT_SIGNAL_FILTER_BANK, slow_signal_filter_bank},
    {KT_SIGNAL_FILTER_BANK_SQUARE_ROOT, slow_signal_root},
    {KT_SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION, slow_signal_noise},
    {KT_SIGNAL_PCAN, slow_signal_pcan},
    {KT_SIGNAL_FILTER_BANK_LOG, slow_signal_log},
    {KT_UNIDIRECTIONAL_SEQUENCE_LSTM, slow_lstm},
    {KT_LOGISTIC, slow_logistic},
    {KT_TANH, slow_tanh},
    {KT_RELU, slow_relu},
    {KT_RELU6, slow_relu6},
    {KT_LEAKY_RELU, slow_leaky_relu},
    {KT_PRELU, slow_prelu},
    {KT_HARD_SWISH, slow_hard_swish},
    {KT_QUANTIZE, slow_quantize},
    {KT_DEQUANTIZE, slow_dequantize},
    {KT_PAD, slow_pad},
    {KT_PADV2, slow_pad},
    {KT_RESHAPE, slow_copy},
    {KT_EXPAND_DIMS, slow_copy},
    {KT_SQUEEZE, slow_copy},
    {KT_TRANSPOSE, slow_transpose},
    {KT_STRIDED_SLICE, slow_strided_slice},
    {KT_CONCATENATION, slow_concatenation},
    {KT_SPLIT, slow_split},
    {KT_SPLIT_V, slow_split_v},
    {KT_PACK, slow_pack},
    {KT_UNPACK, slow_unpack},
    {KT_SHAPE, slow_shape},
    {KT_RESIZE_NEAREST_NEIGHBOR, slow_resize_nearest},
    {KT_ABS, slow_function},
    {KT_NEG, slow_function},
    {KT_CEIL, slow_function},
    {KT_FLOOR, slow_function},
    {KT_ROUND, slow_function},
    {KT_SIGN, slow_function},
    {KT_SQRT, slow_function},
    {KT_RSQRT, slow_function},
    {KT_SQUARE, slow_function},
    {KT_EXP, slow_function},
    {KT_LOG, slow_function},
    {KT_SIN, slow_function},
    {KT_COS, slow_function},
    {KT_ELU, slow_function},
    {KT_DIV, slow_arithmetic},
    {KT_MAXIMUM, slow_arithmetic},
    {KT_MINIMUM, slow_arithmetic},
    {KT_POW, slow_arithmetic},
    {KT_FLOOR_MOD, slow_arithmetic},
    {KT_FLOOR_DIV, slow_arithmetic},
    {KT_LOGICAL_AND, slow_arithmetic},
    {KT_LOGICAL_OR, slow_arithmetic},
    {KT_BITWISE_XOR, slow_arithmetic},
    {KT_EQUAL, slow_compare},
    {KT_NOT_EQUAL, slow_compare},
    {KT_LESS, slow_compare},
    {KT_LESS_EQUAL, slow_compare},
    {KT_GREATER, slow_compare},
    {KT_GREATER_EQUAL, slow_compare},
    {KT_LOGICAL_NOT, slow_logical_not},
    {KT_SELECT_V2, slow_select},
    {KT_CAST, slow_cast},
    {KT_SUM, slow_reduce_number},
    {KT_REDUCE_PROD, slow_reduce_number},
    {KT_REDUCE_MAX, slow_reduce_number},
    {KT_REDUCE_MIN, slow_reduce_number},
    {KT_ARG_MAX, slow_arg},
    {KT_ARG_MIN, slow_arg},
    {KT_GATHER, slow_gather},
    {KT_GATHER_ND, slow_gather_nd},
    {KT_TOPK_V2, slow_topk},
    {KT_BATCH_MATMUL, slow_batch_matmul},
    {KT_TILE, slow_repeat},
    {KT_BROADCAST_TO, slow_repeat},
    {KT_LOG_SOFTMAX, slow_log_softmax},
    {KT_L2_NORMALIZATION, slow_l2_normalise},
    {KT_RESIZE_BILINEAR, slow_resize_bilinear},
    {KT_SQUARED_DIFFERENCE, slow_squared_difference},
    {KT_L2_POOL_2D, slow_l2_pool},
    {KT_ADD_N, slow_add_n},
    {KT_CUMSUM, slow_cumsum},
    {KT_GELU, slow_gelu},
    {KT_RELU_N1_TO_1, slow_relu_range},
    {KT_RELU_0_TO_1, slow_relu_range},
    {KT_CIRCULAR_BUFFER, slow_circular_buffer},
    {KT_SIGNAL_DELAY, slow_signal_delay},
    {KT_SIGNAL_FRAMER, slow_signal_framer},
    {KT_SIGNAL_STACKER, slow_signal_stacker},
    {KT_SIGNAL_OVERLAP_ADD, slow_signal_overlap_add},
    {KT_SIGNAL_IRFFT, slow_signal_irfft},
    {KT_SELECT, slow_select},
    {KT_SLICE, slow_slice},
    {KT_REVERSE_V2, slow_reverse},
    {KT_MIRROR_PAD, slow_mirror_pad},
    {KT_SPACE_TO_DEPTH, slow_space_to_depth},
    {KT_DEPTH_TO_SPACE, slow_depth_to_space},
    {KT_SPACE_TO_BATCH_ND, slow_space_to_batch},
    {KT_BATCH_TO_SPACE_ND, slow_batch_to_space},
    {KT_FILL, slow_fill},
    {KT_ZEROS_LIKE, slow_zeros},
    {KT_BROADCAST_ARGS, slow_broadcast_args},
    {KT_EMBEDDING_LOOKUP, slow_embedding_lookup},
};

static slow_fn *evaluator(int32_t code)
{
    for (size_t i = 0; i < sizeof(evaluators) / sizeof(evaluators[0]); i++) {
        if (evaluators[i].code == code) {
            return evaluators[i].run;
        }
    }
    kt_die("the slow reference has no operator %d", (int)code);
}

bool kt_slow_is_elementary(int32_t code)
{
    switch (code) {
    case KT_SOFTMAX:
    case KT_LOG_SOFTMAX:
    case KT_UNIDIRECTIONAL_SEQUENCE_LSTM:
    case KT_LOGISTIC:
    case KT_TANH:
    case KT_EXP:
    case KT_LOG:
    case KT_SIN:
    case KT_COS:
    case KT_ELU:
    case KT_GELU:
    case KT_POW: return true;
    default: return false;
    }
}

enum { MAX_VARIABLES = 16, MAX_TURNS = 100000 };

/* A variable, found by its name; what it holds is of the size that was assigned first. */
struct slow_variable {
    const char *name;
    unsigned char *data; /* NULL: nothing was assigned yet */
};

struct kt_slow {
    struct kt_model *model;
    bool has_run;
    struct slow_variable variables[MAX_VARIABLES];
    int32_t variable_count;
    struct slow_value *entry;           /* the values of subgraph 0: its variable tensors stay */
    unsigned char *states[KT_MAX_OPS];  /* of the entry's operators */
    struct kl_bytes outputs[KT_MAX_IO]; /* of the last run that came to its end */
    bool ends_run;
};

static void run_subgraph(struct kt_slow *slow, int32_t index, struct slow_value *values);

/* Give every tensor its memory: constants their content, state its zero point, others zeros. */
static struct slow_value *make_values(struct kt_model *model, int32_t index)
{
    const struct kt_subgraph *subgraph = model->subgraphs[index];
    struct slow_value *values = kt_alloc(model, (size_t)subgraph->tensor_count, sizeof(*values));
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        const struct kt_tensor *tensor = &subgraph->tensors[i];
        if (tensor->rank > SLOW_MAX_RANK) {
            kt_die("rank %d", (int)tensor->rank);
        }
        values[i].tensor = tensor;
        values[i].data = kt_alloc(model, kt_bytes(tensor) + 1, 1);
        if (tensor->data) {
            memcpy(values[i].data, tensor->data, kt_bytes(tensor));
        } else if (tensor->is_variable && tensor->zero_point_count) {
            memset(values[i].data, (int)tensor->zero_point[0], kt_bytes(tensor));
        }
    }
    return values;
}

/* The name that the VAR_HANDLE before gave to the handle. */
static const char *name_of_handle(const struct kt_subgraph *subgraph, int32_t handle)
{
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        const struct kt_op *op = &subgraph->ops[i];
        if (op->code == KT_VAR_HANDLE && op->outputs[0] == handle) {
            return op->options.text;
        }
    }
    kt_die("tensor %d is no handle", (int)handle);
}

static struct slow_variable *variable_of(struct kt_slow *slow, const char *name)
{
    for (int32_t i = 0; i < slow->variable_count; i++) {
        if (strcmp(slow->variables[i].name, name) == 0) {
            return &slow->variables[i];
        }
    }
    if (slow->variable_count == MAX_VARIABLES) {
        kt_die("too many variables");
    }
    slow->variables[slow->variable_count].name = name;
    return &slow->variables[slow->variable_count++];
}

/* Unset variables hold the zero point of the tensor that they are read into. */
static void access_variable(struct kt_slow *slow, const struct kt_subgraph *subgraph,
                            const struct kt_op *op, const struct slow_value *values)
{
    bool reads = op->code == KT_READ_VARIABLE;
    struct slow_variable *v = variable_of(slow, name_of_handle(subgraph, op->inputs[0]));
    const struct slow_value *value = &values[reads ? op->outputs[0] : op->inputs[1]];
    size_t bytes = kt_bytes(value->tensor);
    if (!v->data) {
        v->data = kt_alloc(slow->model, bytes, 1);
        if (value->tensor->zero_point_count) {
            memset(v->data, (int)value->tensor->zero_point[0], bytes);
        }
    }
    memcpy(reads ? value->data : v->data, reads ? v->data : value->data, bytes);
}

/* Run subgraph `called` on `inputs` of the caller; its outputs go to `outputs`. */
static bool call(struct kt_slow *slow, int32_t called, const struct slow_value *caller,
                 const int32_t *inputs, const int32_t *outputs)
{
    const struct kt_subgraph *subgraph = slow->model->subgraphs[called];
    struct slow_value *values = make_values(slow->model, called);
    for (int32_t i = 0; i < subgraph->input_count; i++) {
        memcpy(values[subgraph->inputs[i]].data, caller[inputs[i]].data,
               kt_bytes(caller[inputs[i]].tensor));
    }
    run_subgraph(slow, called, values);
    for (int32_t i = 0; outputs && i < subgraph->output_count; i++) {
        memcpy(caller[outputs[i]].data, values[subgraph->outputs[i]].data,
               kt_bytes(caller[outputs[i]].tensor));
    }
    return subgraph->output_count > 0 && values[subgraph->outputs[0]].data[0] != 0;
}

static void run_while(struct kt_slow *slow, const struct kt_op *op, const struct slow_value *values)
{
    for (int32_t i = 0; i < op->input_count; i++) {
        memcpy(values[op->outputs[i]].data, values[op->inputs[i]].data,
               kt_bytes(values[op->inputs[i]].tensor));
    }
    int32_t turns = 0;
    while (call(slow, op->options.subgraph[0], values, op->outputs, NULL)) {
        call(slow, op->options.subgraph[1], values, op->outputs, op->outputs);
        if (++turns > MAX_TURNS) {
            kt_die("a loop has no end");
        }
    }
}

/* Memory of an operator of the entry; NULL of others. */
static unsigned char *state_of(struct kt_slow *slow, const struct kt_op *op)
{
    const struct kt_subgraph *entry = slow->model->subgraphs[0];
    if (op < entry->ops || op >= entry->ops + entry->op_count) {
        return NULL;
    }
    unsigned char **state = &slow->states[op - entry->ops];
    if (!*state) {
        *state = kt_alloc(slow->model, SLOW_STATE_BYTES, 1);
    }
    return *state;
}

static void run_plain(struct kt_slow *slow, const struct kt_op *op, const struct slow_value *values)
{
    struct slow_op o = {.op = op, .state = state_of(slow, op), .ends_run = &slow->ends_run};
    for (int32_t i = 0; i < op->input_count; i++) {
        if (op->inputs[i] >= 0) {
            o.in[i] = values[op->inputs[i]];
        }
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        o.out[i] = values[op->outputs[i]];
    }
    evaluator(op->code)(&o);
}

static void run_op(struct kt_slow *slow, const struct kt_subgraph *subgraph, const struct kt_op *op,
                   const struct slow_value *values)
{
    switch (op->code) {
    case KT_VAR_HANDLE: break;
    case KT_READ_VARIABLE:
    case KT_ASSIGN_VARIABLE: access_variable(slow, subgraph, op, values); break;
    case KT_CALL_ONCE:
        if (!slow->has_run) {
            call(slow, op->options.subgraph[0], values, NULL, NULL);
        }
        break;
    case KT_WHILE: run_while(slow, op, values); break;
    case KT_IF: {
        int32_t which = values[op->inputs[0]].data[0] ? 0 : 1;
        call(slow, op->options.subgraph[which], values, op->inputs + 1, op->outputs);
        break;
    }
    default: run_plain(slow, op, values); break;
    }
}

static void run_subgraph(struct kt_slow *slow, int32_t index, struct slow_value *values)
{
    const struct kt_subgraph *subgraph = slow->model->subgraphs[index];
    for (int32_t i = 0; i < subgraph->op_count && !slow->ends_run; i++) {
        run_op(slow, subgraph, &subgraph->ops[i], values);
    }
}

static struct kl_bytes copy_of(struct kt_slow *slow, const struct slow_value *value)
{
    size_t bytes = kt_bytes(value->tensor);
    unsigned char *copy = kt_alloc(slow->model, bytes, 1);
    memcpy(copy, value->data, bytes);
    return (struct kl_bytes){.data = copy, .size = bytes};
}

/* Outputs before the first whole run: their zero point. */
static void start_outputs(struct kt_slow *slow)
{
    const struct kt_subgraph *subgraph = slow->model->subgraphs[0];
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        const struct kt_tensor *tensor = &subgraph->tensors[subgraph->outputs[i]];
        size_t bytes = kt_bytes(tensor);
        unsigned char *data = kt_alloc(slow->model, bytes, 1);
        if (tensor->zero_point_count) {
            memset(data, (int)tensor->zero_point[0], bytes);
        }
        slow->outputs[i] = (struct kl_bytes){.data = data, .size = bytes};
    }
}

struct kt_slow *kt_slow_start(struct kt_model *model)
{
    struct kt_slow *slow = kt_alloc(model, 1, sizeof(*slow));
    slow->model = model;
    slow->entry = make_values(model, 0);
    start_outputs(slow);
    return slow;
}

void kt_slow_next(struct kt_slow *slow, const struct kl_bytes *inputs, struct kl_bytes *outputs)
{
    const struct kt_subgraph *subgraph = slow->model->subgraphs[0];
    for (int32_t i = 0; i < subgraph->input_count; i++) {
        const struct slow_value *value = &slow->entry[subgraph->inputs[i]];
        if (inputs[i].size != kt_bytes(value->tensor)) {
            kt_die("input %d has %zu bytes", (int)i, inputs[i].size);
        }
        memcpy(value->data, inputs[i].data, inputs[i].size);
    }
    slow->ends_run = false;
    run_subgraph(slow, 0, slow->entry);
    slow->has_run = true;
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        if (!slow->ends_run) {
            slow->outputs[i] = copy_of(slow, &slow->entry[subgraph->outputs[i]]);
        }
        outputs[i] = slow->outputs[i];
    }
}

void kt_slow_run(struct kt_model *model, const struct kl_bytes *inputs, struct kl_bytes *outputs)
{
    kt_slow_next(kt_slow_start(model), inputs, outputs);
}
