/* SPDX-License-Identifier: Apache-2.0 */
/* NumPy arrays. Source of the format: NumPy's documentation, numpy.lib.format. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/read/numbers.h"
#include "data/recording.h"

enum { MAGIC_BYTES = 6, HEADER_BYTES = 4096, MOST_DIMS = 3 };

struct array {
    enum number_type type;
    bool big;
    int32_t rank;
    int64_t dim[MOST_DIMS];
    const unsigned char *data;
};

static bool known_type(const char *descr, struct array *array)
{
    static const char *const names[] = {"i1", "u1", "i2", "u2", "i4", "u4", "f2", "f4", "f8"};
    if (!strchr("<>|=", descr[0])) {
        return false;
    }
    array->big = descr[0] == '>';
    for (int i = 0; i < 9; i++) {
        if (strncmp(descr + 1, names[i], 2) == 0 && descr[3] == '\'') {
            array->type = (enum number_type)i;
            return true;
        }
    }
    return false;
}

/* What follows "'key': " in the header, or NULL. */
static const char *value_of(const char *header, const char *key)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "'%s':", key);
    const char *found = strstr(header, quoted);
    return found ? found + strlen(quoted) + strspn(found + strlen(quoted), " ") : NULL;
}

static enum kl_err read_shape(const char *text, struct array *array, struct kl_diag *diag)
{
    int64_t values = 1;
    text++; /* the parenthesis */
    while (*text != ')') {
        char *end;
        long long dim = strtoll(text, &end, 10);
        if (end == text || dim < 1 || dim > KL_DATA_ITEM_VALUES || array->rank == MOST_DIMS) {
            return kl_fail(diag, KL_EUNSUPPORTED,
                           "its shape is not one of [frames], [frames][channels] and "
                           "[items][frames][channels]");
        }
        array->dim[array->rank++] = dim;
        values *= dim;
        if (values > KL_DATA_ITEM_VALUES) {
            return kl_fail(diag, KL_ELIMIT, "more than 2^28 values");
        }
        text = end + strspn(end, ", ");
    }
    return array->rank ? KL_OK : kl_fail(diag, KL_EUNSUPPORTED, "it holds a single number");
}

static enum kl_err read_header(const char *header, struct array *array, struct kl_diag *diag)
{
    const char *descr = value_of(header, "descr");
    const char *order = value_of(header, "fortran_order");
    const char *shape = value_of(header, "shape");
    if (!descr || !order || !shape || shape[0] != '(' || !strchr(shape, ')')) {
        return kl_fail(diag, KL_EINPUT, "not a NumPy array: its header is incomplete");
    }
    if (descr[0] != '\'' || strlen(descr) < 5 || !known_type(descr + 1, array)) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "arrays of type %.12s are not read; int8 to int32, uint8 to uint32 and "
                       "float16 to float64 are",
                       descr);
    }
    if (strncmp(order, "False", 5) != 0) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "arrays in Fortran order are not read; save numpy.ascontiguousarray(a)");
    }
    return read_shape(shape, array, diag);
}

static int64_t value_count(const struct array *array)
{
    int64_t values = 1;
    for (int32_t i = 0; i < array->rank; i++) {
        values *= array->dim[i];
    }
    return values;
}

static enum kl_err read_array(struct kl_bytes file, struct array *array, struct kl_diag *diag)
{
    char header[HEADER_BYTES];
    if (file.size < 12 || memcmp(file.data, "\x93NUMPY", MAGIC_BYTES) != 0) {
        return kl_fail(diag, KL_EINPUT, "not a NumPy array");
    }
    bool wide = file.data[6] >= 2;
    size_t start = wide ? 12 : 10;
    size_t length = file.data[8] | (size_t)file.data[9] << 8;
    length |= wide ? (size_t)file.data[10] << 16 | (size_t)file.data[11] << 24 : 0;
    if (length >= sizeof header || length > file.size - start) {
        return kl_fail(diag, KL_EINPUT, "not a NumPy array: its header is cut off");
    }
    memcpy(header, file.data + start, length);
    header[length] = '\0';
    KL_TRY(read_header(header, array, diag));
    array->data = file.data + start + length;
    size_t bytes = (size_t)value_count(array) * number_bytes(array->type);
    if (bytes != file.size - start - length) {
        return kl_fail(diag, KL_EINPUT, "its shape needs %zu bytes, it has %zu", bytes,
                       file.size - start - length);
    }
    return KL_OK;
}

enum kl_err kl_read_npy(struct kl_bytes file, const struct kl_read_options *options,
                        struct kl_arena *arena, struct kl_recordings *r, struct kl_diag *diag)
{
    struct array a = {.rank = 0};
    KL_TRY(read_array(file, &a, diag));
    int64_t channels = a.rank > 1 ? a.dim[a.rank - 1] : 1;
    bool table = options->kind == KL_DATA_TABLE;
    bool many = a.rank == 3 || table;
    int64_t frames = table ? 1 : a.dim[a.rank == 3];
    int64_t count = many ? value_count(&a) / channels / frames : 1;
    if (channels > KL_DATA_CHANNELS || count > KL_DATA_ITEMS) {
        return kl_fail(diag, KL_ELIMIT, "%lld items of %lld channels; at most %d of %d are read",
                       (long long)count, (long long)channels, KL_DATA_ITEMS, KL_DATA_CHANNELS);
    }
    float *values = KL_NEW(arena, float, (size_t)value_count(&a));
    r->items = KL_NEW(arena, struct kl_recording, (size_t)count);
    if (!values || !r->items) {
        return KL_FAIL_MEMORY(diag);
    }
    numbers_read(a.type, a.big, a.data, (size_t)value_count(&a), values);
    r->kind = table ? KL_DATA_TABLE : KL_DATA_SERIES;
    r->channels = (int32_t)channels;
    r->count = (int32_t)count;
    for (int64_t i = 0; i < count; i++) {
        r->items[i] = (struct kl_recording){.suffix = "",
                                            .target = (double)NAN,
                                            .frames = (int32_t)frames,
                                            .width = 1,
                                            .values = values + i * frames * channels};
        r->items[i].suffix = many ? kl_arena_printf(arena, "#%lld", (long long)i) : "";
        if (!r->items[i].suffix) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    return KL_OK;
}
