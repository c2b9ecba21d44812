/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs of ONNX models: their types, and shapes and values that the caller gives them. */
#include <string.h>

#include "import/onnx_import.h"

/* The shape that the caller gives the input; NULL: none. */
static const struct kl_shape *shape_given(const struct onnx_import *import,
                                          const Onnx__ValueInfoProto *info)
{
    for (int32_t i = 0; i < import->options->shape_count; i++) {
        if (strcmp(import->options->shapes[i].name, info->name ? info->name : "") == 0) {
            return &import->options->shapes[i].shape;
        }
    }
    return NULL;
}

/* The shape in the file, where dimensions without a number count as 1. */
static enum kl_err shape_in_file(struct onnx_import *import, const char *name,
                                 const Onnx__TensorShapeProto *dims, struct kl_shape *shape)
{
    int64_t elements = 1;
    *shape = (struct kl_shape){.rank = (int32_t)dims->n_dim};
    for (int32_t i = 0; i < shape->rank; i++) {
        const Onnx__TensorShapeProto__Dimension *dim = dims->dim[i];
        bool number = dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        int64_t value = number && dim->dim_value > 0 ? dim->dim_value : 1;
        bool none = number && dim->dim_value == 0;
        if (value > INT32_MAX / 8 / elements) {
            return kl_fail(import->diag, KL_EUNSUPPORTED,
                           "model input '%.100s': dimension %d is unusable", name, i);
        }
        shape->dim[i] = none ? 0 : (int32_t)value;
        elements *= value;
    }
    return KL_OK;
}

/* What the caller gives must agree with what the file says. */
static enum kl_err check_given(struct onnx_import *import, const char *name,
                               const Onnx__TensorShapeProto *dims, const struct kl_shape *given)
{
    if (given->rank != (int32_t)dims->n_dim) {
        return kl_fail(import->diag, KL_EUSAGE, "input '%.100s' has %d dimensions", name,
                       (int)dims->n_dim);
    }
    for (int32_t d = 0; d < given->rank; d++) {
        bool fixed =
            dims->dim[d]->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
            dims->dim[d]->dim_value > 0;
        if (fixed && dims->dim[d]->dim_value != given->dim[d]) {
            return kl_fail(import->diag, KL_EUSAGE, "input '%.100s': dimension %d is fixed", name,
                           d);
        }
    }
    return KL_OK;
}

/* Type and shape of a graph input. */
static enum kl_err read_type(struct onnx_import *import, const Onnx__ValueInfoProto *info,
                             enum kl_dtype *dtype, struct kl_shape *shape)
{
    const char *name = onnx_printable(import, info->name);
    const Onnx__TypeProto *type = info->type;
    const struct kl_shape *given = shape_given(import, info);
    if (!type || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE) {
        return kl_fail(import->diag, KL_EUNSUPPORTED, "model input '%.100s' is no tensor", name);
    }
    const Onnx__TensorShapeProto *dims = type->tensor_type->shape;
    *dtype = onnx_dtype(type->tensor_type->has_elem_type ? type->tensor_type->elem_type : 0);
    if (dims && dims->n_dim > KL_MAX_RANK) {
        return kl_fail(import->diag, KL_EUNSUPPORTED,
                       "model input '%.100s' has more than %d dimensions", name, KL_MAX_RANK);
    }
    if (!dims && !given) {
        return kl_fail(import->diag, KL_EUNSUPPORTED,
                       "model input '%.100s' has no shape; --shape gives it one", name);
    }
    if (given) {
        *shape = *given;
        return dims ? check_given(import, name, dims, given) : KL_OK;
    }
    return shape_in_file(import, name, dims, shape);
}

static const struct kl_onnx_binding *binding_of(const struct onnx_import *import, const char *name)
{
    for (int32_t i = 0; i < import->options->binding_count; i++) {
        if (strcmp(import->options->bindings[i].name, name) == 0) {
            return &import->options->bindings[i];
        }
    }
    return NULL;
}

/* All elements are that number. */
static enum kl_err bind_number(struct onnx_import *import, double number, struct kl_tensor *tensor)
{
    struct kl_tensor *one;
    if (kl_dtype_bytes(tensor->dtype) == 0) {
        return kl_fail(import->diag, KL_EUNSUPPORTED, "input '%.100s' is of type %s", tensor->name,
                       kl_dtype_name(tensor->dtype));
    }
    KL_TRY(onnx_scalar(import, tensor->dtype, number, &one));
    unsigned char *data = kl_arena_alloc(import->arena, tensor->bytes, 1);
    for (size_t i = 0; data && i < tensor->bytes; i += one->bytes) {
        memcpy(data + i, one->data, one->bytes);
    }
    tensor->data = data;
    return data ? KL_OK : onnx_no_memory(import);
}

static enum kl_err bind(struct onnx_import *import, const struct kl_onnx_binding *binding,
                        struct kl_tensor *tensor)
{
    if (!binding->data.data) {
        return bind_number(import, binding->number, tensor);
    }
    if (binding->data.size != tensor->bytes) {
        return kl_fail(import->diag, KL_EUSAGE, "input '%.100s' has %zu bytes, its value %zu",
                       tensor->name, tensor->bytes, binding->data.size);
    }
    tensor->data = kl_arena_copy(import->arena, binding->data.data, binding->data.size);
    return tensor->data ? KL_OK : onnx_no_memory(import);
}

enum kl_err onnx_read_input(struct onnx_import *import, struct onnx_scope *scope,
                            const Onnx__ValueInfoProto *info, struct kl_subgraph *subgraph)
{
    enum kl_dtype dtype = KL_DTYPE_NONE;
    struct kl_shape shape;
    struct onnx_name *entry = onnx_scope_add(scope, info->name ? info->name : "");
    if (entry->value.tensor) {
        return KL_OK;
    }
    KL_TRY(read_type(import, info, &dtype, &shape));
    struct kl_tensor *tensor = onnx_tensor(import, dtype, &shape);
    if (!tensor) {
        return onnx_no_memory(import);
    }
    const struct kl_onnx_binding *binding = binding_of(import, entry->name);
    tensor->name = onnx_printable(import, info->name);
    entry->value = onnx_value_of(tensor);
    if (kl_dtype_bytes(dtype) == 0) {
        return kl_fail(import->diag, KL_EUNSUPPORTED, "model input '%.100s' is of type %s",
                       tensor->name, dtype ? kl_dtype_name(dtype) : "unknown");
    }
    if (binding) {
        return bind(import, binding, tensor);
    }
    if (onnx_is_empty(&entry->value)) { /* there is nothing to give: it is known already */
        tensor->data = "";
        return KL_OK;
    }
    subgraph->inputs[subgraph->input_count++] = tensor;
    return KL_OK;
}
