/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/tensor_values.h"

#include <string.h>

#include "optimise/quantise.h"

bool kl_tensor_takes_floats(const struct kl_tensor *tensor)
{
    bool integers = tensor->dtype == KL_S8 || tensor->dtype == KL_S16;
    return tensor->dtype == KL_F32 || (integers && tensor->quant.count == 1);
}

void kl_tensor_put_floats(const struct kl_tensor *tensor, const float *from, void *to)
{
    bool wide = tensor->dtype == KL_S16;
    if (!wide && tensor->dtype != KL_S8) {
        memcpy(to, from, tensor->bytes);
        return;
    }
    struct kl_scale scale = {tensor->quant.scale[0], tensor->quant.zero_point[0]};
    for (int64_t i = 0; i < kl_shape_elements(&tensor->shape); i++) {
        int32_t value = kl_quantise_value(from[i], scale, wide);
        if (wide) {
            ((int16_t *)to)[i] = (int16_t)value;
        } else {
            ((int8_t *)to)[i] = (int8_t)value;
        }
    }
}

double kl_tensor_number(const struct kl_tensor *tensor, const void *values, int64_t index)
{
    double value = kl_value_at(tensor->dtype, values, index);
    const struct kl_quant *quant = &tensor->quant;
    bool scaled = tensor->dtype != KL_F32 && quant->count == 1;
    return scaled ? (value - quant->zero_point[0]) * (double)quant->scale[0] : value;
}
