/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any bytes as a C source of a foreign project. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "import/c_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check_array(void *context, const struct kl_c_array *array)
{
    const size_t *size = context;
    if (array->content.size > *size || memchr(array->name, '\0', sizeof array->name) == NULL) {
        abort(); /* each number takes a byte of text at least */
    }
    return true;
}

static void check_value(void *context, const struct kl_c_value *value)
{
    (void)context;
    if (strlen(value->name) >= sizeof value->name || strlen(value->value) >= sizeof value->value ||
        strlen(value->owner) >= sizeof value->owner) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_arena *arena = kl_arena_create((size_t)8 << 20);
    struct kl_diag diag = {0};
    struct kl_bytes text = {data, size};
    if (!arena) {
        return 0;
    }
    if (kl_c_arrays(text, 1, arena, check_array, &size, &diag) != KL_OK && !diag.message[0]) {
        abort();
    }
    kl_c_macros(text, "EI_", check_value, NULL);
    kl_c_structs(text, "ei_dsp_config_", check_value, NULL);
    kl_c_strings(text, "ei_", check_value, NULL);
    kl_arena_free(arena);
    return 0;
}
