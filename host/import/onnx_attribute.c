/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of nodes, and inputs that play their part in newer opsets. */
#include <string.h>

#include "import/onnx_import.h"

const Onnx__AttributeProto *onnx_attribute(const struct onnx_node *node, const char *name)
{
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const Onnx__AttributeProto *attribute = node->proto->attribute[i];
        if (attribute->name && strcmp(attribute->name, name) == 0) {
            return attribute;
        }
    }
    return NULL;
}

int64_t onnx_int(const struct onnx_node *node, const char *name, int64_t otherwise)
{
    const Onnx__AttributeProto *attribute = onnx_attribute(node, name);
    return attribute && attribute->has_i ? attribute->i : otherwise;
}

float onnx_float(const struct onnx_node *node, const char *name, float otherwise)
{
    const Onnx__AttributeProto *attribute = onnx_attribute(node, name);
    return attribute && attribute->has_f ? attribute->f : otherwise;
}

bool onnx_is_text(const struct onnx_node *node, const char *name, const char *text, bool otherwise)
{
    const Onnx__AttributeProto *attribute = onnx_attribute(node, name);
    if (!attribute || !attribute->has_s) {
        return otherwise;
    }
    return attribute->s.len == strlen(text) && memcmp(attribute->s.data, text, strlen(text)) == 0;
}

enum kl_err onnx_ints(const struct onnx_node *node, const char *name, int64_t *values, int32_t max,
                      int32_t *count)
{
    const Onnx__AttributeProto *attribute = onnx_attribute(node, name);
    *count = -1;
    if (!attribute) {
        return KL_OK;
    }
    if (attribute->n_ints > (size_t)max) {
        return onnx_fail(node, KL_EINPUT, "attribute '%s' has %zu values, at most %d make sense",
                         name, attribute->n_ints, max);
    }
    *count = (int32_t)attribute->n_ints;
    for (int32_t i = 0; i < *count; i++) {
        values[i] = attribute->ints[i];
    }
    return KL_OK;
}

bool onnx_has_input(const struct onnx_node *node, int32_t index)
{
    return index < node->input_count && node->in[index].tensor;
}

static enum kl_err need_constant(struct onnx_node *node, int32_t index)
{
    if (onnx_is_constant(&node->in[index])) {
        return KL_OK;
    }
    return onnx_refuse(node, "input %d must be a constant; --bind fixes a model input", index);
}

enum kl_err onnx_input_ints(struct onnx_node *node, int32_t index, const char *name,
                            int64_t *values, int32_t max, int32_t *count)
{
    struct kl_tensor *tensor;
    if (!onnx_has_input(node, index)) {
        *count = -1;
        return name ? onnx_ints(node, name, values, max, count) : KL_OK;
    }
    KL_TRY(need_constant(node, index));
    KL_TRY(onnx_plain(node->import, node->in[index], &tensor));
    int64_t elements = kl_shape_elements(&tensor->shape);
    if (elements > max || (tensor->dtype != KL_S64 && tensor->dtype != KL_S32)) {
        return onnx_fail(node, KL_EINPUT, "input %d must be at most %d integers", index, max);
    }
    *count = (int32_t)elements;
    for (int32_t i = 0; i < *count; i++) {
        if (tensor->dtype == KL_S64) {
            memcpy(&values[i], (const char *)tensor->data + 8 * i, 8);
        } else {
            int32_t value;
            memcpy(&value, (const char *)tensor->data + 4 * i, 4);
            values[i] = value;
        }
    }
    return KL_OK;
}

enum kl_err onnx_input_float(struct onnx_node *node, int32_t index, float otherwise, float *value)
{
    *value = otherwise;
    if (!onnx_has_input(node, index)) {
        return KL_OK;
    }
    KL_TRY(need_constant(node, index));
    const struct kl_tensor *tensor = node->in[index].tensor;
    if (kl_shape_elements(&tensor->shape) != 1) {
        return onnx_fail(node, KL_EINPUT, "input %d must be one number", index);
    }
    *value = (float)kl_value_at(tensor->dtype, tensor->data, 0);
    return KL_OK;
}

enum kl_err onnx_axis(const struct onnx_node *node, int64_t axis, int32_t rank, int32_t *normal)
{
    if (axis < -rank || axis >= rank) {
        return onnx_fail(node, KL_EINPUT, "axis %lld is outside a tensor of rank %d",
                         (long long)axis, rank);
    }
    *normal = (int32_t)(axis < 0 ? axis + rank : axis);
    return KL_OK;
}
