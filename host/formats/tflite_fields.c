/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tflite_fields.h"

#include "formats/tflite_schema.h"

static const struct tfl_field fields[] = {
#define TFL_FIELD(options, id, type, member, standard) \
    {TFL_OPTIONS_##options, id, TFL_FIELD_##type, offsetof(union kl_attr, member), standard},
#include "formats/tflite_fields.def"
#undef TFL_FIELD
};

static const struct tfl_number numbers[] = {
#define TFL_NUMBER(kind, name, type, member, low, high) \
    {KL_OP_##kind, name, TFL_FIELD_##type, offsetof(union kl_attr, member), low, high},
#include "formats/tflite_numbers.def"
#undef TFL_NUMBER
};

enum {
    FIELD_COUNT = sizeof fields / sizeof fields[0],
    NUMBER_COUNT = sizeof numbers / sizeof numbers[0]
};

const struct tfl_field *tfl_fields(uint8_t options, size_t *count)
{
    size_t first = 0;
    while (first < FIELD_COUNT && fields[first].options != options) {
        first++;
    }
    for (*count = 0; first + *count < FIELD_COUNT && fields[first + *count].options == options;) {
        ++*count;
    }
    return fields + first;
}

const struct tfl_number *tfl_numbers(enum kl_op_kind kind, size_t *count)
{
    size_t first = 0;
    while (first < NUMBER_COUNT && numbers[first].kind != kind) {
        first++;
    }
    for (*count = 0; first + *count < NUMBER_COUNT && numbers[first + *count].kind == kind;) {
        ++*count;
    }
    return numbers + first;
}
