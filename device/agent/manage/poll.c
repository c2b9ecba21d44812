/* SPDX-License-Identifier: Apache-2.0 */
/* The agent on the device's first UART; see kinglet/manage.h. */
#include "kinglet/manage.h"
#include "kinglet/port.h"
#include "kinglet/port_device.h"

static void put_byte(void *context, uint8_t byte)
{
    (void)context;
    kl_port_uart_putc(byte);
}

static void answer(struct kl_manage *manage)
{
    uint8_t response[KL_SMP_PACKET_MAX];
    uint32_t bytes;
    const uint8_t *packet = kl_smp_serial_packet(&manage->serial, &bytes);
    bytes = kl_manage_answer(manage, packet, bytes, response);
    if (bytes > 0) {
        kl_smp_serial_send(response, bytes, put_byte, 0);
    }
    if (manage->os.is_reset_wanted) {
        kl_port_reboot();
    }
}

void kl_manage_poll(struct kl_manage *manage)
{
    int byte;
    while ((byte = kl_port_uart_poll()) >= 0) {
        if (kl_smp_serial_push(&manage->serial, (uint8_t)byte) == KL_SMP_SERIAL_PACKET) {
            answer(manage);
        }
    }
}
