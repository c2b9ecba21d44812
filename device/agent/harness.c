/* SPDX-License-Identifier: Apache-2.0 */
/* main of the test harness: serves one model over the first UART, forever or until told. */
#include "kinglet/harness.h"

#include <stddef.h>

#include "agent/stack_paint.h"
#include "kinglet/model_group.h"
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

static void put_byte(void *context, uint8_t byte)
{
    (void)context;
    kl_port_uart_putc(byte);
}

/* Answer the packet that just came in. */
static void answer(const struct kl_smp_serial *serial, const struct kl_smp_group *groups,
                   uint32_t group_count)
{
    uint8_t response[KL_SMP_PACKET_MAX];
    uint32_t bytes;
    const uint8_t *packet = kl_smp_serial_packet(serial, &bytes);
    uint32_t response_bytes = kl_smp_handle(groups, group_count, packet, bytes, response);
    if (response_bytes > 0) {
        kl_smp_serial_send(response, response_bytes, put_byte, 0);
    }
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
    const struct kl_smp_group groups[] = {{KL_SMP_GROUP_OS, kl_smp_os_group, 0},
                                          {KL_SMP_GROUP_MODEL, kl_model_group, &service}};
    struct kl_smp_serial serial;
    kl_model_reset(service.model, service.arena);
    kl_smp_serial_reset(&serial);
    while (!service.exit_requested) {
        if (kl_smp_serial_push(&serial, kl_port_uart_getc()) == KL_SMP_SERIAL_PACKET) {
            answer(&serial, groups, sizeof groups / sizeof groups[0]);
        }
    }
    return service.exit_status;
}
