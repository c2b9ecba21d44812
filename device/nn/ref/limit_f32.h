/* SPDX-License-Identifier: Apache-2.0 */
/* Clamping of floats, shared by the float kernels. */
#ifndef KINGLET_NN_REF_LIMIT_F32_H
#define KINGLET_NN_REF_LIMIT_F32_H

/* `value` limited to min .. max; not-a-number passes through. */
static inline float kl_limit_f32(float value, float min, float max)
{
    const float raised = value < min ? min : value;
    return max < raised ? max : raised;
}

#endif
