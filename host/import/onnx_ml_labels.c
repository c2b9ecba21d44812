/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ai.onnx.ml: labels. Text is held as an integer, its place in a list of names that the value
 * carries; so a classifier with named classes runs, and the names go to whoever reads its output.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "import/classical_model.h"
#include "import/onnx_ml.h"
#include "import/text.h"

/* One side of a map: integers, floats or texts. */
struct side {
    int32_t count;
    const int64_t *ints;
    const float *floats;
    const ProtobufCBinaryData *texts;
};

static enum kl_err read_side_tensor(struct onnx_node *node, const Onnx__TensorProto *t,
                                    struct side *side)
{
    struct onnx_value value;
    if (t->n_string_data) {
        *side = (struct side){.count = (int32_t)t->n_string_data, .texts = t->string_data};
        return KL_OK;
    }
    KL_TRY(onnx_read_tensor(node->import, t, "list", &value));
    const struct kl_tensor *tensor = value.tensor;
    if (tensor->dtype != KL_S64 && tensor->dtype != KL_F32) {
        return onnx_refuse(node, "a map of type %s", kl_dtype_name(tensor->dtype));
    }
    *side = (struct side){.count = (int32_t)kl_shape_elements(&tensor->shape),
                          .ints = tensor->dtype == KL_S64 ? tensor->data : NULL,
                          .floats = tensor->dtype == KL_F32 ? tensor->data : NULL};
    return KL_OK;
}

/* The attributes NAME_int64s, NAME_floats, NAME_strings or NAME_tensor. */
static enum kl_err read_side(struct onnx_node *node, const char *name, struct side *side)
{
    static const char *const kinds[] = {"int64s", "floats", "strings", "tensor"};
    *side = (struct side){.count = -1};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && side->count < 0; i++) {
        char full[40];
        snprintf(full, sizeof full, "%s_%s", name, kinds[i]);
        const Onnx__AttributeProto *a = onnx_attribute(node, full);
        if (a && a->t) {
            KL_TRY(read_side_tensor(node, a->t, side));
        } else if (a && a->n_ints) {
            *side = (struct side){.count = (int32_t)a->n_ints, .ints = a->ints};
        } else if (a && a->n_floats) {
            *side = (struct side){.count = (int32_t)a->n_floats, .floats = a->floats};
        } else if (a && a->n_strings) {
            *side = (struct side){.count = (int32_t)a->n_strings, .texts = a->strings};
        }
    }
    if (side->count < 1 || side->count > CM_MAX_ROWS) {
        return onnx_fail(node, KL_EINPUT, "'%s' has %d entries; 1 to %d are read", name,
                         side->count < 0 ? 0 : side->count, CM_MAX_ROWS);
    }
    return KL_OK;
}

static bool same_text(const char *name, const ProtobufCBinaryData *text)
{
    return strlen(name) == text->len && memcmp(name, text->data, text->len) == 0;
}

static enum kl_err gather(struct onnx_import *import, struct kl_tensor *table,
                          struct onnx_value index, struct onnx_value *y)
{
    struct kl_tensor *inputs[2] = {table, index.tensor};
    struct kl_op *op =
        onnx_new_op(import, KL_OP_GATHER, 2, inputs, table->dtype, &index.tensor->shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *y = onnx_ordered(op->outputs[0], index.order);
    return onnx_finish(import, op);
}

/* The place of each text among the keys; keys->count when it is none of them. */
static enum kl_err place_of_text(struct onnx_node *node, const struct side *keys,
                                 struct onnx_value x, struct onnx_value *place)
{
    int32_t *table = KL_NEW(node->import->arena, int32_t, (size_t)x.labels->count + 1);
    struct kl_tensor *tensor;
    if (!table) {
        return onnx_no_memory(node->import);
    }
    int64_t work = (int64_t)x.labels->count * keys->count;
    if (work > node->import->work_left) {
        return onnx_fail(node, KL_ELIMIT, "its names take too long to compare");
    }
    node->import->work_left -= work;
    for (int32_t i = 0; i < x.labels->count; i++) {
        table[i] = 0;
        while (table[i] < keys->count && !same_text(x.labels->names[i], &keys->texts[table[i]])) {
            table[i]++;
        }
    }
    KL_TRY(onnx_ints_tensor(node->import, x.labels->count, table, &tensor));
    return gather(node->import, tensor, x, place);
}

static enum kl_err key_constant(struct onnx_node *node, const struct side *keys,
                                struct kl_tensor **tensor)
{
    struct kl_shape shape = {1, {keys->count}};
    void *data;
    KL_TRY(onnx_constant(node->import, keys->ints ? KL_S64 : KL_F32, &shape, &data, tensor));
    memcpy(data, keys->ints ? (const void *)keys->ints : (const void *)keys->floats,
           (*tensor)->bytes);
    for (int32_t i = 0; i < keys->count && keys->floats; i++) {
        if (keys->floats[i] != keys->floats[i]) {
            return onnx_refuse(node, "a key that is not a number");
        }
    }
    return KL_OK;
}

/* Which key each number is: bool [..., keys]. */
static enum kl_err match_keys(struct onnx_node *node, const struct side *keys, struct onnx_value x,
                              struct onnx_value *which)
{
    struct kl_tensor *constant;
    KL_TRY(key_constant(node, keys, &constant));
    if (x.tensor->dtype == KL_S32 && keys->ints) {
        KL_TRY(onnx_cast(node->import, x, KL_S64, &x));
    }
    if (x.tensor->dtype != constant->dtype) {
        return onnx_refuse(node, "keys of %s for an input of %s", kl_dtype_name(constant->dtype),
                           kl_dtype_name(x.tensor->dtype));
    }
    KL_TRY(onnx_insert_dim(node->import, x, onnx_rank(&x), &x));
    return onnx_binary(node->import, KL_OP_EQUAL, x, onnx_value_of(constant), KL_BOOL, which);
}

/* The first place of each number among the keys; keys->count when it is none of them. */
static enum kl_err place_of_number(struct onnx_node *node, const struct side *keys,
                                   struct onnx_value x, struct onnx_value *place)
{
    struct onnx_value which;
    struct kl_tensor *places, *none;
    bool last[KL_MAX_RANK] = {false};
    int32_t *numbers = KL_NEW(node->import->arena, int32_t, (size_t)keys->count);
    if (!numbers) {
        return onnx_no_memory(node->import);
    }
    for (int32_t i = 0; i < keys->count; i++) {
        numbers[i] = i;
    }
    KL_TRY(match_keys(node, keys, x, &which));
    KL_TRY(onnx_ints_tensor(node->import, keys->count, numbers, &places));
    KL_TRY(onnx_scalar(node->import, KL_S32, (double)keys->count, &none));
    KL_TRY(onnx_select(node->import, which, onnx_value_of(places), onnx_value_of(none), &which));
    last[onnx_rank(&which) - 1] = true;
    return onnx_reduce(node->import, KL_OP_REDUCE_MIN, which, last, false, place);
}

static enum kl_err place_of(struct onnx_node *node, const struct side *keys,
                            struct onnx_value *place)
{
    struct onnx_value x = node->in[0];
    if ((x.labels != NULL) != (keys->texts != NULL)) {
        return onnx_refuse(node, x.labels ? "text for keys that are numbers"
                                          : "numbers for keys that are text");
    }
    return x.labels ? place_of_text(node, keys, x, place) : place_of_number(node, keys, x, place);
}

/* The value at each place; at the last place the default. */
static enum kl_err numbers_at(struct onnx_node *node, const struct side *values,
                              struct onnx_value place)
{
    struct kl_shape shape = {1, {values->count + 1}};
    struct kl_tensor *table;
    struct onnx_value otherwise;
    void *data;
    int64_t whole = onnx_int(node, "default_int64", -1);
    float real = onnx_float(node, "default_float", -0.0f);
    const Onnx__AttributeProto *a = onnx_attribute(node, "default_tensor");
    if (a && a->t) {
        KL_TRY(onnx_read_tensor(node->import, a->t, "default", &otherwise));
        double number = kl_shape_elements(&otherwise.tensor->shape) == 1
                            ? kl_value_at(otherwise.tensor->dtype, otherwise.tensor->data, 0)
                            : 0.0;
        real = (float)number;
        whole = number > -9e18 && number < 9e18 ? (int64_t)number : whole;
    }
    KL_TRY(onnx_constant(node->import, values->ints ? KL_S64 : KL_F32, &shape, &data, &table));
    if (values->ints) {
        memcpy(data, values->ints, sizeof(int64_t) * (size_t)values->count);
        ((int64_t *)data)[values->count] = whole;
    } else {
        memcpy(data, values->floats, sizeof(float) * (size_t)values->count);
        ((float *)data)[values->count] = real;
    }
    return gather(node->import, table, place, &node->out[0]);
}

/* The name at each place; at the last place the default. */
static enum kl_err names_at(struct onnx_node *node, const struct side *values,
                            struct onnx_value place)
{
    static const char unused[] = "_Unused";
    const Onnx__AttributeProto *a = onnx_attribute(node, "default_string");
    ProtobufCBinaryData *texts =
        KL_NEW(node->import->arena, ProtobufCBinaryData, (size_t)values->count + 1);
    if (!texts) {
        return onnx_no_memory(node->import);
    }
    memcpy(texts, values->texts, sizeof texts[0] * (size_t)values->count);
    texts[values->count] = (ProtobufCBinaryData){sizeof unused - 1, (uint8_t *)(uintptr_t)unused};
    if (a && a->has_s) {
        texts[values->count] = a->s;
    }
    KL_TRY(onnx_cast(node->import, place, KL_S64, &node->out[0]));
    return onnx_ml_labels(node->import, (size_t)values->count + 1, texts, &node->out[0].labels);
}

/* Opset 1: a list of names; text becomes its place, an integer the name there. */
static enum kl_err by_classes(struct onnx_node *node)
{
    const Onnx__AttributeProto *a = onnx_attribute(node, "classes_strings");
    int32_t count = a && a->n_strings <= CM_MAX_ROWS ? (int32_t)a->n_strings : 0;
    int64_t *places = KL_NEW(node->import->arena, int64_t, (size_t)count + 1);
    struct onnx_value place;
    if (!places) {
        return onnx_no_memory(node->import);
    }
    if (count < 1) {
        return onnx_fail(node, KL_EINPUT, "'classes_strings' has no entries, or too many");
    }
    for (int32_t i = 0; i < count; i++) {
        places[i] = i;
    }
    const struct side names = {.count = count, .texts = a->strings};
    const struct side numbers = {.count = count, .ints = places};
    bool text = node->in[0].labels != NULL;
    KL_TRY(place_of(node, text ? &names : &numbers, &place));
    return text ? numbers_at(node, &numbers, place) : names_at(node, &names, place);
}

enum kl_err onnx_op_label_encoder(struct onnx_node *node)
{
    struct side keys, values;
    struct onnx_value place;
    KL_TRY(onnx_need_inputs(node, 1));
    if (onnx_attribute(node, "classes_strings")) {
        return by_classes(node);
    }
    KL_TRY(read_side(node, "keys", &keys));
    KL_TRY(read_side(node, "values", &values));
    if (keys.count != values.count) {
        return onnx_fail(node, KL_EINPUT, "%d keys and %d values", keys.count, values.count);
    }
    KL_TRY(place_of(node, &keys, &place));
    return values.texts ? names_at(node, &values, place) : numbers_at(node, &values, place);
}

/* 1 for the category that a feature is, 0 for others: one more dimension. */
enum kl_err onnx_op_one_hot_encoder(struct onnx_node *node)
{
    struct side cats;
    struct onnx_value which, place;
    KL_TRY(onnx_need_inputs(node, 1));
    KL_TRY(read_side(node, "cats", &cats));
    if ((node->in[0].labels != NULL) != (cats.texts != NULL)) {
        return onnx_refuse(node, "categories of another type than its input");
    }
    if (!cats.texts) {
        if (node->in[0].tensor->dtype != KL_S64) {
            KL_TRY(onnx_cast(node->import, node->in[0], KL_S64, &node->in[0]));
        }
        KL_TRY(match_keys(node, &cats, node->in[0], &which));
        return onnx_cast(node->import, which, KL_F32, &node->out[0]);
    }
    KL_TRY(place_of_text(node, &cats, node->in[0], &place));
    int64_t *places = KL_NEW(node->import->arena, int64_t, (size_t)cats.count);
    if (!places) {
        return onnx_no_memory(node->import);
    }
    for (int32_t i = 0; i < cats.count; i++) {
        places[i] = i;
    }
    const struct side numbers = {.count = cats.count, .ints = places};
    KL_TRY(match_keys(node, &numbers, place, &which));
    return onnx_cast(node->import, which, KL_F32, &node->out[0]);
}

/* A map from class to score for each row is the row of scores, and the names of the classes. */
enum kl_err onnx_op_zip_map(struct onnx_node *node)
{
    KL_TRY(onnx_need_inputs(node, 1));
    const Onnx__AttributeProto *a = onnx_attribute(node, "classlabels_strings");
    const Onnx__AttributeProto *numbers = onnx_attribute(node, "classlabels_int64s");
    size_t count = a ? a->n_strings : numbers ? numbers->n_ints : 0;
    struct onnx_value x = node->in[0];
    if (onnx_rank(&x) < 1 || count != (size_t)onnx_shape(&x).dim[onnx_rank(&x) - 1]) {
        return onnx_fail(node, KL_EINPUT, "%zu class labels for another number of scores", count);
    }
    node->out[0] = x;
    if (a) {
        return onnx_ml_labels(node->import, count, a->strings, &node->out[0].labels);
    }
    ProtobufCBinaryData *texts = KL_NEW(node->import->arena, ProtobufCBinaryData, count);
    for (size_t i = 0; i < count && texts; i++) {
        char *text = kl_arena_printf(node->import->arena, "%" PRId64, numbers->ints[i]);
        texts[i] = (ProtobufCBinaryData){text ? strlen(text) : 0, (uint8_t *)text};
    }
    return texts ? onnx_ml_labels(node->import, count, texts, &node->out[0].labels)
                 : onnx_no_memory(node->import);
}

/* Elements of the last dimension at indices; a vector becomes one row. */
enum kl_err onnx_op_array_feature_extractor(struct onnx_node *node)
{
    KL_TRY(onnx_need_inputs(node, 2));
    struct onnx_import *import = node->import;
    struct onnx_value x = node->in[0];
    struct kl_tensor *inputs[2];
    if (node->in[1].labels || onnx_rank(&x) < 1) {
        return onnx_refuse(node, "indices that are text, or a scalar");
    }
    if (onnx_rank(&x) == 1) {
        KL_TRY(onnx_insert_dim(import, x, 0, &x));
    }
    KL_TRY(onnx_plain(import, x, &inputs[0]));
    struct kl_shape flat = {1, {(int32_t)kl_shape_elements(&node->in[1].tensor->shape)}};
    struct onnx_value index;
    KL_TRY(onnx_reshape(import, node->in[1], &flat, &index));
    inputs[1] = index.tensor;
    struct kl_shape shape = inputs[0]->shape;
    shape.dim[shape.rank - 1] = flat.dim[0];
    struct kl_op *op = onnx_new_op(import, KL_OP_GATHER, 2, inputs, inputs[0]->dtype, &shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    op->attr.gather.axis = shape.rank - 1;
    node->out[0] = onnx_value_of(op->outputs[0]);
    node->out[0].labels = node->in[0].labels;
    return onnx_finish(import, op);
}
