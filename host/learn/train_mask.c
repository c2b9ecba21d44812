/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"
#include "learn/train_internal.h"

#include <string.h>

void train_mask(const struct kl_shape *shape, const struct kl_shape *mask, uint64_t stream,
                float *values)
{
    int64_t outer = 1;
    int64_t inner = kl_shape_elements(shape);
    for (int32_t d = 0; d < mask->rank; d++) {
        const uint32_t size = (uint32_t)shape->dim[d];
        const uint32_t most = (uint32_t)mask->dim[d];
        uint32_t width = kl_random_below(stream, 2 * (uint64_t)d, most + 1);
        uint32_t first = kl_random_below(stream, 2 * (uint64_t)d + 1, size - width + 1);
        inner /= size;
        for (int64_t i = 0; i < outer; i++) {
            memset(values + (i * size + first) * inner, 0, width * (size_t)inner * sizeof *values);
        }
        outer *= size;
    }
}

enum kl_err train_check_mask(const struct kl_shape *shape, const struct kl_shape *mask,
                             struct kl_diag *diag)
{
    char texts[2][KL_SHAPE_TEXT_BYTES];
    for (int32_t d = 0; d < mask->rank; d++) {
        if (d >= shape->rank || mask->dim[d] > shape->dim[d]) {
            return kl_fail(diag, KL_EUSAGE, "a mask of %s is larger than items of %s",
                           kl_shape_text(mask, texts[0]), kl_shape_text(shape, texts[1]));
        }
    }
    return KL_OK;
}
