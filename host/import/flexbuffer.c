/* SPDX-License-Identifier: Apache-2.0 */
#include "import/flexbuffer.h"

#include <string.h>

/* A packed type: the type, and in the low bits the width of what it refers to. */
enum { FLEX_INT = 1, FLEX_UINT = 2, FLEX_MAP = 9, FLEX_BOOL = 26, WIDTH_BITS = 2 };

/* Largest map that is read. */
enum { FLEX_MAX_ENTRIES = 256 };

/* Little-endian number of `width` bytes at `at`; false outside of the bytes. */
static bool load(struct kl_bytes bytes, size_t at, unsigned width, uint64_t *value)
{
    if (at > bytes.size || width > bytes.size - at) {
        return false;
    }
    *value = 0;
    for (unsigned i = 0; i < width; i++) {
        *value |= (uint64_t)bytes.data[at + i] << (8 * i);
    }
    return true;
}

/* References point backwards from where they stand. */
static bool follow(struct kl_bytes bytes, size_t at, unsigned width, size_t *to)
{
    uint64_t distance;
    if (!load(bytes, at, width, &distance) || distance > at) {
        return false;
    }
    *to = at - (size_t)distance;
    return true;
}

/* Before the values: their number; before it the width of the keys, and a reference to them. */
static bool open_map(struct flex_map *map)
{
    const struct kl_bytes bytes = map->bytes;
    unsigned w = map->value_bytes;
    uint64_t count, key_count, key_bytes;
    size_t at = map->values;
    if (at < 3 * (size_t)w || !load(bytes, at - w, w, &count) ||
        !load(bytes, at - 2 * (size_t)w, w, &key_bytes) ||
        !follow(bytes, at - 3 * (size_t)w, w, &map->keys) || count > FLEX_MAX_ENTRIES ||
        (key_bytes != 1 && key_bytes != 2 && key_bytes != 4 && key_bytes != 8)) {
        return false;
    }
    map->count = (size_t)count;
    map->key_bytes = (unsigned)key_bytes;
    /* The values, and behind them a byte of type for each. */
    if (map->count * (w + 1) > bytes.size - at || map->keys < map->key_bytes) {
        return false;
    }
    return load(bytes, map->keys - map->key_bytes, map->key_bytes, &key_count) &&
           key_count == count && map->count * map->key_bytes <= bytes.size - map->keys;
}

bool flex_open(struct kl_bytes bytes, struct flex_map *map)
{
    /* At the end: the root, its packed type, its width. */
    *map = (struct flex_map){.bytes = bytes};
    if (bytes.size < 3) {
        return false;
    }
    unsigned width = bytes.data[bytes.size - 1];
    unsigned type = bytes.data[bytes.size - 2];
    if ((width != 1 && width != 2 && width != 4 && width != 8) || width + 2 > bytes.size ||
        type >> WIDTH_BITS != FLEX_MAP) {
        return false;
    }
    map->value_bytes = 1u << (type & ((1u << WIDTH_BITS) - 1));
    return follow(bytes, bytes.size - 2 - width, width, &map->values) && open_map(map);
}

static bool has_name(const struct flex_map *map, size_t index, const char *name)
{
    size_t at;
    size_t length = strlen(name) + 1;
    return follow(map->bytes, map->keys + index * map->key_bytes, map->key_bytes, &at) &&
           length <= map->bytes.size - at && memcmp(map->bytes.data + at, name, length) == 0;
}

static bool value_at(const struct flex_map *map, size_t index, int64_t *value)
{
    unsigned width = map->value_bytes;
    unsigned type = map->bytes.data[map->values + map->count * width + index] >> WIDTH_BITS;
    uint64_t bits;
    if ((type != FLEX_INT && type != FLEX_UINT && type != FLEX_BOOL) ||
        !load(map->bytes, map->values + index * width, width, &bits)) {
        return false;
    }
    if (type == FLEX_INT && width < 8 && bits >> (8 * width - 1)) {
        bits |= UINT64_MAX << (8 * width);
    }
    if (type == FLEX_UINT && bits > INT64_MAX) {
        return false;
    }
    memcpy(value, &bits, sizeof *value);
    return true;
}

bool flex_integer(const struct flex_map *map, const char *name, int64_t *value)
{
    for (size_t i = 0; i < map->count; i++) {
        if (has_name(map, i, name)) {
            return value_at(map, i, value);
        }
    }
    return false;
}
