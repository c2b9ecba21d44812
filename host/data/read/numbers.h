/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of the types that files hold, as float. */
#ifndef KINGLET_DATA_NUMBERS_H
#define KINGLET_DATA_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum number_type {
    NUMBER_S8,
    NUMBER_U8,
    NUMBER_S16,
    NUMBER_U16,
    NUMBER_S32,
    NUMBER_U32,
    NUMBER_F16,
    NUMBER_F32,
    NUMBER_F64
};

/* Bytes of one. */
size_t number_bytes(enum number_type type);

/* `count` numbers from `bytes`, big-endian or little-endian. */
void numbers_read(enum number_type type, bool big, const unsigned char *bytes, size_t count,
                  float *values);

/* IEEE 754 half precision. */
double number_half(uint16_t bits);

#endif
