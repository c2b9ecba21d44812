/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a firmware as link.ld lays it out, for every port. */
#include "port/startup.h"

extern uint32_t kl_data_start[], kl_data_end[], kl_bss_start[], kl_bss_end[];
extern const uint32_t kl_data_load[];
extern const unsigned char kl_mailbox_start[], kl_mailbox_bytes[];

/* Volatile, so that the loops do not become calls of memcpy and memset: a libc may expect
 * the memory that is only being set up here. */
void kl_startup_memory(void)
{
    const uint32_t *from = kl_data_load;
    for (volatile uint32_t *to = kl_data_start; to < kl_data_end; to++) {
        *to = *from++;
    }
    for (volatile uint32_t *to = kl_bss_start; to < kl_bss_end; to++) {
        *to = 0;
    }
}

struct kl_port_mailbox kl_port_mailbox(void)
{
    return (struct kl_port_mailbox){kl_mailbox_start, (uint32_t)(uintptr_t)kl_mailbox_bytes};
}

uint32_t *kl_port_stack_limit(void)
{
    return kl_stack_limit;
}
