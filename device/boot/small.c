/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/firmware.h"
#include "kinglet/port_device.h"

int kl_boot_firmware(struct kl_image *image)
{
    static const struct kl_boot_port port = {.watchdog_start = kl_boot_start_watchdog};
    const struct kl_boot boot = {&kl_port_flash_map, kl_boot_config.keys, kl_boot_config.key_count,
                                 &kl_boot_config.device, &port};
    return kl_boot_run(&boot, image);
}
