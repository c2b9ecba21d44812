/* SPDX-License-Identifier: Apache-2.0 */
#include "data/read/numbers.h"

#include <math.h>
#include <string.h>

size_t number_bytes(enum number_type type)
{
    static const uint8_t bytes[] = {1, 1, 2, 2, 4, 4, 2, 4, 8};
    return bytes[type];
}

double number_half(uint16_t bits)
{
    int exponent = bits >> 10 & 31;
    double fraction = bits & 1023;
    double sign = bits >> 15 ? -1.0 : 1.0;
    if (exponent == 31) {
        return bits & 1023 ? (double)NAN : sign * (double)INFINITY;
    }
    return sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24));
}

static double from_bits(enum number_type type, uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float single;
    double real;
    switch (type) {
    case NUMBER_S8: return (int8_t)low;
    case NUMBER_S16: return (int16_t)low;
    case NUMBER_S32: return (int32_t)low;
    case NUMBER_F16: return number_half((uint16_t)low);
    case NUMBER_F32: memcpy(&single, &low, sizeof single); return (double)single;
    case NUMBER_F64: memcpy(&real, &bits, sizeof real); return real;
    default: return low;
    }
}

void numbers_read(enum number_type type, bool big, const unsigned char *bytes, size_t count,
                  float *values)
{
    size_t size = number_bytes(type);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        for (size_t b = 0; b < size; b++) {
            bits = bits << 8 | bytes[i * size + (big ? b : size - 1 - b)];
        }
        values[i] = (float)from_bits(type, bits);
    }
}
