/* SPDX-License-Identifier: Apache-2.0 */
/* TensorProto: shape, type and content of constants. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "import/onnx_ml.h"
#include "import/text.h"

enum kl_dtype onnx_dtype(int32_t type)
{
    /* Numbers 17 and above are newer than the packaged schema. */
    static const enum kl_dtype dtypes[] = {
        [1] = KL_F32,   [2] = KL_U8,         [3] = KL_S8,       [4] = KL_U16,  [5] = KL_S16,
        [6] = KL_S32,   [7] = KL_S64,        [8] = KL_STRING,   [9] = KL_BOOL, [10] = KL_F16,
        [11] = KL_F64,  [12] = KL_U32,       [13] = KL_U64,     [14] = KL_C64, [15] = KL_C128,
        [16] = KL_BF16, [17] = KL_F8_E4M3FN, [19] = KL_F8_E5M2, [21] = KL_U4,  [22] = KL_S4};
    bool known = type >= 0 && (size_t)type < sizeof dtypes / sizeof dtypes[0];
    return known ? dtypes[type] : KL_DTYPE_NONE;
}

static enum kl_err tensor_fail(struct onnx_import *import, const char *what,
                               const Onnx__TensorProto *proto, enum kl_err err, const char *text)
{
    const char *name = proto->name ? proto->name : "";
    struct kl_bytes bytes = {(const unsigned char *)name, strlen(name)};
    const char *printable = import_name(import->arena, bytes);
    return kl_fail(import->diag, err, "%s '%.100s': %s", what, printable ? printable : "", text);
}

static enum kl_err read_shape(struct onnx_import *import, const Onnx__TensorProto *proto,
                              const char *what, struct kl_shape *shape)
{
    int64_t elements = 1;
    if (proto->n_dims > KL_MAX_RANK) {
        return tensor_fail(import, what, proto, KL_EUNSUPPORTED, "more than 6 dimensions");
    }
    *shape = (struct kl_shape){.rank = (int32_t)proto->n_dims};
    for (size_t i = 0; i < proto->n_dims; i++) {
        if (proto->dims[i] < 0 || proto->dims[i] > INT32_MAX ||
            (elements && proto->dims[i] > INT32_MAX / elements)) {
            return tensor_fail(import, what, proto, KL_EINPUT, "its dimensions are unusable");
        }
        shape->dim[i] = (int32_t)proto->dims[i];
        elements *= proto->dims[i];
    }
    return KL_OK;
}

/* Content in fields of numbers: which field depends on the type. */
static bool copy_numbers(const Onnx__TensorProto *proto, enum kl_dtype dtype, size_t count,
                         unsigned char *data)
{
    size_t bytes = kl_dtype_bytes(dtype);
    switch (dtype) {
    case KL_F32:
        if (proto->n_float_data == count) {
            memcpy(data, proto->float_data, count * bytes);
        }
        return proto->n_float_data == count;
    case KL_S64:
        if (proto->n_int64_data == count) {
            memcpy(data, proto->int64_data, count * bytes);
        }
        return proto->n_int64_data == count;
    case KL_U32:
        for (size_t i = 0; i < count && proto->n_uint64_data == count; i++) {
            memcpy(data + i * bytes, &proto->uint64_data[i], bytes);
        }
        return proto->n_uint64_data == count;
    default:
        for (size_t i = 0; i < count && proto->n_int32_data == count; i++) {
            memcpy(data + i * bytes, &proto->int32_data[i], bytes); /* the low bytes */
        }
        return proto->n_int32_data == count;
    }
}

/* Infinity stands for "any limit" in models, and has no literal in C: the largest float does. */
static bool clean_floats(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i])) {
            return false;
        }
        values[i] = values[i] > FLT_MAX ? FLT_MAX : values[i] < -FLT_MAX ? -FLT_MAX : values[i];
    }
    return true;
}

static void clean_bools(unsigned char *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = values[i] != 0;
    }
}

static enum kl_err check_place(struct onnx_import *import, const Onnx__TensorProto *proto,
                               const char *what)
{
    if (proto->n_external_data || (proto->has_data_location && proto->data_location != 0)) {
        return tensor_fail(import, what, proto, KL_EUNSUPPORTED,
                           "its content is in another file; save the model with its data inside");
    }
    return KL_OK;
}

static enum kl_err check_kind(struct onnx_import *import, const Onnx__TensorProto *proto,
                              const char *what, enum kl_dtype dtype)
{
    if (kl_dtype_bytes(dtype) == 0 || dtype == KL_F64 || dtype == KL_F16 || dtype == KL_U64) {
        char text[96];
        snprintf(text, sizeof text, "its type %s is not supported",
                 dtype ? kl_dtype_name(dtype) : "(unknown)");
        return tensor_fail(import, what, proto, KL_EUNSUPPORTED, text);
    }
    return KL_OK;
}

/* Texts: their places in the list that they are. */
static enum kl_err read_texts(struct onnx_import *import, const Onnx__TensorProto *proto,
                              const struct kl_shape *shape, struct onnx_value *value)
{
    struct kl_tensor *tensor;
    const struct kl_labels *labels;
    void *data;
    KL_TRY(onnx_ml_labels(import, proto->n_string_data, proto->string_data, &labels));
    KL_TRY(onnx_constant(import, KL_S64, shape, &data, &tensor));
    for (size_t i = 0; i < proto->n_string_data; i++) {
        ((int64_t *)data)[i] = (int64_t)i;
    }
    *value = onnx_value_of(tensor);
    value->labels = labels;
    return KL_OK;
}

/* Two integers of 4 bits in each byte, the first in its low bits; in the field of numbers there is
 * a byte in each. */
static enum kl_err read_nibbles(struct onnx_import *import, const Onnx__TensorProto *proto,
                                const char *what, bool is_signed, struct onnx_value *value)
{
    struct kl_shape shape;
    struct kl_tensor *tensor;
    void *data;
    KL_TRY(read_shape(import, proto, what, &shape));
    size_t count = (size_t)kl_shape_elements(&shape);
    size_t stored = proto->has_raw_data ? proto->raw_data.len : proto->n_int32_data;
    if (stored != (count + 1) / 2) {
        return tensor_fail(import, what, proto, KL_EINPUT, "its content does not suit its shape");
    }
    KL_TRY(onnx_constant(import, is_signed ? KL_S8 : KL_U8, &shape, &data, &tensor));
    for (size_t i = 0; i < count; i++) {
        uint32_t byte =
            proto->has_raw_data ? proto->raw_data.data[i / 2] : (uint32_t)proto->int32_data[i / 2];
        uint32_t nibble = byte >> i % 2 * 4 & 0xf;
        ((unsigned char *)data)[i] = (unsigned char)(is_signed ? (nibble ^ 8) - 8 : nibble);
    }
    *value = onnx_value_of(tensor);
    value->is_nibbles = true;
    return KL_OK;
}

enum kl_err onnx_read_tensor(struct onnx_import *import, const Onnx__TensorProto *proto,
                             const char *what, struct onnx_value *value)
{
    enum kl_dtype dtype = onnx_dtype(proto->has_data_type ? proto->data_type : 0);
    struct kl_shape shape;
    struct kl_tensor *tensor;
    void *data;
    if (dtype == KL_STRING) {
        KL_TRY(read_shape(import, proto, what, &shape));
        return (size_t)kl_shape_elements(&shape) == proto->n_string_data
                   ? read_texts(import, proto, &shape, value)
                   : tensor_fail(import, what, proto, KL_EINPUT,
                                 "its content does not suit its shape");
    }
    KL_TRY(check_place(import, proto, what));
    if (dtype == KL_S4 || dtype == KL_U4) {
        return read_nibbles(import, proto, what, dtype == KL_S4, value);
    }
    KL_TRY(check_kind(import, proto, what, dtype));
    KL_TRY(read_shape(import, proto, what, &shape));
    size_t count = (size_t)kl_shape_elements(&shape);
    size_t bytes = count * kl_dtype_bytes(dtype);
    bool raw = proto->has_raw_data && proto->raw_data.len == bytes;
    if (proto->has_raw_data && proto->raw_data.len != bytes) {
        return tensor_fail(import, what, proto, KL_EINPUT, "its content does not suit its shape");
    }
    /* A dimension that the bytes do not pay for would make memory from nothing. */
    if (!raw && count > proto->n_float_data + proto->n_int32_data + proto->n_int64_data +
                            proto->n_uint64_data) {
        return tensor_fail(import, what, proto, KL_EINPUT, "its content does not suit its shape");
    }
    KL_TRY(onnx_constant(import, dtype, &shape, &data, &tensor));
    if (raw && bytes) {
        memcpy(data, proto->raw_data.data, bytes);
    } else if (!raw && count && !copy_numbers(proto, dtype, count, data)) {
        return tensor_fail(import, what, proto, KL_EINPUT, "its content does not suit its type");
    }
    if (dtype == KL_F32 && !clean_floats(data, count)) {
        return tensor_fail(import, what, proto, KL_EINPUT, "it holds not-a-number");
    }
    if (dtype == KL_BOOL) {
        clean_bools(data, count);
    }
    *value = onnx_value_of(tensor);
    return KL_OK;
}
