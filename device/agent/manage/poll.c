/* SPDX-License-Identifier: Apache-2.0 */
#include "kinglet/manage.h"
#include "kinglet/port.h"
#include "kinglet/port_device.h"

void kl_manage_init(struct kl_manage *manage, const struct kl_boot *boot)
{
    *manage = (struct kl_manage){.image = {.boot = boot}};
    kl_smp_serial_reset(&manage->serial);
}

static void put_byte(void *context, uint8_t byte)
{
    (void)context;
    kl_port_uart_putc(byte);
}

static void answer(struct kl_manage *manage)
{
    const struct kl_smp_group groups[] = {{KL_SMP_GROUP_OS, kl_smp_os_group, &manage->os},
                                          {KL_SMP_GROUP_IMAGE, kl_image_group, &manage->image}};
    uint8_t response[KL_SMP_PACKET_MAX];
    uint32_t bytes;
    const uint8_t *packet = kl_smp_serial_packet(&manage->serial, &bytes);
    bytes = kl_smp_handle(groups, sizeof groups / sizeof groups[0], packet, bytes, response);
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
