/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CBOR (RFC 8949): a bounded writer and reader for the payloads of the management
 * protocol. Definite lengths only; no floats. Nothing allocates; text and byte strings are
 * read in place.
 */
#ifndef KINGLET_CBOR_H
#define KINGLET_CBOR_H

#include <stdbool.h>
#include <stdint.h>

/* Writes into data[0 .. capacity-1]. An item that does not fit is not written, sets
 * `failed`, and makes all later calls do nothing. */
struct kl_cbor_writer {
    uint8_t *data;
    uint32_t capacity;
    uint32_t bytes; /* written so far */
    bool failed;
};

void kl_cbor_put_uint(struct kl_cbor_writer *writer, uint64_t value);
void kl_cbor_put_int(struct kl_cbor_writer *writer, int64_t value);
void kl_cbor_put_bool(struct kl_cbor_writer *writer, bool value);
void kl_cbor_put_bytes(struct kl_cbor_writer *writer, const void *data, uint32_t bytes);
/* NUL-terminated UTF-8. */
void kl_cbor_put_text(struct kl_cbor_writer *writer, const char *text);
/* UTF-8 of a given length. */
void kl_cbor_put_text_bytes(struct kl_cbor_writer *writer, const void *text, uint32_t bytes);
/* Head of an array of `count` items, which the caller writes next. */
void kl_cbor_put_array(struct kl_cbor_writer *writer, uint32_t count);
/* Head of a map of `count` pairs, which the caller writes next: key, value, key, ... */
void kl_cbor_put_map(struct kl_cbor_writer *writer, uint32_t count);

/* Head of a tag; the caller writes its item next. */
void kl_cbor_put_tag(struct kl_cbor_writer *writer, uint64_t tag);
/* A byte string whose content the caller fills in: where it begins, or NULL when it does not fit.
 */
uint8_t *kl_cbor_put_room(struct kl_cbor_writer *writer, uint32_t bytes);

/* The major types of RFC 8949, section 3.1. */
enum kl_cbor_type {
    KL_CBOR_UINT = 0,
    KL_CBOR_NEGATIVE = 1, /* -1 - value */
    KL_CBOR_BYTES = 2,
    KL_CBOR_TEXT = 3,
    KL_CBOR_ARRAY = 4, /* value items follow */
    KL_CBOR_MAP = 5,   /* value pairs follow */
    KL_CBOR_TAG = 6,   /* one item follows */
    KL_CBOR_SIMPLE = 7 /* false 20, true 21, null 22; floats: their bits */
};

struct kl_cbor_item {
    enum kl_cbor_type type;
    uint64_t value;      /* number; length in bytes of a string; count of an array or map */
    const uint8_t *data; /* content of a string, inside the message; else NULL */
};

/* Reads data[0 .. bytes-1] from `offset` on. Initialise with the first two and offset 0. */
struct kl_cbor_reader {
    const uint8_t *data;
    uint32_t bytes;
    uint32_t offset;
};

/*
 * Read one head, and the content of a string; the items inside of arrays, maps and tags are
 * for the next calls. False, and the reader unchanged, when the bytes end early or use an
 * indefinite length or a reserved code. A count is not larger than the bytes that follow.
 */
bool kl_cbor_next(struct kl_cbor_reader *reader, struct kl_cbor_item *item);

/* Read past one whole item with all that is inside it. False when it is malformed. */
bool kl_cbor_skip(struct kl_cbor_reader *reader);

/* True when data[0 .. bytes-1] is exactly one well-formed item and that item is a map. */
bool kl_cbor_is_map(const uint8_t *data, uint32_t bytes);

/*
 * Look up text key `key` in the map at the start of data[0 .. bytes-1]. When found, *value
 * stands before its value. The first of equal keys wins.
 */
bool kl_cbor_map_find(const uint8_t *data, uint32_t bytes, const char *key,
                      struct kl_cbor_reader *value);

/* The value of `key` as a number up to UINT32_MAX; false when absent or anything else. */
bool kl_cbor_map_uint(const uint8_t *data, uint32_t bytes, const char *key, uint32_t *value);

/* The value of `key` as a string of type BYTES or TEXT; false when absent or another type. */
bool kl_cbor_map_string(const uint8_t *data, uint32_t bytes, const char *key,
                        enum kl_cbor_type type, const uint8_t **string, uint32_t *string_bytes);

#endif
