/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware for boot_board_test.c that does nothing but let itself be managed. */
#include "kinglet/boot_config.h"
#include "kinglet/image_group.h"
#include "kinglet/manage.h"
#include "kinglet/port_device.h"
#include "port/startup.h"

int main(void)
{
    static struct kl_manage manage;
    static const struct kl_boot_port port = {.context = 0};
    const struct kl_boot boot = {&kl_port_flash_map, kl_boot_config.keys, kl_boot_config.key_count,
                                 &kl_boot_config.device, &port};
    struct kl_image_service image = {.boot = &boot};
    const struct kl_smp_group groups[] = {{KL_SMP_GROUP_IMAGE, kl_image_group, &image}};
    kl_port_init();
    kl_manage_init(&manage, groups, sizeof groups / sizeof groups[0]);
    for (;;) {
        kl_manage_poll(&manage);
        kl_port_watchdog_feed();
    }
}
