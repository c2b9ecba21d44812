/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader: bring the slots in order, and start what is in the primary one. */
#include "boot/firmware.h"
#include "kinglet/port_device.h"
#include "port/startup.h"

void kl_boot_start_watchdog(void *context)
{
    (void)context;
    kl_port_watchdog_start(kl_boot_config.watchdog_ms);
}

int main(void)
{
    struct kl_image image;
    kl_port_init();
    int error = kl_boot_firmware(&image);
    if (error) {
        kl_fault_begin(0);
        kl_fault_put_word("boot", (uint32_t)error);
        kl_fault_end();
    }
    kl_port_start_image(kl_area_mapped(&kl_port_flash_map.image[0]) + image.header.header_bytes);
}
