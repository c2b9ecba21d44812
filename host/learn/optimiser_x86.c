/* SPDX-License-Identifier: Apache-2.0 */
/* The loops of x86-64: with the vectors of AVX2 where there are some. No fused products: they would
 * round differently. */
#include "learn/optimiser_loops.h"

__attribute__((target("avx2"))) static double wide_squares(const float *values, int64_t count)
{
    return loop_squares(values, count);
}

__attribute__((target("avx2"))) static void wide_sgd(const struct optimiser_step *s, float *w,
                                                     const float *g, float *v, int64_t count)
{
    loop_sgd(s, w, g, v, count);
}

__attribute__((target("avx2"))) static void wide_adam(const struct optimiser_step *s, float *w,
                                                      const float *g, float *m, float *v,
                                                      int64_t count)
{
    loop_adam(s, w, g, m, v, count);
}

const struct optimiser_loops *optimiser_loops(void)
{
    static const struct optimiser_loops narrow = {loop_squares, loop_sgd, loop_adam};
    static const struct optimiser_loops wide = {wide_squares, wide_sgd, wide_adam};
    return __builtin_cpu_supports("avx2") ? &wide : &narrow;
}
