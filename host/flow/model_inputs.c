/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/model_inputs.h"

#include <string.h>

size_t kl_plan_input_bytes(const struct kl_plan *plan)
{
    size_t bytes = 0;
    for (int32_t i = 0; i < plan->input_count; i++) {
        bytes += plan->inputs[i].tensor->bytes;
    }
    return bytes;
}

size_t kl_plan_output_bytes(const struct kl_plan *plan)
{
    size_t bytes = 0;
    for (int32_t i = 0; i < plan->output_count; i++) {
        bytes += plan->outputs[i].tensor->bytes;
    }
    return bytes;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void kl_random_inputs(const struct kl_plan *plan, uint64_t seed, unsigned char *inputs)
{
    for (int32_t i = 0; i < plan->input_count; i++) {
        const struct kl_tensor *tensor = plan->inputs[i].tensor;
        if (tensor->dtype == KL_F32) {
            for (size_t k = 0; k < tensor->bytes; k += sizeof(float)) {
                float value = (float)(next_random(&seed) >> 40) / (float)(1 << 23) - 1.0f;
                memcpy(inputs + k, &value, sizeof value);
            }
        } else {
            for (size_t k = 0; k < tensor->bytes; k++) {
                inputs[k] = (unsigned char)(next_random(&seed) >> 56);
            }
        }
        inputs += tensor->bytes;
    }
}

void kl_random_sequence(const struct kl_plan *plan, uint64_t seed, int64_t runs,
                        unsigned char *inputs)
{
    for (int64_t i = 0; i < runs; i++) {
        kl_random_inputs(plan, seed ^ (uint64_t)i << 32, inputs);
        inputs += kl_plan_input_bytes(plan);
    }
}
