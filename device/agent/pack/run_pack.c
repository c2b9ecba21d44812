/* SPDX-License-Identifier: Apache-2.0 */
/* The run of a pack, apart from its main so that nothing merges them. */
#include "kinglet/harness_pack.h"

__attribute__((noinline)) void kl_harness_run_pack(const struct kl_pack *pack, unsigned char *arena,
                                                   uint32_t first, uint32_t count)
{
    kl_harness_begin();
    kl_pack_run_steps(pack, &kl_engine, arena, first, count);
    kl_harness_end();
}
