/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors of a TFLite file: type, shape and constant content. */
#include <stdio.h>
#include <string.h>

#include "formats/tflite_schema.h"
#include "formats/tflite_types.h"
#include "import/tflite_import.h"

static enum kl_err read_type(struct tfl_import *import, struct flat_table table,
                             struct kl_tensor *tensor)
{
    int32_t type = flat_i8(&import->fb, table, TFL_TENSOR_TYPE, TFL_TYPE_FLOAT32);
    KL_TRY(import->fb.err);
    tensor->dtype = tfl_dtype(type);
    return tensor->dtype != KL_DTYPE_NONE
               ? KL_OK
               : tfl_fail(import, KL_EINPUT, "unknown element type %d", type);
}

static enum kl_err read_dimension(struct tfl_import *import, int32_t axis, int32_t size,
                                  struct kl_tensor *tensor)
{
    if (size < 1) {
        return tfl_fail(import, KL_EINPUT,
                        "dimension %d of its shape is %d; export the model with a fixed shape "
                        "whose dimensions are all 1 or more",
                        axis, size);
    }
    tensor->shape.dim[axis] = size;
    tensor->shape.rank = axis + 1;
    size_t unit = kl_dtype_bytes(tensor->dtype);
    int64_t limit = INT32_MAX / (int64_t)(unit ? unit : 1);
    if (kl_shape_elements(&tensor->shape) > limit) {
        return tfl_fail(import, KL_ELIMIT, "its shape makes it larger than %d bytes", INT32_MAX);
    }
    return KL_OK;
}

/* No shape is a scalar. The file's shape_signature, which may hold -1, is not read: `shape`
 * is what the model was exported with. */
static enum kl_err read_shape(struct tfl_import *import, struct flat_table table,
                              struct kl_tensor *tensor)
{
    struct flat_vector shape = flat_vector(&import->fb, table, TFL_TENSOR_SHAPE, 4);
    KL_TRY(import->fb.err);
    if (shape.count > KL_MAX_RANK) {
        return tfl_fail(import, KL_EUNSUPPORTED, "rank %u; at most %d dimensions are supported",
                        shape.count, KL_MAX_RANK);
    }
    for (uint32_t i = 0; i < shape.count; i++) {
        KL_TRY(read_dimension(import, (int32_t)i, flat_i32_at(&import->fb, shape, i), tensor));
    }
    tensor->bytes = (size_t)kl_shape_elements(&tensor->shape) * kl_dtype_bytes(tensor->dtype);
    return KL_OK;
}

enum kl_err tfl_buffer(struct tfl_import *import, uint32_t index, struct kl_bytes *content)
{
    *content = (struct kl_bytes){0};
    if (index == 0) {
        return KL_OK; /* the format's way to say "no content" */
    }
    if (index >= import->buffers.count) {
        return tfl_fail(import, KL_EINPUT, "buffer %u does not exist; the file has %u", index,
                        import->buffers.count);
    }
    struct flat_reader *fb = &import->fb;
    struct flat_table table = flat_table_at(fb, import->buffers, index);
    struct flat_vector data = flat_vector(fb, table, TFL_BUFFER_DATA, 1);
    uint64_t offset = flat_u64(fb, table, TFL_BUFFER_OFFSET, 0);
    uint64_t size = flat_u64(fb, table, TFL_BUFFER_SIZE, 0);
    KL_TRY(fb->err);
    if (data.count > 0) {
        *content = (struct kl_bytes){fb->data + data.at, data.count};
    } else if (offset > 1 && size > 0) {
        if (offset > fb->size || size > fb->size - offset) {
            return tfl_fail(import, KL_EINPUT,
                            "buffer %u lies outside the file of %zu bytes; the file is truncated",
                            index, fb->size);
        }
        *content = (struct kl_bytes){fb->data + offset, (size_t)size};
    }
    return KL_OK;
}

/* Constants stay in the file; only those that the element type could not be read from in
 * place are copied. Nothing reads types without an element size: that there is content is all
 * that is kept of them. */
static enum kl_err place_content(struct tfl_import *import, struct kl_bytes content,
                                 struct kl_tensor *tensor)
{
    size_t unit = kl_dtype_bytes(tensor->dtype);
    tensor->data = content.data;
    if (unit == 0 || (uintptr_t)content.data % unit == 0) {
        return KL_OK;
    }
    if (content.size > import->copy_bytes_left) {
        return tfl_fail(import, KL_ELIMIT, "too many unaligned constants share the same bytes");
    }
    import->copy_bytes_left -= content.size;
    tensor->data = kl_arena_copy(import->arena, content.data, content.size);
    return tensor->data ? KL_OK : KL_FAIL_MEMORY(import->fb.diag);
}

/* *content: data NULL when there is none. */
static enum kl_err read_content(struct tfl_import *import, struct flat_table table,
                                struct kl_tensor *tensor, struct kl_bytes *content)
{
    struct flat_reader *fb = &import->fb;
    tensor->is_variable = flat_bool(fb, table, TFL_TENSOR_IS_VARIABLE, false);
    KL_TRY(tfl_buffer(import, flat_u32(fb, table, TFL_TENSOR_BUFFER, 0), content));
    if (flat_u32(fb, table, TFL_TENSOR_EXTERNAL_BUFFER, 0) != 0) {
        return tfl_fail(import, KL_EUNSUPPORTED,
                        "its content is in another file; export the model as one file");
    }
    if (flat_table(fb, table, TFL_TENSOR_SPARSITY).at != 0) {
        return tfl_fail(import, KL_EUNSUPPORTED,
                        "sparse tensors are not supported; export the model with dense weights");
    }
    KL_TRY(fb->err);
    if (!content->data) {
        return KL_OK;
    }
    if (content->size != tensor->bytes && kl_dtype_bytes(tensor->dtype) != 0) {
        return tfl_fail(import, KL_EINPUT,
                        "its buffer holds %zu bytes, but type and shape need %zu", content->size,
                        tensor->bytes);
    }
    if (tensor->is_variable) {
        return tfl_fail(import, KL_EINPUT, "it is a variable, but has constant content");
    }
    return place_content(import, *content, tensor);
}

/* Two int4 in each byte, the first in the low bits (kernels/internal/portable_tensor_utils.cc of
 * TensorFlow Lite, UnpackDenseInt4IntoInt8). Graphs hold them as int8, of the same quantisation:
 * the planner finds those that need 4 bits only. */
static enum kl_err widen_int4(struct tfl_import *import, struct kl_bytes content,
                              struct kl_tensor *tensor)
{
    const size_t count = (size_t)kl_shape_elements(&tensor->shape);
    if (content.size != (count + 1) / 2) {
        return tfl_fail(import, KL_EINPUT,
                        "its buffer holds %zu bytes, but type and shape need %zu", content.size,
                        (count + 1) / 2);
    }
    if (count > import->copy_bytes_left) {
        return tfl_fail(import, KL_ELIMIT, "too many int4 constants share the same bytes");
    }
    import->copy_bytes_left -= count;
    int8_t *values = KL_NEW(import->arena, int8_t, count);
    if (!values) {
        return KL_FAIL_MEMORY(import->fb.diag);
    }
    for (size_t i = 0; i < count; i++) {
        const int32_t nibble = content.data[i / 2] >> i % 2 * 4 & 0xf;
        values[i] = (int8_t)(nibble < 8 ? nibble : nibble - 16);
    }
    tensor->data = values;
    tensor->dtype = KL_S8;
    tensor->bytes = count;
    return KL_OK;
}

static enum kl_err read_tensor(struct tfl_import *import, struct flat_table table,
                               struct kl_tensor *tensor)
{
    struct kl_bytes content;
    KL_TRY(read_type(import, table, tensor));
    KL_TRY(read_shape(import, table, tensor));
    KL_TRY(read_content(import, table, tensor, &content));
    KL_TRY(tfl_quant(import, table, tensor));
    return tensor->dtype == KL_S4 && content.data ? widen_int4(import, content, tensor) : KL_OK;
}

static enum kl_err new_tensor(struct tfl_subgraph *subgraph, int32_t index,
                              struct kl_tensor **tensor)
{
    struct tfl_import *import = subgraph->import;
    char where[96 + sizeof subgraph->prefix];
    char fallback[32];
    snprintf(fallback, sizeof fallback, "tensor %d", index);
    snprintf(where, sizeof where, "%s%s", subgraph->prefix, fallback);
    import->fb.where = where;
    struct flat_table table = flat_table_at(&import->fb, subgraph->tensors, (uint32_t)index);
    struct kl_tensor *made = KL_NEW(import->arena, struct kl_tensor, 1);
    if (!made) {
        return KL_FAIL_MEMORY(import->fb.diag);
    }
    KL_TRY(tfl_name(import, table, TFL_TENSOR_NAME, fallback, &made->name));
    snprintf(where, sizeof where, "%s%s ('%.60s')", subgraph->prefix, fallback, made->name);
    made->source_index = index;
    *tensor = made;
    return read_tensor(import, table, made);
}

enum kl_err tfl_tensor(struct tfl_subgraph *subgraph, int32_t index, struct kl_tensor **tensor)
{
    struct tfl_import *import = subgraph->import;
    if (index < 0 || (uint32_t)index >= subgraph->tensors.count) {
        return tfl_fail(import, KL_EINPUT, "tensor %d does not exist; the subgraph has %u", index,
                        subgraph->tensors.count);
    }
    if (!subgraph->by_index[index]) {
        const char *outer = import->fb.where;
        enum kl_err err = new_tensor(subgraph, index, &subgraph->by_index[index]);
        import->fb.where = outer; /* new_tensor's text is gone */
        KL_TRY(err);
    }
    *tensor = subgraph->by_index[index];
    return KL_OK;
}

bool tfl_has_value(const struct tfl_subgraph *subgraph, const struct kl_tensor *tensor)
{
    return tensor->data || tensor->producer || tensor->is_variable ||
           subgraph->is_input[tensor->source_index];
}
