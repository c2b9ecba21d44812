/* SPDX-License-Identifier: Apache-2.0 */
/* Source of the format: RFC 8949. Heads are read by the reader that devices use, too. */
#include "data/read/cbor_json.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "data/read/numbers.h"
#include "kinglet/cbor.h"

enum { DEPTH = 32, ITEMS = 1 << 24, BYTES = 64 << 20 };
enum { OPEN_ARRAY = 0x9f, OPEN_MAP = 0xbf, BREAK = 0xff };

struct walk {
    struct kl_cbor_reader reader;
    int items;
    struct kl_diag *diag;
};

static json_t *read_item(struct walk *w, int depth);

static json_t *damaged(struct walk *w)
{
    kl_fail(w->diag, KL_EINPUT, "byte %u: not CBOR, or more than %d levels or 2^24 items",
            w->reader.offset, DEPTH);
    return NULL;
}

/* Floats are read by the width of their head. */
static json_t *simple_json(const struct kl_cbor_item *item, unsigned head)
{
    enum number_type type = head == 0xf9 ? NUMBER_F16 : head == 0xfa ? NUMBER_F32 : NUMBER_F64;
    unsigned char bytes[8];
    float value;
    if (head < 0xf9) {
        return item->value == 20 || item->value == 21 ? json_boolean(item->value == 21)
                                                      : json_null();
    }
    for (size_t i = 0; i < number_bytes(type); i++) {
        bytes[i] = (unsigned char)(item->value >> (8 * i));
    }
    numbers_read(type, false, bytes, 1, &value);
    return isfinite(value) ? json_real((double)value) : json_null();
}

/* Is this the end of an array or a map? `left` is UINT64_MAX for an indefinite length. */
static bool at_end(struct walk *w, uint64_t *left)
{
    if (*left != UINT64_MAX) {
        return (*left)-- == 0;
    }
    bool found = w->reader.offset < w->reader.bytes && w->reader.data[w->reader.offset] == BREAK;
    w->reader.offset += found;
    return found;
}

static json_t *read_array(struct walk *w, uint64_t left, int depth)
{
    json_t *list = json_array();
    while (!at_end(w, &left)) {
        json_t *item = read_item(w, depth);
        if (!item || json_array_append_new(list, item) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static bool read_pair(struct walk *w, json_t *map, int depth)
{
    json_t *key = read_item(w, depth);
    json_t *value = key ? read_item(w, depth) : NULL;
    bool good =
        value && json_is_string(key) && json_object_set(map, json_string_value(key), value) == 0;
    if (!good) {
        damaged(w);
    }
    json_decref(key);
    json_decref(value);
    return good;
}

static json_t *read_map(struct walk *w, uint64_t left, int depth)
{
    json_t *map = json_object();
    while (!at_end(w, &left)) {
        if (!read_pair(w, map, depth)) {
            json_decref(map);
            return NULL;
        }
    }
    return map;
}

static json_t *text_json(struct walk *w, const struct kl_cbor_item *item)
{
    json_t *text = json_stringn((const char *)item->data, (size_t)item->value);
    return text ? text : damaged(w);
}

static json_t *read_item(struct walk *w, int depth)
{
    struct kl_cbor_item item;
    struct kl_cbor_reader *reader = &w->reader;
    unsigned head = reader->offset < reader->bytes ? reader->data[reader->offset] : 0;
    if (depth == DEPTH || ++w->items > ITEMS) {
        return damaged(w);
    }
    if (head == OPEN_ARRAY || head == OPEN_MAP) {
        reader->offset++;
        return head == OPEN_MAP ? read_map(w, UINT64_MAX, depth + 1)
                                : read_array(w, UINT64_MAX, depth + 1);
    }
    if (!kl_cbor_next(reader, &item)) {
        return damaged(w);
    }
    switch (item.type) {
    case KL_CBOR_UINT: return json_real((double)item.value);
    case KL_CBOR_NEGATIVE: return json_real(-1.0 - (double)item.value);
    case KL_CBOR_TEXT: return text_json(w, &item);
    case KL_CBOR_ARRAY: return read_array(w, item.value, depth + 1);
    case KL_CBOR_MAP: return read_map(w, item.value, depth + 1);
    case KL_CBOR_TAG: return read_item(w, depth + 1);
    case KL_CBOR_SIMPLE: return simple_json(&item, head);
    default: return json_null();
    }
}

enum kl_err cbor_json(struct kl_bytes file, json_t **json, struct kl_diag *diag)
{
    if (file.size > BYTES) {
        return kl_fail(diag, KL_ELIMIT, "more than the 64 MiB that are read of CBOR");
    }
    struct walk w = {.reader = {file.data, (uint32_t)file.size, 0}, .diag = diag};
    *json = read_item(&w, 0);
    if (*json && w.reader.offset != w.reader.bytes) {
        json_decref(*json);
        *json = damaged(&w);
    }
    return *json ? KL_OK : kl_fail(diag, KL_EINPUT, "not CBOR");
}
