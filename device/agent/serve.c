/* SPDX-License-Identifier: Apache-2.0 */
/* Serves one model over the first UART, until told to end. */
#include "kinglet/harness.h"
#include "kinglet/port.h"

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

int kl_harness_serve(struct kl_model_service *service)
{
    const struct kl_smp_group groups[] = {{KL_SMP_GROUP_OS, kl_smp_os_group, 0},
                                          {KL_SMP_GROUP_MODEL, kl_model_group, service}};
    struct kl_smp_serial serial;
    kl_smp_serial_reset(&serial);
    while (!service->exit_requested) {
        if (kl_smp_serial_push(&serial, kl_port_uart_getc()) == KL_SMP_SERIAL_PACKET) {
            answer(&serial, groups, sizeof groups / sizeof groups[0]);
        }
    }
    return service->exit_status;
}
