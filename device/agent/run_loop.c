/* SPDX-License-Identifier: Apache-2.0 */
/* The run loop of the harness, apart from its main so that nothing merges them. */
#include "kinglet/harness.h"

__attribute__((noinline)) void kl_harness_begin(void)
{
    __asm volatile("" ::: "memory");
}

__attribute__((noinline)) void kl_harness_end(void)
{
    __asm volatile("" ::: "memory");
}

__attribute__((noinline)) void kl_harness_run(const struct kl_model *model, unsigned char *arena,
                                              uint32_t first, uint32_t count)
{
    kl_harness_begin();
    uint32_t step = first;
    while (step >= first && step - first < count) {
        step = kl_model_step(model, arena, step);
    }
    kl_harness_end();
}
