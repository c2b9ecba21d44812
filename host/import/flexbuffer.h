/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds-checked reader of FlexBuffers maps from untrusted sources: the options of custom
 * operators. Format: "FlexBuffers" of the FlatBuffers documentation; field names in
 * include/flatbuffers/flexbuffers.h. Only maps of integers and bools are read.
 */
#ifndef KINGLET_IMPORT_FLEXBUFFER_H
#define KINGLET_IMPORT_FLEXBUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"

/* A map whose parts lie inside its bytes. */
struct flex_map {
    struct kl_bytes bytes;
    size_t keys, values;             /* places of the first key and value */
    unsigned key_bytes, value_bytes; /* of one entry: 1, 2, 4 or 8 */
    size_t count;
};

/* Open the map that is the root of `bytes`; false when it is none, or malformed. */
bool flex_open(struct kl_bytes bytes, struct flex_map *map);

/* The integer or bool of that name; false when there is none, or it is of another type. */
bool flex_integer(const struct flex_map *map, const char *name, int64_t *value);

#endif
