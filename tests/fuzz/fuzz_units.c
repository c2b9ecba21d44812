/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any bytes as a value with a unit; what is read can be shown and read again. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_value(struct kl_value value)
{
    char text[KL_VALUE_BYTES];
    struct kl_value again;
    require(isfinite(value.value));
    require(strlen(kl_dimension_example(value.dimension)) > 0);
    kl_value_format(value, NULL, text);
    /* Beyond these a number in a unit, or its factor, is no longer a full double. */
    double size = fabs(value.value);
    if (size == 0 || (size > 1e-280 && size < 1e280)) {
        require(kl_value_parse(text, strlen(text), &again));
        require(kl_dimension_equal(again.dimension, value.dimension));
        require(fabs(again.value - value.value) <= 1e-3 * size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kl_value value;
    /* Its own allocation, so that the sanitizer sees every byte beyond it. */
    char *text = malloc(size ? size : 1);
    if (text) {
        memcpy(text, data, size);
        if (kl_value_parse(text, size, &value)) {
            check_value(value);
        }
    }
    free(text);
    return 0;
}
