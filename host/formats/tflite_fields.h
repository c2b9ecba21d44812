/* SPDX-License-Identifier: Apache-2.0 */
/* Options of TFLite operators as members of union kl_attr: the tables that the reader and the
 * writer of these files share. */
#ifndef KINGLET_FORMATS_TFLITE_FIELDS_H
#define KINGLET_FORMATS_TFLITE_FIELDS_H

#include "graph/graph.h"

enum tfl_field_type {
    TFL_FIELD_BOOL,      /* a byte in files */
    TFL_FIELD_I32,       /* a member of 32 bits, signed or not */
    TFL_FIELD_F32,       /* float */
    TFL_FIELD_ACTIVATION /* enum tfl_activation, a byte in files; enum kl_activation */
};

/* A row of tflite_fields.def. */
struct tfl_field {
    uint8_t options; /* enum tfl_options_type */
    uint8_t id;
    enum tfl_field_type type;
    size_t offset; /* of the member in union kl_attr */
    int32_t standard;
};

/* The fields of options of that type; *count of them, at most TFL_MAX_FIELDS. */
enum { TFL_MAX_FIELDS = 8 };
const struct tfl_field *tfl_fields(uint8_t options, size_t *count);

/* A row of tflite_numbers.def. */
struct tfl_number {
    enum kl_op_kind kind;
    const char *name;
    enum tfl_field_type type;
    size_t offset;
    int32_t low, high;
};

/* The numbers of a custom operator; *count of them, at most TFL_MAX_FIELDS. */
const struct tfl_number *tfl_numbers(enum kl_op_kind kind, size_t *count);

#endif
