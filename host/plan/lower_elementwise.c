/* SPDX-License-Identifier: Apache-2.0 */
/* Operators of two or three inputs with broadcast. */
#include <string.h>

#include "plan/add_fit.h"
#include "plan/lower.h"

/* Loops over the output, outermost first, before they are split into rows and a row. */
struct loops {
    int32_t rank;
    int32_t dim[KL_MAX_RANK];
    int32_t inputs;               /* 2 or 3 */
    int32_t step[3][KL_MAX_RANK]; /* elements; 0: broadcast */
};

static void input_steps(const struct kl_shape *in, const struct kl_shape *out,
                        int32_t step[KL_MAX_RANK])
{
    int32_t dense = 1;
    for (int32_t i = 1; i <= out->rank; i++) {
        int32_t dim = i <= in->rank ? in->dim[in->rank - i] : 1;
        step[out->rank - i] = dim == 1 ? 0 : dense;
        dense *= dim;
    }
}

/* Do all inputs go on without a gap from loop `last` into loop `i` of `all`? */
static bool goes_on(const struct loops *merged, int32_t last, const struct loops *all, int32_t i)
{
    for (int32_t k = 0; k < all->inputs; k++) {
        if (merged->step[k][last] != all->step[k][i] * all->dim[i]) {
            return false;
        }
    }
    return true;
}

/* Merge each loop into the next inner one when all inputs go on without a gap. */
static struct loops merged_loops(const struct kl_op *op)
{
    const struct kl_shape *out = &op->outputs[0]->shape;
    struct loops all = {.rank = out->rank, .inputs = op->input_count};
    struct loops merged = {.inputs = op->input_count};
    memcpy(all.dim, out->dim, sizeof all.dim);
    for (int32_t k = 0; k < all.inputs; k++) {
        struct kl_shape in = op->inputs[k]->shape;
        if (k == 0 && all.inputs == 3) {
            in = kl_op_condition(op);
        }
        input_steps(&in, out, all.step[k]);
    }
    for (int32_t i = 0; i < out->rank; i++) {
        int32_t last = merged.rank - 1;
        if (out->dim[i] == 1) {
            continue;
        }
        if (last >= 0 && goes_on(&merged, last, &all, i)) {
            merged.dim[last] *= out->dim[i];
        } else {
            last = merged.rank++;
            merged.dim[last] = out->dim[i];
        }
        for (int32_t k = 0; k < all.inputs; k++) {
            merged.step[k][last] = all.step[k][i];
        }
    }
    return merged;
}

/* Rows are the outermost of four loops, or there is one row. */
static enum kl_err split_loops(const struct kl_lowering *l, const struct loops *loops,
                               struct kl_elementwise *ew, int32_t *rows, int32_t row_step[2],
                               struct kl_diag *diag)
{
    if (loops->rank > 4) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "a broadcast of %d separate dimensions",
                          loops->rank);
    }
    int32_t inner = loops->rank > 3 ? 3 : loops->rank;
    int32_t first = loops->rank - inner;
    *rows = first ? loops->dim[0] : 1;
    for (int32_t k = 0; k < 2; k++) {
        row_step[k] = first ? loops->step[k][0] : 0;
    }
    for (int32_t i = 0; i < 3; i++) {
        int32_t from = i - (3 - inner);
        ew->dim[i] = from < 0 ? 1 : loops->dim[first + from];
        for (int32_t k = 0; k < 2; k++) {
            ew->step[k][i] = from < 0 ? 0 : loops->step[k][first + from];
        }
    }
    return KL_OK;
}

static bool same_size(const struct kl_op *op, int32_t input)
{
    return op->inputs[input]->bytes == op->outputs[0]->bytes &&
           op->inputs[input]->dtype == op->outputs[0]->dtype;
}

/* The input that the output may overwrite: one whose elements line up with the output's. */
static int32_t reusable_input(const struct kl_lowering *l)
{
    for (int32_t i = 0; i < 2; i++) {
        if (same_size(l->op, i) && kl_lower_may_overwrite(l, l->op->inputs[i])) {
            return i;
        }
    }
    return -1;
}

/* Fill in geometry and operands of the step for l->op. */
static enum kl_err elementwise_step(struct kl_lowering *l, enum kl_kernel_id kernel,
                                    const void *params, struct kl_elementwise *ew,
                                    struct kl_diag *diag)
{
    struct kl_plan_step step = {
        .kernel = kernel, .params = params, .in_count = 2, .macs = kl_op_macs(l->op)};
    struct loops loops = merged_loops(l->op);
    const struct kl_tensor *out = l->op->outputs[0];
    int32_t elem = (int32_t)kl_dtype_bytes(l->op->inputs[0]->dtype);
    int32_t row_step[2];
    int32_t rows = 1;
    KL_TRY(split_loops(l, &loops, ew, &rows, row_step, diag));
    for (int32_t i = 0; i < 2; i++) {
        KL_TRY(kl_lower_input(l, i, row_step[i] * elem, rows, &step.in[i], diag));
        step.overlap[i] = (struct kl_plan_overlap){.allowed = same_size(l->op, i)};
    }
    KL_TRY(kl_lower_output(l, 0, reusable_input(l), (int32_t)out->bytes / rows, rows, &step.out[0],
                           diag));
    return kl_lower_step(l, step, diag);
}

static enum kl_err need_quants(const struct kl_lowering *l, struct kl_diag *diag)
{
    KL_TRY(kl_lower_need_quant(l, l->op->inputs[0], diag));
    KL_TRY(kl_lower_need_quant(l, l->op->inputs[1], diag));
    return kl_lower_need_quant(l, l->op->outputs[0], diag);
}

static enum kl_err binary_f32(struct kl_lowering *l, enum kl_kernel_id kernel, struct kl_diag *diag)
{
    struct kl_binary_f32 *p = KL_LOWER_NEW(l, struct kl_binary_f32, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_activation_range_f32(l->op->attr.binary.activation, &p->min, &p->max);
    return elementwise_step(l, kernel, p, &p->ew, diag);
}

static enum kl_err prepare_add(struct kl_lowering *l, struct kl_add_s8 *p, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const struct kl_quant_s8 in[2] = {kl_lower_quant(op->inputs[0]), kl_lower_quant(op->inputs[1])};
    struct kl_quant_s8 out = kl_lower_quant(op->outputs[0]);
    enum kl_activation activation = op->attr.binary.activation;
    struct kl_diag found = {0};
    enum kl_err err = op->kind == KL_OP_SUB ? kl_prepare_sub_s8(in, out, activation, p, &found)
                                            : kl_prepare_add_s8(in, out, activation, p, &found);
    return kl_lower_result(l, err, &found, diag);
}

/* Not quantised integers, which nothing but their type tells apart from an incomplete model. */
static bool is_plain_arithmetic(const struct kl_op *op)
{
    return kl_lower_is_plain_int(op->inputs[0]) && op->outputs[0]->dtype != KL_BOOL;
}

/* The linear kernel where it gives the same results, else the definition. */
static enum kl_err add_s8_step(struct kl_lowering *l, struct kl_add_s8 *p, struct kl_diag *diag)
{
    struct kl_add_linear_s8 *linear = KL_LOWER_NEW(l, struct kl_add_linear_s8, 1);
    if (!linear) {
        return KL_FAIL_MEMORY(diag);
    }
    if (kl_add_fit(p, linear)) {
        return elementwise_step(l, KL_KERNEL_ADD_LINEAR_S8, linear, &linear->ew, diag);
    }
    return elementwise_step(l, KL_KERNEL_ADD_S8, p, &p->ew, diag);
}

enum kl_err kl_lower_add(struct kl_lowering *l, struct kl_diag *diag)
{
    if (kl_lower_all_of(l->op, KL_F32)) {
        return binary_f32(l, l->op->kind == KL_OP_SUB ? KL_KERNEL_SUB_F32 : KL_KERNEL_ADD_F32,
                          diag);
    }
    if (is_plain_arithmetic(l->op)) {
        return kl_lower_arithmetic(l, diag);
    }
    bool wide = kl_lower_all_of(l->op, KL_S16);
    if (!wide && !kl_lower_all_of(l->op, KL_S8)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_add_s8 *p = KL_LOWER_NEW(l, struct kl_add_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_quants(l, diag));
    KL_TRY(prepare_add(l, p, diag));
    if (wide) {
        return elementwise_step(l, KL_KERNEL_ADD_S16, p, &p->ew, diag);
    }
    return add_s8_step(l, p, diag);
}

enum kl_err kl_lower_mul(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    if (kl_lower_all_of(op, KL_F32)) {
        return binary_f32(l, KL_KERNEL_MUL_F32, diag);
    }
    if (is_plain_arithmetic(op)) {
        return kl_lower_arithmetic(l, diag);
    }
    bool wide = kl_lower_all_of(op, KL_S16);
    if (!wide && !kl_lower_all_of(op, KL_S8)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_mul_s8 *p = KL_LOWER_NEW(l, struct kl_mul_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_quants(l, diag));
    const struct kl_quant_s8 in[2] = {kl_lower_quant(op->inputs[0]), kl_lower_quant(op->inputs[1])};
    if (wide && (in[0].zero_point || in[1].zero_point || op->outputs[0]->quant.zero_point[0])) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED, "int16 operands must have zero point 0");
    }
    kl_prepare_mul_s8(in, kl_lower_quant(op->outputs[0]), op->attr.binary.activation, p);
    return elementwise_step(l, wide ? KL_KERNEL_MUL_S16 : KL_KERNEL_MUL_S8, p, &p->ew, diag);
}

/* A step that changes output 0 in place, from one or two times itself. One buffer is both, so there
 * is no overlap to choose. */
static enum kl_err in_place_step(struct kl_lowering *l, enum kl_kernel_id kernel,
                                 const void *params, int32_t inputs, struct kl_diag *diag)
{
    struct kl_plan_step step = {.kernel = kernel, .params = params, .in_count = inputs};
    KL_TRY(kl_lower_output(l, 0, -1, (int32_t)l->op->outputs[0]->bytes, 1, &step.out[0], diag));
    for (int32_t i = 0; i < inputs; i++) {
        step.in[i] = step.out[0];
    }
    return kl_lower_step(l, step, diag);
}

static enum kl_err squared_difference_f32(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_binary_f32 *first = KL_LOWER_NEW(l, struct kl_binary_f32, 1);
    struct kl_unary_f32 *then = KL_LOWER_NEW(l, struct kl_unary_f32, 1);
    if (!first || !then) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_activation_range_f32(KL_ACT_NONE, &first->min, &first->max);
    then->width = (int32_t)kl_shape_elements(&l->op->outputs[0]->shape);
    KL_TRY(elementwise_step(l, KL_KERNEL_SUB_F32, first, &first->ew, diag));
    return in_place_step(l, KL_KERNEL_SQUARE_F32, then, 1, diag);
}

static enum kl_err squared_difference_int(struct kl_lowering *l, struct kl_diag *diag)
{
    int32_t count = (int32_t)kl_shape_elements(&l->op->outputs[0]->shape);
    struct kl_binary_int *p = KL_LOWER_NEW(l, struct kl_binary_int, 2);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p[0].function = KL_BINARY_SUB;
    p[1] = (struct kl_binary_int){.ew = {{1, 1, count}, {{0, 0, 1}, {0, 0, 1}}},
                                  .function = KL_BINARY_MUL};
    p[0].dtype = p[1].dtype = (int32_t)l->op->outputs[0]->dtype;
    KL_TRY(elementwise_step(l, KL_KERNEL_BINARY_INT, &p[0], &p[0].ew, diag));
    return in_place_step(l, KL_KERNEL_BINARY_INT, &p[1], 2, diag);
}

enum kl_err kl_lower_squared_difference(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    if (kl_lower_all_of(op, KL_F32)) {
        return squared_difference_f32(l, diag);
    }
    if (is_plain_arithmetic(op) && kl_lower_all_of(op, op->inputs[0]->dtype)) {
        return squared_difference_int(l, diag);
    }
    bool wide = kl_lower_all_of(op, KL_S16);
    if (!wide && !kl_lower_all_of(op, KL_S8)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_add_s8 *p = KL_LOWER_NEW(l, struct kl_add_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_quants(l, diag));
    const struct kl_quant_s8 in[2] = {kl_lower_quant(op->inputs[0]), kl_lower_quant(op->inputs[1])};
    struct kl_quant_s8 out = kl_lower_quant(op->outputs[0]);
    if (wide && (in[0].zero_point || in[1].zero_point || out.zero_point)) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED, "int16 operands must have zero point 0");
    }
    kl_prepare_squared_difference(in, out, p);
    return elementwise_step(
        l, wide ? KL_KERNEL_SQUARED_DIFFERENCE_S16 : KL_KERNEL_SQUARED_DIFFERENCE_S8, p, &p->ew,
        diag);
}

enum kl_err kl_lower_prelu(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    if (kl_lower_all_of(op, KL_F32)) {
        struct kl_prelu_f32 *p = KL_LOWER_NEW(l, struct kl_prelu_f32, 1);
        if (!p) {
            return KL_FAIL_MEMORY(diag);
        }
        return elementwise_step(l, KL_KERNEL_PRELU_F32, p, &p->ew, diag);
    }
    if (!kl_lower_all_of(op, KL_S8)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_prelu_s8 *p = KL_LOWER_NEW(l, struct kl_prelu_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_quants(l, diag));
    const struct kl_quant_s8 in[2] = {kl_lower_quant(op->inputs[0]), kl_lower_quant(op->inputs[1])};
    kl_prepare_prelu_s8(in, kl_lower_quant(op->outputs[0]), p);
    return elementwise_step(l, KL_KERNEL_PRELU_S8, p, &p->ew, diag);
}

static enum kl_err binary_int(struct kl_lowering *l, enum kl_binary_function function,
                              struct kl_diag *diag)
{
    struct kl_binary_int *p = KL_LOWER_NEW(l, struct kl_binary_int, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->function = (int32_t)function;
    p->dtype = (int32_t)l->op->outputs[0]->dtype;
    return elementwise_step(l, KL_KERNEL_BINARY_INT, p, &p->ew, diag);
}

static enum kl_binary_function integer_function(enum kl_op_kind kind)
{
    switch (kind) {
    case KL_OP_ADD: return KL_BINARY_ADD;
    case KL_OP_SUB: return KL_BINARY_SUB;
    case KL_OP_MUL: return KL_BINARY_MUL;
    case KL_OP_DIV: return KL_BINARY_DIV;
    case KL_OP_FLOOR_DIV: return KL_BINARY_FLOOR_DIV;
    case KL_OP_FLOOR_MOD: return KL_BINARY_FLOOR_MOD;
    case KL_OP_POW: return KL_BINARY_POW;
    case KL_OP_MAXIMUM: return KL_BINARY_MAXIMUM;
    case KL_OP_MINIMUM: return KL_BINARY_MINIMUM;
    case KL_OP_LOGICAL_AND: return KL_BINARY_AND;
    case KL_OP_LOGICAL_OR: return KL_BINARY_OR;
    default: return KL_BINARY_XOR;
    }
}

static enum kl_kernel_id float_kernel(enum kl_op_kind kind)
{
    switch (kind) {
    case KL_OP_DIV: return KL_KERNEL_DIV_F32;
    case KL_OP_POW: return KL_KERNEL_POW_F32;
    case KL_OP_FLOOR_MOD: return KL_KERNEL_FLOOR_MOD_F32;
    case KL_OP_FLOOR_DIV: return KL_KERNEL_FLOOR_DIV_F32;
    case KL_OP_MAXIMUM: return KL_KERNEL_MAXIMUM_F32;
    default: return KL_KERNEL_MINIMUM_F32;
    }
}

bool kl_lower_is_plain_int(const struct kl_tensor *tensor)
{
    switch (tensor->dtype) {
    case KL_S8:
    case KL_U8:
    case KL_S16:
    case KL_U16:
    case KL_S32:
    case KL_U32:
    case KL_S64:
    case KL_BOOL: return tensor->quant.count == 0;
    default: return false;
    }
}

/* Integers that are not quantised, all of the output's type. */
static bool plain_integers(const struct kl_op *op)
{
    bool plain = kl_lower_is_plain_int(op->outputs[0]);
    for (int32_t i = 0; i < op->input_count; i++) {
        plain = plain && kl_lower_is_plain_int(op->inputs[i]);
    }
    return plain && kl_lower_all_of(op, op->outputs[0]->dtype);
}

static enum kl_err div_s8(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    struct kl_mul_s8 *p = KL_LOWER_NEW(l, struct kl_mul_s8, 1);
    struct kl_diag found = {0};
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_quants(l, diag));
    const struct kl_quant_s8 in[2] = {kl_lower_quant(op->inputs[0]), kl_lower_quant(op->inputs[1])};
    enum kl_err err = kl_prepare_div_s8(in, kl_lower_quant(op->outputs[0]),
                                        op->attr.binary.activation, p, &found);
    KL_TRY(kl_lower_result(l, err, &found, diag));
    return elementwise_step(l, KL_KERNEL_DIV_S8, p, &p->ew, diag);
}

/* MAXIMUM or MINIMUM of quantised integers: the larger or smaller integer, of one scale. */
static enum kl_err extreme_integer(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_quant *out = &l->op->outputs[0]->quant;
    KL_TRY(need_quants(l, diag));
    if (!kl_quant_equal(&l->op->inputs[0]->quant, out) ||
        !kl_quant_equal(&l->op->inputs[1]->quant, out)) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "its inputs and its output must be quantised alike");
    }
    return binary_int(l, integer_function(l->op->kind), diag);
}

static bool is_extreme(enum kl_op_kind kind)
{
    return kind == KL_OP_MAXIMUM || kind == KL_OP_MINIMUM;
}

static bool is_quantised(const struct kl_op *op, enum kl_dtype dtype)
{
    return kl_lower_all_of(op, dtype) && op->outputs[0]->quant.count > 0;
}

/* DIV, MAXIMUM, MINIMUM, POW, FLOOR_MOD, FLOOR_DIV. Only the first has an activation. */
enum kl_err kl_lower_arithmetic(struct kl_lowering *l, struct kl_diag *diag)
{
    if (kl_lower_all_of(l->op, KL_F32)) {
        return binary_f32(l, float_kernel(l->op->kind), diag);
    }
    if (l->op->kind == KL_OP_DIV && is_quantised(l->op, KL_S8)) {
        return div_s8(l, diag);
    }
    if (is_extreme(l->op->kind) && (is_quantised(l->op, KL_S8) || is_quantised(l->op, KL_S16))) {
        return extreme_integer(l, diag);
    }
    if (!plain_integers(l->op) || l->op->attr.binary.activation != KL_ACT_NONE) {
        return kl_lower_type_error(l, diag);
    }
    return binary_int(l, integer_function(l->op->kind), diag);
}

enum kl_err kl_lower_logic(struct kl_lowering *l, struct kl_diag *diag)
{
    if (!plain_integers(l->op) ||
        (l->op->kind != KL_OP_BITWISE_XOR && !kl_lower_all_of(l->op, KL_BOOL))) {
        return kl_lower_type_error(l, diag);
    }
    return binary_int(l, integer_function(l->op->kind), diag);
}

static enum kl_compare_function compare_function(enum kl_op_kind kind)
{
    switch (kind) {
    case KL_OP_EQUAL: return KL_COMPARE_EQUAL;
    case KL_OP_NOT_EQUAL: return KL_COMPARE_NOT_EQUAL;
    case KL_OP_LESS: return KL_COMPARE_LESS;
    case KL_OP_LESS_EQUAL: return KL_COMPARE_LESS_EQUAL;
    case KL_OP_GREATER: return KL_COMPARE_GREATER;
    default: return KL_COMPARE_GREATER_EQUAL;
    }
}

bool kl_lower_is_plain(const struct kl_tensor *tensor)
{
    return tensor->dtype == KL_F32 || kl_lower_is_plain_int(tensor);
}

bool kl_lower_is_ordered(const struct kl_tensor *tensor)
{
    const bool quantised = tensor->dtype == KL_S8 || tensor->dtype == KL_S16;
    return kl_lower_is_plain(tensor) || (quantised && tensor->quant.count == 1);
}

/* Both quantised: int8, as TensorFlow Lite Micro compares them. */
static enum kl_err compare_s8(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    struct kl_compare_s8 *p = KL_LOWER_NEW(l, struct kl_compare_s8, 1);
    struct kl_diag found = {0};
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_quant(l, op->inputs[0], diag));
    KL_TRY(kl_lower_need_quant(l, op->inputs[1], diag));
    const struct kl_quant_s8 in[2] = {kl_lower_quant(op->inputs[0]), kl_lower_quant(op->inputs[1])};
    KL_TRY(kl_lower_result(l, kl_prepare_compare_s8(in, p, &found), &found, diag));
    p->function = (int32_t)compare_function(op->kind);
    return elementwise_step(l, KL_KERNEL_COMPARE_S8, p, &p->ew, diag);
}

enum kl_err kl_lower_compare(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    if (op->inputs[0]->dtype == KL_S8 && op->inputs[1]->dtype == KL_S8 &&
        op->outputs[0]->dtype == KL_BOOL && op->inputs[0]->quant.count > 0) {
        return compare_s8(l, diag);
    }
    if (op->inputs[0]->dtype != op->inputs[1]->dtype || !kl_lower_is_plain(op->inputs[0]) ||
        !kl_lower_is_plain(op->inputs[1]) || op->outputs[0]->dtype != KL_BOOL) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_compare *p = KL_LOWER_NEW(l, struct kl_compare, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->function = (int32_t)compare_function(op->kind);
    p->dtype = (int32_t)op->inputs[0]->dtype;
    return elementwise_step(l, KL_KERNEL_COMPARE, p, &p->ew, diag);
}

static enum kl_err select_geometry(const struct kl_lowering *l, struct kl_select *p,
                                   struct kl_diag *diag)
{
    struct loops loops = merged_loops(l->op);
    if (loops.rank > 4) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "a broadcast of %d separate dimensions",
                          loops.rank);
    }
    p->elem_bytes = (int32_t)kl_dtype_bytes(l->op->outputs[0]->dtype);
    for (int32_t i = 0; i < 4; i++) {
        int32_t from = i - (4 - loops.rank);
        p->dim[i] = from < 0 ? 1 : loops.dim[from];
        for (int32_t k = 0; k < 3; k++) {
            p->step[k][i] = from < 0 ? 0 : loops.step[k][from] * (k ? p->elem_bytes : 1);
        }
    }
    return KL_OK;
}

enum kl_err kl_lower_select(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    const struct kl_tensor *out = op->outputs[0];
    if (op->inputs[0]->dtype != KL_BOOL || op->inputs[1]->dtype != out->dtype ||
        op->inputs[2]->dtype != out->dtype) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_select *p = KL_LOWER_NEW(l, struct kl_select, 1);
    struct kl_plan_step step = {.kernel = KL_KERNEL_SELECT, .params = p, .in_count = 3};
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(select_geometry(l, p, diag));
    for (int32_t i = 0; i < 3; i++) {
        KL_TRY(kl_lower_input(l, i, (int32_t)op->inputs[i]->bytes, 1, &step.in[i], diag));
    }
    KL_TRY(kl_lower_output(l, 0, -1, (int32_t)out->bytes, 1, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}
