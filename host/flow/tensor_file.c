/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/tensor_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/*
 * .npy: "\x93NUMPY", version major and minor, header length (u16, from version 2 on u32), then
 * a Python dict literal with 'descr', 'fortran_order' and 'shape', then the elements.
 * Source: numpy.lib.format in the NumPy reference.
 */
static const char npy_magic[] = "\x93NUMPY";
enum { NPY_MAGIC_BYTES = 6, NPY_HEADER_MAX = 4096, NPY_ALIGN = 64 };

static const char *npy_type(enum kl_dtype dtype)
{
    switch (dtype) {
    case KL_F32: return "<f4";
    case KL_S8: return "|i1";
    case KL_U8: return "|u1";
    case KL_S16: return "<i2";
    case KL_S32: return "<i4";
    case KL_S64: return "<i8";
    case KL_BOOL: return "|b1";
    case KL_F16: return "<f2";
    case KL_U16: return "<u2";
    case KL_U32: return "<u4";
    case KL_U64: return "<u8";
    case KL_F64: return "<f8";
    default: return "";
    }
}

/* The text after `'key':` in the header, without leading spaces; NULL when it is not there. */
static const char *npy_value(const char *header, const char *key)
{
    const char *found = strstr(header, key);
    if (!found) {
        return NULL;
    }
    found += strlen(key);
    found += strspn(found, " ");
    return *found == ':' ? found + 1 + strspn(found + 1, " ") : NULL;
}

static enum kl_err npy_dims(const char *path, const char *text, const struct kl_tensor *tensor,
                            struct kl_diag *diag)
{
    /* Dimensions of 1 do not change the layout: compare the others, in order. */
    int32_t want = 0;
    const struct kl_shape *shape = &tensor->shape;
    text += *text == '(' ? 1 : 0;
    while (*text && *text != ')') {
        char *end;
        long long dim = strtoll(text, &end, 10);
        if (end == text) {
            break;
        }
        while (dim != 1 && want < shape->rank && shape->dim[want] == 1) {
            want++;
        }
        if (dim != 1 && (want >= shape->rank || shape->dim[want++] != dim)) {
            break;
        }
        text = end + strspn(end, " ,L");
    }
    while (want < shape->rank && shape->dim[want] == 1) {
        want++;
    }
    if (*text == ')' && want == shape->rank) {
        return KL_OK;
    }
    char expected[KL_SHAPE_TEXT_BYTES];
    return kl_fail(diag, KL_EINPUT, "%s: its shape is not %s, which '%.100s' needs", path,
                   kl_shape_text(shape, expected), tensor->name);
}

static enum kl_err npy_check(const char *path, const char *header, const struct kl_tensor *tensor,
                             struct kl_diag *diag)
{
    const char *descr = npy_value(header, "'descr'");
    const char *order = npy_value(header, "'fortran_order'");
    const char *shape = npy_value(header, "'shape'");
    if (!descr || !order || !shape) {
        return kl_fail(diag, KL_EINPUT, "%s: damaged .npy header", path);
    }
    const char *type = npy_type(tensor->dtype);
    bool quoted = *descr == '\'' || *descr == '"';
    if (!quoted || strncmp(descr + 1, type, strlen(type)) != 0 ||
        descr[1 + strlen(type)] != *descr) {
        return kl_fail(diag, KL_EINPUT, "%s: elements are %.6s, '%.100s' needs '%s' (%s)", path,
                       descr, tensor->name, type, kl_dtype_name(tensor->dtype));
    }
    if (strncmp(order, "False", 5) != 0) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: column-major order; save it with numpy.ascontiguousarray", path);
    }
    return npy_dims(path, shape, tensor, diag);
}

/* The elements of a .npy file. */
static enum kl_err npy_elements(const char *path, struct kl_bytes file,
                                const struct kl_tensor *tensor, struct kl_bytes *elements,
                                struct kl_diag *diag)
{
    char header[NPY_HEADER_MAX + 1];
    int version = file.size > NPY_MAGIC_BYTES ? file.data[NPY_MAGIC_BYTES] : 1;
    bool wide = version > 1;
    size_t start = NPY_MAGIC_BYTES + 2 + (wide ? 4 : 2);
    if (version < 1 || version > 3) {
        return kl_fail(diag, KL_EINPUT, "%s: .npy format version %d; 1 to 3 are known", path,
                       version);
    }
    if (file.size < start) {
        return kl_fail(diag, KL_EINPUT, "%s: truncated .npy header", path);
    }
    size_t length = file.data[8] | (size_t)file.data[9] << 8;
    if (wide) {
        length |= (size_t)file.data[10] << 16 | (size_t)file.data[11] << 24;
    }
    if (length > NPY_HEADER_MAX || length > file.size - start) {
        return kl_fail(diag, KL_EINPUT, "%s: .npy header of %zu bytes", path, length);
    }
    memcpy(header, file.data + start, length);
    header[length] = '\0';
    KL_TRY(npy_check(path, header, tensor, diag));
    *elements = (struct kl_bytes){file.data + start + length, file.size - start - length};
    return KL_OK;
}

static enum kl_err wrong_size(const char *what, const struct kl_tensor *tensor,
                              struct kl_diag *diag)
{
    char shape[KL_SHAPE_TEXT_BYTES];
    return kl_fail(diag, KL_EINPUT, "%s; '%.100s' is %s%s, %zu bytes", what, tensor->name,
                   kl_dtype_name(tensor->dtype), kl_shape_text(&tensor->shape, shape),
                   tensor->bytes);
}

static enum kl_err read_into(const char *path, struct kl_arena *arena,
                             const struct kl_tensor *tensor, void *data, char *sha256,
                             struct kl_diag *diag)
{
    struct kl_bytes file;
    struct kl_diag found = {0};
    enum kl_err err =
        kl_file_read(path, tensor->bytes + NPY_HEADER_MAX + NPY_ALIGN, arena, &file, &found);
    if (err != KL_OK) {
        return err == KL_ELIMIT ? wrong_size(found.message, tensor, diag)
                                : kl_fail(diag, err, "%s", found.message);
    }
    struct kl_bytes elements = file;
    kl_sha256_hex(file.data, file.size, sha256);
    if (file.size >= NPY_MAGIC_BYTES && memcmp(file.data, npy_magic, NPY_MAGIC_BYTES) == 0) {
        KL_TRY(npy_elements(path, file, tensor, &elements, diag));
    }
    if (elements.size != tensor->bytes) {
        kl_fail(&found, KL_EINPUT, "%.700s: %zu bytes", path, elements.size);
        return wrong_size(found.message, tensor, diag);
    }
    memcpy(data, elements.data, elements.size);
    return KL_OK;
}

enum kl_err kl_tensor_read(const char *path, const struct kl_tensor *tensor, void *data,
                           char *sha256, struct kl_diag *diag)
{
    struct kl_arena *arena = kl_arena_create(tensor->bytes + 4 * NPY_HEADER_MAX);
    if (!arena) {
        return KL_FAIL_MEMORY(diag);
    }
    enum kl_err err = read_into(path, arena, tensor, data, sha256, diag);
    kl_arena_free(arena);
    return err;
}

static void npy_header(const struct kl_tensor *tensor, struct kl_buffer *text)
{
    struct kl_buffer dict = KL_BUFFER(NPY_HEADER_MAX);
    kl_buffer_printf(&dict, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                     npy_type(tensor->dtype));
    for (int32_t i = 0; i < tensor->shape.rank; i++) {
        kl_buffer_printf(&dict, "%d,%s", tensor->shape.dim[i],
                         i + 1 < tensor->shape.rank ? " " : "");
    }
    kl_buffer_printf(&dict, "), }");
    while ((NPY_MAGIC_BYTES + 4 + dict.size + 1) % NPY_ALIGN != 0) {
        kl_buffer_printf(&dict, " ");
    }
    kl_buffer_printf(&dict, "\n");
    unsigned char start[4] = {1, 0, (unsigned char)(dict.size & 255),
                              (unsigned char)(dict.size >> 8)};
    kl_buffer_append(text, npy_magic, NPY_MAGIC_BYTES);
    kl_buffer_append(text, start, sizeof start);
    kl_buffer_append(text, dict.data, dict.size);
    text->failed = text->failed || dict.failed;
    kl_buffer_free(&dict);
}

enum kl_err kl_tensor_write(const char *path, const struct kl_tensor *tensor, const void *data,
                            struct kl_diag *diag)
{
    size_t length = strlen(path);
    if (length < 4 || strcmp(path + length - 4, ".npy") != 0) {
        return kl_file_write(path, data, tensor->bytes, diag);
    }
    struct kl_buffer text = KL_BUFFER(tensor->bytes + NPY_HEADER_MAX + NPY_ALIGN);
    npy_header(tensor, &text);
    kl_buffer_append(&text, data, tensor->bytes);
    enum kl_err err =
        text.failed ? KL_FAIL_MEMORY(diag) : kl_file_write(path, text.data, text.size, diag);
    kl_buffer_free(&text);
    return err;
}
