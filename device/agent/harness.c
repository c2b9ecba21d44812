/* SPDX-License-Identifier: Apache-2.0 */
/* main of the test harness for a generated model. */
#include "kinglet/harness.h"

#include <stddef.h>

#include "agent/stack_paint.h"
#include "kinglet/port.h"

/* The host reads struct kl_model out of a firmware's file, by this layout. */
_Static_assert(sizeof(void *) != 4 ||
                   (offsetof(struct kl_model, step_count) == 8 &&
                    offsetof(struct kl_model, steps) == 20 && sizeof(struct kl_model) == 28),
               "the host's profiler knows the layout of struct kl_model");

static uint32_t run_measured(const struct kl_model *model, unsigned char *arena, uint32_t first,
                             uint32_t count)
{
    kl_stack_paint();
    kl_harness_run(model, arena, first, count);
    return kl_stack_used(kl_port_stack_pointer());
}

int main(void)
{
    kl_port_init();
    struct kl_port_mailbox mailbox = kl_port_mailbox();
    struct kl_model_service service = {.model = kl_harness_model,
                                       .arena = kl_harness_arena,
                                       .mailbox = mailbox.base,
                                       .mailbox_bytes = mailbox.bytes,
                                       .run = run_measured};
    kl_model_reset(service.model, service.arena);
    return kl_harness_serve(&service);
}
