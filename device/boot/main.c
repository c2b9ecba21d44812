/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader: bring the slots in order, and start what is in the primary one. */
#include <stddef.h>

#include "kinglet/boot.h"
#include "kinglet/boot_config.h"
#include "kinglet/port_device.h"
#include "port/startup.h"

static void start_watchdog(void *context)
{
    (void)context;
    kl_port_watchdog_start(kl_boot_config.watchdog_ms);
}

int main(void)
{
    static const struct kl_boot_port port = {.watchdog_start = start_watchdog};
    const struct kl_boot boot = {&kl_port_flash_map, kl_boot_config.keys, kl_boot_config.key_count,
                                 &kl_boot_config.device, &port};
    struct kl_image image;
    kl_port_init();
    int error = kl_boot_run(&boot, &image);
    if (error) {
        kl_fault_begin(0);
        kl_fault_put_word("boot", (uint32_t)error);
        kl_fault_end();
    }
    kl_port_start_image(kl_area_mapped(&boot.map->image[0]) + image.header.header_bytes);
}
