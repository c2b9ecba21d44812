/* SPDX-License-Identifier: Apache-2.0 */
#include "custom_options.h"

#include <string.h>

/* Names, references to them, values, types, the root. */
void kt_custom_options(struct kt_model *model, int32_t op, int32_t count, const char *const *names,
                       const int32_t *values)
{
    unsigned char *data = kt_alloc(model, 1024, 1);
    size_t at = 0, name_at[16];
    for (int32_t i = 0; i < count; i++) {
        name_at[i] = at;
        memcpy(data + at, names[i], strlen(names[i]) + 1);
        at += strlen(names[i]) + 1;
    }
    at = (at + 3) / 4 * 4;
    data[at] = (unsigned char)count;
    size_t keys = at + 4;
    for (int32_t i = 0; i < count; i++) {
        at += 4;
        data[at] = (unsigned char)((at - name_at[i]) & 255);
        data[at + 1] = (unsigned char)((at - name_at[i]) >> 8);
    }
    at += 4;
    data[at] = (unsigned char)(at - keys);
    data[at + 4] = 4;
    data[at + 8] = (unsigned char)count;
    size_t first = at + 12;
    memcpy(data + first, values, (size_t)count * 4);
    at = first + (size_t)count * 4;
    memset(data + at, 1 << 2 | 2, (size_t)count); /* int of 32 bits */
    at += (size_t)count;
    data[at] = (unsigned char)((at - first) & 255);
    data[at + 1] = (unsigned char)((at - first) >> 8);
    data[at + 4] = 9 << 2 | 2; /* map of 32 bits */
    data[at + 5] = 4;
    kt_op_at(model, op)->custom_options = data;
    kt_op_at(model, op)->custom_bytes = at + 6;
}
