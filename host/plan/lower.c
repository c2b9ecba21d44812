/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/lower.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Placing buffers is quadratic and worse in their number. */
enum { MAX_OPS = 4096, MAX_BUFFERS = 4096, MAX_STEPS = 16384 };

/* Room for one more element in a growing arena array; the old copy stays behind. */
static bool grow(struct kl_arena *arena, void **array, int32_t count, int32_t *capacity,
                 size_t elem_bytes)
{
    if (count < *capacity) {
        return true;
    }
    int32_t larger = *capacity ? *capacity * 2 : 16;
    void *copy = kl_arena_alloc(arena, (size_t)larger, elem_bytes);
    if (!copy) {
        return false;
    }
    if (count) {
        memcpy(copy, *array, (size_t)count * elem_bytes);
    }
    *array = copy;
    *capacity = larger;
    return true;
}

void *kl_lower_alloc(struct kl_lowering *l, size_t count, size_t size)
{
    size_t left = KL_PLAN_CONSTANTS_LIMIT - l->made_bytes;
    if (size && count > left / size) {
        return NULL;
    }
    l->made_bytes += count * size;
    return kl_arena_alloc(l->arena, count, size);
}

/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
static uint64_t hash_of(const unsigned char *data, size_t bytes)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < bytes; i++) {
        hash = (hash ^ data[i]) * 0x100000001b3u;
    }
    return hash;
}

enum kl_err kl_lower_constant(struct kl_lowering *l, const void *data, size_t bytes,
                              enum kl_dtype dtype, const void **kept, struct kl_diag *diag)
{
    struct kl_plan *plan = l->plan;
    uint64_t hash = hash_of(data, bytes);
    if (bytes > KL_PLAN_CONSTANTS_LIMIT - plan->constant_bytes) {
        return kl_op_fail(l->op, diag, KL_ELIMIT, "the model's constants exceed %zu bytes in all",
                          KL_PLAN_CONSTANTS_LIMIT);
    }
    for (int32_t i = 0; i < plan->constant_count; i++) {
        const struct kl_plan_constant *c = &plan->constants[i];
        if (c->bytes == bytes && c->dtype == dtype && c->hash == hash &&
            (c->data == data || memcmp(c->data, data, bytes) == 0)) {
            *kept = c->data;
            return KL_OK;
        }
        if (c->data == data) {
            /* One piece of the file under two types: constants are told apart by address. */
            data = kl_arena_copy(l->arena, data, bytes);
            if (!data) {
                return KL_FAIL_MEMORY(diag);
            }
        }
    }
    void *array = plan->constants;
    if (!grow(l->arena, &array, plan->constant_count, &l->constant_capacity,
              sizeof plan->constants[0])) {
        return KL_FAIL_MEMORY(diag);
    }
    plan->constants = array;
    plan->constants[plan->constant_count++] = (struct kl_plan_constant){data, bytes, dtype, hash};
    plan->constant_bytes += bytes;
    *kept = data;
    return KL_OK;
}

static int32_t constant_index(const struct kl_plan *plan, const void *kept)
{
    int32_t i = 0;
    while (plan->constants[i].data != kept) {
        i++;
    }
    return i;
}

struct kl_plan_rows kl_lower_constant_rows(const struct kl_lowering *l, const void *kept)
{
    int32_t index = constant_index(l->plan, kept);
    return (struct kl_plan_rows){.buffer = -1,
                                 .constant = index,
                                 .stride = (int32_t)l->plan->constants[index].bytes,
                                 .count = 1};
}

/* Infinity and NaN have no literal in C, and no use in a model. */
static enum kl_err need_finite(const struct kl_lowering *l, const struct kl_tensor *tensor,
                               struct kl_diag *diag)
{
    const float *values = tensor->data;
    size_t count = tensor->dtype == KL_F32 ? tensor->bytes / sizeof values[0] : 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return kl_op_fail(l->op, diag, KL_EINPUT, "input '%.100s' holds infinity or NaN",
                              tensor->name);
        }
    }
    return KL_OK;
}

enum kl_err kl_lower_place(struct kl_lowering *l, const struct kl_tensor *tensor,
                           struct kl_location *place, struct kl_diag *diag)
{
    *place = l->locations[tensor->id];
    if (tensor->data) {
        const void *kept;
        KL_TRY(need_finite(l, tensor, diag));
        KL_TRY(kl_lower_constant(l, tensor->data, tensor->bytes, tensor->dtype, &kept, diag));
        place->constant = constant_index(l->plan, kept);
    } else if (place->buffer < 0 && place->constant < 0) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "'%.100s' keeps state inside a subgraph that is run by another",
                          tensor->name);
    }
    return KL_OK;
}

enum kl_err kl_lower_input(struct kl_lowering *l, int32_t index, int32_t row_bytes, int32_t count,
                           struct kl_plan_rows *rows, struct kl_diag *diag)
{
    struct kl_location where;
    KL_TRY(kl_lower_place(l, l->op->inputs[index], &where, diag));
    *rows = (struct kl_plan_rows){where.buffer, where.constant, where.offset, row_bytes, count};
    return KL_OK;
}

enum kl_err kl_lower_buffer(struct kl_lowering *l, size_t bytes, const char *name, int32_t last_use,
                            int32_t *index, struct kl_diag *diag)
{
    struct kl_plan *plan = l->plan;
    void *buffers = plan->buffers;
    void *uses = l->buffer_last_use;
    if (plan->buffer_count == MAX_BUFFERS) {
        return kl_fail(diag, KL_ELIMIT, "the model needs more than %d buffers", MAX_BUFFERS);
    }
    if (!grow(l->arena, &uses, plan->buffer_count, &l->buffer_use_capacity,
              sizeof l->buffer_last_use[0]) ||
        !grow(l->arena, &buffers, plan->buffer_count, &l->buffer_capacity,
              sizeof plan->buffers[0])) {
        return KL_FAIL_MEMORY(diag);
    }
    plan->buffers = buffers;
    l->buffer_last_use = uses;
    *index = plan->buffer_count++;
    plan->buffers[*index] =
        (struct kl_plan_buffer){.bytes = bytes, .first = INT32_MAX, .last = -1, .name = name};
    l->buffer_last_use[*index] = last_use;
    return KL_OK;
}

static enum kl_err add_buffer(struct kl_lowering *l, const struct kl_tensor *tensor,
                              struct kl_diag *diag)
{
    int32_t index;
    KL_TRY(kl_lower_buffer(l, tensor->bytes, tensor->name, l->last_use[tensor->id], &index, diag));
    l->locations[tensor->id] = (struct kl_location){index, -1, 0};
    return KL_OK;
}

void kl_lower_share(struct kl_lowering *l, const struct kl_tensor *tensor,
                    const struct kl_tensor *other, size_t offset)
{
    struct kl_location where = l->locations[other->id];
    where.offset += offset;
    l->locations[tensor->id] = where;
    if (where.buffer >= l->first_buffer &&
        l->buffer_last_use[where.buffer] < l->last_use[tensor->id]) {
        l->buffer_last_use[where.buffer] = l->last_use[tensor->id];
    }
}

bool kl_lower_may_overwrite(const struct kl_lowering *l, const struct kl_tensor *input)
{
    struct kl_location where = l->locations[input->id];
    return !input->data && where.buffer >= l->first_buffer &&
           l->buffer_last_use[where.buffer] == l->op->position;
}

/* Does the output fill the input's buffer? A smaller one would keep all of it alive. */
static bool same_size(const struct kl_lowering *l, const struct kl_tensor *input,
                      const struct kl_tensor *output)
{
    int32_t buffer = l->locations[input->id].buffer;
    return buffer >= 0 && l->plan->buffers[buffer].bytes == output->bytes;
}

enum kl_err kl_lower_output(struct kl_lowering *l, int32_t index, int32_t reuse, int32_t row_bytes,
                            int32_t count, struct kl_plan_rows *rows, struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->op->outputs[index];
    l->written = tensor;
    if (l->locations[tensor->id].buffer < 0) {
        const struct kl_tensor *input = reuse >= 0 ? l->op->inputs[reuse] : NULL;
        if (input && same_size(l, input, tensor) && kl_lower_may_overwrite(l, input)) {
            kl_lower_share(l, tensor, input, 0);
        } else {
            KL_TRY(add_buffer(l, tensor, diag));
        }
    }
    struct kl_location where = l->locations[tensor->id];
    l->written_offset = where.offset;
    *rows = (struct kl_plan_rows){where.buffer, -1, where.offset, row_bytes, count};
    return KL_OK;
}

enum kl_err kl_lower_step(struct kl_lowering *l, struct kl_plan_step step, struct kl_diag *diag)
{
    struct kl_plan *plan = l->plan;
    void *array = plan->steps;
    int32_t number = kl_plan_all_steps(plan);
    if (number == MAX_STEPS) {
        return kl_fail(diag, KL_ELIMIT, "the model needs more than %d steps", MAX_STEPS);
    }
    if (!grow(l->arena, &array, number, &l->step_capacity, sizeof plan->steps[0])) {
        return KL_FAIL_MEMORY(diag);
    }
    plan->steps = array;
    step.op = l->op;
    step.written = step.kernel == KL_KERNEL_BRANCH ? NULL : l->written;
    step.written_offset = l->written_offset;
    step.out_count += step.out_count == 0; /* most kernels have one output, and need not say so */
    step.scratch = -1;
    if (step.scratch_bytes) {
        KL_TRY(kl_lower_buffer(l, step.scratch_bytes, "scratch", INT32_MAX, &step.scratch, diag));
    }
    plan->steps[number] = step;
    if (l->resetting) {
        plan->reset_count++;
    } else {
        plan->step_count++;
        plan->macs = kl_macs_sum(plan->macs, step.macs);
    }
    return KL_OK;
}

enum kl_err kl_lower_whole_step(struct kl_lowering *l, enum kl_kernel_id kernel, const void *params,
                                int32_t in, int32_t out, struct kl_plan_overlap overlap,
                                struct kl_diag *diag)
{
    struct kl_plan_step step = {.kernel = kernel, .params = params, .in_count = 1};
    int32_t in_bytes = (int32_t)l->op->inputs[in]->bytes;
    int32_t out_bytes = (int32_t)l->op->outputs[out]->bytes;
    KL_TRY(kl_lower_input(l, in, in_bytes, 1, &step.in[0], diag));
    step.overlap[0] = overlap;
    int32_t reuse = overlap.allowed && overlap.lead <= 0 ? in : -1;
    KL_TRY(kl_lower_output(l, out, reuse, out_bytes, 1, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

static struct kl_plan_rows one_row(struct kl_location at, size_t bytes)
{
    return (struct kl_plan_rows){at.buffer, at.constant, at.offset, (int32_t)bytes, 1};
}

enum kl_err kl_lower_copy(struct kl_lowering *l, const struct kl_tensor *tensor,
                          struct kl_location from, struct kl_location to, struct kl_diag *diag)
{
    struct kl_move *p = KL_LOWER_NEW(l, struct kl_move, 1);
    struct kl_plan_step step = {.kernel = KL_KERNEL_MOVE, .params = p, .in_count = 1};
    if (from.buffer >= 0 && from.buffer == to.buffer && from.offset == to.offset) {
        return KL_OK;
    }
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct kl_move){1, {1, 1, 1, 1, 1, (int32_t)tensor->bytes}, {0}, {0}};
    p->in_step[KL_MOVE_RANK - 1] = p->out_step[KL_MOVE_RANK - 1] = 1;
    step.in[0] = one_row(from, tensor->bytes);
    step.out[0] = one_row(to, tensor->bytes);
    l->written = tensor;
    l->written_offset = to.offset;
    return kl_lower_step(l, step, diag);
}

/* A RESHAPE costs nothing: its output is its input's memory. */
enum kl_err kl_lower_reshape(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *out = l->op->outputs[0];
    if (in->dtype != out->dtype) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_plan_rows rows;
    KL_TRY(kl_lower_input(l, 0, (int32_t)in->bytes, 1, &rows, diag));
    if (in->data) {
        return kl_lower_copy_input(l, false, diag); /* for a model output */
    }
    if (l->locations[out->id].buffer >= 0) {
        return kl_lower_copy(l, out, l->locations[in->id], l->locations[out->id], diag);
    }
    kl_lower_share(l, out, in, 0);
    return KL_OK;
}

enum kl_err kl_lower_type_error(const struct kl_lowering *l, struct kl_diag *diag)
{
    char types[128] = "";
    size_t used = 0;
    for (int32_t i = 0; i < l->op->input_count && used < 90; i++) {
        const struct kl_tensor *in = l->op->inputs[i];
        used += (size_t)snprintf(types + used, sizeof types - used, "%s%s", i ? ", " : "",
                                 in ? kl_dtype_name(in->dtype) : "none");
    }
    const char *out = l->op->output_count ? kl_dtype_name(l->op->outputs[0]->dtype) : "none";
    return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "types %s -> %s are not supported", types, out);
}

bool kl_lower_all_of(const struct kl_op *op, enum kl_dtype dtype)
{
    for (int32_t i = 0; i < op->input_count; i++) {
        if (op->inputs[i] && op->inputs[i]->dtype != dtype) {
            return false;
        }
    }
    return op->outputs[0]->dtype == dtype;
}

enum kl_err kl_lower_need_quant(const struct kl_lowering *l, const struct kl_tensor *tensor,
                                struct kl_diag *diag)
{
    if (tensor->quant.count == 1) {
        return KL_OK;
    }
    return kl_op_fail(l->op, diag, tensor->quant.count ? KL_EUNSUPPORTED : KL_EINPUT,
                      "tensor '%.100s' (%s) must be quantised with one scale, it has %d",
                      tensor->name, kl_dtype_name(tensor->dtype), tensor->quant.count);
}

enum kl_err kl_lower_need_constant(const struct kl_lowering *l, int32_t index, enum kl_dtype dtype,
                                   struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->op->inputs[index];
    if (tensor->dtype != dtype) {
        return kl_lower_type_error(l, diag);
    }
    if (!tensor->data) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "input %d ('%.100s') is computed at run time; it must be a constant",
                          index, tensor->name);
    }
    return need_finite(l, tensor, diag);
}

struct kl_quant_s8 kl_lower_quant(const struct kl_tensor *tensor)
{
    return kl_quant_of(tensor);
}

enum kl_err kl_lower_result(const struct kl_lowering *l, enum kl_err err,
                            const struct kl_diag *found, struct kl_diag *diag)
{
    return err == KL_OK ? KL_OK : kl_op_fail(l->op, diag, err, "%s", found->message);
}

/* A switch without default: the compiler names an operator that has no line here. */
static kl_lower_fn *lowering_of(enum kl_op_kind kind)
{
    switch (kind) {
    case KL_OP_CONV_2D: return kl_lower_conv;
    case KL_OP_DEPTHWISE_CONV_2D: return kl_lower_depthwise;
    case KL_OP_FULLY_CONNECTED: return kl_lower_fully_connected;
    case KL_OP_TRANSPOSE_CONV: return kl_lower_transpose_conv;
    case KL_OP_ADD:
    case KL_OP_SUB: return kl_lower_add;
    case KL_OP_MUL: return kl_lower_mul;
    case KL_OP_AVERAGE_POOL_2D:
    case KL_OP_MAX_POOL_2D: return kl_lower_pool;
    case KL_OP_MEAN: return kl_lower_mean;
    case KL_OP_SOFTMAX: return kl_lower_softmax;
    case KL_OP_LOGISTIC:
    case KL_OP_TANH:
    case KL_OP_RELU:
    case KL_OP_RELU6:
    case KL_OP_LEAKY_RELU:
    case KL_OP_HARD_SWISH: return kl_lower_function;
    case KL_OP_PRELU: return kl_lower_prelu;
    case KL_OP_QUANTIZE: return kl_lower_quantize;
    case KL_OP_DEQUANTIZE: return kl_lower_dequantize;
    case KL_OP_PAD:
    case KL_OP_PADV2: return kl_lower_pad;
    case KL_OP_RESHAPE:
    case KL_OP_EXPAND_DIMS:
    case KL_OP_SQUEEZE: return kl_lower_reshape;
    case KL_OP_TRANSPOSE:
    case KL_OP_STRIDED_SLICE:
    case KL_OP_CONCATENATION:
    case KL_OP_SPLIT:
    case KL_OP_SPLIT_V:
    case KL_OP_PACK:
    case KL_OP_UNPACK: return kl_lower_moves;
    case KL_OP_TILE:
    case KL_OP_BROADCAST_TO: return kl_lower_moves;
    case KL_OP_RESIZE_NEAREST_NEIGHBOR: return kl_lower_resize;
    case KL_OP_ABS:
    case KL_OP_NEG:
    case KL_OP_CEIL:
    case KL_OP_FLOOR:
    case KL_OP_ROUND:
    case KL_OP_SIGN:
    case KL_OP_SQRT:
    case KL_OP_RSQRT:
    case KL_OP_SQUARE:
    case KL_OP_EXP:
    case KL_OP_LOG:
    case KL_OP_SIN:
    case KL_OP_COS:
    case KL_OP_ELU:
    case KL_OP_GELU:
    case KL_OP_ERF:
    case KL_OP_SOFTPLUS: return kl_lower_unary;
    case KL_OP_DIV:
    case KL_OP_MAXIMUM:
    case KL_OP_MINIMUM:
    case KL_OP_POW:
    case KL_OP_FLOOR_MOD: return kl_lower_arithmetic;
    case KL_OP_LOGICAL_AND:
    case KL_OP_LOGICAL_OR:
    case KL_OP_BITWISE_XOR: return kl_lower_logic;
    case KL_OP_LOGICAL_NOT: return kl_lower_not;
    case KL_OP_EQUAL:
    case KL_OP_NOT_EQUAL:
    case KL_OP_LESS:
    case KL_OP_LESS_EQUAL:
    case KL_OP_GREATER:
    case KL_OP_GREATER_EQUAL: return kl_lower_compare;
    case KL_OP_SELECT_V2: return kl_lower_select;
    case KL_OP_CAST: return kl_lower_cast;
    case KL_OP_SUM:
    case KL_OP_REDUCE_PROD:
    case KL_OP_REDUCE_MAX:
    case KL_OP_REDUCE_MIN: return kl_lower_reduce;
    case KL_OP_ARG_MAX:
    case KL_OP_ARG_MIN: return kl_lower_arg;
    case KL_OP_GATHER:
    case KL_OP_GATHER_ND:
    case KL_OP_GATHER_ELEMENTS: return kl_lower_gather;
    case KL_OP_SCATTER_ND_UPDATE:
    case KL_OP_SCATTER_ELEMENTS: return kl_lower_scatter;
    case KL_OP_BATCH_MATMUL: return kl_lower_batch_matmul;
    case KL_OP_CUMSUM: return kl_lower_cumsum;
    case KL_OP_TOPK_V2: return kl_lower_topk;
    case KL_OP_RESAMPLE: return kl_lower_resample;
    case KL_OP_SIGNAL_WINDOW: return kl_lower_signal_window;
    case KL_OP_SIGNAL_FFT_AUTO_SCALE: return kl_lower_signal_auto_scale;
    case KL_OP_SIGNAL_RFFT: return kl_lower_signal_rfft;
    case KL_OP_SIGNAL_ENERGY: return kl_lower_signal_energy;
    case KL_OP_SIGNAL_FILTER_BANK: return kl_lower_signal_filter_bank;
    case KL_OP_SIGNAL_FILTER_BANK_SQUARE_ROOT: return kl_lower_signal_root;
    case KL_OP_SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION: return kl_lower_signal_noise;
    case KL_OP_SIGNAL_PCAN: return kl_lower_signal_pcan;
    case KL_OP_SIGNAL_FILTER_BANK_LOG: return kl_lower_signal_log;
    case KL_OP_SVDF: return kl_lower_svdf;
    case KL_OP_UNIDIRECTIONAL_SEQUENCE_LSTM: return kl_lower_lstm;
    case KL_OP_CALL_ONCE: return kl_lower_call_once;
    case KL_OP_VAR_HANDLE: return kl_lower_var_handle;
    case KL_OP_READ_VARIABLE: return kl_lower_read_variable;
    case KL_OP_ASSIGN_VARIABLE: return kl_lower_assign_variable;
    case KL_OP_WHILE: return kl_lower_while;
    case KL_OP_IF: return kl_lower_if;
    case KL_OP_TREE_ENSEMBLE: return kl_lower_tree_ensemble;
    case KL_OP_SQUARED_DISTANCE: return kl_lower_distance;
    case KL_OP_NEAREST_VOTE: return kl_lower_nearest_vote;
    case KL_OP_SHAPE: /* always folded */
    case KL_OP_UNKNOWN:
    case KL_OP_KIND_COUNT: break;
    }
    return NULL;
}

static const char *refusal(const struct kl_op *op)
{
    const char *reason = op->kind == KL_OP_UNKNOWN ? op->attr.unknown.reason : NULL;
    return reason ? reason : "this operator is not supported";
}

/* Types that nothing computes with have no bytes; no lowering needs to know them. The handle of a
 * variable has none either, and nobody computes with it. */
static bool has_bytes(const struct kl_op *op, const struct kl_tensor *tensor)
{
    bool handle = op->kind == KL_OP_VAR_HANDLE || op->kind == KL_OP_READ_VARIABLE ||
                  op->kind == KL_OP_ASSIGN_VARIABLE;
    return tensor->bytes > 0 || (handle && tensor->dtype == KL_RESOURCE);
}

static bool operands_have_bytes(const struct kl_op *op)
{
    for (int32_t i = 0; i < op->input_count; i++) {
        if (op->inputs[i] && !has_bytes(op, op->inputs[i])) {
            return false;
        }
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        if (!has_bytes(op, op->outputs[i])) {
            return false;
        }
    }
    return true;
}

/* Lower one operator, or say why not. */
static enum kl_err lower_op(struct kl_lowering *l, struct kl_op *op, struct kl_diag *diag)
{
    kl_lower_fn *lower = lowering_of(op->kind);
    l->op = op;
    if (!lower) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED, "%s", refusal(op));
    }
    if (!operands_have_bytes(op)) {
        return kl_lower_type_error(l, diag);
    }
    return lower(l, diag);
}

/* Operators of other subgraphs than the entry are named with theirs. */
static const char *issue_text(const struct kl_lowering *l, const char *message)
{
    for (int32_t i = 1; i < l->graph->subgraph_count; i++) {
        if (l->graph->subgraphs[i] == l->subgraph) {
            return kl_arena_printf(l->arena, "subgraph %d, %s", i, message);
        }
    }
    return kl_arena_printf(l->arena, "%s", message);
}

static bool is_reported(const struct kl_lowering *l, const struct kl_op *op)
{
    for (int32_t i = 0; i < l->issue_count; i++) {
        if (l->issues[i].op == op) {
            return true; /* a subgraph that is run twice has one issue */
        }
    }
    return false;
}

static enum kl_err add_issue(struct kl_lowering *l, const struct kl_op *op,
                             const struct kl_diag *found, struct kl_diag *diag)
{
    void *issues = l->issues;
    if (!is_reported(l, op)) {
        const char *message = issue_text(l, found->message);
        if (!message ||
            !grow(l->arena, &issues, l->issue_count, &l->issue_capacity, sizeof l->issues[0])) {
            return KL_FAIL_MEMORY(diag);
        }
        l->issues = issues;
        l->issues[l->issue_count++] = (struct kl_plan_issue){op, found->err, message};
    }
    /* Give the outputs a place, so that what comes after is judged on its own. */
    for (int32_t i = 0; i < op->output_count; i++) {
        if (l->locations[op->outputs[i]->id].buffer < 0) {
            KL_TRY(add_buffer(l, op->outputs[i], diag));
        }
    }
    return KL_OK;
}

enum kl_err kl_lower_ops(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_subgraph *subgraph = l->subgraph;
    l->op_count += subgraph->op_count + (l->depth > 0); /* one for running it */
    if (l->op_count > MAX_OPS) {
        return kl_fail(diag, KL_ELIMIT, "the model has %d operators, at most %d are planned",
                       l->op_count, MAX_OPS);
    }
    KL_TRY(kl_lower_plan_variables(l, diag));
    KL_TRY(kl_lower_plan_joins(l, diag));
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        struct kl_diag found = {0};
        if (lower_op(l, subgraph->ops[i], &found) != KL_OK) {
            KL_TRY(add_issue(l, subgraph->ops[i], &found, diag));
        }
    }
    return KL_OK;
}

static enum kl_err need_bytes(const struct kl_tensor *tensor, const char *role, int32_t index,
                              struct kl_diag *diag)
{
    if (tensor->bytes > 0) {
        return KL_OK;
    }
    return kl_fail(diag, KL_EUNSUPPORTED,
                   "model %s %d ('%.100s') is of type %s, which holds no data", role, index,
                   tensor->name, kl_dtype_name(tensor->dtype));
}

static enum kl_err place_inputs(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_subgraph *subgraph = l->subgraph;
    if (subgraph->input_count > KL_PLAN_MAX_IO || subgraph->output_count > KL_PLAN_MAX_IO) {
        return kl_fail(diag, KL_ELIMIT, "the model has %d inputs and %d outputs; at most %d each",
                       subgraph->input_count, subgraph->output_count, KL_PLAN_MAX_IO);
    }
    for (int32_t i = 0; i < subgraph->input_count; i++) {
        const struct kl_tensor *tensor = subgraph->inputs[i];
        if (tensor->data || tensor->producer || l->locations[tensor->id].buffer >= 0) {
            return kl_fail(diag, KL_EINPUT, "model input %d ('%.100s') is constant or named twice",
                           i, tensor->name);
        }
        KL_TRY(add_buffer(l, tensor, diag));
        l->plan->inputs[i] = (struct kl_plan_io){tensor, l->locations[tensor->id].buffer, 0};
    }
    l->plan->input_count = subgraph->input_count;
    return KL_OK;
}

/* Checked last, so that the operators that use such an input are reported one by one. */
static enum kl_err check_inputs(const struct kl_lowering *l, struct kl_diag *diag)
{
    for (int32_t i = 0; i < l->plan->input_count; i++) {
        KL_TRY(need_bytes(l->plan->inputs[i].tensor, "input", i, diag));
    }
    return KL_OK;
}

static enum kl_err find_outputs(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_subgraph *subgraph = l->subgraph;
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        const struct kl_tensor *tensor = subgraph->outputs[i];
        struct kl_location where = l->locations[tensor->id];
        if (where.buffer < 0) {
            return kl_fail(diag, KL_EUNSUPPORTED, "model output %d ('%.100s') is a %s", i,
                           tensor->name, tensor->data ? "constant" : "variable");
        }
        KL_TRY(need_bytes(tensor, "output", i, diag));
        l->plan->outputs[i] = (struct kl_plan_io){tensor, where.buffer, where.offset};
    }
    l->plan->output_count = subgraph->output_count;
    return KL_OK;
}

enum kl_err kl_lower_graph(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_lower_frame outside;
    KL_TRY(kl_lower_enter(l, 0, &outside, diag));
    KL_TRY(place_inputs(l, diag));
    KL_TRY(kl_lower_state(l, diag));
    KL_TRY(kl_lower_ops(l, diag));
    if (l->issue_count == 0) {
        KL_TRY(check_inputs(l, diag));
        KL_TRY(find_outputs(l, diag));
    }
    return kl_lower_reset(l, diag);
}
